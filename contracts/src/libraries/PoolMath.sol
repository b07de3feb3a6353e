// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Pools of delegated stake (docs/protocol.md, "Staking"). Amounts stay below 2^96, factors are at most FULL.
library PoolMath {
    uint256 internal constant BPS = 10_000;
    /// @notice The factor of a pool that no slash has touched.
    uint256 internal constant FULL = 1e36;
    /// @notice A pool whose factor is below this accepts no more delegation. Factors are rounded down: above this, that
    /// costs the largest record a few wei per slash, whatever was slashed before it came.
    uint256 internal constant WORN = 1e28;
    /// @notice A pool whose factor would fall below this begins a new generation instead.
    uint256 internal constant LEAST_FACTOR = 1;

    /// @notice What an amount recorded at factor `factorThen` is worth at `factorNow`; rounded down.
    function current(uint256 amount, uint256 factorNow, uint256 factorThen) internal pure returns (uint256) {
        return amount * factorNow / factorThen;
    }

    /// @notice The part of a pool that earns and is slashed: at most `ratio` times the operator's `own` stake.
    function atStake(uint256 delegated, uint256 own, uint256 ratio) internal pure returns (uint256) {
        return Math.min(delegated, ratio * own);
    }

    /// @notice What a slash takes of `own`, and of the part of `delegated` that is at stake: the same fraction of both,
    /// rounded up. Own stake counts as at least `ownAtLeast`, so that repeated slashes take the same amount; no more is
    /// taken than there is.
    function split(uint256 own, uint256 ownAtLeast, uint256 delegated, uint256 ratio, uint256 slashBps)
        internal
        pure
        returns (uint256 fromOwn, uint256 fromPool)
    {
        fromOwn = Math.min(own, Math.ceilDiv(Math.max(own, ownAtLeast) * slashBps, BPS));
        fromPool = Math.min(delegated, Math.ceilDiv(atStake(delegated, own, ratio) * slashBps, BPS));
    }

    /// @notice The factor after `taken` of a pool's `gm` was slashed, rounded down; zero if a new generation begins.
    function factorAfter(uint256 factor, uint256 taken, uint256 gm) internal pure returns (uint256) {
        uint256 left = factor * (gm - taken) / gm;
        return left < LEAST_FACTOR ? 0 : left;
    }
}
