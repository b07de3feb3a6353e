// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceRounds } from "../src/AllianceRounds.sol";
import { FlockToken } from "../src/FlockToken.sol";
import { Staking } from "../src/Staking.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { MemberState, MemberView, Phase, RoundView } from "../src/interfaces/IAllianceRounds.sol";
import { Position } from "../src/interfaces/IStaking.sol";
import { TaskState } from "../src/interfaces/ITaskManager.sol";
import { RoundPlay } from "./RoundPlay.t.sol";

/// @notice A task's money, all in wei. `refundable` and `toTreasury` as booked, `refunded` as paid.
struct Flow {
    uint256 paidIn;
    uint256 withdrawn;
    uint256 refundable;
    uint256 refunded;
    uint256 toTreasury;
}

enum Branch {
    Accepted,
    Rejected,
    Void,
    OutageExcused,
    OutageJudged,
    Slashed,
    KeptBack,
    SlashedOut,
    PoolSlashed,
    Left,
    LeaveRequested,
    LeaveRefused,
    LetGo,
    Retained,
    StillRetained,
    ServedItsTime,
    CameBack,
    IdReused,
    NotStarted,
    Reseeded,
    SeedRenamed,
    DrawnAtOnce,
    Closed,
    Refundable,
    Refunded,
    Cancelled,
    Withdrawn,
    TreasuryPaid,
    Redeemed,
    Refused,
    Extended,
    ExtendRefused,
    Poked,
    Delegated,
    AboveCap,
    CollectQueued,
    Collected
}

