// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { TaskManager } from "flock/TaskManager.sol";
import { NewTask } from "flock/interfaces/ITaskManager.sol";
import { PlainAuthority, PlainBoard, PlainToken, Vm } from "./Stubs.sol";

/// @notice Three backers of one task, in the unmodified contract: whatever they put in, and in whatever order they ask.
contract RefundProofs {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address private constant TREASURY = address(0x7);

    PlainToken private token;
    TaskManager private tasks;
    address private board;
    address[3] private backers = [address(0xa), address(0xb), address(0xc)];

    function setUp() public {
        token = new PlainToken();
        tasks = new TaskManager(IERC20(address(token)), TREASURY, address(new PlainAuthority()));
        board = address(new PlainBoard());
        tasks.setBoard(board, true);
    }

    function check_cancelled_everybodyGetsBackWhatItPutIn(uint88 a, uint88 b, uint88 c) external {
        _back(a, b, c);
        vm.prank(backers[0]);
        tasks.cancel(1);
        assert(_withdraw(0) == a);
        assert(_withdraw(1) == b);
        assert(_withdraw(2) == c);
        assert(token.balanceOf(address(tasks)) == 0);
    }

    function check_closed_refundsAddUpToTheWei(uint88 a, uint88 b, uint88 c, uint88 refund) external {
        _back(a, b, c);
        vm.prank(board);
        tasks.begin(1, backers[0]);
        vm.prank(board);
        tasks.close(1, refund, 0, 0);
        uint256 first = _withdraw(2);
        assert(first <= c);
        assert(first * (uint256(a) + b + c) <= uint256(refund) * c);
        assert(_withdraw(0) <= a);
        assert(_withdraw(1) <= b);
        assert(token.balanceOf(address(tasks)) == uint256(a) + b + c - refund);
    }

    function _back(uint96 a, uint96 b, uint96 c) private {
        vm.warp(1 days);
        token.mint(backers[0], a);
        token.mint(backers[1], b);
        token.mint(backers[2], c);
        vm.prank(backers[0]);
        tasks.create(NewTask(board, 0, 2 days, 3 days, 1e18, 0, 0, a), "");
        vm.prank(backers[1]);
        tasks.fund(1, b);
        vm.prank(backers[2]);
        tasks.fund(1, c);
    }

    function _withdraw(uint256 who) private returns (uint256 paid) {
        uint256 before = token.balanceOf(backers[who]);
        tasks.withdrawRefund(1, backers[who]);
        return token.balanceOf(backers[who]) - before;
    }
}
