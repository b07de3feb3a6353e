// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice What an account stakes for on a task. An Alliance uses Member.
enum Role {
    Trainer,
    Validator,
    Member
}

/// @notice One position an account. Amounts: `flock` in wei of FLOCK, `gm` and `allocated` in units of gmFLOCK.
struct Position {
    uint96 gm;
    uint96 allocated;
    uint40 unlockAt;
    uint96 flock;
    address operator;
}

/// @notice gmFLOCK an account has put on one task in one role. Held while it has a duty there.
struct Allocation {
    uint96 amount;
    bool held;
}

/// @title The only holder of locked FLOCK
/// @notice Locking FLOCK gives gmFLOCK, longer locks give more. gmFLOCK is put on tasks as stake; it is never
/// transferred. See docs/protocol.md, "Contracts".
interface IStaking {
    event Locked(address indexed account, uint256 flock, uint256 gm, uint256 unlockAt);
    event Redeemed(address indexed account, uint256 gm, uint256 flock);
    event Allocated(address indexed account, uint256 indexed taskId, Role indexed role, uint256 gm);
    event Deallocated(address indexed account, uint256 indexed taskId, Role indexed role, uint256 gm);
    event OperatorSet(address indexed owner, address indexed operator);
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
    event TreasurySet(address treasury);

    error AmountIsZero();
    error LockDaysOutOfRange(uint256 lockDays);
    error TokenTookAFee(uint256 sent, uint256 received);
    error StillLocked(uint256 unlockAt);
    error LockHasExpired(uint256 unlockAt);
    error LockTooShortForStake(uint256 allocated, uint256 gmAfter);
    error NotEnoughAvailable(uint256 wanted, uint256 available);
    error NotEnoughAllocated(uint256 wanted, uint256 allocated);
    error StakeIsHeld(uint256 taskId);
    error StakeBelowMinimum(uint256 stake, uint256 minimum);
    error NothingToWithdraw();
    error TreasuryIsZero();

    /// @notice Locks `amount` of FLOCK for `lockDays` (1 to 365) and mints gmFLOCK at LockMath's multiplier of the
    /// time left. Adding to a live lock may lengthen it, never shorten it. Adding to an expired one first re-rates
    /// all its gmFLOCK to the new time, downwards only; refused if that leaves less than what stands on tasks.
    function lock(uint256 amount, uint256 lockDays) external;

    /// @notice Burns unallocated gmFLOCK once the lock is over and pays its FLOCK, rounded down.
    function redeem(uint256 gmAmount) external;

    /// @notice Puts `gm` of the caller's free gmFLOCK on a task. Needs a live lock.
    function allocate(uint256 taskId, Role role, uint96 gm) external;

    /// @notice Takes `gm` off a task again; refused while a duty holds it.
    function deallocate(uint256 taskId, Role role, uint96 gm) external;

    /// @notice Names the one key that may act on tasks for the caller; zero for none. It can never move stake.
    function setOperator(address operator) external;

    /// @notice Pays the caller its shares of the slashes it executed.
    function withdrawKeeperCredit() external;

    /// @notice Marks an allocation as held by a duty. Restricted to settlers.
    /// @return amount what is allocated, at least `minimum`.
    function hold(address account, uint256 taskId, Role role, uint96 minimum) external returns (uint96 amount);

    /// @notice Ends a hold. Restricted to settlers.
    function release(address account, uint256 taskId, Role role) external;

    /// @notice Removes up to `gm` of an allocation with its share of FLOCK (rounded up): a tenth is credited to
    /// `keeper`, the rest goes to the treasury. Takes what is there and never reverts on the victim's state.
    /// Restricted to settlers.
    /// @return gmSlashed at most `gm` and at most what was allocated.
    /// @return flockSlashed FLOCK removed, in wei.
    /// @return gmLeft the allocation afterwards.
    function slash(address account, uint256 taskId, Role role, uint256 gm, address keeper)
        external
        returns (uint256 gmSlashed, uint256 flockSlashed, uint256 gmLeft);

    /// @notice Where slashed FLOCK goes; not zero. Restricted to governance.
    function setTreasury(address treasury) external;

    function token() external view returns (IERC20);
    function treasury() external view returns (address);
    function positionOf(address account) external view returns (Position memory);
    /// @notice gmFLOCK of `account` that is on no task.
    function availableOf(address account) external view returns (uint256);
    function allocationOf(address account, uint256 taskId, Role role) external view returns (Allocation memory);
    function keeperCreditOf(address keeper) external view returns (uint256);
    function isOperatorOf(address owner, address who) external view returns (bool);
    /// @notice Whether `who` is `owner` or its operator.
    function actsFor(address owner, address who) external view returns (bool);
    /// @notice gmFLOCK per FLOCK of a lock of `lockDays`, as a WAD.
    function multiplierFor(uint256 lockDays) external pure returns (uint256);
}
