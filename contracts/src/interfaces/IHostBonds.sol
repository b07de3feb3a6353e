// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStaking } from "./IStaking.sol";

/// @notice A host as stored.
/// @param bond gmFLOCK it was taken in with; a slash counts at least that much.
/// @param leavesAt When its bond is free, in Unix seconds; 0 unless it is leaving.
/// @param isBonded Whether it is a host.
struct Host {
    uint96 bond;
    uint40 leavesAt;
    bool isBonded;
}

/// @title The bonds of those who host models
/// @notice A bond is gmFLOCK on one task of Staking, whose board this contract is. Nothing is earned there: it stays the
/// host's, votes, and can be slashed.
/// @dev Functions "for the judge" and "for governance" revert with AccessManagedUnauthorized for anyone else.
interface IHostBonds {
    /// @notice The task that bonds are on was made.
    /// @param taskId The task.
    event BondsOpened(uint256 indexed taskId);

    /// @notice A host's bond is held.
    /// @param host The host.
    /// @param bond gmFLOCK.
    event HostBonded(address indexed host, uint256 bond);

    /// @notice A host is leaving.
    /// @param host The host.
    /// @param leavesAt When its bond is free, in Unix seconds.
    event HostLeaving(address indexed host, uint256 leavesAt);

    /// @notice A host has left, and its bond is free.
    /// @param host The host.
    event HostLeft(address indexed host);

    /// @notice A host was slashed and is one no more.
    /// @param host The host.
    /// @param gm gmFLOCK taken.
    /// @param evidence What it was slashed for.
    event HostExpelled(address indexed host, uint256 gm, bytes32 evidence);

    /// @notice The least bond changed.
    /// @param minimumBond gmFLOCK.
    event MinimumBondSet(uint256 minimumBond);

    /// @notice The part of a bond that is slashed changed.
    /// @param slashBps Basis points.
    event SlashBpsSet(uint256 slashBps);

    /// @notice The task that bonds are on exists already, or does not exist yet.
    /// @param taskId The task; 0 if there is none.
    error BondsAreOpen(uint256 taskId);

    /// @notice No other task can name this board.
    error NoTasksHere();

    /// @notice The caller is neither the host nor its operator.
    /// @param account The host.
    /// @param caller Who tried.
    error NotActingFor(address account, address caller);

    /// @notice The bond is too small.
    /// @param bond gmFLOCK on the task.
    /// @param least The least bond.
    error HostBondTooSmall(uint256 bond, uint256 least);

    /// @notice The account is not a host.
    /// @param host The account.
    error NotAHost(address host);

    /// @notice The account is a host already.
    /// @param host The account.
    error AHostAlready(address host);

    /// @notice The host has not announced that it leaves, or the time is not over.
    /// @param leavesAt When it is, in Unix seconds; 0 if it was not announced.
    error NotLeavingBefore(uint256 leavesAt);

    /// @notice A number is outside of its bounds.
    /// @param parameter Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice Makes the task that bonds are on.
    /// @dev Anyone can call, once; the task belongs to this contract, so that nobody can cancel or close it. The caller
    /// pays the creation fee and must have approved it. Reverts with BondsAreOpen.
    function openBonds() external;

    /// @notice Becomes a host: holds the gmFLOCK that the host has allocated to the task.
    /// @dev For the host, or its operator. Reverts with HostBondTooSmall, AHostAlready and NotActingFor.
    /// @param host The host.
    function bond(address host) external;

    /// @notice Announces that a host leaves. It serves nothing new from now on, and can be slashed for LEAVE_SECONDS.
    /// @dev For the host, or its operator. Reverts with NotAHost and NotActingFor.
    /// @param host The host.
    function leave(address host) external;

    /// @notice Frees the bond of a host whose time to leave is over.
    /// @dev Anyone can call. Reverts with NotLeavingBefore.
    /// @param host The host.
    function free(address host) external;

    /// @notice Slashes a host that was proved to be false, and ends its hosting.
    /// @dev For the judge (HostTills) and for governance. All that is slashed is the treasury's. Reverts with NotAHost.
    /// @param host The host.
    /// @param evidence What shows it.
    function expel(address host, bytes32 evidence) external;

    /// @notice Sets the least bond of hosts that come in from now on.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param minimumBond gmFLOCK, MIN_BOND to MAX_BOND.
    function setMinimumBond(uint256 minimumBond) external;

    /// @notice Sets the part of a bond that is slashed.
    /// @dev For governance. Reverts with OutOfBounds.
    /// @param slashBps Basis points, MIN_SLASH_BPS to 10_000.
    function setSlashBps(uint256 slashBps) external;

    /// @notice The lowest `minimumBond`.
    /// @return gmFLOCK; 1e18.
    function MIN_BOND() external view returns (uint256);

    /// @notice The highest `minimumBond`.
    /// @return gmFLOCK; 1_000_000e18.
    function MAX_BOND() external view returns (uint256);

    /// @notice The lowest `slashBps`.
    /// @return Basis points; 1_000.
    function MIN_SLASH_BPS() external view returns (uint256);

    /// @notice The contract that holds the stakes.
    /// @return Staking.
    function staking() external view returns (IStaking);

    /// @notice The task that bonds are on.
    /// @return taskId Its number; 0 until `openBonds`.
    function taskId() external view returns (uint256 taskId);

    /// @notice The least bond.
    /// @return gmFLOCK.
    function minimumBond() external view returns (uint256);

    /// @notice The part of a bond that is slashed.
    /// @return Basis points.
    function slashBps() external view returns (uint256);

    /// @notice A host as stored.
    /// @param host The account.
    /// @return All zero if it is none.
    function hostOf(address host) external view returns (Host memory);

    /// @notice Whether an account is a host that is not leaving.
    /// @param host The account.
    /// @return True if it is.
    function isHost(address host) external view returns (bool);
}
