// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AttackHandler } from "./AttackHandler.sol";
import { Move } from "./AttackPlay.sol";
import { Base } from "./Base.t.sol";
import { Script } from "./Script.sol";

/// @notice Whatever an attacker does on tasks where honest members have more weight: it gains no more than by honest
/// work, and costs others nothing beyond what the terms allow.
contract AttackInvariantTest is Base {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev Remainders of divisions are paid to nobody: a few wei per unit of weight and round.
    uint256 private constant DUST = 1_000_000;

    AttackHandler private handler;

    function setUp() public override {
        super.setUp();
        staking.setCooldown(1 hours);
        handler = new AttackHandler();
        handler.playOn(token, staking, tasks, rounds);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), _actions());
    }

    /// @notice On each task the attacker earns at most what its seats would have been paid, had they all done their
    /// duty. Its total, wherever it is now, exceeds what it put in by at most that and the fees of its draws.
    function invariant_an_attackers_net_is_at_most_its_honest_pay() external view {
        uint256 due;
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            uint256 earned;
            for (uint256 i = 0; i < handler.SYBILS(); ++i) {
                earned += rounds.earnedOf(taskId, member(i));
            }
            assertTrue(earned <= handler.honestPay(taskId) + DUST, "earned more than by honest work");
            due += handler.honestPay(taskId) + handler.fees(taskId);
        }
        (uint256 putIn, uint256 worth) = (handler.givenTo(handler.purse()), handler.worthOf(handler.purse()));
        for (uint256 i = 0; i < handler.SYBILS(); ++i) {
            putIn += handler.givenTo(member(i));
            worth += handler.worthOf(member(i));
        }
        assertTrue(worth <= putIn + due + DUST, "more than by honest work");
    }

    /// @notice Honest members lose nothing, and an honest delegator no more than the terms took from its operator.
    function invariant_nobody_loses_more_than_its_terms_said() external view {
        assertEq(handler.lostTooMuch(), 0, "gmFLOCK lost beyond the terms");
        for (uint256 i = 0; i < handler.HONEST(); ++i) {
            address account = handler.honest(i);
            assertTrue(handler.worthOf(account) >= handler.givenTo(account), "an honest member lost FLOCK");
            assertEq(handler.mayHaveLost(account), 0, "an honest member was slashed");
        }
        address delegator = handler.delegator();
        uint256 left = handler.worthOf(delegator) + handler.mayHaveLost(delegator) + DUST;
        assertTrue(left >= handler.givenTo(delegator), "a delegator lost beyond the terms");
    }

    /// @notice The attacker is only useful if it reaches every state.
    function test_theAttackerMakesEveryMove() external {
        bytes4[] memory actions = _actions();
        for (uint256 i = 0; i < 1_500; ++i) {
            Script.take(address(handler), actions, "attack", i);
            if (i % 50 != 0) continue;
            this.invariant_an_attackers_net_is_at_most_its_honest_pay();
            this.invariant_nobody_loses_more_than_its_terms_said();
        }
        string memory missed;
        for (uint256 i = 0; i <= uint256(type(Move).max); ++i) {
            if (handler.made(Move(i)) == 0) missed = string.concat(missed, " ", vm.toString(i));
        }
        require(bytes(missed).length == 0, string.concat("never made moves", missed));
    }

    function _actions() private pure returns (bytes4[] memory actions) {
        actions = new bytes4[](16);
        actions[0] = AttackHandler.createTask.selector;
        actions[1] = AttackHandler.playRound.selector;
        actions[2] = AttackHandler.playRound.selector;
        actions[3] = AttackHandler.playRound.selector;
        actions[4] = AttackHandler.passTime.selector;
        actions[5] = AttackHandler.comeIn.selector;
        actions[6] = AttackHandler.comeIn.selector;
        actions[7] = AttackHandler.goOut.selector;
        actions[8] = AttackHandler.move.selector;
        actions[9] = AttackHandler.move.selector;
        actions[10] = AttackHandler.rollLock.selector;
        actions[11] = AttackHandler.redeem.selector;
        actions[12] = AttackHandler.backHonestly.selector;
        actions[13] = AttackHandler.takeBack.selector;
        actions[14] = AttackHandler.takeOut.selector;
        actions[15] = AttackHandler.passTime.selector;
    }
}
