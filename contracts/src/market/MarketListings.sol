// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    IModelMarket,
    NewVersion,
    Parent,
    Price,
    PriceView,
    Share,
    Version,
    VersionState
} from "../interfaces/IModelMarket.sol";
import { MarketRules } from "./MarketRules.sol";

/// @title Versions and their prices: what is checked and kept when one is published
abstract contract MarketListings is MarketRules {
    /// @dev A price, the one before, and until when that is honoured.
    struct PriceRecord {
        Price current;
        Price former;
        uint40 honouredUntil;
    }

    uint256 internal constant BPS = 10_000;
    uint256 private constant MAX_PARENTS = 4;
    uint256 private constant MAX_SHARES = 8;
    uint256 private constant MAX_HOST_BPS = 9_000;
    /// @dev What a task's result asks of its children at least while it owes its makers: otherwise a version with one
    /// number changed would owe them nothing.
    uint256 private constant MIN_RESULT_ROYALTY_BPS = 1_000;

    /// @inheritdoc IModelMarket
    uint256 public modelCount;
    /// @inheritdoc IModelMarket
    uint256 public versionCount;
    /// @inheritdoc IModelMarket
    mapping(uint256 model => uint256 version) public newestOf;
    /// @inheritdoc IModelMarket
    mapping(bytes32 digest => uint256 version) public uploadOf;
    /// @inheritdoc IModelMarket
    mapping(uint256 taskId => uint256 version) public resultOf;

    mapping(uint256 version => Version) internal _versions;
    /// @dev Each an account, and its part from bit 160 on: the makers, the parents' splitters, the accounts.
    mapping(uint256 version => uint256[]) internal _payees;
    mapping(uint256 version => mapping(address token => PriceRecord)) private _prices;

    // --- Views ---

    /// @inheritdoc IModelMarket
    function versionOf(uint256 version) external view returns (Version memory) {
        return _versions[version];
    }

    /// @inheritdoc IModelMarket
    function requireSold(uint256 version) external view whenNotPaused {
        _requireSold(version);
    }

    /// @inheritdoc IModelMarket
    function priceOf(uint256 version, address token) external view returns (PriceView memory view_) {
        if (_versions[version].state != VersionState.Listed) return view_;
        PriceRecord storage record = _prices[version][token];
        return PriceView(record.current, record.former, record.honouredUntil);
    }

    /// @inheritdoc IModelMarket
    function splitterOf(uint256 version, address host) public view virtual returns (address);

    /// @inheritdoc IModelMarket
    function makersOf(uint256 taskId) public view virtual returns (address);

    // --- Inside ---

    /// @dev Keeps a version whose right to be published was checked. `makersBps` is 0 for an upload.
    function _keep(
        uint256 model,
        uint256 taskId,
        uint256 committedAt,
        uint32 era,
        NewVersion calldata terms,
        uint256 makersBps
    ) internal returns (uint256 version) {
        _checkTerms(model, taskId, terms, makersBps);
        version = ++versionCount;
        _versions[version] = Version({
            model: uint64(model),
            taskId: uint64(taskId),
            publishedAt: uint40(block.timestamp),
            committedAt: uint40(committedAt),
            era: era,
            feeBps: _feeBps,
            hostBps: terms.hostBps,
            royaltyBps: terms.royaltyBps,
            state: VersionState.Listed,
            digest: terms.digest,
            metadata: terms.metadata
        });
        newestOf[model] = version;
        if (makersBps != 0) _payees[version].push(_packed(makersOf(taskId), makersBps));
        for (uint256 i = 0; i < terms.parents.length; ++i) {
            _payees[version].push(
                _packed(splitterOf(terms.parents[i].version, address(0)), terms.parents[i].bps)
            );
        }
        for (uint256 i = 0; i < terms.shares.length; ++i) {
            _payees[version].push(_packed(terms.shares[i].account, terms.shares[i].bps));
        }
        emit VersionPublished(version, model, taskId, msg.sender, makersBps, _feeBps, terms);
    }

    /// @dev A second change before quotes of the former price are over would void them.
    function _price(uint256 version, address token, Price calldata price) internal {
        PriceRecord storage record = _prices[version][token];
        uint256 honouredUntil = record.honouredUntil;
        require(block.timestamp > honouredUntil, PriceIsFresh(honouredUntil));
        honouredUntil = block.timestamp + _quoteSeconds;
        record.former = record.current;
        (record.current, record.honouredUntil) = (price, uint40(honouredUntil));
        emit PriceSet(version, token, price, honouredUntil);
    }

    function _requireSold(uint256 version) internal view {
        VersionState state = _versions[version].state;
        require(state != VersionState.None, UnknownVersion(version));
        require(state == VersionState.Listed, NotSold(version, state));
    }

    function _checkTerms(uint256 model, uint256 taskId, NewVersion calldata terms, uint256 makersBps)
        private
        view
    {
        require(terms.digest != 0, DigestIsZero());
        _requireWithin("parents", terms.parents.length, 0, MAX_PARENTS);
        _requireWithin("shares", terms.shares.length, 0, MAX_SHARES);
        _requireWithin("hostBps", terms.hostBps, 0, taskId == 0 ? MAX_HOST_BPS : _maxResultHostBps);
        _requireWithin("royaltyBps", terms.royaltyBps, makersBps == 0 ? 0 : MIN_RESULT_ROYALTY_BPS, BPS);
        uint256 given = makersBps + _checkParents(newestOf[model], terms.parents) + _checkShares(terms.shares);
        require(given <= BPS, SharesAboveAll(given));
    }

    function _checkParents(uint256 former, Parent[] calldata parents) private view returns (uint256 given) {
        uint256 last = 0;
        bool isNamed = former == 0;
        for (uint256 i = 0; i < parents.length; ++i) {
            (uint256 version, uint256 bps) = (parents[i].version, parents[i].bps);
            require(version > last, ParentsNotAscending(version));
            require(version <= versionCount, UnknownVersion(version));
            uint256 least = _versions[version].royaltyBps;
            require(bps >= least, RoyaltyTooLow(version, bps, least));
            if (version == former) isNamed = true;
            last = version;
            given += bps;
        }
        require(isNamed, FormerIsNoParent(former));
    }

    function _checkShares(Share[] calldata shares) private pure returns (uint256 given) {
        for (uint256 i = 0; i < shares.length; ++i) {
            (address account, uint256 bps) = (shares[i].account, shares[i].bps);
            require(account != address(0) && bps != 0, ShareIsEmpty(account, bps));
            given += bps;
        }
    }

    function _packed(address account, uint256 bps) private pure returns (uint256) {
        return uint160(account) | bps << 160;
    }
}
