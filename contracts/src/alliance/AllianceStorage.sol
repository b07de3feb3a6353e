// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IAllianceRounds, MemberState, Phase } from "../interfaces/IAllianceRounds.sol";
import { IStaking } from "../interfaces/IStaking.sol";
import { ITaskManager } from "../interfaces/ITaskManager.sol";
import { MemberWord } from "../libraries/MemberWord.sol";
import { RoundClock, RoundState } from "../libraries/RoundClock.sol";
import { Computing, Entry } from "./AllianceOpening.sol";
import { ConfigWord } from "./ConfigWord.sol";
import { Packing, Pot, PotWord, RoundWord } from "./Packing.sol";

/// @notice An account's money on a task, in wei of FLOCK: what it `earned` in rounds, except for what is still in its
/// member's word, and what it is `owed` of that and of keeper fees.
struct Ledger {
    uint96 earned;
    uint96 owed;
}

/// @title The state of Alliances, and how it is read and written
/// @dev Slots are reused round after round, so that later rounds never pay for fresh ones. What a round has not written
/// yet is stale; `voterStates` and `ballots`, which every draw clears, say what can be read.
abstract contract AllianceStorage is IAllianceRounds, ReentrancyGuardTransient {
    /// @dev List entries have 32 bits, eight per word: member id 16 | weight 16.
    uint256 private constant ENTRIES_PER_WORD = 8;
    uint256 private constant ENTRY_BITS = 32;
    uint256 internal constant ID_BITS = 16;
    uint256 internal constant SEATS_PER_WORD = 16;
    uint256 internal constant MARKS_PER_WORD = 32;
    uint256 internal constant MARK_BITS = 8;

    ITaskManager public immutable tasks;
    IStaking public immutable staking;

    mapping(uint256 taskId => RoundWord) private _rounds;
    mapping(uint256 taskId => PotWord) private _pots;
    mapping(uint256 taskId => ConfigWord) internal _configs;
    mapping(uint256 taskId => Entry) internal _entries;
    mapping(uint256 taskId => Computing) internal _computing;
    /// @inheritdoc IAllianceRounds
    mapping(uint256 taskId => bytes32) public entropyOf;
    mapping(uint256 taskId => bytes32) internal _models;

    mapping(uint256 taskId => mapping(uint256 memberId => MemberWord)) internal _members;
    /// @inheritdoc IAllianceRounds
    mapping(uint256 taskId => mapping(uint16 memberId => address)) public accountOf;
    mapping(uint256 taskId => mapping(address account => uint16)) internal _memberIds;
    mapping(uint256 taskId => mapping(address account => Ledger)) internal _ledgers;

    mapping(uint256 taskId => mapping(uint256 word => uint256)) private _list;
    mapping(uint256 taskId => mapping(uint256 word => uint256)) internal _seats;
    mapping(uint256 taskId => mapping(uint256 voter => bytes32)) internal _sealedVotes;
    mapping(uint256 taskId => mapping(uint256 ballot => bytes32)) internal _ballotKeys;
    /// @dev A byte per seat, 32 per word. Proposers: the weight that attested; voters: ballot · 2 + supports.
    mapping(uint256 taskId => mapping(uint256 word => uint256)) internal _marks;

    constructor(ITaskManager tasks_, IStaking staking_) {
        tasks = tasks_;
        staking = staking_;
    }

    // --- The round ---

    /// @dev The round as of now; what the tick changed is stored only when the caller stores the round.
    function _tickedRound(uint256 taskId) internal view returns (RoundState memory round) {
        round = _rounds[taskId].unpack();
        if (RoundClock.isDue(round, block.timestamp)) {
            RoundClock.tick(round, _configs[taskId].durations(), block.timestamp);
        }
    }

    function _store(uint256 taskId, RoundState memory round) internal {
        _rounds[taskId] = Packing.pack(round);
    }

    /// @dev Stores the round after an act in it, which ends the phase if nobody is left to act.
    function _storeAfterAct(uint256 taskId, RoundState memory round) internal {
        if (RoundClock.isComplete(round)) {
            RoundClock.advanceIfComplete(round, _configs[taskId].durations(), block.timestamp);
        }
        _store(taskId, round);
    }

    function _requirePhase(RoundState memory round, Phase expected) internal pure {
        require(round.phase == expected, WrongPhase(expected, round.phase));
    }

    function _potOf(uint256 taskId) internal view returns (Pot memory) {
        return _pots[taskId].unpack();
    }

    function _store(uint256 taskId, Pot memory pot) internal {
        _pots[taskId] = Packing.pack(pot);
    }

    // --- Seats ---

    function _seatOf(uint256 taskId, uint256 seat) internal view returns (uint16) {
        return uint16(_seats[taskId][seat / SEATS_PER_WORD] >> ID_BITS * (seat % SEATS_PER_WORD));
    }

    function _setSeats(uint256 taskId, uint16[] memory ids) internal {
        unchecked {
            uint256 word;
            for (uint256 i = ids.length; i > 0; --i) {
                word = word << ID_BITS | ids[i - 1];
                if ((i - 1) % SEATS_PER_WORD != 0) continue;
                _seats[taskId][(i - 1) / SEATS_PER_WORD] = word;
                word = 0;
            }
        }
    }

    function _loadSeats(uint256 taskId, uint256 count) internal view returns (uint16[] memory ids) {
        ids = new uint16[](count);
        uint256 word;
        for (uint256 i = 0; i < count; ++i) {
            if (i % SEATS_PER_WORD == 0) word = _seats[taskId][i / SEATS_PER_WORD];
            ids[i] = uint16(word);
            word >>= ID_BITS;
        }
    }

    /// @dev A byte per proposal. There are at most 32, so they are the low bytes of the first word.
    function _talliesOf(uint256 taskId, uint256 proposers) internal view returns (uint256) {
        return _marks[taskId][0] & (type(uint256).max >> 256 - MARK_BITS * proposers);
    }

    // --- The list of members that can be drawn ---

    function _listEntry(uint256 taskId, uint256 position)
        internal
        view
        returns (uint16 memberId, uint8 weight)
    {
        uint256 entry =
            _list[taskId][position / ENTRIES_PER_WORD] >> ENTRY_BITS * (position % ENTRIES_PER_WORD);
        return (uint16(entry), uint8(entry >> ID_BITS));
    }

    function _setListEntry(uint256 taskId, uint256 position, uint16 memberId, uint256 weight) internal {
        uint256 shift = ENTRY_BITS * (position % ENTRIES_PER_WORD);
        uint256 word = _list[taskId][position / ENTRIES_PER_WORD] & ~(uint256(type(uint32).max) << shift);
        _list[taskId][position / ENTRIES_PER_WORD] = word | ((memberId | weight << ID_BITS) << shift);
    }

    /// @dev The last eligible entry takes the place of an eligible one that leaves, and the last entry of all fills the
    /// gap: nobody who joined since the last draw gets among those who are in the next.
    function _delist(uint256 taskId, uint256 position, Pot memory pot) internal {
        unchecked {
            if (position < pot.eligible) {
                pot.eligible -= 1;
                _moveEntry(taskId, pot.eligible, position);
                position = pot.eligible;
            }
            pot.listed -= 1;
            _moveEntry(taskId, pot.listed, position);
        }
    }

    function _moveEntry(uint256 taskId, uint256 from, uint256 to) private {
        if (from == to) return;
        (uint16 memberId, uint8 weight) = _listEntry(taskId, from);
        _setListEntry(taskId, to, memberId, weight);
        _members[taskId][memberId] = _members[taskId][memberId].withPosition(to);
    }

    // --- The end of a membership ---

    /// @dev The member is off the list already. Strikes keep its stake held for as many rounds as a strike is
    /// remembered on average; otherwise it could come back under another name without them. Its word is read again,
    /// because delisting writes words.
    /// @param number Number of the round that is open or was last.
    /// @param listed How many members are left on the list.
    function _letGo(uint256 taskId, uint16 memberId, address account, uint256 number, uint256 listed)
        internal
    {
        MemberWord word = _members[taskId][memberId];
        if (word.strikes() == 0) {
            _release(taskId, memberId, account);
            return;
        }
        uint16 until;
        unchecked {
            ConfigWord config = _configs[taskId];
            uint256 seats = uint256(config.proposers()) + config.voters();
            uint256 roundsASeat = (listed + seats - 1) / seats;
            until = uint16(Math.min(number + roundsASeat * config.strikeWindow(), type(uint16).max));
        }
        _members[taskId][memberId] = word.withState(MemberState.Retained).withRetainedUntil(until);
        emit Retained(taskId, memberId, until);
    }

    /// @dev Releases the stake and the id; what was earned stays in the account's ledger.
    function _release(uint256 taskId, uint16 memberId, address account) internal {
        uint96 credit = _members[taskId][memberId].credit();
        if (credit != 0) {
            Ledger storage ledger = _ledgers[taskId][account];
            ledger.earned += credit;
            ledger.owed += credit;
        }
        _members[taskId][memberId] = MemberWord.wrap(0).withId(_entries[taskId].freeMemberId);
        _entries[taskId].freeMemberId = memberId;
        _memberIds[taskId][account] = 0;
        emit Left(taskId, memberId);
        staking.release(account, taskId);
    }

    // --- Permission ---

    function _requireActsFor(address account) internal view {
        require(
            msg.sender == account || staking.isOperatorOf(account, msg.sender),
            NotActingFor(account, msg.sender)
        );
    }
}
