// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceTerms, IAllianceRounds } from "../interfaces/IAllianceRounds.sol";
import { ITaskManager, Task } from "../interfaces/ITaskManager.sol";
import { AllianceBounds } from "../libraries/AllianceBounds.sol";
import { ConfigWord, ConfigWords } from "./ConfigWord.sol";

/// @notice What joining and closing read. `lastMemberId` counts the ids ever given. `freeMemberId` is the id that was
/// freed last and heads the list of free ids; 0 if none is free.
struct Entry {
    uint96 minimumStake;
    uint96 bounty;
    uint16 maxMembers;
    uint16 lastMemberId;
    uint16 freeMemberId;
    bytes32 allowListRoot;
}

/// @notice The terms that only nodes read, to compute candidates and votes.
struct Computing {
    uint128 normClip;
    uint16 byzantineBps;
    uint16 voteToleranceBps;
    uint8 rule;
    bytes32 initialModel;
}

/// @title The terms of an Alliance: taken in when the task is created, shown on request
/// @dev A separately deployed library that only AllianceRounds calls, which has no room for it (docs/adr/0024).
library AllianceOpening {
    /// @dev The words of AllianceTerms.
    uint256 private constant TERMS_LENGTH = 19 * 32;

    /// @notice Decodes the terms of a task, checks their bounds and keeps them.
    /// @dev Reverts with TermsMalformed and TermOutOfBounds.
    /// @param configs The caller's words of what rounds read, by task.
    /// @param entries The caller's data of what joining and closing read, by task.
    /// @param computings The caller's terms that only nodes read, by task.
    /// @param tasks The TaskManager.
    /// @param taskId The new task.
    /// @param encoded Its terms: ABI-encoded AllianceTerms.
    /// @return initialModel The sha256 of the model that the first round trains from.
    /// @return minimumMembers How many members a draw needs.
    /// @return endsAt When no more rounds are drawn, in Unix seconds.
    function open(
        mapping(uint256 taskId => ConfigWord) storage configs,
        mapping(uint256 taskId => Entry) storage entries,
        mapping(uint256 taskId => Computing) storage computings,
        ITaskManager tasks,
        uint256 taskId,
        bytes calldata encoded
    ) external returns (bytes32 initialModel, uint16 minimumMembers, uint40 endsAt) {
        require(encoded.length == TERMS_LENGTH, IAllianceRounds.TermsMalformed(encoded.length));
        AllianceTerms memory terms = abi.decode(encoded, (AllianceTerms));
        Task memory task = tasks.taskOf(taskId);
        AllianceBounds.check(terms, task.bounty);
        configs[taskId] = ConfigWords.fromTerms(terms);
        entries[taskId] = Entry({
            minimumStake: task.minimumStake,
            bounty: 0,
            maxMembers: terms.maxMembers,
            lastMemberId: 0,
            freeMemberId: 0,
            allowListRoot: terms.allowListRoot
        });
        computings[taskId] = Computing(
            terms.normClip, terms.byzantineBps, terms.voteToleranceBps, terms.rule, terms.initialModel
        );
        emit IAllianceRounds.AllianceOpened(taskId, terms);
        return (terms.initialModel, terms.minimumMembers, task.endsAt);
    }

    /// @notice The terms of a task, reassembled, except for `minimumMembers`, which the caller keeps with what rounds
    /// read.
    /// @param configs The caller's words of what rounds read, by task.
    /// @param entries The caller's data of what joining and closing read, by task.
    /// @param computings The caller's terms that only nodes read, by task.
    /// @param taskId The task.
    /// @return terms Its terms, with `minimumMembers` 0.
    function termsOf(
        mapping(uint256 taskId => ConfigWord) storage configs,
        mapping(uint256 taskId => Entry) storage entries,
        mapping(uint256 taskId => Computing) storage computings,
        uint256 taskId
    ) external view returns (AllianceTerms memory terms) {
        ConfigWord config = configs[taskId];
        Entry storage entry = entries[taskId];
        Computing storage computing = computings[taskId];
        (terms.plannedRounds, terms.proposerSeats, terms.voterSeats) =
        (config.planned(), config.proposers(), config.voters());
        terms.maxMembers = entry.maxMembers;
        (terms.proposeSeconds, terms.attestSeconds, terms.commitSeconds, terms.revealSeconds) =
            config.phases();
        (terms.keeperFee, terms.normClip) = (config.keeperFee(), computing.normClip);
        (terms.rule, terms.byzantineBps, terms.voteToleranceBps) =
        (computing.rule, computing.byzantineBps, computing.voteToleranceBps);
        (terms.strikeWindow, terms.strikeLimit, terms.slashBps) =
        (config.strikeWindow(), config.strikeLimit(), config.slashBps());
        (terms.allowListRoot, terms.initialModel) = (entry.allowListRoot, computing.initialModel);
    }
}
