// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ITaskManager } from "./ITaskManager.sol";

/// @notice What an account has locked and put nowhere: `gm` units of gmFLOCK and the `flock` wei behind them. Its lock was
/// given for `lockDays` and ends at `unlockAt`; once it has been poked after its end, `lockDays` is 0 and `unlockAt` is when
/// its FLOCK may be redeemed. `era` counts the locks that have ended. `allocated` and `delegated` gmFLOCK stand on tasks and
/// in pools, each with the FLOCK behind it, as last brought up to date; `voteless` of them are of an era before this one.
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

/// @notice gmFLOCK an account has put on one task, with the FLOCK behind it. `era` is that of the lock of which the oldest
/// of it came; `isHeld` while a duty of the task's board holds it.
struct Allocation {
    uint96 gm;
    uint96 flock;
    uint16 era;
    bool isHeld;
}

/// @notice All that is delegated to one operator on one task. `factor` (PoolMath.FULL at first) is multiplied by the share
/// that each slash leaves; when nothing is left in the pool, a new `generation` begins and what was there is gone.
struct Pool {
    uint96 gm;
    uint96 flock;
    uint32 generation;
    uint16 sigmaBps;
    bool isOpen;
    uint128 factor;
    uint32 delegators;
}

/// @notice What one delegator has in one pool, as of `factor`. `leaving` of `gm` may be collected from `leavesAt` on; if the
/// operator has a duty then, `queuedBehind` is the duty that is still waited for. `era` is that of the lock of which the
/// oldest of it came.
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

/// @title The only holder of locked FLOCK
/// @notice Locking FLOCK gives gmFLOCK, longer locks give more. gmFLOCK is put on tasks as stake or delegated to others
/// who do; it votes in governance; it is never transferred. See docs/protocol.md, "Staking".
interface IStaking {
    /// @notice `flock` is what came in without the fee.
    event Locked(
        address indexed account, uint256 flock, uint256 gm, uint256 unlockAt, uint256 lockDays, uint256 fee
    );
    event Extended(address indexed account, uint256 gm, uint256 unlockAt, uint256 lockDays);
    /// @notice The lock of `account` is over: `gm` is what is free of it, at one for each FLOCK; nothing of it votes.
    event Poked(address indexed account, uint256 gm, uint256 redeemableAt);
    event Redeemed(address indexed account, uint256 gm, uint256 flock);
    event Allocated(address indexed account, uint256 indexed taskId, uint256 gm, uint256 flock);
    /// @notice `gm` left the task with `flock`; `gmKept` of it arrived in the account's position.
    event Deallocated(
        address indexed account, uint256 indexed taskId, uint256 gm, uint256 flock, uint256 gmKept
    );
    /// @notice From `since` on `operator` acts for `owner`; the one before it acts no more at once.
    event OperatorSet(address indexed owner, address indexed operator, uint256 since);
    event Held(address indexed account, uint256 indexed taskId, uint256 gm);
    event Released(address indexed account, uint256 indexed taskId);
    event Slashed(address indexed account, uint256 indexed taskId, uint256 gm, uint256 flock);
    event TreasuryPaid(address indexed treasury, uint256 amount);

    event PoolSet(address indexed operator, uint256 indexed taskId, uint256 sigmaBps, bool isOpen);
    event StakeDelegated(
        address indexed delegator, address indexed operator, uint256 indexed taskId, uint256 gm, uint256 flock
    );
    event UndelegationBegun(
        address indexed delegator,
        address indexed operator,
        uint256 indexed taskId,
        uint256 gm,
        uint256 leavesAt
    );
    /// @notice What is leaving waits for the end of the operator's duty of this number, and for no later one.
    event CollectQueued(
        address indexed delegator, address indexed operator, uint256 indexed taskId, uint256 duty
    );
    /// @notice `gm` left the pool with `flock`; `gmKept` of it arrived in the delegator's position.
    event StakeUndelegated(
        address indexed delegator,
        address indexed operator,
        uint256 indexed taskId,
        uint256 gm,
        uint256 flock,
        uint256 gmKept
    );
    /// @notice `gm` and `flock` left the pool; with a new `generation` nothing is left in it.
    event PoolSlashed(
        address indexed operator,
        uint256 indexed taskId,
        uint256 gm,
        uint256 flock,
        uint256 factor,
        uint256 generation
    );
    event DelegationUpdated(
        address indexed delegator, address indexed operator, uint256 indexed taskId, uint256 gmLost
    );

