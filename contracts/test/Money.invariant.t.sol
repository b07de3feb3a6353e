// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Allocation, Position, Role } from "../src/interfaces/IStaking.sol";
import { TaskState } from "../src/interfaces/ITaskManager.sol";
import { Branch, Holders, Referee } from "./MoneyGhost.sol";
import { MoneyChecks } from "./MoneyChecks.sol";
import { MoneyHandler } from "./MoneyHandler.sol";
import { MoneyRewards } from "./MoneyRewards.sol";
import { MoneyStakes } from "./MoneyStakes.sol";
import { RewardTree } from "./RewardTree.sol";
import { Earned } from "./RewardsBase.t.sol";

/// @notice What must always hold of all money at once (docs/protocol.md, by number), whatever the handler does.
contract MoneyInvariant is MoneyChecks {
    using RewardTree for bytes32[];

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public override {
        super.setUp();
        Referee referee = new Referee(staking, tasks);
        _giveRoles(address(referee));
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

    /// @notice 1. Each holder has what it owes.
    function invariant_solvency() external view {
        assertAtMost(_owedByStaking(), token.balanceOf(address(staking)), "owed by Staking");
        assertAtMost(_owedByTasks(), token.balanceOf(address(tasks)), "owed by TaskManager");
        assertAtMost(_owedByVesting(), token.balanceOf(address(vesting)), "owed by Vesting");
        assertAtMost(_owedBySettlement(), token.balanceOf(address(settlement)), "owed by Settlement");
        uint256 claimable = handler.truthTotal() - _paid();
        assertAtMost(claimable, token.balanceOf(address(distributor)), "owed by RewardDistributor");
        _checkRecordsFitTheirPools();
    }

    /// @notice 2. Nothing is lost: each holder has what it owes and what it was given, and all there is was minted.
    function invariant_conservation() external view {
        _checkHas(address(staking), _owedByStaking());
        _checkHas(address(tasks), _owedByTasks());
        _checkHas(address(vesting), _owedByVesting());
        _checkHas(address(settlement), _owedBySettlement());
        _checkHas(address(distributor), distributor.funded() - _paid());
        uint256 minted = mints() ? distributor.funded() : 0;
        assertEq(token.totalSupply(), GENESIS + minted, "all FLOCK there is");
        uint256 reserve = handler.donatedTo(address(emissions)) + minted - distributor.funded();
        assertEq(token.balanceOf(address(emissions)), reserve, "the reserve");
    }

    /// @notice 3. No account stands for more than it has, and votes are what it has.
    function invariant_allocated_never_exceeds_gm() external view {
        uint256[] memory staked = new uint256[](tasks.taskCount() + 1);
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            Position memory position = staking.positionOf(member(i));
            assertAtMost(position.allocated, position.gm, "allocated");
            assertEq(_allocated(member(i), staked), position.allocated, "allocations");
            assertEq(staking.getVotes(member(i)), uint256(position.gm) + position.delegated, "votes");
        }
        for (uint256 taskId = 1; taskId < staked.length; ++taskId) {
            assertEq(staking.stakedOn(taskId), staked[taskId], "staked on a task");
        }
    }

    /// @notice 3. What is held for a duty shrinks by slashes only, and so does what stands behind it.
    function invariant_no_stake_leaves_before_its_duty_ends() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                Allocation memory own = staking.allocationOf(member(i), taskId, Role.Member);
                assertTrue(own.amount >= handler.heldOf(taskId, member(i)), "held stake left");
                uint256 behind = staking.poolOf(member(i), taskId).gm;
                assertTrue(
                    behind >= handler.poolHeldOf(taskId, member(i)), "delegated stake left during a duty"
                );
            }
        }
    }

    /// @notice 4. What is served is a true root, and nobody has had more or less of it than was claimed.
    function invariant_served_roots_and_claims_are_final() external view {
        bytes32 root = distributor.root();
        assertTrue(root == 0 || handler.isTrue(handler.idOf(root)), "a false root is served");
        for (uint256 i = 0; i < handler.EARNERS(); ++i) {
            address account = handler.earner(i);
            (uint128 liquid, uint128 streamed) = distributor.claimedOf(account);
            assertEq(liquid, handler.liquidPaid(account), "liquid claims");
            assertEq(streamed, handler.vestingPaid(account), "vesting claims");
            Earned memory earned = handler.truthOf(i);
            assertAtMost(liquid, earned.liquid, "claimed of what was earned");
            assertAtMost(streamed, earned.vesting, "claimed of what was earned, vesting");
        }
    }

    /// @notice 5. Who never staked, and who lied, was never paid a reward.
    function invariant_only_stakers_are_paid() external view {
        _checkUnpaid(stranger);
        _checkUnpaid(handler.liar());
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            if (!handler.hasStaked(member(i))) _checkUnpaid(member(i));
        }
    }

    /// @notice 7. While everything is paused: what is free comes back, what was earned is paid.
    function invariant_withdrawals_and_claims_work_while_paused() external {
        if (handler.actions() % 8 != 0) return;
        if (!handler.isPaused()) _pauseEverything();
        vm.warp(handler.time());
        _claimEverything();
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            _bringBack(member(i));
        }
        _withdrawCredits();
    }

    /// @notice The handler is worth something only if it gets everywhere: a long scripted history, checked throughout.
    function test_theHandlerReachesEveryBranch() public virtual {
        bytes4[] memory actions = _actions();
        for (uint256 i = 0; i < 3_000; ++i) {
            uint256 r = uint256(keccak256(abi.encode("money", i)));
            (bool done,) = address(handler).call(abi.encodeWithSelector(actions[r % actions.length], r >> 8));
            assertTrue(done, string.concat("an action of the handler reverted: ", vm.toString(i)));
            if (i % 100 == 0) _checkEverything();
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
        if (all.length == 0) return;
        bytes32[] memory tree = treeOf(all);
        for (uint256 i = 0; i < all.length; ++i) {
            (uint128 liquid, uint128 streamed) = distributor.claimedOf(all[i].account);
            if (liquid == all[i].liquid && streamed == all[i].vesting) continue;
            uint256 before = token.balanceOf(all[i].account);
            claim(all[i], tree.proofOf(i));
            assertEq(token.balanceOf(all[i].account) - before, all[i].liquid - liquid, "claimed while paused");
        }
        for (uint256 i = 0; i < handler.EARNERS(); ++i) {
            if (vesting.releasableOf(handler.earner(i)) != 0) vesting.release(handler.earner(i));
        }
    }

    /// @dev Out of pools and off tasks unless a duty holds it, and home once the lock is over.
    function _bringBack(address account) private {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            for (uint256 i = 0; i < handler.OPERATORS(); ++i) {
                bool waits = handler.isHeld(taskId, member(i)) && handler.referee().hasDuty(taskId, member(i));
                if (waits || handler.collectable(account, member(i), taskId) == 0) continue;
                staking.collect(account, member(i), taskId);
            }
            Allocation memory own = staking.allocationOf(account, taskId, Role.Member);
            if (own.amount == 0 || own.holder != address(0)) continue;
            vm.prank(account);
            staking.deallocate(taskId, Role.Member, own.amount);
        }
        uint256 available = staking.availableOf(account);
        if (available == 0 || handler.time() < staking.positionOf(account).unlockAt) return;
        vm.prank(account);
        staking.redeem(available);
    }

    function _withdrawCredits() private {
        (address keeper, address creator) = (handler.keeper(), handler.creator());
        if (staking.keeperCreditOf(keeper) != 0) {
            vm.prank(keeper);
            staking.withdrawKeeperCredit();
        }
        uint256 free = settlement.freeBondOf(settler);
        if (free != 0) {
            vm.prank(settler);
            settlement.withdrawBond(free);
        }
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            if (tasks.stateOf(taskId) != TaskState.Open) continue;
            vm.prank(creator);
            tasks.cancel(taskId);
        }
    }

    // --- Inside ---

    function _checkEverything() private view {
        this.invariant_solvency();
        this.invariant_conservation();
        this.invariant_allocated_never_exceeds_gm();
        this.invariant_no_stake_leaves_before_its_duty_ends();
        this.invariant_served_roots_and_claims_are_final();
        this.invariant_only_stakers_are_paid();
    }

    function _giveRoles(address referee) private {
        bytes4[] memory onStaking = new bytes4[](3);
        (onStaking[0], onStaking[1], onStaking[2]) =
        (staking.hold.selector, staking.release.selector, staking.slash.selector);
        access.setTargetFunctionRole(address(staking), onStaking, SETTLER_ROLE);
        bytes4[] memory onTasks = new bytes4[](3);
        (onTasks[0], onTasks[1], onTasks[2]) =
        (tasks.begin.selector, tasks.pay.selector, tasks.close.selector);
        access.setTargetFunctionRole(address(tasks), onTasks, SETTLER_ROLE);
        access.grantRole(SETTLER_ROLE, referee, 0);
        bytes4[] memory pauses = new bytes4[](2);
        (pauses[0], pauses[1]) = (staking.pause.selector, staking.unpause.selector);
        access.setTargetFunctionRole(address(staking), pauses, GUARDIAN_ROLE);
        access.setTargetFunctionRole(address(tasks), pauses, GUARDIAN_ROLE);
    }

    function _actions() private pure returns (bytes4[] memory actions) {
        actions = new bytes4[](39);
        actions[0] = MoneyStakes.lockFlock.selector;
        actions[1] = MoneyStakes.ageLock.selector;
        actions[2] = MoneyStakes.redeem.selector;
        actions[3] = MoneyStakes.stake.selector;
        actions[4] = MoneyStakes.stake.selector;
        actions[5] = MoneyStakes.takeOff.selector;
        actions[6] = MoneyStakes.changeDuty.selector;
        actions[7] = MoneyStakes.slash.selector;
        actions[8] = MoneyStakes.withdrawKeeperCredit.selector;
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
        actions[24] = MoneyRewards.settleDispute.selector;
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
    }
}
