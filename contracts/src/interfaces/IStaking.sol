// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ITaskManager } from "./ITaskManager.sol";

/// @notice An account's lock, its free gmFLOCK, and how much of its gmFLOCK is on tasks and in pools.
/// @param gm Free gmFLOCK, in units of 1e-18: neither on a task nor in a pool.
/// @param flock FLOCK behind `gm`, in wei.
/// @param unlockAt When the lock ends, in Unix seconds; once it was poked after its end, when its FLOCK can be
/// redeemed.
/// @param era How many locks of the account have ended.
/// @param lockDays Days the lock was last given for, 1 to 365; 0 if there is none or it was poked.
/// @param allocated gmFLOCK on tasks.
/// @param delegated gmFLOCK in pools, as of the last `sync` of each.
/// @param voteless The part of `allocated` and `delegated` that belongs to an earlier era and does not vote.
struct Position {
    uint96 gm;
    uint96 flock;
    uint32 unlockAt;
    uint16 era;
    uint16 lockDays;
    uint96 allocated;
    uint96 delegated;
    uint96 voteless;
}

/// @notice An account's own stake on one task.
/// @param gm gmFLOCK on the task.
/// @param flock FLOCK behind `gm`, in wei.
/// @param era Era of the lock that the oldest part of it came from.
/// @param isHeld Whether the task's board holds it: it cannot be taken off until the board releases it.
struct Allocation {
    uint96 gm;
    uint96 flock;
    uint16 era;
    bool isHeld;
}

/// @notice Everything delegated to one operator on one task.
/// @param gm gmFLOCK in the pool.
/// @param flock FLOCK behind `gm`, in wei.
/// @param generation How many times the pool was emptied; records of earlier generations are worth nothing.
/// @param commissionBps The operator's share of what delegation adds to its reward, in basis points.
/// @param isOpen Whether the pool accepts delegation.
/// @param factor What a slash leaves of every record, multiplied up over all slashes of this generation;
/// PoolMath.FULL (1e36) before the first. 0 if the operator has never set the pool.
/// @param delegators How many delegators have a record in this generation.
struct Pool {
    uint96 gm;
    uint96 flock;
    uint32 generation;
    uint16 commissionBps;
    bool isOpen;
    uint128 factor;
    uint32 delegators;
}

/// @notice One delegator's record in one pool.
/// @param gm gmFLOCK delegated, as of `factor`; includes `leaving`.
/// @param flock FLOCK behind `gm`, in wei, as of `factor`.
/// @param era Era of the lock that the oldest part of it came from.
/// @param generation Generation of the pool that the record belongs to.
/// @param queuedBehind The operator's duty that must end before `leaving` is paid; 0 if none.
/// @param factor The pool's factor when the record was last written.
/// @param leaving gmFLOCK that is being undelegated.
/// @param leavesAt When `leaving` can be collected, in Unix seconds.
struct Delegation {
    uint96 gm;
    uint96 flock;
    uint16 era;
    uint32 generation;
    uint16 queuedBehind;
    uint128 factor;
    uint96 leaving;
    uint32 leavesAt;
}

/// @title The only contract that holds locked FLOCK
/// @notice Locking FLOCK gives gmFLOCK, and longer locks give more. gmFLOCK can be staked on tasks or delegated to an
/// operator who stakes; it votes in governance; it cannot be transferred. See docs/protocol.md, "Staking".
/// @dev Amounts of FLOCK are in wei and amounts of gmFLOCK in units of 1e-18, both below 2^96. Times are Unix
/// seconds. Functions "for governance" and "for the guardian" revert with AccessManagedUnauthorized for anyone else;
/// functions that are "refused while paused" revert with EnforcedPause.
interface IStaking {
    // --- Events: locks ---

    /// @notice FLOCK was locked.
    /// @param account Owner of the lock.
    /// @param flock FLOCK added to the lock, in wei, without the fee.
    /// @param gm gmFLOCK given for it.
    /// @param unlockAt When the lock ends, in Unix seconds.
    /// @param lockDays Days the lock was last given for.
    /// @param fee Entry fee paid to the treasury, in wei.
    event Locked(
        address indexed account, uint256 flock, uint256 gm, uint256 unlockAt, uint256 lockDays, uint256 fee
    );

