// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { IAllianceRounds, MemberState, Phase } from "../interfaces/IAllianceRounds.sol";
import { IStaking, Role } from "../interfaces/IStaking.sol";
import { ITaskManager } from "../interfaces/ITaskManager.sol";
import { MemberWord } from "../libraries/MemberWord.sol";
import { Durations, RoundClock, RoundState } from "../libraries/RoundClock.sol";
import { Packing, Pot } from "./Packing.sol";

/// @notice What a round reads of its task's terms: one word.
struct Config {
    uint24 proposeSeconds;
    uint24 attestSeconds;
    uint24 commitSeconds;
    uint24 revealSeconds;
    uint96 keeperFee;
    uint16 planned;
    uint8 strikeWindow;
    uint8 strikeLimit;
    uint16 slashBps;
    uint8 proposers;
    uint8 voters;
}

/// @notice What joining and closing read: `lastMemberId` counts ids ever given.
struct Entry {
    uint96 minimumStake;
    uint96 bounty;
    uint16 maxMembers;
    uint16 lastMemberId;
    bytes32 allowListRoot;
}

/// @title The state of Alliances and the doors to it
/// @dev Slots are reused round after round, so that steady rounds never pay for a fresh one. What a round has not
/// written yet is stale; `voterStates` and `ballots`, cleared by each draw, say what may be read.
abstract contract AllianceStorage is IAllianceRounds, AccessManaged, ReentrancyGuardTransient {
    /// @dev List entries are 32 bits, eight a word: member id 16 | weight 16.
    uint256 private constant ENTRIES_PER_WORD = 8;
    uint256 internal constant SEATS_PER_WORD = 16;
    uint256 internal constant MARKS_PER_WORD = 32;

    ITaskManager public immutable tasks;
    IStaking public immutable staking;

    mapping(uint256 taskId => uint256) private _rounds;
    mapping(uint256 taskId => uint256) private _pots;
    mapping(uint256 taskId => Config) internal _configs;
    mapping(uint256 taskId => Entry) internal _entries;
    /// @inheritdoc IAllianceRounds
    mapping(uint256 taskId => bytes32) public entropyOf;
    mapping(uint256 taskId => bytes32) internal _models;

    mapping(uint256 taskId => mapping(uint256 memberId => MemberWord)) internal _members;
    /// @inheritdoc IAllianceRounds
    mapping(uint256 taskId => mapping(uint16 memberId => address)) public accountOf;
    mapping(uint256 taskId => mapping(address account => uint16)) internal _memberIds;
    mapping(uint256 taskId => mapping(address keeper => uint96)) internal _keeperCredits;

    mapping(uint256 taskId => mapping(uint256 word => uint256)) private _list;
    mapping(uint256 taskId => mapping(uint256 word => uint256)) internal _seats;
    mapping(uint256 taskId => mapping(uint256 voter => bytes32)) internal _sealedVotes;
    mapping(uint256 taskId => mapping(uint256 ballot => bytes32)) internal _ballotKeys;
    /// @dev A byte a seat, 32 a word. Proposers: the weight that attested; voters: ballot · 2 + supports.
    mapping(uint256 taskId => mapping(uint256 word => uint256)) internal _marks;

    constructor(ITaskManager tasks_, IStaking staking_, address authority) AccessManaged(authority) {
        tasks = tasks_;
        staking = staking_;
    }

    // --- The round ---

    /// @dev The round as of now; what the tick changed is stored only when the caller stores the round.
    function _tickedRound(uint256 taskId) internal view returns (RoundState memory round) {
        round = Packing.unpackRound(_rounds[taskId]);
        if (RoundClock.isDue(round, block.timestamp)) {
            RoundClock.tick(round, _durations(taskId), block.timestamp);
        }
    }

    function _store(uint256 taskId, RoundState memory round) internal {
        _rounds[taskId] = Packing.pack(round);
    }

    /// @dev Stores the round after an act in it, which ends its phase if no one is left to act.
    function _storeAfterAct(uint256 taskId, RoundState memory round) internal {
        if (RoundClock.isComplete(round)) {
            RoundClock.advanceIfComplete(round, _durations(taskId), block.timestamp);
        }
        _store(taskId, round);
    }

    function _durations(uint256 taskId) internal view returns (Durations memory) {
        Config storage config = _configs[taskId];
        return
            Durations(config.proposeSeconds, config.attestSeconds, config.commitSeconds, config.revealSeconds);
    }

    function _requirePhase(RoundState memory round, Phase expected) internal pure {
        require(round.phase == expected, WrongPhase(expected, round.phase));
    }

    function _potOf(uint256 taskId) internal view returns (Pot memory) {
        return Packing.unpackPot(_pots[taskId]);
    }

    function _store(uint256 taskId, Pot memory pot) internal {
        _pots[taskId] = Packing.pack(pot);
    }

    // --- Seats ---

    function _seatOf(uint256 taskId, uint256 seat) internal view returns (uint16) {
        return uint16(_seats[taskId][seat / SEATS_PER_WORD] >> 16 * (seat % SEATS_PER_WORD));
    }

    function _setSeats(uint256 taskId, uint16[] memory ids) internal {
        unchecked {
            uint256 word;
            for (uint256 i = ids.length; i > 0; --i) {
                word = word << 16 | ids[i - 1];
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
            word >>= 16;
        }
    }

    /// @dev A byte a proposal. There are at most 32, so they are the low bytes of the first word.
    function _talliesOf(uint256 taskId, uint256 proposers) internal view returns (uint256) {
        return _marks[taskId][0] & (type(uint256).max >> 256 - 8 * proposers);
    }

    // --- The list of members that can be drawn ---

    function _listEntry(uint256 taskId, uint256 position)
        internal
        view
        returns (uint16 memberId, uint8 weight)
    {
        uint256 entry = _list[taskId][position / ENTRIES_PER_WORD] >> 32 * (position % ENTRIES_PER_WORD);
        return (uint16(entry), uint8(entry >> 16));
    }

    function _setListEntry(uint256 taskId, uint256 position, uint16 memberId, uint256 weight) internal {
        uint256 shift = 32 * (position % ENTRIES_PER_WORD);
        uint256 word = _list[taskId][position / ENTRIES_PER_WORD] & ~(uint256(type(uint32).max) << shift);
        _list[taskId][position / ENTRIES_PER_WORD] = word | ((memberId | weight << 16) << shift);
    }

    /// @dev The last one takes the place of the one that goes.
    function _delist(uint256 taskId, uint256 position, Pot memory pot) internal {
        pot.listed -= 1;
        (uint16 lastId, uint8 lastWeight) = _listEntry(taskId, pot.listed);
        _setListEntry(taskId, position, lastId, lastWeight);
        _members[taskId][lastId] = _members[taskId][lastId].withPosition(position);
    }

    /// @dev Ends a membership: the member is off the list already. Its word is read anew, as delisting writes words.
    function _release(uint256 taskId, uint16 memberId, address account) internal {
        _members[taskId][memberId] = _members[taskId][memberId].withState(MemberState.Left);
        emit Left(taskId, memberId);
        staking.release(account, taskId, Role.Member);
    }

    // --- Who and what for ---

    function _requireActsFor(address account) internal view {
        require(
            msg.sender == account || staking.isOperatorOf(account, msg.sender),
            NotActingFor(account, msg.sender)
        );
    }

    /// @dev Moves the keeper fee from the pool to the caller, if the pool has it.
    function _payKeeper(uint256 taskId, Pot memory pot, uint96 fee) internal {
        if (fee == 0 || pot.pool < fee) return;
        pot.pool -= fee;
        _keeperCredits[taskId][msg.sender] += fee;
        emit KeeperPaid(taskId, msg.sender, fee);
    }
}
