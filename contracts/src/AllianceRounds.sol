// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceFinalisation } from "./alliance/AllianceFinalisation.sol";
import { AllianceMembership } from "./alliance/AllianceMembership.sol";
import { AlliancePhases } from "./alliance/AlliancePhases.sol";
import { AllianceOpening } from "./alliance/AllianceOpening.sol";
import { AllianceStorage, Ledger } from "./alliance/AllianceStorage.sol";
import { Pot } from "./alliance/Packing.sol";
import {
    AllianceTerms,
    IAllianceRounds,
    MemberView,
    Phase,
    RoundView
} from "./interfaces/IAllianceRounds.sol";
import { IBoard } from "./interfaces/IBoard.sol";
import { IStaking } from "./interfaces/IStaking.sol";
import { ITaskManager } from "./interfaces/ITaskManager.sol";
import { MemberWord } from "./libraries/MemberWord.sol";
import { RewardMath } from "./libraries/RewardMath.sol";
import { RoundClock, RoundState } from "./libraries/RoundClock.sol";

/// @title The board of Alliances
/// @notice Runs the rounds of a task: see IAllianceRounds. Its layers are in `alliance/`.
contract AllianceRounds is AllianceMembership, AlliancePhases, AllianceFinalisation {
    /// @param tasks_ The TaskManager, which has to register this board.
    /// @param staking_ Staking, which holds the members' stake.
    constructor(ITaskManager tasks_, IStaking staking_) AllianceStorage(tasks_, staking_) { }

    /// @inheritdoc IBoard
    function open(uint256 taskId, bytes calldata terms) external {
        require(msg.sender == address(tasks), OnlyTaskManager(msg.sender));
        Pot memory pot;
        uint256 endsAt;
        (_models[taskId], pot.minimumMembers, endsAt) =
            AllianceOpening.open(_configs, _entries, _computing, tasks, taskId, terms);
        pot.endsAt = uint32(endsAt);
        pot.acceptSixteenths = uint8(RewardMath.EVEN);
        _store(taskId, pot);
        RoundState memory round;
        round.phase = Phase.Waiting;
        _store(taskId, round);
    }

    /// @inheritdoc IAllianceRounds
    function termsOf(uint256 taskId) external view returns (AllianceTerms memory terms) {
        terms = AllianceOpening.termsOf(_configs, _entries, _computing, taskId);
        terms.minimumMembers = _potOf(taskId).minimumMembers;
    }

    /// @inheritdoc IAllianceRounds
    function roundView(uint256 taskId) external view returns (RoundView memory view_) {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        view_.number = round.number;
        view_.phase = round.phase;
        view_.endsAt = round.endsAt;
        view_.proposers = round.proposers;
        view_.voters = round.voters;
        view_.proposed = round.proposed;
        view_.voterStates = round.voterStates;
        view_.eligible = pot.eligible;
        view_.opened = pot.opened;
        view_.decided = pot.decided;
        view_.pool = pot.pool;
        view_.acceptSixteenths = pot.acceptSixteenths;
        view_.planned = _configs[taskId].planned();
        view_.model = _models[taskId];
        if (round.voterStates != 0) view_.tallies = _talliesOf(taskId, round.proposers);
        if (round.phase == Phase.Seeded) view_.seedBlock = pot.blockNumber;
        if (RoundClock.awaitsReveals(round)) view_.seedBlock = round.seedBlock;
        if (RoundClock.isTimed(round.phase) || round.phase == Phase.Tally) {
            view_.drawnBlock = pot.blockNumber;
        }
        _viewSeats(taskId, view_);
    }

    /// @inheritdoc IAllianceRounds
    function memberOf(uint256 taskId, address account) external view returns (MemberView memory) {
        uint16 memberId = _memberIds[taskId][account];
        MemberWord word = _members[taskId][memberId];
        Ledger memory ledger = _ledgers[taskId][account];
        return MemberView({
            id: memberId,
            state: word.state(),
            owed: ledger.owed + word.credit(),
            earned: ledger.earned + word.credit(),
            stake: word.stake(),
            strikes: word.strikes(),
            weight: word.weight(),
            retainedUntil: word.retainedUntil()
        });
    }

    /// @inheritdoc IAllianceRounds
    function memberCount(uint256 taskId) external view returns (uint256) {
        return _potOf(taskId).listed;
    }

    function _viewSeats(uint256 taskId, RoundView memory view_) private view {
        view_.seats = _loadSeats(taskId, uint256(view_.proposers) + view_.voters);
        view_.weights = new uint8[](view_.seats.length);
        view_.accounts = new address[](view_.seats.length);
        for (uint256 seat = 0; seat < view_.seats.length; ++seat) {
            uint16 memberId = view_.seats[seat];
            view_.weights[seat] = _members[taskId][memberId].weight();
            view_.accounts[seat] = accountOf[taskId][memberId];
        }
    }
}
