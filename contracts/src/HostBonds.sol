// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { IBoard } from "./interfaces/IBoard.sol";
import { Host, IHostBonds } from "./interfaces/IHostBonds.sol";
import { IStaking } from "./interfaces/IStaking.sol";
import { ITaskManager, NewTask } from "./interfaces/ITaskManager.sol";

/// @title The bonds of those who host models
/// @notice See IHostBonds. As a board it has one task, which it creates and begins itself and never closes.
contract HostBonds is IHostBonds, IBoard, AccessManaged {
    using SafeERC20 for IERC20;

    /// @inheritdoc IHostBonds
    uint256 public constant MIN_BOND = 1e18;
    /// @inheritdoc IHostBonds
    uint256 public constant MAX_BOND = 1_000_000e18;
    /// @inheritdoc IHostBonds
    uint256 public constant MIN_SLASH_BPS = 1_000;

    uint256 private constant BPS = 10_000;
    uint96 private constant INITIAL_BOND = 10_000e18;
    uint16 private constant INITIAL_SLASH_BPS = 5_000;
    uint256 private constant LEAVE_SECONDS = 14 days;

    ITaskManager public immutable tasks;
    IStaking public immutable staking;

    /// @inheritdoc IHostBonds
    uint256 public taskId;
    uint96 private _minimumBond;
    uint16 private _slashBps;
    bool private _isOpening;
    mapping(address account => Host) private _hosts;
    /// @dev How many times an account was taken in: the number of its duty as a board gives it.
    mapping(address account => uint16) private _terms;

    modifier actingFor(address host) {
        require(staking.actsFor(host, msg.sender), NotActingFor(host, msg.sender));
        _;
    }

    /// @param tasks_ The TaskManager.
    /// @param staking_ Staking.
    /// @param authority The access manager.
    constructor(ITaskManager tasks_, IStaking staking_, address authority) AccessManaged(authority) {
        (tasks, staking) = (tasks_, staking_);
        _setMinimumBond(INITIAL_BOND);
        _setSlashBps(INITIAL_SLASH_BPS);
    }

    // --- For everybody ---

    /// @inheritdoc IHostBonds
    function openBonds() external {
        require(taskId == 0 && !_isOpening, BondsAreOpen(taskId));
        _isOpening = true;
        NewTask memory task;
        (task.board, task.startBy) = (address(this), uint40(block.timestamp + 1));
        (task.endsAt, task.minimumStake) = (uint40(block.timestamp + 2), uint96(tasks.MIN_STAKE()));
        uint256 fee = tasks.creationFee();
        IERC20 token = tasks.token();
        if (fee != 0) {
            token.safeTransferFrom(msg.sender, address(this), fee);
            token.forceApprove(address(tasks), fee);
        }
        taskId = tasks.create(task, "");
        _isOpening = false;
        tasks.begin(taskId, address(this));
        emit BondsOpened(taskId);
    }

    /// @inheritdoc IHostBonds
    function free(address host) external {
        uint256 leavesAt = _hosts[host].leavesAt;
        require(leavesAt != 0 && block.timestamp >= leavesAt, NotLeavingBefore(leavesAt));
        delete _hosts[host];
        emit HostLeft(host);
        staking.release(host, taskId);
    }

    // --- For hosts ---

    /// @inheritdoc IHostBonds
    function bond(address host) external actingFor(host) {
        require(!_hosts[host].isBonded, AHostAlready(host));
        uint96 held = staking.allocationOf(host, taskId).gm;
        require(held >= _minimumBond, HostBondTooSmall(held, _minimumBond));
        _hosts[host] = Host(held, 0, true);
        ++_terms[host];
        emit HostBonded(host, held);
        staking.hold(host, taskId);
    }

    /// @inheritdoc IHostBonds
    function leave(address host) external actingFor(host) {
        require(isHost(host), NotAHost(host));
        uint256 leavesAt = block.timestamp + LEAVE_SECONDS;
        _hosts[host].leavesAt = uint40(leavesAt);
        emit HostLeaving(host, leavesAt);
    }

    // --- For the judge and for governance ---

    /// @inheritdoc IHostBonds
    function expel(address host, bytes32 evidence) external restricted {
        Host memory expelled = _hosts[host];
        require(expelled.isBonded, NotAHost(host));
        delete _hosts[host];
        (uint256 gm,,) = staking.slash(host, taskId, expelled.bond, _slashBps);
        emit HostExpelled(host, gm, evidence);
        staking.release(host, taskId);
    }

    /// @inheritdoc IHostBonds
    function setMinimumBond(uint256 minimumBond_) external restricted {
        _setMinimumBond(minimumBond_);
    }

    /// @inheritdoc IHostBonds
    function setSlashBps(uint256 slashBps_) external restricted {
        _setSlashBps(slashBps_);
    }

    // --- As a board ---

    /// @inheritdoc IBoard
    function open(uint256, bytes calldata) external view {
        require(msg.sender == address(tasks), OnlyTaskManager(msg.sender));
        require(_isOpening, NoTasksHere());
    }

    /// @inheritdoc IBoard
    function dutyOf(uint256, address account) external view returns (uint16) {
        return _hosts[account].isBonded ? _terms[account] : 0;
    }

    /// @inheritdoc IBoard
    function modelOf(uint256) external pure returns (bytes32) {
        return 0;
    }

    /// @inheritdoc IBoard
    function earnedOf(uint256, address) external pure returns (uint256) {
        return 0;
    }

    /// @inheritdoc IBoard
    function totalEarnedOf(uint256) external pure returns (uint256) {
        return 0;
    }

    // --- Views ---

    /// @inheritdoc IHostBonds
    function minimumBond() external view returns (uint256) {
        return _minimumBond;
    }

    /// @inheritdoc IHostBonds
    function slashBps() external view returns (uint256) {
        return _slashBps;
    }

    /// @inheritdoc IHostBonds
    function hostOf(address host) external view returns (Host memory) {
        return _hosts[host];
    }

    /// @inheritdoc IHostBonds
    function isHost(address host) public view returns (bool) {
        return _hosts[host].isBonded && _hosts[host].leavesAt == 0;
    }

    // --- Inside ---

    function _setMinimumBond(uint256 minimumBond_) private {
        _requireWithin("minimumBond", minimumBond_, MIN_BOND, MAX_BOND);
        _minimumBond = uint96(minimumBond_);
        emit MinimumBondSet(minimumBond_);
    }

    function _setSlashBps(uint256 slashBps_) private {
        _requireWithin("slashBps", slashBps_, MIN_SLASH_BPS, BPS);
        _slashBps = uint16(slashBps_);
        emit SlashBpsSet(slashBps_);
    }

    function _requireWithin(string memory parameter, uint256 value, uint256 least, uint256 most)
        private
        pure
    {
        require(value >= least && value <= most, OutOfBounds(parameter, value, least, most));
    }
}
