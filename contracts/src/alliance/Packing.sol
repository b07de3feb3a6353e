// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Phase } from "../interfaces/IAllianceRounds.sol";
import { RoundState } from "../libraries/RoundClock.sol";

/// @notice What changes from round to round. `blockNumber` is the seed block while Seeded, then the block of the
/// draw. `listed` counts members on the list, `frozen` those of the current draw.
struct Pot {
    uint96 pool;
    uint16 opened;
    uint16 decided;
    uint8 acceptSixteenths;
    uint16 frozen;
    uint16 listed;
    uint40 blockNumber;
    uint40 endsAt;
}

/// @title The two hot structs of a task as one word each
/// @dev Solidity writes a packed struct field by field; written as one word, a round costs one store.
library Packing {
    function pack(RoundState memory round) internal pure returns (uint256) {
        return uint256(round.number) | uint256(round.phase) << 16 | uint256(round.endsAt) << 24
            | uint256(round.proposers) << 64 | uint256(round.voters) << 72 | uint256(round.ballots) << 80
            | uint256(round.proposed) << 88 | uint256(round.voterStates) << 120;
    }

    function unpackRound(uint256 word) internal pure returns (RoundState memory) {
        return RoundState({
            number: uint16(word),
            phase: Phase(uint8(word >> 16)),
            endsAt: uint40(word >> 24),
            proposers: uint8(word >> 64),
            voters: uint8(word >> 72),
            ballots: uint8(word >> 80),
            proposed: uint32(word >> 88),
            voterStates: uint128(word >> 120)
        });
    }

    function pack(Pot memory pot) internal pure returns (uint256) {
        return uint256(pot.pool) | uint256(pot.opened) << 96 | uint256(pot.decided) << 112
            | uint256(pot.acceptSixteenths) << 128 | uint256(pot.frozen) << 136 | uint256(pot.listed) << 152
            | uint256(pot.blockNumber) << 168 | uint256(pot.endsAt) << 208;
    }

    function unpackPot(uint256 word) internal pure returns (Pot memory) {
        return Pot({
            pool: uint96(word),
            opened: uint16(word >> 96),
            decided: uint16(word >> 112),
            acceptSixteenths: uint8(word >> 128),
            frozen: uint16(word >> 136),
            listed: uint16(word >> 152),
            blockNumber: uint40(word >> 168),
            endsAt: uint40(word >> 208)
        });
    }
}
