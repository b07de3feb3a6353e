// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Emissions } from "../src/Emissions.sol";
import { FlockToken } from "../src/FlockToken.sol";
import { RewardDistributor } from "../src/RewardDistributor.sol";
import { Settlement } from "../src/Settlement.sol";
import { Staking } from "../src/Staking.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { Vesting } from "../src/Vesting.sol";
import { IBoard } from "../src/interfaces/IBoard.sol";
import { Delegation, Position } from "../src/interfaces/IStaking.sol";
import { TaskState } from "../src/interfaces/ITaskManager.sol";
import { Earned, RewardsBase } from "./RewardsBase.t.sol";

/// @notice Every contract that holds money, and who holds stake for duties.
struct Holders {
    FlockToken token;
    TaskManager tasks;
    Staking staking;
    Vesting vesting;
    RewardDistributor distributor;
    Settlement settlement;
    Emissions emissions;
    Referee referee;
}

enum Branch {
    Locked,
    Revived,
    ShorterLockRefused,
    Extended,
    Poked,
    Redeemed,
    Staked,
    TakenOff,
    Held,
    Released,
    SlashedAlone,
    SlashedWithPool,
    SlashedToNothing,
    PoolSet,
    PoolIsWorn,
    Delegated,
    AboveCap,
    Undelegated,
    Collected,
    CollectQueued,
    CollectWaited,
    CollectedInALaterDuty,
    Redelegated,
    Created,
    Funded,
    Begun,
    Paid,
    Closed,
    Cancelled,
    Refunded,
    TreasuryPaid,
    Emitted,
    NothingToEmit,
    Posted,
    Repeated,
    Lied,
    LieRepeated,
    Served,
    LieServed,
    Stolen,
    Replaced,
    Disputed,
    DisputedByItsOwnSettler,
    DisputedWrongly,
    Disabled,
    FoundRight,
    FoundWrong,
    Claimed,
    ClaimedTogether,
    ClaimedTwice,
    ClaimedAgainstAnOldRoot,
    Vested,
    BondWithdrawn,
    RefusedWhilePaused,
    Paused,
    Unpaused,
    Refused
}

/// @notice A board that holds stake for duties, judges and pays as AllianceRounds does, but at will.
contract Referee is IBoard {
    Staking private immutable _staking;
    TaskManager private immutable _tasks;

    mapping(uint256 taskId => mapping(address account => uint16)) public dutyOf;
    uint16 private _duties;

    constructor(Staking staking, TaskManager tasks) {
        (_staking, _tasks) = (staking, tasks);
    }

    function open(uint256, bytes calldata) external { }

    function hold(address account, uint256 taskId) external {
        _staking.hold(account, taskId);
    }

    /// @dev Every duty has its own number.
    function setDuty(address account, uint256 taskId, bool isSeated) external {
        dutyOf[taskId][account] = isSeated ? ++_duties : 0;
    }

    function release(address account, uint256 taskId) external {
        dutyOf[taskId][account] = 0;
        _staking.release(account, taskId);
    }

    function slash(address account, uint256 taskId, uint256 stakeAtLeast, uint256 slashBps)
        external
        returns (uint256 gm, uint256 flock, uint256 left)
    {
        return _staking.slash(account, taskId, stakeAtLeast, slashBps);
    }

    function begin(uint256 taskId, address starter) external {
        _tasks.begin(taskId, starter);
    }

    function pay(uint256 taskId, address to, uint96 amount) external {
        _tasks.pay(taskId, to, amount);
    }

    function close(uint256 taskId, uint96 refund, uint96 toTreasury) external {
        _tasks.close(taskId, refund, toTreasury, bytes32(taskId));
    }

    function modelOf(uint256 taskId) external pure returns (bytes32) {
        return bytes32(taskId);
    }

    function earnedOf(uint256, address) external pure returns (uint256) {
        return 0;
    }

    function totalEarnedOf(uint256) external pure returns (uint256) {
        return 0;
    }
}