    /// @notice A live lock was lengthened.
    /// @param account Owner of the lock.
    /// @param gm Free gmFLOCK of the account after the extension.
    /// @param unlockAt When the lock now ends, in Unix seconds.
    /// @param lockDays Days the lock was given for.
    event Extended(address indexed account, uint256 gm, uint256 unlockAt, uint256 lockDays);

    /// @notice An expired lock was poked: none of its gmFLOCK votes any more.
    /// @param account Owner of the lock.
    /// @param gm Free gmFLOCK of the account afterwards, at most one per FLOCK.
    /// @param redeemableAt When the FLOCK can be redeemed, in Unix seconds.
    event Poked(address indexed account, uint256 gm, uint256 redeemableAt);

    /// @notice Free gmFLOCK was burned for its FLOCK.
    /// @param account Account that redeemed and was paid.
    /// @param gm gmFLOCK burned.
    /// @param flock FLOCK paid, in wei.
    event Redeemed(address indexed account, uint256 gm, uint256 flock);

    /// @notice An owner named its operator.
    /// @param owner Account acted for.
    /// @param operator Key that acts for it; zero for none. The previous operator stopped at once.
    /// @param since When the key starts to act, in Unix seconds.
    event OperatorSet(address indexed owner, address indexed operator, uint256 since);

    // --- Events: stake on tasks ---

    /// @notice Free gmFLOCK was staked on a task.
    /// @param account Owner of the stake.
    /// @param taskId The task.
    /// @param gm gmFLOCK added to the stake.
    /// @param flock FLOCK behind `gm`, in wei.
    event Allocated(address indexed account, uint256 indexed taskId, uint256 gm, uint256 flock);

    /// @notice Stake was taken off a task.
    /// @param account Owner of the stake.
    /// @param taskId The task.
    /// @param gm gmFLOCK taken off.
    /// @param flock FLOCK behind `gm`, in wei.
    /// @param gmKept gmFLOCK that arrived in the account's position, re-rated if its lock had ended.
    event Deallocated(
        address indexed account, uint256 indexed taskId, uint256 gm, uint256 flock, uint256 gmKept
    );

    /// @notice A board started to hold an account's stake.
    /// @param account Owner of the stake.
    /// @param taskId The task.
    /// @param gm gmFLOCK on the task.
    event Held(address indexed account, uint256 indexed taskId, uint256 gm);

    /// @notice A board released an account's stake.
    /// @param account Owner of the stake.
    /// @param taskId The task.
    event Released(address indexed account, uint256 indexed taskId);

    /// @notice An account's own stake was slashed.
    /// @param account Owner of the stake.
    /// @param taskId The task.
    /// @param gm gmFLOCK taken.
    /// @param flock FLOCK taken with it, in wei; owed to the treasury.
    event Slashed(address indexed account, uint256 indexed taskId, uint256 gm, uint256 flock);

    /// @notice The treasury was paid what it was owed.
    /// @param treasury Receiver.
    /// @param amount FLOCK paid, in wei.
    event TreasuryPaid(address indexed treasury, uint256 amount);

    // --- Events: delegation ---

    /// @notice An operator set its pool on a task.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param commissionBps The operator's share of what delegation adds to its reward, in basis points.
    /// @param isOpen Whether the pool accepts delegation.
    event PoolSet(address indexed operator, uint256 indexed taskId, uint256 commissionBps, bool isOpen);

    /// @notice Free gmFLOCK was delegated to a pool.
    /// @param delegator Owner of the gmFLOCK.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param gm gmFLOCK delegated.
    /// @param flock FLOCK behind `gm`, in wei.
    event StakeDelegated(
        address indexed delegator, address indexed operator, uint256 indexed taskId, uint256 gm, uint256 flock
    );

    /// @notice A delegator asked for some of its gmFLOCK back.
    /// @param delegator Owner of the gmFLOCK.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param gm gmFLOCK added to what is leaving.
    /// @param leavesAt When everything that is leaving can be collected, in Unix seconds.
    event UndelegationBegun(
        address indexed delegator,
        address indexed operator,
        uint256 indexed taskId,
        uint256 gm,
        uint256 leavesAt
    );

