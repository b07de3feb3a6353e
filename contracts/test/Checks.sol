// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Vm } from "./Vm.sol";

/// @notice The assertions of the tests.
abstract contract Checks {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function actor(string memory name) internal returns (address account) {
        account = address(uint160(uint256(keccak256(bytes(name)))));
        vm.label(account, name);
    }

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        if (actual == expected) return;
        revert(string.concat(what, ": expected ", vm.toString(expected), ", got ", vm.toString(actual)));
    }

    function assertEq(address actual, address expected, string memory what) internal pure {
        assertEq(uint160(actual), uint160(expected), what);
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        assertEq(uint256(actual), uint256(expected), what);
    }

    function assertAtMost(uint256 actual, uint256 most, string memory what) internal pure {
        if (actual <= most) return;
        revert(string.concat(what, ": at most ", vm.toString(most), ", got ", vm.toString(actual)));
    }

    function assertTrue(bool claim, string memory what) internal pure {
        require(claim, what);
    }

    function expectError(bytes4 selector) internal {
        vm.expectRevert(selector);
    }

    function expectError(bytes4 selector, uint256 first) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first));
    }

    function expectError(bytes4 selector, uint256 first, uint256 second) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first, second));
    }

    function expectError(bytes4 selector, address first) internal {
        vm.expectRevert(abi.encodeWithSelector(selector, first));
    }

    /// @dev Each contract with governed numbers has this error, all with the same selector.
    function expectOutOfBounds(string memory parameter, uint256 value, uint256 least, uint256 most) internal {
        vm.expectRevert(
            abi.encodeWithSignature(
                "OutOfBounds(string,uint256,uint256,uint256)", parameter, value, least, most
            )
        );
    }
}
