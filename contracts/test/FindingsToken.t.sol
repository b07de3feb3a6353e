// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { FlockToken } from "../src/FlockToken.sol";
import { Base } from "./Base.t.sol";

/// @notice The findings that concern signatures (ERC-3009 and ERC-2612). The table of all is in FindingsStaking.
contract FindingsTokenTest is Base {
    uint256 private constant KEY = 0xA11CE;
    bytes32 private constant NONCE = keccak256("nonce");
    uint256 private constant VALUE = 5e18;
    address private immutable payer = vm.addr(KEY);
    address private immutable payee = stranger;

    struct Transfer {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    function setUp() public override {
        super.setUp();
        give(payer, 100e18);
    }

    /// @dev The type strings are written out here as in EIP-3009, so that a typo in the contract is found.
    function test_F09_TheTypesAreThoseOfTheStandard() public {
        _send(token, _transfer(), _sign(token, "TransferWithAuthorization", _transfer()));
        assertEq(token.balanceOf(payee), VALUE, "transferred");
        Transfer memory t = _transfer();
        t.nonce = keccak256("another");
        bytes memory signature = _sign(token, "ReceiveWithAuthorization", t);
        vm.prank(payee);
        token.receiveWithAuthorization(t.from, t.to, t.value, t.validAfter, t.validBefore, t.nonce, signature);
        assertEq(token.balanceOf(payee), 2 * VALUE, "received");
    }

    function test_F09_ThePermitTypeIsThatOfTheStandard() public {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, payer, payee, VALUE, 0, block.timestamp));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest(token, structHash));
        token.permit(payer, payee, VALUE, block.timestamp, v, r, s);
        assertEq(token.allowance(payer, payee), VALUE, "allowance");
        vm.expectRevert();
        token.permit(payer, payee, VALUE, block.timestamp, v, r, s);
    }

    function test_F10_EveryFieldIsSigned() public {
        bytes memory signature = _sign(token, "TransferWithAuthorization", _transfer());
        for (uint256 field = 0; field < 6; ++field) {
            Transfer memory t = _transfer();
            if (field == 0) t.from = bank;
            else if (field == 1) t.to = keeper;
            else if (field == 2) t.value += 1;
            else if (field == 3) t.validAfter += 1;
            else if (field == 4) t.validBefore += 1;
            else t.nonce = keccak256("another");
            vm.expectRevert();
            _send(token, t, signature);
        }
        assertEq(token.balanceOf(payee), 0, "nothing moved");
    }

    function test_F11_OnlyThePayeeExecutesWhatItReceives() public {
        Transfer memory t = _transfer();
        bytes memory signature = _sign(token, "ReceiveWithAuthorization", t);
        vm.expectRevert();
        vm.prank(keeper);
        token.receiveWithAuthorization(t.from, t.to, t.value, t.validAfter, t.validBefore, t.nonce, signature);
    }

    function test_F42_AnAuthorisationIsUsedOnce() public {
        bytes memory signature = _sign(token, "TransferWithAuthorization", _transfer());
        _send(token, _transfer(), signature);
        vm.expectRevert();
        _send(token, _transfer(), signature);
        vm.expectRevert();
        _sendSplit(_transfer(), signature);
    }

    function test_F42_ACancelledAuthorisationIsDead() public {
        bytes32 typeHash = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(KEY, _digest(token, keccak256(abi.encode(typeHash, payer, NONCE))));
        token.cancelAuthorization(payer, NONCE, v, r, s);
        bytes memory signature = _sign(token, "TransferWithAuthorization", _transfer());
        vm.expectRevert();
        _send(token, _transfer(), signature);
    }

    function test_F42_AnAuthorisationIsForOneChain() public {
        bytes memory signature = _sign(token, "TransferWithAuthorization", _transfer());
        vm.chainId(block.chainid + 1);
        vm.expectRevert();
        _send(token, _transfer(), signature);
    }

    function test_F42_AnAuthorisationIsForOneToken() public {
        bytes memory signature = _sign(token, "TransferWithAuthorization", _transfer());
        FlockToken other = new FlockToken(address(access), payer, 100e18);
        vm.expectRevert();
        _send(other, _transfer(), signature);
    }

    function test_F42_AnAuthorisationHasItsTime() public {
        bytes memory signature = _sign(token, "TransferWithAuthorization", _transfer());
        vm.warp(_transfer().validBefore);
        vm.expectRevert();
        _send(token, _transfer(), signature);
    }

    // --- Steps ---

    function _transfer() private view returns (Transfer memory) {
        return Transfer(payer, payee, VALUE, 1_799_999_999, 1_800_000_100, NONCE);
    }

    function _send(FlockToken on, Transfer memory t, bytes memory signature) private {
        on.transferWithAuthorization(t.from, t.to, t.value, t.validAfter, t.validBefore, t.nonce, signature);
    }

    function _sendSplit(Transfer memory t, bytes memory signature) private {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        uint8 v = uint8(signature[64]);
        token.transferWithAuthorization(t.from, t.to, t.value, t.validAfter, t.validBefore, t.nonce, v, r, s);
    }

    function _sign(FlockToken on, string memory name, Transfer memory t) private view returns (bytes memory) {
        bytes32 typeHash = keccak256(
            bytes.concat(
                bytes(name),
                "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest(on, keccak256(abi.encode(typeHash, t))));
        return abi.encodePacked(r, s, v);
    }

    function _digest(FlockToken on, bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("FLOCK"),
                keccak256("1"),
                block.chainid,
                address(on)
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, structHash));
    }
}
