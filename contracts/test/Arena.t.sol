// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {
    ArenaTerms,
    ArenaView,
    IArenaBoard,
    Place,
    Queue,
    Role,
    Stage,
    Standing,
    SubmissionState,
    SubmissionView
} from "../src/interfaces/IArenaBoard.sol";
import { IArenaPanels, Reveal, WindowPhase } from "../src/interfaces/IArenaPanels.sol";
import { ArenaPlay } from "./ArenaPlay.t.sol";

/// @notice The main path of an Arena, from its terms to the winner and the last payment.
contract ArenaTest is ArenaPlay {
    function test_aCompetitionEndsWithTheBestOnSetB() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 good = submit(taskId, 0, 500_000);
        uint32 better = submit(taskId, 1, 400_000);
        playWindow(taskId);
        assertState(taskId, good, SubmissionState.Scored, "good");
        assertEq(arena.submissionOf(taskId, better).median, 400_000, "median");
        Place[] memory places = arena.placesOf(taskId, false);
        assertEq(places.length, 2, "places");
        assertEq(places[0].submission, better, "first on A");

        toClosing(taskId);
        disclose(taskId, good, digestOf(1));
        disclose(taskId, better, digestOf(2));
        toFinals(taskId);
        arena.openKey(taskId, KEY_B);
        // On set B the order is the other way round.
        (codeFor[good], codeFor[better]) = (390_001, 450_001);
        playWindow(taskId);
        assertEq(arena.submissionOf(taskId, good).finalMedian, 390_000, "median on B");
        arena.finish(taskId);
        assertEq(arena.modelOf(taskId), digestOf(1), "model");
        assertEq(uint256(arena.arenaView(taskId).stage), uint256(Stage.Finished), "stage");
        assertTrue(arena.earnedOf(taskId, trainer(0)) == arena.totalEarnedOf(taskId), "its maker's");
        assertEq(arena.earnedOf(taskId, trainer(1)), 0, "nobody else's");
        assertEq(owedTo(taskId, creator), CREATOR_BOND, "the bond is back");
    }

    function test_theBountyReachesRewardsDayByDay() public {
        uint256 taskId = running(arenaTerms(), 5);
        submit(taskId, 0, 500_000);
        playWindow(taskId);
        expectError(IArenaBoard.NothingIsDue.selector);
        arena.streamBounty(taskId);
        vm.warp(block.timestamp + 3 days);
        arena.streamBounty(taskId);
        uint256 pool = BOUNTY - BOUNTY / 10;
        assertEq(emissions.emitted(), 3 * (pool / 31), "three of 31 days");
        assertEq(token.balanceOf(address(emissions)), emissions.emitted(), "and it is there");
    }

    function test_daysBeforeTheFirstScoreAreRefunded() public {
        uint256 taskId = running(arenaTerms(), 5);
        toClosing(taskId);
        toFinals(taskId);
        arena.finish(taskId);
        assertEq(emissions.emitted(), 0, "nothing is streamed");
        assertEq(tasks.refundOf(taskId, creator), BOUNTY, "all of it comes back");
        assertEq(owedTo(taskId, creator), CREATOR_BOND, "and the bond");
    }

    function test_allMoneyIsAccountedFor() public {
        uint256 taskId = running(arenaTerms(), 5);
        submit(taskId, 0, 500_000);
        submit(taskId, 1, BASELINE);
        playWindow(taskId);
        assertEq(owedTo(taskId, trainer(0)), FEE, "who beats the baseline has its fee back");
        assertEq(owedTo(taskId, trainer(1)), 0, "who does not has paid");
        toClosing(taskId);
        disclose(taskId, 1, digestOf(1));
        toFinals(taskId);
        vm.warp(arena.arenaView(taskId).stageEndsAt);
        arena.finish(taskId);
        arena.withdraw(taskId, trainer(0));
        arena.withdraw(taskId, keeper);
        tasks.withdrawRefund(taskId, creator);
        arena.withdraw(taskId, treasury);
        assertEq(token.balanceOf(treasury), CREATOR_BOND, "a creator without a key has lost its bond");
        assertEq(token.balanceOf(address(arena)), 0, "nothing stays at the board");
        assertEq(token.balanceOf(address(tasks)), 0, "nor at TaskManager");
        uint256 given = token.balanceOf(creator) + token.balanceOf(keeper) + emissions.emitted();
        assertEq(given, uint256(BOUNTY) + FEE, "bounty and fee went somewhere");
    }

    function test_feesOfACompetitionWithoutAScoreAreTheTreasurys() public {
        uint256 taskId = running(arenaTerms(), 3);
        codeFor[submit(taskId, 0, 500_000)] = CRASHED;
        playWindow(taskId);
        toClosing(taskId);
        toFinals(taskId);
        arena.finish(taskId);
        assertEq(owedTo(taskId, treasury), FEE, "nothing is left behind");
        assertEq(emissions.emitted(), 0, "and nothing streamed");
    }

    function test_withoutTheKeyTheRankingOnSetAIsFinal() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 id = submit(taskId, 0, 500_000);
        playWindow(taskId);
        toClosing(taskId);
        disclose(taskId, id, digestOf(1));
        toFinals(taskId);
        vm.expectRevert(
            abi.encodeWithSelector(IArenaBoard.TooEarly.selector, arena.arenaView(taskId).stageEndsAt)
        );
        arena.finish(taskId);
        vm.warp(arena.arenaView(taskId).stageEndsAt);
        expectError(IArenaBoard.TooLate.selector, block.timestamp);
        arena.openKey(taskId, KEY_B);
        arena.finish(taskId);
        assertEq(arena.modelOf(taskId), digestOf(1), "model");
        assertTrue(arena.arenaView(taskId).keyIsLost, "the key is lost");
    }

    function test_aLeakedKeyCostsTheBond() public {
        uint256 taskId = running(arenaTerms(), 5);
        expectError(IArenaBoard.WrongOpening.selector);
        arena.reportLeak(taskId, keccak256("a guess"));
        vm.prank(stranger);
        arena.reportLeak(taskId, KEY_B);
        assertEq(owedTo(taskId, treasury), CREATOR_BOND, "the treasury's");
        assertTrue(!arena.arenaView(taskId).bonded, "no bond is left");
        uint32 id = submit(taskId, 0, 500_000);
        playWindow(taskId);
        toClosing(taskId);
        disclose(taskId, id, digestOf(1));
        toFinals(taskId);
        expectError(IArenaBoard.KeyIsKnown.selector);
        arena.openKey(taskId, KEY_B);
        arena.finish(taskId);
        assertEq(arena.modelOf(taskId), digestOf(1), "ranked on A");
    }

    function test_governanceMaySayThatSetBLeakedUntilAllIsOver() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 good = submit(taskId, 0, 400_000);
        uint32 leaked = submit(taskId, 1, 500_000);
        playWindow(taskId);
        toClosing(taskId);
        disclose(taskId, good, digestOf(good));
        disclose(taskId, leaked, digestOf(leaked));
        toFinals(taskId);
        arena.openKey(taskId, KEY_B);
        (codeFor[good], codeFor[leaked]) = (400_001, 100_001);
        playWindow(taskId);
        vm.prank(stranger);
        expectError(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        arena.declareLeak(taskId);
        vm.expectEmit(address(arena));
        emit IArenaBoard.KeyLost(taskId, 0);
        arena.declareLeak(taskId);
        expectError(IArenaBoard.KeyIsKnown.selector);
        arena.declareLeak(taskId);
        arena.finish(taskId);
        assertEq(arena.modelOf(taskId), digestOf(good), "ranked on A");
        assertEq(owedTo(taskId, treasury), CREATOR_BOND, "the bond is the treasury's");
        vm.expectRevert(abi.encodeWithSelector(IArenaBoard.WrongStage.selector, Stage.Finals, Stage.Finished));
        arena.declareLeak(taskId);
    }

    function test_onASetBThatLeakedNothingMoreIsScored() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 id = submit(taskId, 0, 400_000);
        playWindow(taskId);
        toClosing(taskId);
        disclose(taskId, id, digestOf(id));
        toFinals(taskId);
        arena.openKey(taskId, KEY_B);
        arena.declareLeak(taskId);
        passWindow(taskId);
        vm.expectRevert(abi.encodeWithSelector(IArenaBoard.WrongStage.selector, Stage.Finals, Stage.Finals));
        panels.openWindow(taskId);
        arena.finish(taskId);
        assertEq(arena.modelOf(taskId), digestOf(id), "ranked on A");
    }

    /// @dev Without a set B there is no stream that depends on its secrecy.
    function test_whatHasNoSetBCannotLeakIt() public {
        ArenaTerms memory t = arenaTerms();
        (t.setB, t.cipherB, t.keyHashB, t.creatorBond) = (0, 0, 0, 0);
        uint256 taskId = running(t, 3);
        expectError(IArenaBoard.KeyIsKnown.selector);
        arena.declareLeak(taskId);
    }

    function test_aFinalistWithAVoidPanelIsScoredAgain() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 id = submit(taskId, 0, 500_000);
        playWindow(taskId);
        toClosing(taskId);
        disclose(taskId, id, digestOf(1));
        toFinals(taskId);
        arena.openKey(taskId, KEY_B);
        codeFor[id] = UNAVAILABLE;
        playWindow(taskId);
        codeFor[id] = 450_001;
        vm.expectRevert();
        arena.finish(taskId);
        playWindow(taskId);
        assertEq(arena.submissionOf(taskId, id).finalMedian, 450_000, "scored in the end");
        arena.finish(taskId);
    }

    // --- Sealed submissions ---

    function test_aSealedSubmissionIsScoredAfterTheClose() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 open_ = submit(taskId, 0, 500_000);
        uint32 hidden = submit(taskId, 1, digestOf(77), true);
        codeFor[hidden] = 400_001;
        playWindow(taskId);
        assertState(taskId, hidden, SubmissionState.Hidden, "no window has it");
        toClosing(taskId);
        disclose(taskId, open_, digestOf(1));
        disclose(taskId, hidden, digestOf(77));
        vm.warp(arena.arenaView(taskId).stageEndsAt);
        expectError(IArenaBoard.ScoringGoesOn.selector);
        arena.beginFinals(taskId);
        playWindow(taskId);
        assertState(taskId, hidden, SubmissionState.Scored, "scored on A");
        arena.beginFinals(taskId);
        assertEq(arena.queuedAt(taskId, Queue.Final, 0), hidden, "the first finalist");
    }

    function test_anEarlierSealedSubmissionWinsTies() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 hidden = submit(taskId, 1, digestOf(77), true);
        codeFor[hidden] = 500_000 + TOLERANCE + 1;
        uint32 later = submit(taskId, 0, 500_000);
        playWindow(taskId);
        toClosing(taskId);
        disclose(taskId, hidden, digestOf(77));
        vm.warp(arena.arenaView(taskId).stageEndsAt);
        playWindow(taskId);
        assertEq(arena.placesOf(taskId, false)[0].submission, hidden, "within the tolerance the earlier");
        assertEq(arena.placesOf(taskId, false)[1].submission, later, "then the later");
    }

    function test_whatIsNeverDisclosedIsOutAndHasPaid() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 open_ = submit(taskId, 0, 500_000);
        uint32 hidden = submit(taskId, 1, digestOf(77), true);
        playWindow(taskId);
        toClosing(taskId);
        vm.prank(trainer(1));
        vm.expectRevert();
        arena.cancel(taskId, hidden);
        toFinals(taskId);
        assertEq(arena.arenaView(taskId).queued[2], 0, "no finalists");
        arena.finish(taskId);
        assertEq(owedTo(taskId, trainer(1)), 0, "no fee comes back");
        assertState(taskId, open_, SubmissionState.Scored, "scored, and out");
        assertEq(arena.modelOf(taskId), 0, "no model");
    }

    function test_aSealedSubmissionThatNobodyScoresIsVoidInTheEnd() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 hidden = submit(taskId, 1, digestOf(77), true);
        toClosing(taskId);
        disclose(taskId, hidden, digestOf(77));
        uint32[] memory ids = new uint32[](1);
        ids[0] = hidden;
        vm.expectRevert();
        arena.expire(taskId, ids);
        vm.warp(arena.submissionOf(taskId, hidden).deadline);
        arena.beginFinals(taskId);
        arena.expire(taskId, ids);
        assertState(taskId, hidden, SubmissionState.Void, "void");
        assertEq(owedTo(taskId, trainer(1)), FEE, "its fee is back");
    }

    // --- Digests ---

    function test_ofOneDigestOnlyTheFirstIsInTheFinals() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 author = submit(taskId, 0, digestOf(9), false);
        uint32 thief = submit(taskId, 1, digestOf(9), false);
        (codeFor[author], codeFor[thief]) = (500_001, 400_001);
        playWindow(taskId);
        toClosing(taskId);
        disclose(taskId, thief, digestOf(9));
        disclose(taskId, author, digestOf(9));
        toFinals(taskId);
        assertEq(arena.queuedAt(taskId, Queue.Final, 0), author, "the author");
        assertEq(arena.arenaView(taskId).queued[2], 1, "and nobody else");
    }

    function test_aCommitmentIsItsOwners() public {
        uint256 taskId = running(arenaTerms(), 5);
        bytes32 stolen = commitmentTo(taskId, trainer(0), digestOf(9));
        submit(taskId, 0, digestOf(9), false);
        give(trainer(1), FEE);
        approve(trainer(1), address(arena), FEE);
        vm.prank(trainer(1));
        uint32 thief = arena.submit(taskId, trainer(1), stolen, false);
        playWindow(taskId);
        toClosing(taskId);
        expectError(IArenaBoard.WrongOpening.selector);
        disclose(taskId, thief, digestOf(9));
    }

    function test_aSubmissionIsDisclosedOnce() public {
        uint256 taskId = running(arenaTerms(), 5);
        uint32 id = submit(taskId, 0, 500_000);
        playWindow(taskId);
        vm.expectRevert(
            abi.encodeWithSelector(IArenaBoard.WrongStage.selector, Stage.Disclosing, Stage.Running)
        );
        disclose(taskId, id, digestOf(1));
        toClosing(taskId);
        disclose(taskId, id, digestOf(1));
        expectError(IArenaBoard.AlreadyDisclosed.selector, id);
        disclose(taskId, id, digestOf(1));
        vm.warp(arena.arenaView(taskId).stageEndsAt);
        expectError(IArenaBoard.TooLate.selector, block.timestamp);
        disclose(taskId, id, digestOf(1));
    }

    // --- Beginning ---

    function test_aTaskBeginsOnlyWithTheBond() public {
        uint256 taskId = openArena(arenaTerms());
        expectError(IArenaBoard.BondFirst.selector, CREATOR_BOND);
        arena.start(taskId);
        putUpBond(taskId);
        expectError(IArenaBoard.NoBondIsDue.selector);
        arena.bond(taskId);
        arena.start(taskId);
    }

    function test_theBondOfACancelledTaskComesBack() public {
        uint256 taskId = openArena(arenaTerms());
        putUpBond(taskId);
        vm.expectRevert();
        arena.unbond(taskId);
        vm.prank(creator);
        tasks.cancel(taskId);
        arena.unbond(taskId);
        arena.withdraw(taskId, creator);
        assertEq(token.balanceOf(creator), CREATOR_BOND, "bond");
        expectError(IArenaBoard.NoBondIsDue.selector);
        arena.unbond(taskId);
    }

    function test_onlyTaskManagerAndPanelsMayDoWhatIsTheirs() public {
        uint256 taskId = running(arenaTerms(), 3);
        vm.expectRevert();
        arena.open(taskId, "");
        expectError(IArenaBoard.OnlyThePanels.selector, address(this));
        arena.slash(taskId, validator(0), 1, 1);
        expectError(IArenaBoard.OnlyThePanels.selector, address(this));
        arena.payKeeper(taskId, stranger);
        expectError(IArenaBoard.OnlyThePanels.selector, address(this));
        arena.take(taskId, 1, 1);
        expectError(IArenaPanels.OnlyTheBoard.selector, address(this));
        panels.enlist(taskId, stranger, 1);
        expectError(IArenaPanels.OnlyTheBoard.selector, address(this));
        panels.delist(taskId, validator(0));
    }

    function test_termsOutOfBoundsAreRefused() public {
        ArenaTerms memory t = arenaTerms();
        t.panelSeats = 4;
        expectTerm("panelSeats % 2", 0, 1, 1);
        this.tryOpen(t);
        t = arenaTerms();
        t.tolerance = 0;
        expectTerm("tolerance", 0, 1, 100_000_000);
        this.tryOpen(t);
        t = arenaTerms();
        t.revealSeconds = 9;
        expectTerm("revealSeconds", 9, 10, 7 days);
        this.tryOpen(t);
        t = arenaTerms();
        t.strikeLimit = 17;
        expectTerm("strikeLimit", 17, 1, 16);
        this.tryOpen(t);
    }

    function tryOpen(ArenaTerms memory t) external {
        openArena(t);
    }

    function expectTerm(string memory term, uint256 value, uint256 least, uint256 most) private {
        vm.expectRevert(
            abi.encodeWithSelector(IArenaBoard.TermOutOfBounds.selector, term, value, least, most)
        );
    }
}
