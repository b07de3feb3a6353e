// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStaking } from "../interfaces/IStaking.sol";
import { StakingStorage } from "./StakingStorage.sol";

/// @title What governance sets and the guardian stops
abstract contract StakingTerms is StakingStorage {
    /// @inheritdoc IStaking
    uint256 public constant MAX_ENTRY_FEE_BPS = 1_000;
    /// @inheritdoc IStaking
    uint256 public constant MAX_KEEPER_BPS = 5_000;
    /// @inheritdoc IStaking
    uint256 public constant MAX_OPERATOR_DELAY = 7 days;
    /// @inheritdoc IStaking
    uint256 public constant MIN_COOLDOWN = 1 hours;
    /// @inheritdoc IStaking
    uint256 public constant MAX_COOLDOWN = 14 days;
    /// @inheritdoc IStaking
    uint256 public constant MAX_SIGMA_FREEZE = 14 days;

    address public treasury;
    uint256 public entryFeeBps;
    uint256 public keeperBps = 1_000;
    uint256 public operatorDelay = 1 hours;
    uint256 public cooldown = 14 days;
    uint256 public sigmaFreeze = 2 days;

    constructor(address treasury_) {
        _setTreasury(treasury_);
    }

    /// @inheritdoc IStaking
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IStaking
    function unpause() external restricted {
        _unpause();
    }

    /// @inheritdoc IStaking
    function setTreasury(address treasury_) external restricted {
        _setTreasury(treasury_);
    }

    /// @inheritdoc IStaking
    function setEntryFeeBps(uint256 entryFeeBps_) external restricted {
        _requireWithin("entryFeeBps", entryFeeBps_, 0, MAX_ENTRY_FEE_BPS);
        entryFeeBps = entryFeeBps_;
        emit EntryFeeBpsSet(entryFeeBps_);
    }

    /// @inheritdoc IStaking
    function setKeeperBps(uint256 keeperBps_) external restricted {
        _requireWithin("keeperBps", keeperBps_, 0, MAX_KEEPER_BPS);
        keeperBps = keeperBps_;
        emit KeeperBpsSet(keeperBps_);
    }

    /// @inheritdoc IStaking
    function setOperatorDelay(uint256 operatorDelay_) external restricted {
        _requireWithin("operatorDelay", operatorDelay_, 0, MAX_OPERATOR_DELAY);
        operatorDelay = operatorDelay_;
        emit OperatorDelaySet(operatorDelay_);
    }

    /// @inheritdoc IStaking
    function setCooldown(uint256 cooldown_) external restricted {
        _requireWithin("cooldown", cooldown_, MIN_COOLDOWN, MAX_COOLDOWN);
        cooldown = cooldown_;
        emit CooldownSet(cooldown_);
    }

    /// @inheritdoc IStaking
    function setSigmaFreeze(uint256 sigmaFreeze_) external restricted {
        _requireWithin("sigmaFreeze", sigmaFreeze_, 0, MAX_SIGMA_FREEZE);
        sigmaFreeze = sigmaFreeze_;
        emit SigmaFreezeSet(sigmaFreeze_);
    }

    function _requireWithin(string memory parameter, uint256 value, uint256 least, uint256 most)
        internal
        pure
    {
        require(value >= least && value <= most, OutOfBounds(parameter, value, least, most));
    }

    function _setTreasury(address treasury_) private {
        require(treasury_ != address(0), TreasuryIsZero());
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }
}
