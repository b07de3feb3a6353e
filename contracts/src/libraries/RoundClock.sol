// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Phase } from "../interfaces/IAllianceRounds.sol";

/// @notice The state of a task that changes most. `proposed` is a bitmap by seat; `voterStates` has two bits per voter:
/// 0 none, 1 attested, 2 committed, 3 revealed; `ballots` counts the distinct ballots revealed. `seedBlock` is the
/// block after the last sealed vote, only meaningful once there is one.
struct RoundState {
    uint16 number;
    Phase phase;
    uint40 endsAt;
    uint8 proposers;
    uint8 voters;
    uint8 ballots;
    uint32 proposed;
    uint128 voterStates;
    uint40 seedBlock;
}

/// @notice The length of each phase, in seconds.
struct Durations {
    uint24 propose;
    uint24 attest;
    uint24 commit;
    uint24 reveal;
}

/// @title The one place that moves a round from phase to phase
library RoundClock {
    uint256 internal constant ATTESTED = 1;
    uint256 internal constant COMMITTED = 2;
    uint256 internal constant REVEALED = 3;
    /// @notice A voter's state in `voterStates`.
    uint256 internal constant STATE = 3;
    uint256 internal constant STATE_BITS = 2;

    /// @dev The low and the high bits of all voters' states.
    uint256 private constant LOW = 0x55555555555555555555555555555555;
    uint256 private constant HIGH = 0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;

    /// @notice Whether the phase has a deadline.
    function isTimed(Phase phase) internal pure returns (bool) {
        return phase >= Phase.Propose && phase <= Phase.Reveal;
    }

    /// @notice Whether `tick` would move the round.
    function isDue(RoundState memory round, uint256 time) internal pure returns (bool) {
        return isTimed(round.phase) && time >= round.endsAt;
    }

    /// @notice Moves `round` (in place) past every deadline up to `time`. A phase in which nobody acted leads straight
    /// to Tally. Each phase starts at the deadline of the one before, however late the call.
    function tick(RoundState memory round, Durations memory durations, uint256 time) internal pure {
        while (isDue(round, time)) _advance(round, durations, round.endsAt);
    }

    /// @notice Ends the phase (in place) if nobody is left to act in it.
    function advanceIfComplete(RoundState memory round, Durations memory durations, uint256 time)
        internal
        pure
    {
        if (isComplete(round)) _advance(round, durations, time);
    }

    /// @notice Whether everybody who can act in this phase has.
    function isComplete(RoundState memory round) internal pure returns (bool) {
        uint256 states = round.voterStates;
        if (round.phase == Phase.Propose) return round.proposed == (1 << round.proposers) - 1;
        if (round.phase == Phase.Attest) {
            return (states | states >> 1) & LOW == LOW & ((1 << 2 * round.voters) - 1);
        }
        if (round.phase == Phase.Commit) return states & LOW & ~(states >> 1) == 0;
        if (round.phase == Phase.Reveal) return areAllOpen(round);
        return false;
    }

    /// @notice Whether votes are sealed and none is revealed: the next seed depends on the block that was named.
    function awaitsReveals(RoundState memory round) internal pure returns (bool) {
        bool inTime = round.phase == Phase.Commit || round.phase == Phase.Reveal;
        return inTime && round.ballots == 0 && round.voterStates & HIGH != 0;
    }

    /// @notice Whether every sealed vote was revealed.
    function areAllOpen(RoundState memory round) internal pure returns (bool) {
        uint256 states = round.voterStates;
        return (states >> 1) & LOW & ~states == 0;
    }

    /// @notice The two bits of one voter.
    function stateOf(RoundState memory round, uint256 voter) internal pure returns (uint256) {
        return (round.voterStates >> STATE_BITS * voter) & STATE;
    }

    /// @notice Raises one voter's state (in place).
    function setState(RoundState memory round, uint256 voter, uint256 state) internal pure {
        uint256 shift = STATE_BITS * voter;
        round.voterStates = uint128((round.voterStates & ~(STATE << shift)) | (state << shift));
    }

    function _advance(RoundState memory round, Durations memory durations, uint256 from) private pure {
        Phase ended = round.phase;
        uint256 time;
        if (ended == Phase.Propose && round.proposed != 0) time = durations.attest;
        else if (ended == Phase.Attest && round.voterStates != 0) time = durations.commit;
        else if (ended == Phase.Commit && round.voterStates & HIGH != 0) time = durations.reveal;
        if (time == 0) {
            round.phase = Phase.Tally;
        } else {
            round.phase = Phase(uint8(ended) + 1);
            round.endsAt = uint40(from + time);
        }
    }
}
