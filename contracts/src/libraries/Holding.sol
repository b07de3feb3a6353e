// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Allocation, Delegation, Pool, Position } from "../interfaces/IStaking.sol";

/// @notice What every place in which gmFLOCK can be begins with: how much of it, and the FLOCK behind it.
struct Amounts {
    uint96 gm;
    uint96 flock;
}

/// @title Puts gmFLOCK and the FLOCK behind it somewhere, or takes them out
/// @dev The four begin alike, so that one code does for all: Staking would not fit on a chain with one for each.
library Holding {
    function at(Position storage position) internal pure returns (Amounts storage amounts) {
        assembly ("memory-safe") {
            amounts.slot := position.slot
        }
    }

    function at(Allocation storage allocation) internal pure returns (Amounts storage amounts) {
        assembly ("memory-safe") {
            amounts.slot := allocation.slot
        }
    }

    function at(Pool storage pool) internal pure returns (Amounts storage amounts) {
        assembly ("memory-safe") {
            amounts.slot := pool.slot
        }
    }

    function at(Delegation storage record) internal pure returns (Amounts storage amounts) {
        assembly ("memory-safe") {
            amounts.slot := record.slot
        }
    }

    function put(Amounts storage amounts, uint256 gm, uint256 flock) internal {
        (amounts.gm, amounts.flock) = (amounts.gm + uint96(gm), amounts.flock + uint96(flock));
    }

    function take(Amounts storage amounts, uint256 gm, uint256 flock) internal {
        (amounts.gm, amounts.flock) = (amounts.gm - uint96(gm), amounts.flock - uint96(flock));
    }
}
