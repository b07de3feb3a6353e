// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Claims against the Merkle root of all that was ever earned
/// @notice A leaf is keccak256(bytes.concat(keccak256(abi.encode(chainid, this contract, account, liquid,
/// vesting)))), both amounts cumulative, in wei; pairs are hashed sorted, as OpenZeppelin's MerkleProof does. This
/// contract holds what served roots have given out and nobody has claimed, and nothing else. Whatever a root says,
/// claims take no more than that: no more has come here than the totals that roots were posted with. Claims cannot be
/// paused.
interface IRewardDistributor {
    event RootServed(bytes32 root);
    /// @notice What this claim paid: `liquid` to the account, `vesting` into a stream of it.
    event Claimed(address indexed account, uint256 liquid, uint256 vesting);

    error WrongProof(address account);
    error NothingToClaim(address account);
    error LengthsDiffer();

    /// @notice Pays an account what its leaf says beyond what it has had. Anyone may, for anyone.
    /// @param liquid wei, cumulative; the difference is paid at once.
    /// @param vesting wei, cumulative; the difference goes into a stream of the account.
    /// @param proof the siblings of the leaf's path to the root, from the leaf up; empty for a tree of one leaf.
    function claim(address account, uint128 liquid, uint128 vesting, bytes32[] calldata proof) external;

    /// @notice Many leaves in one multiproof; accounts that have had all of theirs are passed over.
    /// @param accounts in the order in which the multiproof is about their leaves, as are `liquid` and `vesting`.
    /// @param proof and `proofFlags` as OpenZeppelin's MerkleProof takes them.
    function claimMany(
        address[] calldata accounts,
        uint128[] calldata liquid,
        uint128[] calldata vesting,
        bytes32[] calldata proof,
        bool[] calldata proofFlags
    ) external;

    /// @notice Replaces the root. For Settlement.
    function serve(bytes32 root) external;

    function token() external view returns (IERC20);
    /// @notice Zero before the first was served.
    function root() external view returns (bytes32);
    /// @notice Wei that `account` has had, of either kind.
    function claimedOf(address account) external view returns (uint128 liquid, uint128 vesting);
    function leafOf(address account, uint128 liquid, uint128 vesting) external view returns (bytes32);
}
