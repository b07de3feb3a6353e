// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IHostBonds } from "./IHostBonds.sol";
import { ITaskManager } from "./ITaskManager.sol";

/// @notice Where a version is in its life. None: it does not exist. Listed: it is sold. Retired: its owner, or
/// governance, has ended its sale for good. Contested: it is not sold until governance has decided.
enum VersionState {
    None,
    Listed,
    Retired,
    Contested
}

/// @notice Part of what is left of a payment after the fee and the host, for an account.
/// @param account Who gets it.
/// @param bps The part, in basis points.
struct Share {
    address account;
    uint16 bps;
}

/// @notice Part of what is left of a payment after the fee and the host, for those paid for an earlier version.
/// @param version The earlier version.
/// @param bps The part, in basis points; at least what that version asks.
struct Parent {
    uint64 version;
    uint16 bps;
}

/// @notice What a version costs in one token, each in the token's smallest unit. All 0: not sold for that token.
/// @param perCall For a call.
/// @param perPeriod For a subscription of one period; 0: none is sold.
/// @param perInput For a million tokens that a language model reads.
/// @param perOutput For a million tokens that it writes.
struct Price {
    uint96 perCall;
    uint96 perPeriod;
    uint96 perInput;
    uint96 perOutput;
}

/// @notice A price, and the one before it.
/// @param current The price asked now.
/// @param former The price before, which quotes may still name until `honouredUntil`.
/// @param honouredUntil When the former price ends, in Unix seconds.
struct PriceView {
    Price current;
    Price former;
    uint256 honouredUntil;
}

/// @notice What the publisher of a version chooses; bounds in brackets.
/// @param digest The sha256 of the model's bytes [not 0].
/// @param metadata The sha256 of the metadata document.
/// @param hostBps Part of a payment, after the fee, for the host that served [0, 9_000; of a task's result
/// `maxResultHostBps`].
/// @param royaltyBps What a child must leave for this version, in basis points of what is left after fee and host [0,
/// 10_000; of a task's result that owes its makers, from MIN_RESULT_ROYALTY_BPS].
/// @param parents Earlier versions it was made from [at most 4, ascending; the model's version before must be one].
/// @param shares Accounts with a part of their own [at most 8].
struct NewVersion {
    bytes32 digest;
    bytes32 metadata;
    uint16 hostBps;
    uint16 royaltyBps;
    Parent[] parents;
    Share[] shares;
}

/// @notice A version as stored.
/// @param model The model it is of, an ERC-721 token.
/// @param taskId The task whose result it is; 0 for an upload.
/// @param publishedAt When it was published, in Unix seconds.
/// @param committedAt When its upload was committed to, in Unix seconds; 0 for a task's result.
/// @param era Which owner its model had then, counted from 0.
/// @param feeBps The protocol's fee, fixed when it was published, in basis points of a payment.
/// @param hostBps Part of a payment after the fee for the host, in basis points.
/// @param royaltyBps What a child must leave for it, in basis points.
/// @param state Where it is in its life.
/// @param digest The sha256 of the model's bytes.
/// @param metadata The sha256 of the metadata document.
struct Version {
    uint64 model;
    uint64 taskId;
    uint40 publishedAt;
    uint40 committedAt;
    uint32 era;
    uint16 feeBps;
    uint16 hostBps;
    uint16 royaltyBps;
    VersionState state;
    bytes32 digest;
    bytes32 metadata;
}

/// @title Published models: their versions, prices, hosts, and where payments go
/// @notice Each model is an ERC-721 token, whose holder gets the owner's share of all of its versions. Payments go to
/// the splitter of a version and a host, an address that is known, and can be paid, before there is code. See
/// docs/market-design.md.
/// @dev Functions "for governance" and "for the guardian" revert with AccessManagedUnauthorized for anyone else;
/// functions that are "refused while paused" revert with EnforcedPause.
interface IModelMarket {
    // --- Events ---

    /// @notice Somebody committed to an upload.
    /// @param commitment Its commitment.
    /// @param at When it was made, in Unix seconds.
    event UploadCommitted(bytes32 indexed commitment, uint256 at);

