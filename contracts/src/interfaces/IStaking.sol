// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ITaskManager } from "./ITaskManager.sol";

/// @notice What an account stakes for on a task. An Alliance uses Member.
enum Role {
    Trainer,
    Validator,
    Member
}

/// @notice One position an account. Amounts: `flock` in wei of FLOCK; `gm`, `allocated` and `delegated` in units of
/// gmFLOCK. `gm` and `flock` are what is here, `delegated` the gmFLOCK that stands in pools of others, as last brought
/// up to date; votes are of both. `era` counts the locks begun: the first, and each that revived an expired one.
struct Position {
    uint96 gm;
    uint96 allocated;
    uint40 unlockAt;
    uint24 era;
    uint96 flock;
    uint96 delegated;
}

/// @notice gmFLOCK an account has put on one task in one role. `holder` is the contract whose duty holds it, if any.
struct Allocation {
    uint96 amount;
    address holder;
}

/// @notice All that is delegated to one operator on one task. `factor` (RAY) is multiplied by the share that each slash
/// leaves; when little is left of it, or nothing in the pool, a new `generation` begins and what was there is gone.
struct Pool {
    uint96 gm;
    uint96 flock;
    uint32 generation;
    uint16 sigmaBps;
    bool isOpen;
    uint128 factor;
    uint32 delegators;
}

/// @notice What one delegator has in one pool, as of `factor`. `leaving` of `gm` may be collected from `leavesAt` on.
/// `era` is that of the lock of which the oldest of it came.
struct Delegation {
    uint96 gm;
    uint96 flock;
    uint24 era;
    uint32 generation;
    uint128 factor;
    uint96 leaving;
    uint32 leavesAt;
}

