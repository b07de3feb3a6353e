// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Claims against the Merkle root of all that was ever earned
/// @notice A leaf is keccak256(bytes.concat(keccak256(abi.encode(chainid, this contract, account, liquid, vesting)))),
/// both amounts cumulative, in wei; pairs are hashed sorted, as OpenZeppelin's MerkleProof does. This contract holds what
/// Emissions funded and nobody has claimed, and nothing else. Claims cannot be paused.
interface IRewardDistributor {
    event Funded(uint256 indexed taskId, uint256 indexed day, uint256 amount);
    event RootServed(bytes32 root);
    /// @notice What this claim paid: `liquid` to the account, `vesting` into a stream of it.
    event Claimed(address indexed account, uint256 liquid, uint256 vesting);

    error WrongProof(address account);
    error NothingToClaim(address account);
    error LengthsDiffer();
    error TokenTookAFee(uint256 sent, uint256 received);

    /// @notice Pays an account what its leaf says beyond what it has had. Anyone may, for anyone.
    function claim(address account, uint128 liquid, uint128 vesting, bytes32[] calldata proof) external;

    /// @notice Many leaves in one multiproof; accounts that have had all of theirs are passed over.
    function claimMany(
        address[] calldata accounts,
        uint128[] calldata liquid,
        uint128[] calldata vesting,
        bytes32[] calldata proof,
        bool[] calldata proofFlags
    ) external;

    /// @notice Takes `amount` of FLOCK from the caller for a task's day. For Emissions.
    function fund(uint256 taskId, uint256 day, uint256 amount) external;

    /// @notice Replaces the root. For Settlement.
    function serve(bytes32 root) external;

    function token() external view returns (IERC20);
    function root() external view returns (bytes32);
    /// @notice All that was ever funded, in wei.
    function funded() external view returns (uint256);
    function claimedOf(address account) external view returns (uint128 liquid, uint128 vesting);
    function leafOf(address account, uint128 liquid, uint128 vesting) external view returns (bytes32);
}
