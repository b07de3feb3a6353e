// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IModelMarket, PriceView } from "./interfaces/IModelMarket.sol";
import { ISubscriptions, Subscription } from "./interfaces/ISubscriptions.sol";
import { TokenTransfers } from "./libraries/TokenTransfers.sol";
import { SplitMath } from "./market/SplitMath.sol";

/// @title Subscriptions to a version at a host
/// @notice See ISubscriptions.
contract Subscriptions is ISubscriptions, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using TokenTransfers for IERC20;

    /// @inheritdoc ISubscriptions
    uint256 public constant PERIOD_SECONDS = 30 days;
    /// @inheritdoc ISubscriptions
    uint256 public constant MAX_PERIODS = 12;

    IModelMarket public immutable market;
    /// @inheritdoc ISubscriptions
    uint256 public subscriptionCount;
    /// @inheritdoc ISubscriptions
    mapping(address token => uint256 amount) public heldIn;
    mapping(uint256 id => Subscription) private _subscriptions;

    /// @param market_ The ModelMarket.
    constructor(IModelMarket market_) {
        market = market_;
    }

    /// @inheritdoc ISubscriptions
    function subscribe(uint256 version, address host, address token, uint256 periods, uint256 most)
        external
        nonReentrant
        returns (uint256 id)
    {
        require(periods != 0 && periods <= MAX_PERIODS, PeriodsOutOfRange(periods));
        market.requireSold(version);
        require(market.isServed(version, host), NotServed(version, host));
        uint256 amount = _priceOf(version, token) * periods;
        require(amount <= most, PriceIsAbove(amount, most));
        id = ++subscriptionCount;
        uint256 end = block.timestamp + periods * PERIOD_SECONDS;
        _subscriptions[id] = Subscription({
            subscriber: msg.sender,
            start: uint40(block.timestamp),
            end: uint40(end),
            host: host,
            version: uint64(version),
            token: token,
            amount: amount.toUint96(),
            collected: 0
        });
        heldIn[token] += amount;
        emit Subscribed(id, msg.sender, version, host, token, amount, end);
        IERC20(token).pull(amount);
    }

    /// @inheritdoc ISubscriptions
    function cancel(uint256 id) external nonReentrant returns (uint256 refund) {
        Subscription memory found = _subscriptions[id];
        // A host without a bond has been expelled or has gone: whoever notices saves the subscriber the rest.
        bool mayCancel = msg.sender == found.subscriber || !market.bonds().hostOf(found.host).isBonded;
        require(mayCancel, OnlyTheSubscriber(id, found.subscriber, msg.sender));
        uint256 vested = _vestedOf(found);
        refund = found.amount - vested;
        require(refund != 0, NothingToRefund(id));
        (found.amount, found.end) = (uint96(vested), uint40(block.timestamp));
        _subscriptions[id] = found;
        heldIn[found.token] -= refund;
        emit Cancelled(id, refund);
        IERC20(found.token).send(found.subscriber, refund);
    }

    /// @inheritdoc ISubscriptions
    function collect(uint256 id) external nonReentrant returns (uint256 amount) {
        Subscription memory found = _subscriptions[id];
        uint256 vested = _vestedOf(found);
        amount = vested - found.collected;
        require(amount != 0, NothingToCollect(id));
        _subscriptions[id].collected = uint96(vested);
        heldIn[found.token] -= amount;
        emit Collected(id, amount);
        IERC20(found.token).send(market.splitterOf(found.version, found.host), amount);
    }

    // --- Views ---

    /// @inheritdoc ISubscriptions
    function subscriptionOf(uint256 id) external view returns (Subscription memory) {
        return _subscriptions[id];
    }

    /// @inheritdoc ISubscriptions
    function isRunning(uint256 id) external view returns (bool) {
        return block.timestamp < _subscriptions[id].end;
    }

    // --- Inside ---

    function _vestedOf(Subscription memory found) private view returns (uint256) {
        return SplitMath.vested(found.amount, found.start, found.end, block.timestamp);
    }

    function _priceOf(uint256 version, address token) private view returns (uint256 price) {
        PriceView memory prices = market.priceOf(version, token);
        price = prices.current.perPeriod;
        uint256 former = prices.former.perPeriod;
        if (former != 0 && block.timestamp <= prices.honouredUntil) {
            price = price == 0 ? former : Math.min(price, former);
        }
        require(price != 0, NoSubscriptions(version, token));
    }
}
