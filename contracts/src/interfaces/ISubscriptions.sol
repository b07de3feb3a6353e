// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IModelMarket } from "./IModelMarket.sol";

/// @notice A subscription as stored.
/// @param subscriber Who paid for it.
/// @param start When it began, in Unix seconds.
/// @param end When it is over, in Unix seconds; when it was cancelled, if it was.
/// @param host The host it is with.
/// @param version The version it is of.
/// @param token The token it was paid in.
/// @param amount What was paid, and not given back.
/// @param collected What of it has gone to the splitter.
struct Subscription {
    address subscriber;
    uint40 start;
    uint40 end;
    address host;
    uint64 version;
    address token;
    uint96 amount;
    uint96 collected;
}

/// @title Subscriptions to a version at a host: paid ahead, earned by the second
/// @notice What has not vested goes back to the subscriber whenever it cancels, also while the market is paused, the
/// version retired or the host gone.
interface ISubscriptions {
    /// @notice Somebody subscribed.
    /// @param id The subscription.
    /// @param subscriber Who.
    /// @param version The version.
    /// @param host The host.
    /// @param token The token.
    /// @param amount What was paid.
    /// @param end When it is over, in Unix seconds.
    event Subscribed(
        uint256 indexed id,
        address indexed subscriber,
        uint256 indexed version,
        address host,
        address token,
        uint256 amount,
        uint256 end
    );

    /// @notice What had vested went to the splitter.
    /// @param id The subscription.
    /// @param amount What went there.
    event Collected(uint256 indexed id, uint256 amount);

    /// @notice A subscription was cancelled.
    /// @param id The subscription.
    /// @param refund What went back to the subscriber.
    event Cancelled(uint256 indexed id, uint256 refund);

    /// @notice The host does not serve this version now.
    /// @param version The version.
    /// @param host The host.
    error NotServed(uint256 version, address host);

    /// @notice No subscription of this version is sold for this token.
    /// @param version The version.
    /// @param token The token.
    error NoSubscriptions(uint256 version, address token);

    /// @notice The price is above what was agreed.
    /// @param amount What it costs.
    /// @param most What was agreed.
    error PriceIsAbove(uint256 amount, uint256 most);

    /// @notice A subscription lasts 1 to MAX_PERIODS periods.
    /// @param periods What was asked.
    error PeriodsOutOfRange(uint256 periods);

    /// @notice Only the subscriber can cancel while the host has a bond.
    /// @param id The subscription.
    /// @param subscriber The subscriber; zero if there is no such subscription.
    /// @param caller Who tried.
    error OnlyTheSubscriber(uint256 id, address subscriber, address caller);

    /// @notice All of it has vested.
    /// @param id The subscription.
    error NothingToRefund(uint256 id);

    /// @notice Nothing has vested since the last time.
    /// @param id The subscription.
    error NothingToCollect(uint256 id);

    /// @notice Subscribes to a version at a host.
    /// @dev Anyone can call who has approved the amount. While a former price is honoured, the lower of the two counts.
    /// Reverts with NotSold, NotServed, NoSubscriptions, PeriodsOutOfRange, PriceIsAbove, and TokenTookAFee.
    /// @param version The version.
    /// @param host The host.
    /// @param token The token.
    /// @param periods For how many periods.
    /// @param most The most it may cost.
    /// @return id The subscription, from 1.
    function subscribe(uint256 version, address host, address token, uint256 periods, uint256 most)
        external
        returns (uint256 id);

    /// @notice Ends a subscription now, and gives back what has not vested.
    /// @dev For the subscriber; for anyone once the host has no bond. It always pays the subscriber. Reverts with
    /// OnlyTheSubscriber and NothingToRefund.
    /// @param id The subscription.
    /// @return refund What went back.
    function cancel(uint256 id) external returns (uint256 refund);

    /// @notice Sends what has vested to the splitter of version and host.
    /// @dev Anyone can call. Reverts with NothingToCollect.
    /// @param id The subscription.
    /// @return amount What went there.
    function collect(uint256 id) external returns (uint256 amount);

    /// @notice How long a period is.
    /// @return Seconds; 30 days.
    function PERIOD_SECONDS() external view returns (uint256);

    /// @notice The most periods that can be paid at once.
    /// @return The number of periods; 12.
    function MAX_PERIODS() external view returns (uint256);

    /// @notice The market.
    /// @return The ModelMarket.
    function market() external view returns (IModelMarket);

    /// @notice How many subscriptions there were; their numbers are 1 to this.
    /// @return The number of subscriptions.
    function subscriptionCount() external view returns (uint256);

    /// @notice What all subscriptions in a token have not paid on or given back.
    /// @param token The token.
    /// @return amount What this contract holds for them.
    function heldIn(address token) external view returns (uint256 amount);

    /// @notice A subscription as stored.
    /// @param id The subscription.
    /// @return All zero if it does not exist.
    function subscriptionOf(uint256 id) external view returns (Subscription memory);

    /// @notice Whether a subscription is running: paid, not over and not cancelled.
    /// @param id The subscription.
    /// @return True if it is.
    function isRunning(uint256 id) external view returns (bool);
}
