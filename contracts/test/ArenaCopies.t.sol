// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IArenaBoard, Place, Queue } from "../src/interfaces/IArenaBoard.sol";
import { ArenaPlay } from "./ArenaPlay.t.sol";

/// @notice What becomes of submissions that the panels of the finals find to be copies. Three validators, all of them on
/// each panel.
contract ArenaCopiesTest is ArenaPlay {
    uint256 private constant VALIDATORS = 3;

    uint256 private taskId;
    uint32 private original;
    uint32 private copy;

    function test_aCopyDoesNotWinHoweverWellItScores() public {
        _toFinals(450_000, 440_000);
        _name(copy, original, VALIDATORS);
        (codeFor[original], codeFor[copy]) = (450_001, 300_001);
        _finish();
        assertEq(arena.modelOf(taskId), digestOf(original), "the original's");
        assertEq(arena.earnedOf(taskId, trainer(0)), arena.totalEarnedOf(taskId), "its maker earned all");
        assertEq(arena.earnedOf(taskId, trainer(1)), 0, "who copied it is not");
        Place[] memory places = arena.placesOf(taskId, true);
        assertEq(places.length, 1, "places on B");
        assertEq(places[0].submission, original, "the original's alone");
        assertEq(arena.submissionOf(taskId, copy).finalMedian, 300_000, "what it scored can be read");
    }

    function test_mostOfThePanelIsEnough() public {
        _toFinals(450_000, 400_000);
        _name(copy, original, 2);
        openWindow(taskId);
        commitAll(taskId);
        toReveals(taskId);
        revealAll(taskId);
        toRest(taskId);
        vm.expectEmit(address(arena));
        emit IArenaBoard.FoundToBeCopy(taskId, copy, original);
        panels.judge(taskId, 2);
        arena.finish(taskId);
        assertEq(arena.modelOf(taskId), digestOf(original), "the original's");
    }

    function test_oneOfThreeAccusesNobody() public {
        _toFinals(450_000, 400_000);
        _name(copy, original, 1);
        _finish();
        assertEq(arena.modelOf(taskId), digestOf(copy), "the better one's");
    }

    /// @dev Those who agree that it is a copy have to agree of what.
    function test_aMajorityForTwoOriginalsAccusesNobody() public {
        _toFinals(450_000, 400_000);
        _name(copy, original, 1);
        named[validator(1)][copy] = 77;
        _finish();
        assertEq(arena.modelOf(taskId), digestOf(copy), "the better one's");
    }

    function test_anOriginalIsNoCopyOfItsCopy() public {
        _toFinals(400_000, 450_000);
        _name(original, copy, VALIDATORS);
        _finish();
        assertEq(arena.modelOf(taskId), digestOf(original), "the better one's");
    }

    function test_nobodyCopiesItself() public {
        _toFinals(450_000, 400_000);
        _name(copy, copy, VALIDATORS);
        _finish();
        assertEq(arena.modelOf(taskId), digestOf(copy), "the better one's");
    }

    /// @dev It failed on set A, so that nobody can compare with it on set B.
    function test_whatIsNotInTheFinalsWasNotCopied() public {
        taskId = running(arenaTerms(), VALIDATORS);
        uint32 failed = submit(taskId, 0, 0);
        codeFor[failed] = CRASHED;
        _submitBoth(450_000, 400_000);
        _name(copy, failed, VALIDATORS);
        _finish();
        assertEq(arena.modelOf(taskId), digestOf(copy), "the better one's");
    }

    /// @dev Before the finals, what a reveal names is no more than a word in an event.
    function test_whatIsNamedOnSetAAccusesNobody() public {
        taskId = running(arenaTerms(), VALIDATORS);
        (original, copy) = (1, 2);
        _name(copy, original, VALIDATORS);
        _submitBoth(450_000, 400_000);
        _name(copy, 0, VALIDATORS);
        _finish();
        assertEq(arena.modelOf(taskId), digestOf(copy), "the better one's");
    }

    /// @dev By no more than the tolerance better than the copy, the third would have stood below it and below the first.
    function test_aCopyHoldsNobodyBack() public {
        taskId = running(arenaTerms(), VALIDATORS);
        enrolTrainer(taskId, 2);
        (original, copy) = (submit(taskId, 0, 450_000), submit(taskId, 1, 440_000));
        uint32 third = submit(taskId, 2, 430_000);
        playWindow(taskId);
        toClosing(taskId);
        for (uint32 id = 1; id <= 3; ++id) {
            disclose(taskId, id, digestOf(id));
        }
        toFinals(taskId);
        arena.openKey(taskId, KEY_B);
        _name(copy, original, VALIDATORS);
        (codeFor[original], codeFor[copy], codeFor[third]) = (450_001, 449_501, 448_901);
        _finish();
        assertEq(arena.placesOf(taskId, true)[0].submission, third, "better by more than the tolerance");
        assertEq(arena.modelOf(taskId), digestOf(third), "so it wins");
    }

    /// @dev Without a place on set B, set A decides; what is known for a copy does not win there either.
    function test_aCopyDoesNotWinOnSetAEither() public {
        _toFinals(450_000, 400_000);
        _name(copy, original, VALIDATORS);
        (codeFor[original], codeFor[copy]) = (BASELINE + 1, BASELINE + 1);
        _finish();
        assertEq(arena.placesOf(taskId, true).length, 0, "nobody beats the baseline on set B");
        assertEq(arena.queuedAt(taskId, Queue.Final, 0), copy, "the first on set A");
        assertEq(arena.modelOf(taskId), digestOf(original), "the original's");
    }

    // --- Steps ---

    function _toFinals(uint256 originalScore, uint256 copyScore) private {
        taskId = running(arenaTerms(), VALIDATORS);
        _submitBoth(originalScore, copyScore);
    }

    function _submitBoth(uint256 originalScore, uint256 copyScore) private {
        original = submit(taskId, 0, originalScore);
        copy = submit(taskId, 1, copyScore);
        playWindow(taskId);
        toClosing(taskId);
        disclose(taskId, original, digestOf(original));
        disclose(taskId, copy, digestOf(copy));
        toFinals(taskId);
        arena.openKey(taskId, KEY_B);
    }

    function _name(uint32 suspect, uint32 of_, uint256 voices) private {
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            named[validator(i)][suspect] = i < voices ? of_ : 0;
        }
    }

    function _finish() private {
        playWindow(taskId);
        arena.finish(taskId);
    }
}