    event TreasurySet(address treasury);
    event EntryFeeBpsSet(uint256 entryFeeBps);
    event OperatorDelaySet(uint256 operatorDelay);
    event CooldownSet(uint256 cooldown);
    event SigmaFreezeSet(uint256 sigmaFreeze);
    event DelegationRatioSet(uint256 delegationRatio);

    error AmountIsZero();
    error LockDaysOutOfRange(uint256 lockDays);
    error LockMayNotShorten(uint256 lockDays, uint256 least);
    error TokenTookAFee(uint256 sent, uint256 received);
    error StillLocked(uint256 unlockAt);
    error LockHasExpired(uint256 unlockAt);
    error NothingToPoke();
    error PokeFirst(address account);
    error NotRedeemableBefore(uint256 redeemableAt);
    error NotEnoughAvailable(uint256 wanted, uint256 available);
    error NotEnoughAllocated(uint256 wanted, uint256 allocated);
    error StakeIsHeld(uint256 taskId);
    error StakeBelowMinimum(uint256 stake, uint256 minimum);
    error OnlyTheBoardOf(uint256 taskId, address board, address caller);
    error NothingToWithdraw();
    error TreasuryIsZero();
    error PoolIsClosed(address operator, uint256 taskId);
    error PoolIsWorn(address operator, uint256 taskId);
    error DelegationAboveCap(uint256 delegated, uint256 most);
    error SigmaIsFrozen(uint256 taskId, uint256 from, uint256 until);
    error SigmaMayNotRise(uint256 from, uint256 to);
    error SigmaIsAbove(uint256 sigmaBps, uint256 most);
    error CannotDelegateToOneself();
    error DelegationBelowMinimum(uint256 gm, uint256 minimum);
    error NotEnoughDelegated(uint256 wanted, uint256 delegated);
    error NothingIsLeaving();
    error StillCoolingDown(uint256 leavesAt);
    error OperatorHasADuty(address operator, uint256 taskId, uint256 duty);
    error TaskIsNotAlive(uint256 taskId);
    error TaskHasNotEnded(uint256 taskId);
    /// @notice A governed number outside its hard bounds; each contract that has such numbers names it so.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    // --- The owner's position ---

    /// @notice Locks `amount` of FLOCK less the entry fee for `lockDays` and gives gmFLOCK at LockMath's multiplier of the
    /// time left. Adding to a live lock may lengthen it, never shorten it; what moves its end moves it by at least the
    /// `lockDays` it was given for last, and re-rates all that is free. A lock that is over is begun anew: what is free is
    /// re-rated to the new time, downwards only, and the next era begins. Refused while paused.
    /// @param amount wei of FLOCK, entry fee included; the token must take no fee of its own.
    /// @param lockDays from 1 to 365.
    function lock(uint256 amount, uint256 lockDays) external;