    /// @notice What is leaving now waits for the end of one of the operator's duties, and for no later one.
    /// @param delegator Owner of the gmFLOCK.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param duty Number of that duty, as IBoard.dutyOf gives it.
    event CollectQueued(
        address indexed delegator, address indexed operator, uint256 indexed taskId, uint256 duty
    );

    /// @notice gmFLOCK left a pool and returned to its delegator's position.
    /// @param delegator Owner of the gmFLOCK.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param gm gmFLOCK that left the pool.
    /// @param flock FLOCK behind `gm`, in wei.
    /// @param gmKept gmFLOCK that arrived in the delegator's position, re-rated if its lock had ended.
    event StakeUndelegated(
        address indexed delegator,
        address indexed operator,
        uint256 indexed taskId,
        uint256 gm,
        uint256 flock,
        uint256 gmKept
    );

    /// @notice A pool was slashed.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param gm gmFLOCK taken.
    /// @param flock FLOCK taken with it, in wei; owed to the treasury.
    /// @param factor The pool's factor afterwards; PoolMath.FULL is 1e36.
    /// @param generation The pool's generation afterwards; a new one means that the pool is empty.
    event PoolSlashed(
        address indexed operator,
        uint256 indexed taskId,
        uint256 gm,
        uint256 flock,
        uint256 factor,
        uint256 generation
    );

    /// @notice The slashes of a pool were written into a delegator's record, position and votes.
    /// @param delegator Owner of the record.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param gmLost gmFLOCK lost since the record was last written.
    event DelegationUpdated(
        address indexed delegator, address indexed operator, uint256 indexed taskId, uint256 gmLost
    );

    // --- Events: governance ---

    /// @notice The treasury changed.
    /// @param treasury The new treasury.
    event TreasurySet(address treasury);

    /// @notice The entry fee changed.
    /// @param entryFeeBps The new fee, in basis points of what is locked.
    event EntryFeeBpsSet(uint256 entryFeeBps);

    /// @notice The delay before a replacing operator acts changed.
    /// @param operatorDelay The new delay, in seconds.
    event OperatorDelaySet(uint256 operatorDelay);

    /// @notice The cool-down of undelegation changed.
    /// @param cooldown The new cool-down, in seconds.
    event CooldownSet(uint256 cooldown);

    /// @notice The time during which commissions are frozen around a task's end changed.
    /// @param sigmaFreeze The new time before the end, and as long after it, in seconds.
    event SigmaFreezeSet(uint256 sigmaFreeze);

    /// @notice The cap on delegation per own stake changed.
    /// @param delegationRatio The new cap, as a multiple of the operator's own stake.
    event DelegationRatioSet(uint256 delegationRatio);

    // --- Errors ---

    /// @notice The amount is zero.
    error AmountIsZero();

    /// @notice A lock cannot last this long.
    /// @param lockDays Days asked for; 1 to 365 are possible.
    error LockDaysOutOfRange(uint256 lockDays);

    /// @notice A change of a live lock's end would give it fewer days than it was last given.
    /// @param lockDays Days asked for.
    /// @param least Days the lock was last given for.
    error LockMayNotShorten(uint256 lockDays, uint256 least);

    /// @notice The token delivered less than was sent.
    /// @param sent Wei sent.
    /// @param received Wei received.
    error TokenTookAFee(uint256 sent, uint256 received);

    /// @notice The lock has not ended.
    /// @param unlockAt When it ends, in Unix seconds.
    error StillLocked(uint256 unlockAt);

    /// @notice A live lock is needed, and there is none.
    /// @param unlockAt When the last one ended, in Unix seconds; once it was poked, when its FLOCK can be redeemed; 0
    /// if there never was one.
    error LockHasExpired(uint256 unlockAt);

    /// @notice The lock was poked already, or there never was one.
    error NothingToPoke();

    /// @notice The lock has ended but was not poked yet.
    /// @param account Owner of the lock.
    error PokeFirst(address account);

    /// @notice The lock was poked less than EXIT_DELAY ago.
    /// @param redeemableAt When its FLOCK can be redeemed, in Unix seconds.
    error NotRedeemableBefore(uint256 redeemableAt);

