// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { IRewardDistributor } from "./interfaces/IRewardDistributor.sol";
import { IVesting } from "./interfaces/IVesting.sol";

contract RewardDistributor is IRewardDistributor, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev What an account has had, in one slot: a claim reads this and the root, and nothing else of its own.
    struct Paid {
        uint128 liquid;
        uint128 vesting;
    }

    IERC20 public immutable token;
    /// @notice Where what vests goes.
    IVesting public immutable streams;
    /// @inheritdoc IRewardDistributor
    bytes32 public root;
    /// @inheritdoc IRewardDistributor
    uint256 public funded;

    /// @inheritdoc IRewardDistributor
    mapping(address account => Paid) public claimedOf;

    /// @dev The allowance is for the streams that claims open; Vesting takes from its caller only.
    constructor(IERC20 token_, IVesting vesting_, address authority) AccessManaged(authority) {
        token = token_;
        streams = vesting_;
        token_.forceApprove(address(vesting_), type(uint256).max);
    }

    // --- For everybody ---

    /// @inheritdoc IRewardDistributor
    function claim(address account, uint128 liquid, uint128 vesting, bytes32[] calldata proof)
        external
        nonReentrant
    {
        require(
            MerkleProof.verifyCalldata(proof, root, leafOf(account, liquid, vesting)), WrongProof(account)
        );
        require(_pay(account, liquid, vesting), NothingToClaim(account));
    }

    /// @inheritdoc IRewardDistributor
    function claimMany(
        address[] calldata accounts,
        uint128[] calldata liquid,
        uint128[] calldata vesting,
        bytes32[] calldata proof,
        bool[] calldata proofFlags
    ) external nonReentrant {
        uint256 count = accounts.length;
        require(liquid.length == count && vesting.length == count, LengthsDiffer());
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = leafOf(accounts[i], liquid[i], vesting[i]);
        }
        require(MerkleProof.multiProofVerifyCalldata(proof, proofFlags, root, leaves), WrongProof(address(0)));
        for (uint256 i = 0; i < count; ++i) {
            _pay(accounts[i], liquid[i], vesting[i]);
        }
    }

    // --- For Emissions and Settlement ---

    /// @inheritdoc IRewardDistributor
    function fund(uint256 taskId, uint256 day, uint256 amount) external restricted nonReentrant {
        funded += amount;
        emit Funded(taskId, day, amount);
        _pull(amount);
    }

    /// @inheritdoc IRewardDistributor
    function serve(bytes32 root_) external restricted {
        root = root_;
        emit RootServed(root_);
    }

    // --- Views ---

    /// @inheritdoc IRewardDistributor
    function leafOf(address account, uint128 liquid, uint128 vesting) public view returns (bytes32) {
        bytes32 inner = keccak256(abi.encode(block.chainid, address(this), account, liquid, vesting));
        return keccak256(bytes.concat(inner));
    }

    // --- Inside ---

    /// @dev Pays what goes beyond what `account` has had; what it has had never falls, whatever a root says.
    function _pay(address account, uint128 liquid, uint128 vesting) private returns (bool isAny) {
        Paid memory paid = claimedOf[account];
        uint128 liquidDue = liquid > paid.liquid ? liquid - paid.liquid : 0;
        uint128 vestingDue = vesting > paid.vesting ? vesting - paid.vesting : 0;
        if (liquidDue == 0 && vestingDue == 0) return false;
        claimedOf[account] = Paid(paid.liquid + liquidDue, paid.vesting + vestingDue);
        emit Claimed(account, liquidDue, vestingDue);
        if (liquidDue != 0) token.safeTransfer(account, liquidDue);
        if (vestingDue != 0) streams.open(account, vestingDue);
        return true;
    }

    function _pull(uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, TokenTookAFee(amount, received));
    }
}
