// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Delegation, IStaking, Position, Role } from "../src/interfaces/IStaking.sol";
import { TaskState } from "../src/interfaces/ITaskManager.sol";
import { Branch, RoundGhost } from "./RoundGhost.sol";

/// @notice Random hands on locks and pools, beside the rounds: what an action may do is known before it is done.
abstract contract StakeHandler is RoundGhost {
    /// @notice Members 0 to OPERATORS - 1 take delegation, from all.
    uint256 public constant OPERATORS = 5;

    function tendLock(uint256 r) external onTheClock {
        address account = member(r % MEMBERS);
        Position memory position = staking.positionOf(account);
        if (time < position.unlockAt) return _extend(account, position, 1 + (r >> 8) % 10);
        uint256 floor = position.gm < position.flock ? position.gm : position.flock;
        bool allowed = position.gm > floor && position.gm > position.allocated;
        if (!allowed) vm.expectRevert(IStaking.NothingToPoke.selector);
        vm.prank(stranger);
        staking.poke(account);
        if (allowed) ++reached[Branch.Poked];
    }

    function delegateStake(uint256 r) external onTheClock {
        (uint256 taskId, address delegator, address operator) = _some(r);
        if (taskId == 0 || delegator == operator) return;
        uint96 gm = uint96(1e18 + (r >> 32) % 20_000e18);
        _lockFor(delegator, gm, 1 + (r >> 64) % 60);
        bool allowed = _isAlive(taskId);
        if (allowed) {
            vm.prank(operator);
            staking.setPool(taskId, 0, true);
        } else {
            vm.expectRevert(abi.encodeWithSelector(IStaking.TaskIsNotAlive.selector, taskId));
        }
        vm.prank(delegator);
        staking.delegateTo(operator, taskId, gm, 10_000);
        if (allowed) ++reached[Branch.Delegated];
    }

    function undelegateStake(uint256 r) external onTheClock {
        (uint256 taskId, address delegator, address operator) = _some(r);
        if (taskId == 0) return;
        Delegation memory seen = staking.delegationOf(delegator, operator, taskId);
        uint256 staying = seen.gm - seen.leaving;
        uint96 gm = uint96(1 + (r >> 32) % (staying + 1));
        if (gm > staying) vm.expectRevert();
        vm.prank(delegator);
        staking.undelegate(operator, taskId, gm);
    }

    function collectStake(uint256 r) external onTheClock {
        (uint256 taskId, address delegator, address operator) = _some(r);
        if (taskId == 0) return;
        Delegation memory seen = staking.delegationOf(delegator, operator, taskId);
        bool allowed = _mayCollect(taskId, operator, seen);
        uint256 before = staking.positionOf(delegator).delegated;
        if (!allowed) vm.expectRevert();
        vm.prank(stranger);
        staking.collect(delegator, operator, taskId);
        if (allowed) ++reached[Branch.Collected];
        assertTrue(!allowed || staking.positionOf(delegator).delegated < before, "nothing came back");
    }

    function bringStakeUpToDate(uint256 r) external onTheClock {
        (uint256 taskId, address delegator, address operator) = _some(r);
        if (taskId == 0) return;
        uint256 votes = staking.getVotes(delegator);
        staking.bringUpToDate(delegator, operator, taskId);
        assertTrue(staking.getVotes(delegator) <= votes, "a slash gave votes");
    }

    // --- How ---

    /// @dev Stake that stands on tasks over the expiry of its lock keeps the longest multiplier only in a longest lock.
    function _lockFor(address account, uint96 gm, uint256 lockDays) private {
        Position memory position = staking.positionOf(account);
        bool expired = time >= position.unlockAt;
        if (expired && position.allocated != 0) lockDays = 365;
        if (expired || staking.availableOf(account) < gm) lock(account, gm, lockDays);
    }

    function _extend(address account, Position memory position, uint256 lockDays) private {
        vm.prank(account);
        staking.extend(lockDays);
        Position memory now_ = staking.positionOf(account);
        assertTrue(now_.gm >= position.gm && now_.unlockAt >= position.unlockAt, "extending took something");
        ++reached[Branch.Extended];
    }

    function _mayCollect(uint256 taskId, address operator, Delegation memory seen)
        private
        view
        returns (bool)
    {
        bool ended = !_isAlive(taskId);
        bool isBusy = staking.allocationOf(operator, taskId, Role.Member).holder == address(rounds)
            && rounds.hasDuty(taskId, operator);
        return !isBusy && (ended ? seen.gm != 0 : seen.leaving != 0 && time >= seen.leavesAt);
    }

    function _isAlive(uint256 taskId) private view returns (bool) {
        TaskState state = tasks.stateOf(taskId);
        return state == TaskState.Open || state == TaskState.Running;
    }

    /// @dev Mostly one of the last four tasks; zero if there is none.
    function _some(uint256 r) private view returns (uint256 taskId, address delegator, address operator) {
        (delegator, operator) = (member((r >> 8) % MEMBERS), member((r >> 16) % OPERATORS));
        uint256 count = tasks.taskCount();
        if (count == 0) return (0, delegator, operator);
        taskId = count <= 4 || r >> 248 < 32 ? 1 + r % count : count - r % 4;
    }
}
