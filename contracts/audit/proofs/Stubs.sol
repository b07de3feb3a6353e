// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The cheat codes that the proofs use.
interface Vm {
    function prank(address sender) external;
    function warp(uint256 timestamp) external;
}

/// @notice A token without an owner: everybody has enough of it, and every transfer is approved.
contract PlainToken {
    mapping(address account => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address, uint256) external pure returns (bool) {
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }
}

/// @notice An authority that lets everybody do everything.
contract PlainAuthority {
    function canCall(address, address, bytes4) external pure returns (bool immediate, uint32 delay) {
        return (true, 0);
    }
}

/// @notice A board that does what it is told.
contract PlainBoard {
    function open(uint256, bytes calldata) external { }
}

/// @notice Emissions that have emitted any amount.
contract PlainEmissions {
    uint256 public released;

    function nextDay() external pure returns (uint256) {
        return 1;
    }

    function emitted() external pure returns (uint256) {
        return type(uint112).max;
    }

    function release(uint256 amount) external {
        released += amount;
    }
}

/// @notice A distributor that accepts any root.
contract PlainDistributor {
    function serve(bytes32) external { }
}

/// @notice Tasks that are all open, of one board, with the lowest minimum stake.
contract PlainTasks {
    address public immutable board;

    constructor(address board_) {
        board = board_;
    }

    function boardOf(uint256) external view returns (address) {
        return board;
    }

    function stakingOf(uint256) external pure returns (uint8 state, uint96 minimum) {
        return (1, 1e18);
    }
}
