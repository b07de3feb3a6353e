// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome } from "flock/interfaces/IAllianceRounds.sol";
import { LockMath } from "flock/libraries/LockMath.sol";
import { PoolMath } from "flock/libraries/PoolMath.sol";
import { RewardMath } from "flock/libraries/RewardMath.sol";

/// @notice Claims that are slightly wrong: each must be refuted. Some use small numbers, so that a counterexample is
/// found soon.
contract FalseClaims {
    /// @dev The true factor is a hundredth above three.
    function check_gm_isAtMostThreeTimesTheAmount(uint96 amount, uint32 time) external pure {
        assert(LockMath.gmFor(amount, time) <= 3 * uint256(amount));
    }

    /// @dev A product of 257 bits: a panic, which must not count as a revert.
    function check_gm_ofAnyAmount_doesNotOverflow(uint256 amount) external pure {
        LockMath.gmFor(amount, 365 days);
    }

    function check_flock_upIsDown(uint16 flock, uint16 gm, uint16 all) external pure {
        if (all == 0 || gm > all) return;
        assert(LockMath.flockDown(flock, gm, all) == LockMath.flockUp(flock, gm, all));
    }

    /// @dev Sometimes it loses a wei more.
    function check_record_losesItsFractionExactly(uint8 amount, uint8 taken, uint8 gm) external pure {
        if (gm == 0 || taken > gm) return;
        uint256 factor = PoolMath.factorAfter(PoolMath.FULL, taken, gm);
        assert(PoolMath.current(amount, factor, PoolMath.FULL) * gm >= uint256(amount) * (gm - taken));
    }

    /// @dev With 70% for the proposers and 90% for the voters it can be everything.
    function check_pay_isLessThanThePool(uint96 pool, uint8 proposers, uint8 voters) external pure {
        if (pool == 0) return;
        (uint256 proposerUnit, uint256 voterUnit) =
            RewardMath.units(pool, 1, Outcome.Accepted, 1, proposers, voters);
        assert(proposerUnit * proposers + voterUnit * voters < pool);
    }
}
