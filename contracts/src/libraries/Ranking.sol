// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice How submissions are compared: `tolerance` in millionths.
struct Contest {
    uint256 tolerance;
    bool higherIsBetter;
}

/// @notice A place to be: `submission` is its number in the order of commitments, `score` in millionths.
struct Candidate {
    uint256 submission;
    uint256 score;
}

/// @title The order of submissions: one place for each trainer, the better before the worse, within the tolerance the
/// earlier before the later (flock.protocol.arena.leaderboard)
/// @dev Four places to a word, the first lowest: submission 28 | score 28. A place with submission 0 is empty, and so are
/// those after it. `insert` is code of its own on the chain, as ArenaBoard has no room for it (docs/adr/0024).
library Ranking {
    uint256 internal constant PLACES_PER_WORD = 4;

    uint256 private constant PLACE_BITS = 56;
    uint256 private constant SCORE_AT = 28;
    uint256 private constant PART = (1 << 28) - 1;
    uint256 private constant PLACE = (1 << 56) - 1;

    /// @notice By how much `score` is better than `other`, and whether it is.
    function leads(Contest memory contest, uint256 score, uint256 other, uint256 by)
        internal
        pure
        returns (bool)
    {
        (uint256 better, uint256 worse) = contest.higherIsBetter ? (score, other) : (other, score);
        return better > worse && better - worse > by;
    }

    /// @notice Gives `candidate` its place. It passes, from the bottom up, those that it outranks, all but `own`, the
    /// place of the same trainer. If it comes to stand no higher than that, it leaves that place its score if better.
    /// @param places The ranking.
    /// @param most How many places it has.
    /// @param contest How submissions are compared.
    /// @param candidate The submission.
    /// @param own The submission that has the trainer's place; 0, or one that has none, if the trainer has none.
    /// @return isPlaced Whether the candidate has a place now.
    /// @return place Which, from 0.
    function insert(
        mapping(uint256 word => uint256) storage places,
        uint256 most,
        Contest memory contest,
        Candidate memory candidate,
        uint256 own
    ) external returns (bool isPlaced, uint256 place) {
        uint256[] memory list = _load(places, most);
        uint256 count = list.length;
        uint256 owned = own == 0 ? count : _find(list, own);
        place = count;
        while (place != 0) {
            uint256 above = list[place - 1];
            if (place - 1 != owned && !_passes(contest, candidate, above)) break;
            --place;
        }
        // What stands right above the candidate may be its own place, which it does not pass but take.
        if (owned < count) return _insertOwned(places, list, contest, candidate, owned, place);
        if (place >= most) return (false, place);
        uint256 last = count < most ? count : most - 1;
        uint256 moving = candidate.submission | candidate.score << SCORE_AT;
        _shift(places, list, place, last, moving);
        return (true, place);
    }

    /// @notice The submission in a place and its score; 0 if it is empty.
    function at(mapping(uint256 word => uint256) storage places, uint256 place)
        internal
        view
        returns (uint256 submission, uint256 score)
    {
        uint256 entry = places[place / PLACES_PER_WORD] >> PLACE_BITS * (place % PLACES_PER_WORD);
        return (entry & PART, entry >> SCORE_AT & PART);
    }

    function _insertOwned(
        mapping(uint256 word => uint256) storage places,
        uint256[] memory list,
        Contest memory contest,
        Candidate memory candidate,
        uint256 owned,
        uint256 place
    ) private returns (bool, uint256) {
        uint256 ownScore = list[owned] >> SCORE_AT;
        bool isBetter = leads(contest, candidate.score, ownScore, 0);
        uint256 best = isBetter ? candidate.score : ownScore;
        if (place < owned || (place == owned && isBetter)) {
            _shift(places, list, place, owned, candidate.submission | best << SCORE_AT);
            return (true, place);
        }
        if (isBetter) _shift(places, list, owned, owned, list[owned] & PART | best << SCORE_AT);
        return (false, owned);
    }

    /// @dev Writes `moving` at `from`, and moves what was there and below down by one, as far as `to`.
    function _shift(
        mapping(uint256 word => uint256) storage places,
        uint256[] memory list,
        uint256 from,
        uint256 to,
        uint256 moving
    ) private {
        uint256 firstWord = from / PLACES_PER_WORD;
        for (uint256 word = firstWord; word <= to / PLACES_PER_WORD; ++word) {
            uint256 packed;
            for (uint256 i = 0; i < PLACES_PER_WORD; ++i) {
                uint256 index = word * PLACES_PER_WORD + i;
                uint256 entry = index < list.length ? list[index] : 0;
                if (index >= from && index <= to) (entry, moving) = (moving, entry);
                packed |= entry << PLACE_BITS * i;
            }
            places[word] = packed;
        }
    }

    function _load(mapping(uint256 word => uint256) storage places, uint256 most)
        private
        view
        returns (uint256[] memory list)
    {
        list = new uint256[](most);
        uint256 count;
        uint256 word;
        for (; count < most; ++count) {
            if (count % PLACES_PER_WORD == 0) word = places[count / PLACES_PER_WORD];
            if (word & PLACE == 0) break;
            list[count] = word & PLACE;
            word >>= PLACE_BITS;
        }
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }

    function _find(uint256[] memory list, uint256 submission) private pure returns (uint256 index) {
        for (; index < list.length; ++index) {
            if (list[index] & PART == submission) break;
        }
    }

    /// @dev The later of two has to be better by more than the tolerance; the earlier must not be worse by more.
    function _passes(Contest memory contest, Candidate memory candidate, uint256 above)
        private
        pure
        returns (bool)
    {
        uint256 score = above >> SCORE_AT;
        if (candidate.submission > above & PART) {
            return leads(contest, candidate.score, score, contest.tolerance);
        }
        return !leads(contest, score, candidate.score, contest.tolerance);
    }
}
