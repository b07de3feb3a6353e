// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A scripted history of a handler's actions, to test what it reaches.
library Script {
    /// @dev Has the handler take `step` of the history called `name`; reverts as the handler does.
    function take(address handler, bytes4[] memory actions, string memory name, uint256 step) internal {
        uint256 r = uint256(keccak256(abi.encode(name, step)));
        (bool done, bytes memory reason) =
            handler.call(abi.encodeWithSelector(actions[r % actions.length], r >> 8));
        if (done) return;
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
