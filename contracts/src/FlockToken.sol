// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { ERC20Capped } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import { ERC3009 } from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import { SignatureChecker } from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import { IFlockToken } from "./interfaces/IFlockToken.sol";

/// @title FLOCK
/// @notice ERC-20 with permits (ERC-2612), signed transfers (ERC-3009), burning and a cap.
contract FlockToken is IFlockToken, ERC20Permit, ERC3009, ERC20Burnable, ERC20Capped, AccessManaged {
    /// @param authority The access manager, which names the minter.
    /// @param holder Who gets the genesis supply.
    /// @param genesisSupply FLOCK minted at deployment, in wei.
    constructor(address authority, address holder, uint256 genesisSupply)
        ERC20("FLOCK", "FLOCK")
        ERC20Permit("FLOCK")
        ERC20Capped(1_000_000_000e18)
        AccessManaged(authority)
    {
        _mint(holder, genesisSupply);
    }

    /// @inheritdoc IFlockToken
    function mint(address to, uint256 amount) external restricted {
        _mint(to, amount);
    }

    /// @inheritdoc IFlockToken
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _checkSignature(
            from,
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce),
            signature
        );
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IFlockToken
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _checkSignature(
            from,
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce),
            signature
        );
        require(to == _msgSender(), ERC20InvalidReceiver(to));
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    function _checkSignature(address from, bytes memory structData, bytes calldata signature) private view {
        bytes32 digest = _hashTypedDataV4(keccak256(structData));
        require(
            SignatureChecker.isValidSignatureNowCalldata(from, digest, signature), ERC3009InvalidSignature()
        );
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Capped) {
        super._update(from, to, value);
    }
}
