// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms, MemberState, MemberView, RoundView } from "../src/interfaces/IAllianceRounds.sol";
import { Allocation, Delegation, Pool, Position } from "../src/interfaces/IStaking.sol";
import { Task, TaskState } from "../src/interfaces/ITaskManager.sol";
import { LockMath } from "../src/libraries/LockMath.sol";
import { Base } from "./Base.t.sol";
import { Handler } from "./Handler.sol";
import { Branch } from "./RoundBooks.sol";
import { Script } from "./Script.sol";
import { StakeHandler } from "./StakeHandler.sol";

/// @notice docs/protocol.md, "What must always hold", after any sequence of the handler's actions.
contract AllianceInvariantTest is Base {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev What rounding in all moves and slashes can add up to, in wei.
    uint256 private constant DUST = 1_000;

    Handler private handler;

    function setUp() public override {
        super.setUp();
        staking.setCooldown(1 hours);
        handler = new Handler();
        handler.playOn(token, staking, tasks, rounds);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), _actions());
    }

    /// @notice 1. Each holder's balance is the sum of what it owes and what strangers gave it.
    function invariant_solvency() external view {
        uint256 owed = staking.owedToTreasury();
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            owed += staking.positionOf(member(i)).flock;
            for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
                owed += staking.allocationOf(member(i), taskId).flock;
                if (i < handler.OPERATORS()) owed += staking.poolOf(member(i), taskId).flock;
            }
        }
        assertEq(token.balanceOf(address(staking)), owed + handler.donatedToStaking(), "Staking");
        owed = tasks.owedToTreasury();
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            (,, uint256 refundable, uint256 refunded,) = handler.flowOf(taskId);
            owed += tasks.taskOf(taskId).balance + refundable - refunded;
        }
        assertEq(token.balanceOf(address(tasks)), owed + handler.donatedToTasks(), "TaskManager");
        assertEq(token.balanceOf(address(rounds)), 0, "AllianceRounds");
    }

    /// @notice 2. What came into a task is in its pool, in the keepers' reserve, credited, withdrawn, refundable or the
    /// treasury's.
    function invariant_conservation() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            (uint256 paidIn, uint256 withdrawn, uint256 refundable,, uint256 toTreasury) =
                handler.flowOf(taskId);
            Task memory task = tasks.taskOf(taskId);
            assertEq(task.bounty, paidIn, "bounty");
            uint256 inside = _credits(taskId);
            if (task.state == TaskState.Open) inside = paidIn;
            if (task.state == TaskState.Running) inside += _unspent(taskId);
            assertEq(inside, task.balance, "custody");
            assertEq(inside + withdrawn + refundable + toTreasury, paidIn, "what came in");
        }
    }

    /// @notice 3a. What an account has on tasks is the sum of its allocations, each with its FLOCK, and of no future
    /// era.
    function invariant_allocated_never_exceeds_gm() external view {
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            Position memory position = staking.positionOf(member(i));
            uint256 allocated;
            for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
                Allocation memory own = staking.allocationOf(member(i), taskId);
                allocated += own.gm;
                assertTrue(own.gm == 0 || own.flock != 0, "stake without FLOCK");
                assertTrue(own.era <= position.era, "stake of an era to come");
            }
            assertEq(position.allocated, allocated, "the sum of allocations");
            assertTrue(position.gm == 0 || position.flock != 0, "gm without FLOCK");
        }
    }

    /// @notice 3c. No delegator has more in a pool than is there, and the stake on a task is own stake and pools.
    function invariant_pools_hold_what_was_delegated() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            uint256 staked;
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                staked += staking.allocationOf(member(i), taskId).gm;
                if (i < handler.OPERATORS()) staked += _checkPool(member(i), taskId);
            }
            assertEq(staking.stakedOn(taskId), staked, "staked on a task");
        }
    }

    /// @notice 3d. gmFLOCK votes if it is free in a lock that was not poked, or on a task or in a pool and of that era.
    function invariant_votes_are_of_all_stake() external view {
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            Position memory position = staking.positionOf(member(i));
            uint256 standing = uint256(position.allocated) + position.delegated;
            assertTrue(position.voteless <= standing, "more is voteless than there is");
            uint256 free = position.lockDays == 0 ? 0 : position.gm;
            assertEq(staking.getVotes(member(i)), free + standing - position.voteless, "votes");
        }
    }

    /// @notice 3e. Once every expired lock was poked and every slash synced: an account without a live lock has no
    /// votes, and one with a live lock has no more than the lock gives for the FLOCK in it.
    function invariant_votes_are_at_most_what_live_locks_give() external {
        vm.warp(handler.time());
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            Position memory position = staking.positionOf(member(i));
            bool isOver = handler.time() >= position.unlockAt;
            if (isOver && position.lockDays != 0) staking.poke(member(i));
            (uint256 gm, uint256 flock) = _ofItsEra(member(i));
            position = staking.positionOf(member(i));
            if (position.lockDays == 0) {
                assertEq(staking.getVotes(member(i)), 0, "votes without a lock");
                continue;
            }
            gm += position.gm;
            assertEq(staking.getVotes(member(i)), gm, "votes are of one era");
            uint256 most = LockMath.gmFor(flock + position.flock, uint256(position.lockDays) * 1 days);
            assertTrue(gm <= most + DUST, "votes beyond the lock");
        }
    }

    /// @notice 3b. The stake of members and retained members is held, and nobody else's.
    function invariant_no_stake_leaves_before_its_rounds_are_settled() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            RoundView memory round = rounds.roundView(taskId);
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                Allocation memory own = staking.allocationOf(member(i), taskId);
                bool isMember = handler.stateOf(taskId, member(i)) != MemberState.None;
                assertTrue(own.isHeld == isMember, "stake held for nothing, or a member without");
                assertTrue(!isMember || own.gm >= MINIMUM_STAKE, "a member below the minimum");
            }
            if (!handler.isOpen(round.phase)) continue;
            for (uint256 seat = 0; seat < round.accounts.length; ++seat) {
                assertEq(rounds.dutyOf(taskId, round.accounts[seat]), round.number, "the duty of a seat");
                assertTrue(staking.allocationOf(round.accounts[seat], taskId).isHeld, "a seat without stake");
            }
        }
    }

    /// @notice Whatever happened and whoever did it: no slash took more than the task's terms allow, and only slashes
    /// took anything.
    function invariant_nobody_loses_more_than_its_terms_said() external view {
        assertEq(handler.lostTooMuch(), 0, "gmFLOCK lost beyond the terms");
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            uint256 left = handler.flockOf(member(i)) + handler.mayHaveLost(member(i)) + DUST;
            assertTrue(left >= handler.lockedFlock(member(i)), "FLOCK lost beyond the terms");
        }
    }

    /// @notice 4. What was credited is owed or paid, once; what was earned stays on record; the model is that of the
    /// last accepted round.
    function invariant_finalised_rounds_and_claims_are_final() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            uint256 all;
            for (uint256 i = 0; i <= handler.MEMBERS(); ++i) {
                address account = i == handler.MEMBERS() ? keeper : member(i);
                MemberView memory seen = rounds.memberOf(taskId, account);
                uint256 paid = handler.takenOut(taskId, account);
                assertEq(seen.owed + paid, handler.credited(taskId, account), "credits");
                assertEq(seen.earned, handler.earned(taskId, account), "earned");
                assertEq(rounds.earnedOf(taskId, account), seen.earned, "earned, as the board says");
                all += seen.earned;
            }
            assertEq(rounds.totalEarnedOf(taskId), all, "earned by all");
            _checkModel(taskId, handler.modelOf(taskId));
        }
    }

    /// @notice 5. No reward without a seat, and none without a proposal or a revealed vote in it.
    function invariant_only_drawn_and_revealed_are_paid() external view {
        assertEq(handler.unearned(), 0, "credits not earned");
    }

    /// @notice 7. Every credit and every refund can be withdrawn now, every member without a duty can leave with its
    /// stake, and what is free in an expired lock can be redeemed.
    function invariant_withdrawals_always_work() external {
        vm.warp(handler.time());
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            _withdraw(taskId, keeper);
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                _withdraw(taskId, member(i));
                _leave(taskId, member(i));
            }
            _withdrawRefunds(taskId);
            if (tasks.stateOf(taskId) == TaskState.Closed) assertEq(tasks.taskOf(taskId).balance, 0, "dust");
        }
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            _bringHome(member(i));
        }
    }

    /// @notice Seats are distinct members of weight 1 to 4, and the next draw has those who were members at the last.
    function invariant_seats_are_distinct_and_weights_bounded() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            RoundView memory round = rounds.roundView(taskId);
            assertEq(round.eligible, handler.eligibleOf(taskId), "eligible");
            if (!handler.isOpen(round.phase)) continue;
            for (uint256 seat = 0; seat < round.seats.length; ++seat) {
                assertTrue(round.accounts[seat] != address(0), "an empty seat");
                assertTrue(round.weights[seat] >= 1 && round.weights[seat] <= 4, "weight");
                for (uint256 other = 0; other < seat; ++other) {
                    assertTrue(round.seats[seat] != round.seats[other], "one member, two seats");
                }
            }
        }
    }

    /// @notice Strikes fit the window and stay below the limit, and the list has as many entries as members are active
    /// or leaving. Each member has its own id.
    function invariant_strikes_and_list_are_bounded() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            AllianceTerms memory t = rounds.termsOf(taskId);
            uint256 listed;
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                MemberView memory seen = rounds.memberOf(taskId, member(i));
                assertTrue(seen.strikes < 1 << uint256(t.strikeWindow), "strikes beyond the window");
                assertTrue(_count(seen.strikes) < t.strikeLimit, "strikes at the limit");
                assertTrue((seen.id == 0) == (seen.state == MemberState.None), "an id without a member");
                if (seen.id != 0) assertEq(rounds.accountOf(taskId, seen.id), member(i), "account of an id");
                if (seen.state == MemberState.Retained) {
                    assertTrue(seen.strikes != 0, "retained for nothing");
                }
                if (seen.state == MemberState.Active) ++listed;
                if (seen.state != MemberState.Leaving) continue;
                ++listed;
                assertTrue(handler.isOpen(rounds.roundView(taskId).phase), "asked to leave, and still here");
            }
            assertEq(rounds.memberCount(taskId), listed, "listed");
            assertTrue(listed <= t.maxMembers, "more listed than may be");
        }
    }

    /// @notice An honest member that is always present and votes with the others gets no strike, let alone a slash.
    function invariant_honest_members_keep_their_stake() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                MemberView memory seen = rounds.memberOf(taskId, member(i));
                if (handler.atFault(taskId, member(i)) || seen.state == MemberState.None) continue;
                assertEq(seen.strikes, 0, "strikes of an honest member");
                assertTrue(seen.state != MemberState.Retained, "an honest member was retained");
                uint256 left = staking.allocationOf(member(i), taskId).gm;
                assertTrue(left >= seen.stake, "an honest member was slashed");
            }
        }
    }

    /// @notice The handler is only useful if it reaches every state: a long scripted history, checked throughout.
    function test_theHandlerReachesEveryBranch() external {
        bytes4[] memory actions = _actions();
        for (uint256 i = 0; i < 2_500; ++i) {
            Script.take(address(handler), actions, "script", i);
            if (i % 100 == 0) _checkEverything();
        }
        string memory missed;
        for (uint256 i = 0; i <= uint256(type(Branch).max); ++i) {
            if (handler.reached(Branch(i)) == 0) missed = string.concat(missed, " ", vm.toString(i));
        }
        require(bytes(missed).length == 0, string.concat("never reached branches", missed));
    }

    // --- Inside ---

    function _checkEverything() private view {
        this.invariant_solvency();
        this.invariant_conservation();
        this.invariant_allocated_never_exceeds_gm();
        this.invariant_pools_hold_what_was_delegated();
        this.invariant_votes_are_of_all_stake();
        this.invariant_no_stake_leaves_before_its_rounds_are_settled();
        this.invariant_nobody_loses_more_than_its_terms_said();
        this.invariant_finalised_rounds_and_claims_are_final();
        this.invariant_only_drawn_and_revealed_are_paid();
        this.invariant_seats_are_distinct_and_weights_bounded();
        this.invariant_strikes_and_list_are_bounded();
        this.invariant_honest_members_keep_their_stake();
    }

    function _actions() private pure returns (bytes4[] memory actions) {
        actions = new bytes4[](23);
        actions[0] = Handler.createTask.selector;
        actions[1] = Handler.fundTask.selector;
        actions[2] = Handler.cancelTask.selector;
        actions[3] = Handler.joinTask.selector;
        actions[4] = Handler.leaveTask.selector;
        actions[5] = Handler.takeStakeOff.selector;
        actions[6] = StakeHandler.redeem.selector;
        actions[7] = Handler.advance.selector;
        actions[8] = Handler.advanceARound.selector;
        actions[9] = Handler.advanceARound.selector;
        actions[10] = Handler.stayAway.selector;
        actions[11] = Handler.withdraw.selector;
        actions[12] = Handler.withdrawRefund.selector;
        actions[13] = Handler.payTreasury.selector;
        actions[14] = Handler.passTime.selector;
        actions[15] = Handler.mischief.selector;
        actions[16] = StakeHandler.tendLock.selector;
        actions[17] = StakeHandler.delegateStake.selector;
        actions[18] = StakeHandler.delegateStake.selector;
        actions[19] = StakeHandler.undelegateStake.selector;
        actions[20] = StakeHandler.collectStake.selector;
        actions[21] = StakeHandler.collectStake.selector;
        actions[22] = StakeHandler.bringStakeUpToDate.selector;
    }

    function _checkPool(address operator, uint256 taskId) private view returns (uint256) {
        Pool memory pool = staking.poolOf(operator, taskId);
        uint256 gm;
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            Delegation memory record = staking.delegationOf(member(i), operator, taskId);
            gm += record.gm;
            assertTrue(record.leaving <= record.gm, "more leaves than is there");
        }
        assertTrue(gm <= pool.gm, "more delegated than the pool has");
        assertTrue((pool.gm == 0) == (pool.delegators == 0), "a pool of nobody");
        return pool.gm;
    }

    function _credits(uint256 taskId) private view returns (uint256 credits) {
        credits = rounds.memberOf(taskId, keeper).owed;
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            credits += rounds.memberOf(taskId, member(i)).owed;
        }
    }

    /// @dev What a running task has left for rounds and for keepers.
    function _unspent(uint256 taskId) private view returns (uint256) {
        RoundView memory round = rounds.roundView(taskId);
        uint256 draws = 2 * uint256(round.planned) - round.opened;
        return round.pool + draws * rounds.termsOf(taskId).keeperFee;
    }

    function _checkModel(uint256 taskId, bytes32 model) private view {
        if (model == 0) return;
        assertEq(rounds.roundView(taskId).model, model, "model");
        assertEq(rounds.modelOf(taskId), model == INITIAL_MODEL ? bytes32(0) : model, "the model it has made");
        if (model == INITIAL_MODEL || tasks.stateOf(taskId) != TaskState.Closed) return;
        assertTrue(tasks.taskOfModel(model) != 0, "a model of no task");
    }

    /// @dev What an account has on tasks and in pools that belongs to the era of its lock.
    function _ofItsEra(address account) private returns (uint256 gm, uint256 flock) {
        uint256 era = staking.positionOf(account).era;
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            Allocation memory own = staking.allocationOf(account, taskId);
            if (own.era == era) (gm, flock) = (gm + own.gm, flock + own.flock);
            for (uint256 i = 0; i < handler.OPERATORS(); ++i) {
                staking.sync(account, member(i), taskId);
                Delegation memory record = staking.delegationOf(account, member(i), taskId);
                if (record.era == era) (gm, flock) = (gm + record.gm, flock + record.flock);
            }
        }
    }

    function _withdraw(uint256 taskId, address account) private {
        uint256 due = rounds.memberOf(taskId, account).owed;
        if (due == 0) return;
        uint256 before = token.balanceOf(account);
        rounds.withdraw(taskId, account);
        assertEq(token.balanceOf(account) - before, due, "withdrawn");
    }

    /// @dev Each backer gets its part, and together they get all of it.
    function _withdrawRefunds(uint256 taskId) private {
        (,, uint256 refundable, uint256 refunded,) = handler.flowOf(taskId);
        for (uint256 i = 0; i < handler.BACKERS(); ++i) {
            address backer = handler.backer(i);
            if (refunded == refundable || tasks.contributionOf(taskId, backer) == 0) continue;
            refunded += tasks.refundOf(taskId, backer);
            tasks.withdrawRefund(taskId, backer);
        }
        assertEq(refunded, refundable, "refunds");
    }

    /// @dev A member that is not retained takes its stake with it.
    function _leave(uint256 taskId, address account) private {
        if (!handler.isFree(taskId, account)) return;
        vm.prank(account);
        rounds.leave(taskId, account);
        if (handler.stateOf(taskId, account) == MemberState.Retained) return;
        uint96 gm = staking.allocationOf(account, taskId).gm;
        vm.prank(account);
        staking.deallocate(taskId, gm);
    }

    /// @dev Everything free in an expired lock, once it was poked and the delay has passed.
    function _bringHome(address account) private {
        Position memory position = staking.positionOf(account);
        if (handler.time() < position.unlockAt) return;
        if (position.lockDays != 0) staking.poke(account);
        position = staking.positionOf(account);
        if (position.gm == 0) return;
        vm.warp(position.unlockAt);
        uint256 before = token.balanceOf(account);
        vm.prank(account);
        staking.redeem(position.gm);
        assertEq(token.balanceOf(account) - before, position.flock, "came home");
        vm.warp(handler.time());
    }

    function _count(uint256 bits) private pure returns (uint256 total) {
        for (; bits != 0; bits &= bits - 1) {
            ++total;
        }
    }
}
