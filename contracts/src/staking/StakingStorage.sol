// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { Votes } from "@openzeppelin/contracts/governance/utils/Votes.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Time } from "@openzeppelin/contracts/utils/types/Time.sol";
import { Allocation, Delegation, IStaking, Pool, Position, Role } from "../interfaces/IStaking.sol";
import { ITaskManager } from "../interfaces/ITaskManager.sol";

/// @notice The key that acts for an owner from `since` on; `since` is zero only if none was ever named.
struct Operator {
    address key;
    uint40 since;
}

/// @title What Staking keeps, and the votes it gives
/// @dev A position's voting units are its gm and its delegated gm, so that delegating stake moves no votes.
abstract contract StakingStorage is IStaking, Votes, AccessManaged, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 internal constant BPS = 10_000;

    IERC20 public immutable token;
    ITaskManager public immutable tasks;

    mapping(address account => Position) internal _positions;
    mapping(address owner => Operator) internal _operators;
    mapping(address account => mapping(uint256 taskId => mapping(Role => Allocation))) internal _allocations;
    mapping(address operator => mapping(uint256 taskId => Pool)) internal _pools;
    mapping(address delegator => mapping(address operator => mapping(uint256 taskId => Delegation))) internal
        _delegations;

    /// @inheritdoc IStaking
    mapping(uint256 taskId => uint256) public stakedOn;
    /// @inheritdoc IStaking
    mapping(address keeper => uint256) public keeperCreditOf;

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
        address chosen = super.delegates(account);
        return chosen == address(0) ? account : chosen;
    }

    /// @dev Naming nobody is naming oneself.
    function _delegate(address account, address delegatee) internal override {
        super._delegate(account, delegatee == address(0) ? account : delegatee);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        return uint256(_positions[account].gm) + _positions[account].delegated;
    }

    /// @dev Call it whenever gm + delegated of a position changed.
    function _moveVotes(address account, uint256 gmBefore, uint256 gmAfter) internal {
        if (gmAfter > gmBefore) _transferVotingUnits(address(0), account, gmAfter - gmBefore);
        else if (gmAfter < gmBefore) _transferVotingUnits(account, address(0), gmBefore - gmAfter);
    }

    // --- Inside ---

    function _available(Position storage position) internal view returns (uint256) {
        return position.gm - position.allocated;
    }

    function _requireAvailable(Position storage position, uint256 gm) internal view {
        uint256 available = _available(position);
        require(gm <= available, NotEnoughAvailable(gm, available));
    }

    function _requireLiveLock(Position storage position) internal view {
        require(block.timestamp < position.unlockAt, LockHasExpired(position.unlockAt));
    }

    /// @dev Takes `gm` out of a position with its FLOCK, rounded as the caller says.
    function _takeOut(Position storage position, uint256 gm, uint256 flock) internal {
        position.gm -= uint96(gm);
        position.flock -= uint96(flock);
    }

    /// @dev Some tokens refuse to move nothing; nothing needs no moving.
    function _send(address to, uint256 amount) internal {
        if (amount != 0) token.safeTransfer(to, amount);
    }
}
