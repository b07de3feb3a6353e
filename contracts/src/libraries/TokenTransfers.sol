// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title How the contracts take and pay FLOCK
library TokenTransfers {
    using SafeERC20 for IERC20;

    /// @notice The token delivered less than was sent.
    /// @param sent Wei sent.
    /// @param received Wei received.
    error TokenTookAFee(uint256 sent, uint256 received);

    /// @notice Takes `amount` wei from the caller. Reverts with TokenTookAFee if less arrives.
    function pull(IERC20 token, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, TokenTookAFee(amount, received));
    }

    /// @notice Pays `amount` wei to `to`. Skips a transfer of zero, which some tokens refuse.
    function send(IERC20 token, address to, uint256 amount) internal {
        if (amount != 0) token.safeTransfer(to, amount);
    }
}
