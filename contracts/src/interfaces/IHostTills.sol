// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBatchSettlement, ChannelConfig } from "./IBatchSettlement.sol";
import { IModelMarket } from "./IModelMarket.sol";

/// @notice What a host signs for each answer that was paid for, as EIP-712 data under the domain of the deployment.
/// @param version The version that answered.
/// @param digest The sha256 of its bytes.
/// @param host The host.
/// @param payer Who paid.
/// @param token The token.
/// @param amount What was charged, in the token's smallest unit.
/// @param payment The channel's id; for a payment of its own its nonce.
/// @param cumulative All that was charged to the channel, this included; 0 for a payment of its own.
/// @param request The sha256 of the request's body.
/// @param response The sha256 of the answer's body.
/// @param runtime The sha256 of the description of what computed it, sampling included.
/// @param inputTokens How many tokens were read.
/// @param outputTokens How many were written.
/// @param issuedAt When it was signed, in Unix seconds.
struct Receipt {
    uint256 version;
    bytes32 digest;
    address host;
    address payer;
    address token;
    uint256 amount;
    bytes32 payment;
    uint256 cumulative;
    bytes32 request;
    bytes32 response;
    bytes32 runtime;
    uint64 inputTokens;
    uint64 outputTokens;
    uint64 issuedAt;
}

/// @title The tills that x402 channels of hosts pay into, and the proof that a host misattributed them
/// @notice A channel is with a host and not with a version, so the host says which version earned what. Who holds receipts
/// that say otherwise can have it expelled.
interface IHostTills {
    /// @notice A till was deployed.
    /// @param host Its host.
    /// @param till Its address.
    event TillDeployed(address indexed host, address till);

    /// @notice A host named a key that signs its receipts, for good.
    /// @param host The host.
    /// @param key The key.
    event ReceiptKeyAdded(address indexed host, address indexed key);

    /// @notice A host was proved to have attributed less to a version than it was paid for it.
    /// @param host The host.
    /// @param version The version.
    /// @param token The token.
    /// @param received What receipts of claimed payments add up to.
    /// @param attributed What the host attributed.
    event MisattributionProved(
        address indexed host,
        uint256 indexed version,
        address indexed token,
        uint256 received,
        uint256 attributed
    );

    /// @notice Only the host can do this; a hot key must not name another.
    /// @param host The host.
    /// @param caller Who tried.
    error OnlyTheHost(address host, address caller);

    /// @notice The receipt shows nothing here.
    /// @param index Which one, from 0.
    /// @param reason Why, in words.
    error UnfitReceipt(uint256 index, string reason);

    /// @notice The host attributed no less than the receipts show, or what it has not attributed is still there.
    /// @param received What the receipts add up to.
    /// @param attributed What the host attributed.
    /// @param pending What it has claimed in the token and not attributed to any version yet.
    error NothingIsMissing(uint256 received, uint256 attributed, uint256 pending);

    /// @notice There must be a receipt, and a signature and channel for each.
    error ListsDiffer();

    /// @notice Deploys a host's till, if it is not there.
    /// @dev Anyone can call.
    /// @param host The host.
    /// @return till Its address.
    function deployTill(address host) external returns (address till);

    /// @notice Names a key that signs the caller's receipts, with ECDSA; a host that is a contract needs one. It cannot be taken back, or receipts would lose their
    /// force; a host that has lost one leaves.
    /// @dev For the host itself. Reverts with OnlyTheHost.
    /// @param host The host; the caller.
    /// @param key The key.
    function addReceiptKey(address host, address key) external;

    /// @notice Has a host expelled that attributed less to a version than its receipts say it was paid for it.
    /// @dev Anyone can call. Receipts are of one host, version and token, signed by the host or one of its receipt keys,
    /// of channels whose money the till has claimed, and in ascending order of channel and what was charged to it. What
    /// waits to be attributed counts for the host until all receipts are LATE_SECONDS old. Reverts with ListsDiffer,
    /// UnfitReceipt and NothingIsMissing.
    /// @param receipts The receipts.
    /// @param signatures Their signatures (ECDSA, 65 bytes).
    /// @param channels The channel of each.
    function proveMisattribution(
        Receipt[] calldata receipts,
        bytes[] calldata signatures,
        ChannelConfig[] calldata channels
    ) external;

    /// @notice The market.
    /// @return The ModelMarket.
    function market() external view returns (IModelMarket);

    /// @notice The contract of x402's channels.
    /// @return Where it is on every chain.
    function batchSettlement() external view returns (IBatchSettlement);

    /// @notice A host's till, the receiver of its channels; the address is the same before it is deployed.
    /// @param host The host.
    /// @return till The address.
    function tillOf(address host) external view returns (address till);

    /// @notice Whether a key signs a host's receipts.
    /// @param host The host.
    /// @param key The key.
    /// @return True if it does, or is the host itself.
    function isReceiptKey(address host, address key) external view returns (bool);

    /// @notice What is signed of a receipt.
    /// @param receipt The receipt.
    /// @return digest The EIP-712 digest.
    function digestOf(Receipt calldata receipt) external view returns (bytes32 digest);
}
