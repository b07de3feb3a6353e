// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { PostedRoot, RootState } from "../src/interfaces/ISettlement.sol";
import { Branch } from "./MoneyGhost.sol";
import { MoneyStakes } from "./MoneyStakes.sol";
import { RewardTree } from "./RewardTree.sol";
import { Earned } from "./RewardsBase.t.sol";

/// @notice Emissions, roots true and false, disputes, claims and streams. One honest watcher disputes what is false.
abstract contract MoneyRewards is MoneyStakes {
    using RewardTree for bytes32[];

    // --- Emissions ---

    function emitDue(uint256) external onTheClock {
        uint256 from = emissions.nextDay();
        uint256 due = clock / 1 days - from;
        bool allowed = !isPaused && due != 0;
        (uint256 funded, uint256 budget) = (distributor.funded(), emissions.dailyBudget());
        (uint256 supply, uint256 reserve) = (token.totalSupply(), token.balanceOf(address(emissions)));
        _expect(allowed);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        _count(allowed, Branch.Emitted);
        if (!allowed) return;
        assertEq(distributor.funded() - funded, amount, "what was emitted was funded");
        assertEq(token.totalSupply() - supply, emissions.mints() ? amount : 0, "what was emitted was minted");
        uint256 taken = reserve - token.balanceOf(address(emissions));
        assertEq(taken, emissions.mints() ? 0 : amount, "what was emitted was in the reserve");
        assertAtMost(amount, dayCount * budget, "days within their budget");
        if (taken != 0 && reserve < budget) ++reserveFellShort;
        if (_isAnythingStaked(from)) return;
        assertEq(amount, 0, "emitted for no stake");
        ++reached[Branch.NothingToEmit];
    }

    // --- Roots ---

    function postTruth(uint256 r) external onTheClock {
        bool allowed = _mayPost();
        Earned[] memory all = allowed ? _newTruth(r) : _truth();
        uint256 id = _post(settler, all, truthTotal, allowed);
        if (id == 0) return;
        isTrue[id] = true;
        ++reached[Branch.Posted];
    }

    /// @dev Everything for the liar, within what was funded: only a dispute stops it.
    function postLie(uint256 r) external onTheClock {
        if (r % 4 != 0) return;
        Earned[] memory all = _truth();
        uint256 funded = distributor.funded();
        all[MEMBERS] = Earned(liar, uint128(funded), 0);
        if (_post(liar, all, funded, _mayPost()) != 0) ++reached[Branch.Lied];
    }

    function activate(uint256) external onTheClock {
        uint256 id = settlement.pendingId();
        bool allowed = id != 0 && clock >= settlement.rootOf(id).activeAt;
        _expect(allowed);
        settlement.activate();
        if (allowed) ++reached[Branch.Served];
    }

    function dispute(uint256 r) external onTheClock {
        uint256 count = settlement.rootCount();
        if (count == 0) return;
        uint256 id = count - r % (count < 3 ? count : 3);
        if (isTrue[id] && (r >> 8) % 3 != 0) return;
        _dispute(id, (r >> 16) % 2 == 0 ? challenger : keeper);
    }

    function disable(uint256 r) external onTheClock {
        uint256 id = settlement.pendingId();
        if (id == 0 || (r % 4 != 0 && isTrue[id])) return;
        bool allowed = clock < settlement.rootOf(id).activeAt;
        _expect(allowed);
        vm.prank(guardian);
        settlement.disable(id);
        if (allowed) ++reached[Branch.Disabled];
    }

    /// @dev Governance decides rightly, some time.
    function resolve(uint256 r) external onTheClock {
        uint256 count = settlement.rootCount();
        if (count == 0) return;
        uint256 id = count - r % (count < 6 ? count : 6);
        bool allowed = settlement.rootOf(id).state == RootState.Parked;
        _expect(allowed);
        vm.prank(governance);
        settlement.resolve(id, isTrue[id]);
        if (!allowed) return;
        ++reached[isTrue[id] ? Branch.FoundRight : Branch.FoundWrong];
    }

    function settleDispute(uint256 r) external onTheClock {
        uint256 count = settlement.rootCount();
        if (count == 0) return;
        uint256 id = count - r % (count < 6 ? count : 6);
        address who = (r >> 16) % 2 == 0 ? challenger : keeper;
        bool allowed =
            settlement.disputeBondOf(id, who) != 0 && settlement.rootOf(id).state == RootState.Rejected;
        _expect(allowed);
        settlement.settleDispute(id, who);
        if (!allowed) return;
        ++reached[Branch.DisputeSettled];
    }

    function withdrawBond(uint256 r) external onTheClock {
        address account = [settler, liar, challenger, keeper][r % 4];
        uint256 free = settlement.freeBondOf(account);
        uint256 amount = 1 + (r >> 8) % (free + 1);
        uint256 before = token.balanceOf(account);
        _expect(amount <= free);
        vm.prank(account);
        settlement.withdrawBond(amount);
        if (amount > free) return;
        assertEq(token.balanceOf(account) - before, amount, "a bond comes back whole");
        ++reached[Branch.BondWithdrawn];
    }

    // --- Claims ---

    function claimOne(uint256 r) external onTheClock {
        Earned[] memory all = entriesOf[idOf[distributor.root()]];
        if (all.length == 0) return;
        uint256 index = r % all.length;
        bytes32[] memory proof = treeOf(all).proofOf(index);
        bool allowed = _isDue(all[index]);
        uint256 before = token.balanceOf(all[index].account);
        _expect(allowed);
        vm.prank(stranger);
        claim(all[index], proof);
        ++reached[allowed ? Branch.Claimed : Branch.ClaimedTwice];
        if (allowed) _bookClaim(all[index], before);
    }

    function claimTogether(uint256) external onTheClock {
        Earned[] memory all = entriesOf[idOf[distributor.root()]];
        if (all.length == 0) return;
        (uint256[] memory balances, uint256[] memory places) =
            (new uint256[](all.length), new uint256[](all.length));
        for (uint256 i = 0; i < all.length; ++i) {
            (balances[i], places[i]) = (token.balanceOf(all[i].account), i);
        }
        claimMany(all, treeOf(all).multiproofOf(places));
        for (uint256 i = 0; i < all.length; ++i) {
            _bookClaim(all[i], balances[i]);
        }
        ++reached[Branch.ClaimedTogether];
    }

    /// @dev With a proof for another root than the one that is served: older, parked, or a lie.
    function claimOld(uint256 r) external onTheClock {
        uint256 count = settlement.rootCount();
        if (count == 0) return;
        Earned[] memory all = entriesOf[1 + r % count];
        bytes32[] memory tree = treeOf(all);
        if (tree[0] == distributor.root()) return;
        uint256 index = (r >> 8) % 2 == 0 ? MEMBERS : (r >> 16) % all.length;
        vm.expectRevert();
        vm.prank(all[index].account);
        claim(all[index], tree.proofOf(index));
        ++reached[Branch.ClaimedAgainstAnOldRoot];
    }

    function releaseVested(uint256 r) external onTheClock {
        address account = earner(r % EARNERS);
        uint256 due = vesting.releasableOf(account);
        uint256 before = token.balanceOf(account);
        _expect(due != 0);
        vm.prank(stranger);
        if ((r >> 8) % 2 == 0 || due == 0) vesting.release(account);
        else vesting.releaseSome(account, 100);
        assertEq(token.balanceOf(account) - before, due, "a stream pays what has vested");
        if (due != 0) ++reached[Branch.Vested];
    }

    // --- The watcher ---

    /// @dev Before a lie would be served, the watcher disputes it.
    function _watch(uint256 until) internal {
        uint256 id = settlement.pendingId();
        if (id != 0 && !isTrue[id] && until >= settlement.rootOf(id).activeAt) _dispute(id, challenger);
    }

    function _dispute(uint256 id, address who) private {
        PostedRoot memory posted = settlement.rootOf(id);
        bool isOpen = posted.state == RootState.Parked || posted.state == RootState.Pending;
        bool allowed = isOpen && clock < posted.activeAt && settlement.disputeBondOf(id, who) == 0;
        _putDown(who);
        _expect(allowed);
        vm.prank(who);
        settlement.dispute(id, bytes32(id));
        if (!allowed) return;
        ++reached[isTrue[id] ? Branch.DisputedWrongly : Branch.Disputed];
    }

    // --- How ---

    function _putDown(address who) private {
        uint256 free = settlement.freeBondOf(who);
        if (free < BOND) deposit(who, BOND - free);
    }

    function _mayPost() private view returns (bool) {
        uint256 id = settlement.pendingId();
        uint256 served = settlement.servedDay();
        if (id != 0) {
            PostedRoot memory posted = settlement.rootOf(id);
            if (clock < posted.activeAt) return false;
            if (posted.day > served) served = posted.day;
        }
        return today() > served;
    }

    function _post(address who, Earned[] memory all, uint256 total, bool allowed)
        private
        returns (uint256 id)
    {
        bytes32 root = treeOf(all)[0];
        _putDown(who);
        _expect(allowed);
        vm.prank(who);
        id = settlement.post(root, keccak256("tree"), uint128(total), today());
        if (!allowed) return 0;
        // The same truth may be posted twice; its entries are the same.
        idOf[root] = id;
        for (uint256 i = 0; i < all.length; ++i) {
            entriesOf[id].push(all[i]);
        }
    }

    function _truth() private view returns (Earned[] memory all) {
        all = new Earned[](EARNERS);
        for (uint256 i = 0; i < EARNERS; ++i) {
            all[i] = truth[i];
        }
    }

    /// @dev What was funded since goes to those who have staked, in random parts, and the rest to the treasury.
    function _newTruth(uint256 r) private returns (Earned[] memory) {
        uint256 fresh = distributor.funded() - truthTotal;
        truthTotal += fresh;
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (!hasStaked[member(i)] || (r >> 8 * i) % 4 == 0) continue;
            uint256 part = fresh / (2 + (r >> 8 * i + 2) % 6);
            fresh -= part;
            uint256 streamed = (r >> i + 64) % 2 == 0 ? part / 2 : 0;
            truth[i].liquid += uint128(part - streamed);
            truth[i].vesting += uint128(streamed);
        }
        truth[MEMBERS].liquid += uint128(fresh);
        return _truth();
    }

    function _isDue(Earned memory entry) private view returns (bool) {
        return entry.liquid > liquidPaid[entry.account] || entry.vesting > vestingPaid[entry.account];
    }

    function _bookClaim(Earned memory entry, uint256 balanceBefore) private {
        uint256 due = entry.liquid - liquidPaid[entry.account];
        assertEq(token.balanceOf(entry.account) - balanceBefore, due, "a claim pays what is new");
        (liquidPaid[entry.account], vestingPaid[entry.account]) = (entry.liquid, entry.vesting);
    }

    /// @dev On a task that ran on day `from` or later.
    function _isAnythingStaked(uint256 from) private view returns (bool) {
        uint256[] memory weighted = emissions.weightedTasks();
        for (uint256 i = 0; i < weighted.length; ++i) {
            (uint256 beganAt, uint256 closedAt) = tasks.spanOf(weighted[i]);
            bool ran = beganAt != 0 && (closedAt == 0 || closedAt / 1 days >= from);
            if (ran && staking.stakedOn(weighted[i]) != 0) return true;
        }
        return false;
    }
}