    /// @notice A version was published.
    /// @param version Its number.
    /// @param model The model it is of.
    /// @param taskId The task whose result it is; 0 for an upload.
    /// @param owner Who published it.
    /// @param makersBps Part for the task's makers, in basis points of what is left after fee and host.
    /// @param feeBps The protocol's fee, in basis points of a payment.
    /// @param published What the publisher chose.
    event VersionPublished(
        uint256 indexed version,
        uint256 indexed model,
        uint256 indexed taskId,
        address owner,
        uint256 makersBps,
        uint256 feeBps,
        NewVersion published
    );

    /// @notice A price was set.
    /// @param version The version.
    /// @param token The token it is in.
    /// @param price The price.
    /// @param honouredUntil Until when quotes may name the price before, in Unix seconds.
    event PriceSet(uint256 indexed version, address indexed token, Price price, uint256 honouredUntil);

    /// @notice The sale of a version ended for good.
    /// @param version The version.
    event VersionRetired(uint256 indexed version);

    /// @notice The sale of a version stopped, as a task has made the same bytes.
    /// @param version The version.
    /// @param taskId The task.
    /// @param by Who contested it.
    event VersionContested(uint256 indexed version, uint256 indexed taskId, address by);

    /// @notice Governance decided about a contested version.
    /// @param version The version.
    /// @param stands Whether it is sold again; otherwise it is retired.
    event ContestResolved(uint256 indexed version, bool stands);

    /// @notice A host began to serve a version.
    /// @param version The version.
    /// @param host The host.
    /// @param splitter Where its payments go.
    event HostAdded(uint256 indexed version, address indexed host, address splitter);

    /// @notice A splitter was deployed.
    /// @param version The version.
    /// @param host The host; zero for royalties.
    /// @param splitter Its address.
    event SplitterDeployed(uint256 indexed version, address indexed host, address splitter);

    /// @notice The contract that shares what a task's makers get was deployed.
    /// @param taskId The task.
    /// @param makers Its address.
    event MakersDeployed(uint256 indexed taskId, address makers);

    /// @notice A token was put on the list, or taken off it.
    /// @param token The token.
    /// @param isListed Whether prices can be in it.
    event TokenSet(address indexed token, bool isListed);

    /// @notice The protocol's fee changed.
    /// @param feeBps The fee of versions published from now on, in basis points.
    event FeeBpsSet(uint256 feeBps);

    /// @notice The most that hosts of tasks' results get changed.
    /// @param maxResultHostBps Basis points of a payment after the fee.
    event MaxResultHostBpsSet(uint256 maxResultHostBps);

    /// @notice The time for which old quotes are honoured changed.
    /// @param quoteSeconds Seconds.
    event QuoteSecondsSet(uint256 quoteSeconds);

    /// @notice The treasury changed.
    /// @param treasury The new treasury.
    event TreasurySet(address treasury);

    // --- Errors ---

    /// @notice Only the owner of the model can do this.
    /// @param model The model.
    /// @param owner Its owner.
    /// @param caller Who tried.
    error OnlyTheOwner(uint256 model, address owner, address caller);

    /// @notice Only the creator of the task can publish its result.
    /// @param taskId The task.
    /// @param creator Its creator.
    /// @param caller Who tried.
    error OnlyTheCreator(uint256 taskId, address creator, address caller);

    /// @notice There is no such version.
    /// @param version Its number.
    error UnknownVersion(uint256 version);

    /// @notice The version is not sold.
    /// @param version The version.
    /// @param state Its state.
    error NotSold(uint256 version, VersionState state);

    /// @notice The version is not contested.
    /// @param version The version.
    error NotContested(uint256 version);

    /// @notice The commitment was made already.
    /// @param commitment The commitment.
    error CommittedAlready(bytes32 commitment);

    /// @notice An upload has to be committed to COMMIT_SECONDS before it is published.
    /// @param commitment Its commitment.
    /// @param publishableAt When it can be published, in Unix seconds; 0 if it was not committed to.
    error CommitFirst(bytes32 commitment, uint256 publishableAt);

    /// @notice These bytes are an upload already.
    /// @param digest Their sha256.
    /// @param version The upload.
    error DigestIsTaken(bytes32 digest, uint256 version);

