// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { Harness } from "./Harness.sol";
import { Vm } from "./Vm.sol";

/// @notice Deploys, compiled as for a chain, what is not in src: a test's `new` would take it compiled as tests are
/// (foundry.toml). The contracts of src need no such help, forge rewrites their `new`.
library Deploy {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function accessManager(address admin) internal returns (AccessManager) {
        return AccessManager(vm.deployCode("AccessManager.sol:AccessManager", abi.encode(admin)));
    }

    /// @dev By its path: by its name forge would find the one compiled with the tests.
    function harness() internal returns (Harness) {
        return Harness(vm.deployCode("out/Harness.sol/Harness.json"));
    }
}
