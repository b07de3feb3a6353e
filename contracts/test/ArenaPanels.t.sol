// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Panels } from "../src/libraries/Panels.sol";
import { Candidate, Contest, Ranking } from "../src/libraries/Ranking.sol";
import { Mark, Outcome, ScoreMath, Verdict } from "../src/libraries/ScoreMath.sol";
import { Base } from "./Base.t.sol";

/// @notice The rules of panels, scores and places for any input, and against the vectors written by the Python rules.
contract ArenaPanelsTest is Base {
    uint256 private constant MAX_SIZE = 300;

    mapping(uint256 => uint256) private _places;

    function setUp() public override { }

    // --- Panels ---

    function testFuzz_theShuffleHasAnInverse(bytes32 seed, uint256 index, uint256 size) public pure {
        size = size % 5_000 + 1;
        index = index % size;
        uint256 place = Panels.shuffled(seed, index, size);
        assertTrue(place < size, "within");
        assertEq(Panels.unshuffled(seed, place, size), index, "and back");
    }

    function testFuzz_everySlotIsSomebodysOnce(bytes32 seed, uint256 size, uint256 count) public pure {
        (size, count) = (size % 40 + 3, count % 30 + 1);
        uint256 most = Panels.MAX_SLOTS * size / 3;
        if (count > most) count = most;
        uint256 slots = count * 3;
        bool[] memory isTaken = new bool[](slots);
        uint256 total;
        for (uint256 position = 0; position < size; ++position) {
            (uint256 seats, uint256 held) = Panels.slotsOf(seed, position, slots, size);
            assertTrue(held <= Panels.MAX_SLOTS, "no more than nine");
            for (uint256 i = 0; i < held; ++i) {
                uint256 slot = Panels.slotAt(seats, i);
                assertTrue(!isTaken[slot], "nobody else's");
                isTaken[slot] = true;
            }
            total += held;
        }
        assertEq(total, slots, "all slots");
    }

    function testFuzz_aPanelIsAsManyValidatorsAsItHasSeats(bytes32 seed, uint256 size, uint256 order)
        public
        pure
    {
        size = size % MAX_SIZE + 9;
        order = order % 200;
        for (uint256 one = 0; one < 9; ++one) {
            for (uint256 other = 0; other < one; ++other) {
                uint256 first = Panels.shuffled(seed, (order * 9 + one) % size, size);
                uint256 second = Panels.shuffled(seed, (order * 9 + other) % size, size);
                assertTrue(first != second, "two seats of one");
            }
        }
    }

    // --- Scores ---

    function testFuzz_aMinorityCannotMoveTheMedian(uint256 word, uint256 liars) public pure {
        uint256 honest;
        for (uint256 seat = 0; seat < 9; ++seat) {
            uint256 code = word >> 28 * seat & 0xffff;
            honest |= code + 500_001 << 28 * seat;
        }
        uint256 lied = honest;
        for (uint256 seat = 0; seat < 4; ++seat) {
            lied &= ~(ScoreMath.TOP << 28 * seat);
            lied |= (liars >> 28 * seat & 0xfffffff) % (ScoreMath.MAX_SCORE + 2) << 28 * seat;
        }
        Verdict memory verdict = ScoreMath.judge(lied, 9);
        assertTrue(verdict.outcome == Outcome.Scored, "scored");
        assertTrue(verdict.median >= 500_000 && verdict.median <= 500_000 + 0xffff, "among the honest");
    }

    function testFuzz_aVoidPanelMarksNobody(uint256 word, uint256 seats) public pure {
        seats = seats % 4 * 2 + 3;
        word &= (1 << 28 * seats) - 1;
        Verdict memory verdict = ScoreMath.judge(word, seats);
        if (verdict.outcome != Outcome.Void) return;
        for (uint256 seat = 0; seat < seats; ++seat) {
            uint256 code = ScoreMath.codeAt(word, seat);
            assertTrue(ScoreMath.markOf(code, verdict, 1, 10) == Mark.None, "no mark");
        }
    }

    // --- The same as in Python ---

    function test_vectors_shuffle() public view {
        string memory json = _read();
        bytes32[] memory seed = vm.parseJsonBytes32Array(json, ".shuffle.seed");
        uint256[] memory index = vm.parseJsonUintArray(json, ".shuffle.index");
        uint256[] memory size = vm.parseJsonUintArray(json, ".shuffle.size");
        uint256[] memory place = vm.parseJsonUintArray(json, ".shuffle.place");
        assertTrue(seed.length > 50, "cases");
        for (uint256 i = 0; i < seed.length; ++i) {
            assertEq(Panels.shuffled(seed[i], index[i], size[i]), place[i], "shuffle");
            assertEq(Panels.unshuffled(seed[i], place[i], size[i]), index[i], "and back");
        }
    }

    function test_vectors_judge() public view {
        string memory json = _read();
        uint256[] memory word = vm.parseJsonUintArray(json, ".judge.word");
        uint256[] memory seats = vm.parseJsonUintArray(json, ".judge.seats");
        uint256[] memory tolerance = vm.parseJsonUintArray(json, ".judge.tolerance");
        uint256[] memory outcome = vm.parseJsonUintArray(json, ".judge.outcome");
        uint256[] memory median = vm.parseJsonUintArray(json, ".judge.median");
        uint256[] memory mad = vm.parseJsonUintArray(json, ".judge.mad");
        uint256[] memory marks = vm.parseJsonUintArray(json, ".judge.marks");
        assertTrue(word.length > 50, "cases");
        for (uint256 i = 0; i < word.length; ++i) {
            Verdict memory verdict = ScoreMath.judge(word[i], seats[i]);
            assertEq(uint256(verdict.outcome), outcome[i], "outcome");
            assertEq(verdict.median, median[i], "median");
            assertEq(verdict.mad, mad[i], "mad");
            for (uint256 seat = 0; seat < seats[i]; ++seat) {
                uint256 code = ScoreMath.codeAt(word[i], seat);
                Mark mark = ScoreMath.markOf(code, verdict, tolerance[i], 10);
                assertEq(uint256(mark), marks[i] >> 4 * seat & 0xf, "mark");
            }
        }
    }

    function test_vectors_named() public view {
        string memory json = _read();
        uint256[] memory word = vm.parseJsonUintArray(json, ".named.word");
        uint256[] memory names = vm.parseJsonUintArray(json, ".named.names");
        uint256[] memory found = vm.parseJsonUintArray(json, ".named.found");
        assertTrue(word.length > 50, "cases");
        for (uint256 i = 0; i < word.length; ++i) {
            assertEq(ScoreMath.namedByMost(word[i], names[i]), found[i], "found");
        }
    }

    /// @dev Each case adds a submission to the ranking of the one before, unless it is the first of a new one.
    function test_vectors_places() public {
        string memory json = _read();
        uint256[] memory isFirst = vm.parseJsonUintArray(json, ".places.is_first");
        uint256[] memory submission = vm.parseJsonUintArray(json, ".places.submission");
        uint256[] memory score = vm.parseJsonUintArray(json, ".places.score");
        uint256[] memory own = vm.parseJsonUintArray(json, ".places.own");
        uint256[] memory higher = vm.parseJsonUintArray(json, ".places.higher");
        uint256[] memory board = vm.parseJsonUintArray(json, ".places.board");
        assertTrue(score.length > 50, "cases");
        for (uint256 i = 0; i < score.length; ++i) {
            if (isFirst[i] != 0) (_places[0], _places[1]) = (0, 0);
            Ranking.insert(
                _places, 6, Contest(1_000, higher[i] != 0), Candidate(submission[i], score[i]), own[i]
            );
            for (uint256 place = 0; place < 6; ++place) {
                (uint256 id,) = Ranking.at(_places, place);
                assertEq(id, board[i] >> 28 * place & (1 << 28) - 1, "place");
            }
        }
    }

    function _read() private view returns (string memory) {
        return vm.readFile("../tests/vectors/arena.json");
    }
}
