// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice An ERC-20 that anyone can mint, without a cap.
contract PlainToken is ERC20("Plain", "PLAIN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Keeps one percent of every transfer.
contract FeeToken is PlainToken {
    function _update(address from, address to, uint256 value) internal override {
        bool moves = from != address(0) && to != address(0);
        super._update(from, to, moves ? value - value / 100 : value);
        if (moves) super._update(from, address(0), value / 100);
    }
}

/// @notice Refuses transfers of zero, and refuses some receivers.
contract BlockingToken is PlainToken {
    mapping(address account => bool) private _refused;

    function refuse(address account) external {
        _refused[account] = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(value != 0, "nothing to move");
        require(!_refused[to], "receiver refused");
        super._update(from, to, value);
    }
}

/// @notice Calls `target` with `data` on every transfer to `trigger`: a token with hooks.
contract HookToken is PlainToken {
    address private _trigger;
    address private _target;
    bytes private _data;
    /// @notice Calls made, and how many of them succeeded.
    uint256 public calls;
    uint256 public cameThrough;

    function arm(address trigger, address target, bytes calldata data) external {
        (_trigger, _target, _data) = (trigger, target, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (to != _trigger || to == address(0)) return;
        ++calls;
        (bool done,) = _target.call(_data);
        if (done) ++cameThrough;
    }
}
