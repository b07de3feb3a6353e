// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The part of OpenZeppelin's Math that the contracts use, in a form that is easy on a solver. Math.t.sol
/// compares.
library Math {
    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }

    function saturatingSub(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    function ceilDiv(uint256 a, uint256 b) internal pure returns (uint256) {
        return a == 0 && b != 0 ? 0 : (a - 1) / b + 1;
    }
}
