// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title The two ways in which FLOCK moves here
library TokenTransfers {
    using SafeERC20 for IERC20;

    error TokenTookAFee(uint256 sent, uint256 received);

    /// @notice Takes `amount` from the caller. Tokens that deliver less than was sent are refused.
    function pull(IERC20 token, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, TokenTookAFee(amount, received));
    }

    /// @notice Pays `to`. Some tokens refuse to move nothing; nothing needs no moving.
    function send(IERC20 token, address to, uint256 amount) internal {
        if (amount != 0) token.safeTransfer(to, amount);
    }
}
