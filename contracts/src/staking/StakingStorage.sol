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

/// @notice The key that acts for an owner from `since` on; `since` is zero only if none was ever named.
struct Operator {
    address key;
    uint40 since;
}

/// @notice What stands on a task, and the days (timestamp / 1 days) on which something first came and last left.
struct TaskStake {
    uint96 gm;
    uint32 firstDay;
    uint32 lastDay;
}

/// @title What Staking keeps, and the votes it gives
/// @dev What is free votes while its lock has not been poked; what stands on tasks and in pools votes if it is of the era
/// of that lock. So putting stake somewhere moves no votes, and what outlives its lock there loses them.
abstract contract StakingStorage is IStaking, Votes, AccessManaged, Pausable, ReentrancyGuardTransient {
    uint256 internal constant BPS = 10_000;

    /// @dev The first, so that it is in the slot of the pause: `lock` reads both.
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

    /// @notice Votes are counted by the timestamp.
    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    /// @notice As ERC-6372 writes it.
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @notice Who casts the votes of `account`: itself, until it names another.
    function delegates(address account) public view override returns (address) {
        // Votes asks this of the zero address, too, whenever votes are made or end.
        if (account == address(0)) return account;
        address chosen = super.delegates(account);
        return chosen == address(0) ? account : chosen;
    }

    /// @dev Naming nobody is naming oneself.
    function _delegate(address account, address delegatee) internal override {
        super._delegate(account, delegatee == address(0) ? account : delegatee);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        Position storage position = _positions[account];
        uint256 free = position.lockDays == 0 ? 0 : position.gm;
        return free + position.allocated + position.delegated - position.voteless;
    }

    /// @dev Call it whenever what `_getVotingUnits` says has changed, with the part of it that has.
    function _moveVotes(address account, uint256 before, uint256 afterwards) internal {
        if (afterwards == before) return;
        (address from, address to, uint256 votes) = afterwards > before
            ? (address(0), account, afterwards - before)
            : (account, address(0), before - afterwards);
        _transferVotingUnits(from, to, votes);
    }
}
