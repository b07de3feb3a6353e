// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { MessageHashUtils } from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { ChannelConfig, IBatchSettlement } from "../interfaces/IBatchSettlement.sol";

/// @notice Takes a deposit from a payer for LocalBatchSettlement.
interface IDepositCollector {
    /// @notice Takes `amount` from the payer and sends it to the caller.
    /// @param payer Who pays.
    /// @param token The token.
    /// @param amount How much.
    /// @param channelId For which channel.
    /// @param data What shows that the payer agrees.
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata data)
        external;
}

/// @title A stand-in for x402's batch settlement, for local chains only
/// @notice Written from the interface and the typed data of the public x402 package, whose clients and facilitator work
/// with it unchanged. On public chains x402's own contract is at the same address.
/// @dev Placed by `anvil_setCode`, so it has no constructor and no immutables.
contract LocalBatchSettlement is IBatchSettlement, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice What a payer has agreed to pay out of a channel.
    /// @param channel The channel.
    /// @param maxClaimableAmount All that may be claimed from it.
    struct Voucher {
        ChannelConfig channel;
        uint128 maxClaimableAmount;
    }

    /// @notice What a receiver claims by a voucher.
    /// @param voucher The voucher.
    /// @param signature Its signature.
    /// @param totalClaimed All that is claimed from the channel with it.
    struct VoucherClaim {
        Voucher voucher;
        bytes signature;
        uint128 totalClaimed;
    }

    /// @dev How a channel stands.
    struct Channel {
        uint128 balance;
        uint128 totalClaimed;
    }

    /// @dev A withdrawal that waits.
    struct Withdrawal {
        uint128 amount;
        uint40 initiatedAt;
    }

    /// @dev What a receiver has claimed, and what of it was paid.
    struct Receiver {
        uint128 totalClaimed;
        uint128 totalSettled;
    }

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant CHANNEL_TYPE = keccak256(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,"
        "address token,uint40 withdrawDelay,bytes32 salt)"
    );
    bytes32 private constant VOUCHER_TYPE =
        keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
    bytes32 private constant REFUND_TYPE =
        keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
    bytes32 private constant BATCH_TYPE = keccak256(
        "ClaimBatch(ClaimEntry[] claims)"
        "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
    );
    bytes32 private constant ENTRY_TYPE =
        keccak256("ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)");
    uint256 private constant MIN_WITHDRAW_DELAY = 15 minutes;
    uint256 private constant MAX_WITHDRAW_DELAY = 30 days;

    mapping(bytes32 channelId => Channel) public channels;
    /// @notice The withdrawal that waits on a channel.
    mapping(bytes32 channelId => Withdrawal) public pendingWithdrawals;
    mapping(address receiver => mapping(address token => Receiver)) public receivers;
    /// @notice How many refunds were signed for on a channel.
    mapping(bytes32 channelId => uint256) public refundNonce;

    /// @notice A receiver was paid what it had claimed.
    /// @param receiver The receiver.
    /// @param token The token.
    /// @param sender Who called.
    /// @param amount What it was paid.
    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);

    /// @notice The call cannot be.
    /// @param reason Why, in words.
    error Refused(string reason);

    /// @notice Carries out several calls, all or none.
    /// @param data The calls.
    /// @return results What they returned.
    function multicall(bytes[] calldata data) external returns (bytes[] memory results) {
        results = new bytes[](data.length);
        for (uint256 i = 0; i < data.length; ++i) {
            (bool isDone, bytes memory answer) = address(this).delegatecall(data[i]);
            if (!isDone) {
                assembly ("memory-safe") {
                    revert(add(answer, 32), mload(answer))
                }
            }
            results[i] = answer;
        }
    }

    /// @notice Adds to a channel.
    /// @param config The channel.
    /// @param amount What is added.
    /// @param collector What takes it from the payer.
    /// @param collectorData What the collector wants.
    function deposit(
        ChannelConfig calldata config,
        uint128 amount,
        address collector,
        bytes calldata collectorData
    ) external nonReentrant {
        bool isWithin = config.withdrawDelay >= MIN_WITHDRAW_DELAY
            && config.withdrawDelay <= MAX_WITHDRAW_DELAY;
        require(isWithin, Refused("The withdraw delay is out of bounds."));
        require(amount != 0, Refused("The deposit is zero."));
        bytes32 channelId = getChannelId(config);
        channels[channelId].balance += amount;
        IERC20 token = IERC20(config.token);
        uint256 before = token.balanceOf(address(this));
        IDepositCollector(collector).collect(config.payer, config.token, amount, channelId, collectorData);
        require(token.balanceOf(address(this)) == before + amount, Refused("The deposit did not arrive."));
    }

    /// @notice Claims by vouchers, by the receivers or those they authorised.
    /// @param voucherClaims The claims.
    function claim(VoucherClaim[] calldata voucherClaims) external {
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            _requireReceiver(voucherClaims[i].voucher.channel);
            _claim(voucherClaims[i]);
        }
    }

    /// @notice Claims by vouchers that the receivers' authoriser signed for.
    /// @param voucherClaims The claims.
    /// @param authorizerSignature Its signature.
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature)
        external
    {
        bytes32 digest = getClaimBatchDigest(voucherClaims);
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            address authorizer = voucherClaims[i].voucher.channel.receiverAuthorizer;
            _requireSigned(authorizer, digest, authorizerSignature);
            _claim(voucherClaims[i]);
        }
    }

    /// @notice Pays a receiver what it has claimed. Anyone can call.
    /// @param receiver The receiver.
    /// @param token The token.
    function settle(address receiver, address token) external nonReentrant {
        Receiver storage found = receivers[receiver][token];
        uint128 amount = found.totalClaimed - found.totalSettled;
        require(amount != 0, Refused("There is nothing to settle."));
        found.totalSettled = found.totalClaimed;
        emit Settled(receiver, token, msg.sender, amount);
        IERC20(token).safeTransfer(receiver, amount);
    }

    /// @notice Announces a payer's withdrawal.
    /// @param config The channel.
    /// @param amount What is to be withdrawn.
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external {
        bool isPayer = msg.sender == config.payer || msg.sender == config.payerAuthorizer;
        require(isPayer, Refused("Only the payer withdraws."));
        pendingWithdrawals[getChannelId(config)] = Withdrawal(amount, uint40(block.timestamp));
    }

    /// @notice Pays a withdrawal whose delay is over to the payer.
    /// @param config The channel.
    function finalizeWithdraw(ChannelConfig calldata config) external nonReentrant {
        bytes32 channelId = getChannelId(config);
        Withdrawal memory pending = pendingWithdrawals[channelId];
        require(pending.initiatedAt != 0, Refused("No withdrawal was announced."));
        bool isOver = block.timestamp >= uint256(pending.initiatedAt) + config.withdrawDelay;
        require(isOver, Refused("The withdraw delay is not over."));
        _pay(config, channelId, pending.amount);
    }

    /// @notice Gives what is not claimed back to the payer, by the receiver or whom it authorised.
    /// @param config The channel.
    /// @param amount The most that is given back.
    function refund(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        _requireReceiver(config);
        _pay(config, getChannelId(config), amount);
    }

    /// @notice The same, signed for by the receiver's authoriser.
    /// @param config The channel.
    /// @param amount The most that is given back.
    /// @param nonce The channel's refund nonce.
    /// @param receiverAuthorizerSignature The signature.
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external nonReentrant {
        bytes32 channelId = getChannelId(config);
        require(nonce == refundNonce[channelId]++, Refused("The refund nonce is used or early."));
        bytes32 digest = getRefundDigest(channelId, nonce, amount);
        _requireSigned(config.receiverAuthorizer, digest, receiverAuthorizerSignature);
        _pay(config, channelId, amount);
    }

    // --- Views ---

    /// @inheritdoc IBatchSettlement
    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return _typed(keccak256(abi.encode(CHANNEL_TYPE, config)));
    }

    /// @notice What is signed of a voucher.
    /// @param channelId The channel.
    /// @param maxClaimableAmount All that may be claimed from it.
    /// @return The EIP-712 digest.
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) public view returns (bytes32) {
        return _typed(keccak256(abi.encode(VOUCHER_TYPE, channelId, maxClaimableAmount)));
    }

    /// @notice What is signed of a refund.
    /// @param channelId The channel.
    /// @param nonce Its refund nonce.
    /// @param amount The most that is given back.
    /// @return The EIP-712 digest.
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) public view returns (bytes32) {
        return _typed(keccak256(abi.encode(REFUND_TYPE, channelId, nonce, amount)));
    }

    /// @notice What is signed of claims.
    /// @param voucherClaims The claims.
    /// @return The EIP-712 digest.
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) public view returns (bytes32) {
        bytes32[] memory entries = new bytes32[](voucherClaims.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            Voucher calldata voucher = voucherClaims[i].voucher;
            bytes32 channelId = getChannelId(voucher.channel);
            entries[i] = keccak256(
                abi.encode(ENTRY_TYPE, channelId, voucher.maxClaimableAmount, voucherClaims[i].totalClaimed)
            );
        }
        return _typed(keccak256(abi.encode(BATCH_TYPE, keccak256(abi.encodePacked(entries)))));
    }

    // --- Inside ---

    /// @dev A claim that is below what was claimed already does nothing, so that a batch can be repeated.
    function _claim(VoucherClaim calldata claimed) private {
        ChannelConfig calldata config = claimed.voucher.channel;
        bytes32 channelId = getChannelId(config);
        Channel storage channel = channels[channelId];
        uint128 total = claimed.totalClaimed;
        require(total <= claimed.voucher.maxClaimableAmount, Refused("The claim is above its voucher."));
        require(total <= channel.balance, Refused("The claim is above the channel's balance."));
        address signer = config.payerAuthorizer == address(0) ? config.payer : config.payerAuthorizer;
        bytes32 digest = getVoucherDigest(channelId, claimed.voucher.maxClaimableAmount);
        _requireSigned(signer, digest, claimed.signature);
        if (total <= channel.totalClaimed) return;
        receivers[config.receiver][config.token].totalClaimed += total - channel.totalClaimed;
        channel.totalClaimed = total;
    }

    function _pay(ChannelConfig calldata config, bytes32 channelId, uint128 most) private {
        Channel storage channel = channels[channelId];
        uint256 amount = Math.min(most, channel.balance - channel.totalClaimed);
        require(amount != 0, Refused("There is nothing to give back."));
        channel.balance -= uint128(amount);
        delete pendingWithdrawals[channelId];
        IERC20(config.token).safeTransfer(config.payer, amount);
    }

    function _requireReceiver(ChannelConfig calldata config) private view {
        bool isReceiver = msg.sender == config.receiver || msg.sender == config.receiverAuthorizer;
        require(isReceiver, Refused("Only the receiver or its authoriser may."));
    }

    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) private view {
        bool isSigned = SignatureChecker.isValidSignatureNow(signer, digest, signature);
        require(isSigned, Refused("The signature is not its signer's."));
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN_TYPE, keccak256("x402 Batch Settlement"), keccak256("1"), block.chainid, address(this)
            )
        );
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }
}
