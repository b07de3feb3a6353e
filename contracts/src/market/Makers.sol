// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IBoard } from "../interfaces/IBoard.sol";
import { ITaskManager } from "../interfaces/ITaskManager.sol";
import { TokenTransfers } from "../libraries/TokenTransfers.sol";

/// @title What the makers of a task's result get, shared by what each earned in the task
/// @notice What each earned is what the task's board says (IBoard.earnedOf), so there is nothing to claim, prove or
/// forge. It is fixed once the task is closed, and its result can be published only then.
/// @dev A clone of this code (EIP-1167), with the TaskManager and the task behind it.
contract Makers is ReentrancyGuardTransient {
    using TokenTransfers for IERC20;

    /// @notice What a token has paid out to all makers.
    mapping(address token => uint256 amount) public released;
    /// @notice What a token has paid out to a maker.
    mapping(address token => mapping(address maker => uint256 amount)) public releasedTo;

    /// @notice A maker was paid.
    /// @param token The token.
    /// @param maker Who was paid.
    /// @param amount What was paid.
    event MakerPaid(address indexed token, address indexed maker, uint256 amount);

    /// @notice There is nothing to pay out.
    /// @param token The token.
    /// @param maker The account.
    error NothingToRelease(address token, address maker);

    /// @notice Pays a maker all that is due to it in a token.
    /// @dev Anyone can call; it always pays the maker. Reverts with NothingToRelease.
    /// @param token The token.
    /// @param maker Who is paid.
    /// @return amount What was paid.
    function release(IERC20 token, address maker) external nonReentrant returns (uint256 amount) {
        amount = releasable(token, maker);
        require(amount != 0, NothingToRelease(address(token), maker));
        releasedTo[address(token)][maker] += amount;
        released[address(token)] += amount;
        emit MakerPaid(address(token), maker, amount);
        token.send(maker, amount);
    }

    /// @notice What `release` would pay a maker now.
    /// @param token The token.
    /// @param maker The account.
    /// @return amount What it would be paid.
    function releasable(IERC20 token, address maker) public view returns (uint256 amount) {
        (ITaskManager tasks, uint256 taskId) =
            abi.decode(Clones.fetchCloneArgs(address(this)), (ITaskManager, uint256));
        IBoard board = IBoard(tasks.boardOf(taskId));
        uint256 paid = token.balanceOf(address(this)) + released[address(token)];
        uint256 due = paid * board.earnedOf(taskId, maker) / board.totalEarnedOf(taskId);
        amount = Math.saturatingSub(due, releasedTo[address(token)][maker]);
    }
}
