// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { RootState } from "../src/interfaces/ISettlement.sol";
import { Allocation, Position } from "../src/interfaces/IStaking.sol";
import { TaskState } from "../src/interfaces/ITaskManager.sol";
import { MoneyChecks } from "./MoneyChecks.sol";
import { Branch, Holders, Referee } from "./MoneyGhost.sol";
import { MoneyHandler } from "./MoneyHandler.sol";
import { MoneyRewards } from "./MoneyRewards.sol";
import { MoneyStakes } from "./MoneyStakes.sol";
import { RewardTree } from "./RewardTree.sol";
import { Earned } from "./RewardsBase.t.sol";
import { Script } from "./Script.sol";

/// @notice What must always hold for all money (docs/protocol.md, by number), whatever the handler does.
contract MoneyInvariant is MoneyChecks {
    using RewardTree for bytes32[];

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public override {
        super.setUp();
        Referee referee = new Referee(staking, tasks);
        tasks.setBoard(address(referee), true);
        _giveRoles();
        handler = new MoneyHandler();
        handler.playOn(Holders(token, tasks, staking, vesting, distributor, settlement, emissions, referee));
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), _actions());
    }

    /// @notice 1. Each holder has what it owes; the distributor has what the served root leaves to claim, unless that
    /// root is false.
    function invariant_solvency() external view {
        assertAtMost(_owedByStaking(), token.balanceOf(address(staking)), "owed by Staking");
        assertAtMost(_owedByTasks(), token.balanceOf(address(tasks)), "owed by TaskManager");
        assertAtMost(_owedByVesting(), token.balanceOf(address(vesting)), "owed by Vesting");
        assertAtMost(_owedBySettlement(), token.balanceOf(address(settlement)), "owed by Settlement");
        uint256 unreleased = emissions.emitted() - emissions.released();
        assertAtMost(unreleased, token.balanceOf(address(emissions)), "owed by Emissions");
        if (!handler.isLieServed()) {
            uint256 claimable = settlement.servedTotal() - (_paid() - handler.stolen());
            assertAtMost(claimable, token.balanceOf(address(distributor)), "owed by RewardDistributor");
        }
        _checkRecordsFitTheirPools();
    }

    /// @notice 2. Nothing is lost: each holder has what it owes and what it was given, and that adds up to the supply.
    function invariant_conservation() external view {
        _checkHas(address(staking), _owedByStaking());
        _checkHas(address(tasks), _owedByTasks());
        _checkHas(address(vesting), _owedByVesting());
        _checkHas(address(settlement), _owedBySettlement());
        // What strangers gave the distributor can be claimed as well.
        uint256 given = handler.donatedTo(address(distributor));
        uint256 had = token.balanceOf(address(distributor)) + _paid();
        assertEq(had, emissions.released() + given, "what came to the distributor");
        uint256 minted = mints() ? emissions.emitted() : 0;
        assertEq(token.totalSupply(), GENESIS + minted, "all FLOCK there is");
        uint256 reserve = handler.donatedTo(address(emissions)) + minted - emissions.released();
        assertEq(token.balanceOf(address(emissions)), reserve, "the reserve");
    }

    /// @notice 3. What an account has on tasks is the sum of its allocations. gmFLOCK votes if it is free in a lock
    /// that was not poked, or on a task or in a pool and of that era.
    function invariant_allocated_never_exceeds_gm() external view {
        uint256[] memory staked = new uint256[](tasks.taskCount() + 1);
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            Position memory position = staking.positionOf(member(i));
            assertEq(_allocated(member(i), staked), position.allocated, "allocations");
            uint256 standing = uint256(position.allocated) + position.delegated;
            assertAtMost(position.voteless, standing, "what is voteless");
            uint256 free = position.lockDays == 0 ? 0 : position.gm;
            assertEq(staking.getVotes(member(i)), free + standing - position.voteless, "votes");
        }
        for (uint256 taskId = 1; taskId < staked.length; ++taskId) {
            assertEq(staking.stakedOn(taskId), staked[taskId], "staked on a task");
        }
    }

    /// @notice 3. Once every expired lock was poked: an account without a live lock has no votes, and one with a live
    /// lock has no more than the lock gives for the FLOCK in it.
    function invariant_votes_are_at_most_what_live_locks_give() external {
        vm.warp(handler.time());
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            _checkVotes(member(i));
        }
    }

    /// @notice 3. Stake held for a duty shrinks only by slashes; the pool behind it by slashes and by what had asked to
    /// leave before the duty began.
    function invariant_no_stake_leaves_before_its_duty_ends() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                Allocation memory own = staking.allocationOf(member(i), taskId);
                assertTrue(own.gm >= handler.heldOf(taskId, member(i)), "held stake left");
                // Dust of the last to leave goes to the treasury.
                uint256 behind = staking.poolOf(member(i), taskId).gm + DUST;
                assertTrue(
                    behind >= handler.poolHeldOf(taskId, member(i)), "delegated stake left during a duty"
                );
            }
        }
    }

    /// @notice Whatever happened and whoever did it: no slash took more than its fraction of the own stake or of a
    /// record, and only slashes took anything.
    function invariant_nobody_loses_more_than_its_terms_said() external view {
        assertEq(handler.lostTooMuch(), 0, "gmFLOCK lost beyond the fraction");
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            uint256 left = handler.flockOf(member(i)) + handler.mayHaveLost(member(i)) + DUST;
            assertAtMost(handler.lockedFlock(member(i)), left, "FLOCK lost beyond the fraction");
        }
    }

    /// @notice 4. The served root is true, or false and undisputed in its window; nobody was paid more or less than was
    /// claimed, and honest accounts no more than they have earned.
    function invariant_served_roots_and_claims_are_final() external view {
        bytes32 root = distributor.root();
        assertTrue(root == 0 || handler.idOf(root) != 0, "a root that nobody posted is served");
        for (uint256 i = 0; i < handler.CLAIMANTS(); ++i) {
            address account = handler.claimant(i);
            (uint128 liquid, uint128 streamed) = distributor.claimedOf(account);
            assertEq(liquid, handler.liquidPaid(account), "liquid claims");
            assertEq(streamed, handler.vestingPaid(account), "vesting claims");
            if (i >= handler.EARNERS()) continue;
            Earned memory earned = handler.truthOf(i);
            assertAtMost(liquid, earned.liquid, "claimed of what was earned");
            assertAtMost(streamed, earned.vesting, "claimed of what was earned, vesting");
        }
        for (uint256 id = 1; id <= settlement.rootCount(); ++id) {
            RootState state = settlement.rootOf(id).state;
            assertTrue(state != RootState.Rejected || !handler.isTrue(id), "a true root was rejected");
        }
    }

    /// @notice 4. Whatever its leaves say, no more is claimed of a served root than the total it was posted with, which
    /// is within what was emitted; everything claimed was released, and everything released was emitted.
    function invariant_claims_of_a_root_are_at_most_its_total() external view {
        uint256 given = handler.donatedTo(address(distributor));
        for (uint256 id = 1; id <= settlement.rootCount(); ++id) {
            uint256 total = handler.totalOfRoot(id);
            assertAtMost(handler.claimedUnder(id), total + given, "claims of a root");
            assertAtMost(total, emissions.emitted(), "the total of a root");
        }
        assertAtMost(_paid(), emissions.released() + given, "claims");
        assertAtMost(emissions.released(), emissions.emitted(), "released");
        assertAtMost(settlement.servedTotal(), emissions.emitted(), "the total that is served");
    }

    /// @notice 5. An account that never staked, or that lied and was caught, was never paid a reward.
    function invariant_only_stakers_are_paid() external view {
        _checkUnpaid(stranger);
        if (handler.stolen() == 0) _checkUnpaid(handler.liar());
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            if (!handler.hasStaked(member(i))) _checkUnpaid(member(i));
        }
    }

    /// @notice A liar with two accounts that does no honest work has at most what it put in and what undisputed lies
    /// stole: posting, repeating and disputing, with one account or both, gains nothing.
    function invariant_an_attackers_net_is_at_most_its_honest_pay() external view {
        uint256 worth;
        for (uint256 i = handler.EARNERS(); i < handler.CLAIMANTS(); ++i) {
            address name = handler.claimant(i);
            worth += token.balanceOf(name) + _bondsOf(name) + _unvestedOf(name);
        }
        assertAtMost(worth, handler.givenToLiars() + handler.stolen(), "what a liar has");
    }

    /// @notice 7. While everything is paused, what is free can be taken back and what was earned is paid.
    function invariant_withdrawals_and_claims_work_while_paused() external {
        if (handler.actions() % 8 != 0) return;
        vm.warp(handler.time());
        if (!handler.isPaused()) _pauseEverything();
        _claimEverything();
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            _bringBack(member(i));
        }
        _withdrawCredits();
    }

    /// @notice The handler is only useful if it reaches every state: a long scripted history, checked throughout.
    function test_theHandlerReachesEveryBranch() public virtual {
        bytes4[] memory actions = _actions();
        for (uint256 i = 0; i < 8_000; ++i) {
            Script.take(address(handler), actions, "money", i);
            if (i % 200 == 0) _checkEverything();
        }
        string memory missed;
        for (uint256 i = 0; i <= uint256(type(Branch).max); ++i) {
            if (handler.reached(Branch(i)) == 0) missed = string.concat(missed, " ", vm.toString(i));
        }
        require(bytes(missed).length == 0, string.concat("never reached branches", missed));
    }

    // --- While everything is paused ---

    function _pauseEverything() private {
        vm.prank(guardian);
        staking.pause();
        vm.prank(guardian);
        tasks.pause();
        vm.prank(guardian);
        emissions.pause();
    }

    function _claimEverything() private {
        Earned[] memory all = handler.entriesOfRoot(distributor.root());
        bool isTrue = all.length != 0 && !handler.isLieServed();
        bytes32[] memory tree = isTrue ? treeOf(all) : new bytes32[](0);
        for (uint256 i = 0; isTrue && i < all.length; ++i) {
            (uint128 liquid, uint128 streamed) = distributor.claimedOf(all[i].account);
            if (liquid == all[i].liquid && streamed == all[i].vesting) continue;
            uint256 before = token.balanceOf(all[i].account);
            claim(all[i], tree.proofOf(i));
            assertEq(token.balanceOf(all[i].account) - before, all[i].liquid - liquid, "claimed while paused");
        }
        for (uint256 i = 0; i < handler.CLAIMANTS(); ++i) {
            if (vesting.releasableOf(handler.claimant(i)) != 0) vesting.release(handler.claimant(i));
        }
    }

    /// @dev Out of pools and off tasks unless a duty holds it, and redeemed once the lock has ended.
    function _bringBack(address account) private {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            for (uint256 i = 0; i < handler.OPERATORS(); ++i) {
                uint256 duty = handler.dutyOn(taskId, member(i));
                uint256 behind = staking.delegationOf(account, member(i), taskId).queuedBehind;
                if (duty != 0 && duty == behind) continue;
                if (handler.collectable(account, member(i), taskId) == 0) continue;
                staking.collect(account, member(i), taskId);
            }
            Allocation memory own = staking.allocationOf(account, taskId);
            if (own.gm == 0 || own.isHeld) continue;
            vm.prank(account);
            staking.deallocate(taskId, own.gm);
        }
        _redeemAll(account);
    }

    function _redeemAll(address account) private {
        Position memory position = staking.positionOf(account);
        if (handler.time() < position.unlockAt) return;
        if (position.lockDays != 0) staking.poke(account);
        position = staking.positionOf(account);
        if (position.gm == 0) return;
        vm.warp(position.unlockAt);
        vm.prank(account);
        staking.redeem(position.gm);
        vm.warp(handler.time());
    }

    function _withdrawCredits() private {
        for (uint256 i = 0; i < handler.BONDED(); ++i) {
            address account = handler.bonded(i);
            uint256 free = settlement.freeBondOf(account);
            if (free == 0) continue;
            vm.prank(account);
            settlement.withdrawBond(free);
        }
        address creator = handler.creator();
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            if (tasks.stateOf(taskId) == TaskState.Open) {
                vm.prank(creator);
                tasks.cancel(taskId);
            }
            for (uint256 i = 0; i < 2; ++i) {
                if (tasks.refundOf(taskId, handler.backer(i)) == 0) continue;
                tasks.withdrawRefund(taskId, handler.backer(i));
            }
        }
        if (tasks.owedToTreasury() != 0) tasks.payTreasury();
        if (staking.owedToTreasury() != 0) staking.payTreasury();
        if (settlement.owedToTreasury() != 0) settlement.payTreasury();
    }

    // --- Inside ---

    function _checkEverything() private view {
        this.invariant_solvency();
        this.invariant_conservation();
        this.invariant_allocated_never_exceeds_gm();
        this.invariant_no_stake_leaves_before_its_duty_ends();
        this.invariant_nobody_loses_more_than_its_terms_said();
        this.invariant_served_roots_and_claims_are_final();
        this.invariant_claims_of_a_root_are_at_most_its_total();
        this.invariant_only_stakers_are_paid();
        this.invariant_an_attackers_net_is_at_most_its_honest_pay();
    }

    function _giveRoles() private {
        bytes4[] memory pauses = new bytes4[](2);
        (pauses[0], pauses[1]) = (staking.pause.selector, staking.unpause.selector);
        access.setTargetFunctionRole(address(staking), pauses, GUARDIAN_ROLE);
        access.setTargetFunctionRole(address(tasks), pauses, GUARDIAN_ROLE);
    }

    function _actions() private pure returns (bytes4[] memory actions) {
        actions = new bytes4[](44);
        actions[0] = MoneyStakes.lockFlock.selector;
        actions[1] = MoneyStakes.ageLock.selector;
        actions[2] = MoneyStakes.redeem.selector;
        actions[3] = MoneyStakes.stake.selector;
        actions[4] = MoneyStakes.stake.selector;
        actions[5] = MoneyStakes.takeOff.selector;
        actions[6] = MoneyStakes.changeDuty.selector;
        actions[7] = MoneyStakes.slash.selector;
        actions[8] = MoneyHandler.payTreasury.selector;
        actions[9] = MoneyStakes.setPool.selector;
        actions[10] = MoneyStakes.delegate.selector;
        actions[11] = MoneyStakes.delegate.selector;
        actions[12] = MoneyStakes.undelegate.selector;
        actions[13] = MoneyStakes.undelegate.selector;
        actions[14] = MoneyStakes.collect.selector;
        actions[15] = MoneyStakes.collect.selector;
        actions[16] = MoneyStakes.redelegate.selector;
        actions[17] = MoneyRewards.emitDue.selector;
        actions[18] = MoneyRewards.postTruth.selector;
        actions[19] = MoneyRewards.postLie.selector;
        actions[20] = MoneyRewards.activate.selector;
        actions[21] = MoneyRewards.dispute.selector;
        actions[22] = MoneyRewards.disable.selector;
        actions[23] = MoneyRewards.resolve.selector;
        actions[24] = MoneyRewards.repeatRoot.selector;
        actions[25] = MoneyRewards.withdrawBond.selector;
        actions[26] = MoneyRewards.claimOne.selector;
        actions[27] = MoneyRewards.claimTogether.selector;
        actions[28] = MoneyRewards.claimOld.selector;
        actions[29] = MoneyRewards.releaseVested.selector;
        actions[30] = MoneyHandler.createTask.selector;
        actions[31] = MoneyHandler.advanceTask.selector;
        actions[32] = MoneyHandler.payFromTask.selector;
        actions[33] = MoneyHandler.passTime.selector;
        actions[34] = MoneyHandler.passTime.selector;
        actions[35] = MoneyHandler.passTime.selector;
        actions[36] = MoneyHandler.changePause.selector;
        actions[37] = MoneyHandler.govern.selector;
        actions[38] = MoneyHandler.mischief.selector;
        actions[39] = MoneyHandler.fundTask.selector;
        actions[40] = MoneyHandler.withdrawRefund.selector;
        actions[41] = MoneyRewards.replace.selector;
        actions[42] = MoneyRewards.emitDue.selector;
        actions[43] = MoneyStakes.changeDuty.selector;
    }
}
