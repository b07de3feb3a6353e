// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IEmissions } from "./IEmissions.sol";
import { IRewardDistributor } from "./IRewardDistributor.sol";

/// @notice Parked: disputed, or disabled by the guardian; waits for governance.
enum RootState {
    None,
    Pending,
    Parked,
    Served,
    Rejected
}

/// @notice A root, and who answers for it with which bond. It covers all days before `day`; its leaves sum to
/// `total`, as its settler says. Amounts in wei, `activeAt` in seconds. `challenger` is zero if the guardian parked
/// it, or nobody. Of a root that governance put in place of another, `settler` is governance and there is no bond.
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

/// @notice What a settlement is computed with. Basis points; bounds in brackets.
struct RewardTerms {
    uint16 epsilonBps; // what delegated stake counts for [0, 10_000]
    uint16 operatorFeeBps; // of operators' rewards, to the treasury [0, 2_000]
    uint16 delegatorFeeBps; // of delegators' rewards, to the treasury [0, 3_000]
    uint16 dailyBps; // of the proposers' side, paid at once; the rest vests when the task ends [0, 10_000]
}

/// @title Roots of settlements: posted with a bond, challenged with a bond, judged by governance
/// @notice Anybody may post. A root is the pure function of the chain's events before its day (docs/protocol.md,
/// "Settlement"), so anybody can check it.
interface ISettlement {
    event RootPosted(
        uint256 indexed id,
        address indexed settler,
        bytes32 root,
        bytes32 tree,
        uint256 total,
        uint256 day,
        uint256 activeAt
    );
    event RootServed(uint256 indexed id, bytes32 root);
    event RootDisputed(uint256 indexed id, address indexed challenger, bytes32 evidence);
    event RootDisabled(uint256 indexed id);
    event RootResolved(uint256 indexed id, bool isRight);
    event RootReplaced(uint256 indexed id, bytes32 root, bytes32 tree, uint256 total, uint256 day);
    event BondDeposited(address indexed account, uint256 amount);
    event BondWithdrawn(address indexed account, uint256 amount);
    /// @notice Half of a lost bond at most is won; the rest is the treasury's.
    event BondWon(address indexed account, uint256 indexed id, uint256 amount);
    event BondForfeited(uint256 indexed id, uint256 toTreasury);
    event TreasuryPaid(address indexed treasury, uint256 amount);
    event TermsSet(RewardTerms terms);
    event BondSet(uint256 bond);
    event WindowSet(uint256 window);

    error AmountIsZero();
    error AnotherRootIsPending(uint256 id);
    error DayIsNotEmitted(uint256 day, uint256 nextDay);
    error RootMustCover(uint256 day, uint256 nextDay);
    error DayIsSettled(uint256 day, uint256 settledDay);
    error TotalAboveEmitted(uint256 total, uint256 emitted);
    error TotalBelowServed(uint256 total, uint256 served);
    error BondTooSmall(uint256 free, uint256 needed);
    error UnknownRoot(uint256 id);
    error RootIsNotPending(uint256 id, RootState state);
    error RootIsNotParked(uint256 id, RootState state);
    error WindowIsOver(uint256 id, uint256 activeAt);
    error WindowIsOpen(uint256 id, uint256 activeAt);
    error NothingToWithdraw();
    error TokenTookAFee(uint256 sent, uint256 received);
    error TreasuryIsZero();
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice Puts FLOCK down; only what is free of it may be withdrawn.
    /// @param amount wei, more than 0; the token must take no fee of its own.
    function depositBond(uint256 amount) external;

    /// @param amount wei, more than 0 and at most the caller's free bond.
    function withdrawBond(uint256 amount) external;

    /// @notice Offers the root that covers all days emitted so far: later than what is served, of a total that is
    /// neither below that of the root served nor above what was emitted. Takes `bond` of the caller's free bond. One
    /// root may be pending; one whose window has passed is served first.
    /// A root with the root, total and day of one that was disputed and is not decided, from another account than
    /// that one's settler, waits for a quarter of the window only, but at least as long as the disputed one would
    /// have; and its day need not be the latest. So the dispute of a right root keeps nobody's rewards for long, and
    /// that of one's own lie wins it no time.
    /// @param root of a Merkle tree of IRewardDistributor's leaves.
    /// @param tree sha256 of the settlement's document.
    /// @param total wei, the sum of all leaves. Nothing on chain checks that sum; but no more than the total ever
    /// comes to the distributor for it.
    /// @param day the first day (timestamp / 86_400) that it does not cover: IEmissions.nextDay.
    /// @return id number of the root, from 1.
    function post(bytes32 root, bytes32 tree, uint128 total, uint32 day) external returns (uint256 id);

