// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice An amount that vests linearly from `start` to `end`.
/// @param amount FLOCK that vests, in wei.
/// @param released The part of it that was paid, in wei.
/// @param start When vesting starts, in Unix seconds.
/// @param end When all of it has vested, in Unix seconds.
struct Stream {
    uint96 amount;
    uint96 released;
    uint32 start;
    uint32 end;
}

/// @title Streams of vesting rewards
/// @notice Streams cannot be paused, revoked or moved.
/// @dev Amounts are in wei of FLOCK. Functions "for governance" revert with AccessManagedUnauthorized for anyone
/// else.
interface IVesting {
    /// @notice A stream was opened.
    /// @param account Who it pays.
    /// @param index Its place among the account's streams, from 0.
    /// @param amount FLOCK that vests, in wei.
    /// @param start When vesting starts, in Unix seconds.
    /// @param end When all of it has vested, in Unix seconds.
    event StreamOpened(
        address indexed account, uint256 indexed index, uint256 amount, uint256 start, uint256 end
    );

    /// @notice A stream paid what had vested.
    /// @param account Who was paid.
    /// @param index Its place among the account's streams, from 0.
    /// @param amount FLOCK paid, in wei.
    event StreamReleased(address indexed account, uint256 indexed index, uint256 amount);

    /// @notice The length of new streams changed.
    /// @param vestingSeconds The new length, in seconds.
    event VestingSecondsSet(uint256 vestingSeconds);

    /// @notice Nothing more has vested, or nothing in the streams that were looked at.
    /// @param account Owner of the streams.
    error NothingToRelease(address account);

    /// @notice The token delivered less than was sent.
    /// @param sent Wei sent.
    /// @param received Wei received.
    error TokenTookAFee(uint256 sent, uint256 received);

    /// @notice A number is outside of its bounds.
    /// @param parameter Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice Takes FLOCK from the caller and starts to vest it for an account.
    /// @dev For the reward distributor, which must have approved the amount; reverts with AccessManagedUnauthorized
    /// for anyone else, and with TokenTookAFee. An amount of 0 opens no stream.
    /// @param account Who the stream pays.
    /// @param amount FLOCK to vest, in wei; below 2^96.
    function open(address account, uint256 amount) external;

    /// @notice Pays an account all that has vested in its streams.
    /// @dev Anyone can call; it always pays the account. Reverts with NothingToRelease.
    /// @param account Owner of the streams.
    function release(address account) external;

    /// @notice Pays an account what has vested in its oldest unfinished streams, for an account that has more than
    /// fit into one call.
    /// @dev Anyone can call; it always pays the account. Reverts with NothingToRelease.
    /// @param account Owner of the streams.
    /// @param most How many streams to look at, at most.
    function releaseSome(address account, uint256 most) external;

    /// @notice Sets the length of streams opened from now on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param vestingSeconds Seconds, from 0 (all vests at once) to MAX_VESTING_SECONDS.
    function setVestingSeconds(uint256 vestingSeconds) external;

    /// @notice The longest streams.
    /// @return Seconds; 365 days.
    function MAX_VESTING_SECONDS() external view returns (uint256);

    /// @notice The token that vests.
    /// @return FLOCK.
    function token() external view returns (IERC20);

    /// @notice How long a stream opened now takes to vest.
    /// @return Seconds; 30 days at deployment.
    function vestingSeconds() external view returns (uint256);

    /// @notice All streams of an account in the order they were opened, also those paid in full.
    /// @param account Owner of the streams.
    /// @return The streams.
    function streamsOf(address account) external view returns (Stream[] memory);

    /// @notice What `release` would pay an account now.
    /// @param account Owner of the streams.
    /// @return Wei of FLOCK.
    function releasableOf(address account) external view returns (uint256);
}
