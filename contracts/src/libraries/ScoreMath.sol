// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a panel's reveals make of a submission: flock.protocol.arena.scores.Outcome.
enum Outcome {
    None,
    Void,
    Failed,
    Scored
}

/// @notice How a reveal is judged: flock.protocol.arena.scores.Mark. None: the panel is void.
enum Mark {
    None,
    Good,
    Absent,
    Strike,
    Miss
}

/// @notice What a panel's reveals come to. `copyOf` is what most of those who revealed say the submission is a copy of, 0
/// for none; that is asked in the finals only.
struct Verdict {
    Outcome outcome;
    uint256 median;
    uint256 mad;
    uint256 copyOf;
}

/// @title Scores as validators reveal them, and what a panel's reveals make of a submission
/// @dev A word has CODE_BITS for each seat, seat 0 lowest: 0 for nothing, a score plus 1, or one of the highest values for
/// a failure: the highest means that the bytes were not to be had, which blames nobody.
library ScoreMath {
    uint256 internal constant CODE_BITS = 28;
    uint256 internal constant TOP = (1 << CODE_BITS) - 1;
    uint256 internal constant MAX_SCORE = TOP - 0x100;

    uint256 private constant LAST_FAILURE = 6;
    uint256 private constant MAX_SEATS = 9;
    uint256 private constant MAD_FACTOR = 5;

    function codeAt(uint256 word, uint256 index) internal pure returns (uint256) {
        return word >> CODE_BITS * index & TOP;
    }

    /// @notice Whether a code is nothing, a score, or a failure that has a name.
    function isCode(uint256 code) internal pure returns (bool) {
        return code <= MAX_SCORE + 1 || (code >= TOP - LAST_FAILURE && code <= TOP);
    }

    /// @notice The verdict on the reveals in `word` of a panel of `seats` (at most 9).
    /// @dev More than half of the seats have to reveal, and more than half of those to agree on whether there is a score.
    function judge(uint256 word, uint256 seats) internal pure returns (Verdict memory verdict) {
        uint256[MAX_SEATS] memory scores;
        (uint256 revealed, uint256 failed, uint256 count) = (0, 0, 0);
        unchecked {
            for (; word != 0; word >>= CODE_BITS) {
                uint256 code = word & TOP;
                if (code == 0) continue;
                ++revealed;
                if (code <= MAX_SCORE + 1) _insert(scores, count++, code - 1);
                else if (code != TOP) ++failed;
            }
            verdict.outcome = Outcome.Void;
            if (2 * revealed <= seats) return verdict;
            if (2 * failed > revealed) verdict.outcome = Outcome.Failed;
            else if (2 * count > revealed) verdict = _scored(scores, count);
        }
    }

    /// @notice What more than half of those who revealed in `word` say that the submission is a copy of; 0 for nothing, or
    /// if they do not agree (flock.protocol.arena.copies.named_by_most).
    /// @param word The revealed codes, as in `judge`.
    /// @param names As many bits for each seat: the submission that it names.
    /// @dev By Boyer and Moore: whoever has a majority is left over when unequal names are struck out in pairs.
    function namedByMost(uint256 word, uint256 names) internal pure returns (uint256 named) {
        if (names == 0) return 0;
        (uint256 revealed, uint256 lead, uint256 votes) = (0, 0, 0);
        unchecked {
            for (uint256 seat = 0; seat < MAX_SEATS; ++seat) {
                if (codeAt(word, seat) == 0) continue;
                ++revealed;
                uint256 name = codeAt(names, seat);
                if (lead == 0) named = name;
                if (name == named) ++lead;
                else --lead;
            }
            for (uint256 seat = 0; seat < MAX_SEATS; ++seat) {
                if (codeAt(word, seat) != 0 && codeAt(names, seat) == named) ++votes;
            }
            if (2 * votes <= revealed) named = 0;
        }
    }

    /// @notice How a revealed code is judged, or 0 for nothing; `tolerance` is the task's T.
    function markOf(uint256 code, Verdict memory verdict, uint256 tolerance, uint256 missTolerances)
        internal
        pure
        returns (Mark)
    {
        if (verdict.outcome == Outcome.Void) return Mark.None;
        bool isScore = code != 0 && code <= MAX_SCORE + 1;
        bool isFailure = code > MAX_SCORE + 1 && code != TOP;
        if (verdict.outcome == Outcome.Failed) return isFailure ? Mark.Good : Mark.Absent;
        if (!isScore) return Mark.Absent;
        unchecked {
            uint256 off = _distance(code - 1, verdict.median);
            if (off <= tolerance || off <= MAD_FACTOR * verdict.mad) return Mark.Good;
            return off > missTolerances * tolerance ? Mark.Miss : Mark.Strike;
        }
    }

    /// @dev Of an even number both medians are the lower ones.
    function _scored(uint256[MAX_SEATS] memory scores, uint256 count)
        private
        pure
        returns (Verdict memory verdict)
    {
        unchecked {
            uint256 middle = (count - 1) / 2;
            uint256 median = scores[middle];
            uint256[MAX_SEATS] memory distances;
            for (uint256 i = 0; i < count; ++i) {
                _insert(distances, i, _distance(scores[i], median));
            }
            return Verdict(Outcome.Scored, median, distances[middle], 0);
        }
    }

    /// @dev Puts a value among the first `count`, which are sorted.
    function _insert(uint256[MAX_SEATS] memory sorted, uint256 count, uint256 value) private pure {
        assembly ("memory-safe") {
            let at := add(sorted, shl(5, count))
            for { } gt(at, sorted) { at := sub(at, 0x20) } {
                let below := mload(sub(at, 0x20))
                if iszero(gt(below, value)) { break }
                mstore(at, below)
            }
            mstore(at, value)
        }
    }

    function _distance(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return a > b ? a - b : b - a;
        }
    }
}
