// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { ITaskManager } from "./interfaces/ITaskManager.sol";
import { StakingLocks } from "./staking/StakingLocks.sol";
import { StakingStakes } from "./staking/StakingStakes.sol";
import { StakingStorage } from "./staking/StakingStorage.sol";
import { StakingTerms } from "./staking/StakingTerms.sol";

/// @title Locks, stake and delegation of FLOCK
/// @notice See IStaking. Its parts are in `staking/`.
contract Staking is StakingLocks, StakingStakes {
    /// @param token_ FLOCK.
    /// @param tasks_ The TaskManager.
    /// @param treasury_ Who gets entry fees and slashes.
    /// @param authority The access manager.
    constructor(IERC20 token_, ITaskManager tasks_, address treasury_, address authority)
        StakingStorage(token_, tasks_, authority)
        StakingTerms(treasury_)
    { }
}
