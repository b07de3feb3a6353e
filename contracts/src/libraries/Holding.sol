// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Allocation, Delegation, Pool, Position } from "../interfaces/IStaking.sol";

/// @notice The first fields of every struct that holds gmFLOCK.
/// @param gm gmFLOCK, in units of 1e-18.
/// @param flock FLOCK behind `gm`, in wei.
struct Amounts {
    uint96 gm;
    uint96 flock;
}

/// @title Adds gmFLOCK and the FLOCK behind it to a struct, or takes them out
/// @dev The four structs start with the same fields, so that one piece of code serves all: with one for each, Staking
/// would exceed the limit of code size.
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
