// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Allocation, IStaking, Position, Role } from "./interfaces/IStaking.sol";
import { ITaskManager } from "./interfaces/ITaskManager.sol";
import { LockMath } from "./libraries/LockMath.sol";
import { StakingLocks } from "./staking/StakingLocks.sol";
import { StakingStakes } from "./staking/StakingStakes.sol";
import { StakingStorage } from "./staking/StakingStorage.sol";
import { StakingTerms } from "./staking/StakingTerms.sol";

contract Staking is StakingLocks, StakingStakes {
    constructor(IERC20 token_, ITaskManager tasks_, address treasury_, address authority)
        StakingStorage(token_, tasks_, authority)
        StakingTerms(treasury_)
    { }

    /// @inheritdoc IStaking
    function positionOf(address account) external view returns (Position memory) {
        return _positions[account];
    }

    /// @inheritdoc IStaking
    function availableOf(address account) external view returns (uint256) {
        return _available(_positions[account]);
    }

    /// @inheritdoc IStaking
    function allocationOf(address account, uint256 taskId, Role role)
        external
        view
        returns (Allocation memory)
    {
        return _allocations[account][taskId][role];
    }

    /// @inheritdoc IStaking
    function multiplierFor(uint256 lockDays) external pure returns (uint256) {
        require(lockDays >= 1 && lockDays <= 365, LockDaysOutOfRange(lockDays));
        return LockMath.gmFor(1e18, lockDays * 1 days);
    }
}