    /// @notice These bytes are the result of a task, and published through it only.
    /// @param digest Their sha256.
    /// @param taskId The task.
    error DigestIsOfTask(bytes32 digest, uint256 taskId);

    /// @notice These bytes are not what the task has made.
    /// @param taskId The task.
    /// @param digest Their sha256.
    /// @param model The sha256 of what it has made; 0 while it is not closed.
    error NotTheResult(uint256 taskId, bytes32 digest, bytes32 model);

    /// @notice The result of the task is published already.
    /// @param taskId The task.
    /// @param version Its version.
    error ResultIsPublished(uint256 taskId, uint256 version);

    /// @notice The upload cannot be contested with this task: another digest, committed to before the task began, or no
    /// upload at all.
    /// @param version The version.
    /// @param taskId The task.
    error NotContestable(uint256 version, uint256 taskId);

    /// @notice The digest is zero.
    error DigestIsZero();

    /// @notice The parts add up to more than all.
    /// @param bps Their sum, in basis points.
    error SharesAboveAll(uint256 bps);

    /// @notice A version asks its children for more.
    /// @param version The parent.
    /// @param bps What it was to get, in basis points.
    /// @param least What it asks.
    error RoyaltyTooLow(uint256 version, uint256 bps, uint256 least);

    /// @notice Parents have to be named once each, in ascending order.
    /// @param version The one out of order.
    error ParentsNotAscending(uint256 version);

    /// @notice A version of a model has to name the version before it as a parent.
    /// @param version The version before.
    error FormerIsNoParent(uint256 version);

    /// @notice A share needs an account and a part above 0.
    /// @param account The account.
    /// @param bps The part, in basis points.
    error ShareIsEmpty(address account, uint256 bps);

    /// @notice No price can be in this token.
    /// @param token The token.
    error TokenIsNotListed(address token);

    /// @notice A price can change again only when quotes of the one before are over.
    /// @param honouredUntil When they are, in Unix seconds.
    error PriceIsFresh(uint256 honouredUntil);

    /// @notice The host has no bond, or is leaving.
    /// @param host The host.
    error HostIsNotBonded(address host);

    /// @notice The host serves this version already.
    /// @param version The version.
    /// @param host The host.
    error ServesAlready(uint256 version, address host);

    /// @notice The host never served this version.
    /// @param version The version.
    /// @param host The host.
    error NeverServed(uint256 version, address host);

    /// @notice The treasury cannot be the zero address.
    error TreasuryIsZero();

    /// @notice A number is outside of its bounds.
    /// @param parameter Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    // --- For publishers ---

    /// @notice Commits to an upload, so that nobody who sees it being published can be first.
    /// @dev Anyone can call. Reverts with CommittedAlready. Refused while paused.
    /// @param commitment keccak256(abi.encode(chain id, this contract, owner, digest, salt)).
    function commit(bytes32 commitment) external;

    /// @notice Publishes an upload as a version of a model.
    /// @dev For its owner, COMMIT_SECONDS after `commit`. Refused while paused. Reverts with CommitFirst,
    /// DigestIsTaken, DigestIsOfTask, OnlyTheOwner and for terms that cannot be.
    /// @param model The model; 0 for a new one.
    /// @param terms What is published.
    /// @param salt The commitment's salt.
    /// @return version Its number.
    function publish(uint256 model, NewVersion calldata terms, bytes32 salt)
        external
        returns (uint256 version);

    /// @notice Publishes what a closed task has made.
    /// @dev For the task's creator. Its makers get the `makersBps` the task was made with, by what each earned. Refused
    /// while paused. Reverts with OnlyTheCreator, NotTheResult, ResultIsPublished, OnlyTheOwner and for terms that
    /// cannot be.
    /// @param model The model; 0 for a new one.
    /// @param taskId The task.
    /// @param terms What is published.
    /// @return version Its number.
    function publishResult(uint256 model, uint256 taskId, NewVersion calldata terms)
        external
        returns (uint256 version);

