// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What an x402 channel is of; its id is the EIP-712 digest of this.
/// @param payer Who pays into it.
/// @param payerAuthorizer Who signs its vouchers; zero for the payer.
/// @param receiver Whom it pays.
/// @param receiverAuthorizer Who claims for the receiver.
/// @param token The token.
/// @param withdrawDelay Seconds that a payer's withdrawal waits.
/// @param salt Tells it from others.
struct ChannelConfig {
    address payer;
    address payerAuthorizer;
    address receiver;
    address receiverAuthorizer;
    address token;
    uint40 withdrawDelay;
    bytes32 salt;
}

/// @title What of x402's batch settlement a proof of misattribution reads
interface IBatchSettlement {
    /// @notice The id of a channel.
    /// @param config The channel.
    /// @return channelId Its id.
    function getChannelId(ChannelConfig calldata config) external view returns (bytes32 channelId);

    /// @notice How a channel stands.
    /// @param channelId The channel.
    /// @return balance What was paid in and not refunded.
    /// @return totalClaimed What of it the receiver has claimed.
    function channels(bytes32 channelId) external view returns (uint128 balance, uint128 totalClaimed);

    /// @notice What a receiver has claimed in a token, and what of it was paid.
    /// @param receiver The receiver.
    /// @param token The token.
    /// @return totalClaimed What it has claimed.
    /// @return totalSettled What of it was paid.
    function receivers(address receiver, address token)
        external
        view
        returns (uint128 totalClaimed, uint128 totalSettled);
}
