// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Phase } from "../interfaces/IAllianceRounds.sol";
import { RoundState } from "../libraries/RoundClock.sol";

/// @notice A RoundState as stored. From the lowest bit: number 16 | phase 4 | endsAt 32 | proposers 6 | voters 6 |
/// ballots 6 | proposed 32 | voterStates 126 | seedBlock 28 (its low bits).
type RoundWord is uint256;

/// @notice A Pot as stored. From the lowest bit: pool 96 | opened 16 | decided 16 | acceptSixteenths 8 | eligible 16 |
/// listed 16 | outages 8 | blockNumber 32 | endsAt 32 | minimumMembers 16.
type PotWord is uint256;

using Packing for RoundWord global;
using Packing for PotWord global;

/// @notice What changes from round to round. `pool` is what is left of the bounty for rounds, without the keepers'
/// reserve. `blockNumber` is the seed block while Seeded, or 0 if the seed is known already; afterwards the block of
/// the draw. `listed` counts the members on the list; its first `eligible` are in the next draw. `outages` counts the
/// rounds with an outage since the last that was decided without one. `endsAt` and `minimumMembers` are the task's.
struct Pot {
    uint96 pool;
    uint16 opened;
    uint16 decided;
    uint8 acceptSixteenths;
    uint16 eligible;
    uint16 listed;
    uint8 outages;
    uint32 blockNumber;
    uint32 endsAt;
    uint16 minimumMembers;
}

/// @title The two hot structs of a task as one word each
/// @dev Solidity writes a packed struct field by field; as one word, a round costs one store.
library Packing {
    uint256 private constant PHASE_AT = 16;
    uint256 private constant ENDS_AT = 20;
    uint256 private constant PROPOSERS_AT = 52;
    uint256 private constant VOTERS_AT = 58;
    uint256 private constant BALLOTS_AT = 64;
    uint256 private constant PROPOSED_AT = 70;
    uint256 private constant VOTER_STATES_AT = 102;
    uint256 private constant SEED_BLOCK_AT = 228;
    uint256 private constant FOUR_BITS = 0xf;
    uint256 private constant SIX_BITS = 0x3f;
    uint256 private constant VOTER_STATES = (1 << 126) - 1;
    /// @dev A block is stored by the low 28 bits of its number, which are enough relative to the current block.
    uint256 private constant BLOCKS = 1 << 28;

    uint256 private constant OPENED_AT = 96;
    uint256 private constant DECIDED_AT = 112;
    uint256 private constant SIXTEENTHS_AT = 128;
    uint256 private constant ELIGIBLE_AT = 136;
    uint256 private constant LISTED_AT = 152;
    uint256 private constant OUTAGES_AT = 168;
    uint256 private constant BLOCK_AT = 176;
    uint256 private constant LAST_AT = 208;
    uint256 private constant MINIMUM_AT = 240;

    function pack(RoundState memory round) internal pure returns (RoundWord) {
        return RoundWord.wrap(
            uint256(round.number) | uint256(round.phase) << PHASE_AT | uint256(uint32(round.endsAt))
                << ENDS_AT | uint256(round.proposers) << PROPOSERS_AT | uint256(round.voters) << VOTERS_AT
                | uint256(round.ballots) << BALLOTS_AT | uint256(round.proposed) << PROPOSED_AT
                | uint256(round.voterStates) << VOTER_STATES_AT | uint256(round.seedBlock) << SEED_BLOCK_AT
        );
    }

    function unpack(RoundWord packed) internal view returns (RoundState memory) {
        uint256 word = RoundWord.unwrap(packed);
        return RoundState({
            number: uint16(word),
            phase: Phase(word >> PHASE_AT & FOUR_BITS),
            endsAt: uint32(word >> ENDS_AT),
            proposers: uint8(word >> PROPOSERS_AT & SIX_BITS),
            voters: uint8(word >> VOTERS_AT & SIX_BITS),
            ballots: uint8(word >> BALLOTS_AT & SIX_BITS),
            proposed: uint32(word >> PROPOSED_AT),
            voterStates: uint128(word >> VOTER_STATES_AT & VOTER_STATES),
            seedBlock: uint40(_latestBlock(word >> SEED_BLOCK_AT))
        });
    }

    function pack(Pot memory pot) internal pure returns (PotWord) {
        return PotWord.wrap(
            uint256(pot.pool) | uint256(pot.opened) << OPENED_AT | uint256(pot.decided) << DECIDED_AT
                | uint256(pot.acceptSixteenths) << SIXTEENTHS_AT | uint256(pot.eligible) << ELIGIBLE_AT
                | uint256(pot.listed) << LISTED_AT | uint256(pot.outages) << OUTAGES_AT
                | uint256(pot.blockNumber) << BLOCK_AT | uint256(pot.endsAt) << LAST_AT
                | uint256(pot.minimumMembers) << MINIMUM_AT
        );
    }

    function unpack(PotWord packed) internal pure returns (Pot memory) {
        uint256 word = PotWord.unwrap(packed);
        return Pot({
            pool: uint96(word),
            opened: uint16(word >> OPENED_AT),
            decided: uint16(word >> DECIDED_AT),
            acceptSixteenths: uint8(word >> SIXTEENTHS_AT),
            eligible: uint16(word >> ELIGIBLE_AT),
            listed: uint16(word >> LISTED_AT),
            outages: uint8(word >> OUTAGES_AT),
            blockNumber: uint32(word >> BLOCK_AT),
            endsAt: uint32(word >> LAST_AT),
            minimumMembers: uint16(word >> MINIMUM_AT)
        });
    }

    /// @dev The latest block, the next one included, whose number has these low bits.
    function _latestBlock(uint256 lowBits) private view returns (uint256) {
        unchecked {
            uint256 next = block.number + 1;
            return next - (next - lowBits) % BLOCKS;
        }
    }
}
