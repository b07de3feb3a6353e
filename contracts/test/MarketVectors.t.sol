// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { SplitMath } from "../src/market/SplitMath.sol";
import { Checks } from "./Checks.sol";

/// @notice How payments are divided, against the vectors written by the Python rules (tests/vectors/README.md).
contract MarketVectorsTest is Checks {
    function test_vectors_split() public view {
        string memory json = vm.readFile("../tests/vectors/market.json");
        uint256[] memory paid = vm.parseJsonUintArray(json, ".split.paid");
        uint256[] memory feeBps = vm.parseJsonUintArray(json, ".split.fee_bps");
        uint256[] memory hostBps = vm.parseJsonUintArray(json, ".split.host_bps");
        uint256[] memory shareBps = vm.parseJsonUintArray(json, ".split.share_bps");
        uint256[] memory fee = vm.parseJsonUintArray(json, ".split.fee");
        uint256[] memory host = vm.parseJsonUintArray(json, ".split.host");
        uint256[] memory owner = vm.parseJsonUintArray(json, ".split.owner");
        uint256[] memory share = vm.parseJsonUintArray(json, ".split.share");
        assertTrue(paid.length > 50, "the vectors are there");
        for (uint256 i = 0; i < paid.length; ++i) {
            uint256 rest = 10_000 - shareBps[i];
            assertEq(SplitMath.fee(paid[i], feeBps[i]), fee[i], "fee");
            assertEq(SplitMath.host(paid[i], feeBps[i], hostBps[i]), host[i], "host");
            assertEq(SplitMath.share(paid[i], feeBps[i], hostBps[i], shareBps[i]), share[i], "share");
            assertEq(SplitMath.share(paid[i], feeBps[i], hostBps[i], rest), owner[i], "owner");
        }
    }

    function test_vectors_vested() public view {
        string memory json = vm.readFile("../tests/vectors/market.json");
        uint256[] memory amount = vm.parseJsonUintArray(json, ".vested.amount");
        uint256[] memory start = vm.parseJsonUintArray(json, ".vested.start");
        uint256[] memory end = vm.parseJsonUintArray(json, ".vested.end");
        uint256[] memory time = vm.parseJsonUintArray(json, ".vested.time");
        uint256[] memory vested = vm.parseJsonUintArray(json, ".vested.vested");
        assertTrue(amount.length > 30, "the vectors are there");
        for (uint256 i = 0; i < amount.length; ++i) {
            assertEq(SplitMath.vested(amount[i], start[i], end[i], time[i]), vested[i], "vested");
        }
    }
}
