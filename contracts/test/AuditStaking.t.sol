// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms, MemberState, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { NewTask } from "../src/interfaces/ITaskManager.sol";
import { PoolPlay } from "./PoolPlay.t.sol";
import { Ballot, RoundPlay } from "./RoundPlay.t.sol";

/// @notice What our own audit found in Staking (docs/security.md), replayed as it was found: nothing is gained any
/// more.
contract AuditStakingTest is PoolPlay {
    address private immutable whale = member(1);
    address private immutable other = member(2);

    // --- 48: delegation that came before a slash made the operator lose more ---

    function test_F48_DelegationDoesNotMultiplyWhatTheOperatorLoses() public {
        back(whale, 10 * OWN);
        assertEq(slash(100), OWN / 100, "a hundredth of the own stake");
        assertEq(record(whale).gm, 10 * OWN - 10 * OWN / 100, "and of the delegated");
    }

    function test_F48_AnOperatorOfAUnitTakesTenAndNoMillion() public {
        deallocate(operator, task, OWN - LEAST);
        lock(whale, 1_000_000e18, 30);
        expectError(IStaking.DelegationAboveCap.selector, 10 * LEAST + 1, 10 * LEAST);
        moveIn(whale, 10 * LEAST + 1);
    }

    function test_F48_WhatIsAboveTheRatioIsNotSlashed() public {
        back(whale, 10 * OWN);
        deallocate(operator, task, OWN - LEAST);
        slash(10_000);
        assertEq(record(whale).gm, 10 * OWN - 10 * LEAST, "ten times what the operator lost itself");
    }

    // --- 49: stake put on after joining earned and was not slashed ---

    function test_F49_ASlashIsOfAllThatStandsThere() public {
        stake(whale, task, 1_000e18);
        staking.hold(whale, task);
        stake(whale, task, 99_000e18);
        (uint256 gm,,) = staking.slash(whale, task, 1_000e18, 1_000);
        assertEq(gm, 10_000e18, "a tenth of it");
    }

    // --- 50: an operator slashed its own pool and took the keeper's part ---

    function test_F50_NobodyGetsAnythingOfASlash() public {
        back(whale, 10 * OWN);
        uint256 held = token.balanceOf(address(staking));
        for (uint256 i = 0; i < 10; ++i) {
            vm.prank(operator);
            (bool done,) = address(staking).call(abi.encodeCall(IStaking.slash, (operator, task, 0, 5_000)));
            assertTrue(!done, "an operator slashes");
            slash(5_000);
        }
        uint256 left = ownStake() + pool().flock;
        assertEq(staking.owedToTreasury() + left, held, "what is not left is the treasury's");
        assertEq(token.balanceOf(operator) + token.balanceOf(address(this)), 0, "nobody else was paid");
    }

    // --- 56: a pool that was nearly worn out took all that came in with the next slash ---

    function test_F56_AWornPoolTakesNoDeposit() public {
        back(other, 1_000e18);
        _wear(9_999);
        _wear(9_999);
        assertEq(pool().factor, 1e28, "worn as far as may be");
        back(whale, 9_000e18);
        _wear(100);
        assertEq(record(whale).gm, 8_910e18, "a hundredth, to the wei");
        lock(stranger, 1e18, 30);
        vm.expectRevert(abi.encodeWithSelector(IStaking.PoolIsWorn.selector, operator, task));
        moveIn(stranger, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IStaking.PoolIsWorn.selector, operator, task));
        moveIn(whale, 1);
    }

    function test_F56_AWornPoolBeginsAnewWithTheLastThatLeavesIt() public {
        back(whale, 1e18);
        leave(whale, 1e18 - 1);
        back(other, 100e18);
        for (uint256 i = 0; i < 3; ++i) {
            _wear(9_999);
        }
        uint96 left = record(other).gm;
        leave(other, left);
        lock(other, 50e18, 30);
        vm.expectRevert(abi.encodeWithSelector(IStaking.PoolIsWorn.selector, operator, task));
        moveIn(other, 50e18);
        vm.prank(stranger);
        staking.sync(whale, operator, task);
        assertEq(pool().generation, 1, "the last one had less than a wei, which anybody may say");
        moveIn(other, 50e18);
        leave(other, 50e18);
        assertEq(staking.positionOf(other).delegated, 0, "all came back");
        assertEq(token.balanceOf(address(staking)), owed(2), "custody");
    }

    function test_F56_SmallSlashesNeverEmptyAPool() public {
        back(whale, 1_000e18);
        uint256 left = 1_000e18;
        for (uint256 i = 0; i < 60; ++i) {
            _wear(5_000);
            left /= 2;
        }
        assertTrue(pool().factor < 1e19, "worn far beyond what takes deposits");
        assertEq(pool().generation, 0, "and still the same pool");
        assertTrue(record(whale).gm + 60 >= left, "which lost half of it each time");
    }

    // --- 57: stake parked on a task kept its votes, and three for one, without a lock ---

    function test_F57_NothingIsParkedOnATaskThatIsNone() public {
        lock(whale, 1_000e18, 365);
        expectError(IStaking.TaskIsNotAlive.selector, 999_999);
        allocate(whale, 999_999, 3_010e18);
    }

    function test_F57_ParkedStakeLosesItsVotesAndItsMultiplierWithItsLock() public {
        lock(whale, 1_000e18, 365);
        allocate(whale, task, 3_010e18);
        pass(3 * 365 days);
        vm.prank(stranger);
        staking.poke(whale);
        assertEq(staking.getVotes(whale), 0, "votes without a lock");
        deallocate(whale, task, 3_010e18);
        assertEq(staking.positionOf(whale).gm, 1_000e18, "one for each FLOCK");
        expectError(IStaking.NotRedeemableBefore.selector, time + 7 days);
        redeem(whale, 1_000e18);
    }

    function test_F57_ParkedStakeDoesNotVoteInTheNextLock() public {
        lock(whale, 1_000e18, 365);
        moveIn(whale, 1_000e18);
        allocate(whale, task, 2_010e18);
        pass(366 days);
        lock(whale, 1e18, 1);
        assertEq(staking.getVotes(whale), 1e18, "what was locked anew");
        endTask(task);
        deallocate(whale, task, 2_010e18);
        collect(whale);
        assertEq(staking.getVotes(whale), 1_001e18, "one for each FLOCK");
    }

    // --- 57: a lock of a day, renewed each day, kept the multiplier of a year ---

    function test_F57_AYearsMultiplierIsKeptByAYearAgain() public {
        lock(whale, 1_000e18, 365);
        pass(364 days + 23 hours);
        expectError(IStaking.LockMayNotShorten.selector, 1, 365);
        extend(whale, 1);
        expectError(IStaking.LockMayNotShorten.selector, 364, 365);
        extend(whale, 364);
        give(whale, 1);
        approve(whale, address(staking), 1);
        expectError(IStaking.LockMayNotShorten.selector, 1, 365);
        vm.prank(whale);
        staking.lock(1, 1);
        pass(1 hours);
        vm.prank(whale);
        staking.lock(1, 1);
        assertEq(staking.positionOf(whale).gm, 1_000e18 + 1, "or is over with the year");
    }

    function test_F57_AShortBeginningDoesNotMakeALongLockShort() public {
        lock(whale, 1e18, 1);
        lock(whale, 1_000e18, 365);
        pass(364 days + 23 hours);
        expectError(IStaking.LockMayNotShorten.selector, 1, 365);
        extend(whale, 1);
    }

    // --- 59: an operator with a seat in every round kept its delegators forever ---

    function test_F59_WhoAskedInTimeWaitsForOneDuty() public {
        back(whale, 1_000e18);
        undelegate(whale, 1_000e18);
        passCooldown();
        takeSeat();
        collect(whale);
        endDuty();
        beginDuty();
        collect(whale);
        assertEq(staking.positionOf(whale).gm, 1_000e18, "in the middle of the next");
    }

    // --- 60: a stranger's poke raised what a slash took, and locked the rest in ---

    function test_F60_APokeChangesNothingOfWhatASlashTakes() public {
        _stakeAThird(whale);
        _stakeAThird(other);
        pass(366 days);
        vm.prank(stranger);
        staking.poke(whale);
        (, uint256 poked,) = staking.slash(whale, task, 0, 1_000);
        (, uint256 left,) = staking.slash(other, task, 0, 1_000);
        assertEq(poked, left, "FLOCK of a slash");
        pass(7 days);
        uint256 free = staking.positionOf(whale).gm;
        redeem(whale, free);
        assertTrue(token.balanceOf(whale) > 667e18, "what was free is free");
    }

    // --- 61: a wei of stake was enough for a task's share of the day ---

    function test_F61_OneWeiIsNoStake() public {
        deallocate(operator, task, OWN);
        lock(whale, 100e18, 30);
        expectError(IStaking.StakeBelowMinimum.selector, 1, LEAST);
        allocate(whale, task, 1);
        allocate(whale, task, 100e18);
        expectError(IStaking.StakeBelowMinimum.selector, 1, LEAST);
        deallocate(whale, task, 100e18 - 1);
        deallocate(whale, task, 100e18);
        assertEq(staking.stakedOn(task), 0, "nothing");
    }

    // --- 64: FLOCK locked for a day and paid back kept voting to the end ---

    function test_F64_WhatVotesStaysToTheEndOfTheVote() public {
        lock(whale, 1_000e18, 1);
        pass(1 days);
        expectError(IStaking.PokeFirst.selector, whale);
        redeem(whale, 1_000e18);
        uint256 snapshot = time;
        pass(1);
        staking.poke(whale);
        assertEq(staking.getPastVotes(whale, snapshot), 1_000e18, "it voted at the snapshot");
        vm.warp(snapshot + 7 days);
        expectError(IStaking.NotRedeemableBefore.selector, snapshot + 1 + 7 days);
        redeem(whale, 1_000e18);
    }

    function test_F64_WhatWasPokedBeforeTheSnapshotHasNoVote() public {
        lock(whale, 1_000e18, 1);
        pass(1 days);
        assertEq(pokeAndRedeem(whale), 1_000e18, "redeemed");
        assertEq(staking.getPastVotes(whale, time - 7 days), 0, "votes since the poke");
    }

    function test_F64_NothingThatComesBackAfterAPokeWasVotingMeanwhile() public {
        lock(whale, 1_000e18, 1);
        moveIn(whale, 400e18);
        allocate(whale, task, 600e18);
        pass(1 days);
        staking.poke(whale);
        pass(7 days);
        assertEq(staking.getPastVotes(whale, time - 7 days), 0, "neither on the task nor in the pool");
        deallocate(whale, task, 600e18);
        redeem(whale, 600e18);
        assertEq(token.balanceOf(whale), 600e18, "so it needs to wait no longer");
    }

    // --- Steps ---

    /// @dev Slashes, and the operator restakes what it lost, so that its pool stays covered.
    function _wear(uint256 slashBps) private {
        uint256 lost = slash(slashBps);
        stake(operator, task, uint96(lost));
    }

    function _stakeAThird(address account) private {
        lock(account, 1_000e18, 365);
        allocate(account, task, 1_000e18);
        staking.hold(account, task);
    }
}

