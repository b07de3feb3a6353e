// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { Votes } from "@openzeppelin/contracts/governance/utils/Votes.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Time } from "@openzeppelin/contracts/utils/types/Time.sol";
import { Allocation, Delegation, IStaking, Pool, Position } from "../interfaces/IStaking.sol";
import { ITaskManager } from "../interfaces/ITaskManager.sol";

/// @notice The key that acts for an owner.
/// @param key The key; zero for none.
/// @param since When it starts to act, in Unix seconds; zero only if none was ever named.
struct Operator {
    address key;
    uint40 since;
}

/// @notice All stake on a task, and when there was any.
/// @param gm gmFLOCK, own and delegated.
/// @param firstDay Day (timestamp / 1 days) on which stake first came.
/// @param lastDay Day on which stake last left.
struct TaskStake {
    uint96 gm;
    uint32 firstDay;
    uint32 lastDay;
}

/// @title The state of Staking, and the votes it gives
/// @dev Free gmFLOCK votes until its lock is poked; gmFLOCK on tasks and in pools votes if it belongs to the era of
/// that lock. So staking and delegating move no votes, and gmFLOCK that outlives its lock there loses them.
abstract contract StakingStorage is IStaking, Votes, AccessManaged, Pausable, ReentrancyGuardTransient {
    uint256 internal constant BPS = 10_000;

    /// @dev Declared first to share the slot of the pause: `lock` reads both.
    uint16 internal _entryFeeBps;

    IERC20 public immutable token;
    ITaskManager public immutable tasks;

    mapping(address account => Position) internal _positions;
    mapping(address owner => Operator) internal _operators;
    mapping(address account => mapping(uint256 taskId => Allocation)) internal _allocations;
    mapping(address operator => mapping(uint256 taskId => Pool)) internal _pools;
    mapping(address delegator => mapping(address operator => mapping(uint256 taskId => Delegation))) internal
        _delegations;
    mapping(uint256 taskId => TaskStake) internal _taskStakes;

    /// @inheritdoc IStaking
    uint256 public owedToTreasury;

    constructor(IERC20 token_, ITaskManager tasks_, address authority)
        AccessManaged(authority)
        EIP712("flock staking", "1")
    {
        token = token_;
        tasks = tasks_;
    }

    // --- Votes ---

    /// @notice The clock of votes: the block's timestamp.
    /// @return Unix seconds.
    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    /// @notice The clock's description in the form of ERC-6372.
    /// @return The description.
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @notice Who casts the votes of an account.
    /// @param account The account.
    /// @return Its delegate; the account itself until it names another.
    function delegates(address account) public view override returns (address) {
        // Votes also asks this for the zero address, whenever votes are created or burned.
        if (account == address(0)) return account;
        address chosen = super.delegates(account);
        return chosen == address(0) ? account : chosen;
    }

    /// @dev Naming the zero address means naming oneself.
    function _delegate(address account, address delegatee) internal override {
        super._delegate(account, delegatee == address(0) ? account : delegatee);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        Position storage position = _positions[account];
        uint256 free = position.lockDays == 0 ? 0 : position.gm;
        return free + position.allocated + position.delegated - position.voteless;
    }

    /// @dev Must be called whenever `_getVotingUnits` changes, with the part of it that changed.
    function _moveVotes(address account, uint256 before, uint256 afterwards) internal {
        if (afterwards == before) return;
        (address from, address to, uint256 votes) = afterwards > before
            ? (address(0), account, afterwards - before)
            : (account, address(0), before - afterwards);
        _transferVotingUnits(from, to, votes);
    }
}
