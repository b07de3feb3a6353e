// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math as Plain } from "./PlainMath.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What replaces OpenZeppelin's Math in the other proofs is equivalent to it, for all 256-bit numbers.
contract MathProofs {
    function check_min_isOpenZeppelins(uint256 a, uint256 b) external pure {
        assert(Plain.min(a, b) == Math.min(a, b));
    }

    function check_max_isOpenZeppelins(uint256 a, uint256 b) external pure {
        assert(Plain.max(a, b) == Math.max(a, b));
    }

    function check_saturatingSub_isOpenZeppelins(uint256 a, uint256 b) external pure {
        assert(Plain.saturatingSub(a, b) == Math.saturatingSub(a, b));
    }

    function check_ceilDiv_isOpenZeppelins(uint256 a, uint256 b) external pure {
        if (b == 0) return;
        assert(Plain.ceilDiv(a, b) == Math.ceilDiv(a, b));
    }
}
