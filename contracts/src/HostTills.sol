// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { MessageHashUtils } from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { ChannelConfig, IBatchSettlement } from "./interfaces/IBatchSettlement.sol";
import { IHostTills, Receipt } from "./interfaces/IHostTills.sol";
import { IModelMarket } from "./interfaces/IModelMarket.sol";
import { Till } from "./market/Till.sol";

/// @title The tills of hosts, and the proof that one misattributed what is in them
/// @notice See IHostTills.
contract HostTills is IHostTills {
    /// @dev How long a host can take to claim and attribute what it charged.
    uint256 private constant LATE_SECONDS = 45 days;

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant RECEIPT_TYPE = keccak256(
        "Receipt(uint256 version,bytes32 digest,address host,address payer,address token,uint256 amount,"
        "bytes32 payment,uint256 cumulative,bytes32 request,bytes32 response,bytes32 runtime,"
        "uint64 inputTokens,uint64 outputTokens,uint64 issuedAt)"
    );

    IModelMarket public immutable market;
    IBatchSettlement public immutable batchSettlement;
    address private immutable _till;

    mapping(address host => mapping(address key => bool)) private _isReceiptKey;

    /// @param market_ The ModelMarket.
    /// @param till The code that tills are clones of.
    /// @param batchSettlement_ The contract of x402's channels.
    constructor(IModelMarket market_, address till, IBatchSettlement batchSettlement_) {
        (market, _till, batchSettlement) = (market_, till, batchSettlement_);
    }

    /// @inheritdoc IHostTills
    function deployTill(address host) external returns (address till) {
        till = tillOf(host);
        if (till.code.length != 0) return till;
        emit TillDeployed(host, till);
        Clones.cloneDeterministicWithImmutableArgs(_till, abi.encode(market, host), 0);
    }

    /// @inheritdoc IHostTills
    function addReceiptKey(address host, address key) external {
        require(msg.sender == host, OnlyTheHost(host, msg.sender));
        _isReceiptKey[host][key] = true;
        emit ReceiptKeyAdded(host, key);
    }

    /// @inheritdoc IHostTills
    function proveMisattribution(
        Receipt[] calldata receipts,
        bytes[] calldata signatures,
        ChannelConfig[] calldata channels
    ) external {
        uint256 count = receipts.length;
        bool isEven = signatures.length == count && channels.length == count;
        require(count != 0 && isEven, ListsDiffer());
        (address host, uint256 version, address token) =
            (receipts[0].host, receipts[0].version, receipts[0].token);
        address till = tillOf(host);
        (uint256 received, uint256 newest) = (0, 0);
        for (uint256 i = 0; i < count; ++i) {
            Receipt calldata receipt = receipts[i];
            bool isSame = receipt.host == host && receipt.version == version && receipt.token == token;
            require(isSame, UnfitReceipt(i, "It is of another host, version or token than the first."));
            require(
                i == 0 || _isAfter(receipts[i - 1], receipt),
                UnfitReceipt(i, "It repeats or overlaps the one before.")
            );
            _check(i, receipt, signatures[i], channels[i], till);
            received += receipt.amount;
            newest = Math.max(newest, receipt.issuedAt);
        }
        uint256 attributed = till.code.length == 0 ? 0 : Till(till).attributedTo(token, version);
        uint256 pending = newest + LATE_SECONDS <= block.timestamp ? 0 : _pendingIn(till, token);
        require(received > attributed + pending, NothingIsMissing(received, attributed, pending));
        emit MisattributionProved(host, version, token, received, attributed);
        market.bonds().expel(host, digestOf(receipts[0]));
    }

    // --- Views ---

    /// @inheritdoc IHostTills
    function tillOf(address host) public view returns (address) {
        return Clones.predictDeterministicAddressWithImmutableArgs(_till, abi.encode(market, host), 0);
    }

    /// @inheritdoc IHostTills
    function isReceiptKey(address host, address key) public view returns (bool) {
        return key == host || _isReceiptKey[host][key];
    }

    /// @inheritdoc IHostTills
    function digestOf(Receipt calldata receipt) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN_TYPE, keccak256("flock"), keccak256("1"), block.chainid, address(market.tasks())
            )
        );
        return MessageHashUtils.toTypedDataHash(domain, keccak256(abi.encode(RECEIPT_TYPE, receipt)));
    }

    // --- Inside ---

    /// @dev What a receipt charged begins where the one before ended, or later: nothing is counted twice.
    function _isAfter(Receipt calldata earlier, Receipt calldata later) private pure returns (bool) {
        if (later.payment != earlier.payment) return later.payment > earlier.payment;
        return later.cumulative >= earlier.cumulative + later.amount;
    }

    /// @dev What is claimed and not attributed yet; it may be any version's. If it did not count, who watches could prove
    /// an honest host guilty between its claim and its distribution. It does not count for ever, or a host could hide what
    /// it took by lending its till as much whenever somebody is about to prove it.
    function _pendingIn(address till, address token) private view returns (uint256) {
        (uint128 claimed, uint128 settled) = batchSettlement.receivers(till, token);
        return IERC20(token).balanceOf(till) + claimed - settled;
    }

    function _check(
        uint256 i,
        Receipt calldata receipt,
        bytes calldata signature,
        ChannelConfig calldata channel,
        address till
    ) private view {
        bool isOfTill = channel.receiver == till && channel.token == receipt.token;
        require(
            isOfTill && batchSettlement.getChannelId(channel) == receipt.payment,
            UnfitReceipt(i, "Its payment is not this channel, or the channel does not pay the host's till.")
        );
        (, uint128 claimed) = batchSettlement.channels(receipt.payment);
        bool isClaimed = receipt.cumulative <= claimed && receipt.amount <= receipt.cumulative;
        require(isClaimed, UnfitReceipt(i, "The host has not claimed what it charged."));
        // No contract is asked: one could disown what it signed, and so could a key that delegates to one (EIP-7702).
        (address signer, ECDSA.RecoverError error_,) = ECDSA.tryRecoverCalldata(digestOf(receipt), signature);
        bool isSigned = error_ == ECDSA.RecoverError.NoError && isReceiptKey(receipt.host, signer);
        require(isSigned, UnfitReceipt(i, "It was not signed by the host or a receipt key of it."));
    }
}
