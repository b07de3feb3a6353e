// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title gmFLOCK of a lock (docs/protocol.md, "Contracts"). Amounts stay below 2^96.
library LockMath {
    uint256 internal constant LONGEST = 365 days;
    uint256 internal constant FLAT = 30 days;
    /// @notice By how much the multiplier rises per year beyond FLAT, in hundredths.
    uint256 internal constant RISE_PER_CENT = 219;

    /// @notice gmFLOCK for `amount` wei locked for `secondsLocked` (at most a year counts): 1:1 up to 30 days, then
    /// rising by 2.19 a year.
    function gmFor(uint256 amount, uint256 secondsLocked) internal pure returns (uint256) {
        uint256 time = Math.min(secondsLocked, LONGEST);
        if (time <= FLAT) return amount;
        return amount + amount * RISE_PER_CENT * (time - FLAT) / (100 * LONGEST);
    }

    /// @notice FLOCK behind `gm` of `gmTotal`, rounded down: what moves with it, or is paid for it.
    function flockDown(uint256 flock, uint256 gm, uint256 gmTotal) internal pure returns (uint256) {
        return flock * gm / gmTotal;
    }

    /// @notice FLOCK behind `gm` of `gmTotal`, rounded up but never more than there is: what a slash takes.
    function flockUp(uint256 flock, uint256 gm, uint256 gmTotal) internal pure returns (uint256) {
        return Math.min(flock, Math.ceilDiv(flock * gm, gmTotal));
    }
}
