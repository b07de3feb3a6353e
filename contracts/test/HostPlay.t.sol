// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ChannelConfig } from "../src/interfaces/IBatchSettlement.sol";
import { IHostTills, Receipt } from "../src/interfaces/IHostTills.sol";
import { IDepositCollector, LocalBatchSettlement } from "../src/local/LocalBatchSettlement.sol";
import { Till } from "../src/market/Till.sol";
import { Dollar } from "./MarketParts.sol";
import { MarketBase } from "./MarketBase.t.sol";

/// @notice Makes the money that a payer deposits.
contract GivingCollector is IDepositCollector {
    function collect(address, address token, uint256 amount, bytes32, bytes calldata) external {
        Dollar(token).give(msg.sender, amount);
    }
}

/// @notice A host that serves the creator's version and one of its own, with a till, channels and receipts.
abstract contract HostPlay is MarketBase {
    uint256 internal constant HOST_KEY = 0x4057;
    uint256 internal constant PAYER_KEY = 0x9A1E;
    uint256 internal constant WARM_KEY = 0x3A23;

    uint256 internal honest;
    uint256 internal own;
    Till internal till;
    GivingCollector internal collector;

    function setUp() public virtual override {
        super.setUp();
        collector = new GivingCollector();
        honest = served("of the creator");
        own = publish(host, 0, terms("of the host"));
        serve(own, host);
        till = Till(tills.deployTill(host));
    }

    function distribute(uint256 version, uint256 amount) internal {
        (uint256[] memory versions, uint256[] memory amounts) = (new uint256[](1), new uint256[](1));
        (versions[0], amounts[0]) = (version, amount);
        vm.prank(host);
        till.distribute(dollar, versions, amounts);
    }

    function channelOf(bytes32 salt) internal view returns (ChannelConfig memory) {
        return ChannelConfig({
            payer: vm.addr(PAYER_KEY),
            payerAuthorizer: address(0),
            receiver: address(till),
            receiverAuthorizer: host,
            token: address(dollar),
            withdrawDelay: 1 days,
            salt: salt
        });
    }

    /// @dev A channel with 100 dollars in it, of which the host claims and settles `amount`.
    function claimedChannel(bytes32 salt, uint128 amount) internal returns (ChannelConfig memory channel) {
        channel = channelOf(salt);
        claim(channel, amount);
        channels.settle(address(till), address(dollar));
    }

    function claim(ChannelConfig memory channel, uint128 amount) internal {
        channels.deposit(channel, 100e6, address(collector), "");
        bytes32 channelId = channels.getChannelId(channel);
        LocalBatchSettlement.VoucherClaim[] memory claims = new LocalBatchSettlement.VoucherClaim[](1);
        claims[0].voucher = LocalBatchSettlement.Voucher(channel, 100e6);
        claims[0].signature = signatureOf(PAYER_KEY, channels.getVoucherDigest(channelId, 100e6));
        claims[0].totalClaimed = amount;
        vm.prank(host);
        channels.claim(claims);
    }

    function receiptOf(ChannelConfig memory channel, uint256 amount, uint256 cumulative)
        internal
        view
        returns (Receipt memory receipt)
    {
        (receipt.version, receipt.host, receipt.token) = (honest, host, address(dollar));
        (receipt.amount, receipt.cumulative, receipt.issuedAt) = (amount, cumulative, uint64(clock));
        receipt.payment = channels.getChannelId(channel);
    }

    function signatureOf(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function prove(Receipt[] memory receipts, ChannelConfig memory channel, uint256 key) internal {
        prove(receipts, channel, key, "");
    }

    /// @dev With the error that is expected, if any: reading the digests would take its place.
    function prove(Receipt[] memory receipts, ChannelConfig memory channel, uint256 key, bytes memory error_)
        internal
    {
        bytes[] memory signatures = new bytes[](receipts.length);
        ChannelConfig[] memory same = new ChannelConfig[](receipts.length);
        for (uint256 i = 0; i < receipts.length; ++i) {
            signatures[i] = signatureOf(key, tills.digestOf(receipts[i]));
            same[i] = channel;
        }
        if (error_.length != 0) vm.expectRevert(error_);
        tills.proveMisattribution(receipts, signatures, same);
    }

    function twoReceipts(ChannelConfig memory channel) internal view returns (Receipt[] memory receipts) {
        receipts = new Receipt[](2);
        receipts[0] = receiptOf(channel, 10e6, 10e6);
        receipts[1] = receiptOf(channel, 20e6, 30e6);
    }

    function unfit(uint256 index, string memory reason) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IHostTills.UnfitReceipt.selector, index, reason);
    }

    function nothingIsMissing(uint256 received, uint256 attributed, uint256 pending)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IHostTills.NothingIsMissing.selector, received, attributed, pending);
    }
}
