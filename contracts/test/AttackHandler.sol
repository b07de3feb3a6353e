// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms, MemberState, Phase, RoundView } from "../src/interfaces/IAllianceRounds.sol";
import { Delegation, IStaking, Position } from "../src/interfaces/IStaking.sol";
import { NewTask, TaskState } from "../src/interfaces/ITaskManager.sol";
import { AttackPlay, Move } from "./AttackPlay.sol";

/// @notice An attacker with several accounts, on tasks where honest members always outweigh it and always do their
/// duty. It plays what an audit of these contracts tried: it joins first and starts alone, is absent, proposes junk,
/// votes against, keeps votes back, tops up and is backed late, leaves one strike short, comes back under another
/// account, parks gmFLOCK beyond its lock, renews a long lock by short ones, pokes everybody, and is keeper and backer.
/// The books say what its seats would have been paid had they done their duty.
contract AttackHandler is AttackPlay {
    // --- Tasks ---

    /// @dev Two of the attacker's accounts join first. They cannot begin alone, nor before the time that was set.
    function createTask(uint256 r) external onTheClock {
        if (isAlive(tasks.taskCount())) return;
        NewTask memory task = newTask();
        (task.startsAt, task.startBy) = (uint40(time + 1 hours), uint40(time + 8 days));
        task.endsAt = uint40(time + 9 days + (r >> 8) % 40 days);
        task.bounty = uint96(10_000e18 + (r >> 16) % 1_000_000e18);
        uint256 taskId = openTask(task, _termsBy(r >> 128));
        for (uint256 i = 0; i < TOGETHER; ++i) {
            _join(taskId, member(i), MINIMUM_STAKE * (1 + (r >> 64) % 5));
            ++made[Move.JoinedEarly];
        }
        _startInVain(taskId);
        for (uint256 i = 0; i < HONEST; ++i) {
            _join(taskId, honest(i), HONEST_STAKE);
        }
        _startInVain(taskId);
        if ((r >> 72) % 2 == 0) _pass(1 hours, 10);
        if ((r >> 80) % 2 == 0) _fund(taskId, r >> 88);
    }

    /// @dev Plays a round to its end from any phase, with the attacker's moves in between.
    function playRound(uint256 r) external onTheClock {
        uint256 taskId = tasks.taskCount();
        if (!isAlive(taskId)) return;
        RoundView memory round = view_(taskId);
        if (_isTooLate(taskId, round)) return _end(taskId);
        if (round.phase == Phase.Waiting) {
            _start(taskId);
            round = view_(taskId);
        }
        _waitForSeed(taskId, round.seedBlock);
        dice = uint256(keccak256(abi.encode(r)));
        bool isKeeper = dice % 2 == 0;
        _draw(taskId, isKeeper ? purse : keeper);
        if (isKeeper) {
            fees[taskId] += rounds.termsOf(taskId).keeperFee;
            ++made[Move.Drew];
        }
        _playToTally(taskId, r);
        _someMove(taskId, uint256(keccak256(abi.encode(r, "tally"))));
        _finaliseAndBook(taskId);
    }

    // --- The attacker's accounts ---

    function comeIn(uint256 r) external onTheClock {
        uint256 taskId = tasks.taskCount();
        address name = _someName(taskId, r);
        MemberState state = stateOf(taskId, name);
        bool isOut = state == MemberState.None || state == MemberState.Retained;
        if (!isAlive(taskId) || phaseOf(taskId) == Phase.Ended || !isOut) return;
        if (_countListed(taskId) == TOGETHER) return;
        if (state == MemberState.Retained) ++made[Move.CameBack];
        else if (_isAnyRetained(taskId)) ++made[Move.CameUnderAnotherName];
        _join(taskId, name, MINIMUM_STAKE * (1 + (r >> 8) % 5));
    }

    function goOut(uint256 r) external onTheClock {
        uint256 taskId = tasks.taskCount();
        _goOut(taskId, _someName(taskId, r));
    }

    function move(uint256 r) external onTheClock {
        _someMove(tasks.taskCount(), r);
    }

    /// @dev A long lock cannot be kept alive a day at a time.
    function rollLock(uint256 r) external onTheClock {
        address name = member(r % SYBILS);
        Position memory position = staking.positionOf(name);
        bool isShorter = _isLive(position) && position.lockDays > 1;
        if (!isShorter) return;
        vm.expectRevert(abi.encodeWithSelector(IStaking.LockMayNotShorten.selector, 1, position.lockDays));
        vm.prank(name);
        staking.extend(1);
        ++made[Move.LockedShorter];
    }

    function redeem(uint256 r) external onTheClock {
        address name = _someOf(r, true);
        Position memory position = staking.positionOf(name);
        if (position.lockDays == 0 && time < position.unlockAt && (r >> 8) % 4 == 0) {
            _pass(position.unlockAt - time, 300);
        }
        bool allowed = position.gm != 0 && position.lockDays == 0 && time >= position.unlockAt;
        if (!allowed) vm.expectRevert();
        vm.prank(name);
        staking.redeem(position.gm);
        if (!allowed) return;
        lockedFlock[name] -= position.flock;
        ++made[Move.Redeemed];
    }

    // --- Delegation ---

    /// @dev An honest delegator trusts one of the attacker's accounts, or an honest operator.
    function backHonestly(uint256 r) external onTheClock {
        if (_back(tasks.taskCount(), delegator, r)) ++made[Move.HonestBacked];
    }

    function takeBack(uint256 r) external onTheClock {
        uint256 count = tasks.taskCount();
        if (count == 0) return;
        (address from, address operator) = (r % 2 == 0 ? purse : delegator, member((r >> 1) % OPERATORS));
        uint256 taskId = (r >> 8) % 2 == 0 ? count : 1 + (r >> 16) % count;
        Delegation memory seen = staking.delegationOf(from, operator, taskId);
        if (seen.gm == 0) return;
        if (isAlive(taskId) && seen.leaving == 0) {
            vm.prank(from);
            staking.undelegate(operator, taskId, seen.gm);
            return;
        }
        uint256 duty = isAlive(taskId) ? rounds.dutyOf(taskId, operator) : 0;
        if (isAlive(taskId) && (time < seen.leavesAt || (duty != 0 && duty == seen.queuedBehind))) return;
        staking.collect(from, operator, taskId);
        ++made[Move.TookBack];
    }

    // --- Money out, and time ---

    function takeOut(uint256 r) external onTheClock {
        uint256 count = tasks.taskCount();
        if (count == 0) return;
        uint256 taskId = 1 + r % count;
        for (uint256 i = 0; i <= SYBILS; ++i) {
            address name = i == SYBILS ? purse : member(i);
            if (rounds.memberOf(taskId, name).owed == 0) continue;
            rounds.withdraw(taskId, name);
            ++made[Move.Withdrew];
        }
        for (uint256 i = 0; i < count && tasks.refundOf(taskId, purse) == 0; ++i) {
            taskId = 1 + taskId % count;
        }
        if (tasks.refundOf(taskId, purse) == 0) return;
        tasks.withdrawRefund(taskId, purse);
        ++made[Move.Refunded];
    }

    function passTime(uint256 r) external onTheClock {
        if (r % 4 != 0) _pass((r >> 8) % 6 hours, 1 + (r >> 16) % 300);
        else _pass((r >> 8) % 16 days, 300);
    }

    // --- Reading ---

    function honest(uint256 index) public pure returns (address) {
        return member(SYBILS + index);
    }

    /// @notice Everything an account has: in its wallet, in Staking, and owed to it.
    function worthOf(address account) public view returns (uint256 worth) {
        worth = token.balanceOf(account) + flockOf(account);
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            worth += rounds.memberOf(taskId, account).owed + tasks.refundOf(taskId, account);
        }
    }

    // --- Inside: tasks ---

    function _fund(uint256 taskId, uint256 r) private {
        uint96 amount = uint96(1 + r % 100_000e18);
        give(purse, amount);
        givenTo[purse] += amount;
        approve(purse, address(tasks), amount);
        vm.prank(purse);
        tasks.fund(taskId, amount);
        ++made[Move.Funded];
    }

    function _startInVain(uint256 taskId) private {
        vm.expectRevert();
        vm.prank(member(0));
        rounds.start(taskId);
        ++made[Move.StartRefused];
    }

    // --- Inside: the attacker ---

    function _someMove(uint256 taskId, uint256 r) internal override {
        uint256 which = r % 8;
        r >>= 8;
        if (which == 0) _topUp(taskId, member(r % SYBILS), MINIMUM_STAKE * (1 + (r >> 8) % 20));
        else if (which == 1 && _back(taskId, purse, r)) ++made[Move.BackedLate];
        else if (which == 2) _goOut(taskId, _someName(taskId, r));
        else if (which == 3) _poke(_someOf(r, false));
    }

    function _topUp(uint256 taskId, address name, uint256 gm) private {
        if (!isAlive(taskId) || !_isListed(taskId, name)) return;
        _makeFree(name, gm, _lockDays(dice));
        vm.prank(name);
        staking.allocate(taskId, uint96(gm));
        ++made[Move.ToppedUp];
    }

    /// @dev As much as the operator's own stake allows.
    function _back(uint256 taskId, address from, uint256 r) private returns (bool) {
        address operator = member(r % OPERATORS);
        if (!isAlive(taskId)) return false;
        uint256 most = staking.delegationRatio() * staking.allocationOf(operator, taskId).gm;
        uint256 has = staking.poolOf(operator, taskId).gm;
        if (most < has + 1e18) return false;
        uint96 gm = uint96(1e18 + (r >> 8) % (most - has - 1e18 + 1));
        vm.prank(operator);
        staking.setPool(taskId, 0, true);
        _makeFree(from, gm, _lockDays(r >> 128));
        vm.prank(from);
        staking.delegateTo(operator, taskId, gm, 10_000);
        return true;
    }

    /// @dev A member that leaves with strikes has its stake retained, and cannot take it elsewhere.
    function _goOut(uint256 taskId, address name) private {
        if (taskId == 0 || !_mayLeave(taskId, name)) return;
        MemberState before = stateOf(taskId, name);
        vm.prank(name);
        rounds.leave(taskId, name);
        MemberState state = stateOf(taskId, name);
        if (state == MemberState.Leaving) return;
        if (before == MemberState.Retained) ++made[Move.ServedItsTime];
        uint96 gm = staking.allocationOf(name, taskId).gm;
        if (state == MemberState.Retained) {
            ++made[Move.LeftShort];
            vm.expectRevert(abi.encodeWithSelector(IStaking.StakeIsHeld.selector, taskId));
            ++made[Move.TookRetainedStake];
        }
        vm.prank(name);
        staking.deallocate(taskId, gm);
    }

    /// @dev Takes no FLOCK from anybody, whatever is on tasks.
    function _poke(address account) private {
        Position memory position = staking.positionOf(account);
        if (position.lockDays == 0 || time < position.unlockAt) return;
        uint256 worth = flockOf(account);
        vm.prank(purse);
        staking.poke(account);
        assertEq(flockOf(account), worth, "a poke took FLOCK");
        assertEq(staking.getVotes(account), 0, "votes after the lock");
        ++made[position.allocated == 0 ? Move.Poked : Move.PokedWhatStands];
    }

    /// @dev One of the attacker's accounts whose lock was poked and has something free; or any with an expired lock; or
    /// just any.
    function _someOf(uint256 r, bool isPoked) private view returns (address account) {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            account = member((uint16(r) + i) % MEMBERS);
            Position memory position = staking.positionOf(account);
            bool isOwn = account == purse || _isSybil(account);
            if (isPoked && isOwn && position.lockDays == 0 && position.gm != 0) break;
            if (!isPoked && position.lockDays != 0 && time >= position.unlockAt) break;
        }
    }

    /// @dev Often one with strikes, if there is one.
    function _someName(uint256 taskId, uint256 r) private view returns (address name) {
        for (uint256 i = 0; i < SYBILS; ++i) {
            name = member((uint16(r) + i) % SYBILS);
            if ((r >> 4) % 4 == 0 || rounds.memberOf(taskId, name).strikes != 0) break;
        }
    }

    // --- Inside: the rest ---

    function _termsBy(uint256 r) private pure returns (AllianceTerms memory t) {
        t = terms();
        (t.proposerSeats, t.voterSeats) = (uint8(PROPOSERS), uint8(VOTERS));
        (t.minimumMembers, t.maxMembers) = (uint16(HONEST), uint16(HONEST + TOGETHER));
        t.plannedRounds = uint16(1 + r % 20);
        t.keeperFee = uint96((r >> 8) % 2 * 10e18);
        t.strikeLimit = uint8(1 + (r >> 16) % 4);
        t.strikeWindow = uint8(t.strikeLimit + (r >> 24) % 6);
        t.slashBps = uint16((r >> 32) % 5_001);
    }

    function _join(uint256 taskId, address account, uint256 wanted) private {
        bool isBack = stateOf(taskId, account) == MemberState.Retained;
        uint256 has = staking.allocationOf(account, taskId).gm;
        if (has < wanted) {
            _makeFree(account, wanted - has, _lockDays(uint256(keccak256(abi.encode(account, time)))));
            vm.prank(account);
            staking.allocate(taskId, uint96(wanted - has));
        }
        join(taskId, account);
        _bookJoin(taskId, account, isBack);
    }

    /// @dev Rounds are over, or there is no time for another.
    function _isTooLate(uint256 taskId, RoundView memory round) private view returns (bool) {
        if (round.phase == Phase.Ended) return true;
        bool isOpen_ = tasks.stateOf(taskId) == TaskState.Open;
        return time >= (isOpen_ ? uint256(tasks.taskOf(taskId).startBy) : tasks.endsAtOf(taskId));
    }

    /// @dev Closes or cancels the task; honest members leave with their stake.
    function _end(uint256 taskId) private {
        if (tasks.stateOf(taskId) == TaskState.Open) {
            vm.prank(creator);
            tasks.cancel(taskId);
        } else {
            rounds.close(taskId);
        }
        for (uint256 i = 0; i < HONEST; ++i) {
            _goOut(taskId, honest(i));
        }
        ++made[Move.Ended];
    }

    function _countListed(uint256 taskId) private view returns (uint256 listed) {
        for (uint256 i = 0; i < SYBILS; ++i) {
            if (_isListed(taskId, member(i))) ++listed;
        }
    }

    function _isAnyRetained(uint256 taskId) private view returns (bool) {
        for (uint256 i = 0; i < SYBILS; ++i) {
            if (stateOf(taskId, member(i)) == MemberState.Retained) return true;
        }
        return false;
    }
}
