// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ArenaHandler } from "./ArenaHandler.sol";
import { Base } from "./Base.t.sol";

/// @notice What must always hold of an Arena, after any sequence of the handler's actions. The handler itself checks
/// after each of them that no revealed score changes, and that a void panel blames nobody.
contract ArenaInvariantTest is Base {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    ArenaHandler private handler;

    function setUp() public override {
        handler = new ArenaHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](12);
        (actions[0], actions[1], actions[2]) =
        (handler.wait.selector, handler.submitOne.selector, handler.cancelOne.selector);
        (actions[3], actions[4], actions[5]) =
        (handler.open.selector, handler.commitOne.selector, handler.revealOne.selector);
        (actions[6], actions[7], actions[8]) =
        (handler.judgeSome.selector, handler.settleOne.selector, handler.stream.selector);
        // The steps of a window come more often than the rest, or few windows would get anywhere.
        (actions[9], actions[10], actions[11]) =
        (handler.withdrawOne.selector, handler.commitOne.selector, handler.revealOne.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), actions);
    }

    /// @notice What came in is at the board, at the task, with rewards, or withdrawn.
    function invariant_conservation() external view {
        assertEq(handler.held() + handler.withdrawn(), handler.paidIn(), "what came in");
    }

    /// @notice The board holds the bond and all the fees that it owes.
    function invariant_solvency() external view {
        assertTrue(handler.heldByBoard() >= handler.owedByBoard(), "solvency");
        assertTrue(handler.rewardsAreThere(), "what was streamed is there");
    }

    /// @notice No score, and so no reward, without an own reveal.
    function invariant_noScoreWithoutAnOwnReveal() external view {
        assertTrue(handler.areScoresRevealed(), "a score that its owner has not revealed");
    }
}
