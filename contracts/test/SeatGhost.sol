// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AllianceTerms,
    MemberState,
    MemberView,
    Outcome,
    RoundView,
    Vote
} from "../src/interfaces/IAllianceRounds.sol";
import { Allocation, Delegation } from "../src/interfaces/IStaking.sol";
import { Branch, RoundBooks } from "./RoundBooks.sol";

/// @notice A seat before its round is finalised: its member, own and delegated stake, and what must happen to it.
/// `isKeptBack`: its vote was sealed and not revealed.
struct Seat {
    address account;
    MemberView seen;
    Allocation own;
    Delegation[] behind;
    bool isPresent;
    bool isKeptBack;
    bool isJudged;
    bool isStruck;
}

/// @notice What must follow from a round that is about to be finalised. `earned` is what each member had earned before.
struct Expected {
    Outcome outcome;
    Vote winning;
    Seat[] seats;
    uint256[] earned;
}

/// @notice The ghost's own implementation of the rules: what a round's votes decide, and what happens to its seats.
abstract contract SeatGhost is RoundBooks {
    uint256 private constant BPS = 10_000;
    /// @dev For how many rounds in a row an outage excuses absence.
    uint256 private constant FREE_OUTAGES = 2;
    /// @dev What rounding can cost a record per slash beyond its fraction.
    uint256 private constant RECORDS_DUST = 2;

    /// @dev A task's open round: what each voter attested and voted, and who revealed.
    mapping(uint256 taskId => mapping(uint256 voter => uint32)) private _attestedBy;
    mapping(uint256 taskId => mapping(uint256 voter => Vote)) private _votes;
    mapping(uint256 taskId => uint256) private _attesters;
    mapping(uint256 taskId => uint256) private _revealed;
    /// @dev Rounds with an outage since the last that was decided without one.
    mapping(uint256 taskId => uint256) private _outages;

    // --- What was done ---

    function _clearTable(uint256 taskId) internal {
        (_attesters[taskId], _revealed[taskId]) = (0, 0);
    }

    function _noteAttestation(uint256 taskId, uint256 voter, uint32 bitmap) internal {
        _attestedBy[taskId][voter] = bitmap;
        _attesters[taskId] |= 1 << voter;
    }

    function _noteVote(uint256 taskId, uint256 voter, Vote memory vote) internal {
        _votes[taskId][voter] = vote;
    }

    function _noteReveal(uint256 taskId, uint256 voter) internal {
        _revealed[taskId] |= 1 << voter;
    }

    function _hasAttested(uint256 taskId, uint256 voter) internal view returns (bool) {
        return _attesters[taskId] & (1 << voter) != 0;
    }

    function _votesOf(uint256 taskId, uint256 voter) internal view returns (Vote[] memory votes) {
        votes = new Vote[](1);
        votes[0] = _votes[taskId][voter];
    }

    // --- What must follow ---

    function _expect(uint256 taskId, RoundView memory round) internal returns (Expected memory expected) {
        (expected.outcome, expected.winning) = _decide(taskId, round);
        expected.winning.support = expected.outcome == Outcome.Accepted;
        expected.earned = new uint256[](MEMBERS);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            expected.earned[i] = rounds.earnedOf(taskId, member(i));
        }
        bool isExcused = _excuses(taskId, round, expected.outcome != Outcome.Void);
        expected.seats = new Seat[](round.accounts.length);
        for (uint256 seat = 0; seat < round.accounts.length; ++seat) {
            Seat memory s = _seatBefore(taskId, round, seat);
            bool decided = expected.outcome != Outcome.Void;
            s.isJudged = s.isPresent ? decided : !isExcused;
            s.isStruck = s.isJudged && (!s.isPresent || _isAtFault(taskId, round, seat, expected.winning));
            if (!s.isPresent || s.isStruck) atFault[taskId][s.account] = true;
            expected.seats[seat] = s;
        }
    }

    function _decide(uint256 taskId, RoundView memory round)
        private
        view
        returns (Outcome outcome, Vote memory winning)
    {
        (uint256 revealed, uint256 drawn) = (_weightOf(taskId, round, 0, false), _drawnWeight(round));
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (!_hasRevealed(taskId, voter)) continue;
            Vote memory vote = _votes[taskId][voter];
            vote.support = true;
            uint256 supporting = _weightOf(taskId, round, _sideOf(vote), true);
            vote.support = false;
            uint256 opposing = _weightOf(taskId, round, _sideOf(vote), true);
            if (2 * (supporting + opposing) <= revealed || 2 * revealed < drawn) continue;
            if (vote.candidate == modelOf[taskId] || supporting == opposing) return (Outcome.Void, vote);
            return (supporting > opposing ? Outcome.Accepted : Outcome.Rejected, vote);
        }
    }

    /// @dev Whether more than half of a role's weight is absent, for no longer than is excused; counts it. Only a
    /// decided round without an outage resets the count.
    function _excuses(uint256 taskId, RoundView memory round, bool isDecided) private returns (bool) {
        bool isOutage = _isMissing(taskId, round, 0, round.proposers)
            || _isMissing(taskId, round, round.proposers, round.accounts.length);
        uint256 before = _outages[taskId];
        if (!isOutage) {
            if (isDecided) _outages[taskId] = 0;
            return false;
        }
        _outages[taskId] = before + 1;
        ++reached[before < FREE_OUTAGES ? Branch.OutageExcused : Branch.OutageJudged];
        return before < FREE_OUTAGES;
    }

    function _isMissing(uint256 taskId, RoundView memory round, uint256 from, uint256 end)
        private
        view
        returns (bool)
    {
        (uint256 absent, uint256 all) = (0, 0);
        for (uint256 seat = from; seat < end; ++seat) {
            all += round.weights[seat];
            if (!_wasPresent(taskId, round, seat)) absent += round.weights[seat];
        }
        return 2 * absent > all;
    }

    function _seatBefore(uint256 taskId, RoundView memory round, uint256 seat)
        private
        view
        returns (Seat memory s)
    {
        s.account = round.accounts[seat];
        s.isPresent = _wasPresent(taskId, round, seat);
        s.isKeptBack = seat >= round.proposers && (round.voterStates >> 2 * (seat - round.proposers)) & 3 == 2;
        s.seen = rounds.memberOf(taskId, s.account);
        s.own = staking.allocationOf(s.account, taskId);
        s.behind = new Delegation[](MEMBERS);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            s.behind[i] = staking.delegationOf(member(i), s.account, taskId);
        }
    }

    /// @dev For a member that was present, in a decided round.
    function _isAtFault(uint256 taskId, RoundView memory round, uint256 seat, Vote memory winning)
        private
        view
        returns (bool)
    {
        if (seat < round.proposers) {
            return
                !_isAttested(taskId, round, seat) || (winning.support && winning.harmful & (1 << seat) != 0);
        }
        bytes32 side = _sideOf(_votes[taskId][seat - round.proposers]);
        uint256 revealed = _weightOf(taskId, round, 0, false);
        return side != _sideOf(winning) && 3 * _weightOf(taskId, round, side, true) <= revealed;
    }

    // --- What did follow ---

    function _bookPay(uint256 taskId, RoundView memory round, Expected memory expected) internal {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            uint256 amount = rounds.earnedOf(taskId, member(i)) - expected.earned[i];
            if (amount == 0) continue;
            earned[taskId][member(i)] += amount;
            credited[taskId][member(i)] += amount;
            uint256 seat = _seatOf(round, member(i));
            if (seat == round.accounts.length || !expected.seats[seat].isPresent) unearned += amount;
        }
    }

    /// @dev From the last seat to the first, to know how many were on the list when each left.
    function _bookSeats(uint256 taskId, RoundView memory round, Expected memory expected) internal {
        uint256 listed = rounds.memberCount(taskId);
        for (uint256 i = expected.seats.length; i > 0; --i) {
            Seat memory seat = expected.seats[i - 1];
            (uint256 strikes, bool isDue) = _strikesAfter(taskId, seat);
            _bookLosses(taskId, seat, isDue ? rounds.termsOf(taskId).slashBps : 0);
            if (isDue && seat.isKeptBack) ++reached[Branch.KeptBack];
            if (seat.seen.state != MemberState.Leaving) {
                _checkStays(taskId, seat, strikes, isDue);
            } else {
                _checkGoes(taskId, seat, strikes, round.number + _retention(taskId, listed));
                ++listed;
            }
        }
    }

    /// @dev For how many rounds strikes are remembered, on average.
    function _retention(uint256 taskId, uint256 listed) internal view returns (uint256) {
        AllianceTerms memory t = rounds.termsOf(taskId);
        uint256 seats = uint256(t.proposerSeats) + t.voterSeats;
        return t.strikeWindow * ((listed + seats - 1) / seats);
    }

    function _strikesAfter(uint256 taskId, Seat memory seat)
        private
        view
        returns (uint256 strikes, bool isDue)
    {
        strikes = seat.seen.strikes;
        if (!seat.isJudged) return (strikes, false);
        uint256 window = rounds.termsOf(taskId).strikeWindow;
        strikes = (2 * strikes + (seat.isStruck ? 1 : 0)) % (1 << window);
        uint256 limit = seat.isKeptBack ? 1 : rounds.termsOf(taskId).strikeLimit;
        isDue = seat.isStruck && _countBits(strikes) >= limit;
        if (isDue) strikes = 0;
    }

    /// @dev The own stake loses the fraction, of at least the stake it joined with; each record loses the same
    /// fraction.
    function _bookLosses(uint256 taskId, Seat memory seat, uint256 slashBps) private {
        uint256 own = seat.own.gm;
        uint256 lost = own - staking.allocationOf(seat.account, taskId).gm;
        uint256 most = _ceilBps(own > seat.seen.stake ? own : seat.seen.stake, slashBps);
        if (most > own) most = own;
        if (lost > most) lostTooMuch += lost - most;
        if (own != 0) mayHaveLost[seat.account] += (seat.own.flock * most + own - 1) / own;
        if (lost != 0) ++reached[Branch.Slashed];
        bool isPoolSlashed;
        for (uint256 i = 0; i < MEMBERS; ++i) {
            Delegation memory before = seat.behind[i];
            if (before.gm == 0) continue;
            lost = before.gm - staking.delegationOf(member(i), seat.account, taskId).gm;
            most = slashBps == 0 ? 0 : _ceilBps(before.gm, slashBps) + RECORDS_DUST;
            if (lost > most) lostTooMuch += lost - most;
            if (slashBps != 0) mayHaveLost[member(i)] += _ceilBps(before.flock, slashBps) + RECORDS_DUST;
            if (lost != 0) isPoolSlashed = true;
        }
        if (isPoolSlashed) ++reached[Branch.PoolSlashed];
    }

    function _checkStays(uint256 taskId, Seat memory seat, uint256 strikes, bool isDue) private {
        uint256 stake = staking.allocationOf(seat.account, taskId).gm;
        if (isDue && stake < MINIMUM_STAKE) {
            _checkIsGone(taskId, seat.account);
            ++reached[Branch.SlashedOut];
            return;
        }
        MemberView memory now_ = rounds.memberOf(taskId, seat.account);
        assertTrue(now_.state == MemberState.Active, "left with the round without asking");
        assertEq(now_.strikes, strikes, "strikes");
        assertEq(now_.id, seat.seen.id, "id");
        _checkWeight(now_.weight, seat.seen.weight, stake, isDue);
    }

    function _checkGoes(uint256 taskId, Seat memory seat, uint256 strikes, uint256 until) private {
        if (strikes == 0) {
            _checkIsGone(taskId, seat.account);
            ++reached[Branch.LetGo];
            return;
        }
        MemberView memory now_ = rounds.memberOf(taskId, seat.account);
        assertTrue(now_.state == MemberState.Retained, "asked to leave in vain, or washed its strikes");
        assertEq(now_.strikes, strikes, "strikes");
        assertEq(now_.id, seat.seen.id, "id");
        assertEq(now_.retainedUntil, until, "retained until");
        assertTrue(staking.allocationOf(seat.account, taskId).isHeld, "retained without its stake");
        ++reached[Branch.Retained];
    }

    function _checkIsGone(uint256 taskId, address account) private view {
        MemberView memory now_ = rounds.memberOf(taskId, account);
        assertTrue(now_.state == MemberState.None && now_.id == 0, "still a member");
        assertTrue(!staking.allocationOf(account, taskId).isHeld, "let go without its stake");
    }

    /// @dev A slash lowers the weight to what is left, and nothing else changes it.
    function _checkWeight(uint256 weight, uint256 before, uint256 stake, bool isDue) private pure {
        uint256 most = stake / MINIMUM_STAKE;
        assertEq(weight, isDue && most < before ? most : before, "weight");
    }

    // --- Reading ---

    function _hasRevealed(uint256 taskId, uint256 voter) private view returns (bool) {
        return _revealed[taskId] & (1 << voter) != 0;
    }

    function _wasPresent(uint256 taskId, RoundView memory round, uint256 seat) private view returns (bool) {
        if (seat < round.proposers) return round.proposed & (1 << seat) != 0;
        return _hasRevealed(taskId, seat - round.proposers);
    }

    function _isAttested(uint256 taskId, RoundView memory round, uint256 seat) private view returns (bool) {
        uint256 vouching;
        uint256 attesting;
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (!_hasAttested(taskId, voter)) continue;
            uint256 weight = round.weights[round.proposers + voter];
            attesting += weight;
            if (_attestedBy[taskId][voter] & (1 << seat) != 0) vouching += weight;
        }
        return 2 * vouching > attesting;
    }

    /// @dev Revealed weight, all of it or that on one side.
    function _weightOf(uint256 taskId, RoundView memory round, bytes32 side, bool ofSide)
        private
        view
        returns (uint256 weight)
    {
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (!_hasRevealed(taskId, voter)) continue;
            if (ofSide && _sideOf(_votes[taskId][voter]) != side) continue;
            weight += round.weights[round.proposers + voter];
        }
    }

    function _drawnWeight(RoundView memory round) private pure returns (uint256 weight) {
        for (uint256 seat = round.proposers; seat < round.weights.length; ++seat) {
            weight += round.weights[seat];
        }
    }

    function _sideOf(Vote memory vote) private pure returns (bytes32) {
        return keccak256(abi.encode(vote.candidate, vote.harmful, vote.rewarded, vote.support));
    }

    function _seatOf(RoundView memory round, address account) private pure returns (uint256 seat) {
        while (seat < round.accounts.length && round.accounts[seat] != account) ++seat;
    }

    function _ceilBps(uint256 amount, uint256 bps) private pure returns (uint256) {
        return (amount * bps + BPS - 1) / BPS;
    }
}
