// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { IAllianceRounds, MemberState, Outcome, Phase } from "../interfaces/IAllianceRounds.sol";
import { Role } from "../interfaces/IStaking.sol";
import { TaskState } from "../interfaces/ITaskManager.sol";
import { Attestation } from "../libraries/Attestation.sol";
import { MemberWord } from "../libraries/MemberWord.sol";
import { RewardMath } from "../libraries/RewardMath.sol";
import { RoundClock, RoundState } from "../libraries/RoundClock.sol";
import { StrikeMath } from "../libraries/StrikeMath.sol";
import { VoteMath } from "../libraries/VoteMath.sol";
import { AllianceDraw } from "./AllianceDraw.sol";
import { AllianceStorage, Config, Pot } from "./AllianceStorage.sol";

/// @notice A round on its way through `finalise`. Sides are (ballot, sign) pairs: ballot · 2 + supports.
/// `good`, `struck` and `paid` are bitmaps by seat.
struct Settlement {
    uint256 proposers;
    uint256 seats;
    uint16[] ids;
    MemberWord[] words;
    uint256[] sides;
    uint256 present;
    uint256 drawnWeight;
    uint256 attestingWeight;
    uint256 revealedWeight;
    uint256 attested;
    uint256[] sideWeights;
    Outcome outcome;
    uint256 winningSide;
    bytes32 candidate;
    uint256 harmful;
    uint256 rewarded;
    uint256 struck;
    uint256 judged;
    uint256 paid;
    uint256 proposerUnit;
    uint256 voterUnit;
}

