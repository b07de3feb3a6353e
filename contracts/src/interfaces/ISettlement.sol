// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IEmissions } from "./IEmissions.sol";
import { IRewardDistributor } from "./IRewardDistributor.sol";

/// @notice Where a root is in its life. None: it does not exist. Pending: posted, can be disputed. Parked: disputed,
/// or disabled by the guardian; waits for governance. Served: claims were or are checked against it, or a later root
/// came first. Rejected: governance found it wrong.
enum RootState {
    None,
    Pending,
    Parked,
    Served,
    Rejected
}

/// @notice A root, and who answers for it with which bond.
/// @param root Root of a Merkle tree of IRewardDistributor's leaves.
/// @param total Sum of all leaves, in wei of FLOCK, as its settler says.
/// @param day The first day (timestamp / 86_400) it does not cover.
/// @param activeAt When it can be served, in Unix seconds.
/// @param state Where it is in its life.
/// @param settler Who posted it; governance, if it was put in place of another.
/// @param bond The settler's bond, in wei of FLOCK; 0 if governance put it in place of another.
/// @param challenger Who disputed it; zero if nobody did or the guardian parked it.
/// @param challengerBond The challenger's bond, in wei of FLOCK.
struct PostedRoot {
    bytes32 root;
    uint128 total;
    uint32 day;
    uint40 activeAt;
    RootState state;
    address settler;
    uint96 bond;
    address challenger;
    uint96 challengerBond;
}

/// @notice What a settlement is computed with, in basis points; bounds in brackets.
/// @param epsilonBps What delegated stake counts for, compared to own stake [0, 10_000].
/// @param operatorFeeBps Share of operators' rewards that goes to the treasury [0, 2_000].
/// @param delegatorFeeBps Share of delegators' rewards that goes to the treasury [0, 3_000].
/// @param dailyBps Share of the proposers' side that is paid at once; the rest vests when the task ends [0, 10_000].
struct RewardTerms {
    uint16 epsilonBps;
    uint16 operatorFeeBps;
    uint16 delegatorFeeBps;
    uint16 dailyBps;
}

/// @title Roots of settlements: posted with a bond, disputed with a bond, judged by governance
/// @notice Anyone can post a root. It is a pure function of the chain's events before its day (docs/protocol.md,
/// "Settlement"), so anyone can check it.
/// @dev Amounts are in wei of FLOCK. Functions "for governance" and "for the guardian" revert with
/// AccessManagedUnauthorized for anyone else.
interface ISettlement {
    /// @notice A root was posted and can be disputed.
    /// @param id Number of the root, from 1.
    /// @param settler Who posted it.
    /// @param root Root of the Merkle tree.
    /// @param tree The sha256 of the settlement's document.
    /// @param total Sum of all leaves, in wei of FLOCK, as the settler says.
    /// @param day The first day (timestamp / 86_400) it does not cover.
    /// @param activeAt When it can be served, in Unix seconds.
    event RootPosted(
        uint256 indexed id,
        address indexed settler,
        bytes32 root,
        bytes32 tree,
        uint256 total,
        uint256 day,
        uint256 activeAt
    );

    /// @notice A posted root was served: claims are checked against it from now on.
    /// @param id Number of the root.
    /// @param root Root of the Merkle tree.
    event RootServed(uint256 indexed id, bytes32 root);

    /// @notice A root was disputed and waits for governance.
    /// @param id Number of the root.
    /// @param challenger Who disputed it.
    /// @param evidence The sha256 of what shows the fault.
    event RootDisputed(uint256 indexed id, address indexed challenger, bytes32 evidence);

    /// @notice The guardian parked a root, which waits for governance.
    /// @param id Number of the root.
    event RootDisabled(uint256 indexed id);

    /// @notice Governance decided a parked root.
    /// @param id Number of the root.
    /// @param isRight Whether governance found it right.
    event RootResolved(uint256 indexed id, bool isRight);

    /// @notice Governance put a root in place of the served one.
    /// @param id Number of the new root.
    /// @param root Root of the Merkle tree.
    /// @param tree The sha256 of the settlement's document.
    /// @param total Sum of all leaves, in wei of FLOCK.
    /// @param day The first day (timestamp / 86_400) it does not cover.
    event RootReplaced(uint256 indexed id, bytes32 root, bytes32 tree, uint256 total, uint256 day);

