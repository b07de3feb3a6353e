// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IVesting, Stream } from "./interfaces/IVesting.sol";
import { TokenTransfers } from "./libraries/TokenTransfers.sol";

/// @title Streams of vesting rewards
/// @notice See IVesting.
contract Vesting is IVesting, AccessManaged, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using TokenTransfers for IERC20;

    /// @dev An account has `count` streams; those before `first` are paid in full and never read again.
    struct Range {
        uint128 first;
        uint128 count;
    }

    uint256 private constant INITIAL_VESTING_SECONDS = 30 days;

    /// @inheritdoc IVesting
    uint256 public constant MAX_VESTING_SECONDS = 365 days;

    IERC20 public immutable token;
    /// @inheritdoc IVesting
    uint256 public vestingSeconds;

    mapping(address account => Range) private _ranges;
    mapping(address account => mapping(uint256 index => Stream)) private _streams;

    /// @param token_ FLOCK.
    /// @param authority The access manager.
    constructor(IERC20 token_, address authority) AccessManaged(authority) {
        token = token_;
        _setVestingSeconds(INITIAL_VESTING_SECONDS);
    }

    // --- For the distributor ---

    /// @inheritdoc IVesting
    function open(address account, uint256 amount) external restricted nonReentrant {
        if (amount == 0) return;
        uint256 index = _ranges[account].count++;
        uint32 start = block.timestamp.toUint32();
        uint32 end = (block.timestamp + vestingSeconds).toUint32();
        _streams[account][index] = Stream(amount.toUint96(), 0, start, end);
        emit StreamOpened(account, index, amount, start, end);
        token.pull(amount);
    }

    // --- For everybody ---

    /// @inheritdoc IVesting
    function release(address account) external {
        releaseSome(account, type(uint128).max);
    }

    /// @inheritdoc IVesting
    function releaseSome(address account, uint256 most) public nonReentrant {
        Range memory range = _ranges[account];
        uint256 end = range.first + Math.min(most, range.count - range.first);
        uint256 first = range.first;
        uint256 amount;
        for (uint256 i = first; i < end; ++i) {
            bool isPaidUp;
            (amount, isPaidUp) = _releaseOne(account, i, amount);
            if (isPaidUp && i == first) ++first;
        }
        require(amount != 0, NothingToRelease(account));
        if (first != range.first) _ranges[account].first = uint128(first);
        token.send(account, amount);
    }

    // --- For governance ---

    /// @inheritdoc IVesting
    function setVestingSeconds(uint256 vestingSeconds_) external restricted {
        _setVestingSeconds(vestingSeconds_);
    }

    // --- Views ---

    /// @inheritdoc IVesting
    function streamsOf(address account) external view returns (Stream[] memory streams) {
        streams = new Stream[](_ranges[account].count);
        for (uint256 i = 0; i < streams.length; ++i) {
            streams[i] = _streams[account][i];
        }
    }

    /// @inheritdoc IVesting
    function releasableOf(address account) external view returns (uint256 amount) {
        Range memory range = _ranges[account];
        for (uint256 i = range.first; i < range.count; ++i) {
            Stream memory stream = _streams[account][i];
            amount += _vested(stream) - stream.released;
        }
    }

    // --- Inside ---

    /// @dev Adds what stream `index` owes now to `sum`, and books it as paid.
    function _releaseOne(address account, uint256 index, uint256 sum)
        private
        returns (uint256, bool isPaidUp)
    {
        Stream memory stream = _streams[account][index];
        uint256 vested = _vested(stream);
        uint256 due = vested - stream.released;
        isPaidUp = vested == stream.amount;
        if (due == 0) return (sum, isPaidUp);
        _streams[account][index].released = uint96(vested);
        emit StreamReleased(account, index, due);
        return (sum + due, isPaidUp);
    }

    function _vested(Stream memory stream) private view returns (uint256) {
        if (block.timestamp >= stream.end) return stream.amount;
        return uint256(stream.amount) * (block.timestamp - stream.start) / (stream.end - stream.start);
    }

    function _setVestingSeconds(uint256 vestingSeconds_) private {
        require(
            vestingSeconds_ <= MAX_VESTING_SECONDS,
            OutOfBounds("vestingSeconds", vestingSeconds_, 0, MAX_VESTING_SECONDS)
        );
        vestingSeconds = vestingSeconds_;
        emit VestingSecondsSet(vestingSeconds_);
    }
}
