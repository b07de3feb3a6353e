// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAllianceRounds, Phase } from "../interfaces/IAllianceRounds.sol";
import { TaskState } from "../interfaces/ITaskManager.sol";
import { RoundState } from "../libraries/RoundClock.sol";
import { Sortition } from "../libraries/Sortition.sol";
import { AllianceStorage } from "./AllianceStorage.sol";
import { ConfigWord } from "./ConfigWord.sol";
import { Pot } from "./Packing.sol";

/// @title Draws the members of a round from the eligible list, by weight
abstract contract AllianceDraw is AllianceStorage {
    /// @dev The seed is the hash of the second block after the one that froze the list: nobody who joins can know it.
    uint256 private constant SEED_DELAY = 2;
    /// @dev For how many blocks a block's hash can be read.
    uint256 private constant READABLE_BLOCKS = 256;

    /// @inheritdoc IAllianceRounds
    function start(uint256 taskId) external nonReentrant {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        _requirePhase(round, Phase.Waiting);
        require(block.timestamp < pot.endsAt, TaskHasEnded(pot.endsAt));
        uint256 needed = pot.minimumMembers;
        require(pot.listed >= needed, TooFewMembers(pot.listed, needed));
        if (tasks.stateOf(taskId) != TaskState.Running) {
            uint96 bounty = tasks.begin(taskId, msg.sender);
            _entries[taskId].bounty = bounty;
            pot.pool = uint96(bounty - _configs[taskId].keepersReserve());
        }
        _nameSeed(taskId, round, pot);
    }

    /// @inheritdoc IAllianceRounds
    function reseed(uint256 taskId) external {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        _requirePhase(round, Phase.Seeded);
        uint256 seedBlock = pot.blockNumber;
        require(seedBlock != 0 && block.number > seedBlock + READABLE_BLOCKS, SeedIsStillReadable(seedBlock));
        _nameSeed(taskId, round, pot);
    }

    /// @inheritdoc IAllianceRounds
    function draw(uint256 taskId) external {
        RoundState memory round = _tickedRound(taskId);
        Pot memory pot = _potOf(taskId);
        ConfigWord config = _configs[taskId];
        _requirePhase(round, Phase.Seeded);
        require(block.timestamp < pot.endsAt, TaskHasEnded(pot.endsAt));
        uint256 eligible = pot.eligible;
        bytes32 seed = _seed(taskId, round.number + 1, pot.blockNumber);
        (uint16[] memory seats, uint256 weights) =
            _seat(taskId, seed, eligible, uint256(config.proposers()) + config.voters());
        pot.opened += 1;
        pot.eligible = pot.listed;
        pot.blockNumber = uint32(block.number);
        _store(taskId, pot);
        if (config.keeperFee() != 0) _ledgers[taskId][msg.sender].owed += config.keeperFee();
        round = _opened(round.number + 1, config);
        _store(taskId, round);
        emit Drawn(taskId, round.number, seed, eligible, seats, weights, round.endsAt, msg.sender);
    }

    /// @dev Freezes the list and stores both words.
    function _nameSeed(uint256 taskId, RoundState memory round, Pot memory pot) internal {
        round.phase = Phase.Seeded;
        pot.eligible = pot.listed;
        pot.blockNumber = uint32(block.number + SEED_DELAY);
        _store(taskId, pot);
        _store(taskId, round);
        emit SeedNamed(taskId, round.number + 1, pot.blockNumber);
    }

    function _opened(uint16 number, ConfigWord config) private view returns (RoundState memory) {
        return RoundState({
            number: number,
            phase: Phase.Propose,
            endsAt: uint40(block.timestamp + config.durations().propose),
            proposers: config.proposers(),
            voters: config.voters(),
            ballots: 0,
            proposed: 0,
            voterStates: 0,
            seedBlock: 0
        });
    }

    /// @dev If there is no block to wait for, everything the seed depends on has been in the entropy since the reveal.
    function _seed(uint256 taskId, uint16 number, uint256 seedBlock) private view returns (bytes32) {
        bytes32 hash;
        if (seedBlock != 0) {
            require(block.number > seedBlock, SeedIsNotReady(seedBlock));
            hash = blockhash(seedBlock);
            require(hash != 0, SeedIsGone(seedBlock));
        }
        return keccak256(abi.encode(hash, entropyOf[taskId], block.chainid, address(this), taskId, number));
    }

    /// @dev Draws the seats and stores them.
    /// @return ids The members drawn, by seat.
    /// @return weights Two bits per seat: the weight less 1.
    function _seat(uint256 taskId, bytes32 seed, uint256 eligible, uint256 count)
        private
        returns (uint16[] memory ids, uint256 weights)
    {
        uint256[] memory positions = Sortition.draw(seed, eligible, count);
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