    /// @notice An account deposited FLOCK for bonds.
    /// @param account The account.
    /// @param amount FLOCK deposited, in wei.
    event BondDeposited(address indexed account, uint256 amount);

    /// @notice An account withdrew free bond.
    /// @param account The account.
    /// @param amount FLOCK paid, in wei.
    event BondWithdrawn(address indexed account, uint256 amount);

    /// @notice The winner of a dispute won part of the loser's bond: half, rounded down.
    /// @param account The winner.
    /// @param id Number of the root.
    /// @param amount FLOCK won, in wei; part of its free bond now.
    event BondWon(address indexed account, uint256 indexed id, uint256 amount);

    /// @notice The rest of a lost bond is the treasury's.
    /// @param id Number of the root.
    /// @param toTreasury FLOCK owed to the treasury, in wei.
    event BondForfeited(uint256 indexed id, uint256 toTreasury);

    /// @notice The treasury was paid what it was owed.
    /// @param treasury Receiver.
    /// @param amount FLOCK paid, in wei.
    event TreasuryPaid(address indexed treasury, uint256 amount);

    /// @notice The terms of settlements were set.
    /// @param terms The new terms.
    event TermsSet(RewardTerms terms);

    /// @notice The bond was set.
    /// @param bond The new bond, in wei of FLOCK.
    event BondSet(uint256 bond);

    /// @notice The dispute window was set.
    /// @param window The new window, in seconds.
    event WindowSet(uint256 window);

    /// @notice The amount is zero.
    error AmountIsZero();

    /// @notice Another root is pending, and only one can be.
    /// @param id Number of that root.
    error AnotherRootIsPending(uint256 id);

    /// @notice The root covers days that are not emitted yet.
    /// @param day The first day it does not cover.
    /// @param nextDay The first day that is not emitted.
    error DayIsNotEmitted(uint256 day, uint256 nextDay);

    /// @notice A posted root must cover all emitted days.
    /// @param day The first day it does not cover.
    /// @param nextDay The first day that is not emitted.
    error RootMustCover(uint256 day, uint256 nextDay);

    /// @notice The root covers no day beyond those that are settled.
    /// @param day The first day it does not cover.
    /// @param settledDay The first day that is not settled.
    error DayIsSettled(uint256 day, uint256 settledDay);

    /// @notice The root would pay more than was emitted.
    /// @param total Its total, in wei of FLOCK.
    /// @param emitted All that was emitted, in wei of FLOCK.
    error TotalAboveEmitted(uint256 total, uint256 emitted);

    /// @notice The root would pay less than the served one.
    /// @param total Its total, in wei of FLOCK.
    /// @param served The total of the served root, in wei of FLOCK.
    error TotalBelowServed(uint256 total, uint256 served);

    /// @notice The caller's free bond is too small.
    /// @param free Its free bond, in wei of FLOCK.
    /// @param needed What is needed, in wei of FLOCK.
    error BondTooSmall(uint256 free, uint256 needed);

    /// @notice The root does not exist.
    /// @param id Its number; 0 if a pending root was needed and none is.
    error UnknownRoot(uint256 id);

    /// @notice The root is not pending.
    /// @param id Number of the root.
    /// @param state Its state.
    error RootIsNotPending(uint256 id, RootState state);

    /// @notice The root is not parked.
    /// @param id Number of the root.
    /// @param state Its state.
    error RootIsNotParked(uint256 id, RootState state);

    /// @notice The root can no longer be disputed.
    /// @param id Number of the root.
    /// @param activeAt When its window closed, in Unix seconds.
    error WindowIsOver(uint256 id, uint256 activeAt);

    /// @notice The root can still be disputed.
    /// @param id Number of the root.
    /// @param activeAt When its window closes, in Unix seconds.
    error WindowIsOpen(uint256 id, uint256 activeAt);

    /// @notice The treasury is owed nothing.
    error NothingToWithdraw();

