// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Emissions } from "../src/Emissions.sol";
import { FlockToken } from "../src/FlockToken.sol";
import { RewardDistributor } from "../src/RewardDistributor.sol";
import { Settlement } from "../src/Settlement.sol";
import { Staking } from "../src/Staking.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { Vesting } from "../src/Vesting.sol";
import { IDuties } from "../src/interfaces/IDuties.sol";
import { Delegation, Position, Role } from "../src/interfaces/IStaking.sol";
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
    Delegated,
    Undelegated,
    Collected,
    CollectWaitedForADuty,
    Redelegated,
    Created,
    Begun,
    Paid,
    Closed,
    Cancelled,
    Emitted,
    NothingToEmit,
    Posted,
    Lied,
    Served,
    Disputed,
    DisputedWrongly,
    Disabled,
    FoundRight,
    FoundWrong,
    DisputeSettled,
    Claimed,
    ClaimedTogether,
    ClaimedTwice,
    ClaimedAgainstAnOldRoot,
    Vested,
    BondWithdrawn,
    KeeperWithdrew,
    RefusedWhilePaused,
    Paused,
    Unpaused,
    Refused
}

/// @notice Keeps stake for duties, judges and pays: what AllianceRounds does, at will.
contract Referee is IDuties {
    Staking private immutable _staking;
    TaskManager private immutable _tasks;

    mapping(uint256 taskId => mapping(address account => bool)) public hasDuty;

    constructor(Staking staking, TaskManager tasks) {
        (_staking, _tasks) = (staking, tasks);
    }

    function hold(address account, uint256 taskId, Role role) external {
        _staking.hold(account, taskId, role, 1e18);
    }

    function setDuty(address account, uint256 taskId, bool isSeated) external {
        hasDuty[taskId][account] = isSeated;
    }

    function release(address account, uint256 taskId, Role role) external {
        hasDuty[taskId][account] = false;
        _staking.release(account, taskId, role);
    }

    function slash(address account, uint256 taskId, Role role, uint256 gm, address keeper)
        external
        returns (uint256 gmSlashed, uint256 flockSlashed, uint256 gmLeft)
    {
        return _staking.slash(account, taskId, role, gm, keeper);
    }

    function begin(uint256 taskId) external {
        _tasks.begin(taskId);
    }

    function pay(uint256 taskId, address to, uint96 amount) external {
        _tasks.pay(taskId, to, amount);
    }

    function close(uint256 taskId, uint96 refund, uint96 toTreasury) external {
        _tasks.close(taskId, refund, toTreasury);
    }
}

/// @notice The books beside the contracts: what should be known of everybody's money.
abstract contract MoneyGhost is RewardsBase {
    uint256 public constant OPERATORS = 3;
    uint256 public constant MEMBERS = 7;
    /// @notice Leaves of a true tree: the members and the treasury.
    uint256 public constant EARNERS = MEMBERS + 1;

    address public immutable keeper = actor("keeper");
    address public immutable liar = actor("liar");
    address public immutable creator = actor("creator");

    Referee public referee;
    address public governance;
    bool public isPaused;
    uint256 public actions;

    mapping(Branch => uint256) public reached;
    /// @dev How often a reserve held less than the budget of the first day that was due.
    uint256 public reserveFellShort;
    mapping(address holder => uint256) public donatedTo;

    /// @notice gmFLOCK of an allocation when it was held, less what was slashed since.
    mapping(uint256 taskId => mapping(address account => uint256)) public heldOf;
    /// @notice gmFLOCK of a pool when its operator's duty began, less what was slashed since.
    mapping(uint256 taskId => mapping(address operator => uint256)) public poolHeldOf;
    mapping(address account => bool) public hasStaked;

    /// @notice What the chain's events say each has earned: members in their order, then the treasury.
    Earned[EARNERS] internal truth;
    uint256 public truthTotal;
    mapping(uint256 id => Earned[]) internal entriesOf;
    mapping(uint256 id => bool) public isTrue;
    mapping(bytes32 root => uint256 id) public idOf;
    mapping(address account => uint256) public liquidPaid;
    mapping(address account => uint256) public vestingPaid;
    uint256 public lastServedDay;

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
            truth[i].account = earner(i);
        }
    }

    // --- Who ---

    function earner(uint256 index) public view returns (address) {
        return index == MEMBERS ? treasury : member(index);
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

    /// @dev Something that is delegated, if anything is on the operator's tasks; else of which nothing is.
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
        return clock < staking.positionOf(account).unlockAt;
    }

    function _ownOn(uint256 taskId, address account) internal view returns (uint256) {
        return staking.allocationOf(account, taskId, Role.Member).amount;
    }

    function isHeld(uint256 taskId, address account) public view returns (bool) {
        return staking.allocationOf(account, taskId, Role.Member).holder != address(0);
    }

    /// @notice What could be brought back from a pool now, duties aside.
    function collectable(address delegator, address operator, uint256 taskId) public view returns (uint256) {
        Delegation memory record = staking.delegationOf(delegator, operator, taskId);
        if (_hasEnded(taskId)) return record.gm;
        return clock < record.leavesAt ? 0 : record.leaving;
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

    // --- Refusals ---

    /// @dev Reverts of every kind will do; which one is for the tests of each contract.
    function _expect(bool allowed) internal {
        if (!allowed) vm.expectRevert();
    }

    function _count(bool allowed, Branch branch) internal {
        if (allowed) ++reached[branch];
        else if (isPaused) ++reached[Branch.RefusedWhilePaused];
    }

    function _position(address account) internal view returns (Position memory) {
        return staking.positionOf(account);
    }
}
