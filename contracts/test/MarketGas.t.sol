// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { NewVersion, Share } from "../src/interfaces/IModelMarket.sol";
import { Splitter } from "../src/market/Splitter.sol";
import { MarketBase } from "./MarketBase.t.sol";
import { PaymentSplitter4 } from "./PaymentSplitter4.sol";

/// @notice What payees pay to be paid, beside OpenZeppelin 4's PaymentSplitter. The numbers are committed under
/// snapshots/ and checked.
contract MarketGasTest is MarketBase {
    uint256 private version;
    Splitter private at;

    function setUp() public override {
        super.setUp();
        NewVersion memory v = terms("bytes");
        v.shares = new Share[](1);
        v.shares[0] = Share(stranger, 2_500);
        version = publish(creator, 0, v);
        serve(version, host);
        at = splitter(version, host);
    }

    function _paid(address to) private {
        give(to, 100e18);
    }

    function _old() private returns (PaymentSplitter4) {
        (address[] memory payees, uint256[] memory shares) = (new address[](4), new uint256[](4));
        (payees[0], payees[1], payees[2], payees[3]) = (treasury, host, creator, stranger);
        (shares[0], shares[1], shares[2], shares[3]) = (250, 1_950, 5_850, 1_950);
        bytes memory arguments = abi.encode(payees, shares);
        return PaymentSplitter4(vm.deployCode("out/PaymentSplitter4.sol/PaymentSplitter4.json", arguments));
    }

    /// @dev Both have paid everybody before, as the payees of a model that sells are paid again and again.
    function test_gas_releaseCostsLessThanOpenZeppelins() public {
        PaymentSplitter4 old = _old();
        _paid(address(old));
        old.release(token, host);
        old.release(token, stranger);
        _paid(address(old));
        old.release(token, stranger);
        uint256 before = vm.snapshotGasLastCall("market", "release of a share, OpenZeppelin 4");
        _paid(address(at));
        releaseAll(version, host);
        _paid(address(at));
        at.release(token, 3);
        uint256 share = vm.snapshotGasLastCall("market", "release of a share");
        at.release(token, HOST);
        assertAtMost(vm.snapshotGasLastCall("market", "release to the host"), before - 1, "the host's");
        assertAtMost(share, before - 1, "a share's");
        at.release(token, OWNER);
        vm.snapshotGasLastCall("market", "release to the owner");
    }

    function test_gas_publishing() public {
        market.commit(commitmentOf(creator, "more"));
        vm.snapshotGasLastCall("market", "commit");
        pass(10);
        vm.prank(creator);
        uint256 more = market.publish(0, terms("more"), SALT);
        vm.snapshotGasLastCall("market", "publish");
        vm.prank(host);
        market.serve(more, host);
        vm.snapshotGasLastCall("market", "serve");
        pay(more, host, 100e18);
        market.release(more, host, address(token), OWNER);
        vm.snapshotGasLastCall("market", "first release, with the splitter");
    }
}
