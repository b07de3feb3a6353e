// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { ERC20Capped } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import { ERC3009 } from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import { Base } from "./Base.t.sol";

contract FlockTokenTest is Base {
    uint256 private constant KEY = 0xF10C;
    address private immutable payer = vm.addr(KEY);
    bytes32 private constant NONCE = keccak256("a random nonce");
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    function test_genesis_goesToTheNamedHolder() public view {
        assertEq(token.balanceOf(bank), GENESIS, "holder");
        assertEq(token.totalSupply(), GENESIS, "supply");
        assertEq(token.cap(), 1_000_000_000e18, "cap");
    }

    function test_mint_restrictedAndCapped() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        token.mint(stranger, 1);
        token.mint(stranger, 500_000_000e18);
        expectError(ERC20Capped.ERC20ExceededCap.selector, 1_000_000_000e18 + 1, 1_000_000_000e18);
        token.mint(stranger, 1);
    }

    function test_transferWithAuthorization_byAnyoneOnce() public {
        give(payer, 5e18);
        bytes memory signature = _sign(TRANSFER);
        vm.prank(stranger);
        token.transferWithAuthorization(payer, keeper, 5e18, 0, type(uint40).max, NONCE, signature);
        assertEq(token.balanceOf(keeper), 5e18, "paid");
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, payer, NONCE));
        token.transferWithAuthorization(payer, keeper, 5e18, 0, type(uint40).max, NONCE, signature);
    }

    function test_transferWithAuthorization_refusesAnotherPayeeOrChain() public {
        give(payer, 5e18);
        bytes memory signature = _sign(TRANSFER);
        expectError(ERC3009.ERC3009InvalidSignature.selector);
        token.transferWithAuthorization(payer, stranger, 5e18, 0, type(uint40).max, NONCE, signature);
        vm.chainId(8453);
        expectError(ERC3009.ERC3009InvalidSignature.selector);
        token.transferWithAuthorization(payer, keeper, 5e18, 0, type(uint40).max, NONCE, signature);
    }

    function test_receiveWithAuthorization_byThePayeeOnly() public {
        give(payer, 5e18);
        bytes memory signature = _sign(RECEIVE);
        expectError(IERC20Errors.ERC20InvalidReceiver.selector, keeper);
        vm.prank(stranger);
        token.receiveWithAuthorization(payer, keeper, 5e18, 0, type(uint40).max, NONCE, signature);
        vm.prank(keeper);
        token.receiveWithAuthorization(payer, keeper, 5e18, 0, type(uint40).max, NONCE, signature);
        assertEq(token.balanceOf(keeper), 5e18, "paid");
    }

    /// @dev 5 FLOCK from the payer to the keeper, valid until the far future.
    function _sign(bytes32 typeHash) private view returns (bytes memory) {
        bytes32 data = keccak256(
            abi.encode(typeHash, payer, keeper, 5e18, uint256(0), uint256(type(uint40).max), NONCE)
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), data));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        return abi.encodePacked(r, s, v);
    }
}
