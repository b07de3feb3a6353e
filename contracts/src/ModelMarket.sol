// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ERC721 } from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import { IBoard } from "./interfaces/IBoard.sol";
import { IHostBonds } from "./interfaces/IHostBonds.sol";
import { IModelMarket, NewVersion, Price, Version, VersionState } from "./interfaces/IModelMarket.sol";
import { ITaskManager, TaskState, Task } from "./interfaces/ITaskManager.sol";
import { MarketListings } from "./market/MarketListings.sol";
import { MarketRules } from "./market/MarketRules.sol";
import { Splitter } from "./market/Splitter.sol";

/// @title Published models, who owns them, and where their payments go
/// @notice See IModelMarket.
contract ModelMarket is MarketListings, ERC721 {
    /// @dev Longer than the time in which somebody who sees an upload being published could commit to it.
    uint256 private constant COMMIT_SECONDS = 10;

    ITaskManager public immutable tasks;
    IHostBonds public immutable bonds;
    address private immutable _splitter;
    address private immutable _makers;

    mapping(bytes32 commitment => uint256 time) private _committedAt;
    mapping(uint256 model => address[] owners) private _ownersOf;
    /// @dev 1 more than the era in which a host began to serve a version.
    mapping(uint256 version => mapping(address host => uint256)) private _openings;

    /// @param tasks_ The TaskManager.
    /// @param bonds_ The HostBonds.
    /// @param splitter The code that splitters are clones of.
    /// @param makers The code that makers' shares are clones of.
    /// @param token FLOCK: the first token on the list.
    /// @param treasury_ Who gets the fees.
    /// @param authority The access manager.
    constructor(
        ITaskManager tasks_,
        IHostBonds bonds_,
        address splitter,
        address makers,
        address token,
        address treasury_,
        address authority
    ) AccessManaged(authority) MarketRules(treasury_) ERC721("flock models", "FLOCKMODEL") {
        (tasks, bonds, _splitter, _makers) = (tasks_, bonds_, splitter, makers);
        _setToken(token, true);
    }

    // --- For publishers ---

    /// @inheritdoc IModelMarket
    function commit(bytes32 commitment) external whenNotPaused {
        require(_committedAt[commitment] == 0, CommittedAlready(commitment));
        _committedAt[commitment] = block.timestamp;
        emit UploadCommitted(commitment, block.timestamp);
    }

    /// @inheritdoc IModelMarket
    function publish(uint256 model, NewVersion calldata terms, bytes32 salt)
        external
        whenNotPaused
        returns (uint256 version)
    {
        bytes32 digest = terms.digest;
        uint256 committedAt = _requireCommitted(digest, salt);
        uint256 taken = uploadOf[digest];
        require(taken == 0, DigestIsTaken(digest, taken));
        uint256 taskId = tasks.taskOfModel(digest);
        require(taskId == 0, DigestIsOfTask(digest, taskId));
        model = _modelFor(model);
        version = _keep(model, 0, committedAt, eraOf(model), terms, 0);
        uploadOf[digest] = version;
    }

    /// @inheritdoc IModelMarket
    function publishResult(uint256 model, uint256 taskId, NewVersion calldata terms)
        external
        whenNotPaused
        returns (uint256 version)
    {
        Task memory task = tasks.taskOf(taskId);
        require(msg.sender == task.creator, OnlyTheCreator(taskId, task.creator, msg.sender));
        IBoard board = IBoard(task.board);
        bytes32 result = task.state == TaskState.Closed ? board.modelOf(taskId) : bytes32(0);
        require(result != 0 && result == terms.digest, NotTheResult(taskId, terms.digest, result));
        require(resultOf[taskId] == 0, ResultIsPublished(taskId, resultOf[taskId]));
        // Where nobody earned anything, there is nobody to share with.
        uint256 makersBps = board.totalEarnedOf(taskId) == 0 ? 0 : task.makersBps;
        model = _modelFor(model);
        version = _keep(model, taskId, 0, eraOf(model), terms, makersBps);
        resultOf[taskId] = version;
    }

    /// @inheritdoc IModelMarket
    function setPrice(uint256 version, address token, Price calldata price) external {
        _requireOwnerOf(version);
        bool isAny = price.perCall | price.perPeriod | price.perInput | price.perOutput != 0;
        require(!isAny || isListed[token], TokenIsNotListed(token));
        _price(version, token, price);
    }

    /// @inheritdoc IModelMarket
    function retire(uint256 version) external {
        _requireOwnerOf(version);
        _versions[version].state = VersionState.Retired;
        emit VersionRetired(version);
    }

    // --- For hosts ---

    /// @inheritdoc IModelMarket
    function serve(uint256 version, address host) external whenNotPaused {
        _requireSold(version);
        require(bonds.isHost(host) && bonds.staking().actsFor(host, msg.sender), HostIsNotBonded(host));
        require(_openings[version][host] == 0, ServesAlready(version, host));
        _openings[version][host] = uint256(eraOf(_versions[version].model)) + 1;
        emit HostAdded(version, host, splitterOf(version, host));
    }

    // --- For everybody ---

    /// @inheritdoc IModelMarket
    function contest(uint256 version, uint256 taskId) external {
        _requireSold(version);
        Version storage upload = _versions[version];
        (uint256 beganAt, uint256 closedAt) = tasks.spanOf(taskId);
        bool isUpload = upload.taskId == 0 && closedAt != 0 && upload.committedAt >= beganAt;
        require(
            isUpload && IBoard(tasks.boardOf(taskId)).modelOf(taskId) == upload.digest,
            NotContestable(version, taskId)
        );
        upload.state = VersionState.Contested;
        emit VersionContested(version, taskId, msg.sender);
    }

    /// @inheritdoc IModelMarket
    function release(uint256 version, address host, address token, uint256 payee)
        external
        returns (uint256 amount)
    {
        return Splitter(deploySplitter(version, host)).release(IERC20(token), payee);
    }

    /// @inheritdoc IModelMarket
    function deploySplitter(uint256 version, address host) public returns (address splitter) {
        openingEraOf(version, host);
        bytes memory terms = _splitterTerms(version, host);
        splitter = Clones.predictDeterministicAddressWithImmutableArgs(_splitter, terms, 0);
        if (splitter.code.length != 0) return splitter;
        emit SplitterDeployed(version, host, splitter);
        Clones.cloneDeterministicWithImmutableArgs(_splitter, terms, 0);
    }

    /// @inheritdoc IModelMarket
    function deployMakers(uint256 taskId) external returns (address makers) {
        makers = makersOf(taskId);
        if (makers.code.length != 0) return makers;
        emit MakersDeployed(taskId, makers);
        Clones.cloneDeterministicWithImmutableArgs(_makers, abi.encode(tasks, taskId), 0);
    }

    // --- For governance ---

    /// @inheritdoc IModelMarket
    function resolveContest(uint256 version, bool stands) external restricted {
        require(_versions[version].state == VersionState.Contested, NotContested(version));
        _versions[version].state = stands ? VersionState.Listed : VersionState.Retired;
        // One that stands was there first, so no later task can contest it again.
        if (stands) _versions[version].committedAt = 0;
        emit ContestResolved(version, stands);
    }

    // --- Views ---

    /// @inheritdoc IModelMarket
    function isServed(uint256 version, address host) external view returns (bool) {
        bool isSold = _versions[version].state == VersionState.Listed;
        return isSold && _openings[version][host] != 0 && bonds.isHost(host);
    }

    /// @inheritdoc IModelMarket
    function splitterOf(uint256 version, address host) public view override returns (address) {
        bytes memory terms = _splitterTerms(version, host);
        return Clones.predictDeterministicAddressWithImmutableArgs(_splitter, terms, 0);
    }

    /// @inheritdoc IModelMarket
    function makersOf(uint256 taskId) public view override returns (address) {
        return Clones.predictDeterministicAddressWithImmutableArgs(_makers, abi.encode(tasks, taskId), 0);
    }

    /// @inheritdoc IModelMarket
    function eraOf(uint256 model) public view returns (uint32) {
        uint256 count = _ownersOf[model].length;
        return count == 0 ? 0 : uint32(count - 1);
    }

    /// @inheritdoc IModelMarket
    function ownerIn(uint256 model, uint256 era) external view returns (address) {
        return era < _ownersOf[model].length ? _ownersOf[model][era] : address(0);
    }

    /// @inheritdoc IModelMarket
    function openingEraOf(uint256 version, address host) public view returns (uint32) {
        if (host == address(0) && _versions[version].state != VersionState.None) {
            return _versions[version].era;
        }
        uint256 opening = _openings[version][host];
        require(opening != 0, NeverServed(version, host));
        return uint32(opening - 1);
    }

    // --- Inside ---

    /// @dev Every transfer begins an era; Splitter goes by them.
    function _update(address to, uint256 model, address auth) internal override returns (address) {
        _ownersOf[model].push(to);
        return super._update(to, model, auth);
    }

    function _modelFor(uint256 model) private returns (uint256) {
        if (model == 0) {
            model = ++modelCount;
            _mint(msg.sender, model);
        } else {
            _requireOwner(model);
        }
        return model;
    }

    function _requireCommitted(bytes32 digest, bytes32 salt) private view returns (uint256 committedAt) {
        bytes32 commitment = keccak256(abi.encode(block.chainid, address(this), msg.sender, digest, salt));
        committedAt = _committedAt[commitment];
        uint256 publishableAt = committedAt == 0 ? 0 : committedAt + COMMIT_SECONDS;
        require(committedAt != 0 && block.timestamp >= publishableAt, CommitFirst(commitment, publishableAt));
    }

    function _requireOwnerOf(uint256 version) private view {
        _requireSold(version);
        _requireOwner(_versions[version].model);
    }

    function _requireOwner(uint256 model) private view {
        address owner = _ownerOf(model);
        require(msg.sender == owner, OnlyTheOwner(model, owner, msg.sender));
    }

    /// @dev See Splitter. Royalties bear neither fee nor host: both were taken where the child was paid.
    function _splitterTerms(uint256 version, address host) private view returns (bytes memory) {
        Version storage stored = _versions[version];
        require(stored.state != VersionState.None, UnknownVersion(version));
        uint256[] memory payees = _payees[version];
        uint256 ownerBps = BPS;
        for (uint256 i = 0; i < payees.length; ++i) {
            ownerBps -= payees[i] >> 160;
        }
        uint256 cuts = host == address(0) ? 0 : stored.feeBps | uint256(stored.hostBps) << 16;
        uint256 first = uint160(address(this)) | cuts << 160 | uint256(stored.model) << 192;
        uint256 second = uint160(host) | version << 160 | ownerBps << 224;
        return abi.encodePacked(first, second, payees);
    }
}