    /// @notice As `lock`, with an EIP-2612 permit for the allowance; one that was used already does no harm.
    function lockWithPermit(uint256 amount, uint256 lockDays, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Makes a live lock last `lockDays` from now and re-rates all that is free.
    /// @param lockDays from what the lock was given for last (`Position.lockDays`) to 365: a multiplier is that of the time
    /// that is left when it is given, so a long lock is not kept alive by short ones.
    function extend(uint256 lockDays) external;

    /// @notice Once `account`'s lock is over: ends its era. Nothing of it votes any more, what is free becomes one gmFLOCK
    /// for each FLOCK at most, and EXIT_DELAY later it may be redeemed. What stands on tasks and in pools is re-rated when
    /// it comes back. Anyone may.
    function poke(address account) external;

    /// @notice Burns free gmFLOCK of a position that was poked at least EXIT_DELAY ago and pays its FLOCK, rounded down.
    /// The delay is longer than any vote: whatever votes stays until the vote's end.
    function redeem(uint256 gmAmount) external;

    /// @notice Names the one key that may act on tasks for the caller; zero for none. It can never move stake. The one
    /// before stops at once; a first one acts at once, one that replaces another after `operatorDelay`.
    function setOperator(address operator) external;

    // --- Stake on tasks ---

    /// @notice Puts `gm` of the caller's free gmFLOCK, with the FLOCK behind it, on a task that is open or running. Needs a
    /// live lock; what stands there then must reach the task's minimum. Refused while paused.
    function allocate(uint256 taskId, uint96 gm) external;

    /// @notice Takes `gm` off a task again; refused while a duty holds it. What stays must reach the task's minimum, or be
    /// nothing. If the lock is over or another has begun since, it is re-rated to the time left, downwards only.
    function deallocate(uint256 taskId, uint96 gm) external;

    // --- For the task's board ---

    /// @notice Holds an account's stake on a task, of at least the task's minimum; again and again without effect. Refused
    /// while paused.
    /// @return gm what stands there.
    function hold(address account, uint256 taskId) external returns (uint96 gm);

    /// @notice Lets go what was held.
    function release(address account, uint256 taskId) external;

    /// @notice Takes the same fraction of an account's own stake on a task and of what is delegated to it there, each
    /// rounded up; it goes to the treasury. Of a pool above `delegationRatio` times the own stake the rest is not touched.
    /// Nothing that anybody but the account can do makes it lose more of its own.
    /// @param stakeAtLeast gmFLOCK that the own stake counts as at least, so that repeated slashes do not shrink; more is
    /// never taken than is there.
    /// @param slashBps of what is at stake [0, 10_000].
    /// @return gm taken of the own stake.
    /// @return flock what was behind it.
    /// @return left gmFLOCK of own stake that is left.
    function slash(address account, uint256 taskId, uint256 stakeAtLeast, uint256 slashBps)
        external
        returns (uint256 gm, uint256 flock, uint256 left);

    // --- Delegation ---

    /// @notice Whether the caller takes delegation on a task, and the share `sigmaBps` [0, 10_000] of what delegation
    /// adds to its reward that it keeps. Once set, that share only falls while there is anything in the pool, and is
    /// frozen from `sigmaFreeze` before the task's end until as long after it. The task is open or running.
    function setPool(uint256 taskId, uint16 sigmaBps, bool isOpen) external;

    /// @notice Moves `gm` of the caller's free gmFLOCK, with the FLOCK behind it, to the pool of `operator` on a task
    /// that is open or running, unless the operator keeps more than `mostSigmaBps` by now, or the pool would hold more than
    /// `delegationRatio` times the operator's own stake there. The first deposit is at least MINIMUM_DELEGATION. Needs a
    /// live lock; refused while paused. Votes stay with the caller.
    function delegateTo(address operator, uint256 taskId, uint96 gm, uint16 mostSigmaBps) external;

    /// @notice Begins to take `gm` back: `collect` pays it after `cooldown`, until then it can be slashed. Asking again
    /// adds to it, and all of it waits anew.
    function undelegate(address operator, uint256 taskId, uint96 gm) external;

    /// @notice Brings what has left a pool back into `delegator`'s position; anyone may. While the operator has a duty, the
    /// first call queues it behind that duty, and once that one is over it is paid, whatever duty has begun since. Once a
    /// task has ended there is no cool-down, and all that is there comes back.
    /// If the delegator's lock is over or another has begun meanwhile, its gmFLOCK is re-rated to the time left, downwards
    /// only.
    function collect(address delegator, address operator, uint256 taskId) external;

    /// @notice Moves `gm` from a pool of a task that has ended straight to another pool, as `delegateTo` does.
    function redelegate(
        address fromOperator,
        uint256 fromTask,
        address toOperator,
        uint256 toTask,
        uint96 gm,
        uint16 mostSigmaBps
    ) external;

    /// @notice Writes the slashes of a pool into a delegator's record, its position and its votes; anyone may.
    function bringUpToDate(address delegator, address operator, uint256 taskId) external;

    // --- For everybody ---

    /// @notice Pays the treasury what slashes have taken. Anyone may.
    function payTreasury() external;

    // --- For the guardian and for governance ---

    /// @notice Stops `lock`, `allocate`, `delegateTo`, `redelegate` and `hold`; nothing that gives back. Guardian.
    function pause() external;
    function unpause() external;
    function setTreasury(address treasury) external;
    function setEntryFeeBps(uint256 entryFeeBps) external;
    function setOperatorDelay(uint256 operatorDelay) external;
    function setCooldown(uint256 cooldown) external;
    function setSigmaFreeze(uint256 sigmaFreeze) external;
    function setDelegationRatio(uint256 delegationRatio) external;

    // --- Views ---

    function MAX_ENTRY_FEE_BPS() external view returns (uint256); // 1_000
    function MAX_OPERATOR_DELAY() external view returns (uint256); // 7 days
    function MIN_COOLDOWN() external view returns (uint256); // 1 hours
    function MAX_COOLDOWN() external view returns (uint256); // 14 days
    function MAX_SIGMA_FREEZE() external view returns (uint256); // 14 days
    function MAX_DELEGATION_RATIO() external view returns (uint256); // 100
    function MINIMUM_DELEGATION() external view returns (uint96); // 1e18
    function EXIT_DELAY() external view returns (uint256); // 7 days

    function token() external view returns (IERC20);
    function tasks() external view returns (ITaskManager);
    function treasury() external view returns (address);
    /// @notice Wei that `payTreasury` would pay.
    function owedToTreasury() external view returns (uint256);
    function entryFeeBps() external view returns (uint256); // 0
    function operatorDelay() external view returns (uint256); // 1 hours
    function cooldown() external view returns (uint256); // 14 days
    function sigmaFreeze() external view returns (uint256); // 2 days
    /// @notice How many times an operator's own stake may be delegated to it, and earns and is slashed at most.
    function delegationRatio() external view returns (uint256); // 10
    function positionOf(address account) external view returns (Position memory);
    function allocationOf(address account, uint256 taskId) external view returns (Allocation memory);
    /// @notice Own and delegated gmFLOCK on a task.
    function stakedOn(uint256 taskId) external view returns (uint256);
    /// @notice The days (timestamp / 86_400) from the first to the last on which there was stake on a task; `last` is the
    /// largest number while there is. Both zero if there never was any.
    function stakedDaysOf(uint256 taskId) external view returns (uint256 first, uint256 last);
    function poolOf(address operator, uint256 taskId) external view returns (Pool memory);
    /// @notice What a delegator has in a pool now, every slash counted.
    function delegationOf(address delegator, address operator, uint256 taskId)
        external
        view
        returns (Delegation memory);
    /// @notice The key named last, and from when on it acts.
    function operatorOf(address owner) external view returns (address operator, uint40 since);
    function isOperatorOf(address owner, address who) external view returns (bool);
    /// @notice Whether `who` is `owner` or its operator.
    function actsFor(address owner, address who) external view returns (bool);
    /// @notice gmFLOCK per FLOCK of a lock of `lockDays`, as a WAD.
    function multiplierFor(uint256 lockDays) external pure returns (uint256);
}