    /// @notice Serves the pending root once its window has passed; anyone may. What its total is above that of the
    /// root before comes from Emissions to the distributor. If a root of its day or a later one, or of a higher
    /// total, has been served meanwhile, that one stays. The bond is free again either way.
    function activate() external;

    /// @notice Parks a pending root inside its window until governance has decided. Takes as much of the caller's
    /// free bond as the settler put down for the root. One dispute is enough, whoever was first and for whatever
    /// reason: it is the root that is judged.
    /// @param id number of the root.
    /// @param evidence the sha256 of whatever shows the fault.
    function dispute(uint256 id, bytes32 evidence) external;

    /// @notice Pays the treasury its part of lost bonds. Anyone may.
    function payTreasury() external;

    /// @notice Parks a pending root without a bond, inside its window. Guardian.
    /// @param id number of the root.
    function disable(uint256 id) external;

    /// @notice Decides a parked root. Right: it is served unless a later day or a higher total is, and the settler gets
    /// its bond and half of the challenger's. Wrong: the challenger gets its bond and half of the settler's. The other
    /// half, rounded up, or all of a lie's bond that nobody challenged, is the treasury's. Governance.
    /// @param id number of the root.
    function resolve(uint256 id, bool isRight) external;

    /// @notice Serves another root in place of the one served, whatever the totals of the two: what was claimed stays
    /// claimed. A root that is pending stays so, and may follow if its day is later and its total no lower. Repeated
    /// with the root that is served already, it only refills. Governance.
    /// @param root of a Merkle tree of IRewardDistributor's leaves.
    /// @param tree sha256 of the settlement's document.
    /// @param total wei, the sum of all leaves, at most what was emitted. Later roots release what they are above it.
    /// @param day the first day that it does not cover, at most IEmissions.nextDay. It may be before the one that is
    /// served: a proposal takes days, in which another wrong root may come to be served.
    /// @param refill wei that come from Emissions to the distributor, at most what this holds less than `total`, and
    /// what Emissions has not released. It should be what the root leaves to claim less what the distributor holds:
    /// what is there beyond that lies open to the next wrong root.
    /// @return id number of the new root.
    function replace(bytes32 root, bytes32 tree, uint128 total, uint32 day, uint256 refill)
        external
        returns (uint256 id);

    /// @notice For the days that end from now on. Governance.
    /// @param terms in basis points, within the bounds of RewardTerms.
    function setTerms(RewardTerms calldata terms) external;

    /// @notice For roots that are posted from now on, and their disputes. Governance.
    /// @param bond wei, from MIN_BOND to MAX_BOND.
    function setBond(uint256 bond) external;

    /// @notice For roots that are posted from now on. Governance.
    /// @param window seconds, from MIN_WINDOW to MAX_WINDOW.
    function setWindow(uint256 window) external;

    function MIN_BOND() external view returns (uint256); // 100e18
    function MAX_BOND() external view returns (uint256); // 1_000_000e18
    function MIN_WINDOW() external view returns (uint256); // 1 hours
    function MAX_WINDOW() external view returns (uint256); // 7 days

    function token() external view returns (IERC20);
    function distributor() external view returns (IRewardDistributor);
    function emissions() external view returns (IEmissions);
    function treasury() external view returns (address);
    /// @notice Wei that `payTreasury` would pay.
    function owedToTreasury() external view returns (uint256);
    /// @notice Wei that a root takes that is posted now.
    function bond() external view returns (uint256); // 10_000e18
    /// @notice Seconds in which a root that is posted now can be disputed.
    function window() external view returns (uint256); // 1 days
    function terms() external view returns (RewardTerms memory); // 5_000, 800, 1_450, 1_000
    function rootCount() external view returns (uint256);
    /// @notice Zero if none is pending.
    function pendingId() external view returns (uint256);
    /// @notice All days (timestamp / 86_400) before this one are settled and served.
    function servedDay() external view returns (uint256);
    /// @notice What the root served says was earned, in wei.
    function servedTotal() external view returns (uint256);
    /// @notice Of a root that was served undisputed only the state, once there is a newer one.
    function rootOf(uint256 id) external view returns (PostedRoot memory);
    /// @notice Wei that stand for nothing and that `account` may withdraw.
    function freeBondOf(address account) external view returns (uint256);
}
