// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MemberState, MemberView, RoundView } from "../src/interfaces/IAllianceRounds.sol";
import { Allocation, Delegation, Pool, Position, Role } from "../src/interfaces/IStaking.sol";
import { AllianceParameters, Task, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Base } from "./Base.t.sol";
import { Handler } from "./Handler.sol";
import { Branch } from "./RoundGhost.sol";
import { StakeHandler } from "./StakeHandler.sol";

/// @notice docs/protocol.md, "What must always hold", after any sequence of the handler's actions.
contract AllianceInvariantTest is Base {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;

    function setUp() public override {
        super.setUp();
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

    /// @notice 1. Each holder's balance is at least the sum of what it owes; above it only by what strangers gave.
    function invariant_solvency() external view {
        uint256 owed = staking.keeperCreditOf(keeper);
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            owed += staking.positionOf(member(i)).flock + staking.keeperCreditOf(member(i));
        }
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            for (uint256 i = 0; i < handler.OPERATORS(); ++i) {
                owed += staking.poolOf(member(i), taskId).flock;
            }
        }
        assertEq(token.balanceOf(address(staking)), owed + handler.donatedToStaking(), "Staking");
        owed = 0;
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            owed += tasks.taskOf(taskId).balance;
        }
        assertEq(token.balanceOf(address(tasks)), owed + handler.donatedToTasks(), "TaskManager");
    }

    /// @notice 2. What came into a task is in its pool, credited, withdrawn, refunded or with the treasury.
    function invariant_conservation() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            (uint256 paidIn, uint256 withdrawn, uint256 refunded, uint256 toTreasury) = handler.flowOf(taskId);
            Task memory task = tasks.taskOf(taskId);
            uint256 inside = rounds.roundView(taskId).pool + _credits(taskId);
            if (task.state == TaskState.Open) inside = task.balance;
            assertEq(inside, task.balance, "custody");
            assertEq(inside + withdrawn + refunded + toTreasury, paidIn, "what came in");
        }
    }

    /// @notice 3a. No account's allocated gm exceeds its gm, and it is the sum of its allocations.
    function invariant_allocated_never_exceeds_gm() external view {
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            Position memory position = staking.positionOf(member(i));
            uint256 allocated;
            for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
                allocated += staking.allocationOf(member(i), taskId, Role.Member).amount;
            }
            assertEq(position.allocated, allocated, "the sum of allocations");
            assertTrue(position.allocated <= position.gm, "allocated exceeds gm");
            assertTrue(position.gm == 0 || position.flock != 0, "gm without FLOCK");
        }
    }

    /// @notice 3c. No delegator has more in a pool than is there, and what stands on a task is its own and its pools'.
    function invariant_pools_hold_what_was_delegated() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            uint256 staked;
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                staked += staking.allocationOf(member(i), taskId, Role.Member).amount;
                if (i < handler.OPERATORS()) staked += _checkPool(member(i), taskId);
            }
            assertEq(staking.stakedOn(taskId), staked, "staked on a task");
        }
    }

    /// @notice An account votes with what it has and what it delegated, as last brought up to date.
    function invariant_votes_are_of_all_stake() external view {
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            Position memory position = staking.positionOf(member(i));
            assertEq(staking.getVotes(member(i)), uint256(position.gm) + position.delegated, "votes");
        }
    }

    /// @notice 3b. Whoever sits in an open round has at least the minimum on the task, and held.
    function invariant_no_stake_leaves_before_its_rounds_are_settled() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            RoundView memory round = rounds.roundView(taskId);
            if (!handler.isOpen(round.phase)) continue;
            for (uint256 seat = 0; seat < round.accounts.length; ++seat) {
                Allocation memory allocation = staking.allocationOf(round.accounts[seat], taskId, Role.Member);
                bool isHeld = allocation.holder == address(rounds);
                assertTrue(isHeld && allocation.amount >= MINIMUM_STAKE, "a seat without its stake");
            }
        }
    }

    /// @notice 4. What was credited is due or paid, once; the model is that of the last accepted round.
    function invariant_finalised_rounds_and_claims_are_final() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            for (uint256 i = 0; i <= handler.MEMBERS(); ++i) {
                address account = i == handler.MEMBERS() ? keeper : member(i);
                MemberView memory seen = rounds.memberOf(taskId, account);
                uint256 due = uint256(seen.credit) + seen.keeperCredit;
                uint256 paid = handler.takenOut(taskId, account);
                assertEq(due + paid, handler.credited(taskId, account), "credits");
            }
            bytes32 model = handler.modelOf(taskId);
            if (model != 0) assertEq(rounds.roundView(taskId).model, model, "model");
        }
    }

    /// @notice 5. No reward without a seat, and none without having proposed or revealed in it.
    function invariant_only_drawn_and_revealed_are_paid() external view {
        assertEq(handler.unearned(), 0, "credits not earned");
    }

    /// @notice 7. Every credit can be withdrawn now, and every member without a duty can leave with its stake.
    function invariant_withdrawals_always_work() external {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            _withdraw(taskId, keeper);
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                _withdraw(taskId, member(i));
                _leave(taskId, member(i));
            }
            if (tasks.stateOf(taskId) == TaskState.Closed) assertEq(tasks.taskOf(taskId).balance, 0, "dust");
        }
    }

    /// @notice Seats are distinct members of weight 1 to 4.
    function invariant_seats_are_distinct_and_weights_bounded() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            RoundView memory round = rounds.roundView(taskId);
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

    /// @notice Strikes fit the window and stay below the limit, and as many are listed as are active or leaving.
    function invariant_strikes_and_list_are_bounded() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            AllianceParameters memory p = tasks.allianceParametersOf(taskId);
            uint256 listed;
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                MemberView memory seen = rounds.memberOf(taskId, member(i));
                assertTrue(seen.strikes < 1 << uint256(p.strikeWindow), "strikes beyond the window");
                assertTrue(_count(seen.strikes) < p.strikeLimit, "strikes at the limit");
                if (seen.state == MemberState.Active) ++listed;
                if (seen.state != MemberState.Leaving) continue;
                ++listed;
                assertTrue(handler.isOpen(rounds.roundView(taskId).phase), "asked to leave, and still here");
            }
            assertEq(rounds.memberCount(taskId), listed, "listed");
        }
    }

    /// @notice An honest member that is always there and votes with the others is never struck, let alone slashed.
    function invariant_honest_members_keep_their_stake() external view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
                MemberView memory seen = rounds.memberOf(taskId, member(i));
                if (handler.atFault(taskId, member(i)) || seen.state == MemberState.None) continue;
                assertEq(seen.strikes, 0, "strikes of an honest member");
                assertTrue(seen.state != MemberState.Dropped, "an honest member was dropped");
                if (seen.state != MemberState.Active) continue;
                uint256 left = staking.allocationOf(member(i), taskId, Role.Member).amount;
                assertTrue(left >= seen.stake, "an honest member was slashed");
            }
        }
    }

    /// @notice The handler is worth something only if it gets everywhere: a long scripted history, checked throughout.
    function test_theHandlerReachesEveryBranch() external {
        bytes4[] memory actions = _actions();
        for (uint256 i = 0; i < 2_500; ++i) {
            uint256 r = uint256(keccak256(abi.encode("script", i)));
            (bool done,) = address(handler).call(abi.encodeWithSelector(actions[r % actions.length], r >> 8));
            assertTrue(done, "an action of the handler reverted");
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
        this.invariant_finalised_rounds_and_claims_are_final();
        this.invariant_only_drawn_and_revealed_are_paid();
        this.invariant_seats_are_distinct_and_weights_bounded();
        this.invariant_strikes_and_list_are_bounded();
        this.invariant_honest_members_keep_their_stake();
    }

    function _actions() private pure returns (bytes4[] memory actions) {
        actions = new bytes4[](20);
        actions[0] = Handler.createTask.selector;
        actions[1] = Handler.fundTask.selector;
        actions[2] = Handler.cancelTask.selector;
        actions[3] = Handler.joinTask.selector;
        actions[4] = Handler.leaveTask.selector;
        actions[5] = Handler.takeStakeOff.selector;
        actions[6] = Handler.redeem.selector;
        actions[7] = Handler.advance.selector;
        actions[8] = Handler.advanceARound.selector;
        actions[9] = Handler.advanceARound.selector;
        actions[10] = Handler.withdraw.selector;
        actions[11] = Handler.withdrawKeeperCredit.selector;
        actions[12] = Handler.passTime.selector;
        actions[13] = Handler.mischief.selector;
        actions[14] = StakeHandler.tendLock.selector;
        actions[15] = StakeHandler.delegateStake.selector;
        actions[16] = StakeHandler.delegateStake.selector;
        actions[17] = StakeHandler.undelegateStake.selector;
        actions[18] = StakeHandler.collectStake.selector;
        actions[19] = StakeHandler.bringStakeUpToDate.selector;
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
        credits = rounds.memberOf(taskId, keeper).keeperCredit;
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            MemberView memory seen = rounds.memberOf(taskId, member(i));
            credits += uint256(seen.credit) + seen.keeperCredit;
        }
    }

    function _withdraw(uint256 taskId, address account) private {
        MemberView memory seen = rounds.memberOf(taskId, account);
        uint256 due = uint256(seen.credit) + seen.keeperCredit;
        if (due == 0) return;
        uint256 before = token.balanceOf(account);
        rounds.withdraw(taskId, account);
        assertEq(token.balanceOf(account) - before, due, "withdrawn");
    }

    function _leave(uint256 taskId, address account) private {
        if (!handler.isFree(taskId, account)) return;
        vm.prank(account);
        rounds.leave(taskId, account);
        uint96 gm = staking.allocationOf(account, taskId, Role.Member).amount;
        if (gm == 0) return;
        vm.prank(account);
        staking.deallocate(taskId, Role.Member, gm);
    }

    function _count(uint256 bits) private pure returns (uint256 total) {
        for (; bits != 0; bits &= bits - 1) {
            ++total;
        }
    }
}
