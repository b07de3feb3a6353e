// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAllianceRounds, Phase } from "../interfaces/IAllianceRounds.sol";
import { TaskState } from "../interfaces/ITaskManager.sol";
import { RoundState } from "../libraries/RoundClock.sol";
import { Sortition } from "../libraries/Sortition.sol";
import { AllianceStorage, Config } from "./AllianceStorage.sol";
import { Pot } from "./Packing.sol";

/// @title From a frozen list to seats
abstract contract AllianceDraw is AllianceStorage {
    /// @dev The seed is the hash of a block two after the one that froze the list: no one who joins can know it.
    uint256 private constant SEED_DELAY = 2;

    /// @inheritdoc IAllianceRounds
    function start(uint256 taskId) external {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        _requirePhase(round, Phase.Waiting);
        require(block.timestamp < pot.endsAt, TaskHasEnded(pot.endsAt));
        Config memory config = _configs[taskId];
        uint256 needed = uint256(config.proposers) + config.voters;
        require(pot.listed >= needed, TooFewMembers(pot.listed, needed));
        if (tasks.stateOf(taskId) != TaskState.Running) {
            tasks.begin(taskId);
            pot.pool = tasks.taskOf(taskId).bounty;
            _entries[taskId].bounty = pot.pool;
        }
        _nameSeed(taskId, round, pot);
    }

    /// @inheritdoc IAllianceRounds
    function reseed(uint256 taskId) external {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        _requirePhase(round, Phase.Seeded);
        require(block.number > uint256(pot.blockNumber) + 256, SeedIsStillReadable(pot.blockNumber));
        _nameSeed(taskId, round, pot);
    }

    /// @inheritdoc IAllianceRounds
    function draw(uint256 taskId) external {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        Config memory config = _configs[taskId];
        _requirePhase(round, Phase.Seeded);
        require(block.timestamp < pot.endsAt, TaskHasEnded(pot.endsAt));
        bytes32 seed = _seed(taskId, round.number + 1, pot.blockNumber);
        (uint16[] memory seats, uint256 weights) =
            _seat(taskId, seed, pot.frozen, uint256(config.proposers) + config.voters);
        pot.opened += 1;
        pot.blockNumber = uint40(block.number);
        _payKeeper(taskId, pot, config.keeperFee);
        _store(taskId, pot);
        _store(
            taskId,
            RoundState({
                number: round.number + 1,
                phase: Phase.Propose,
                endsAt: uint40(block.timestamp + config.proposeSeconds),
                proposers: config.proposers,
                voters: config.voters,
                ballots: 0,
                proposed: 0,
                voterStates: 0
            })
        );
        emit Drawn(
            taskId,
            round.number + 1,
            seed,
            seats,
            weights,
            block.timestamp + config.proposeSeconds,
            msg.sender
        );
    }

    /// @dev Freezes the list and stores both words.
    function _nameSeed(uint256 taskId, RoundState memory round, Pot memory pot) internal {
        round.phase = Phase.Seeded;
        pot.frozen = pot.listed;
        pot.blockNumber = uint40(block.number + SEED_DELAY);
        _store(taskId, pot);
        _store(taskId, round);
        emit SeedNamed(taskId, round.number + 1, pot.blockNumber, pot.frozen);
    }

    function _seed(uint256 taskId, uint16 number, uint256 seedBlock) private view returns (bytes32) {
        require(block.number > seedBlock, SeedIsNotReady(seedBlock));
        bytes32 hash = blockhash(seedBlock);
        require(hash != 0, SeedIsGone(seedBlock));
        return keccak256(abi.encode(hash, entropyOf[taskId], block.chainid, address(this), taskId, number));
    }

    /// @return ids the members drawn, by seat; stored.
    /// @return weights two bits a seat, weight − 1.
    function _seat(uint256 taskId, bytes32 seed, uint256 members, uint256 count)
        private
        returns (uint16[] memory ids, uint256 weights)
    {
        uint256[] memory positions = Sortition.draw(seed, members, count);
        ids = new uint16[](count);
        unchecked {
            for (uint256 seat = 0; seat < count; ++seat) {
                uint8 weight;
                (ids[seat], weight) = _listEntry(taskId, positions[seat]);
                // Every listed weight is at least 1.
                weights |= uint256(weight - 1) << 2 * seat;
            }
        }
        _setSeats(taskId, ids);
    }
}
