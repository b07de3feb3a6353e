// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { IModelMarket } from "../interfaces/IModelMarket.sol";

/// @title What governance sets for the market, and the guardian's pause
abstract contract MarketRules is IModelMarket, AccessManaged, Pausable {
    /// @inheritdoc IModelMarket
    uint256 public constant MIN_FEE_BPS = 100;
    /// @inheritdoc IModelMarket
    uint256 public constant MAX_FEE_BPS = 1_000;
    /// @inheritdoc IModelMarket
    uint256 public constant MAX_RESULT_HOST_BPS = 5_000;
    /// @inheritdoc IModelMarket
    uint256 public constant MIN_QUOTE_SECONDS = 60;
    /// @inheritdoc IModelMarket
    uint256 public constant MAX_QUOTE_SECONDS = 3_600;

    uint256 private constant INITIAL_FEE_BPS = 250;
    uint256 private constant INITIAL_RESULT_HOST_BPS = 3_000;
    uint256 private constant INITIAL_QUOTE_SECONDS = 300;

    address public treasury;
    uint16 internal _feeBps;
    uint16 internal _maxResultHostBps;
    uint32 internal _quoteSeconds;

    /// @inheritdoc IModelMarket
    mapping(address token => bool) public isListed;

    constructor(address treasury_) {
        _setTreasury(treasury_);
        _setFeeBps(INITIAL_FEE_BPS);
        _setMaxResultHostBps(INITIAL_RESULT_HOST_BPS);
        _setQuoteSeconds(INITIAL_QUOTE_SECONDS);
    }

    // --- For the guardian and for governance ---

    /// @inheritdoc IModelMarket
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IModelMarket
    function unpause() external restricted {
        _unpause();
    }

    /// @inheritdoc IModelMarket
    function setToken(address token, bool isListed_) external restricted {
        _setToken(token, isListed_);
    }

    /// @inheritdoc IModelMarket
    function setFeeBps(uint256 feeBps_) external restricted {
        _setFeeBps(feeBps_);
    }

    /// @inheritdoc IModelMarket
    function setMaxResultHostBps(uint256 maxResultHostBps_) external restricted {
        _setMaxResultHostBps(maxResultHostBps_);
    }

    /// @inheritdoc IModelMarket
    function setQuoteSeconds(uint256 quoteSeconds_) external restricted {
        _setQuoteSeconds(quoteSeconds_);
    }

    /// @inheritdoc IModelMarket
    function setTreasury(address treasury_) external restricted {
        _setTreasury(treasury_);
    }

    // --- Views ---

    /// @inheritdoc IModelMarket
    function feeBps() external view returns (uint256) {
        return _feeBps;
    }

    /// @inheritdoc IModelMarket
    function maxResultHostBps() external view returns (uint256) {
        return _maxResultHostBps;
    }

    /// @inheritdoc IModelMarket
    function quoteSeconds() external view returns (uint256) {
        return _quoteSeconds;
    }

    // --- Inside ---

    function _setToken(address token, bool isListed_) internal {
        isListed[token] = isListed_;
        emit TokenSet(token, isListed_);
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

    function _setFeeBps(uint256 feeBps_) private {
        _requireWithin("feeBps", feeBps_, MIN_FEE_BPS, MAX_FEE_BPS);
        _feeBps = uint16(feeBps_);
        emit FeeBpsSet(feeBps_);
    }

    function _setMaxResultHostBps(uint256 maxResultHostBps_) private {
        _requireWithin("maxResultHostBps", maxResultHostBps_, 0, MAX_RESULT_HOST_BPS);
        _maxResultHostBps = uint16(maxResultHostBps_);
        emit MaxResultHostBpsSet(maxResultHostBps_);
    }

    function _setQuoteSeconds(uint256 quoteSeconds_) private {
        _requireWithin("quoteSeconds", quoteSeconds_, MIN_QUOTE_SECONDS, MAX_QUOTE_SECONDS);
        _quoteSeconds = uint32(quoteSeconds_);
        emit QuoteSecondsSet(quoteSeconds_);
    }
}
