// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { IAllianceRounds, MemberState, Phase } from "../interfaces/IAllianceRounds.sol";
import { IBoard } from "../interfaces/IBoard.sol";
import { TaskState } from "../interfaces/ITaskManager.sol";
import { MemberWord } from "../libraries/MemberWord.sol";
import { RoundClock, RoundState } from "../libraries/RoundClock.sol";
import { StrikeMath } from "../libraries/StrikeMath.sol";
import { Entry } from "./AllianceOpening.sol";
import { AllianceStorage } from "./AllianceStorage.sol";
import { Pot } from "./Packing.sol";

/// @title Joining and leaving
abstract contract AllianceMembership is AllianceStorage {
    /// @inheritdoc IAllianceRounds
    function join(uint256 taskId, address account, bytes32[] calldata proof) external nonReentrant {
        _requireActsFor(account);
        _requireJoinable(taskId);
        Entry storage entry = _entries[taskId];
        uint16 memberId = _memberIds[taskId][account];
        MemberWord word = _members[taskId][memberId];
        Pot memory pot = _potOf(taskId);
        require(memberId == 0 || word.state() == MemberState.Retained, AlreadyJoined(account));
        require(pot.listed < entry.maxMembers, TaskIsFull(entry.maxMembers));
        _requireAllowed(entry.allowListRoot, account, proof);
        if (memberId == 0) (memberId, word) = _enlist(taskId, account, entry);
        uint96 stake = staking.hold(account, taskId);
        uint256 weight = StrikeMath.weightOf(stake, entry.minimumStake);
        _members[taskId][memberId] = word.withStake(stake).withWeight(weight).withState(MemberState.Active)
            .withPosition(pot.listed).withRetainedUntil(0);
        _setListEntry(taskId, pot.listed, memberId, weight);
        pot.listed += 1;
        _store(taskId, pot);
        emit Joined(taskId, memberId, account, stake, uint8(weight));
    }

    /// @inheritdoc IAllianceRounds
    function leave(uint256 taskId, address account) external nonReentrant {
        _requireActsFor(account);
        uint16 memberId = _memberIds[taskId][account];
        require(memberId != 0, NotAMember(account));
        MemberWord word = _members[taskId][memberId];
        MemberState state = word.state();
        require(state != MemberState.Leaving, AlreadyLeaving(account));
        RoundState memory round = _tickedRound(taskId);
        bool isOver = _areRoundsOver(taskId, round);
        if (state == MemberState.Retained) {
            uint256 until = word.retainedUntil();
            require(isOver || round.number >= until, RetainedUntil(until, round.number));
            _release(taskId, memberId, account);
            return;
        }
        _requireListMayShrink(round.phase);
        if (_isSeated(taskId, round, memberId)) {
            _members[taskId][memberId] = word.withState(MemberState.Leaving);
            emit LeaveRequested(taskId, memberId);
            return;
        }
        Pot memory pot = _potOf(taskId);
        _delist(taskId, word.position(), pot);
        _store(taskId, pot);
        if (isOver) _release(taskId, memberId, account);
        else _letGo(taskId, memberId, account, round.number, pot.listed);
    }

    /// @inheritdoc IBoard
    function dutyOf(uint256 taskId, address account) external view returns (uint16 duty) {
        uint16 memberId = _memberIds[taskId][account];
        if (memberId == 0) return 0;
        RoundState memory round = _tickedRound(taskId);
        return _isSeated(taskId, round, memberId) ? round.number : 0;
    }

    function _requireJoinable(uint256 taskId) private view {
        Phase phase = _tickedRound(taskId).phase;
        TaskState state = tasks.stateOf(taskId);
        bool alive = state == TaskState.Open || state == TaskState.Running;
        require(alive && phase != Phase.None && phase != Phase.Ended, TaskIsNotJoinable(taskId));
    }

    /// @dev Once votes are revealed the next draw can be predicted, and a shorter list would change it.
    function _requireListMayShrink(Phase phase) private pure {
        bool isDrawPending = phase == Phase.Reveal || phase == Phase.Tally || phase == Phase.Seeded;
        require(!isDrawPending, TheDrawIsPending(phase));
    }

    function _areRoundsOver(uint256 taskId, RoundState memory round) private view returns (bool) {
        return round.phase == Phase.Ended || tasks.stateOf(taskId) == TaskState.Cancelled;
    }

    /// @dev Gives the account the id that was freed last, or a fresh one.
    function _enlist(uint256 taskId, address account, Entry storage entry)
        private
        returns (uint16 memberId, MemberWord word)
    {
        memberId = entry.freeMemberId;
        if (memberId == 0) {
            // Ids above `maxMembers` are needed while members are retained.
            memberId = entry.lastMemberId + 1;
            entry.lastMemberId = memberId;
        } else {
            entry.freeMemberId = _members[taskId][memberId].id();
        }
        _memberIds[taskId][account] = memberId;
        accountOf[taskId][memberId] = account;
        word = MemberWord.wrap(0).withId(memberId);
    }

    function _requireAllowed(bytes32 root, address account, bytes32[] calldata proof) private pure {
        if (root == 0) return;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account))));
        require(MerkleProof.verifyCalldata(proof, root, leaf), NotOnTheAllowList(account));
    }

    /// @dev Whether the member has a seat in the open round: its stake is held until that round is finalised.
    function _isSeated(uint256 taskId, RoundState memory round, uint16 memberId) private view returns (bool) {
        if (!RoundClock.isTimed(round.phase) && round.phase != Phase.Tally) return false;
        uint16[] memory ids = _loadSeats(taskId, uint256(round.proposers) + round.voters);
        for (uint256 seat = 0; seat < ids.length; ++seat) {
            if (ids[seat] == memberId) return true;
        }
        return false;
    }
}