/// @title Deciding a round, paying for it, and the way out for the money
abstract contract AllianceSettlement is AllianceDraw, ReentrancyGuardTransient {
    /// @inheritdoc IAllianceRounds
    function finalise(uint256 taskId, bytes32 candidate, uint32 harmful, uint32 rewarded) external nonReentrant {
        RoundState memory round = _tickedRound(taskId);
        _requirePhase(round, Phase.Tally);
        Pot memory pot = _pots[taskId];
        Config memory config = _configs[taskId];
        Settlement memory s = _gather(taskId, round);
        _decide(taskId, round, s, candidate, harmful, rewarded);
        _judge(s);
        _price(s, pot, config);
        uint256 due = _settleSeats(taskId, s, config);
        _emitFinalised(taskId, round.number, s, pot.pool);
        if (due != 0) _slashAll(taskId, round.number, s, due, pot, config.slashBps);
        _payKeeper(taskId, pot, config.keeperFee);
        _next(taskId, round, pot, config);
    }

    /// @inheritdoc IAllianceRounds
    function close(uint256 taskId) external {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _pots[taskId];
        bool idle = round.phase == Phase.Waiting || round.phase == Phase.Seeded;
        if (!idle) _requirePhase(round, Phase.Ended);
        require(!idle || block.timestamp >= pot.endsAt, TaskHasNotEnded(pot.endsAt));
        uint256 refund =
            RewardMath.refund(_entries[taskId].bounty, _configs[taskId].planned, pot.opened, pot.pool);
        uint256 toTreasury = pot.pool - refund;
        round.phase = Phase.Ended;
        pot.pool = 0;
        _store(taskId, round);
        _pots[taskId] = pot;
        emit RoundsClosed(taskId, refund, toTreasury);
        tasks.close(taskId, uint96(refund), uint96(toTreasury));
    }

    /// @inheritdoc IAllianceRounds
    function withdraw(uint256 taskId, address account) external {
        uint16 memberId = _memberIds[taskId][account];
        MemberWord word = _members[taskId][memberId];
        uint96 amount = word.credit() + _keeperCredits[taskId][account];
        require(amount != 0, NothingToWithdraw());
        if (word.credit() != 0) _members[taskId][memberId] = word.withoutCredit();
        _keeperCredits[taskId][account] = 0;
        emit Withdrawn(taskId, account, amount);
        tasks.pay(taskId, account, amount);
    }

    // --- What happened ---

    /// @dev Reads the seats and sums the weights.
    function _gather(uint256 taskId, RoundState memory round) private view returns (Settlement memory s) {
        s.proposers = round.proposers;
        s.seats = uint256(round.proposers) + round.voters;
        s.ids = _loadSeats(taskId, s.seats);
        s.words = new MemberWord[](s.seats);
        s.sides = new uint256[](round.voters);
        s.sideWeights = new uint256[](2 * uint256(round.ballots));
        s.present = round.proposed;
        mapping(uint256 => MemberWord) storage members = _members[taskId];
        uint256 ballots;
        uint256 states = round.voterStates;
        for (uint256 seat = 0; seat < s.seats; ++seat) {
            MemberWord word = members[s.ids[seat]];
            s.words[seat] = word;
            if (seat < s.proposers) continue;
            uint256 voter = seat - s.proposers;
            if (voter % 32 == 0) ballots = _ballots[taskId][voter / 32];
            _countVoter(s, voter, states & 3, ballots & 0xff, word.weight());
            states >>= 2;
            ballots >>= 8;
        }
        if (s.attestingWeight != 0) s.attested = Attestation.attestedSet(_tallies[taskId], s.attestingWeight);
    }

    function _countVoter(Settlement memory s, uint256 voter, uint256 state, uint256 side, uint256 weight)
        private
        pure
    {
        s.drawnWeight += weight;
        if (state != 0) s.attestingWeight += weight;
        if (state != RoundClock.REVEALED) return;
        s.revealedWeight += weight;
        s.sides[voter] = side;
        s.sideWeights[side] += weight;
        s.present |= 1 << (s.proposers + voter);
    }

    // --- What it means ---

    /// @dev The caller's arguments only spell out the winning ballot; without a winner they are ignored.
    function _decide(
        uint256 taskId,
        RoundState memory round,
        Settlement memory s,
        bytes32 candidate,
        uint32 harmful,
        uint32 rewarded
    ) private view {
        uint256[] memory weights = new uint256[](round.ballots);
        for (uint256 i = 0; i < weights.length; ++i) {
            weights[i] = s.sideWeights[2 * i] + s.sideWeights[2 * i + 1];
        }
        uint256 winner = VoteMath.winner(weights, s.revealedWeight, s.drawnWeight);
        if (winner == VoteMath.NO_WINNER) return;
        require(
            _ballotKeys[taskId][winner] == VoteMath.ballotKey(candidate, harmful, rewarded), WrongPreimage()
        );
        s.candidate = candidate;
        s.harmful = harmful & s.attested;
        s.rewarded = rewarded & s.attested;
        if (candidate == 0 || candidate == _models[taskId]) return;
        s.outcome = VoteMath.outcome(s.sideWeights[2 * winner + 1], s.sideWeights[2 * winner]);
        s.winningSide = 2 * winner + (s.outcome == Outcome.Accepted ? 1 : 0);
    }

    /// @dev Sets who is judged, who is struck, and who shares in the pay.
    function _judge(Settlement memory s) private pure {
        uint256 all = (1 << s.seats) - 1;
        uint256 proposerSeats = (1 << s.proposers) - 1;
        uint256 absent = all & ~s.present;
        bool outage = VoteMath.isOutage(StrikeMath.count(absent & proposerSeats), s.proposers)
            || VoteMath.isOutage(StrikeMath.count(absent >> s.proposers), s.seats - s.proposers);
        bool decided = s.outcome != Outcome.Void;
        s.judged = (decided ? s.present : 0) | (outage ? 0 : absent);
        s.struck = outage ? 0 : absent;
        if (!decided) return;
        s.struck |= s.present & proposerSeats & ~s.attested;
        if (s.outcome == Outcome.Accepted) {
            s.struck |= s.present & s.harmful;
            s.paid = s.attested & s.rewarded & ~s.harmful;
        }
        for (uint256 voter = 0; voter < s.sides.length; ++voter) {
            uint256 bit = 1 << (s.proposers + voter);
            if (s.present & bit == 0) continue;
            uint256 side = s.sides[voter];
            if (VoteMath.isAgainst(s.sideWeights[side], s.revealedWeight)) s.struck |= bit;
            if (side == s.winningSide) s.paid |= bit;
        }
    }

    /// @dev Sets the units of pay and takes them from the pool; moves the running frequency.
    function _price(Settlement memory s, Pot memory pot, Config memory config) private pure {
        if (s.outcome == Outcome.Void) return;
        uint256 proposerWeight;
        for (uint256 seat = 0; seat < s.proposers; ++seat) {
            if (s.paid & (1 << seat) != 0) proposerWeight += s.words[seat].weight();
        }
        uint256 voterWeight = s.sideWeights[s.winningSide];
        (s.proposerUnit, s.voterUnit) = RewardMath.units(
            pot.pool, config.planned - pot.decided, s.outcome, pot.acceptSixteenths, proposerWeight, voterWeight
        );
        pot.pool -= uint96(s.proposerUnit * proposerWeight + s.voterUnit * voterWeight);
        pot.acceptSixteenths = uint8(RewardMath.nextSixteenths(pot.acceptSixteenths, s.outcome));
        pot.decided += 1;
    }

    // --- What it does ---

    /// @dev Writes every seat's credit and strikes.
    /// @return due bitmap of the seats to slash.
    function _settleSeats(uint256 taskId, Settlement memory s, Config memory config) private returns (uint256 due) {
        mapping(uint256 => MemberWord) storage members = _members[taskId];
        for (uint256 seat = 0; seat < s.seats; ++seat) {
            MemberWord word = s.words[seat];
            uint256 bit = 1 << seat;
            if (s.judged & bit != 0) {
                (uint256 strikes, bool slashed) = StrikeMath.record(
                    word.strikes(), s.struck & bit != 0, config.strikeWindow, config.strikeLimit
                );
                word = word.withStrikes(strikes);
                if (slashed) due |= bit;
            }
            if (s.paid & bit != 0) {
                uint256 unit = seat < s.proposers ? s.proposerUnit : s.voterUnit;
                word = word.plusCredit(unit * word.weight());
            }
            if (MemberWord.unwrap(word) != MemberWord.unwrap(s.words[seat])) members[s.ids[seat]] = word;
        }
        if (s.outcome == Outcome.Accepted) _models[taskId] = s.candidate;
    }

    function _slashAll(
        uint256 taskId,
        uint16 number,
        Settlement memory s,
        uint256 due,
        Pot memory pot,
        uint256 slashBps
    ) private {
        for (uint256 seat = 0; seat < s.seats; ++seat) {
            if (due & (1 << seat) != 0) _slash(taskId, number, s.ids[seat], pot, slashBps);
        }
    }

    /// @dev What is left of the stake sets the new weight, never a higher one; below the minimum the member is off
    /// the list and may leave.
    function _slash(uint256 taskId, uint16 number, uint16 memberId, Pot memory pot, uint256 slashBps) private {
        MemberWord word = _members[taskId][memberId];
        (uint256 gm, uint256 flock, uint256 left) = staking.slash(
            accountOf[taskId][memberId],
            taskId,
            Role.Member,
            StrikeMath.slashAmount(word.stake(), slashBps),
            msg.sender
        );
        uint256 weight = StrikeMath.weightOf(left, _entries[taskId].minimumStake);
        if (weight == 0) {
            _delist(taskId, word.position(), pot.listed);
            pot.listed -= 1;
            _members[taskId][memberId] = _members[taskId][memberId].withState(MemberState.Dropped);
        } else if (weight < word.weight()) {
            _setListEntry(taskId, word.position(), memberId, weight);
            _members[taskId][memberId] = word.withWeight(weight);
        }
        emit MemberSlashed(taskId, number, memberId, gm, flock);
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
        _pots[taskId] = pot;
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
