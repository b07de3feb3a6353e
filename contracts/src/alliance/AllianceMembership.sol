// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IAllianceRounds, MemberState, Phase } from "../interfaces/IAllianceRounds.sol";
import { IDuties } from "../interfaces/IDuties.sol";
import { Role } from "../interfaces/IStaking.sol";
import { AllianceParameters, TaskState } from "../interfaces/ITaskManager.sol";
import { MemberWord } from "../libraries/MemberWord.sol";
import { RoundClock, RoundState } from "../libraries/RoundClock.sol";
import { StrikeMath } from "../libraries/StrikeMath.sol";
import { AllianceStorage, Config, Entry } from "./AllianceStorage.sol";
import { Pot } from "./Packing.sol";

/// @title Joining and leaving
abstract contract AllianceMembership is AllianceStorage, IDuties {
    using SafeCast for uint256;

    /// @inheritdoc IAllianceRounds
    function join(uint256 taskId, address account, bytes32[] calldata proof) external nonReentrant {
        _requireActsFor(account);
        _requireJoinable(taskId);
        Entry memory entry = _entries[taskId];
        uint16 memberId = _memberIds[taskId][account];
        MemberWord word = _members[taskId][memberId];
        Pot memory pot = _potOf(taskId);
        require(word.state() == MemberState.None || word.state() == MemberState.Left, AlreadyJoined(account));
        require(pot.listed < entry.maxMembers, TaskIsFull(entry.maxMembers));
        _requireAllowed(entry.allowListRoot, account, proof);
        if (memberId == 0) memberId = _enlist(taskId, account, entry.lastMemberId);
        uint96 stake = staking.hold(account, taskId, Role.Member, entry.minimumStake);
        uint256 weight = StrikeMath.weightOf(stake, entry.minimumStake);
        _members[taskId][memberId] = word.withId(memberId).withStake(stake).withWeight(weight)
            .withState(MemberState.Active).withPosition(pot.listed);
        _setListEntry(taskId, pot.listed, memberId, weight);
        pot.listed += 1;
        _store(taskId, pot);
        emit Joined(taskId, memberId, account, stake, uint8(weight));
    }

    /// @inheritdoc IAllianceRounds
    function leave(uint256 taskId, address account) external nonReentrant {
        _requireActsFor(account);
        uint16 memberId = _memberIds[taskId][account];
        MemberWord word = _members[taskId][memberId];
        MemberState state = word.state();
        require(state != MemberState.Leaving, AlreadyLeaving(account));
        require(state == MemberState.Active || state == MemberState.Dropped, NotAMember(account));
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        require(round.phase != Phase.Seeded, TheDrawIsPending(pot.blockNumber));
        if (_isSeated(taskId, round, memberId)) {
            _members[taskId][memberId] = word.withState(MemberState.Leaving);
            emit LeaveRequested(taskId, memberId);
            return;
        }
        if (state == MemberState.Active) {
            _delist(taskId, word.position(), pot);
            _store(taskId, pot);
        }
        _release(taskId, memberId, account);
    }

    /// @inheritdoc IDuties
    function hasDuty(uint256 taskId, address account) external view returns (bool) {
        uint16 memberId = _memberIds[taskId][account];
        return memberId != 0 && _isSeated(taskId, _tickedRound(taskId), memberId);
    }

    function _requireJoinable(uint256 taskId) private {
        RoundState memory round = _tickedRound(taskId);
        TaskState state = tasks.stateOf(taskId);
        bool alive = state == TaskState.Open || state == TaskState.Running;
        require(alive && round.phase != Phase.Ended, TaskIsNotJoinable(taskId));
        if (round.phase == Phase.None) _configure(taskId, round);
    }

    /// @dev The first to join brings the task's terms here, where the rounds read them cheaply.
    function _configure(uint256 taskId, RoundState memory round) private {
        AllianceParameters memory p = tasks.allianceParametersOf(taskId);
        _configs[taskId] = Config({
            proposeSeconds: uint24(p.proposeSeconds),
            attestSeconds: uint24(p.attestSeconds),
            commitSeconds: uint24(p.commitSeconds),
            revealSeconds: uint24(p.revealSeconds),
            keeperFee: p.keeperFee,
            planned: p.plannedRounds,
            strikeWindow: p.strikeWindow,
            strikeLimit: p.strikeLimit,
            slashBps: p.slashBps,
            proposers: p.proposerSeats,
            voters: p.voterSeats
        });
        _entries[taskId] = Entry(p.minimumStake, 0, p.maxMembers, 0, p.allowListRoot);
        _models[taskId] = p.initialModel;
        Pot memory pot = _potOf(taskId);
        (pot.acceptSixteenths, pot.endsAt) = (8, p.endsAt);
        _store(taskId, pot);
        round.phase = Phase.Waiting;
        _store(taskId, round);
    }

    /// @dev Ids are for good: strikes and credits stay with the account when it leaves and comes back.
    function _enlist(uint256 taskId, address account, uint256 lastId) private returns (uint16 memberId) {
        memberId = (lastId + 1).toUint16();
        _entries[taskId].lastMemberId = memberId;
        _memberIds[taskId][account] = memberId;
        accountOf[taskId][memberId] = account;
    }

    function _requireAllowed(bytes32 root, address account, bytes32[] calldata proof) private pure {
        if (root == 0) return;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account))));
        require(MerkleProof.verifyCalldata(proof, root, leaf), NotOnTheAllowList(account));
    }

    /// @dev Whether the member sits in the open round: its stake is held until that is settled.
    function _isSeated(uint256 taskId, RoundState memory round, uint16 memberId) private view returns (bool) {
        if (!RoundClock.isTimed(round.phase) && round.phase != Phase.Tally) return false;
        uint16[] memory ids = _loadSeats(taskId, uint256(round.proposers) + round.voters);
        for (uint256 seat = 0; seat < ids.length; ++seat) {
            if (ids[seat] == memberId) return true;
        }
        return false;
    }
}
