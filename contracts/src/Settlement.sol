// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IEmissions } from "./interfaces/IEmissions.sol";
import { IRewardDistributor } from "./interfaces/IRewardDistributor.sol";
import { ISettlement, PostedRoot, RootState } from "./interfaces/ISettlement.sol";
import { SettlementBonds } from "./settlement/SettlementBonds.sol";
import { SettlementRules } from "./settlement/SettlementRules.sol";

/// @title The life of roots: posted, served, disputed, decided
/// @notice See ISettlement.
contract Settlement is SettlementRules, SettlementBonds {
    /// @dev The current state, in one slot. `disputes` counts disputed roots that governance has not decided.
    struct Progress {
        uint128 servedTotal;
        uint32 servedDay;
        uint32 rootCount;
        uint32 pendingId;
        uint32 disputes;
    }

    /// @dev A root that nobody has disputed.
    struct Offer {
        bytes32 root;
        uint128 total;
        uint32 day;
        uint40 activeAt;
        address settler;
        uint96 bond;
    }

    /// @dev The calls that serve a root; made once everything is booked here.
    struct Serving {
        bool isDue;
        bytes32 root;
        uint256 amount;
    }

    /// @dev A root that repeats a disputed one waits for this fraction of the window.
    uint256 private constant REPEATS_PART = 4;

    IEmissions public immutable emissions;
    IRewardDistributor public immutable distributor;

    Progress private _progress;
    /// @dev The newest posted root. The next one overwrites it, so that a daily post writes no fresh slots.
    Offer private _newest;
    /// @dev Roots that were ever parked, or that governance put in place of another. A root that is neither here nor
    /// the newest was served in its turn.
    mapping(uint256 id => PostedRoot) private _kept;
    /// @dev The latest disputed root with this root, total and day.
    mapping(bytes32 offer => uint256 id) private _disputed;

    /// @param token_ FLOCK, for bonds.
    /// @param distributor_ The RewardDistributor.
    /// @param emissions_ The Emissions contract.
    /// @param treasury_ Who gets its part of lost bonds.
    /// @param authority The access manager.
    constructor(
        IERC20 token_,
        IRewardDistributor distributor_,
        IEmissions emissions_,
        address treasury_,
        address authority
    ) AccessManaged(authority) SettlementBonds(token_, treasury_) {
        (distributor, emissions) = (distributor_, emissions_);
    }

    // --- Roots ---

    /// @inheritdoc ISettlement
    function post(bytes32 root, bytes32 tree, uint128 total, uint32 day)
        external
        nonReentrant
        returns (uint256 id)
    {
        Progress memory progress = _progress;
        Serving memory serving = _settle(progress);
        uint40 activeAt = _checkOffer(progress, root, total, day);
        uint96 bond_ = _bond;
        _takeFree(msg.sender, bond_);
        id = ++progress.rootCount;
        progress.pendingId = uint32(id);
        _progress = progress;
        _newest = Offer(root, total, day, activeAt, msg.sender, bond_);
        emit RootPosted(id, msg.sender, root, tree, total, day, activeAt);
        _carryOut(serving);
    }

    /// @inheritdoc ISettlement
    function activate() external nonReentrant {
        Progress memory progress = _progress;
        require(progress.pendingId != 0, UnknownRoot(0));
        Serving memory serving = _settle(progress);
        require(progress.pendingId == 0, WindowIsOpen(progress.pendingId, _newest.activeAt));
        _progress = progress;
        _carryOut(serving);
    }

    /// @inheritdoc ISettlement
    function dispute(uint256 id, bytes32 evidence) external {
        Offer memory offer = _park(id, msg.sender);
        _takeFree(msg.sender, offer.bond);
        ++_progress.disputes;
        _disputed[_keyOf(offer.root, offer.total, offer.day)] = id;
        emit RootDisputed(id, msg.sender, evidence);
    }

    // --- For the guardian and for governance ---

    /// @inheritdoc ISettlement
    function disable(uint256 id) external restricted {
        _park(id, address(0));
        emit RootDisabled(id);
    }

    /// @inheritdoc ISettlement
    function resolve(uint256 id, bool isRight) external restricted nonReentrant {
        _require(id, RootState.Parked);
        PostedRoot memory posted = _kept[id];
        Progress memory progress = _progress;
        Serving memory serving;
        _kept[id].state = isRight ? RootState.Served : RootState.Rejected;
        if (posted.challenger != address(0)) --progress.disputes;
        emit RootResolved(id, isRight);
        if (isRight) {
            _award(id, posted.settler, posted.bond, posted.challengerBond);
            serving = _advance(progress, id, posted.root, posted.total, posted.day);
        } else {
            _award(id, posted.challenger, posted.challengerBond, posted.bond);
        }
        _progress = progress;
        _carryOut(serving);
    }

    /// @inheritdoc ISettlement
    function replace(bytes32 root, bytes32 tree, uint128 total, uint32 day, uint256 refill)
        external
        restricted
        nonReentrant
        returns (uint256 id)
    {
        Progress memory progress = _progress;
        uint256 nextDay = emissions.nextDay();
        require(day <= nextDay, DayIsNotEmitted(day, nextDay));
        _checkEmitted(total);
        id = ++progress.rootCount;
        (progress.servedDay, progress.servedTotal) = (day, total);
        _progress = progress;
        uint40 now_ = uint40(block.timestamp);
        _kept[id] = PostedRoot(root, total, day, now_, RootState.Served, msg.sender, 0, address(0), 0);
        emit RootReplaced(id, root, tree, total, day);
        uint256 lacking = Math.saturatingSub(total, token.balanceOf(address(distributor)));
        _carryOut(Serving(true, root, Math.min(refill, lacking)));
    }

    // --- Views ---

    /// @inheritdoc ISettlement
    function rootCount() external view returns (uint256) {
        return _progress.rootCount;
    }

    /// @inheritdoc ISettlement
    function pendingId() external view returns (uint256) {
        return _progress.pendingId;
    }

    /// @inheritdoc ISettlement
    function servedDay() external view returns (uint256) {
        return _progress.servedDay;
    }

    /// @inheritdoc ISettlement
    function servedTotal() external view returns (uint256) {
        return _progress.servedTotal;
    }

    /// @inheritdoc ISettlement
    function rootOf(uint256 id) public view returns (PostedRoot memory posted) {
        Progress memory progress = _progress;
        require(id != 0 && id <= progress.rootCount, UnknownRoot(id));
        posted = _kept[id];
        if (posted.state != RootState.None) return posted;
        if (id == progress.pendingId) return _asPosted(_newest, RootState.Pending);
        if (id == progress.rootCount) return _asPosted(_newest, RootState.Served);
        posted.state = RootState.Served;
    }

    // --- Inside: a root's life ---

    /// @dev Checks a root that is posted.
    /// @return When it can be served, in Unix seconds.
    function _checkOffer(Progress memory progress, bytes32 root, uint128 total, uint32 day)
        private
        view
        returns (uint40)
    {
        require(progress.pendingId == 0, AnotherRootIsPending(progress.pendingId));
        require(day > progress.servedDay, DayIsSettled(day, progress.servedDay));
        require(total >= progress.servedTotal, TotalBelowServed(total, progress.servedTotal));
        _checkEmitted(total);
        if (progress.disputes != 0) {
            PostedRoot storage disputed = _kept[_disputed[_keyOf(root, total, day)]];
            if (disputed.state == RootState.Parked && disputed.settler != msg.sender) {
                return _repeatsActiveAt(disputed.activeAt);
            }
        }
        uint256 nextDay = emissions.nextDay();
        require(day == nextDay, RootMustCover(day, nextDay));
        return uint40(block.timestamp + _window);
    }

    /// @dev Not before the disputed one could have been: disputing one's own false root and repeating it saves no time.
    function _repeatsActiveAt(uint256 disputedsActiveAt) private view returns (uint40) {
        return uint40(Math.max(disputedsActiveAt, block.timestamp + _window / REPEATS_PART));
    }

    function _checkEmitted(uint256 total) private view {
        uint256 emitted = emissions.emitted();
        require(total <= emitted, TotalAboveEmitted(total, emitted));
    }

    /// @dev Serves the pending root if its window has passed, and frees its bond. The caller must store `progress`.
    function _settle(Progress memory progress) private returns (Serving memory serving) {
        if (progress.pendingId == 0 || block.timestamp < _newest.activeAt) return serving;
        freeBondOf[_newest.settler] += _newest.bond;
        serving = _advance(progress, progress.pendingId, _newest.root, _newest.total, _newest.day);
        progress.pendingId = 0;
    }

    /// @dev A later day may have been served meanwhile, or governance may have served a higher total; then this root
    /// comes too late.
    function _advance(Progress memory progress, uint256 id, bytes32 root, uint128 total, uint32 day)
        private
        returns (Serving memory serving)
    {
        if (day <= progress.servedDay || total < progress.servedTotal) return serving;
        serving = Serving(true, root, total - progress.servedTotal);
        (progress.servedDay, progress.servedTotal) = (day, total);
        emit RootServed(id, root);
    }

    function _carryOut(Serving memory serving) private {
        if (!serving.isDue) return;
        distributor.serve(serving.root);
        if (serving.amount != 0) emissions.release(serving.amount);
    }

    /// @dev Parks the pending root, so that the next can be posted. A challenger puts up the same bond as the settler.
    function _park(uint256 id, address challenger) private returns (Offer memory offer) {
        _require(id, RootState.Pending);
        offer = _newest;
        require(block.timestamp < offer.activeAt, WindowIsOver(id, offer.activeAt));
        _progress.pendingId = 0;
        PostedRoot memory posted = _asPosted(offer, RootState.Parked);
        if (challenger != address(0)) (posted.challenger, posted.challengerBond) = (challenger, offer.bond);
        _kept[id] = posted;
    }

    function _require(uint256 id, RootState wanted) private view {
        RootState state = rootOf(id).state;
        if (state == wanted) return;
        if (wanted == RootState.Pending) revert RootIsNotPending(id, state);
        revert RootIsNotParked(id, state);
    }

    function _asPosted(Offer memory offer, RootState state) private pure returns (PostedRoot memory) {
        return PostedRoot(
            offer.root,
            offer.total,
            offer.day,
            offer.activeAt,
            state,
            offer.settler,
            offer.bond,
            address(0),
            0
        );
    }

    function _keyOf(bytes32 root, uint128 total, uint32 day) private pure returns (bytes32) {
        return keccak256(abi.encode(root, total, day));
    }
}
