// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title FLOCK beyond ERC-20, ERC-2612, ERC-3009 and burning
/// @dev Amounts are in wei of FLOCK (1e-18).
interface IFlockToken {
    /// @notice Mints FLOCK, within the cap of 1,000,000,000 FLOCK.
    /// @dev For the minter; reverts with AccessManagedUnauthorized for anyone else, and with ERC20ExceededCap.
    /// @param to Receiver.
    /// @param amount FLOCK to mint, in wei.
    function mint(address to, uint256 amount) external;

    /// @notice ERC-3009 transfer with the signature as bytes, so that contract wallets (ERC-1271) can sign as well.
    /// @dev Anyone can submit it. Reverts with ERC3009InvalidSignature, ERC3009InvalidAuthorizationTime,
    /// ERC3009UsedAuthorization, and as a transfer does.
    /// @param from Payer, who signed the authorisation.
    /// @param to Payee.
    /// @param value FLOCK to pay, in wei.
    /// @param validAfter The authorisation is valid only after this time, in Unix seconds.
    /// @param validBefore The authorisation is valid only before this time, in Unix seconds.
    /// @param nonce Unique number of the authorisation, chosen by the payer.
    /// @param signature The payer's signature of the EIP-712 message: r, s and v, or as its contract wallet wants it.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice Does what `transferWithAuthorization` does, but only the payee can submit it.
    /// @dev Reverts as `transferWithAuthorization` does, and with ERC20InvalidReceiver if the caller is not the
    /// payee.
    /// @param from Payer, who signed the authorisation.
    /// @param to Payee, and the only caller accepted.
    /// @param value FLOCK to pay, in wei.
    /// @param validAfter The authorisation is valid only after this time, in Unix seconds.
    /// @param validBefore The authorisation is valid only before this time, in Unix seconds.
    /// @param nonce Unique number of the authorisation, chosen by the payer.
    /// @param signature The payer's signature of the EIP-712 message: r, s and v, or as its contract wallet wants it.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}
