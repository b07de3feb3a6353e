// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStaking } from "../interfaces/IStaking.sol";
import { StakingStorage } from "./StakingStorage.sol";

/// @title What governance sets, and the guardian's pause
abstract contract StakingTerms is StakingStorage {
    /// @inheritdoc IStaking
    uint256 public constant MAX_ENTRY_FEE_BPS = 1_000;
    /// @inheritdoc IStaking
    uint256 public constant MAX_OPERATOR_DELAY = 7 days;
    /// @inheritdoc IStaking
    uint256 public constant MIN_COOLDOWN = 1 hours;
    /// @inheritdoc IStaking
    uint256 public constant MAX_COOLDOWN = 14 days;
    /// @inheritdoc IStaking
    uint256 public constant MAX_SIGMA_FREEZE = 14 days;
    /// @inheritdoc IStaking
    uint256 public constant MAX_DELEGATION_RATIO = 100;

    uint256 private constant FIRST_DELEGATION_RATIO = 10;

    /// @inheritdoc IStaking
    address public treasury;
    /// @inheritdoc IStaking
    uint256 public operatorDelay = 1 hours;
    /// @inheritdoc IStaking
    uint256 public cooldown = 14 days;
    /// @inheritdoc IStaking
    uint256 public sigmaFreeze = 2 days;
    /// @inheritdoc IStaking
    uint256 public delegationRatio;

    constructor(address treasury_) {
        _setTreasury(treasury_);
        _setDelegationRatio(FIRST_DELEGATION_RATIO);
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
        _requireWithin("entryFeeBps", entryFeeBps_, [uint256(0), MAX_ENTRY_FEE_BPS]);
        _entryFeeBps = uint16(entryFeeBps_);
        emit EntryFeeBpsSet(entryFeeBps_);
    }

    /// @inheritdoc IStaking
    function setOperatorDelay(uint256 operatorDelay_) external restricted {
        _requireWithin("operatorDelay", operatorDelay_, [uint256(0), MAX_OPERATOR_DELAY]);
        operatorDelay = operatorDelay_;
        emit OperatorDelaySet(operatorDelay_);
    }

    /// @inheritdoc IStaking
    function setCooldown(uint256 cooldown_) external restricted {
        _requireWithin("cooldown", cooldown_, [uint256(MIN_COOLDOWN), MAX_COOLDOWN]);
        cooldown = cooldown_;
        emit CooldownSet(cooldown_);
    }

    /// @inheritdoc IStaking
    function setSigmaFreeze(uint256 sigmaFreeze_) external restricted {
        _requireWithin("sigmaFreeze", sigmaFreeze_, [uint256(0), MAX_SIGMA_FREEZE]);
        sigmaFreeze = sigmaFreeze_;
        emit SigmaFreezeSet(sigmaFreeze_);
    }

    /// @inheritdoc IStaking
    function setDelegationRatio(uint256 delegationRatio_) external restricted {
        _requireWithin("delegationRatio", delegationRatio_, [uint256(1), MAX_DELEGATION_RATIO]);
        _setDelegationRatio(delegationRatio_);
    }

    /// @inheritdoc IStaking
    function entryFeeBps() external view returns (uint256) {
        return _entryFeeBps;
    }

    /// @dev The bounds are passed in memory: with literals the compiler would inline the check for each caller.
    function _requireWithin(string memory parameter, uint256 value, uint256[2] memory bounds) internal pure {
        (uint256 least, uint256 most) = (bounds[0], bounds[1]);
        require(value >= least && value <= most, OutOfBounds(parameter, value, least, most));
    }

    function _setTreasury(address treasury_) private {
        require(treasury_ != address(0), TreasuryIsZero());
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }

    /// @dev Rewards depend on the ratio and are recomputed from events alone, so the first ratio is an event as well.
    function _setDelegationRatio(uint256 delegationRatio_) private {
        delegationRatio = delegationRatio_;
        emit DelegationRatioSet(delegationRatio_);
    }
}
