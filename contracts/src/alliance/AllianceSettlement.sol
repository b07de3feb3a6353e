// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAllianceRounds, MemberState, Outcome, Phase } from "../interfaces/IAllianceRounds.sol";
import { Role } from "../interfaces/IStaking.sol";
import { MemberWord, MemberWords } from "../libraries/MemberWord.sol";
import { RewardMath } from "../libraries/RewardMath.sol";
import { RoundState } from "../libraries/RoundClock.sol";
import { StrikeMath } from "../libraries/StrikeMath.sol";
import { AllianceDraw } from "./AllianceDraw.sol";
import { AllianceJudgement, Settlement } from "./AllianceJudgement.sol";
import { Config } from "./AllianceStorage.sol";
import { Pot } from "./Packing.sol";

/// @title Deciding a round, paying for it, and the way out for the money
abstract contract AllianceSettlement is AllianceDraw, AllianceJudgement {
    using MemberWords for MemberWord[];

    /// @inheritdoc IAllianceRounds
    function finalise(uint256 taskId, bytes32 candidate, uint32 harmful, uint32 rewarded)
        external
        nonReentrant
    {
        RoundState memory round = _tickedRound(taskId);
        _requirePhase(round, Phase.Tally);
        Pot memory pot = _potOf(taskId);
        Config memory config = _configs[taskId];
        Settlement memory s;
        _gather(taskId, round, s);
        _decide(taskId, s, candidate, harmful, rewarded);
        _judge(s);
        _price(s, pot, config);
        (uint256 due, bool someLeave) = _settleSeats(taskId, s, config);
        if (s.outcome == Outcome.Accepted) _models[taskId] = s.candidate;
        _emitFinalised(taskId, round.number, s, pot.pool);
        if (due != 0) _slashAll(taskId, round.number, s, due, pot, config.slashBps);
        if (someLeave) _releaseLeaving(taskId, s, pot);
        _payKeeper(taskId, pot, config.keeperFee);
        _next(taskId, round, pot, config);
    }

    /// @inheritdoc IAllianceRounds
    function close(uint256 taskId) external {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        bool idle = round.phase == Phase.Waiting || round.phase == Phase.Seeded;
        if (!idle) _requirePhase(round, Phase.Ended);
        require(!idle || block.timestamp >= pot.endsAt, TaskHasNotEnded(pot.endsAt));
        uint256 refund =
            RewardMath.refund(_entries[taskId].bounty, _configs[taskId].planned, pot.opened, pot.pool);
        uint256 toTreasury = pot.pool - refund;
        round.phase = Phase.Ended;
        pot.pool = 0;
        _store(taskId, round);
        _store(taskId, pot);
        emit RoundsClosed(taskId, refund, toTreasury);
        tasks.close(taskId, uint96(refund), uint96(toTreasury));
    }

    /// @inheritdoc IAllianceRounds
    function withdraw(uint256 taskId, address account) external nonReentrant {
        uint16 memberId = _memberIds[taskId][account];
        MemberWord word = _members[taskId][memberId];
        uint96 amount = word.credit() + _keeperCredits[taskId][account];
        require(amount != 0, NothingToWithdraw());
        if (word.credit() != 0) _members[taskId][memberId] = word.withoutCredit();
        _keeperCredits[taskId][account] = 0;
        emit Withdrawn(taskId, account, amount);
        tasks.pay(taskId, account, amount);
    }

    // --- What it does ---

    /// @dev Writes every seat's credit and strikes.
    /// @return due bitmap of the seats to slash.
    /// @return someLeave whether any of the seated asked to leave.
    function _settleSeats(uint256 taskId, Settlement memory s, Config memory config)
        private
        returns (uint256 due, bool someLeave)
    {
        unchecked {
            MemberWord all;
            mapping(uint256 => MemberWord) storage members = _members[taskId];
            (uint256 judged, uint256 struck, uint256 paid) = (s.judged, s.struck, s.paid);
            (MemberWord[] memory words, uint256 unit) = (s.words, s.proposerUnit);
            uint256 seats = words.length;
            for (uint256 seat = 0; seat < seats; ++seat) {
                MemberWord before = words.at(seat);
                MemberWord word = before;
                all = all.or(before);
                if (seat == s.proposers) unit = s.voterUnit;
                if (judged & 1 != 0 && (struck & 1 != 0 || word.strikes() != 0)) {
                    (uint256 strikes, bool slashed) = StrikeMath.record(
                        word.strikes(), struck & 1 != 0, config.strikeWindow, config.strikeLimit
                    );
                    word = word.withStrikes(strikes);
                    if (slashed) due |= 1 << seat;
                }
                if (paid & 1 != 0) word = word.plusCredit(unit * word.weight());
                if (MemberWord.unwrap(word) != MemberWord.unwrap(before)) members[word.id()] = word;
                judged >>= 1;
                struck >>= 1;
                paid >>= 1;
            }
            someLeave = all.someLeave();
        }
    }

    function _slashAll(
        uint256 taskId,
        uint16 number,
        Settlement memory s,
        uint256 due,
        Pot memory pot,
        uint256 slashBps
    ) private {
        for (uint256 seat = 0; seat < s.words.length; ++seat) {
            if (due & (1 << seat) != 0) _slash(taskId, number, s.words[seat].id(), pot, slashBps);
        }
    }

    /// @dev After the slashes, which must find the stake, and before the list is frozen again.
    function _releaseLeaving(uint256 taskId, Settlement memory s, Pot memory pot) private {
        for (uint256 seat = 0; seat < s.words.length; ++seat) {
            if (s.words[seat].state() != MemberState.Leaving) continue;
            uint16 memberId = s.words[seat].id();
            _delist(taskId, _members[taskId][memberId].position(), pot);
            _release(taskId, memberId, accountOf[taskId][memberId]);
        }
    }

    /// @dev What is left of the stake sets the new weight, never a higher one; below the minimum the member is off
    /// the list and may leave. A leaving member is about to be gone, and keeps its weight till then.
    function _slash(uint256 taskId, uint16 number, uint16 memberId, Pot memory pot, uint256 slashBps)
        private
    {
        MemberWord word = _members[taskId][memberId];
        (uint256 gm, uint256 flock, uint256 left) = staking.slash(
            accountOf[taskId][memberId],
            taskId,
            Role.Member,
            StrikeMath.slashAmount(word.stake(), slashBps),
            msg.sender
        );
        emit MemberSlashed(taskId, number, memberId, gm, flock);
        if (word.state() == MemberState.Leaving) return;
        uint256 weight = StrikeMath.weightOf(left, _entries[taskId].minimumStake);
        if (weight == 0) {
            _delist(taskId, word.position(), pot);
            _members[taskId][memberId] = _members[taskId][memberId].withState(MemberState.Dropped);
        } else if (weight < word.weight()) {
            _setListEntry(taskId, word.position(), memberId, weight);
            _members[taskId][memberId] = word.withWeight(weight);
        }
    }

    /// @dev Ends the rounds, waits for members, or freezes the list for the next draw.
    function _next(uint256 taskId, RoundState memory round, Pot memory pot, Config memory config) private {
        bool over = pot.decided == config.planned || pot.opened == 2 * uint256(config.planned)
            || block.timestamp >= pot.endsAt;
        if (!over && pot.listed >= uint256(config.proposers) + config.voters) {
            _nameSeed(taskId, round, pot);
            return;
        }
        round.phase = over ? Phase.Ended : Phase.Waiting;
        _store(taskId, pot);
        _store(taskId, round);
    }

    function _emitFinalised(uint256 taskId, uint16 number, Settlement memory s, uint96 poolLeft) private {
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
