// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Delegation, IStaking, Position } from "../src/interfaces/IStaking.sol";
import { Branch } from "./RoundBooks.sol";
import { RoundGhost } from "./RoundGhost.sol";

/// @notice Random actions on locks and pools, alongside the rounds: the effect of each is known before it is done.
abstract contract StakeHandler is RoundGhost {
    function tendLock(uint256 r) external onTheClock {
        address account = (r >> 8) % 4 != 0 ? _someOver(r, false) : member(r % MEMBERS);
        Position memory position = staking.positionOf(account);
        if (_isLive(position)) return _extend(account, position, _lockDays(r >> 16));
        _poke(account, position);
    }

    function redeem(uint256 r) external onTheClock {
        address account = _someOver(r, true);
        Position memory position = staking.positionOf(account);
        if (position.lockDays == 0 && time < position.unlockAt && uint8(r >> 232) < 160) {
            _pass(position.unlockAt - time, 300);
        }
        uint256 gm = 1 + (r >> 8) % (uint256(position.gm) + 1);
        bool allowed = gm <= position.gm && position.lockDays == 0 && time >= position.unlockAt;
        uint256 before = token.balanceOf(account);
        if (!allowed) vm.expectRevert();
        vm.prank(account);
        staking.redeem(gm);
        if (!allowed) return;
        lockedFlock[account] -= token.balanceOf(account) - before;
        ++reached[Branch.Redeemed];
    }

    function delegateStake(uint256 r) external onTheClock {
        (uint256 taskId, address delegator, address operator) = _some(r);
        if (taskId == 0 || delegator == operator) return;
        uint96 gm = uint96(1e18 + (r >> 32) % 20_000e18);
        _makeFree(delegator, gm, _lockDays(r >> 64));
        if (isAlive(taskId)) {
            vm.prank(operator);
            staking.setPool(taskId, 0, true);
        }
        uint256 most = staking.delegationRatio() * staking.allocationOf(operator, taskId).gm;
        bool fits = staking.poolOf(operator, taskId).gm + gm <= most;
        bool allowed = isAlive(taskId) && fits;
        if (!allowed) vm.expectRevert();
        vm.prank(delegator);
        staking.delegateTo(operator, taskId, gm, 10_000);
        if (allowed) ++reached[Branch.Delegated];
        else if (!fits) ++reached[Branch.AboveCap];
    }

    function undelegateStake(uint256 r) external onTheClock {
        (uint256 taskId, address delegator, address operator) = _someRecord(r);
        if (taskId == 0) return;
        Delegation memory seen = staking.delegationOf(delegator, operator, taskId);
        uint256 staying = seen.gm - seen.leaving;
        uint96 gm = uint96(1 + (r >> 32) % (staying + 1));
        if (gm > staying) vm.expectRevert();
        vm.prank(delegator);
        staking.undelegate(operator, taskId, gm);
    }

    /// @dev While the operator has a seat, the first call queues for the round's end, and a call in a later round is
    /// paid.
    function collectStake(uint256 r) external onTheClock {
        (uint256 taskId, address delegator, address operator) = _someRecord(r);
        if (taskId == 0) return;
        Delegation memory seen = staking.delegationOf(delegator, operator, taskId);
        bool isQueued = seen.queuedBehind != 0;
        uint256 duty = isAlive(taskId) ? rounds.dutyOf(taskId, operator) : 0;
        bool allowed = _isDue(taskId, seen) && !(duty != 0 && seen.queuedBehind == duty);
        uint256 before = staking.positionOf(delegator).delegated;
        if (!allowed) vm.expectRevert();
        vm.prank(stranger);
        staking.collect(delegator, operator, taskId);
        if (!allowed) return;
        if (duty != 0 && !isQueued) {
            seen = staking.delegationOf(delegator, operator, taskId);
            assertEq(seen.queuedBehind, duty, "queued behind another duty");
            ++reached[Branch.CollectQueued];
            return;
        }
        assertTrue(staking.positionOf(delegator).delegated < before, "nothing came back");
        ++reached[Branch.Collected];
    }

    function bringStakeUpToDate(uint256 r) external onTheClock {
        (uint256 taskId, address delegator, address operator) = _someRecord(r);
        if (taskId == 0) return;
        uint256 votes = staking.getVotes(delegator);
        staking.sync(delegator, operator, taskId);
        assertTrue(staking.getVotes(delegator) <= votes, "a slash gave votes");
    }

    // --- Inside ---

    /// @dev A lock is never given for less time than before.
    function _extend(address account, Position memory position, uint256 lockDays) private {
        bool allowed = lockDays >= position.lockDays;
        if (!allowed) {
            vm.expectRevert(
                abi.encodeWithSelector(IStaking.LockMayNotShorten.selector, lockDays, position.lockDays)
            );
        }
        vm.prank(account);
        staking.extend(lockDays);
        Position memory now_ = staking.positionOf(account);
        assertTrue(now_.gm >= position.gm && now_.unlockAt >= position.unlockAt, "extending took something");
        ++reached[allowed ? Branch.Extended : Branch.ExtendRefused];
    }

    /// @dev Takes no FLOCK from what is free, and nothing at all from what is on tasks or in pools.
    function _poke(address account, Position memory position) private {
        bool allowed = position.lockDays != 0;
        if (!allowed) vm.expectRevert(IStaking.NothingToPoke.selector);
        vm.prank(stranger);
        staking.poke(account);
        if (!allowed) return;
        Position memory now_ = staking.positionOf(account);
        assertEq(now_.flock, position.flock, "a poke took FLOCK");
        assertEq(now_.allocated, position.allocated, "a poke took stake");
        assertEq(now_.unlockAt, time + staking.EXIT_DELAY(), "redeemable at");
        assertEq(staking.getVotes(account), 0, "votes of a lock that is over");
        ++reached[Branch.Poked];
    }

    function _isDue(uint256 taskId, Delegation memory seen) private view returns (bool) {
        if (!isAlive(taskId)) return seen.gm != 0;
        return seen.leaving != 0 && time >= seen.leavesAt;
    }

    /// @dev A member with an expired lock, poked or not, if there is one.
    function _someOver(uint256 r, bool isPoked) private view returns (address account) {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            account = member((uint16(r) + i) % MEMBERS);
            Position memory position = staking.positionOf(account);
            if (isPoked && position.lockDays == 0 && position.gm != 0) return account;
            if (!isPoked && position.lockDays != 0 && time >= position.unlockAt) return account;
        }
    }

    /// @dev A delegator with something in the operator's pool on the task, if anybody has.
    function _someRecord(uint256 r)
        private
        view
        returns (uint256 taskId, address delegator, address operator)
    {
        (taskId, delegator, operator) = _some(r);
        for (uint256 i = 0; taskId != 0 && i < MEMBERS * OPERATORS; ++i) {
            (delegator, operator) =
            (member((uint8(r >> 8) + i) % MEMBERS), member((uint8(r >> 16) + i / MEMBERS) % OPERATORS));
            if ((r >> 24) % 4 == 0 || staking.delegationOf(delegator, operator, taskId).gm != 0) break;
        }
    }

    /// @dev Mostly a live task and an operator with own stake there, if there are; zero if there is no task.
    function _some(uint256 r) private view returns (uint256 taskId, address delegator, address operator) {
        delegator = member((r >> 8) % MEMBERS);
        uint256 count = tasks.taskCount();
        if (count == 0) return (0, delegator, operator);
        taskId = 1 + r % count;
        for (uint256 i = 0; i < count && uint8(r >> 232) >= 48 && !isAlive(taskId); ++i) {
            taskId = 1 + taskId % count;
        }
        for (uint256 i = 0; i < OPERATORS; ++i) {
            operator = member((uint8(r >> 16) + i) % OPERATORS);
            if (uint8(r >> 232) < 64 || staking.allocationOf(operator, taskId).gm != 0) break;
        }
    }
}
