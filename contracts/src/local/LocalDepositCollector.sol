// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { IDepositCollector } from "./LocalBatchSettlement.sol";

/// @notice The part of a token with ERC-3009 that takes signatures of any length.
interface IReceiveWithAuthorization {
    /// @notice Moves what the payer signed for to the caller.
    /// @param from The payer.
    /// @param to The caller.
    /// @param value How much.
    /// @param validAfter From when it is valid, in Unix seconds.
    /// @param validBefore Until when.
    /// @param nonce Its nonce.
    /// @param signature The payer's.
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

/// @title A stand-in for x402's collector of ERC-3009 deposits, for local chains only
/// @notice Written from the typed data of the public x402 package; see LocalBatchSettlement.
/// @dev The authorisation's nonce names the channel, so it serves no other. Whoever calls gets the money: only for a
/// channel that hashes to the nonce, and only from the payer's authorisation to this contract.
contract LocalDepositCollector is IDepositCollector {
    using SafeERC20 for IERC20;

    /// @dev x402's batch settlement, on every chain.
    address private constant BATCH_SETTLEMENT = 0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003;

    /// @notice Only the batch settlement can have deposits collected.
    /// @param caller Who tried.
    error OnlyBatchSettlement(address caller);

    /// @inheritdoc IDepositCollector
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata data)
        external
    {
        require(msg.sender == BATCH_SETTLEMENT, OnlyBatchSettlement(msg.sender));
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(data, (uint256, uint256, uint256, bytes));
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        IReceiveWithAuthorization(token)
            .receiveWithAuthorization(payer, address(this), amount, validAfter, validBefore, nonce, signature);
        IERC20(token).safeTransfer(msg.sender, amount);
    }
}
