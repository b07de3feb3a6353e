// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IRewardDistributor } from "./IRewardDistributor.sol";

/// @notice Parked: disputed, or disabled by the guardian; waits for governance.
enum RootState {
    None,
    Pending,
    Parked,
    Served,
    Rejected
}

/// @notice The newest root that may come to be served, and who answers for it. It covers all days before `day`.
struct PostedRoot {
    bytes32 root;
    uint128 total;
    uint32 day;
    uint40 activeAt;
    RootState state;
    uint16 disputes;
    address settler;
    uint96 bond;
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
    event BondDeposited(address indexed account, uint256 amount);
    event BondWithdrawn(address indexed account, uint256 amount);
    event BondWon(address indexed account, uint256 indexed id, uint256 amount);
    event TermsSet(RewardTerms terms);
    event BondSet(uint256 bond);
    event WindowSet(uint256 window);

    error AmountIsZero();
    error AnotherRootIsPending(uint256 id);
    error DayIsNotOver(uint256 day);
    error DayIsSettled(uint256 day, uint256 settledDay);
    error TotalAboveFunds(uint256 total, uint256 funded);
    error TotalBelowServed(uint256 total, uint256 served);
    error BondTooSmall(uint256 free, uint256 needed);
    error UnknownRoot(uint256 id);
    error RootIsNotPending(uint256 id, RootState state);
    error RootIsNotParked(uint256 id, RootState state);
    error WindowIsOver(uint256 id, uint256 activeAt);
    error WindowIsOpen(uint256 id, uint256 activeAt);
    error DisputedAlready(uint256 id, address challenger);
    error NothingToWithdraw();
    error TokenTookAFee(uint256 sent, uint256 received);
    error TreasuryIsZero();
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice Puts FLOCK down; only what is free of it may be withdrawn.
    function depositBond(uint256 amount) external;
    function withdrawBond(uint256 amount) external;

    /// @notice Offers the root that covers all days before `day`: later than what is served, over, and not above what
    /// was funded. `tree` is the sha256 of the settlement's document. Takes `bond` of the caller's free bond. One root may
    /// be pending; one whose window has passed is served first.
    /// @return id number of the root, from 1.
    function post(bytes32 root, bytes32 tree, uint128 total, uint32 day) external returns (uint256 id);

    /// @notice Serves the pending root once its window has passed; anyone may.
    function activate() external;

    /// @notice Parks a pending root inside its window, or joins those who dispute a parked one within one more window
    /// from when it was parked (`activeAt` of a parked root), with `bond` of the caller's free bond. `evidence` is the
    /// sha256 of whatever shows the fault.
    function dispute(uint256 id, bytes32 evidence) external;

    /// @notice Collects what a resolved dispute owes the caller's account, to its free bond; anyone may.
    function settleDispute(uint256 id, address challenger) external;

    /// @notice Parks a pending root without a bond, inside its window. Guardian.
    function disable(uint256 id) external;

    /// @notice Decides a parked root. Right: it is served unless a later day is, the settler gets its bond and the
    /// challengers'. Wrong: the challengers share the settler's bond, the treasury if there are none. Governance.
    function resolve(uint256 id, bool isRight) external;

    function setTerms(RewardTerms calldata terms) external;
    function setBond(uint256 bond) external;
    function setWindow(uint256 window) external;

    function MIN_BOND() external view returns (uint256); // 100e18
    function MAX_BOND() external view returns (uint256); // 1_000_000e18
    function MIN_WINDOW() external view returns (uint256); // 1 hours
    function MAX_WINDOW() external view returns (uint256); // 7 days

    function token() external view returns (IERC20);
    function distributor() external view returns (IRewardDistributor);
    function treasury() external view returns (address);
    function bond() external view returns (uint256); // 10_000e18
    function window() external view returns (uint256); // 1 days
    function terms() external view returns (RewardTerms memory); // 5_000, 800, 1_450, 1_000
    function rootCount() external view returns (uint256);
    /// @notice Zero if none is pending.
    function pendingId() external view returns (uint256);
    /// @notice All days before this one are settled and served.
    function servedDay() external view returns (uint256);
    function servedTotal() external view returns (uint256);
    /// @notice Of a root that was served undisputed only the state, once another has been posted.
    function rootOf(uint256 id) external view returns (PostedRoot memory);
    function freeBondOf(address account) external view returns (uint256);
    /// @notice What a challenger put on its dispute of a root, until `settleDispute`.
    function disputeBondOf(uint256 id, address challenger) external view returns (uint256);
}