/// @title The only holder of locked FLOCK
/// @notice Locking FLOCK gives gmFLOCK, longer locks give more. gmFLOCK is put on tasks as stake or delegated to others
/// who do; it votes in governance; it is never transferred. See docs/protocol.md, "Staking".
interface IStaking {
    /// @notice `flock` is what came in without the fee.
    event Locked(address indexed account, uint256 flock, uint256 gm, uint256 unlockAt, uint256 fee);
    event Extended(address indexed account, uint256 gm, uint256 unlockAt);
    event Poked(address indexed account, uint256 gm);
    event Redeemed(address indexed account, uint256 gm, uint256 flock);
    event Allocated(address indexed account, uint256 indexed taskId, Role indexed role, uint256 gm);
    event Deallocated(address indexed account, uint256 indexed taskId, Role indexed role, uint256 gm);
    /// @notice From `since` on `operator` acts for `owner`; the one before it acts no more at once.
    event OperatorSet(address indexed owner, address indexed operator, uint256 since);
    event Held(address indexed account, uint256 indexed taskId, Role indexed role, uint256 gm);
    event Released(address indexed account, uint256 indexed taskId, Role indexed role);
    event Slashed(
        address indexed account,
        uint256 indexed taskId,
        Role indexed role,
        uint256 gm,
        uint256 flock,
        address keeper,
        uint256 keeperCut
    );
    event KeeperCreditWithdrawn(address indexed keeper, uint256 flock);

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
        uint256 generation,
        address keeper,
        uint256 keeperCut
    );
    event DelegationUpdated(
        address indexed delegator, address indexed operator, uint256 indexed taskId, uint256 gmLost
    );

    event TreasurySet(address treasury);
    event EntryFeeBpsSet(uint256 entryFeeBps);
    event KeeperBpsSet(uint256 keeperBps);
    event OperatorDelaySet(uint256 operatorDelay);
    event CooldownSet(uint256 cooldown);
    event SigmaFreezeSet(uint256 sigmaFreeze);

    error AmountIsZero();
    error LockDaysOutOfRange(uint256 lockDays);
    error TokenTookAFee(uint256 sent, uint256 received);
    error StillLocked(uint256 unlockAt);
    error LockHasExpired(uint256 unlockAt);
    error LockTooShortForStake(uint256 allocated, uint256 gmAfter);
    error NothingToPoke();
    error NotEnoughAvailable(uint256 wanted, uint256 available);
    error NotEnoughAllocated(uint256 wanted, uint256 allocated);
    error StakeIsHeld(uint256 taskId);
    error StakeBelowMinimum(uint256 stake, uint256 minimum);
    error NothingToWithdraw();
    error TreasuryIsZero();
    error PoolIsClosed(address operator, uint256 taskId);
    error SigmaIsFrozen(uint256 taskId, uint256 from, uint256 until);
    error SigmaMayNotRise(uint256 from, uint256 to);
    error SigmaIsAbove(uint256 sigmaBps, uint256 most);
    error CannotDelegateToOneself();
    error DelegationBelowMinimum(uint256 gm, uint256 minimum);
    error NotEnoughDelegated(uint256 wanted, uint256 delegated);
    error NothingIsLeaving();
    error StillCoolingDown(uint256 leavesAt);
    error OperatorHasADuty(address operator, uint256 taskId);
    error TaskIsNotAlive(uint256 taskId);
    error TaskHasNotEnded(uint256 taskId);
    /// @notice A governed number outside its hard bounds; each contract that has such numbers names it so.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    // --- The owner's position ---

    /// @notice Locks `amount` of FLOCK less the entry fee for `lockDays` (1 to 365) and mints gmFLOCK at LockMath's
    /// multiplier of the time left. Adding to a live lock may lengthen it, never shorten it. Adding to an expired one
    /// first re-rates all its gmFLOCK to the new time, downwards only, and begins a new era; refused if that leaves less
    /// than what stands on tasks. Refused while paused.
    function lock(uint256 amount, uint256 lockDays) external;

    /// @notice As `lock`, with an EIP-2612 permit for the allowance; one that was used already does no harm.
    function lockWithPermit(uint256 amount, uint256 lockDays, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Makes a live lock last at least `lockDays` from now and re-rates the whole, upwards only.
    function extend(uint256 lockDays) external;

    /// @notice Once `account`'s lock has expired: re-rates its gmFLOCK down to its FLOCK, but never below what stands on
    /// tasks. Anyone may.
    function poke(address account) external;

    /// @notice Burns unallocated gmFLOCK once the lock is over and pays its FLOCK, rounded down.
    function redeem(uint256 gmAmount) external;

    /// @notice Names the one key that may act on tasks for the caller; zero for none. It can never move stake. The one
    /// before stops at once; a first one acts at once, one that replaces another after `operatorDelay`.
    function setOperator(address operator) external;

    // --- Stake on tasks ---

    /// @notice Puts `gm` of the caller's free gmFLOCK on a task. Needs a live lock. Refused while paused.
    function allocate(uint256 taskId, Role role, uint96 gm) external;

    /// @notice Takes `gm` off a task again; refused while a duty holds it.
    function deallocate(uint256 taskId, Role role, uint96 gm) external;

    /// @notice Pays the caller its shares of the slashes it executed.
    function withdrawKeeperCredit() external;

    // --- Delegation ---

    /// @notice Whether the caller takes delegation on a task, and the share `sigmaBps` [0, 10_000] of what delegation
    /// adds to its reward that it keeps. Once set, that share only falls while there is anything in the pool, and is
    /// frozen from `sigmaFreeze` before the task's end until as long after it. The task is open or running.
    function setPool(uint256 taskId, uint16 sigmaBps, bool isOpen) external;

    /// @notice Moves `gm` of the caller's free gmFLOCK, with the FLOCK behind it, to the pool of `operator` on a task
    /// that is open or running, unless the operator keeps more than `mostSigmaBps` by now. The first deposit is at least
    /// MINIMUM_DELEGATION. Needs a live lock; refused while paused. Votes stay with the caller.
    function delegateTo(address operator, uint256 taskId, uint96 gm, uint16 mostSigmaBps) external;

    /// @notice Begins to take `gm` back: `collect` pays it after `cooldown`, until then it can be slashed. Asking again
    /// adds to it, and all of it waits anew.
    function undelegate(address operator, uint256 taskId, uint96 gm) external;

    /// @notice Brings what has left a pool back into `delegator`'s position; anyone may. Refused while the operator has a
    /// duty. Once a task has ended there is no cool-down, and all that is there comes back.
    /// If the delegator's lock began a new era meanwhile, its gmFLOCK is re-rated to the time left, downwards only.
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

    /// @notice Writes the slashes of a pool into a delegator's record and votes; anyone may.
    function bringUpToDate(address delegator, address operator, uint256 taskId) external;

    // --- For settlers ---

    /// @notice Marks an allocation as held by a duty of the calling contract, which is an IDuties. Refused while paused.
    /// @return amount what is allocated, at least `minimum`.
    function hold(address account, uint256 taskId, Role role, uint96 minimum) external returns (uint96 amount);

    /// @notice Ends a hold of the calling contract.
    function release(address account, uint256 taskId, Role role) external;

    /// @notice Removes stake with its share of FLOCK (rounded up): `keeperBps` of it is credited to `keeper`, the rest
    /// goes to the treasury. `gm` is what the own stake would lose without delegation; with it the same fraction of own
    /// and delegated stake is lost, the own stake first. Takes what is there, never reverts on the victim's state.
    /// @return gmSlashed of the own stake.
    /// @return flockSlashed FLOCK behind that, in wei.
    /// @return gmLeft the own allocation afterwards.
    function slash(address account, uint256 taskId, Role role, uint256 gm, address keeper)
        external
        returns (uint256 gmSlashed, uint256 flockSlashed, uint256 gmLeft);

    // --- For the guardian and for governance ---

    /// @notice Stops `lock`, `allocate`, `delegateTo`, `redelegate` and `hold`; nothing that gives back.
    function pause() external;
    function unpause() external;
    function setTreasury(address treasury) external;
    function setEntryFeeBps(uint256 entryFeeBps) external;
    function setKeeperBps(uint256 keeperBps) external;
    function setOperatorDelay(uint256 operatorDelay) external;
    function setCooldown(uint256 cooldown) external;
    function setSigmaFreeze(uint256 sigmaFreeze) external;

    // --- Views ---

    function MAX_ENTRY_FEE_BPS() external view returns (uint256); // 1_000
    function MAX_KEEPER_BPS() external view returns (uint256); // 5_000
    function MAX_OPERATOR_DELAY() external view returns (uint256); // 7 days
    function MIN_COOLDOWN() external view returns (uint256); // 1 hours
    function MAX_COOLDOWN() external view returns (uint256); // 14 days
    function MAX_SIGMA_FREEZE() external view returns (uint256); // 14 days
    function MINIMUM_DELEGATION() external view returns (uint96); // 1e18

    function token() external view returns (IERC20);
    function tasks() external view returns (ITaskManager);
    function treasury() external view returns (address);
    function entryFeeBps() external view returns (uint256); // 0
    function keeperBps() external view returns (uint256); // 1_000
    function operatorDelay() external view returns (uint256); // 1 hours
    function cooldown() external view returns (uint256); // 14 days
    function sigmaFreeze() external view returns (uint256); // 2 days
    function positionOf(address account) external view returns (Position memory);
    /// @notice gmFLOCK of `account` that is on no task and in no pool.
    function availableOf(address account) external view returns (uint256);
    function allocationOf(address account, uint256 taskId, Role role)
        external
        view
        returns (Allocation memory);
    /// @notice Own and delegated gmFLOCK on a task, of all roles.
    function stakedOn(uint256 taskId) external view returns (uint256);
    function poolOf(address operator, uint256 taskId) external view returns (Pool memory);
    /// @notice What a delegator has in a pool now, every slash counted.
    function delegationOf(address delegator, address operator, uint256 taskId)
        external
        view
        returns (Delegation memory);
    function keeperCreditOf(address keeper) external view returns (uint256);
    /// @notice The key named last, and from when on it acts.
    function operatorOf(address owner) external view returns (address operator, uint40 since);
    function isOperatorOf(address owner, address who) external view returns (bool);
    /// @notice Whether `who` is `owner` or its operator.
    function actsFor(address owner, address who) external view returns (bool);
    /// @notice gmFLOCK per FLOCK of a lock of `lockDays`, as a WAD.
    function multiplierFor(uint256 lockDays) external pure returns (uint256);
}
