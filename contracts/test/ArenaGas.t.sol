// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ArenaTerms } from "../src/interfaces/IArenaBoard.sol";
import { Reveal } from "../src/interfaces/IArenaPanels.sol";
import { ArenaPlay } from "./ArenaPlay.t.sol";

/// @notice What an Arena costs: whole transactions, storage cold, the second window of a task with 27 validators, nine
/// seats a panel, three scores for each validator, reveals collected into one transaction.
contract ArenaGasTest is ArenaPlay {
    string private constant GROUP = "arena-27";
    uint256 private constant VALIDATORS = 27;
    uint256 private constant SUBMISSIONS = 9;
    uint256 private constant MOST_A_SCORE = 45_000;

    function test_gas_arena() public {
        ArenaTerms memory t = arenaTerms();
        (t.panelSeats, t.minimumValidators, t.quotaADay, t.finalists) = (9, 9, 20, 20);
        uint256 taskId = running(t, VALIDATORS);
        _submitAll(taskId);
        playWindow(taskId);
        vm.warp(block.timestamp + 1 days);
        _submitAll(taskId);
        vm.snapshotGasLastCall(GROUP, "submit");
        uint256 spent = _measureOpening(taskId);
        commitAll(taskId);
        spent += VALIDATORS * vm.snapshotGasLastCall(GROUP, "commit");
        toReveals(taskId);
        panels.reveal(taskId, last(taskId), _collected(taskId));
        spent += vm.snapshotGasLastCall(GROUP, "reveal, 27 validators");
        toRest(taskId);
        panels.judge(taskId, SUBMISSIONS);
        spent += vm.snapshotGasLastCall(GROUP, "judge, 9 submissions");
        panels.settle(taskId, _everybody(), 1);
        spent += vm.snapshotGasLastCall(GROUP, "settle, 27 validators");
        uint256 aScore = spent / (VALIDATORS * 3);
        require(aScore <= MOST_A_SCORE, string.concat("gas a score: ", vm.toString(aScore)));
    }

    function _measureOpening(uint256 taskId) private returns (uint256 spent) {
        passWindow(taskId);
        panels.openWindow(taskId);
        spent = vm.snapshotGasLastCall(GROUP, "openWindow");
        vm.roll(block.number + 3);
        panels.draw(taskId);
        spent += vm.snapshotGasLastCall(GROUP, "draw");
    }

    function _submitAll(uint256 taskId) private {
        for (uint256 i = 0; i < SUBMISSIONS; ++i) {
            submit(taskId, i % 2, 500_000 + i);
        }
    }

    function _collected(uint256 taskId) private view returns (Reveal[] memory reveals) {
        reveals = new Reveal[](VALIDATORS);
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            reveals[i] = drawnReveal(taskId, last(taskId), validator(i));
        }
    }

    function _everybody() private pure returns (address[] memory accounts) {
        accounts = new address[](VALIDATORS);
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            accounts[i] = validator(i);
        }
    }
}