/// @notice The test's own books of everybody's money.
abstract contract MoneyGhost is RewardsBase {
    uint256 public constant OPERATORS = 3;
    uint256 public constant MEMBERS = 7;
    /// @notice Leaves of a true tree: the members and the treasury.
    uint256 public constant EARNERS = MEMBERS + 1;
    /// @notice Leaves of a false tree: those of the true one, and two for the liar's accounts.
    uint256 public constant CLAIMANTS = EARNERS + 2;
    uint256 public constant BONDED = 5;
    uint96 internal constant MINIMUM = 1e18;

    address public immutable creator = actor("creator");
    address public immutable liar = actor("liar");
    /// @notice Another account of the liar, which also disputes, even its own lies.
    address public immutable accomplice = actor("accomplice");
    /// @notice Posts a root again that was wrongly disputed.
    address public immutable secondSettler = actor("second settler");

    Referee public referee;
    address public governance;
    bool public isPaused;
    uint256 public actions;

    mapping(Branch => uint256) public reached;
    /// @dev How often a reserve held less than the budget of the first day that was due.
    uint256 public reserveFellShort;
    mapping(address holder => uint256) public donatedTo;
    /// @notice What tasks give back, as booked and as paid.
    mapping(uint256 taskId => uint256) public refundable;
    mapping(uint256 taskId => uint256) public refunded;

    /// @notice gmFLOCK of an allocation when it was held, less what was slashed since.
    mapping(uint256 taskId => mapping(address account => uint256)) public heldOf;
    /// @notice gmFLOCK of a pool when its operator's duty began, less what was slashed since, and what had waited
    /// longer.
    mapping(uint256 taskId => mapping(address operator => uint256)) public poolHeldOf;
    mapping(address account => bool) public hasStaked;
    /// @notice FLOCK that an account has locked and not redeemed, and how much of it slashes may have taken by their
    /// terms.
    mapping(address account => uint256) public lockedFlock;
    mapping(address account => uint256) public mayHaveLost;
    /// @notice gmFLOCK that slashes took beyond that. Must stay 0.
    uint256 public lostTooMuch;

    /// @notice What the chain's events say each has earned: members in their order, then the treasury.
    Earned[EARNERS] internal truth;
    uint256 public truthTotal;
    mapping(uint256 id => Earned[]) internal entriesOf;
    mapping(uint256 id => bool) public isTrue;
    mapping(bytes32 root => uint256 id) public idOf;
    mapping(uint256 id => uint128) public totalOfRoot;
    /// @notice What was claimed while a root was served, of either kind.
    mapping(uint256 id => uint256) public claimedUnder;
    mapping(address account => uint256) public liquidPaid;
    mapping(address account => uint256) public vestingPaid;
    /// @notice What the liar's accounts got by undisputed lies, and what they were given for bonds.
    uint256 public stolen;
    uint256 public givenToLiars;

    modifier onTheClock() {
        vm.warp(clock);
        ++actions;
        _;
    }

    /// @dev The contracts come from the test: a handler that deployed them would carry their code.
    function setUp() public override { }

    function playOn(Holders calldata on) external {
        (token, tasks, staking, vesting) = (on.token, on.tasks, on.staking, on.vesting);
        (distributor, settlement, emissions) = (on.distributor, on.settlement, on.emissions);
        (referee, governance) = (on.referee, msg.sender);
        clock = uint256(FIRST_DAY) * 1 days + 1 hours;
        for (uint256 i = 0; i < EARNERS; ++i) {
            truth[i].account = claimant(i);
        }
    }

    // --- Who ---

    /// @notice The members, the treasury and the liar's accounts.
    function claimant(uint256 index) public view returns (address) {
        if (index < MEMBERS) return member(index);
        return index == MEMBERS ? treasury : index == EARNERS ? liar : accomplice;
    }

    /// @notice Who puts up bonds.
    function bonded(uint256 index) public view returns (address) {
        return [settler, secondSettler, challenger, liar, accomplice][index % BONDED];
    }

    function backer(uint256 index) public view returns (address) {
        return index % 2 == 0 ? creator : stranger;
    }

    function _anyMember(uint256 r) internal pure returns (address) {
        return member(r % MEMBERS);
    }

    function _anyOperator(uint256 r) internal pure returns (address) {
        return member(r % OPERATORS);
    }

    function _anyDelegator(uint256 r) internal pure returns (address) {
        return member(OPERATORS + r % (MEMBERS - OPERATORS));
    }

    function _anyTask(uint256 r) internal view returns (uint256 taskId, bool some) {
        uint256 count = tasks.taskCount();
        return count == 0 ? (0, false) : (1 + r % count, true);
    }

    /// @dev A task on which something can still happen, if there is one.
    function _aliveTask(uint256 r) internal view returns (uint256 taskId, bool some) {
        (taskId, some) = _anyTask(r);
        for (uint256 i = 0; some && i < tasks.taskCount(); ++i) {
            if (_isAlive(taskId)) return (taskId, true);
            taskId = 1 + taskId % tasks.taskCount();
        }
    }

    /// @dev A delegation on the operator's tasks, if there is one; otherwise an empty record.
    function _anyRecord(uint256 r)
        internal
        view
        returns (address delegator, address operator, uint256 taskId)
    {
        (delegator, operator) = (_anyDelegator(r >> 8), _anyOperator(r >> 16));
        (taskId,) = _anyTask(r);
        for (uint256 i = 0; i < tasks.taskCount(); ++i) {
            if (staking.delegationOf(delegator, operator, taskId).gm != 0) break;
            taskId = 1 + taskId % tasks.taskCount();
        }
    }

    // --- Reading ---

    function _isAlive(uint256 taskId) internal view returns (bool) {
        TaskState state = tasks.stateOf(taskId);
        return state == TaskState.Open || state == TaskState.Running;
    }

    function _hasEnded(uint256 taskId) internal view returns (bool) {
        TaskState state = tasks.stateOf(taskId);
        return state == TaskState.Closed || state == TaskState.Cancelled;
    }

    function _isLive(address account) internal view returns (bool) {
        Position memory position = _position(account);
        return position.lockDays != 0 && clock < position.unlockAt;
    }

    function _position(address account) internal view returns (Position memory) {
        return staking.positionOf(account);
    }

    function _free(address account) internal view returns (uint256) {
        return staking.positionOf(account).gm;
    }

    function _ownOn(uint256 taskId, address account) internal view returns (uint256) {
        return staking.allocationOf(account, taskId).gm;
    }

    function isHeld(uint256 taskId, address account) public view returns (bool) {
        return staking.allocationOf(account, taskId).isHeld;
    }

    /// @notice The duty that those who leave an operator's pool wait for: none once its task has ended.
    function dutyOn(uint256 taskId, address operator) public view returns (uint16) {
        return _hasEnded(taskId) ? 0 : referee.dutyOf(taskId, operator);
    }

    /// @notice What could be brought back from a pool now, duties aside.
    function collectable(address delegator, address operator, uint256 taskId) public view returns (uint256) {
        Delegation memory record = staking.delegationOf(delegator, operator, taskId);
        if (_hasEnded(taskId)) return record.gm;
        return clock < record.leavesAt ? 0 : record.leaving;
    }

    /// @notice All FLOCK of a member in Staking, wherever it is.
    function flockOf(address account) external view returns (uint256 flock) {
        flock = _position(account).flock;
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            flock += staking.allocationOf(account, taskId).flock;
            for (uint256 i = 0; i < OPERATORS; ++i) {
                flock += staking.delegationOf(account, member(i), taskId).flock;
            }
        }
    }

    function time() external view returns (uint256) {
        return clock;
    }

    function truthOf(uint256 index) external view returns (Earned memory) {
        return truth[index];
    }

    function entriesOfRoot(bytes32 root) external view returns (Earned[] memory) {
        return entriesOf[idOf[root]];
    }

    /// @notice Whether the served root is a lie that nobody disputed.
    function isLieServed() public view returns (bool) {
        bytes32 root = distributor.root();
        return root != 0 && !isTrue[idOf[root]];
    }

    // --- Time ---

    /// @dev What the watcher does before this much time passes.
    function _watch(uint256 until) internal virtual;

    function _pass(uint256 seconds_) internal {
        _watch(clock + seconds_);
        warp(clock + seconds_);
    }

    // --- Refusals ---

    /// @dev Any revert is accepted; the tests of each contract check which one.
    function _expect(bool allowed) internal {
        if (!allowed) vm.expectRevert();
    }

    function _count(bool allowed, Branch branch) internal {
        if (allowed) ++reached[branch];
        else if (isPaused) ++reached[Branch.RefusedWhilePaused];
    }

    function _ceilBps(uint256 amount, uint256 bps) internal pure returns (uint256) {
        return (amount * bps + 9_999) / 10_000;
    }
}
