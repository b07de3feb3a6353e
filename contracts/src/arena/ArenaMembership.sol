// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import { ArenaTerms, IArenaBoard, Role, Stage, Standing } from "../interfaces/IArenaBoard.sol";
import { IBoard } from "../interfaces/IBoard.sol";
import { ValidatorView } from "../interfaces/IArenaPanels.sol";
import { TokenTransfers } from "../libraries/TokenTransfers.sol";
import { ArenaStorage, Member, Purse } from "./ArenaStorage.sol";

/// @title The creator's bond, enrolling and leaving
abstract contract ArenaMembership is ArenaStorage {
    using TokenTransfers for IERC20;

    /// @inheritdoc IArenaBoard
    function bond(uint256 taskId) external nonReentrant {
        _books.requireStage(taskId, Stage.Enrolling);
        uint96 amount = _books.terms[taskId].creatorBond;
        Purse storage purse = _books.purses[taskId];
        require(amount != 0 && purse.bondsman == address(0), NoBondIsDue());
        purse.bondsman = msg.sender;
        emit Bonded(taskId, msg.sender, amount);
        token.pull(amount);
    }

    /// @inheritdoc IArenaBoard
    function unbond(uint256 taskId) external {
        require(_isCancelled(taskId), WrongStage(Stage.Finished, _books.arenas[taskId].stage));
        require(_books.purses[taskId].bondsman != address(0), NoBondIsDue());
        _books.releaseBond(taskId, _books.purses[taskId].bondsman);
    }

    /// @inheritdoc IArenaBoard
    function enrol(uint256 taskId, address account, Role role, bytes32[] calldata proof)
        external
        nonReentrant
    {
        _requireActsFor(account);
        _requireEnrolling(taskId);
        Member memory member = _books.members[taskId][account];
        bool isNew = member.role == Role.None;
        require(role != Role.None && (isNew || member.role == role), RoleIsFixed(account, member.role));
        require(member.standing != Standing.Active, AlreadyEnrolled(account));
        _requireAllowed(_books.terms[taskId].allowListRoot, account, proof);
        if (isNew) {
            (member.id, member.role) = (++_books.arenas[taskId].members, role);
            _books.accounts[taskId][member.id] = account;
        }
        (member.standing, member.retainedUntil) = (Standing.Active, 0);
        member.stake = staking.hold(account, taskId);
        _books.members[taskId][account] = member;
        uint16 position = role == Role.Validator ? panels.enlist(taskId, account, member.stake) : 0;
        emit Enrolled(taskId, member.id, account, role, member.stake, position);
    }

    /// @inheritdoc IArenaBoard
    function leave(uint256 taskId, address account) external nonReentrant {
        Member memory member = _books.members[taskId][account];
        bool isActive = member.standing == Standing.Active;
        require(isActive || member.standing == Standing.Retained, NotEnrolled(account, member.role));
        bool isOver = _books.arenas[taskId].stage == Stage.Finished || _isCancelled(taskId);
        uint256 strikes;
        if (member.role == Role.Validator) {
            ValidatorView memory validator = panels.validatorOf(taskId, account);
            if (isActive && !isOver && !validator.isSuspended) _requireActsFor(account);
            strikes = validator.strikes;
            if (isActive) panels.delist(taskId, account);
        } else if (!isOver) {
            _requireActsFor(account);
        }
        bool isHeld = strikes != 0 && !isOver;
        if (isHeld && isActive) _retain(taskId, account, member);
        else _release(taskId, account, member, isHeld);
    }

    /// @inheritdoc IArenaBoard
    function slash(uint256 taskId, address account, uint256 stake, uint256 bps)
        external
        onlyPanels
        returns (uint256 gm, uint256 flock, bool isTooLittle)
    {
        uint256 left;
        (gm, flock, left) = staking.slash(account, taskId, stake, bps);
        (, uint96 minimum) = tasks.stakingOf(taskId);
        isTooLittle = left < minimum;
    }

    /// @inheritdoc IBoard
    function dutyOf(uint256 taskId, address account) external view returns (uint16) {
        return panels.dutyOf(taskId, account);
    }

    // --- Inside ---

    function _requireEnrolling(uint256 taskId) private view {
        Stage stage = _books.arenas[taskId].stage;
        bool isEarly = stage == Stage.Enrolling && !_isCancelled(taskId);
        bool isOn = stage > Stage.Enrolling && stage < Stage.Finished;
        require(isEarly || isOn, WrongStage(Stage.Running, stage));
    }

    function _requireAllowed(bytes32 root, address account, bytes32[] calldata proof) private pure {
        if (root == 0) return;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account))));
        require(MerkleProof.verifyCalldata(proof, root, leaf), NotOnTheAllowList(account));
    }

    /// @dev Otherwise the stake could come back under another name without its strikes.
    function _retain(uint256 taskId, address account, Member memory member) private {
        ArenaTerms storage terms = _books.terms[taskId];
        uint256 until = block.timestamp + uint256(terms.strikeWindow) * terms.windowSeconds;
        (member.standing, member.retainedUntil) = (Standing.Retained, uint40(until));
        _books.members[taskId][account] = member;
        emit Retained(taskId, account, until);
    }

    function _release(uint256 taskId, address account, Member memory member, bool isHeld) private {
        uint256 until = member.retainedUntil;
        require(!isHeld || block.timestamp >= until, RetainedUntil(until));
        (member.standing, member.retainedUntil) = (Standing.Left, 0);
        _books.members[taskId][account] = member;
        emit Left(taskId, account);
        staking.release(account, taskId);
    }
}
