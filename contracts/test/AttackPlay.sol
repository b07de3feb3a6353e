// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome, Phase, RoundView, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { RewardMath } from "../src/libraries/RewardMath.sol";
import { RoundBooks } from "./RoundBooks.sol";
import { RoundGhost } from "./RoundGhost.sol";

enum Move {
    JoinedEarly,
    StartRefused,
    Drew,
    Finalised,
    StayedAway,
    ProposedJunk,
    VotedAgainst,
    Withheld,
    DidItsDuty,
    ToppedUp,
    BackedLate,
    WasSlashed,
    WasSlashedOut,
    LeftShort,
    TookRetainedStake,
    CameBack,
    CameUnderAnotherName,
    ServedItsTime,
    Poked,
    PokedWhatStands,
    LockedShorter,
    Redeemed,
    HonestBacked,
    TookBack,
    Funded,
    Refunded,
    Withdrew,
    Ended
}

/// @notice Rounds of honest members, who always do their duty, and an attacker's accounts, which may not; and what the
/// attacker's would have been paid had they done it.
abstract contract AttackPlay is RoundGhost {
    /// @dev Members 0 to 3 are the attacker's accounts, of which at most TOGETHER are on the list at a time; 4 to 11
    /// are honest; 12 is the attacker's purse, 13 an honest delegator.
    uint256 public constant SYBILS = 4;
    uint256 public constant HONEST = 8;
    uint256 internal constant TOGETHER = 2;
    uint256 internal constant PROPOSERS = 3;
    uint256 internal constant VOTERS = 5;
    uint256 internal constant HONEST_STAKE = 4 * uint256(MINIMUM_STAKE);

    address public immutable purse = member(SYBILS + HONEST);
    address public immutable delegator = member(SYBILS + HONEST + 1);

    mapping(Move => uint256) public made;
    /// @notice What the attacker's seats would have been paid by honest work, and what its draws were paid.
    mapping(uint256 taskId => uint256) public honestPay;
    mapping(uint256 taskId => uint256) public fees;
    /// @dev In the current round: which proposals are junk, and whether all of the attacker's seats did their duty.
    uint32 internal _junk;
    bool internal _isDutiful;

    constructor() RoundBooks(SYBILS + HONEST + 2) { }

    /// @dev Something that can be done at any time, by somebody who sees what is about to happen.
    function _someMove(uint256 taskId, uint256 r) internal virtual;

    // --- A round ---

    /// @dev Anybody can, once it is time.
    function _start(uint256 taskId) internal {
        uint256 startsAt = tasks.taskOf(taskId).startsAt;
        if (time < startsAt) _pass(startsAt - time, 1);
        vm.prank(purse);
        rounds.start(taskId);
        _freeze(taskId);
    }

    function _waitForSeed(uint256 taskId, uint256 seedBlock) internal {
        if (seedBlock == 0) return;
        if (height > seedBlock + READABLE_BLOCKS) {
            rounds.reseed(taskId);
            _freeze(taskId);
        }
        _pass(0, 3);
    }

    function _playToTally(uint256 taskId, uint256 r) internal {
        (_junk, _isDutiful) = (0, true);
        RoundView memory round = view_(taskId);
        for (uint256 seat = 0; seat < PROPOSERS; ++seat) {
            _proposeAs(taskId, round, seat);
        }
        _endPhase(taskId, Phase.Propose);
        _someMove(taskId, uint256(keccak256(abi.encode(r, "attest"))));
        round = view_(taskId);
        for (uint256 voter = 0; voter < VOTERS; ++voter) {
            _attestAs(taskId, round, voter);
        }
        _endPhase(taskId, Phase.Attest);
        for (uint256 voter = 0; voter < VOTERS; ++voter) {
            if (_hasAttested(taskId, voter)) _commitAs(taskId, round, voter);
        }
        _endPhase(taskId, Phase.Commit);
        _someMove(taskId, uint256(keccak256(abi.encode(r, "reveal"))));
        _revealAll(taskId);
        _endPhase(taskId, Phase.Reveal);
    }

    /// @dev Everything a round pays goes to somebody, so the pool does not depend on what the attacker does.
    function _finaliseAndBook(uint256 taskId) internal {
        RoundView memory round = view_(taskId);
        uint256 before = _earned(taskId);
        uint256[SYBILS] memory stakes = _stakes(taskId);
        bool isKeeper = dice & 4 == 0;
        _finalise(taskId, round, isKeeper ? purse : keeper);
        if (isKeeper) ++made[Move.Finalised];
        assertEq(view_(taskId).decided, round.decided + 1, "honest members did not decide a round");
        uint256 due = _payOfDuty(round, view_(taskId).model != round.model);
        honestPay[taskId] += due;
        for (uint256 i = 0; i < SYBILS; ++i) {
            uint256 left = staking.allocationOf(member(i), taskId).gm;
            if (left == stakes[i]) continue;
            ++made[left < MINIMUM_STAKE ? Move.WasSlashedOut : Move.WasSlashed];
        }
        if (!_isDutiful || due == 0) return;
        assertEq(_earned(taskId) - before, due, "paid for doing its duty");
        ++made[Move.DidItsDuty];
    }

    // --- Who does what ---

    function _endPhase(uint256 taskId, Phase phase) private {
        RoundView memory round = view_(taskId);
        if (round.phase == phase) _pass(round.endsAt - time, 1);
    }

    function _proposeAs(uint256 taskId, RoundView memory round, uint256 seat) private {
        if (_isSybil(round.accounts[seat])) {
            uint256 mood = _mood(seat);
            if (mood < 3) return _stayAway();
            if (mood < 6) {
                _junk |= uint32(1 << seat);
                _isDutiful = false;
                ++made[Move.ProposedJunk];
            }
        }
        propose(taskId, 1 << seat);
    }

    /// @dev The attacker attests to everything, to nothing, or only to its own proposals.
    function _attestAs(uint256 taskId, RoundView memory round, uint256 voter) private {
        uint32 bitmap = round.proposed;
        if (_isSybil(round.accounts[PROPOSERS + voter])) {
            uint256 mood = _mood(8 + voter);
            if (mood == 0) return _stayAway();
            if (mood == 1) bitmap = 0;
            if (mood == 2) bitmap &= _ownSeats(round);
        }
        attest(taskId, 1 << voter, bitmap);
        _noteAttestation(taskId, voter, bitmap);
    }

    function _commitAs(uint256 taskId, RoundView memory round, uint256 voter) private {
        Vote memory vote = _truth(taskId, round, voter);
        if (_isSybil(round.accounts[PROPOSERS + voter])) {
            uint256 mood = _mood(16 + voter);
            if (mood == 0) return _stayAway();
            if (mood < 4) {
                _isDutiful = false;
                ++made[Move.VotedAgainst];
            }
            if (mood == 1) vote.support = !vote.support;
            if (mood == 2) vote.candidate = keccak256("a lie");
            if (mood == 3) {
                (vote.harmful, vote.rewarded) = (round.proposed & ~_ownSeats(round), _ownSeats(round));
            }
        }
        commit(taskId, vote);
        _noteVote(taskId, voter, vote);
    }

    function _revealAll(uint256 taskId) private {
        RoundView memory round = view_(taskId);
        for (uint256 voter = 0; voter < VOTERS; ++voter) {
            if ((round.voterStates >> 2 * voter) & 3 != 2) continue;
            if (_isSybil(round.accounts[PROPOSERS + voter]) && _mood(24 + voter) < 3) {
                _isDutiful = false;
                ++made[Move.Withheld];
                continue;
            }
            _fixSeed(taskId, round, voter);
            rounds.revealVotes(taskId, round.number, _votesOf(taskId, voter));
            _noteReveal(taskId, voter);
        }
    }

    /// @dev What honest voters find: junk is harmful, everything else is rewarded.
    function _truth(uint256 taskId, RoundView memory round, uint256 voter)
        private
        view
        returns (Vote memory vote)
    {
        vote.seat = uint8(PROPOSERS + voter);
        vote.candidate = keccak256(abi.encode("model", taskId, round.number));
        vote.harmful = _junk;
        vote.rewarded = round.proposed & ~_junk;
        vote.support = (dice >> 200) % 4 != 0;
        vote.salt = keccak256(abi.encode(dice, voter));
    }

    /// @dev What the attacker's seats would have been paid, had all of them done what honest members do.
    function _payOfDuty(RoundView memory round, bool isAccepted) private pure returns (uint256) {
        uint256[2] memory own;
        uint256[2] memory all;
        for (uint256 seat = 0; seat < PROPOSERS + VOTERS; ++seat) {
            uint256 role = seat < PROPOSERS ? 0 : 1;
            all[role] += round.weights[seat];
            if (_isSybil(round.accounts[seat])) own[role] += round.weights[seat];
        }
        (uint256 proposerUnit, uint256 voterUnit) = RewardMath.units(
            round.pool,
            round.planned - round.decided,
            isAccepted ? Outcome.Accepted : Outcome.Rejected,
            round.acceptSixteenths,
            all[0],
            all[1]
        );
        return proposerUnit * own[0] + voterUnit * own[1];
    }

    function _stayAway() private {
        _isDutiful = false;
        ++made[Move.StayedAway];
    }

    function _isSybil(address account) internal pure returns (bool) {
        for (uint256 i = 0; i < SYBILS; ++i) {
            if (account == member(i)) return true;
        }
        return false;
    }

    function _ownSeats(RoundView memory round) private pure returns (uint32 seats) {
        for (uint256 seat = 0; seat < PROPOSERS; ++seat) {
            if (_isSybil(round.accounts[seat])) seats |= uint32(1 << seat);
        }
        return seats & round.proposed;
    }

    function _earned(uint256 taskId) private view returns (uint256 sum) {
        for (uint256 i = 0; i < SYBILS; ++i) {
            sum += rounds.earnedOf(taskId, member(i));
        }
    }

    function _stakes(uint256 taskId) private view returns (uint256[SYBILS] memory stakes) {
        for (uint256 i = 0; i < SYBILS; ++i) {
            stakes[i] = staking.allocationOf(member(i), taskId).gm;
        }
    }

    function _mood(uint256 index) private view returns (uint256) {
        return (dice >> 8 + 4 * index) & 15;
    }
}