    /// @notice Sets what a version costs in a token.
    /// @dev For the model's owner. Quotes of the price before are honoured for `quoteSeconds`. Reverts with
    /// OnlyTheOwner, NotSold, TokenIsNotListed unless all of it is 0, and PriceIsFresh.
    /// @param version The version.
    /// @param token The token.
    /// @param price The price.
    function setPrice(uint256 version, address token, Price calldata price) external;

    /// @notice Ends the sale of a version for good. What was paid stays due.
    /// @dev For the model's owner. Reverts with OnlyTheOwner and NotSold.
    /// @param version The version.
    function retire(uint256 version) external;

    // --- For hosts ---

    /// @notice Begins to serve a version.
    /// @dev For a host with a bond, or its operator. Refused while paused. Reverts with HostIsNotBonded, NotSold and
    /// ServesAlready.
    /// @param version The version.
    /// @param host The host.
    function serve(uint256 version, address host) external;

    // --- For everybody ---

    /// @notice Stops the sale of an upload of bytes that a task has made, if it was committed to after the task began.
    /// @dev Anyone can call. Reverts with NotContestable and NotSold.
    /// @param version The upload.
    /// @param taskId The task.
    function contest(uint256 version, uint256 taskId) external;

    /// @notice Deploys the splitter of a version and a host, if it is not there, and has it pay one of its payees.
    /// @dev Anyone can call. Reverts with NeverServed, and as the splitter does.
    /// @param version The version.
    /// @param host The host; zero for royalties.
    /// @param token The token.
    /// @param payee Number of the payee, as in Splitter.
    /// @return amount What was paid.
    function release(uint256 version, address host, address token, uint256 payee)
        external
        returns (uint256 amount);

    /// @notice Deploys the splitter of a version and a host, if it is not there.
    /// @dev Anyone can call. Reverts with NeverServed.
    /// @param version The version.
    /// @param host The host; zero for royalties.
    /// @return splitter Its address.
    function deploySplitter(uint256 version, address host) external returns (address splitter);

    /// @notice Deploys the contract that shares what a task's makers get, if it is not there.
    /// @dev Anyone can call.
    /// @param taskId The task.
    /// @return makers Its address.
    function deployMakers(uint256 taskId) external returns (address makers);

    // --- For the guardian and for governance ---

    /// @notice Stops `commit`, `publish`, `publishResult`, `serve` and new subscriptions; never a payment on.
    /// @dev For the guardian.
    function pause() external;

    /// @notice Ends the pause.
    /// @dev For the guardian.
    function unpause() external;

    /// @notice Decides about a contested version.
    /// @dev For governance. Reverts with NotContested.
    /// @param version The version.
    /// @param stands Whether it is sold again; otherwise it is retired.
    function resolveContest(uint256 version, bool stands) external;

    /// @notice Lets prices be in a token, or stops new ones.
    /// @dev For governance. The token must not call its holders and must not take from balances.
    /// @param token The token.
    /// @param isListed Whether prices can be in it.
    function setToken(address token, bool isListed) external;

    /// @notice Sets the protocol's fee for versions published from now on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param feeBps Basis points of a payment, MIN_FEE_BPS to MAX_FEE_BPS.
    function setFeeBps(uint256 feeBps) external;

    /// @notice Sets the most that the hosts of a task's result can get, for results published from now on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param maxResultHostBps Basis points of a payment after the fee, at most MAX_RESULT_HOST_BPS.
    function setMaxResultHostBps(uint256 maxResultHostBps) external;

    /// @notice Sets for how long quotes of a former price are honoured: x402's `maxTimeoutSeconds`.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param quoteSeconds Seconds, MIN_QUOTE_SECONDS to MAX_QUOTE_SECONDS.
    function setQuoteSeconds(uint256 quoteSeconds) external;

    /// @notice Sets the treasury, which gets the fees.
    /// @dev For governance. Reverts with TreasuryIsZero.
    /// @param treasury The new treasury.
    function setTreasury(address treasury) external;

    // --- Bounds ---

    /// @notice The lowest fee: below it, feedback of one's own consumers would cost nothing.
    /// @return Basis points; 100.
    function MIN_FEE_BPS() external view returns (uint256);

    /// @notice The highest fee.
    /// @return Basis points; 1_000.
    function MAX_FEE_BPS() external view returns (uint256);

