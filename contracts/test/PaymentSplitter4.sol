// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice What OpenZeppelin 4's PaymentSplitter does to release a token: the same reads and writes in the same order,
/// to be measured against.
contract PaymentSplitter4 {
    using SafeERC20 for IERC20;

    uint256 private _totalShares;
    mapping(address account => uint256) private _shares;
    mapping(address token => uint256) private _totalReleased;
    mapping(address token => mapping(address account => uint256)) private _released;

    event ERC20PaymentReleased(IERC20 indexed token, address to, uint256 amount);

    constructor(address[] memory payees, uint256[] memory shares) {
        for (uint256 i = 0; i < payees.length; ++i) {
            _shares[payees[i]] = shares[i];
            _totalShares += shares[i];
        }
    }

    function release(IERC20 token, address account) external {
        require(_shares[account] > 0, "no shares");
        uint256 received = token.balanceOf(address(this)) + _totalReleased[address(token)];
        uint256 due = received * _shares[account] / _totalShares - _released[address(token)][account];
        require(due != 0, "not due");
        _totalReleased[address(token)] += due;
        unchecked {
            _released[address(token)][account] += due;
        }
        token.safeTransfer(account, due);
        emit ERC20PaymentReleased(token, account, due);
    }
}
