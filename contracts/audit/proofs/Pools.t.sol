// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { PoolMath } from "flock/libraries/PoolMath.sol";

/// @notice Slashes of pools, for every stake below 2^96 and every possible factor, unless stated otherwise.
contract PoolProofs {
    uint256 private constant BPS = 10_000;
    /// @dev gmFLOCK for the whole capped supply, 10^27 wei, locked for a year.
    uint256 private constant MOST_GM = 3.01e27;

    function check_factor_neverRises(uint120 factor, uint96 taken, uint96 gm) external pure {
        if (gm == 0 || taken > gm) return;
        assert(PoolMath.factorAfter(factor, taken, gm) <= factor);
    }

    function check_factor_fallsFurtherTheMoreIsTaken(uint120 factor, uint96 less, uint96 more, uint96 gm)
        external
        pure
    {
        if (gm == 0 || more > gm || less > more) return;
        assert(PoolMath.factorAfter(factor, more, gm) <= PoolMath.factorAfter(factor, less, gm));
    }

    function check_record_neverRisesByASlash(
        uint96 amount,
        uint120 then,
        uint120 factor,
        uint96 taken,
        uint96 gm
    ) external pure {
        if (gm == 0 || taken > gm || then == 0 || factor > then || then > PoolMath.FULL) return;
        uint256 before = PoolMath.current(amount, factor, then);
        uint256 afterwards = PoolMath.current(amount, PoolMath.factorAfter(factor, taken, gm), then);
        assert(afterwards <= before && before <= amount);
    }

    /// @dev All records of one moment: their sum stays within what the pool has.
    function check_records_areCoveredAfterASlash(uint96 a, uint96 b, uint120 factor, uint96 taken)
        external
        pure
    {
        uint256 gm = uint256(a) + b;
        if (gm == 0 || gm > type(uint96).max || taken > gm || factor == 0 || factor > PoolMath.FULL) return;
        uint256 afterwards = PoolMath.factorAfter(factor, taken, gm);
        uint256 said = PoolMath.current(a, afterwards, factor) + PoolMath.current(b, afterwards, factor);
        assert(said <= gm - taken);
    }

    /// @dev A record written at a factor that accepts deposits, at any later factor: it keeps at least its fraction of
    /// what it had, less two wei.
    function check_record_losesItsFractionAndTwoWeiAtMost(
        uint96 amount,
        uint120 then,
        uint120 factor,
        uint96 taken,
        uint96 gm
    ) external pure {
        if (then < PoolMath.WORN || then > PoolMath.FULL || factor > then) return;
        if (gm == 0 || taken > gm || amount > MOST_GM) return;
        uint256 before = PoolMath.current(amount, factor, then);
        uint256 afterwards = PoolMath.current(amount, PoolMath.factorAfter(factor, taken, gm), then);
        assert((afterwards + 2) * gm >= before * (gm - taken));
    }

    function check_split_takesOfOwnStakeTheFractionRoundedUp(uint96 own, uint96 atLeast, uint16 bps)
        external
        pure
    {
        if (bps > BPS) return;
        (uint256 taken,) = PoolMath.split(own, atLeast, 0, 0, bps);
        uint256 base = own > atLeast ? own : atLeast;
        assert(taken <= own);
        assert(taken * BPS < base * bps + BPS);
        assert(taken == own || taken * BPS >= base * bps);
    }

    function check_split_takesOfThePoolTheFractionOfWhatIsAtStakeRoundedUp(
        uint96 own,
        uint96 delegated,
        uint8 ratio,
        uint16 bps
    ) external pure {
        if (bps > BPS) return;
        (, uint256 taken) = PoolMath.split(own, 0, delegated, ratio, bps);
        uint256 atStake = PoolMath.atStake(delegated, own, ratio);
        assert(taken <= delegated);
        assert(taken * BPS >= atStake * bps);
        assert(taken * BPS < atStake * bps + BPS);
    }

    function check_split_withoutOwnStake_takesNothing(
        uint96 atLeast,
        uint96 delegated,
        uint8 ratio,
        uint16 bps
    ) external pure {
        (uint256 fromOwn, uint256 fromPool) = PoolMath.split(0, atLeast, delegated, ratio, bps);
        assert(fromOwn == 0 && fromPool == 0);
    }
}
