// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Claims against the Merkle root of all that was ever earned
/// @notice A leaf is keccak256(bytes.concat(keccak256(abi.encode(chainid, this contract, account, liquid,
/// vesting)))), both amounts cumulative, in wei; pairs are hashed sorted, as OpenZeppelin's MerkleProof does. The
/// contract holds what served roots have given out and nobody has claimed, and nothing else. Whatever a root says,
/// claims cannot take more: no more FLOCK has come here than the totals that roots were posted with. Claims cannot be
/// paused.
/// @dev Amounts are in wei of FLOCK.
interface IRewardDistributor {
    /// @notice The root changed.
    /// @param root The new root.
    event RootServed(bytes32 root);

    /// @notice A claim was paid.
    /// @param account Who was paid.
    /// @param liquid FLOCK paid to the account, in wei.
    /// @param vesting FLOCK put into a vesting stream of the account, in wei.
    event Claimed(address indexed account, uint256 liquid, uint256 vesting);

    /// @notice The proof does not lead to the served root.
    /// @param account Whose claim it is; zero for a claim of many.
    error WrongProof(address account);

    /// @notice The account has had all that its leaf says.
    /// @param account The account.
    error NothingToClaim(address account);

    /// @notice The lists of accounts and amounts have different lengths.
    error LengthsDiffer();

    /// @notice Pays an account what its leaf says beyond what it has had.
    /// @dev Anyone can call; it always pays the account. Reverts with WrongProof and NothingToClaim.
    /// @param account Who is paid.
    /// @param liquid Cumulative wei of the leaf; the difference is paid at once.
    /// @param vesting Cumulative wei of the leaf; the difference goes into a vesting stream of the account.
    /// @param proof The siblings on the path from the leaf up to the root; empty for a tree of one leaf.
    function claim(address account, uint128 liquid, uint128 vesting, bytes32[] calldata proof) external;

    /// @notice Pays many accounts with one multiproof; accounts that have had all of theirs are skipped.
    /// @dev Anyone can call; it always pays the accounts. Reverts with LengthsDiffer, WrongProof and
    /// MerkleProofInvalidMultiproof.
    /// @param accounts Who is paid, in the order of their leaves in the multiproof.
    /// @param liquid Cumulative wei of each leaf that are paid at once, in the same order.
    /// @param vesting Cumulative wei of each leaf that vest, in the same order.
    /// @param proof The multiproof's siblings, as OpenZeppelin's MerkleProof takes them.
    /// @param proofFlags For each step of the multiproof, whether both of its nodes are leaves or computed before
    /// (true) or the second comes from `proof` (false).
    function claimMany(
        address[] calldata accounts,
        uint128[] calldata liquid,
        uint128[] calldata vesting,
        bytes32[] calldata proof,
        bool[] calldata proofFlags
    ) external;

    /// @notice Replaces the root.
    /// @dev For Settlement; reverts with AccessManagedUnauthorized for anyone else.
    /// @param root The new root.
    function serve(bytes32 root) external;

    /// @notice The token that is paid.
    /// @return FLOCK.
    function token() external view returns (IERC20);

    /// @notice The root that claims are checked against.
    /// @return The root; zero before the first was served.
    function root() external view returns (bytes32);

    /// @notice What an account has had.
    /// @param account The account.
    /// @return liquid Wei of FLOCK paid to it.
    /// @return vesting Wei of FLOCK put into its vesting streams.
    function claimedOf(address account) external view returns (uint128 liquid, uint128 vesting);

    /// @notice The leaf of an account's rewards, as this contract on this chain expects it.
    /// @param account The account.
    /// @param liquid Cumulative wei paid at once.
    /// @param vesting Cumulative wei that vest.
    /// @return The leaf's hash.
    function leafOf(address account, uint128 liquid, uint128 vesting) external view returns (bytes32);
}