    /// @notice The token delivered less than was sent.
    /// @param sent Wei sent.
    /// @param received Wei received.
    error TokenTookAFee(uint256 sent, uint256 received);

    /// @notice The treasury cannot be the zero address.
    error TreasuryIsZero();

    /// @notice A number is outside of its bounds.
    /// @param parameter Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    // --- Bonds ---

    /// @notice Deposits FLOCK for bonds; what is not tied up in a root can be withdrawn.
    /// @dev Anyone can call who has approved the amount. Reverts with AmountIsZero and TokenTookAFee.
    /// @param amount FLOCK to deposit, in wei; more than 0.
    function depositBond(uint256 amount) external;

    /// @notice Withdraws free bond of the caller.
    /// @dev Reverts with AmountIsZero and BondTooSmall.
    /// @param amount FLOCK to withdraw, in wei; more than 0 and at most the caller's free bond.
    function withdrawBond(uint256 amount) external;

    // --- Roots ---

    /// @notice Posts a root that covers all days emitted so far, and ties up `bond` of the caller's free bond.
    /// @dev Anyone can call. A pending root whose window has passed is served first. The day must be later than the
    /// served one, and the total neither below the served root's nor above what was emitted.
    /// A root that repeats the root, total and day of a disputed one that is not decided, posted by another account
    /// than that one's settler, waits only a quarter of the window, though at least as long as the disputed one would
    /// have; and its day need not be the latest. So disputing a right root does not hold up rewards for long, and
    /// disputing one's own false root and repeating it saves no time.
    /// Reverts with AnotherRootIsPending, DayIsSettled, TotalBelowServed, TotalAboveEmitted, RootMustCover and
    /// BondTooSmall.
    /// @param root Root of a Merkle tree of IRewardDistributor's leaves.
    /// @param tree The sha256 of the settlement's document.
    /// @param total Sum of all leaves, in wei of FLOCK. The chain does not check the sum, but no more than the total
    /// ever comes to the distributor for it.
    /// @param day The first day (timestamp / 86_400) it does not cover: IEmissions.nextDay.
    /// @return id Number of the root, from 1.
    function post(bytes32 root, bytes32 tree, uint128 total, uint32 day) external returns (uint256 id);

    /// @notice Serves the pending root once its window has passed, and frees its bond.
    /// @dev Anyone can call. Emissions sends the distributor what its total is above the served one. If a root of a
    /// day as late or later, or of a higher total, has been served meanwhile, that one stays. Reverts with
    /// UnknownRoot and WindowIsOpen.
    function activate() external;

    /// @notice Parks a pending root within its window until governance decides, and ties up as much of the caller's
    /// free bond as the settler put up.
    /// @dev Anyone can call. One dispute is enough, whoever was first and whatever its reason: it is the root that is
    /// judged. Reverts with UnknownRoot, RootIsNotPending, WindowIsOver and BondTooSmall.
    /// @param id Number of the root.
    /// @param evidence The sha256 of what shows the fault.
    function dispute(uint256 id, bytes32 evidence) external;

    /// @notice Pays the treasury its part of lost bonds.
    /// @dev Anyone can call. Reverts with NothingToWithdraw.
    function payTreasury() external;

    // --- For the guardian and for governance ---

    /// @notice Parks a pending root within its window, without a bond.
    /// @dev For the guardian. Reverts with UnknownRoot, RootIsNotPending and WindowIsOver.
    /// @param id Number of the root.
    function disable(uint256 id) external;

    /// @notice Decides a parked root.
    /// @dev For governance. If right, it is served unless a day as late or later, or a higher total, is; the settler
    /// gets its bond and half of the challenger's. If wrong, the challenger gets its bond and half of the settler's.
    /// The other half, rounded up, is the treasury's; so is all of the bond of a wrong root that nobody disputed.
    /// Reverts with UnknownRoot and RootIsNotParked.
    /// @param id Number of the root.
    /// @param isRight Whether the root is right.
    function resolve(uint256 id, bool isRight) external;

