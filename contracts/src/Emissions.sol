// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ERC20Capped } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IEmissions } from "./interfaces/IEmissions.sol";
import { IFlockToken } from "./interfaces/IFlockToken.sol";
import { IRewardDistributor } from "./interfaces/IRewardDistributor.sol";
import { IStaking } from "./interfaces/IStaking.sol";
import { ITaskManager, TaskState } from "./interfaces/ITaskManager.sol";
import { TokenTransfers } from "./libraries/TokenTransfers.sol";

/// @title The daily budget of FLOCK for tasks
/// @notice See IEmissions.
contract Emissions is IEmissions, AccessManaged, Pausable, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using TokenTransfers for IERC20;

    /// @dev In one slot, because posting a root reads all of it. Amounts are in wei; at MAX_DAILY_BUDGET 112 bits last
    /// for 10^7 years.
    struct Books {
        uint32 nextDay;
        uint112 emitted;
        uint112 released;
    }

    /// @dev `since` is the day on which the task was put on the list: no earlier day is emitted to it.
    struct Weight {
        uint128 weight;
        uint128 since;
    }

    /// @dev A listed task as one call of `emitDue` sees it: it ran and had a weight on days `first` to `last`, and had
    /// stake on days `firstStaked` to `lastStaked`.
    struct Share {
        uint256 taskId;
        uint256 weight;
        uint256 first;
        uint256 last;
        uint256 firstStaked;
        uint256 lastStaked;
    }

    uint256 private constant DECAY_DAYS = 30;
    uint256 private constant INITIAL_DECAY_BPS = 100;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IEmissions
    uint256 public constant MAX_DAYS = 30;
    /// @inheritdoc IEmissions
    uint256 public constant MAX_PAYMENTS = 512;
    /// @inheritdoc IEmissions
    uint256 public constant MAX_TASKS = 64;
    /// @inheritdoc IEmissions
    uint256 public constant MAX_WEIGHT = 10_000;
    /// @inheritdoc IEmissions
    uint256 public constant MAX_DAILY_BUDGET = 1_000_000e18;
    /// @inheritdoc IEmissions
    uint256 public constant MAX_DECAY_BPS = 2_000;

    IERC20 public immutable token;
    IRewardDistributor public immutable distributor;
    ITaskManager public immutable tasks;
    IStaking public immutable staking;
    /// @inheritdoc IEmissions
    bool public immutable mints;

    /// @inheritdoc IEmissions
    /// @dev In storage, so that the bytecode does not depend on the day of deployment.
    uint256 public firstDay;
    /// @inheritdoc IEmissions
    uint256 public dailyBudget;
    /// @inheritdoc IEmissions
    uint256 public decayBps;

    Books private _books;
    uint256[] private _tasks;
    mapping(uint256 taskId => Weight) private _weights;

    /// @param token_ FLOCK.
    /// @param distributor_ Where released FLOCK goes.
    /// @param tasks_ The TaskManager, which knows when tasks ran.
    /// @param staking_ Staking, which knows when tasks had stake.
    /// @param authority The access manager.
    /// @param mints_ Whether FLOCK is minted; otherwise what this contract holds is paid out.
    /// @param dailyBudget_ The first daily budget, in wei of FLOCK.
    constructor(
        IERC20 token_,
        IRewardDistributor distributor_,
        ITaskManager tasks_,
        IStaking staking_,
        address authority,
        bool mints_,
        uint256 dailyBudget_
    ) AccessManaged(authority) {
        (token, distributor, tasks, staking, mints) = (token_, distributor_, tasks_, staking_, mints_);
        firstDay = _today();
        _books.nextDay = uint32(firstDay);
        _setDailyBudget(dailyBudget_);
        _setDecayBps(INITIAL_DECAY_BPS);
    }

    // --- For everybody ---

    /// @inheritdoc IEmissions
    function emitDue() external whenNotPaused nonReentrant returns (uint256 dayCount, uint256 amount) {
        Books memory books = _books;
        uint256 from = books.nextDay;
        uint256 due = Math.min(_today() - from, MAX_DAYS);
        require(due != 0, NothingIsDue(from));
        Share[] memory shares = _shares(from);
        uint256 available = _available(books);
        uint256 payments;
        for (; dayCount < due; ++dayCount) {
            payments += _countOn(from + dayCount, shares);
            if (payments > MAX_PAYMENTS) break;
            amount += _emitDay(from + dayCount, available - amount, shares);
        }
        books.nextDay = uint32(from + dayCount);
        books.emitted += amount.toUint112();
        _books = books;
        if (mints && amount != 0) IFlockToken(address(token)).mint(address(this), amount);
    }

    /// @inheritdoc IEmissions
    function fund(uint256 amount) external nonReentrant {
        token.pull(amount);
        _books.emitted += amount.toUint112();
        emit Funded(msg.sender, amount);
    }

    // --- For Settlement ---

    /// @inheritdoc IEmissions
    function release(uint256 amount) external restricted nonReentrant {
        Books memory books = _books;
        amount = Math.min(amount, books.emitted - books.released);
        books.released += uint112(amount);
        _books = books;
        emit Released(amount);
        token.send(address(distributor), amount);
    }

    // --- For the guardian and for governance ---

    /// @inheritdoc IEmissions
    function setWeight(uint256 taskId, uint256 weight) external restricted {
        require(weight <= MAX_WEIGHT, OutOfBounds("weight", weight, 0, MAX_WEIGHT));
        uint256 before = _weights[taskId].weight;
        if (before == 0 && weight != 0) _list(taskId);
        if (before != 0 && weight == 0) _delist(taskId);
        _weights[taskId].weight = uint128(weight);
        emit WeightSet(taskId, weight);
    }

    /// @inheritdoc IEmissions
    function setDailyBudget(uint256 dailyBudget_) external restricted {
        _setDailyBudget(dailyBudget_);
    }

    /// @inheritdoc IEmissions
    function setDecayBps(uint256 decayBps_) external restricted {
        _setDecayBps(decayBps_);
    }

    /// @inheritdoc IEmissions
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IEmissions
    function unpause() external restricted {
        _unpause();
    }

    // --- Views ---

    /// @inheritdoc IEmissions
    function nextDay() external view returns (uint256) {
        return _books.nextDay;
    }

    /// @inheritdoc IEmissions
    function emitted() external view returns (uint256) {
        return _books.emitted;
    }

    /// @inheritdoc IEmissions
    function released() external view returns (uint256) {
        return _books.released;
    }

    /// @inheritdoc IEmissions
    function weightOf(uint256 taskId) external view returns (uint256) {
        return _weights[taskId].weight;
    }

    /// @inheritdoc IEmissions
    function weightedTasks() external view returns (uint256[] memory) {
        return _tasks;
    }

    // --- Inside ---

    function _emitDay(uint256 day, uint256 available, Share[] memory shares)
        private
        returns (uint256 amount)
    {
        uint256 budget = dailyBudget;
        if ((day + 1 - firstDay) % DECAY_DAYS == 0) dailyBudget = budget * (BPS - decayBps) / BPS;
        uint256[] memory parts;
        (parts, amount) = _split(Math.min(budget, available), day, shares);
        emit DayEmitted(day, budget, amount);
        for (uint256 i = 0; i < shares.length; ++i) {
            if (parts[i] != 0) emit Emitted(shares[i].taskId, day, parts[i]);
        }
    }

    /// @dev By weight among all tasks that ran on the day, rounded down; the part of a task without stake goes to
    /// nobody.
    function _split(uint256 budget, uint256 day, Share[] memory shares)
        private
        pure
        returns (uint256[] memory parts, uint256 amount)
    {
        uint256 weights;
        for (uint256 i = 0; i < shares.length; ++i) {
            if (_takesPart(shares[i], day)) weights += shares[i].weight;
        }
        parts = new uint256[](shares.length);
        for (uint256 i = 0; i < shares.length; ++i) {
            if (!_takesPart(shares[i], day) || !_isStaked(shares[i], day)) continue;
            parts[i] = budget * shares[i].weight / weights;
            amount += parts[i];
        }
    }

    function _countOn(uint256 day, Share[] memory shares) private pure returns (uint256 count) {
        for (uint256 i = 0; i < shares.length; ++i) {
            if (_takesPart(shares[i], day)) ++count;
        }
    }

    function _takesPart(Share memory share, uint256 day) private pure returns (bool) {
        return share.first <= day && day <= share.last;
    }

    /// @dev A task that never had stake has 0 for both days, and no day here is 0.
    function _isStaked(Share memory share, uint256 day) private pure returns (bool) {
        return share.firstStaked <= day && day <= share.lastStaked;
    }

    /// @dev The tasks with a weight that have begun, without those that were closed before `from`.
    function _shares(uint256 from) private view returns (Share[] memory shares) {
        uint256[] memory all = _tasks;
        shares = new Share[](all.length);
        uint256 count;
        for (uint256 i = 0; i < all.length; ++i) {
            (uint256 beganAt, uint256 closedAt) = tasks.spanOf(all[i]);
            uint256 last = closedAt == 0 ? type(uint256).max : closedAt / 1 days;
            if (beganAt == 0 || last < from) continue;
            shares[count++] = _share(all[i], beganAt / 1 days, last);
        }
        assembly ("memory-safe") {
            mstore(shares, count)
        }
    }

    function _share(uint256 taskId, uint256 beganOn, uint256 last) private view returns (Share memory) {
        Weight memory weight = _weights[taskId];
        uint256 first = Math.max(beganOn, weight.since);
        (uint256 firstStaked, uint256 lastStaked) = staking.stakedDaysOf(taskId);
        return Share(taskId, weight.weight, first, last, firstStaked, lastStaked);
    }

    /// @dev What can still be minted under the token's cap, or what is in the reserve and not emitted yet.
    function _available(Books memory books) private view returns (uint256) {
        if (mints) return ERC20Capped(address(token)).cap() - token.totalSupply();
        return Math.saturatingSub(token.balanceOf(address(this)), books.emitted - books.released);
    }

    function _list(uint256 taskId) private {
        require(tasks.stateOf(taskId) != TaskState.None, UnknownTask(taskId));
        require(_tasks.length < MAX_TASKS, TooManyTasks(MAX_TASKS));
        _tasks.push(taskId);
        _weights[taskId].since = uint128(_today());
    }

    /// @dev Calls no other contract, so that a task can always be taken off the list; the others keep their order.
    function _delist(uint256 taskId) private {
        uint256 last = _tasks.length - 1;
        bool isPast;
        for (uint256 i = 0; i < last; ++i) {
            if (_tasks[i] == taskId) isPast = true;
            if (isPast) _tasks[i] = _tasks[i + 1];
        }
        _tasks.pop();
    }

    function _today() private view returns (uint256) {
        return block.timestamp / 1 days;
    }

    function _setDailyBudget(uint256 dailyBudget_) private {
        require(
            dailyBudget_ <= MAX_DAILY_BUDGET, OutOfBounds("dailyBudget", dailyBudget_, 0, MAX_DAILY_BUDGET)
        );
        dailyBudget = dailyBudget_;
        emit DailyBudgetSet(dailyBudget_);
    }

    function _setDecayBps(uint256 decayBps_) private {
        require(decayBps_ <= MAX_DECAY_BPS, OutOfBounds("decayBps", decayBps_, 0, MAX_DECAY_BPS));
        decayBps = decayBps_;
        emit DecayBpsSet(decayBps_);
    }
}
