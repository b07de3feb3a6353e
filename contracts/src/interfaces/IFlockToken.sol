// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title FLOCK beyond ERC-20, ERC-2612, ERC-3009 and burning
interface IFlockToken {
    /// @notice Mints within the cap of 1,000,000,000 FLOCK. Restricted.
    function mint(address to, uint256 amount) external;

    /// @notice ERC-3009 transfer with the signature as bytes, so that contract wallets (ERC-1271) can sign as well.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice As transferWithAuthorization, but only the payee may execute it.
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
