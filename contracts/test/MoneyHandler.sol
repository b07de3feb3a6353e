// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { RewardTerms } from "../src/interfaces/ISettlement.sol";
import { NewTask, Task, TaskState } from "../src/interfaces/ITaskManager.sol";
import { Branch } from "./MoneyGhost.sol";
import { MoneyRewards } from "./MoneyRewards.sol";

/// @notice Random people on all contracts that hold money, honest and not; governance, a guardian, and time.
/// Every action is either valid or asserted to be refused; none can revert. Each takes one random word `r`.
contract MoneyHandler is MoneyRewards {
    uint256 private constant MOST_ALIVE = 3;
    uint256 private constant MOST_TASKS = 20;

    // --- Tasks ---

    function createTask(uint256 r) external onTheClock {
        if (_countAlive() == MOST_ALIVE || tasks.taskCount() == MOST_TASKS) return;
        NewTask memory task;
        (task.board, task.minimumStake, task.bounty) =
        (address(referee), MINIMUM, uint96((r >> 8) % 100_000e18));
        (task.startBy, task.endsAt) =
        (uint40(clock + 60 days), uint40(clock + 61 days + (r >> 128) % 200 days));
        uint256 paid = task.bounty + tasks.creationFee();
        give(creator, paid);
        approve(creator, address(tasks), paid);
        _expect(!isPaused);
        vm.prank(creator);
        tasks.create(task, "terms");
        _count(!isPaused, Branch.Created);
    }

    function fundTask(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _aliveTask(r);
        if (!some) return;
        uint96 amount = uint96(1 + (r >> 8) % 1_000e18);
        give(stranger, amount);
        approve(stranger, address(tasks), amount);
        bool allowed = !isPaused && tasks.stateOf(taskId) == TaskState.Open;
        _expect(allowed);
        vm.prank(stranger);
        tasks.fund(taskId, amount);
        if (allowed) ++reached[Branch.Funded];
    }

    /// @dev Open → running, with a weight; later closed, or cancelled in time.
    function advanceTask(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _aliveTask(r);
        if (!some) return;
        TaskState state = tasks.stateOf(taskId);
        if (state == TaskState.Open) (r >> 8) % 8 == 0 ? _cancel(taskId) : _begin(taskId, r >> 16);
        else if (state == TaskState.Running && (r >> 8) % 8 == 0) _close(taskId, r >> 16);
    }

    /// @dev Also after the close: what was credited stays payable.
    function payFromTask(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        Task memory task = tasks.taskOf(taskId);
        uint96 amount = uint96((r >> 16) % (uint256(task.balance) / 4 + 2));
        bool allowed = amount <= task.balance && task.state != TaskState.Open;
        // A board pays nobody before its task has begun: until then backers would get everything back.
        if (task.state == TaskState.Open) return;
        address to = _anyMember(r >> 8);
        uint256 before = token.balanceOf(to);
        _expect(allowed);
        referee.pay(taskId, to, amount);
        if (!allowed) return;
        assertEq(token.balanceOf(to) - before, amount, "a task pays what it owes");
        ++reached[Branch.Paid];
    }

    function withdrawRefund(uint256 r) external onTheClock {
        (uint256 taskId, bool some) = _anyTask(r);
        if (!some) return;
        address account = backer(r >> 8);
        uint256 due = tasks.refundOf(taskId, account);
        uint256 before = token.balanceOf(account);
        // A part that rounds to zero gives up its shares all the same.
        bool isAny = refundable[taskId] != refunded[taskId];
        _expect(isAny && tasks.contributionOf(taskId, account) != 0);
        vm.prank(settler);
        tasks.withdrawRefund(taskId, account);
        assertEq(token.balanceOf(account) - before, due, "a refund pays the backer's whole part");
        refunded[taskId] += due;
        if (due != 0) ++reached[Branch.Refunded];
    }

    function payTreasury(uint256 r) external onTheClock {
        uint256 which = r % 3;
        uint256 due = which == 0
            ? tasks.owedToTreasury()
            : which == 1 ? staking.owedToTreasury() : settlement.owedToTreasury();
        uint256 before = token.balanceOf(treasury);
        _expect(due != 0);
        vm.prank(stranger);
        if (which == 0) tasks.payTreasury();
        else if (which == 1) staking.payTreasury();
        else settlement.payTreasury();
        assertEq(token.balanceOf(treasury) - before, due, "the treasury gets all that is owed to it");
        if (due != 0) ++reached[Branch.TreasuryPaid];
    }

    // --- The world ---

    function passTime(uint256 r) external onTheClock {
        uint256 scale = r % 16;
        if (scale < 2) return _donate(r >> 8);
        if (scale < 6) _pass((r >> 8) % 4 hours);
        else if (scale < 14) _pass((r >> 8) % 2 days);
        else _pass((r >> 8) % 30 days);
    }

    function changePause(uint256 r) external onTheClock {
        if (!isPaused && r % 4 != 0) return;
        vm.prank(guardian);
        isPaused ? staking.unpause() : staking.pause();
        vm.prank(guardian);
        isPaused ? tasks.unpause() : tasks.pause();
        vm.prank(guardian);
        isPaused ? emissions.unpause() : emissions.pause();
        isPaused = !isPaused;
        ++reached[isPaused ? Branch.Paused : Branch.Unpaused];
    }

    function govern(uint256 r) external onTheClock {
        uint256 which = r % 8;
        r >>= 8;
        vm.prank(governance);
        if (which == 0) staking.setDelegationRatio(1 + r % 20);
        else if (which == 1) staking.setEntryFeeBps(r % 1_001);
        else if (which == 2) staking.setCooldown(1 hours + r % 3 days);
        else if (which == 3) vesting.setVestingSeconds(r % 90 days);
        else if (which == 4) tasks.setCreationFee(r % 10_000e18);
        else if (which == 5) emissions.setDailyBudget(r % 200_000e18);
        else if (which == 6) emissions.setDecayBps(r % 2_001);
        else settlement.setTerms(RewardTerms(uint16(r % 10_001), 800, 1_450, 1_000));
    }

    /// @dev What nobody can do, in any state.
    function mischief(uint256 r) external onTheClock {
        uint256 which = r % 14;
        address victim = _anyMember(r >> 8);
        vm.expectRevert();
        vm.prank(stranger);
        if (which == 0) staking.slash(victim, 1, 1e18, 1);
        else if (which == 1) staking.hold(victim, 1);
        else if (which == 2) staking.release(victim, 1);
        else if (which == 3) tasks.pay(1, stranger, 1);
        else if (which == 4) tasks.close(1, 0, 1, 0);
        else if (which == 5) distributor.serve(bytes32(r));
        else if (which == 6) vesting.open(stranger, 1);
        else if (which == 7) settlement.resolve(1, true);
        else if (which == 8) settlement.disable(1);
        else if (which == 9) token.mint(stranger, 1);
        else if (which == 10) staking.redeem(1);
        else if (which == 11) emissions.release(1);
        else if (which == 12) settlement.replace(bytes32(r), 0, 0, 0, 1);
        else distributor.claim(stranger, uint128(r | 1), 0, new bytes32[](0));
        ++reached[Branch.Refused];
    }

    // --- Inside ---

    function _countAlive() private view returns (uint256 alive) {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            if (_isAlive(taskId)) ++alive;
        }
    }

    function _cancel(uint256 taskId) private {
        refundable[taskId] = tasks.taskOf(taskId).balance;
        // Nobody waits for a duty of a task that has ended.
        for (uint256 i = 0; i < OPERATORS; ++i) {
            poolHeldOf[taskId][member(i)] = 0;
        }
        vm.prank(creator);
        tasks.cancel(taskId);
        ++reached[Branch.Cancelled];
    }

    function _begin(uint256 taskId, uint256 r) private {
        bool allowed = !isPaused && clock <= tasks.taskOf(taskId).startBy;
        _expect(allowed);
        referee.begin(taskId, stranger);
        _count(allowed, Branch.Begun);
        if (!allowed) return;
        vm.prank(governance);
        emissions.setWeight(taskId, r % 4);
    }

    /// @dev The board releases the stake it holds for the task first, as AllianceRounds does.
    function _close(uint256 taskId, uint256 r) private {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (isHeld(taskId, member(i))) _release(taskId, member(i));
        }
        uint256 balance = tasks.taskOf(taskId).balance;
        uint96 refund = uint96(r % (balance + 1));
        refundable[taskId] = refund;
        referee.close(taskId, refund, uint96((balance - refund) / 2));
        ++reached[Branch.Closed];
    }

    function _donate(uint256 r) private {
        address[6] memory holders = [
            address(staking),
            address(tasks),
            address(distributor),
            address(vesting),
            address(settlement),
            address(emissions)
        ];
        address to = holders[r % 6];
        uint256 amount = (r >> 8) % (to == address(emissions) ? 150_000e18 : 10e18);
        give(to, amount);
        donatedTo[to] += amount;
    }
}
