// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { PostedRoot, RootState } from "../src/interfaces/ISettlement.sol";
import { Branch } from "./MoneyGhost.sol";
import { MoneyStakes } from "./MoneyStakes.sol";
import { RewardTree } from "./RewardTree.sol";
import { Earned } from "./RewardsBase.t.sol";

/// @notice Emissions, roots true and false, disputes, claims and streams. One honest watcher disputes what is false,
/// but sleeps now and then; a liar takes what its lies bring, disputes them itself with another account, and repeats
/// them.
abstract contract MoneyRewards is MoneyStakes {
    using RewardTree for bytes32[];

    /// @dev Of a repeated root's window.
    uint256 private constant REPEATS_PART = 4;

    /// @dev The lies that the watcher misses.
    mapping(uint256 id => bool) private _isMissed;
    mapping(bytes32 offer => uint256 id) private _disputedLast;

    // --- Emissions ---

    function emitDue(uint256) external onTheClock {
        uint256 from = emissions.nextDay();
        uint256 due = clock / 1 days - from;
        bool allowed = !isPaused && due != 0;
        (uint256 emitted, uint256 budget) = (emissions.emitted(), emissions.dailyBudget());
        (uint256 supply, uint256 held) = (token.totalSupply(), token.balanceOf(address(emissions)));
        _expect(allowed);
        (uint256 dayCount, uint256 amount) = emissions.emitDue();
        _count(allowed, Branch.Emitted);
        if (!allowed) return;
        assertEq(emissions.emitted() - emitted, amount, "what was emitted");
        uint256 minted = emissions.mints() ? amount : 0;
        assertEq(token.totalSupply() - supply, minted, "what was emitted was minted");
        assertEq(token.balanceOf(address(emissions)) - held, minted, "what was emitted stays");
        assertAtMost(amount, dayCount * budget, "days within their budget");
        uint256 unreleased = emitted - emissions.released();
        if (amount != 0 && minted == 0 && held - unreleased < budget) ++reserveFellShort;
        if (_isAnythingStaked(from, from + dayCount - 1)) return;
        assertEq(amount, 0, "emitted for no stake");
        ++reached[Branch.NothingToEmit];
    }

    // --- Roots ---

    /// @dev While a lie is served, nobody can know what will be left of what was emitted.
    function postTruth(uint256 r) external onTheClock {
        if (_willALieBeServed()) return;
        bool allowed = _mayPost(emissions.emitted() - _lost());
        Earned[] memory all = allowed ? _newTruth(r) : _truth();
        uint256 id = _post(settler, all, uint128(truthTotal), uint32(emissions.nextDay()), allowed);
        if (id == 0) return;
        isTrue[id] = true;
        ++reached[Branch.Posted];
    }

    /// @dev For each of the liar's two accounts all that was emitted and not paid out, more than there is together:
    /// only a dispute stops it.
    function postLie(uint256 r) external onTheClock {
        if (r % 2 != 0 || _willALieBeServed()) return;
        uint256 total = emissions.emitted();
        uint256 room = total - emissions.released() + token.balanceOf(address(distributor));
        Earned[] memory all = new Earned[](CLAIMANTS);
        for (uint256 i = 0; i < EARNERS; ++i) {
            all[i] = truth[i];
        }
        all[EARNERS] =
            Earned(liar, uint128(liquidPaid[liar] + room / 4), uint128(vestingPaid[liar] + room / 4));
        all[EARNERS + 1] = Earned(accomplice, uint128(liquidPaid[accomplice] + room * 3 / 4), 0);
        uint256 id = _post(liar, all, uint128(total), uint32(emissions.nextDay()), _mayPost(total));
        if (id == 0) return;
        _isMissed[id] = (r >> 8) % 3 == 0;
        ++reached[Branch.Lied];
    }

    /// @dev A disputed root is posted again by somebody else: it waits for a quarter of the window, and at least as
    /// long as the disputed one would have.
    function repeatRoot(uint256) external onTheClock {
        uint256 count = settlement.rootCount();
        for (uint256 i = 0; i < count && i < 6; ++i) {
            PostedRoot memory posted = settlement.rootOf(count - i);
            bool isDisputed = posted.state == RootState.Parked && posted.challenger != address(0);
            if (isDisputed && !_willALieBeServed()) return _repeat(count - i, posted);
        }
    }

    function activate(uint256) external onTheClock {
        uint256 id = settlement.pendingId();
        bool allowed = id != 0 && clock >= settlement.rootOf(id).activeAt;
        _expect(allowed);
        settlement.activate();
        if (!allowed) return;
        ++reached[isTrue[id] ? Branch.Served : Branch.LieServed];
    }

    function dispute(uint256 r) external onTheClock {
        uint256 count = settlement.rootCount();
        if (count == 0) return;
        uint256 id = settlement.pendingId();
        if (id == 0 || (r >> 24) % 4 == 0) id = count - r % (count < 3 ? count : 3);
        address who = (r >> 16) % 2 == 0 ? challenger : accomplice;
        if (isTrue[id] ? (r >> 8) % 3 != 0 : _isMissed[id] && who == challenger) return;
        _dispute(id, who);
    }

    function disable(uint256 r) external onTheClock {
        uint256 id = settlement.pendingId();
        if (id == 0 || (isTrue[id] ? r % 4 != 0 : _isMissed[id])) return;
        bool allowed = clock < settlement.rootOf(id).activeAt;
        _expect(allowed);
        vm.prank(guardian);
        settlement.disable(id);
        if (allowed) ++reached[Branch.Disabled];
    }

    /// @dev Governance eventually decides rightly. At least half of a lost bond goes to the treasury, whoever wins.
    function resolve(uint256 r) external onTheClock {
        uint256 count = settlement.rootCount();
        if (count == 0) return;
        uint256 id = count - r % (count < 6 ? count : 6);
        PostedRoot memory posted = settlement.rootOf(id);
        bool allowed = posted.state == RootState.Parked;
        uint256 owed = settlement.owedToTreasury();
        _expect(allowed);
        vm.prank(governance);
        settlement.resolve(id, isTrue[id]);
        if (!allowed) return;
        uint256 lost = isTrue[id] ? posted.challengerBond : posted.bond;
        bool nobodyWins = posted.challenger == address(0);
        assertEq(
            settlement.owedToTreasury() - owed, nobodyWins ? lost : lost - lost / 2, "the treasury's part"
        );
        ++reached[isTrue[id] ? Branch.FoundRight : Branch.FoundWrong];
    }

    /// @dev A lie was served: governance replaces it with what was earned, within what is left, and refills.
    function replace(uint256 r) external onTheClock {
        if (!isLieServed() || r % 4 != 0) return;
        truthTotal = 0;
        for (uint256 i = 0; i < EARNERS; ++i) {
            address account = claimant(i);
            truth[i] = Earned(account, uint128(liquidPaid[account]), uint128(vestingPaid[account]));
            truthTotal += liquidPaid[account] + vestingPaid[account];
        }
        uint256 paid = truthTotal;
        Earned[] memory all = _newTruth(r);
        uint256 held = token.balanceOf(address(distributor));
        bytes32 root = treeOf(all)[0];
        uint32 day = uint32(emissions.nextDay());
        uint256 refill = Math.saturatingSub(truthTotal - paid, held);
        vm.prank(governance);
        uint256 id = settlement.replace(root, keccak256("tree"), uint128(truthTotal), day, refill);
        _bookRoot(id, root, all, uint128(truthTotal));
        isTrue[id] = true;
        assertAtMost(truthTotal - paid, token.balanceOf(address(distributor)), "what is there to claim");
        ++reached[Branch.Replaced];
    }

    function withdrawBond(uint256 r) external onTheClock {
        address account = bonded(r % BONDED);
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

    /// @dev A lie has leaves for more than there is: the first to claim gets it.
    function claimOne(uint256 r) external onTheClock {
        Earned[] memory all = entriesOf[idOf[distributor.root()]];
        if (all.length == 0) return;
        uint256 index = r % all.length;
        if (isLieServed() && (r >> 8) % 4 != 0) index = EARNERS + (r >> 16) % 2;
        bytes32[] memory proof = treeOf(all).proofOf(index);
        bool isDue = _dueOf(all[index]) != 0;
        bool allowed = isDue && _dueOf(all[index]) <= token.balanceOf(address(distributor));
        uint256 before = token.balanceOf(all[index].account);
        _expect(allowed);
        vm.prank(stranger);
        claim(all[index], proof);
        assertTrue(allowed || !isDue || isLieServed(), "a true claim was not paid");
        if (!isDue) ++reached[Branch.ClaimedTwice];
        if (!allowed) return;
        ++reached[index < EARNERS ? Branch.Claimed : Branch.Stolen];
        _bookClaim(all[index], before);
    }

    function claimTogether(uint256) external onTheClock {
        Earned[] memory all = entriesOf[idOf[distributor.root()]];
        if (all.length == 0 || isLieServed()) return;
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

    /// @dev With a proof for a root other than the served one: older, parked, or false.
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
        address account = claimant(r % CLAIMANTS);
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

    /// @dev Before a lie would be served, the watcher disputes it, unless it sleeps.
    function _watch(uint256 until) internal override {
        uint256 id = settlement.pendingId();
        if (id == 0 || isTrue[id] || _isMissed[id]) return;
        if (until >= settlement.rootOf(id).activeAt) _dispute(id, challenger);
    }

    /// @dev One dispute is enough, and a second is impossible.
    function _dispute(uint256 id, address who) private {
        PostedRoot memory posted = settlement.rootOf(id);
        bool allowed = posted.state == RootState.Pending && clock < posted.activeAt;
        _putDown(who);
        _expect(allowed);
        vm.prank(who);
        settlement.dispute(id, bytes32(id));
        if (!allowed) return;
        _disputedLast[_keyOf(posted)] = id;
        bool isItsOwn = who == accomplice && (posted.settler == liar || posted.settler == accomplice);
        if (isItsOwn) ++reached[Branch.DisputedByItsOwnSettler];
        ++reached[isTrue[id] ? Branch.DisputedWrongly : Branch.Disputed];
    }

    // --- Inside ---

    function _putDown(address who) private {
        uint256 free = settlement.freeBondOf(who);
        if (free >= BOND) return;
        deposit(who, BOND - free);
        if (who == liar || who == accomplice) givenToLiars += BOND - free;
    }

    /// @dev Whether a lie is served, or would be once a root is posted now.
    function _willALieBeServed() private view returns (bool) {
        uint256 id = settlement.pendingId();
        return isLieServed() || (id != 0 && !isTrue[id] && clock >= settlement.rootOf(id).activeAt);
    }

    function _mayPost(uint256 total) private view returns (bool) {
        (bool isFree, uint256 servedDay, uint256 servedTotal) = _afterSettling();
        return isFree && emissions.nextDay() > servedDay && total >= servedTotal;
    }

    /// @dev The state once a root whose window has passed is served; not free while one is pending.
    function _afterSettling() private view returns (bool isFree, uint256 servedDay, uint256 servedTotal) {
        (servedDay, servedTotal) = (settlement.servedDay(), settlement.servedTotal());
        uint256 id = settlement.pendingId();
        if (id == 0) return (true, servedDay, servedTotal);
        PostedRoot memory posted = settlement.rootOf(id);
        if (clock < posted.activeAt) return (false, servedDay, servedTotal);
        if (posted.day <= servedDay || posted.total < servedTotal) return (true, servedDay, servedTotal);
        return (true, posted.day, posted.total);
    }

    function _repeat(uint256 id, PostedRoot memory posted) private {
        address who = isTrue[id] ? secondSettler : accomplice;
        (bool isFree, uint256 servedDay, uint256 servedTotal) = _afterSettling();
        PostedRoot memory latest = settlement.rootOf(_disputedLast[_keyOf(posted)]);
        bool isRepeat = latest.state == RootState.Parked && latest.settler != who;
        bool allowed = isFree && posted.day > servedDay && posted.total >= servedTotal
            && (isRepeat || posted.day == emissions.nextDay());
        uint256 again = _post(who, entriesOf[id], posted.total, posted.day, allowed);
        if (again == 0) return;
        (isTrue[again], _isMissed[again]) = (isTrue[id], _isMissed[id]);
        ++reached[isTrue[id] ? Branch.Repeated : Branch.LieRepeated];
        if (!isRepeat) return;
        uint256 soon = clock + settlement.window() / REPEATS_PART;
        assertEq(
            settlement.rootOf(again).activeAt, Math.max(latest.activeAt, soon), "a repeated root's window"
        );
    }

    function _post(address who, Earned[] memory all, uint128 total, uint32 day, bool allowed)
        private
        returns (uint256 id)
    {
        bytes32 root = treeOf(all)[0];
        _putDown(who);
        _expect(allowed);
        vm.prank(who);
        id = settlement.post(root, keccak256("tree"), total, day);
        if (!allowed) return 0;
        _bookRoot(id, root, all, total);
    }

    function _bookRoot(uint256 id, bytes32 root, Earned[] memory all, uint128 total) private {
        // The same root can be posted twice, with the same entries.
        idOf[root] = id;
        totalOfRoot[id] = total;
        for (uint256 i = 0; i < all.length; ++i) {
            entriesOf[id].push(all[i]);
        }
    }

    function _keyOf(PostedRoot memory posted) private pure returns (bytes32) {
        return keccak256(abi.encode(posted.root, posted.total, posted.day));
    }

    function _truth() private view returns (Earned[] memory all) {
        all = new Earned[](EARNERS);
        for (uint256 i = 0; i < EARNERS; ++i) {
            all[i] = truth[i];
        }
    }

    /// @dev What was stolen beyond what strangers gave.
    function _lost() private view returns (uint256) {
        return Math.saturatingSub(stolen, donatedTo[address(distributor)]);
    }

    /// @dev What was emitted since and not lost goes to those who staked, in random parts, and the rest to the
    /// treasury.
    function _newTruth(uint256 r) private returns (Earned[] memory) {
        uint256 fresh = emissions.emitted() - _lost() - truthTotal;
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

    /// @dev What a claim of this leaf would take from the distributor.
    function _dueOf(Earned memory entry) private view returns (uint256) {
        return Math.saturatingSub(entry.liquid, liquidPaid[entry.account])
            + Math.saturatingSub(entry.vesting, vestingPaid[entry.account]);
    }

    function _bookClaim(Earned memory entry, uint256 balanceBefore) private {
        address account = entry.account;
        uint256 liquid = Math.saturatingSub(entry.liquid, liquidPaid[account]);
        uint256 due = _dueOf(entry);
        assertEq(token.balanceOf(account) - balanceBefore, liquid, "a claim pays what is new");
        liquidPaid[account] += liquid;
        vestingPaid[account] += due - liquid;
        claimedUnder[idOf[distributor.root()]] += due;
        if (account == liar || account == accomplice) stolen += due;
    }

    /// @dev On a task that ran on one of the days, and on that day.
    function _isAnythingStaked(uint256 from, uint256 to) private view returns (bool) {
        uint256[] memory weighted = emissions.weightedTasks();
        for (uint256 i = 0; i < weighted.length; ++i) {
            (uint256 beganAt, uint256 closedAt) = tasks.spanOf(weighted[i]);
            (uint256 first, uint256 last) = staking.stakedDaysOf(weighted[i]);
            first = Math.max(first, Math.max(from, beganAt / 1 days));
            last = Math.min(last, closedAt == 0 ? to : Math.min(to, closedAt / 1 days));
            if (beganAt != 0 && last != 0 && first <= last) return true;
        }
        return false;
    }
}
