// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { Harness } from "./Harness.sol";
import { Vm } from "./Vm.sol";

/// @notice Deploys what is not in src, compiled as for a chain: a test's `new` would use the code compiled as tests are
/// (foundry.toml). Contracts of src do not need this, as forge rewrites their `new`.
library Deploy {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function accessManager(address admin) internal returns (AccessManager) {
        return AccessManager(vm.deployCode("AccessManager.sol:AccessManager", abi.encode(admin)));
    }

    /// @dev By path: by name, forge would find the one compiled with the tests.
    function harness() internal returns (Harness) {
        return Harness(vm.deployCode("out/Harness.sol/Harness.json"));
    }
}
