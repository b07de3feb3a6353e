// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Pools of delegated stake (docs/protocol.md, "Staking"). Amounts stay below 2^96, factors are at most RAY.
library PoolMath {
    uint256 internal constant RAY = 1e27;
    /// @notice A pool whose factor would fall below this begins a new generation instead.
    uint256 internal constant LEAST_FACTOR = 1e9;

    /// @notice What `amount`, written down when the pool's factor was `factorThen`, is at `factorNow`; rounded down.
    function current(uint256 amount, uint256 factorNow, uint256 factorThen) internal pure returns (uint256) {
        return amount * factorNow / factorThen;
    }

    /// @notice How a slash falls on own and delegated stake. `gm` is what `own` would lose alone; the same fraction of
    /// both, rounded up, is taken, from `own` while it lasts. Without own stake `gm` falls on the pool.
    function split(uint256 gm, uint256 own, uint256 delegated)
        internal
        pure
        returns (uint256 fromOwn, uint256 fromPool)
    {
        if (own == 0) return (0, Math.min(gm, delegated));
        uint256 alone = Math.min(gm, own);
        uint256 total = alone + Math.ceilDiv(alone * delegated, own);
        fromOwn = Math.min(total, own);
        fromPool = total - fromOwn;
    }

    /// @notice The factor once `taken` of a pool's `gm` is gone, rounded down; zero if a new generation is to begin.
    function factorAfter(uint256 factor, uint256 taken, uint256 gm) internal pure returns (uint256) {
        uint256 left = factor * (gm - taken) / gm;
        return left < LEAST_FACTOR ? 0 : left;
    }
}
