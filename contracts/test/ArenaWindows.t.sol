// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ArenaTerms,
    IArenaBoard,
    Place,
    Role,
    Stage,
    Standing,
    SubmissionState
} from "../src/interfaces/IArenaBoard.sol";
import {
    IArenaPanels,
    Reveal,
    ValidatorView,
    WindowPhase,
    WindowView
} from "../src/interfaces/IArenaPanels.sol";
import { Panels } from "../src/libraries/Panels.sol";
import { ArenaPlay } from "./ArenaPlay.t.sol";

/// @notice Windows of an Arena: who may do what when, what cheats lose, and what becomes of a submission.
contract ArenaWindowsTest is ArenaPlay {
    // --- Phases ---

    function test_everyPhaseRefusesWhatBelongsToAnother() public {
        uint256 taskId = running(arenaTerms(), 5);
        expectError(IArenaBoard.NothingWaits.selector);
        panels.openWindow(taskId);
        submit(taskId, 0, 500_000);
        panels.openWindow(taskId);
        expectPhaseError(WindowPhase.Over, WindowPhase.Seeded);
        panels.openWindow(taskId);
        expectError(IArenaPanels.SeedIsNotReady.selector, block.number + 2);
        panels.draw(taskId);
        expectError(IArenaPanels.SeedIsStillReadable.selector, block.number + 2);
        panels.reseed(taskId);
        vm.roll(block.number + 3);
        panels.draw(taskId);
        expectPhaseError(WindowPhase.Seeded, WindowPhase.Commit);
        panels.draw(taskId);
        expectPhaseError(WindowPhase.Replace, WindowPhase.Commit);
        panels.callSubstitutes(taskId);
        expectPhaseError(WindowPhase.Rest, WindowPhase.Commit);
        panels.judge(taskId, 1);
        address account = seated(taskId);
        commit(taskId, account);
        expectPhaseError(WindowPhase.Reveal, WindowPhase.Commit);
        this.tryReveal(taskId, account);
        toReveals(taskId);
        expectPhaseError(WindowPhase.Commit, WindowPhase.Reveal);
        this.tryCommit(taskId, account);
        this.tryReveal(taskId, account);
        toRest(taskId);
        expectPhaseError(WindowPhase.Reveal, WindowPhase.Rest);
        this.tryReveal(taskId, account);
        passWindow(taskId);
        submit(taskId, 0, 500_000);
        expectError(IArenaPanels.JudgeFirst.selector, 1, 0);
        panels.openWindow(taskId);
        panels.judge(taskId, 1);
        panels.openWindow(taskId);
        expectError(IArenaPanels.NotTheLastWindow.selector, 1, 2);
        panels.commit(taskId, 1, account, keccak256("late"));
    }

    function test_aSeedThatNobodyUsedIsNamedAgain() public {
        uint256 taskId = running(arenaTerms(), 5);
        submit(taskId, 0, 500_000);
        panels.openWindow(taskId);
        uint256 seedBlock = lastWindow(taskId).seedBlock;
        vm.roll(seedBlock + 257);
        expectError(IArenaPanels.SeedIsGone.selector, seedBlock);
        panels.draw(taskId);
        panels.reseed(taskId);
        vm.roll(block.number + 3);
        panels.draw(taskId);
    }

    function test_windowsDoNotOverlap() public {
        ArenaTerms memory t = arenaTerms();
        t.windowSeconds = 10;
        uint256 taskId = running(t, 5);
        submit(taskId, 0, 500_000);
        submit(taskId, 1, 500_000);
        openWindow(taskId);
        submit(taskId, 0, 500_000);
        toRest(taskId);
        panels.judge(taskId, 9);
        expectPhaseError(WindowPhase.Over, WindowPhase.Rest);
        panels.openWindow(taskId);
    }

    function test_aWindowWaitsForItsTime() public {
        ArenaTerms memory t = arenaTerms();
        t.windowSeconds = 1 days;
        uint256 taskId = running(t, 5);
        submit(taskId, 0, 500_000);
        playWindow(taskId);
        submit(taskId, 0, 500_000);
        uint256 notBefore = uint256(lastWindow(taskId).openedAt) + 1 days;
        vm.warp(notBefore - 1);
        expectError(IArenaPanels.TooEarly.selector, notBefore);
        panels.openWindow(taskId);
        vm.warp(notBefore);
        panels.openWindow(taskId);
    }

    function test_aRushMakesMoreWindowsAndNobodyHasMoreThanNineSeats() public {
        ArenaTerms memory t = arenaTerms();
        (t.quotaADay, t.evaluationFee) = (20, 0);
        uint256 taskId = running(t, 4);
        for (uint256 i = 0; i < 16; ++i) {
            submit(taskId, i % 2, 500_000 + i);
        }
        openWindow(taskId);
        assertEq(lastWindow(taskId).count, 12, "nine times four validators over three seats");
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(seatCount(taskId, 1, validator(i)), 9, "seats");
        }
        playDrawn(taskId);
        playWindow(taskId);
        assertEq(lastWindow(taskId).count, 4, "the rest");
        assertState(taskId, 16, SubmissionState.Scored, "all are scored");
    }

    // --- Who may ---

    function test_whoIsNotDrawnScoresNothing() public {
        uint256 taskId = running(arenaTerms(), 5);
        submit(taskId, 0, 500_000);
        uint16 number = openWindow(taskId);
        expectError(IArenaPanels.NotAValidator.selector, trainer(0));
        this.tryCommit(taskId, trainer(0));
        for (uint256 i = 0; i < 5; ++i) {
            if (seatCount(taskId, number, validator(i)) == 0) commit(taskId, validator(i));
        }
        commitRest(taskId);
        toReveals(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            if (seatCount(taskId, number, validator(i)) != 0) continue;
            expectError(IArenaPanels.HasNoSeat.selector, validator(i));
            this.tryReveal(taskId, validator(i));
        }
    }

    function test_whoJoinsLaterIsNotInTheWindow() public {
        uint256 taskId = running(arenaTerms(), 3);
        submit(taskId, 0, 500_000);
        openWindow(taskId);
        enrolValidators(taskId, 1);
        expectError(IArenaPanels.HasNoSeat.selector, validator(3));
        this.tryCommit(taskId, validator(3));
        assertEq(panels.dutyOf(taskId, validator(3)), 0, "no duty");
        assertEq(panels.dutyOf(taskId, validator(0)), 1, "but the others");
    }

    function test_onlyTheAccountOrItsOperatorCommits() public {
        uint256 taskId = running(arenaTerms(), 3);
        submit(taskId, 0, 500_000);
        openWindow(taskId);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IArenaPanels.NotActingFor.selector, validator(0), stranger));
        panels.commit(taskId, 1, validator(0), keccak256("a guess"));
        vm.prank(validator(0));
        expectError(IArenaPanels.CommitmentIsZero.selector);
        panels.commit(taskId, 1, validator(0), 0);
    }

    function test_aValidatorCommitsOnceAndRevealsOnce() public {
        uint256 taskId = running(arenaTerms(), 3);
        submit(taskId, 0, 500_000);
        openWindow(taskId);
        commit(taskId, validator(0));
        expectError(IArenaPanels.AlreadyDone.selector, validator(0));
        this.tryCommit(taskId, validator(0));
        toReveals(taskId);
        expectError(IArenaPanels.CommitFirst.selector, validator(1));
        this.tryReveal(taskId, validator(1));
        reveal(taskId, validator(0));
        uint256 word = panels.scoresOf(taskId, 1, 0);
        reveal(taskId, validator(0));
        assertEq(panels.scoresOf(taskId, 1, 0), word, "a second reveal changes nothing");
    }

    function test_aRevealIsWhatWasCommitted() public {
        uint256 taskId = running(arenaTerms(), 3);
        submit(taskId, 0, 500_000);
        openWindow(taskId);
        commit(taskId, validator(0));
        toReveals(taskId);
        Reveal[] memory reveals = new Reveal[](1);
        reveals[0] = drawnReveal(taskId, 1, validator(0));
        reveals[0].scores += 1;
        expectError(IArenaPanels.RevealDoesNotMatch.selector, validator(0));
        panels.reveal(taskId, 1, reveals);
        reveals[0] = drawnReveal(taskId, 1, validator(0));
        reveals[0].artifacts[0] = keccak256("another");
        expectError(IArenaPanels.RevealDoesNotMatch.selector, validator(0));
        panels.reveal(taskId, 1, reveals);
        reveals[0] = drawnReveal(taskId, 1, validator(0));
        reveals[0].lossRoots = new bytes32[](0);
        expectError(IArenaPanels.RevealDoesNotMatch.selector, validator(0));
        panels.reveal(taskId, 1, reveals);
        reveals[0] = drawnReveal(taskId, 1, validator(0));
        vm.prank(stranger);
        panels.reveal(taskId, 1, reveals);
    }

    function test_anothersCommitmentOpensNothing() public {
        uint256 taskId = running(arenaTerms(), 3);
        submit(taskId, 0, 500_000);
        openWindow(taskId);
        bytes32 copied =
            commitmentOf(taskId, 1, drawnReveal(taskId, 1, validator(0)), seatsOf(taskId, 1, validator(0)));
        vm.prank(validator(1));
        panels.commit(taskId, 1, validator(1), copied);
        toReveals(taskId);
        expectError(IArenaPanels.RevealDoesNotMatch.selector, validator(1));
        this.tryReveal(taskId, validator(1));
    }

    function test_whatIsNoScoreIsRefused() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 id = submit(taskId, 0, 500_000);
        openWindow(taskId);
        ownCode[validator(0)][id] = (1 << 28) - 8 + 1;
        commit(taskId, validator(0));
        toReveals(taskId);
        vm.expectRevert(abi.encodeWithSelector(IArenaPanels.NotAScore.selector, validator(0), (1 << 28) - 8));
        this.tryReveal(taskId, validator(0));
    }

    // --- What cheats lose ---

    function test_strikesAddUpToASlash() public {
        uint256 taskId = running(arenaTerms(), 3);
        address cheat = validator(0);
        for (uint256 i = 0; i < 7; ++i) {
            badWindow(taskId, cheat, TOLERANCE + 1);
            assertEq(stakeOf(taskId, cheat), 2 * MINIMUM_STAKE, "not yet");
        }
        badWindow(taskId, cheat, TOLERANCE + 1);
        assertEq(stakeOf(taskId, cheat), 2 * MINIMUM_STAKE * 9 / 10, "the eighth strike takes a tenth");
        assertEq(standing(taskId, cheat).strikes, 0, "and is forgotten");
        assertEq(stakeOf(taskId, validator(1)), 2 * MINIMUM_STAKE, "honest ones lose nothing");
    }

    function test_aMissCostsAtOnce() public {
        uint256 taskId = running(arenaTerms(), 3);
        badWindow(taskId, validator(0), 10 * TOLERANCE + 1);
        assertEq(stakeOf(taskId, validator(0)), 2 * MINIMUM_STAKE * 98 / 100, "two in a hundred");
        assertEq(standing(taskId, validator(0)).strikes, 1, "and a strike");
    }

    function test_withinTheToleranceNobodyIsStruck() public {
        uint256 taskId = running(arenaTerms(), 3);
        badWindow(taskId, validator(0), TOLERANCE);
        assertEq(standing(taskId, validator(0)).strikes, 0, "no strike");
    }

    function test_twoAbsencesInARowSuspend() public {
        uint256 taskId = running(arenaTerms(), 5);
        isAway[validator(0)] = true;
        uint256 absences;
        while (!standing(taskId, validator(0)).isSuspended) {
            submit(taskId, 0, 500_000);
            uint16 number = openWindow(taskId);
            bool hadSeat = seatCount(taskId, number, validator(0)) != 0;
            playDrawn(taskId);
            if (hadSeat) ++absences;
            assertEq(standing(taskId, validator(0)).absences, absences, "absences");
            if (block.timestamp > tasks.endsAtOf(taskId)) break;
            vm.warp(block.timestamp + 1 days);
        }
        assertEq(absences, 2, "two");
        uint256 lost = 2 * MINIMUM_STAKE * 25 / 10_000;
        assertEq(stakeOf(taskId, validator(0)), 2 * MINIMUM_STAKE - 2 * lost, "a quarter of a percent each");
        vm.prank(stranger);
        arena.leave(taskId, validator(0));
        assertTrue(!standing(taskId, validator(0)).isListed, "anybody takes it off the list");
        enrol(taskId, validator(0), Role.Validator);
        assertTrue(!standing(taskId, validator(0)).isSuspended, "it may come back");
    }

    function test_keepingScoresBackIsAStrikeAndAnAbsence() public {
        uint256 taskId = running(arenaTerms(), 4);
        keepsBack[validator(0)] = true;
        uint16 number;
        do {
            submit(taskId, 0, 500_000);
            number = openWindow(taskId);
            playDrawn(taskId);
            vm.warp(block.timestamp + 1 days);
        } while (seatCount(taskId, number, validator(0)) == 0);
        assertEq(standing(taskId, validator(0)).strikes, 1, "strike");
        assertEq(standing(taskId, validator(0)).absences, 1, "absence");
    }

    function test_aFailureThatFewSeeIsAnAbsenceAndNoStrike() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 id = submit(taskId, 0, 500_000);
        ownCode[validator(0)][id] = CRASHED + 1;
        playWindow(taskId);
        assertState(taskId, id, SubmissionState.Scored, "scored by the others");
        assertEq(standing(taskId, validator(0)).strikes, 0, "no strike");
        assertEq(standing(taskId, validator(0)).absences, 1, "an absence");
    }

    function test_aSubmissionThatMostFailHasFailed() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 id = submit(taskId, 0, 500_000);
        codeFor[id] = CRASHED;
        ownCode[validator(0)][id] = 500_001 + 1;
        playWindow(taskId);
        assertState(taskId, id, SubmissionState.Failed, "failed");
        assertEq(standing(taskId, validator(0)).absences, 1, "who saw none is absent");
        assertEq(owedTo(taskId, trainer(0)), 0, "its fee is kept");
        assertEq(arena.memberOf(taskId, trainer(0)).quotaLeft, 3, "and its quota used");
    }

    // --- Void ---

    function test_aVoidPanelBlamesNobody() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 id = submit(taskId, 0, 500_000);
        codeFor[id] = UNAVAILABLE;
        ownCode[validator(0)][id] = 500_001 + 1;
        playWindow(taskId);
        assertState(taskId, id, SubmissionState.Void, "void");
        for (uint256 i = 0; i < 3; ++i) {
            ValidatorView memory v = standing(taskId, validator(i));
            assertEq(v.strikes + v.absences, 0, "nobody is blamed");
            assertEq(stakeOf(taskId, validator(i)), 2 * MINIMUM_STAKE, "nobody loses");
        }
        assertEq(owedTo(taskId, trainer(0)), FEE, "the fee is back");
        assertEq(arena.memberOf(taskId, trainer(0)).quotaLeft, 4, "and the quota");
    }

    function test_anOutageBlamesNobody() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 id = submit(taskId, 0, 500_000);
        openWindow(taskId);
        commitAll(taskId);
        toRest(taskId);
        panels.judge(taskId, 1);
        settleAll(taskId);
        assertState(taskId, id, SubmissionState.Void, "void");
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(standing(taskId, validator(i)).strikes, 0, "no strikes");
            assertEq(standing(taskId, validator(i)).absences, 0, "no absences");
        }
    }

    function test_whoKeepsScoresBackToMakeAPanelVoidIsStruckStill() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 id = submit(taskId, 0, 500_000);
        (keepsBack[validator(0)], keepsBack[validator(1)]) = (true, true);
        playWindow(taskId);
        assertState(taskId, id, SubmissionState.Void, "two of three made it void");
        assertEq(standing(taskId, validator(0)).strikes, 1, "a strike");
        assertEq(standing(taskId, validator(2)).strikes, 0, "none for who revealed");
    }

    // --- Substitutes ---

    function test_aSubstituteFillsAMissedSeat() public {
        uint256 taskId = running(arenaTerms(), 6);
        uint32 id = submit(taskId, 0, 500_000);
        openWindow(taskId);
        address missing = seated(taskId);
        isAway[missing] = true;
        commitAll(taskId);
        vm.warp(lastWindow(taskId).commitEndsAt);
        (address stand, uint256 seats) = drawSubstituteFor(taskId, missing);
        Reveal memory revealed = revealOf(taskId, 1, stand, seats, 1);
        revealed.standsIn = true;
        bytes32 commitment = commitmentOf(taskId, 1, revealed, seats);
        vm.prank(missing);
        expectError(IArenaPanels.HasNoSeat.selector, missing);
        panels.enter(taskId, 1, missing, commitment);
        vm.prank(stand);
        panels.enter(taskId, 1, stand, commitment);
        vm.prank(stand);
        expectError(IArenaPanels.AlreadyDone.selector, stand);
        panels.enter(taskId, 1, stand, commitment);
        toReveals(taskId);
        vm.prank(stand);
        vm.expectRevert();
        panels.enter(taskId, 1, stand, commitment);
        Reveal[] memory reveals = new Reveal[](1);
        reveals[0] = revealed;
        panels.reveal(taskId, 1, reveals);
        panels.reveal(taskId, 1, reveals);
        revealAll(taskId);
        uint256 word = panels.scoresOf(taskId, 1, 0);
        for (uint256 seat = 0; seat < 3; ++seat) {
            assertEq(word >> 28 * seat & (1 << 28) - 1, 500_001, "all seats are filled");
        }
        toRest(taskId);
        panels.judge(taskId, 1);
        settleAll(taskId);
        assertState(taskId, id, SubmissionState.Scored, "scored");
        assertEq(standing(taskId, missing).absences, 1, "who was missing is absent");
        assertEq(standing(taskId, stand).absences, 0, "the substitute is not");
    }

    function test_withoutASecondSeedNobodyEnters() public {
        uint256 taskId = running(arenaTerms(), 4);
        submit(taskId, 0, 500_000);
        openWindow(taskId);
        vm.warp(lastWindow(taskId).commitEndsAt);
        vm.prank(validator(0));
        expectError(IArenaPanels.SeedIsNotReady.selector, 0);
        panels.enter(taskId, 1, validator(0), keccak256("x"));
        panels.callSubstitutes(taskId);
        expectError(IArenaPanels.SeedIsStillReadable.selector, block.number + 2);
        panels.callSubstitutes(taskId);
        vm.roll(block.number + 3);
        panels.drawSubstitutes(taskId);
        expectError(IArenaPanels.SeedIsStillReadable.selector, 0);
        panels.callSubstitutes(taskId);
    }

    // --- Submissions ---

    function test_theQuotaIsByTheChainsDay() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint256 midnight = (block.timestamp / 1 days + 1) * 1 days;
        vm.warp(midnight - 1);
        for (uint256 i = 0; i < 4; ++i) {
            submit(taskId, 0, 500_000);
        }
        expectError(IArenaBoard.QuotaIsUsed.selector, 4);
        this.trySubmit(taskId, 0);
        submit(taskId, 1, 500_000);
        vm.warp(midnight + 1);
        submit(taskId, 0, 500_000);
        assertEq(arena.memberOf(taskId, trainer(0)).quotaLeft, 3, "a new day");
    }

    function test_aStuckSubmissionIsCancelledForNothing() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 id = submit(taskId, 0, 500_000);
        vm.prank(stranger);
        vm.expectRevert();
        arena.cancel(taskId, id);
        vm.prank(trainer(0));
        arena.cancel(taskId, id);
        assertEq(arena.memberOf(taskId, trainer(0)).quotaLeft, 4, "quota");
        assertEq(owedTo(taskId, trainer(0)), FEE, "fee");
        vm.prank(trainer(0));
        vm.expectRevert();
        arena.cancel(taskId, id);
        expectError(IArenaBoard.NothingWaits.selector);
        panels.openWindow(taskId);
    }

    function test_afterTheFirstRevealACancellationGivesNothingBack() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 early = submit(taskId, 0, 500_000);
        uint32 late = submit(taskId, 0, 500_000);
        openWindow(taskId);
        vm.prank(trainer(0));
        arena.cancel(taskId, early);
        assertEq(arena.memberOf(taskId, trainer(0)).quotaLeft, 3, "before it, the quota");
        assertEq(owedTo(taskId, trainer(0)), 0, "but no fee, as somebody may have scored it");
        commitAll(taskId);
        toReveals(taskId);
        reveal(taskId, seated(taskId));
        vm.prank(trainer(0));
        arena.cancel(taskId, late);
        assertEq(arena.memberOf(taskId, trainer(0)).quotaLeft, 3, "after it, nothing");
        toRest(taskId);
        panels.judge(taskId, 9);
        assertState(taskId, late, SubmissionState.Cancelled, "cancelled");
    }

    function test_cancellingMakesNoFlood() public {
        uint256 taskId = running(arenaTerms(), 3);
        for (uint256 i = 0; i < 8; ++i) {
            uint32 id = submit(taskId, 0, 500_000);
            vm.prank(trainer(0));
            arena.cancel(taskId, id);
        }
        expectError(IArenaBoard.QuotaIsUsed.selector, 8);
        this.trySubmit(taskId, 0);
    }

    function test_withoutValidatorsASubmissionIsVoidInTime() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 id = submit(taskId, 0, 500_000);
        uint32[] memory ids = new uint32[](1);
        ids[0] = id;
        uint256 deadline = arena.submissionOf(taskId, id).deadline;
        expectError(IArenaBoard.TooEarly.selector, deadline);
        arena.expire(taskId, ids);
        vm.warp(deadline);
        vm.prank(stranger);
        arena.expire(taskId, ids);
        assertState(taskId, id, SubmissionState.Void, "void");
        assertEq(owedTo(taskId, trainer(0)), FEE, "fee");
        vm.expectRevert();
        arena.expire(taskId, ids);
    }

    function test_aSubmissionInAWindowDoesNotExpire() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32[] memory ids = new uint32[](1);
        ids[0] = submit(taskId, 0, 500_000);
        openWindow(taskId);
        vm.warp(block.timestamp + 30 days);
        expectError(IArenaBoard.IsInAWindow.selector, ids[0]);
        arena.expire(taskId, ids);
        panels.judge(taskId, 1);
        assertState(taskId, ids[0], SubmissionState.Void, "but anybody can have it judged");
    }

    function test_afterTheEndNobodySubmits() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint256 endsAt = tasks.endsAtOf(taskId);
        vm.warp(endsAt - 1);
        submit(taskId, 0, 500_000);
        expectError(IArenaBoard.TooEarly.selector, endsAt);
        arena.beginClosing(taskId);
        vm.warp(endsAt);
        expectError(IArenaBoard.TooLate.selector, endsAt);
        this.trySubmit(taskId, 0);
        expectError(IArenaBoard.ScoringGoesOn.selector);
        arena.beginClosing(taskId);
        playWindow(taskId);
        arena.beginClosing(taskId);
    }

    function test_onlyTrainersSubmitAndRolesAreForGood() public {
        uint256 taskId = running(arenaTerms(), 3);
        vm.prank(validator(0));
        vm.expectRevert(abi.encodeWithSelector(IArenaBoard.NotEnrolled.selector, validator(0), Role.Trainer));
        arena.submit(taskId, validator(0), keccak256("x"), false);
        vm.expectRevert(abi.encodeWithSelector(IArenaBoard.RoleIsFixed.selector, trainer(0), Role.Trainer));
        this.tryEnrol(taskId, trainer(0), Role.Validator);
        expectError(IArenaBoard.AlreadyEnrolled.selector, trainer(0));
        this.tryEnrol(taskId, trainer(0), Role.Trainer);
        vm.prank(trainer(0));
        arena.leave(taskId, trainer(0));
        vm.expectRevert(abi.encodeWithSelector(IArenaBoard.RoleIsFixed.selector, trainer(0), Role.Trainer));
        this.tryEnrol(taskId, trainer(0), Role.Validator);
        this.tryEnrol(taskId, trainer(0), Role.Trainer);
    }

    // --- Ranking ---

    function test_withinTheToleranceTheEarlierStandsAbove() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 author = submit(taskId, 0, 500_000);
        uint32 copier = submit(taskId, 1, 500_000 - TOLERANCE);
        playWindow(taskId);
        assertEq(arena.placesOf(taskId, false)[0].submission, author, "a tie");
        uint32 better = submit(taskId, 1, 500_000 - TOLERANCE - 1);
        playWindow(taskId);
        Place[] memory places = arena.placesOf(taskId, false);
        assertEq(places[0].submission, better, "better by more");
        assertEq(places.length, 2, "one place each");
        assertTrue(copier < better, "ids are in order");
    }

    function test_aWorseSecondSubmissionKeepsTheBest() public {
        uint256 taskId = running(arenaTerms(), 3);
        uint32 best = submit(taskId, 0, 500_000);
        playWindow(taskId);
        submit(taskId, 0, 600_000);
        playWindow(taskId);
        Place[] memory places = arena.placesOf(taskId, false);
        assertEq(places.length, 1, "one place");
        assertEq(places[0].submission, best, "the best");
    }

    // --- Leaving ---

    function test_aValidatorLeavesBetweenWindowsAndSettled() public {
        uint256 taskId = running(arenaTerms(), 5);
        submit(taskId, 0, 500_000);
        openWindow(taskId);
        vm.prank(validator(0));
        vm.expectRevert();
        arena.leave(taskId, validator(0));
        commitAll(taskId);
        toReveals(taskId);
        revealAll(taskId);
        toRest(taskId);
        vm.prank(validator(0));
        vm.expectRevert(abi.encodeWithSelector(IArenaPanels.SettleFirst.selector, validator(0), 0));
        arena.leave(taskId, validator(0));
        panels.judge(taskId, 1);
        settleAll(taskId);
        vm.prank(validator(0));
        arena.leave(taskId, validator(0));
        assertEq(panels.validatorAt(taskId, 0), validator(4), "the last has its place");
        assertTrue(!staking.allocationOf(validator(0), taskId).isHeld, "and its stake is free");
    }

    function test_strikesKeepTheStakeOfWhoLeaves() public {
        uint256 taskId = running(arenaTerms(), 3);
        badWindow(taskId, validator(0), TOLERANCE + 1);
        vm.prank(validator(0));
        arena.leave(taskId, validator(0));
        assertTrue(staking.allocationOf(validator(0), taskId).isHeld, "held");
        uint256 until = arena.memberOf(taskId, validator(0)).retainedUntil;
        expectError(IArenaBoard.RetainedUntil.selector, until);
        arena.leave(taskId, validator(0));
        vm.warp(until);
        arena.leave(taskId, validator(0));
        assertTrue(!staking.allocationOf(validator(0), taskId).isHeld, "free");
        enrol(taskId, validator(0), Role.Validator);
        assertEq(standing(taskId, validator(0)).strikes, 1, "who comes back has its strikes");
    }

    // --- Inside ---

    function tryReveal(uint256 taskId, address account) external {
        reveal(taskId, account);
    }

    function tryCommit(uint256 taskId, address account) external {
        commit(taskId, account);
    }

    function trySubmit(uint256 taskId, uint256 index) external {
        submit(taskId, index, 500_000);
    }

    function tryEnrol(uint256 taskId, address account, Role role) external {
        enrol(taskId, account, role);
    }

    /// @dev Whoever has not committed yet.
    function commitRest(uint256 taskId) private {
        for (uint256 i = 0; i < validatorCount; ++i) {
            if (standing(taskId, validator(i)).committedWindow == 0) commit(taskId, validator(i));
        }
    }

    /// @dev A window in which all three validators score one submission, and `cheat` says more by `off`.
    function badWindow(uint256 taskId, address cheat, uint256 off) private {
        vm.warp(block.timestamp + 1 days);
        uint32 id = submit(taskId, 0, 500_000);
        ownCode[cheat][id] = 500_001 + off + 1;
        playWindow(taskId);
    }

    /// @dev Names second seeds until somebody can stand in for `missing`, and draws with that one.
    function drawSubstituteFor(uint256 taskId, address missing)
        private
        returns (address stand, uint256 slot)
    {
        slot = seatsOf(taskId, 1, missing);
        while (stand == address(0)) {
            panels.callSubstitutes(taskId);
            uint256 seedBlock = lastWindow(taskId).seedBlock;
            vm.roll(seedBlock + 1);
            stand = standInOf(taskId, slot, blockhash(seedBlock));
            if (stand == address(0)) vm.roll(seedBlock + 257);
        }
        panels.drawSubstitutes(taskId);
    }

    function standInOf(uint256 taskId, uint256 slot, bytes32 hash) private view returns (address) {
        bytes32 seed = keccak256(abi.encode(hash, block.chainid, address(panels), taskId, 1, true));
        uint256 size = lastWindow(taskId).validators;
        address account = panels.validatorAt(taskId, Panels.shuffled(seed, slot % size, size));
        return seatCount(taskId, 1, account) == 0 ? account : address(0);
    }
}