    /// @notice Not enough gmFLOCK is free.
    /// @param wanted gmFLOCK asked for.
    /// @param available Free gmFLOCK.
    error NotEnoughAvailable(uint256 wanted, uint256 available);

    /// @notice Not enough gmFLOCK is on the task.
    /// @param wanted gmFLOCK asked for.
    /// @param allocated gmFLOCK on the task.
    error NotEnoughAllocated(uint256 wanted, uint256 allocated);

    /// @notice The task's board holds the stake.
    /// @param taskId The task.
    error StakeIsHeld(uint256 taskId);

    /// @notice The stake would be, or is, below the task's minimum.
    /// @param stake gmFLOCK on the task, after the change if there is one.
    /// @param minimum The least gmFLOCK the task accepts from an account.
    error StakeBelowMinimum(uint256 stake, uint256 minimum);

    /// @notice Only the task's board can do this.
    /// @param taskId The task.
    /// @param board Its board; zero if the task does not exist.
    /// @param caller Who tried.
    error OnlyTheBoardOf(uint256 taskId, address board, address caller);

    /// @notice The treasury is owed nothing.
    error NothingToWithdraw();

    /// @notice The treasury cannot be the zero address.
    error TreasuryIsZero();

    /// @notice The pool does not accept delegation.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    error PoolIsClosed(address operator, uint256 taskId);

    /// @notice The pool was slashed so much that it takes no more delegation until it is empty.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    error PoolIsWorn(address operator, uint256 taskId);

    /// @notice The pool would exceed `delegationRatio` times the operator's own stake on the task.
    /// @param delegated gmFLOCK that would be in the pool.
    /// @param most The most gmFLOCK it can hold now.
    error DelegationAboveCap(uint256 delegated, uint256 most);

    /// @notice The operator's commission cannot be changed around the task's end.
    /// @param taskId The task.
    /// @param from When the freeze starts, in Unix seconds.
    /// @param until When it ends, in Unix seconds.
    error SigmaIsFrozen(uint256 taskId, uint256 from, uint256 until);

    /// @notice The operator's commission can only be lowered while anything is in the pool.
    /// @param from The commission now, in basis points.
    /// @param to The commission asked for, in basis points.
    error SigmaMayNotRise(uint256 from, uint256 to);

    /// @notice The operator's commission is higher than the delegator agreed to.
    /// @param commissionBps The commission now, in basis points.
    /// @param most The highest the delegator agreed to, in basis points.
    error SigmaIsAbove(uint256 commissionBps, uint256 most);

    /// @notice Nobody can delegate to itself.
    error CannotDelegateToOneself();

    /// @notice A first delegation to a pool is too small.
    /// @param gm gmFLOCK to be delegated.
    /// @param minimum The least gmFLOCK for a first delegation.
    error DelegationBelowMinimum(uint256 gm, uint256 minimum);

    /// @notice Not enough gmFLOCK is in the pool for this delegator.
    /// @param wanted gmFLOCK asked for.
    /// @param delegated gmFLOCK of the delegator in the pool, less what is leaving unless it is to be redelegated.
    error NotEnoughDelegated(uint256 wanted, uint256 delegated);

    /// @notice The delegator has nothing to collect from this pool.
    error NothingIsLeaving();

    /// @notice The cool-down is not over.
    /// @param leavesAt When it is, in Unix seconds.
    error StillCoolingDown(uint256 leavesAt);

    /// @notice The duty that this collection is queued behind has not ended.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param duty Number of that duty, as IBoard.dutyOf gives it.
    error OperatorHasADuty(address operator, uint256 taskId, uint256 duty);

    /// @notice The task is neither open nor running.
    /// @param taskId The task.
    error TaskIsNotAlive(uint256 taskId);

    /// @notice The task is neither closed nor cancelled.
    /// @param taskId The task.
    error TaskHasNotEnded(uint256 taskId);

    /// @notice A number is outside of its bounds.
    /// @param parameter Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    // --- The owner's position ---