/// @notice The same on the rounds of an Alliance.
contract AuditDelegationTest is RoundPlay {
    uint96 private constant OWN = 4 * MINIMUM_STAKE;

    /// @dev Kept in storage: the compiler can treat block.timestamp as constant within a test.
    uint256 private time = 1_800_000_000;

    function test_F48_LateDelegationDoesNotMultiplyASlash() public {
        AllianceTerms memory t = terms();
        (t.strikeLimit, t.slashBps) = (1, 100);
        uint256 taskId = _taskWithPools(t);
        draw(taskId);
        address victim = view_(taskId).accounts[0];
        Ballot memory ballot = _toTallyWithoutProposerZero(taskId);
        lock(stranger, 99 * OWN, 1);
        expectError(IStaking.DelegationAboveCap.selector, 99 * OWN, 10 * OWN);
        _delegate(victim, taskId, 99 * OWN);
        _delegate(victim, taskId, 10 * OWN);
        vm.prank(stranger);
        rounds.finalise(taskId, ballot.candidate, ballot.harmful, ballot.rewarded);
        assertEq(staking.allocationOf(victim, taskId).gm, OWN - OWN / 100, "a hundredth");
        assertTrue(rounds.memberOf(taskId, victim).state == MemberState.Active, "and a member as before");
        assertEq(staking.delegationOf(stranger, victim, taskId).gm, 10 * OWN - OWN / 10, "it shared it");
        assertEq(staking.owedToTreasury(), 11 * OWN / 100, "all is the treasury's");
        assertEq(token.balanceOf(stranger), 0, "whoever finalised got nothing of it");
    }

    function test_F50_AnOperatorThatSlashesItsPoolLosesAsMuchAndGetsNothing() public {
        AllianceTerms memory t = terms();
        (t.strikeLimit, t.slashBps, t.keeperFee) = (1, 5_000, 0);
        uint256 taskId = _taskWithPools(t);
        draw(taskId);
        address thief = view_(taskId).accounts[0];
        Ballot memory ballot = _toTallyWithoutProposerZero(taskId);
        lock(stranger, 10 * OWN, 30);
        _delegate(thief, taskId, 10 * OWN);
        vm.prank(thief);
        rounds.finalise(taskId, ballot.candidate, ballot.harmful, ballot.rewarded);
        assertEq(staking.poolOf(thief, taskId).flock, 5 * OWN, "half of the pool");
        assertEq(staking.allocationOf(thief, taskId).flock, OWN / 2, "half of its own");
        assertEq(token.balanceOf(thief), 0, "the keeper's part");
        assertEq(staking.owedToTreasury(), 11 * OWN / 2, "the treasury's");
    }

    function test_F59_ADelegatorLeavesAnOperatorThatIsSeatedInEveryRound() public {
        NewTask memory task = newTask();
        (task.startBy, task.endsAt) = (uint40(time + 30 days), uint40(time + 700 days));
        uint256 taskId = openTask(task, terms());
        joinMembers(taskId, 0, 5);
        address operator = member(0);
        vm.prank(operator);
        staking.setPool(taskId, 0, true);
        lock(stranger, 1_000e18, 30);
        _delegate(operator, taskId, 1_000e18);
        vm.prank(stranger);
        staking.undelegate(operator, taskId, 1_000e18);
        vm.warp(time + staking.cooldown());
        rounds.start(taskId);
        draw(taskId);
        staking.collect(stranger, operator, taskId);
        vm.expectRevert(abi.encodeWithSelector(IStaking.OperatorHasADuty.selector, operator, taskId, 1));
        staking.collect(stranger, operator, taskId);
        playTo(taskId, votesFor(taskId, ballotOf(1, 2), EVERYONE, EVERYONE));
        finalise(taskId, ballotOf(1, 2));
        draw(taskId);
        assertEq(rounds.dutyOf(taskId, operator), 2, "seated again");
        staking.collect(stranger, operator, taskId);
        assertEq(staking.positionOf(stranger).gm, 1_000e18, "gm");
    }

    // --- Steps ---

    function _taskWithPools(AllianceTerms memory t) private returns (uint256 taskId) {
        taskId = openTask(t, BOUNTY);
        for (uint256 i = 0; i < 5; ++i) {
            stake(member(i), taskId, OWN);
            vm.prank(member(i));
            staking.setPool(taskId, 5_000, true);
            join(taskId, member(i));
        }
        rounds.start(taskId);
    }

    function _delegate(address operator, uint256 taskId, uint96 gm) private {
        vm.prank(stranger);
        staking.delegateTo(operator, taskId, gm, 10_000);
    }

    /// @dev The others agree that proposer 0 has proposed nothing.
    function _toTallyWithoutProposerZero(uint256 taskId) private returns (Ballot memory ballot) {
        propose(taskId, 2);
        passDeadline(taskId);
        attest(taskId, EVERYONE, 2);
        ballot = Ballot(keccak256("model"), 0, 2);
        Vote[] memory votes = votesFor(taskId, ballot, EVERYONE, EVERYONE);
        commit(taskId, votes);
        reveal(taskId, votes);
    }
}
