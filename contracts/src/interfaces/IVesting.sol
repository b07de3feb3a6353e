// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice `amount` wei vest linearly from `start` to `end`, in seconds; `released` of them are paid.
struct Stream {
    uint96 amount;
    uint96 released;
    uint32 start;
    uint32 end;
}

/// @title Streams of vesting rewards: they survive everything and cannot be paused
interface IVesting {
    event StreamOpened(
        address indexed account, uint256 indexed index, uint256 amount, uint256 start, uint256 end
    );
    event StreamReleased(address indexed account, uint256 indexed index, uint256 amount);
    event VestingSecondsSet(uint256 vestingSeconds);

    error NothingToRelease(address account);
    error TokenTookAFee(uint256 sent, uint256 received);
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice Takes `amount` from the caller and begins to vest it for `account` now. For the distributor.
    /// @param amount wei, below 2^96; 0 opens nothing. The token must take no fee of its own.
    function open(address account, uint256 amount) external;

    /// @notice Pays `account` all that has vested in its streams; anyone may.
    function release(address account) external;

    /// @notice As `release`, for at most `most` streams, oldest first: for an account that has more than fit in a call.
    function releaseSome(address account, uint256 most) external;

    /// @notice For streams opened from now on. Governance.
    /// @param vestingSeconds from 0 (all vests at once) to MAX_VESTING_SECONDS.
    function setVestingSeconds(uint256 vestingSeconds) external;

    function MAX_VESTING_SECONDS() external view returns (uint256); // 365 days
    function token() external view returns (IERC20);
    function vestingSeconds() external view returns (uint256); // 30 days
    /// @notice All streams of an account, in the order in which they were opened; also those that are paid in full.
    function streamsOf(address account) external view returns (Stream[] memory);
    /// @notice Wei that `release` would pay now.
    function releasableOf(address account) external view returns (uint256);
}