    /// @notice Serves another root in place of the served one, whatever the totals of the two.
    /// @dev For governance. What was claimed stays claimed. A pending root stays pending, and can follow if its day
    /// is later and its total no lower. Repeated with the root that is served already, it only refills. Reverts with
    /// DayIsNotEmitted and TotalAboveEmitted.
    /// @param root Root of a Merkle tree of IRewardDistributor's leaves.
    /// @param tree The sha256 of the settlement's document.
    /// @param total Sum of all leaves, in wei of FLOCK; at most what was emitted. Later roots release what they are
    /// above it.
    /// @param day The first day it does not cover, at most IEmissions.nextDay. It can be before the served one: a
    /// proposal takes days, during which another wrong root can be served.
    /// @param refill FLOCK that Emissions sends the distributor, in wei; at most what the distributor lacks of
    /// `total`, and what Emissions has not released. It should be what the root leaves to claim less what the
    /// distributor holds: anything beyond that is exposed to the next wrong root.
    /// @return id Number of the new root.
    function replace(bytes32 root, bytes32 tree, uint128 total, uint32 day, uint256 refill)
        external
        returns (uint256 id);

    /// @notice Sets the terms for the days that end from now on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param terms In basis points, within the bounds of RewardTerms.
    function setTerms(RewardTerms calldata terms) external;

    /// @notice Sets the bond for roots posted from now on, and their disputes.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param bond Wei of FLOCK, from MIN_BOND to MAX_BOND.
    function setBond(uint256 bond) external;

    /// @notice Sets the dispute window for roots posted from now on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param window Seconds, from MIN_WINDOW to MAX_WINDOW.
    function setWindow(uint256 window) external;

    // --- Bounds ---

    /// @notice The smallest bond.
    /// @return Wei of FLOCK; 100e18.
    function MIN_BOND() external view returns (uint256);

    /// @notice The largest bond.
    /// @return Wei of FLOCK; 1_000_000e18.
    function MAX_BOND() external view returns (uint256);

    /// @notice The shortest dispute window.
    /// @return Seconds; 1 hour.
    function MIN_WINDOW() external view returns (uint256);

    /// @notice The longest dispute window.
    /// @return Seconds; 7 days.
    function MAX_WINDOW() external view returns (uint256);

    // --- Views ---

    /// @notice The token of bonds.
    /// @return FLOCK.
    function token() external view returns (IERC20);

    /// @notice The contract that pays claims.
    /// @return The RewardDistributor.
    function distributor() external view returns (IRewardDistributor);

    /// @notice The contract that holds what no served root has given out.
    /// @return The Emissions contract.
    function emissions() external view returns (IEmissions);

    /// @notice Who gets its part of lost bonds.
    /// @return The treasury.
    function treasury() external view returns (address);

    /// @notice What `payTreasury` would pay now.
    /// @return Wei of FLOCK.
    function owedToTreasury() external view returns (uint256);

    /// @notice The bond of a root posted now.
    /// @return Wei of FLOCK; 10_000e18 at deployment.
    function bond() external view returns (uint256);

    /// @notice How long a root posted now can be disputed.
    /// @return Seconds; 1 day at deployment.
    function window() external view returns (uint256);

    /// @notice What settlements are computed with.
    /// @return The terms; 5_000, 800, 1_450 and 1_000 at deployment.
    function terms() external view returns (RewardTerms memory);

    /// @notice How many roots there were; their numbers are 1 to this.
    /// @return The number of roots.
    function rootCount() external view returns (uint256);

    /// @notice The pending root.
    /// @return Its number; 0 if none is pending.
    function pendingId() external view returns (uint256);

    /// @notice The day before which everything is settled and served.
    /// @return The first day (timestamp / 86_400) that is not.
    function servedDay() external view returns (uint256);

    /// @notice What the served root says was earned in all.
    /// @return Wei of FLOCK.
    function servedTotal() external view returns (uint256);

    /// @notice A root by its number.
    /// @dev Reverts with UnknownRoot.
    /// @param id Number of the root.
    /// @return The root; only its state, if it was served undisputed and there is a newer one.
    function rootOf(uint256 id) external view returns (PostedRoot memory);

    /// @notice The part of an account's deposit that is not tied up in a root.
    /// @param account The account.
    /// @return Wei of FLOCK that it can withdraw.
    function freeBondOf(address account) external view returns (uint256);
}
