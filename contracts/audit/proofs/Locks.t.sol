// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { LockMath } from "flock/libraries/LockMath.sol";

/// @notice What a lock is worth, for every amount below 2^96 wei and every time below 2^32 seconds.
contract LockProofs {
    function check_gm_risesWithTheAmount(uint96 less, uint96 more, uint32 time) external pure {
        if (less > more) return;
        assert(LockMath.gmFor(less, time) <= LockMath.gmFor(more, time));
    }

    function check_gm_risesWithTime(uint96 amount, uint32 less, uint32 more) external pure {
        if (less > more) return;
        assert(LockMath.gmFor(amount, less) <= LockMath.gmFor(amount, more));
    }

    /// @dev In a year 1 + 2.19 · 335 / 365.
    function check_gm_isFromOnceTo301HundredthsOfTheAmount(uint96 amount, uint32 time) external pure {
        uint256 gm = LockMath.gmFor(amount, time);
        assert(amount <= gm);
        assert(100 * gm <= 301 * uint256(amount));
    }

    function check_gm_ofTwoParts_isNoMoreThanThatOfTheWhole(uint96 a, uint96 b, uint32 time) external pure {
        assert(LockMath.gmFor(a, time) + LockMath.gmFor(b, time) <= LockMath.gmFor(uint256(a) + b, time));
    }

    function check_flock_upIsDownOrAWeiMore(uint96 flock, uint96 gm, uint96 all) external pure {
        if (all == 0 || gm > all) return;
        uint256 down = LockMath.flockDown(flock, gm, all);
        uint256 up = LockMath.flockUp(flock, gm, all);
        assert(down <= up && up <= down + 1);
        assert(up <= flock);
    }

    function check_flock_allOfTheGm_takesAllOfIt(uint96 flock, uint96 all) external pure {
        if (all == 0) return;
        assert(LockMath.flockDown(flock, all, all) == flock);
        assert(LockMath.flockUp(flock, all, all) == flock);
    }

    /// @dev (flock − down) / (all − gm) ≥ flock / all, without the fractions.
    function check_flock_whatStays_isBackedNoWorse(uint96 flock, uint96 gm, uint96 all) external pure {
        if (all == 0 || gm > all) return;
        uint256 staying = flock - LockMath.flockDown(flock, gm, all);
        assert(staying * all >= uint256(flock) * (all - gm));
    }
}