    /// @notice The highest that `maxResultHostBps` can be.
    /// @return Basis points; 5_000.
    function MAX_RESULT_HOST_BPS() external view returns (uint256);

    /// @notice The shortest `quoteSeconds`.
    /// @return Seconds; 60.
    function MIN_QUOTE_SECONDS() external view returns (uint256);

    /// @notice The longest `quoteSeconds`.
    /// @return Seconds; 3_600.
    function MAX_QUOTE_SECONDS() external view returns (uint256);

    // --- Views ---

    /// @notice The contract that tasks are in.
    /// @return The TaskManager.
    function tasks() external view returns (ITaskManager);

    /// @notice The contract that hosts' bonds are in.
    /// @return The HostBonds.
    function bonds() external view returns (IHostBonds);

    /// @notice Who gets the fees.
    /// @return The treasury.
    function treasury() external view returns (address);

    /// @notice The fee of versions published now.
    /// @return Basis points of a payment.
    function feeBps() external view returns (uint256);

    /// @notice The most that hosts of a task's result published now can get.
    /// @return Basis points of a payment after the fee.
    function maxResultHostBps() external view returns (uint256);

    /// @notice For how long quotes of a former price are honoured.
    /// @return Seconds.
    function quoteSeconds() external view returns (uint256);

    /// @notice Whether prices can be in a token.
    /// @param token The token.
    /// @return True if they can.
    function isListed(address token) external view returns (bool);

    /// @notice How many models there are; their numbers are 1 to this.
    /// @return The number of models.
    function modelCount() external view returns (uint256);

    /// @notice How many versions there are; their numbers are 1 to this.
    /// @return The number of versions.
    function versionCount() external view returns (uint256);

    /// @notice The newest version of a model.
    /// @param model The model.
    /// @return version Its number; 0 if there is no such model.
    function newestOf(uint256 model) external view returns (uint256 version);

    /// @notice The upload of these bytes.
    /// @param digest Their sha256.
    /// @return version Its number; 0 if there is none.
    function uploadOf(bytes32 digest) external view returns (uint256 version);

    /// @notice The version that is the result of a task.
    /// @param taskId The task.
    /// @return version Its number; 0 if it is not published.
    function resultOf(uint256 taskId) external view returns (uint256 version);

    /// @notice A version as stored.
    /// @param version The version.
    /// @return stored All zero if it does not exist.
    function versionOf(uint256 version) external view returns (Version memory stored);

    /// @notice Reverts with NotSold or UnknownVersion unless a version is sold, and with EnforcedPause while paused.
    /// @param version The version.
    function requireSold(uint256 version) external view;

    /// @notice Whether a host serves a version that is sold, and has its bond.
    /// @param version The version.
    /// @param host The host.
    /// @return True if it does.
    function isServed(uint256 version, address host) external view returns (bool);

    /// @notice A version's price in a token, and the one before.
    /// @param version The version.
    /// @param token The token.
    /// @return The prices; the current one is all 0 if it is not sold.
    function priceOf(uint256 version, address token) external view returns (PriceView memory);

    /// @notice Where payments for a version by way of a host go; the address is the same before it is deployed.
    /// @param version The version.
    /// @param host The host; zero for royalties.
    /// @return splitter The address.
    function splitterOf(uint256 version, address host) external view returns (address splitter);

    /// @notice Where a task's makers are paid; the address is the same before it is deployed.
    /// @param taskId The task.
    /// @return makers The address.
    function makersOf(uint256 taskId) external view returns (address makers);

    /// @notice Which owner a model has, counted from 0.
    /// @param model The model.
    /// @return era How many times it was transferred.
    function eraOf(uint256 model) external view returns (uint32 era);

    /// @notice Who owned a model in an era.
    /// @param model The model.
    /// @param era The era.
    /// @return owner The owner; zero if there was no such era.
    function ownerIn(uint256 model, uint256 era) external view returns (address owner);

    /// @notice Which owner a model had when a host began to serve a version, or when the version was published.
    /// @param version The version.
    /// @param host The host; zero for royalties.
    /// @return era The era. Reverts with NeverServed.
    function openingEraOf(uint256 version, address host) external view returns (uint32 era);
}