    /// @notice Locks FLOCK, less the entry fee, and gives gmFLOCK at LockMath's multiplier for the time left.
    /// @dev Adding to a live lock moves its end to `lockDays` from now if that is later, which must be at least the
    /// `lockDays` it was last given for, and re-rates all free gmFLOCK. An expired lock starts again: what is free is
    /// re-rated to the new time, downwards only, and the next era begins. Refused while paused. Reverts with
    /// LockDaysOutOfRange, LockMayNotShorten, AmountIsZero if nothing is left after the fee, and TokenTookAFee if the
    /// token keeps a fee. The caller must have approved `amount`.
    /// @param amount FLOCK to take from the caller, in wei, entry fee included.
    /// @param lockDays Days to lock for, 1 to 365.
    function lock(uint256 amount, uint256 lockDays) external;

    /// @notice Does what `lock` does, with an ERC-2612 permit in place of an approval.
    /// @dev A permit that somebody else has submitted already does no harm, as long as the allowance is there.
    /// Reverts as `lock` and the token's `permit` do.
    /// @param amount FLOCK to take from the caller, in wei, entry fee included; the permit must be for this amount.
    /// @param lockDays Days to lock for, 1 to 365.
    /// @param deadline When the permit expires, in Unix seconds.
    /// @param v Recovery byte of the permit's signature.
    /// @param r First half of the permit's signature.
    /// @param s Second half of the permit's signature.
    function lockWithPermit(uint256 amount, uint256 lockDays, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Makes the caller's live lock last `lockDays` from now and re-rates all its free gmFLOCK.
    /// @dev A multiplier is given for the time left, so a long lock cannot be kept alive by short extensions. Reverts
    /// with LockDaysOutOfRange, LockHasExpired, and LockMayNotShorten below the days the lock was last given for.
    /// @param lockDays Days from now, from `Position.lockDays` to 365.
    function extend(uint256 lockDays) external;

    /// @notice Ends the era of an expired lock, so that its FLOCK can be redeemed EXIT_DELAY later.
    /// @dev Nothing of the lock votes any more, and its free gmFLOCK becomes one per FLOCK at most. What is on tasks
    /// and in pools is re-rated when it comes back. Anyone can call. Reverts with NothingToPoke and StillLocked.
    /// @param account Owner of the lock.
    function poke(address account) external;

    /// @notice Burns free gmFLOCK of the caller and pays the FLOCK behind it, rounded down.
    /// @dev The lock must have been poked at least EXIT_DELAY ago. The delay is longer than any vote, so whoever
    /// votes keeps its FLOCK locked until the vote ends. Reverts with AmountIsZero, StillLocked, PokeFirst,
    /// NotRedeemableBefore and NotEnoughAvailable.
    /// @param gmAmount gmFLOCK to burn.
    function redeem(uint256 gmAmount) external;

    /// @notice Names the one key that can act on tasks for the caller.
    /// @dev The key can never move stake. The previous key stops at once; a first key acts at once, one that replaces
    /// another after `operatorDelay`. Naming the same key again changes nothing.
    /// @param operator The key; zero for none.
    function setOperator(address operator) external;

    // --- Stake on tasks ---

    /// @notice Stakes free gmFLOCK of the caller, with the FLOCK behind it, on a task.
    /// @dev The task must be open or running, the caller's lock must be live, and the stake must then reach the
    /// task's minimum. Refused while paused. Reverts with TaskIsNotAlive, AmountIsZero, LockHasExpired,
    /// NotEnoughAvailable and StakeBelowMinimum.
    /// @param taskId The task.
    /// @param gm gmFLOCK to add to the stake.
    function allocate(uint256 taskId, uint96 gm) external;

    /// @notice Takes gmFLOCK of the caller off a task.
    /// @dev What stays must reach the task's minimum or be nothing. If the lock has ended or another has begun since,
    /// the gmFLOCK is re-rated to the time left, downwards only. Works while paused. Reverts with AmountIsZero,
    /// StakeIsHeld, NotEnoughAllocated and StakeBelowMinimum.
    /// @param taskId The task.
    /// @param gm gmFLOCK to take off.
    function deallocate(uint256 taskId, uint96 gm) external;

    // --- For the task's board ---

    /// @notice Holds an account's stake on a task, so that it cannot be taken off. No effect if it is held already.
    /// @dev For the task's board; reverts with OnlyTheBoardOf for anyone else, and with StakeBelowMinimum. Refused
    /// while paused.
    /// @param account Owner of the stake.
    /// @param taskId The task.
    /// @return gm gmFLOCK on the task.
    function hold(address account, uint256 taskId) external returns (uint96 gm);

    /// @notice Releases an account's stake on a task. No effect if it is not held.
    /// @dev For the task's board; reverts with OnlyTheBoardOf for anyone else. Works while paused.
    /// @param account Owner of the stake.
    /// @param taskId The task.
    function release(address account, uint256 taskId) external;

    /// @notice Takes the same fraction of an account's own stake on a task and of what is delegated to it there, each
    /// rounded up, and owes it to the treasury.
    /// @dev For the task's board; reverts with OnlyTheBoardOf for anyone else. Works while paused. The part of a pool
    /// above `delegationRatio` times the own stake is not slashed. Nobody but the account can do anything that makes
    /// it lose more of its own. Assumes that `slashBps` is at most 10_000.
    /// @param account Owner of the stake, and operator of the pool.
    /// @param taskId The task.
    /// @param stakeAtLeast gmFLOCK that the own stake counts as at least, so that repeated slashes do not shrink;
    /// more than is there is never taken.
    /// @param slashBps The fraction to take, in basis points [0, 10_000].
    /// @return gm gmFLOCK taken of the own stake.
    /// @return flock FLOCK taken with it, in wei.
    /// @return left gmFLOCK of own stake left on the task.
    function slash(address account, uint256 taskId, uint256 stakeAtLeast, uint256 slashBps)
        external
        returns (uint256 gm, uint256 flock, uint256 left);

    // --- Delegation ---

    /// @notice Opens or closes the caller's pool on a task and sets its commission.
    /// @dev The task must be open or running. While anything is in the pool, the commission can only be lowered; it
    /// is frozen from `sigmaFreeze` before the task's end until as long after it, except for the first time it is
    /// set. Reverts with OutOfBounds, TaskIsNotAlive, SigmaIsFrozen and SigmaMayNotRise.
    /// @param taskId The task.
    /// @param commissionBps The share of what delegation adds to its reward that the caller keeps, in basis points
    /// [0, 10_000].
    /// @param isOpen Whether the pool accepts delegation.
    function setPool(uint256 taskId, uint16 commissionBps, bool isOpen) external;

    /// @notice Delegates free gmFLOCK of the caller, with the FLOCK behind it, to an operator's pool on a task.
    /// @dev The votes stay with the caller. The task must be open or running and the caller's lock live. A first
    /// delegation is at least MINIMUM_DELEGATION. Refused while paused. Reverts with TaskIsNotAlive,
    /// CannotDelegateToOneself, PoolIsClosed, SigmaIsAbove, PoolIsWorn, DelegationBelowMinimum, AmountIsZero,
    /// LockHasExpired, NotEnoughAvailable and DelegationAboveCap.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param gm gmFLOCK to delegate.
    /// @param maxCommissionBps The highest commission the caller agrees to, in basis points: an operator can raise it
    /// while its pool is empty.
    function delegateTo(address operator, uint256 taskId, uint96 gm, uint16 maxCommissionBps) external;

    /// @notice Starts to take gmFLOCK of the caller out of a pool; `collect` pays it after `cooldown`.
    /// @dev It can be slashed until it is collected. Asking again adds to it, and all of it waits from the start.
    /// Reverts with AmountIsZero and NotEnoughDelegated.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @param gm gmFLOCK to take out.
    function undelegate(address operator, uint256 taskId, uint96 gm) external;

    /// @notice Returns what is leaving a pool to its delegator's position.
    /// @dev Anyone can call. While the operator has a duty, the first call queues the collection behind that duty;
    /// once that one has ended it is paid, whatever duty has begun since. Once the task has ended there is neither
    /// cool-down nor queue, and everything comes back. If the delegator's lock has ended or another has begun since,
    /// its gmFLOCK is re-rated to the time left, downwards only. Reverts with NothingIsLeaving, StillCoolingDown and
    /// OperatorHasADuty.
    /// @param delegator Owner of the gmFLOCK.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    function collect(address delegator, address operator, uint256 taskId) external;

    /// @notice Moves gmFLOCK of the caller from a pool of a task that has ended straight into another pool.
    /// @dev What arrives may be less than `gm`, as in `collect`. Refused while paused. Reverts with TaskHasNotEnded,
    /// AmountIsZero, NotEnoughDelegated, and as `delegateTo` does.
    /// @param fromOperator Owner of the pool to leave.
    /// @param fromTask The task to leave; closed or cancelled.
    /// @param toOperator Owner of the pool to enter.
    /// @param toTask The task to enter; open or running.
    /// @param gm gmFLOCK to move.
    /// @param maxCommissionBps The highest commission of the new pool the caller agrees to, in basis points.
    function redelegate(
        address fromOperator,
        uint256 fromTask,
        address toOperator,
        uint256 toTask,
        uint96 gm,
        uint16 maxCommissionBps
    ) external;

    /// @notice Writes a pool's slashes into a delegator's record, position and votes.
    /// @dev Anyone can call. No effect if there was no slash since the record was last written.
    /// @param delegator Owner of the record.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    function sync(address delegator, address operator, uint256 taskId) external;

    // --- For everybody ---

    /// @notice Pays the treasury what slashes and rounding have left it.
    /// @dev Anyone can call. Reverts with NothingToWithdraw.
    function payTreasury() external;

    // --- For the guardian and for governance ---

    /// @notice Stops `lock`, `allocate`, `delegateTo`, `redelegate` and `hold`, and nothing that gives stake back.
    /// @dev For the guardian. Reverts with EnforcedPause if paused already.
    function pause() external;

    /// @notice Ends the pause.
    /// @dev For the guardian. Reverts with ExpectedPause if not paused.
    function unpause() external;

    /// @notice Sets the treasury, which gets entry fees and slashes.
    /// @dev For governance. Reverts with TreasuryIsZero.
    /// @param treasury The new treasury.
    function setTreasury(address treasury) external;

    /// @notice Sets the entry fee of locks from now on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param entryFeeBps Basis points of what is locked, at most MAX_ENTRY_FEE_BPS.
    function setEntryFeeBps(uint256 entryFeeBps) external;

    /// @notice Sets the delay before a key that replaces another acts, for keys named from now on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param operatorDelay Seconds, at most MAX_OPERATOR_DELAY.
    function setOperatorDelay(uint256 operatorDelay) external;

    /// @notice Sets the cool-down of undelegations that begin from now on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param cooldown Seconds, from MIN_COOLDOWN to MAX_COOLDOWN.
    function setCooldown(uint256 cooldown) external;

    /// @notice Sets for how long commissions are frozen before a task's end, and after it.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param sigmaFreeze Seconds, at most MAX_SIGMA_FREEZE.
    function setSigmaFreeze(uint256 sigmaFreeze) external;

    /// @notice Sets how many times its own stake an operator can have delegated to it.
    /// @dev For governance. Reverts with OutOfBounds. A pool that is above a lowered cap keeps what it has.
    /// @param delegationRatio A multiple of the own stake, from 1 to MAX_DELEGATION_RATIO.
    function setDelegationRatio(uint256 delegationRatio) external;

    // --- Bounds ---

    /// @notice The highest entry fee.
    /// @return Basis points; 1_000.
    function MAX_ENTRY_FEE_BPS() external view returns (uint256);

    /// @notice The longest operator delay.
    /// @return Seconds; 7 days.
    function MAX_OPERATOR_DELAY() external view returns (uint256);

    /// @notice The shortest cool-down.
    /// @return Seconds; 1 hour.
    function MIN_COOLDOWN() external view returns (uint256);

    /// @notice The longest cool-down.
    /// @return Seconds; 14 days.
    function MAX_COOLDOWN() external view returns (uint256);

    /// @notice The longest freeze of commissions.
    /// @return Seconds; 14 days.
    function MAX_SIGMA_FREEZE() external view returns (uint256);

    /// @notice The highest delegation ratio.
    /// @return A multiple of the own stake; 100.
    function MAX_DELEGATION_RATIO() external view returns (uint256);

    /// @notice The least first delegation to a pool.
    /// @return gmFLOCK; 1e18.
    function MINIMUM_DELEGATION() external view returns (uint96);

    /// @notice How long after the poke FLOCK can be redeemed.
    /// @return Seconds; 7 days.
    function EXIT_DELAY() external view returns (uint256);

    // --- Views ---

    /// @notice The token that is locked.
    /// @return FLOCK.
    function token() external view returns (IERC20);

    /// @notice The contract that keeps the tasks.
    /// @return The TaskManager.
    function tasks() external view returns (ITaskManager);

    /// @notice Who gets entry fees and slashes.
    /// @return The treasury.
    function treasury() external view returns (address);

    /// @notice What `payTreasury` would pay now.
    /// @return Wei of FLOCK.
    function owedToTreasury() external view returns (uint256);

    /// @notice The fee of locking.
    /// @return Basis points of what is locked; 0 at deployment.
    function entryFeeBps() external view returns (uint256);

    /// @notice How long a key that replaces another waits until it acts.
    /// @return Seconds; 1 hour at deployment.
    function operatorDelay() external view returns (uint256);

    /// @notice How long undelegated gmFLOCK waits until it can be collected.
    /// @return Seconds; 14 days at deployment.
    function cooldown() external view returns (uint256);

    /// @notice For how long commissions are frozen before a task's end, and after it.
    /// @return Seconds; 2 days at deployment.
    function sigmaFreeze() external view returns (uint256);

    /// @notice How many times its own stake can be delegated to an operator; only that much of a pool earns or is
    /// slashed.
    /// @return A multiple of the own stake; 10 at deployment.
    function delegationRatio() external view returns (uint256);

    /// @notice An account's position as stored: the end of its lock counts only once it was poked.
    /// @param account The account.
    /// @return Its position; all zero if it never locked.
    function positionOf(address account) external view returns (Position memory);

    /// @notice An account's own stake on a task.
    /// @param account The account.
    /// @param taskId The task.
    /// @return Its stake; all zero if it never had any there.
    function allocationOf(address account, uint256 taskId) external view returns (Allocation memory);

    /// @notice All stake on a task, own and delegated.
    /// @param taskId The task.
    /// @return gmFLOCK.
    function stakedOn(uint256 taskId) external view returns (uint256);

    /// @notice From which day to which there was stake on a task; both 0 if there never was any.
    /// @param taskId The task.
    /// @return first Day (timestamp / 86_400) on which stake first came.
    /// @return last Day on which the last stake left; the largest uint256 while there is any.
    function stakedDaysOf(uint256 taskId) external view returns (uint256 first, uint256 last);

    /// @notice An operator's pool on a task.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @return The pool; its factor is 0 if it was never set.
    function poolOf(address operator, uint256 taskId) external view returns (Pool memory);

    /// @notice A delegator's record in a pool as of now, with every slash applied, also those not written by `sync`
    /// yet.
    /// @param delegator Owner of the record.
    /// @param operator Owner of the pool.
    /// @param taskId The task.
    /// @return The record.
    function delegationOf(address delegator, address operator, uint256 taskId)
        external
        view
        returns (Delegation memory);

    /// @notice The key an owner named last.
    /// @param owner Account acted for.
    /// @return operator The key; zero for none.
    /// @return since When it starts to act, in Unix seconds; 0 only if none was ever named.
    function operatorOf(address owner) external view returns (address operator, uint40 since);

    /// @notice Whether a key acts for an owner as its operator now.
    /// @param owner Account acted for.
    /// @param who The key.
    /// @return True if it does; always false for the zero address.
    function isOperatorOf(address owner, address who) external view returns (bool);

    /// @notice Whether an account acts for an owner now: as the owner itself or as its operator.
    /// @param owner Account acted for.
    /// @param who Account that acts.
    /// @return True if it does.
    function actsFor(address owner, address who) external view returns (bool);

    /// @notice The multiplier of a new lock.
    /// @dev Reverts with LockDaysOutOfRange.
    /// @param lockDays Days, 1 to 365.
    /// @return gmFLOCK per FLOCK, as a WAD (1e18 is one).
    function multiplierFor(uint256 lockDays) external pure returns (uint256);
}
