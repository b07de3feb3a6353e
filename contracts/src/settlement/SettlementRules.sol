// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { ISettlement, RewardTerms } from "../interfaces/ISettlement.sol";

/// @title What governance sets for settlements: the bond, the window, and the terms they are computed with
abstract contract SettlementRules is ISettlement, AccessManaged {
    /// @inheritdoc ISettlement
    uint256 public constant MIN_BOND = 100e18;
    /// @inheritdoc ISettlement
    uint256 public constant MAX_BOND = 1_000_000e18;
    /// @inheritdoc ISettlement
    uint256 public constant MIN_WINDOW = 1 hours;
    /// @inheritdoc ISettlement
    uint256 public constant MAX_WINDOW = 7 days;

    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_OPERATOR_FEE_BPS = 2_000;
    uint256 private constant MAX_DELEGATOR_FEE_BPS = 3_000;

    uint16 private constant INITIAL_EPSILON_BPS = 5_000;
    uint16 private constant INITIAL_OPERATOR_FEE_BPS = 800;
    uint16 private constant INITIAL_DELEGATOR_FEE_BPS = 1_450;
    uint16 private constant INITIAL_DAILY_BPS = 1_000;
    uint256 private constant INITIAL_BOND = 10_000e18;
    uint256 private constant INITIAL_WINDOW = 1 days;

    uint96 internal _bond;
    uint32 internal _window;
    RewardTerms private _terms;

    constructor() {
        _setTerms(
            RewardTerms({
                epsilonBps: INITIAL_EPSILON_BPS,
                operatorFeeBps: INITIAL_OPERATOR_FEE_BPS,
                delegatorFeeBps: INITIAL_DELEGATOR_FEE_BPS,
                dailyBps: INITIAL_DAILY_BPS
            })
        );
        _setBond(INITIAL_BOND);
        _setWindow(INITIAL_WINDOW);
    }

    // --- For governance ---

    /// @inheritdoc ISettlement
    function setTerms(RewardTerms calldata terms_) external restricted {
        _setTerms(terms_);
    }

    /// @inheritdoc ISettlement
    function setBond(uint256 bond_) external restricted {
        _setBond(bond_);
    }

    /// @inheritdoc ISettlement
    function setWindow(uint256 window_) external restricted {
        _setWindow(window_);
    }

    // --- Views ---

    /// @inheritdoc ISettlement
    function bond() external view returns (uint256) {
        return _bond;
    }

    /// @inheritdoc ISettlement
    function window() external view returns (uint256) {
        return _window;
    }

    /// @inheritdoc ISettlement
    function terms() external view returns (RewardTerms memory) {
        return _terms;
    }

    // --- Inside ---

    function _setTerms(RewardTerms memory terms_) private {
        _checkBounds("epsilonBps", terms_.epsilonBps, 0, BPS);
        _checkBounds("operatorFeeBps", terms_.operatorFeeBps, 0, MAX_OPERATOR_FEE_BPS);
        _checkBounds("delegatorFeeBps", terms_.delegatorFeeBps, 0, MAX_DELEGATOR_FEE_BPS);
        _checkBounds("dailyBps", terms_.dailyBps, 0, BPS);
        _terms = terms_;
        emit TermsSet(terms_);
    }

    function _setBond(uint256 bond_) private {
        _checkBounds("bond", bond_, MIN_BOND, MAX_BOND);
        _bond = uint96(bond_);
        emit BondSet(bond_);
    }

    function _setWindow(uint256 window_) private {
        _checkBounds("window", window_, MIN_WINDOW, MAX_WINDOW);
        _window = uint32(window_);
        emit WindowSet(window_);
    }

    function _checkBounds(string memory parameter, uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, OutOfBounds(parameter, value, least, most));
    }
}