/// @notice The test's own books: the clock, and everybody's money and membership.
abstract contract RoundBooks is RoundPlay {
    uint256 public immutable MEMBERS;
    /// @notice Members 0 to OPERATORS - 1 take delegation, from all.
    uint256 public constant OPERATORS = 5;

    uint256 public time;
    uint256 public height;
    uint256 public donatedToStaking;
    uint256 public donatedToTasks;
    /// @notice Credits to members without a seat, or who did nothing in it. Must stay 0.
    uint256 public unearned;
    /// @notice gmFLOCK that slashes took beyond their task's terms. Must stay 0.
    uint256 public lostTooMuch;

    mapping(Branch => uint256) public reached;
    mapping(uint256 taskId => Flow) public flowOf;
    /// @notice What rounds have paid, the same with keepers' fees, and how much of it was withdrawn.
    mapping(uint256 taskId => mapping(address account => uint256)) public earned;
    mapping(uint256 taskId => mapping(address account => uint256)) public credited;
    mapping(uint256 taskId => mapping(address account => uint256)) public takenOut;
    /// @notice Whether a member was ever absent, had two thirds against its vote, or proposed what the others refused.
    mapping(uint256 taskId => mapping(address account => bool)) public atFault;
    mapping(uint256 taskId => bytes32) public modelOf;
    /// @notice FLOCK that an account was given to lock, that it has locked and not redeemed, and how much of that
    /// slashes may have taken by the terms.
    mapping(address account => uint256) public givenTo;
    mapping(address account => uint256) public lockedFlock;
    mapping(address account => uint256) public mayHaveLost;

    /// @dev Whether a member was on the list when it was last frozen.
    mapping(uint256 taskId => mapping(address account => bool)) private _isEligible;
    mapping(uint256 taskId => uint256) private _lastId;

    constructor(uint256 members) {
        MEMBERS = members;
    }

    modifier onTheClock() {
        vm.warp(time);
        vm.roll(height);
        _;
    }

    /// @dev The contracts come from the test: a handler that deployed them would carry their code.
    function setUp() public override { }

    function playOn(FlockToken token_, Staking staking_, TaskManager tasks_, AllianceRounds rounds_)
        external
    {
        (token, staking, tasks, rounds) = (token_, staking_, tasks_, rounds_);
        (time, height) = (1_800_000_000, 1_000);
    }

    function _pass(uint256 seconds_, uint256 blocks) internal {
        time += seconds_;
        height += blocks;
        vm.warp(time);
        vm.roll(height);
    }

    // --- Members ---

    /// @dev Everybody on the list is in the next draw.
    function _freeze(uint256 taskId) internal {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (_isListed(taskId, member(i))) _isEligible[taskId][member(i)] = true;
        }
    }

    /// @dev A member that joins is not in a draw before the list is frozen again.
    function _bookJoin(uint256 taskId, address account, bool isBack) internal {
        _isEligible[taskId][account] = false;
        uint256 id = rounds.memberOf(taskId, account).id;
        assertEq(rounds.accountOf(taskId, uint16(id)), account, "account of an id");
        if (isBack) ++reached[Branch.CameBack];
        else if (id <= _lastId[taskId]) ++reached[Branch.IdReused];
        else _lastId[taskId] = id;
    }

    function _requireAllEligible(uint256 taskId, address[] memory seated) internal view {
        for (uint256 seat = 0; seat < seated.length; ++seat) {
            assertTrue(_isEligible[taskId][seated[seat]], "drawn before its time");
        }
    }

    function eligibleOf(uint256 taskId) external view returns (uint256 eligible) {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (_isListed(taskId, member(i)) && _isEligible[taskId][member(i)]) ++eligible;
        }
    }

    function stateOf(uint256 taskId, address account) public view returns (MemberState) {
        return rounds.memberOf(taskId, account).state;
    }

    function _isListed(uint256 taskId, address account) internal view returns (bool) {
        MemberState state = stateOf(taskId, account);
        return state == MemberState.Active || state == MemberState.Leaving;
    }

    /// @dev Whether `account` can leave, at once or at the end of the round in which it has a seat.
    function _mayLeave(uint256 taskId, address account) internal view returns (bool) {
        MemberView memory seen = rounds.memberOf(taskId, account);
        RoundView memory round = view_(taskId);
        if (seen.state == MemberState.Retained) {
            return round.number >= seen.retainedUntil || _areRoundsOver(taskId, round);
        }
        bool isDrawPending =
            round.phase == Phase.Seeded || round.phase == Phase.Reveal || round.phase == Phase.Tally;
        return seen.state == MemberState.Active && !isDrawPending;
    }

    function _areRoundsOver(uint256 taskId, RoundView memory round) internal view returns (bool) {
        return round.phase == Phase.Ended || tasks.stateOf(taskId) == TaskState.Cancelled;
    }

    /// @dev Whether `account` has a seat in an open round.
    function _isSeated(uint256 taskId, address account) internal view returns (bool) {
        return rounds.dutyOf(taskId, account) != 0;
    }

    /// @notice Whether `account` can leave now, at once.
    function isFree(uint256 taskId, address account) external view returns (bool) {
        return _mayLeave(taskId, account) && !_isSeated(taskId, account);
    }

    function isOpen(Phase phase) public pure returns (bool) {
        return phase >= Phase.Propose && phase <= Phase.Tally;
    }

    function isAlive(uint256 taskId) public view returns (bool) {
        TaskState state = tasks.stateOf(taskId);
        return state == TaskState.Open || state == TaskState.Running;
    }

    // --- FLOCK ---

    /// @notice All FLOCK of an account in Staking, wherever it is.
    function flockOf(address account) public view returns (uint256 flock) {
        flock = staking.positionOf(account).flock;
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            flock += staking.allocationOf(account, taskId).flock;
            for (uint256 i = 0; i < OPERATORS; ++i) {
                flock += staking.delegationOf(account, member(i), taskId).flock;
            }
        }
    }

    function _isLive(Position memory position) internal view returns (bool) {
        return position.lockDays != 0 && time < position.unlockAt;
    }

    /// @dev Mostly few, so that locks end; some last for a year.
    function _lockDays(uint256 r) internal pure returns (uint256) {
        return 1 + (r >> 8) % (r % 16 == 0 ? 365 : 4);
    }

    /// @dev Has `account` lock `amount` for `lockDays`, or for as long as its live lock was given for.
    function _lock(address account, uint256 amount, uint256 lockDays) internal {
        Position memory position = staking.positionOf(account);
        if (_isLive(position) && lockDays < position.lockDays) lockDays = position.lockDays;
        lock(account, amount, lockDays);
        givenTo[account] += amount;
        lockedFlock[account] += amount;
    }

    /// @dev Makes sure that `account` has a live lock with `gm` free in it.
    function _makeFree(address account, uint256 gm, uint256 lockDays) internal {
        Position memory position = staking.positionOf(account);
        if (!_isLive(position)) _lock(account, gm, lockDays);
        else if (position.gm < gm) _lock(account, gm - position.gm, lockDays);
    }
}
