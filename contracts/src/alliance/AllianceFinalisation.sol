// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAllianceRounds, MemberState, Outcome, Phase } from "../interfaces/IAllianceRounds.sol";
import { IBoard } from "../interfaces/IBoard.sol";
import { MemberWord, MemberWords } from "../libraries/MemberWord.sol";
import { RewardMath } from "../libraries/RewardMath.sol";
import { RoundClock, RoundState } from "../libraries/RoundClock.sol";
import { StrikeMath } from "../libraries/StrikeMath.sol";
import { AllianceDraw } from "./AllianceDraw.sol";
import { AllianceJudgement, RoundResult } from "./AllianceJudgement.sol";
import { Ledger } from "./AllianceStorage.sol";
import { ConfigWord } from "./ConfigWord.sol";
import { Pot } from "./Packing.sol";

/// @title Deciding a round, paying for it, and closing a task
abstract contract AllianceFinalisation is AllianceDraw, AllianceJudgement {
    using MemberWords for MemberWord[];

    /// @inheritdoc IAllianceRounds
    function finalise(uint256 taskId, bytes32 candidate, uint32 harmful, uint32 rewarded)
        external
        nonReentrant
    {
        RoundState memory round = _tickedRound(taskId);
        _requirePhase(round, Phase.Tally);
        Pot memory pot = _potOf(taskId);
        ConfigWord config = _configs[taskId];
        RoundResult memory s;
        _gather(taskId, round, s);
        _decide(taskId, s, candidate, harmful, rewarded);
        _judge(s, pot.outages);
        _price(s, pot, config);
        uint256 due = _settleSeats(taskId, s, config);
        if (s.outcome == Outcome.Accepted) _models[taskId] = s.candidate;
        _emitFinalised(taskId, round.number, s, pot.pool);
        if (due != 0) _slashAll(taskId, round.number, s, due, pot, config.slashBps());
        if (s.all.someLeave()) _letGoLeaving(taskId, round.number, s, pot);
        _next(taskId, round, pot, config);
    }

    /// @inheritdoc IAllianceRounds
    function close(uint256 taskId) external nonReentrant {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        bool idle = round.phase == Phase.Waiting || round.phase == Phase.Seeded;
        if (!idle) _requirePhase(round, Phase.Ended);
        require(!idle || block.timestamp >= pot.endsAt, TaskHasNotEnded(pot.endsAt));
        ConfigWord config = _configs[taskId];
        uint256 left = pot.pool + config.keepersReserve() - uint256(pot.opened) * config.keeperFee();
        uint256 refund = RewardMath.refund(_entries[taskId].bounty, config.planned(), pot.decided, left);
        round.phase = Phase.Ended;
        _store(taskId, round);
        emit RoundsClosed(taskId, refund, left - refund);
        tasks.close(taskId, uint96(refund), uint96(left - refund), modelOf(taskId));
    }

    /// @inheritdoc IAllianceRounds
    function withdraw(uint256 taskId, address account) external nonReentrant {
        uint16 memberId = _memberIds[taskId][account];
        MemberWord word = _members[taskId][memberId];
        Ledger memory ledger = _ledgers[taskId][account];
        uint96 amount = ledger.owed + word.credit();
        require(amount != 0, NothingToWithdraw());
        if (word.credit() != 0) _members[taskId][memberId] = word.withoutCredit();
        _ledgers[taskId][account] = Ledger(ledger.earned + word.credit(), 0);
        emit Withdrawn(taskId, account, amount);
        tasks.pay(taskId, account, amount);
    }

    /// @inheritdoc IBoard
    function modelOf(uint256 taskId) public view returns (bytes32) {
        bytes32 model = _models[taskId];
        return model == _computing[taskId].initialModel ? bytes32(0) : model;
    }

    /// @inheritdoc IBoard
    function earnedOf(uint256 taskId, address account) external view returns (uint256) {
        uint96 credit = _members[taskId][_memberIds[taskId][account]].credit();
        return uint256(_ledgers[taskId][account].earned) + credit;
    }

    /// @inheritdoc IBoard
    function totalEarnedOf(uint256 taskId) external view returns (uint256) {
        Pot memory pot = _potOf(taskId);
        if (pot.opened == 0) return 0;
        return _entries[taskId].bounty - _configs[taskId].keepersReserve() - pot.pool;
    }

    // --- Inside ---

    /// @dev Writes every seat's credit and strikes.
    /// @return due Bitmap of the seats to slash.
    function _settleSeats(uint256 taskId, RoundResult memory s, ConfigWord config)
        private
        returns (uint256 due)
    {
        unchecked {
            // If nobody has a strike and nobody gets one, there is nothing to record.
            uint256 judged = s.struck == 0 && s.all.strikes() == 0 ? 0 : s.judged;
            (uint256 struck, uint256 paid, uint256 proposers) = (s.struck, s.paid, s.proposers);
            (MemberWord[] memory words, uint256 unit) = (s.words, s.proposerUnit);
            mapping(uint256 => MemberWord) storage members = _members[taskId];
            uint256 seats = words.length;
            for (uint256 seat = 0; seat < seats; ++seat) {
                MemberWord before = words.at(seat);
                MemberWord word = before;
                if (seat == proposers) unit = s.voterUnit;
                if (judged >> seat & 1 != 0) {
                    bool isDue;
                    uint256 limit = _keptBack(s, seat) ? 1 : config.strikeLimit();
                    (word, isDue) = _judged(word, struck >> seat & 1 != 0, config.strikeWindow(), limit);
                    if (isDue) due |= 1 << seat;
                }
                if (paid >> seat & 1 != 0) word = word.plusCredit(unit * word.weight());
                if (MemberWord.unwrap(word) != MemberWord.unwrap(before)) members[word.id()] = word;
            }
        }
    }

    /// @dev Whether a seat's vote was sealed and not revealed.
    function _keptBack(RoundResult memory s, uint256 seat) private pure returns (bool) {
        unchecked {
            if (seat < s.proposers) return false;
            uint256 shift = RoundClock.STATE_BITS * (seat - s.proposers);
            return s.voterStates >> shift & RoundClock.STATE == RoundClock.COMMITTED;
        }
    }

    /// @param limit How many strikes lead to a slash: one is enough for a sealed vote that was not revealed, as that
    /// buys another draw.
    /// @return word The member's word with one more judgement.
    /// @return isDue Whether a slash is due.
    function _judged(MemberWord before, bool isStruck, uint256 window, uint256 limit)
        private
        pure
        returns (MemberWord word, bool isDue)
    {
        if (!isStruck && before.strikes() == 0) return (before, false);
        uint256 strikes;
        (strikes, isDue) = StrikeMath.record(before.strikes(), isStruck, window, limit);
        word = before.withStrikes(strikes);
    }

    function _slashAll(
        uint256 taskId,
        uint16 number,
        RoundResult memory s,
        uint256 due,
        Pot memory pot,
        uint256 slashBps
    ) private {
        for (uint256 seat = 0; seat < s.words.length; ++seat) {
            if (due & (1 << seat) != 0) _slash(taskId, number, s.words[seat].id(), pot, slashBps);
        }
    }

    /// @dev Runs after the slashes, which need the stake.
    function _letGoLeaving(uint256 taskId, uint16 number, RoundResult memory s, Pot memory pot) private {
        for (uint256 seat = 0; seat < s.words.length; ++seat) {
            if (s.words[seat].state() != MemberState.Leaving) continue;
            uint16 memberId = s.words[seat].id();
            _delist(taskId, _members[taskId][memberId].position(), pot);
            _letGo(taskId, memberId, accountOf[taskId][memberId], number, pot.listed);
        }
    }

    /// @dev What is left of the stake sets the new weight, never a higher one. Below the minimum the member is taken
    /// off the list and its stake is released: it has paid, and no strike is left. A leaving member is about to go and
    /// keeps its weight until then.
    function _slash(uint256 taskId, uint16 number, uint16 memberId, Pot memory pot, uint256 slashBps)
        private
    {
        MemberWord word = _members[taskId][memberId];
        address account = accountOf[taskId][memberId];
        (uint256 gm, uint256 flock, uint256 left) = staking.slash(account, taskId, word.stake(), slashBps);
        emit MemberSlashed(taskId, number, memberId, gm, flock);
        if (word.state() == MemberState.Leaving) return;
        uint256 weight = StrikeMath.weightOf(left, _entries[taskId].minimumStake);
        if (weight == 0) {
            _delist(taskId, word.position(), pot);
            _release(taskId, memberId, account);
        } else if (weight < word.weight()) {
            _setListEntry(taskId, word.position(), memberId, weight);
            _members[taskId][memberId] = word.withWeight(weight);
        }
    }

    /// @dev Ends the rounds, waits for members, or goes on to the next draw: at once if all sealed votes were revealed.
    /// Otherwise the seed depends on a future block, so keeping votes back does not let anybody choose among seeds.
    function _next(uint256 taskId, RoundState memory round, Pot memory pot, ConfigWord config) private {
        bool over = pot.decided == config.planned() || pot.opened - pot.decided == config.planned()
            || block.timestamp >= pot.endsAt;
        uint256 needed = pot.minimumMembers;
        if (over) {
            round.phase = Phase.Ended;
        } else if (round.ballots != 0 && RoundClock.areAllOpen(round) && pot.eligible >= needed) {
            (round.phase, pot.blockNumber) = (Phase.Seeded, 0);
        } else if (pot.listed >= needed) {
            _nameSeed(taskId, round, pot);
            return;
        } else {
            round.phase = Phase.Waiting;
        }
        _store(taskId, pot);
        _store(taskId, round);
    }

    function _emitFinalised(uint256 taskId, uint16 number, RoundResult memory s, uint96 poolLeft) private {
        emit RoundFinalised(
            taskId,
            number,
            s.outcome,
            s.candidate,
            uint32(s.harmful),
            uint32(s.rewarded),
            uint32(s.attested),
            uint96(s.struck),
            uint96(s.judged),
            uint96(s.proposerUnit),
            uint96(s.voterUnit),
            poolLeft
        );
    }
}
