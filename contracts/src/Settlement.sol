// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { IRewardDistributor } from "./interfaces/IRewardDistributor.sol";
import { ISettlement, PostedRoot, RootState } from "./interfaces/ISettlement.sol";
import { SettlementRules } from "./settlement/SettlementRules.sol";

contract Settlement is SettlementRules, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev Where things stand, in one slot.
    struct Progress {
        uint128 servedTotal;
        uint32 servedDay;
        uint32 rootCount;
        uint32 pendingId;
    }

    IERC20 public immutable token;
    IRewardDistributor public immutable distributor;
    address public immutable treasury;

    Progress private _progress;
    /// @dev The newest root, written over by the next: a day's post then writes no fresh slots.
    PostedRoot private _newest;
    /// @dev Roots that were parked once. One that is neither here nor the newest was served in its turn.
    mapping(uint256 id => PostedRoot) private _parked;
    mapping(uint256 id => uint256) private _challengersBonds;

    /// @inheritdoc ISettlement
    mapping(address account => uint256) public freeBondOf;
    /// @inheritdoc ISettlement
    mapping(uint256 id => mapping(address challenger => uint256)) public disputeBondOf;

    constructor(IERC20 token_, IRewardDistributor distributor_, address treasury_, address authority)
        AccessManaged(authority)
    {
        require(treasury_ != address(0), TreasuryIsZero());
        (token, distributor, treasury) = (token_, distributor_, treasury_);
    }

    // --- Bonds ---

    /// @inheritdoc ISettlement
    function depositBond(uint256 amount) external nonReentrant {
        require(amount != 0, AmountIsZero());
        freeBondOf[msg.sender] += amount;
        emit BondDeposited(msg.sender, amount);
        _pull(amount);
    }

    /// @inheritdoc ISettlement
    function withdrawBond(uint256 amount) external nonReentrant {
        require(amount != 0, AmountIsZero());
        _takeFree(msg.sender, amount);
        emit BondWithdrawn(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    // --- Roots ---

    /// @inheritdoc ISettlement
    function post(bytes32 root, bytes32 tree, uint128 total, uint32 day) external returns (uint256 id) {
        Progress memory progress = _settled(_progress);
        (uint96 bond_, uint256 window_) = (_bond, _window);
        _checkOffer(progress, total, day);
        _takeFree(msg.sender, bond_);
        id = ++progress.rootCount;
        progress.pendingId = uint32(id);
        _progress = progress;
        uint40 activeAt = uint40(block.timestamp + window_);
        _newest = PostedRoot(root, total, day, activeAt, RootState.Pending, 0, msg.sender, bond_);
        emit RootPosted(id, msg.sender, root, tree, total, day, activeAt);
    }

    /// @inheritdoc ISettlement
    function activate() external {
        Progress memory progress = _progress;
        require(progress.pendingId != 0, UnknownRoot(0));
        progress = _settled(progress);
        require(progress.pendingId == 0, WindowIsOpen(progress.pendingId, _newest.activeAt));
        _progress = progress;
    }

    /// @inheritdoc ISettlement
    function dispute(uint256 id, bytes32 evidence) external {
        uint96 bond_ = _bond;
        if (id != 0 && id == _progress.pendingId) _park(id);
        PostedRoot storage posted = _parked[id];
        _require(id, RootState.Parked);
        require(block.timestamp < posted.activeAt, WindowIsOver(id, posted.activeAt));
        require(disputeBondOf[id][msg.sender] == 0, DisputedAlready(id, msg.sender));
        _takeFree(msg.sender, bond_);
        disputeBondOf[id][msg.sender] = bond_;
        _challengersBonds[id] += bond_;
        ++posted.disputes;
        emit RootDisputed(id, msg.sender, evidence);
    }

    /// @inheritdoc ISettlement
    function settleDispute(uint256 id, address challenger) external {
        PostedRoot storage posted = _parked[id];
        uint256 own = disputeBondOf[id][challenger];
        require(posted.state == RootState.Rejected && own != 0, NothingToWithdraw());
        uint256 won = posted.bond / posted.disputes;
        disputeBondOf[id][challenger] = 0;
        freeBondOf[challenger] += own + won;
        emit BondWon(challenger, id, won);
    }

    // --- For the guardian and for governance ---

    /// @inheritdoc ISettlement
    function disable(uint256 id) external restricted {
        _require(id, RootState.Pending);
        _park(id);
        emit RootDisabled(id);
    }

    /// @inheritdoc ISettlement
    function resolve(uint256 id, bool isRight) external restricted nonReentrant {
        _require(id, RootState.Parked);
        PostedRoot storage posted = _parked[id];
        posted.state = isRight ? RootState.Served : RootState.Rejected;
        emit RootResolved(id, isRight);
        if (isRight) _vindicate(id, posted);
        else _forfeit(id, posted);
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
        posted = _parked[id];
        if (posted.state != RootState.None) return posted;
        if (id == progress.rootCount) posted = _newest;
        if (id != progress.pendingId) posted.state = RootState.Served;
    }

    // --- Inside: a root's life ---

    /// @dev Serves the pending root if its window has passed and frees its bond; the caller stores what comes back.
    function _settled(Progress memory progress) private returns (Progress memory) {
        if (progress.pendingId == 0 || block.timestamp < _newest.activeAt) return progress;
        freeBondOf[_newest.settler] += _newest.bond;
        _serve(progress, progress.pendingId, _newest);
        progress.pendingId = 0;
        return progress;
    }

    /// @dev A parked root of a later day may have been found right meanwhile; then this one has come too late.
    function _serve(Progress memory progress, uint256 id, PostedRoot storage posted) private {
        if (posted.day <= progress.servedDay) return;
        (progress.servedDay, progress.servedTotal) = (posted.day, posted.total);
        emit RootServed(id, posted.root);
        distributor.serve(posted.root);
    }

    function _checkOffer(Progress memory progress, uint256 total, uint256 day) private view {
        require(progress.pendingId == 0, AnotherRootIsPending(progress.pendingId));
        require(day * 1 days <= block.timestamp, DayIsNotOver(day));
        require(day > progress.servedDay, DayIsSettled(day, progress.servedDay));
        uint256 funded = distributor.funded();
        require(total <= funded, TotalAboveFunds(total, funded));
        require(total >= progress.servedTotal, TotalBelowServed(total, progress.servedTotal));
    }

    /// @dev Takes the pending root out of the way of the next. Others may join the dispute for one window from now, so
    /// that nobody who challenges at the last moment keeps the others out.
    function _park(uint256 id) private {
        require(block.timestamp < _newest.activeAt, WindowIsOver(id, _newest.activeAt));
        PostedRoot memory posted = _newest;
        posted.state = RootState.Parked;
        posted.activeAt = uint40(block.timestamp + _window);
        _parked[id] = posted;
        _progress.pendingId = 0;
    }

    function _vindicate(uint256 id, PostedRoot storage posted) private {
        uint256 won = _challengersBonds[id];
        freeBondOf[posted.settler] += posted.bond + won;
        if (won != 0) emit BondWon(posted.settler, id, won);
        Progress memory progress = _progress;
        _serve(progress, id, posted);
        _progress = progress;
    }

    /// @dev The treasury gets what does not divide among the challengers: all of it, if there are none.
    function _forfeit(uint256 id, PostedRoot storage posted) private {
        uint256 count = posted.disputes;
        uint256 rest = count == 0 ? posted.bond : posted.bond % count;
        if (rest == 0) return;
        emit BondWon(treasury, id, rest);
        token.safeTransfer(treasury, rest);
    }

    function _require(uint256 id, RootState wanted) private view {
        RootState state = rootOf(id).state;
        if (state == wanted) return;
        if (wanted == RootState.Pending) revert RootIsNotPending(id, state);
        revert RootIsNotParked(id, state);
    }

    // --- Inside: money ---

    function _takeFree(address account, uint256 amount) private {
        uint256 free = freeBondOf[account];
        require(amount <= free, BondTooSmall(free, amount));
        freeBondOf[account] = free - amount;
    }

    function _pull(uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == amount, TokenTookAFee(amount, received));
    }
}
