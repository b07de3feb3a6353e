// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IRewardDistributor } from "./interfaces/IRewardDistributor.sol";
import { IVesting } from "./interfaces/IVesting.sol";
import { TokenTransfers } from "./libraries/TokenTransfers.sol";

/// @title Pays what served roots say was earned
/// @notice See IRewardDistributor.
contract RewardDistributor is IRewardDistributor, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using TokenTransfers for IERC20;

    IERC20 public immutable token;
    /// @notice The contract that keeps the streams of what vests.
    IVesting public immutable streams;
    /// @inheritdoc IRewardDistributor
    bytes32 public root;

    /// @dev What an account has had: liquid in the lower half, vesting in the upper, so that a claim writes one slot.
    mapping(address account => uint256) private _had;

    /// @dev The allowance is for the streams that claims open; Vesting takes FLOCK from its caller only.
    /// @param token_ FLOCK.
    /// @param vesting_ Where streams are opened.
    /// @param authority The access manager.
    constructor(IERC20 token_, IVesting vesting_, address authority) AccessManaged(authority) {
        token = token_;
        streams = vesting_;
        token_.forceApprove(address(vesting_), type(uint256).max);
    }

    // --- For everybody ---

    /// @inheritdoc IRewardDistributor
    function claim(address account, uint128 liquid, uint128 vesting, bytes32[] calldata proof) external {
        require(_rootBy(proof, leafOf(account, liquid, vesting)) == root, WrongProof(account));
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

    // --- For Settlement ---

    /// @inheritdoc IRewardDistributor
    function serve(bytes32 root_) external restricted {
        root = root_;
        emit RootServed(root_);
    }

    // --- Views ---

    /// @inheritdoc IRewardDistributor
    function claimedOf(address account) external view returns (uint128 liquid, uint128 vesting) {
        uint256 had = _had[account];
        return (uint128(had), uint128(had >> 128));
    }

    /// @inheritdoc IRewardDistributor
    function leafOf(address account, uint128 liquid, uint128 vesting) public view returns (bytes32 leaf) {
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, chainid())
            mstore(add(words, 0x20), address())
            mstore(add(words, 0x40), account)
            mstore(add(words, 0x60), liquid)
            mstore(add(words, 0x80), vesting)
            mstore(0x00, keccak256(words, 0xa0))
            leaf := keccak256(0x00, 0x20)
        }
    }

    // --- Inside ---

    /// @dev Does what MerkleProof.processProofCalldata does for half the gas: claims are what most people pay for.
    function _rootBy(bytes32[] calldata proof, bytes32 leaf) private pure returns (bytes32 node) {
        node = leaf;
        if (proof.length == 0) return node;
        assembly ("memory-safe") {
            let at := proof.offset
            let end := add(at, shl(5, proof.length))
            for { } 1 { } {
                let place := shl(5, gt(node, calldataload(at)))
                mstore(place, node)
                mstore(xor(place, 0x20), calldataload(at))
                node := keccak256(0x00, 0x40)
                at := add(at, 0x20)
                if eq(at, end) { break }
            }
        }
    }

    /// @dev Pays what exceeds what `account` has had, which never decreases, whatever a root says. Everything is booked
    /// before any token moves, so a token that calls back cannot claim twice.
    function _pay(address account, uint256 liquid, uint256 vesting) private returns (bool isAny) {
        uint256 had = _had[account];
        uint256 liquidDue = Math.saturatingSub(liquid, uint128(had));
        uint256 vestingDue = Math.saturatingSub(vesting, had >> 128);
        if (liquidDue | vestingDue == 0) return false;
        unchecked {
            _had[account] = had + liquidDue + (vestingDue << 128);
        }
        emit Claimed(account, liquidDue, vestingDue);
        token.send(account, liquidDue);
        if (vestingDue != 0) streams.open(account, vestingDue);
        return true;
    }
}
