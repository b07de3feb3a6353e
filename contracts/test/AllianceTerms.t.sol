// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms, IAllianceRounds } from "../src/interfaces/IAllianceRounds.sol";
import { IBoard } from "../src/interfaces/IBoard.sol";
import { NewTask } from "../src/interfaces/ITaskManager.sol";
import { Base } from "./Base.t.sol";

/// @notice The terms of an Alliance: checked and kept when the task is created.
contract AllianceTermsTest is Base {
    uint256 private constant TERMS_LENGTH = 19 * 32;

    // --- Taking them in ---

    function test_open_keepsEveryTerm() public {
        AllianceTerms memory wanted = _everyTermAnother();
        uint256 taskId = openTask(wanted, 2 * BOUNTY);
        assertEq(keccak256(abi.encode(rounds.termsOf(taskId))), keccak256(abi.encode(wanted)), "terms");
        assertEq(tasks.taskOf(taskId).termsHash, keccak256(abi.encode(wanted)), "their hash");
        assertEq(view_(taskId).model, wanted.initialModel, "the first round trains from it");
        assertEq(view_(taskId).planned, wanted.plannedRounds, "planned");
    }

    function test_open_tellsTheTermsFromItsOwnAddress() public {
        vm.expectEmit(address(rounds));
        emit IAllianceRounds.AllianceOpened(1, _withoutFee());
        tasks.create(_withoutBounty(), abi.encode(_withoutFee()));
    }

    function test_open_onlyByTheTaskManager() public {
        expectError(IBoard.OnlyTaskManager.selector, stranger);
        vm.prank(stranger);
        rounds.open(1, abi.encode(terms()));
        uint256 taskId = openTask(terms(), BOUNTY);
        expectError(IBoard.OnlyTaskManager.selector, creator);
        vm.prank(creator);
        rounds.open(taskId, abi.encode(_everyTermAnother()));
    }

    function test_open_refusesTermsOfAnotherLength() public {
        bytes memory right = abi.encode(_withoutFee());
        assertEq(right.length, TERMS_LENGTH, "words");
        _malformed("");
        _malformed(bytes.concat(right, bytes32(0)));
        _malformed(bytes.concat(right, hex"00"));
        _malformed(_cut(right, TERMS_LENGTH - 32));
    }

    /// @dev In each word, a value beyond what its type holds.
    function test_open_refusesWordsThatAreNoTerms() public {
        uint256[17] memory bits = [uint256(16), 8, 8, 16, 16, 32, 32, 32, 32, 96, 128, 8, 16, 16, 8, 8, 16];
        for (uint256 word = 0; word < bits.length; ++word) {
            bytes memory wrong = abi.encode(_withoutFee());
            uint256 value = 1 << bits[word];
            assembly ("memory-safe") {
                let at := add(add(wrong, 0x20), shl(5, word))
                mstore(at, or(mload(at), value))
            }
            NewTask memory task = _withoutBounty();
            vm.expectRevert(bytes(""));
            tasks.create(task, wrong);
        }
    }

    // --- Bounds ---

    function test_bounds_seatsAndMembers() public {
        AllianceTerms memory t = _withoutFee();
        t.proposerSeats = 0;
        _refused(t, "proposerSeats", 0, 1, 32);
        t.proposerSeats = 33;
        _refused(t, "proposerSeats", 33, 1, 32);
        t = _withoutFee();
        t.voterSeats = 0;
        _refused(t, "voterSeats", 0, 1, 63);
        t.voterSeats = 64;
        _refused(t, "voterSeats", 64, 1, 63);
        t = _withoutFee();
        t.maxMembers = 4;
        _refused(t, "maxMembers", 4, 5, 65_000);
        t.maxMembers = 65_001;
        _refused(t, "maxMembers", 65_001, 5, 65_000);
        t = _withoutFee();
        t.minimumMembers = 4;
        _refused(t, "minimumMembers", 4, 5, 1_000);
        t.minimumMembers = 1_001;
        _refused(t, "minimumMembers", 1_001, 5, 1_000);
    }

    function test_bounds_roundsAndPhases() public {
        AllianceTerms memory t = _withoutFee();
        t.plannedRounds = 0;
        _refused(t, "plannedRounds", 0, 1, 10_000);
        t.plannedRounds = 10_001;
        _refused(t, "plannedRounds", 10_001, 1, 10_000);
        uint32[2] memory beyond = [uint32(1), 604_801];
        for (uint256 i = 0; i < 2; ++i) {
            t = _withoutFee();
            t.proposeSeconds = beyond[i];
            _refused(t, "proposeSeconds", beyond[i], 2, 604_800);
            t = _withoutFee();
            t.attestSeconds = beyond[i];
            _refused(t, "attestSeconds", beyond[i], 2, 604_800);
            t = _withoutFee();
            t.commitSeconds = beyond[i];
            _refused(t, "commitSeconds", beyond[i], 2, 604_800);
            t = _withoutFee();
            t.revealSeconds = beyond[i];
            _refused(t, "revealSeconds", beyond[i], 10, 604_800);
        }
    }

    function test_bounds_rules() public {
        AllianceTerms memory t = _withoutFee();
        t.rule = 7;
        _refused(t, "rule", 7, 0, 6);
        t.rule = 128 + 7;
        _refused(t, "rule", 7, 0, 6);
        t = _withoutFee();
        t.byzantineBps = 4_901;
        _refused(t, "byzantineBps", 4_901, 0, 4_900);
        t = _withoutFee();
        t.voteToleranceBps = 2_001;
        _refused(t, "voteToleranceBps", 2_001, 0, 2_000);
    }

    function test_bounds_strikesAndSlashes() public {
        AllianceTerms memory t = _withoutFee();
        t.strikeWindow = 0;
        _refused(t, "strikeWindow", 0, 1, 16);
        t.strikeWindow = 17;
        _refused(t, "strikeWindow", 17, 1, 16);
        t = _withoutFee();
        t.strikeLimit = 0;
        _refused(t, "strikeLimit", 0, 1, 8);
        t.strikeLimit = 9;
        _refused(t, "strikeLimit", 9, 1, 8);
        t = _withoutFee();
        t.slashBps = 5_001;
        _refused(t, "slashBps", 5_001, 0, 5_000);
    }

    /// @dev A tenth of the bounty pays two draws for each planned round.
    function test_bounds_keepersGetATenthAtMost() public {
        AllianceTerms memory t = terms();
        t.keeperFee = BOUNTY / 80;
        openTask(t, BOUNTY);
        t.keeperFee += 1;
        NewTask memory task = newTask();
        _expectTerm("keeperFee", t.keeperFee, 0, BOUNTY / 80);
        tasks.create(task, abi.encode(t));
        t.keeperFee = 1;
        _refused(t, "keeperFee", 1, 0, 0);
    }

    function test_bounds_whatIsJustWithinIsTaken() public {
        AllianceTerms memory t = _withoutFee();
        (t.plannedRounds, t.proposerSeats, t.voterSeats) = (1, 1, 1);
        (t.minimumMembers, t.maxMembers) = (2, 2);
        (t.proposeSeconds, t.attestSeconds, t.commitSeconds, t.revealSeconds) = (2, 2, 2, 10);
        (t.rule, t.byzantineBps, t.voteToleranceBps) = (0, 0, 0);
        (t.strikeWindow, t.strikeLimit, t.slashBps) = (1, 1, 0);
        _taken(t);
        (t.plannedRounds, t.proposerSeats, t.voterSeats) = (10_000, 32, 63);
        (t.minimumMembers, t.maxMembers) = (65_000, 65_000);
        (t.proposeSeconds, t.attestSeconds, t.commitSeconds, t.revealSeconds) =
        (604_800, 604_800, 604_800, 604_800);
        (t.rule, t.byzantineBps, t.voteToleranceBps) = (128 + 6, 4_900, 2_000);
        (t.strikeWindow, t.strikeLimit, t.slashBps) = (16, 16, 5_000);
        (t.normClip, t.allowListRoot) = (type(uint128).max, bytes32(type(uint256).max));
        _taken(t);
    }

    // --- Steps ---

    function _everyTermAnother() private pure returns (AllianceTerms memory) {
        return AllianceTerms({
            plannedRounds: 7,
            proposerSeats: 5,
            voterSeats: 9,
            minimumMembers: 21,
            maxMembers: 333,
            proposeSeconds: 11,
            attestSeconds: 22,
            commitSeconds: 33,
            revealSeconds: 604_800,
            keeperFee: 12_345,
            normClip: 2 ** 127 + 1,
            rule: 132,
            byzantineBps: 4_321,
            voteToleranceBps: 1_234,
            strikeWindow: 13,
            strikeLimit: 11,
            slashBps: 4_567,
            allowListRoot: keccak256("allow-list"),
            initialModel: keccak256("another model")
        });
    }

    function _withoutFee() private pure returns (AllianceTerms memory t) {
        t = terms();
        t.keeperFee = 0;
    }

    function _withoutBounty() private view returns (NewTask memory task) {
        task = newTask();
        task.bounty = 0;
    }

    function _cut(bytes memory given, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            part[i] = given[i];
        }
    }

    // --- Claims ---

    function _taken(AllianceTerms memory t) private {
        uint256 taskId = tasks.create(_withoutBounty(), abi.encode(t));
        assertEq(keccak256(abi.encode(rounds.termsOf(taskId))), keccak256(abi.encode(t)), "terms");
    }

    function _malformed(bytes memory encoded) private {
        NewTask memory task = _withoutBounty();
        expectError(IAllianceRounds.TermsMalformed.selector, encoded.length);
        tasks.create(task, encoded);
    }

    function _refused(AllianceTerms memory t, string memory term, uint256 value, uint256 least, uint256 most)
        private
    {
        NewTask memory task = _withoutBounty();
        _expectTerm(term, value, least, most);
        tasks.create(task, abi.encode(t));
    }

    function _expectTerm(string memory term, uint256 value, uint256 least, uint256 most) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAllianceRounds.TermOutOfBounds.selector, term, value, least, most)
        );
    }
}
