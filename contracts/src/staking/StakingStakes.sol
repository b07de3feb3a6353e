// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Allocation, IStaking, Position, Role } from "../interfaces/IStaking.sol";
import { LockMath } from "../libraries/LockMath.sol";
import { PoolMath } from "../libraries/PoolMath.sol";
import { StakingPools } from "./StakingPools.sol";

/// @title Stake on tasks: put there, held by a duty, slashed
abstract contract StakingStakes is StakingPools {
    // --- The owner ---

    /// @inheritdoc IStaking
    function allocate(uint256 taskId, Role role, uint96 gm) external whenNotPaused {
        Position storage position = _positions[msg.sender];
        require(gm != 0, AmountIsZero());
        _requireLiveLock(position);
        _requireAvailable(position, gm);
        position.allocated += gm;
        _allocations[msg.sender][taskId][role].amount += gm;
        stakedOn[taskId] += gm;
        emit Allocated(msg.sender, taskId, role, gm);
    }

    /// @inheritdoc IStaking
    function deallocate(uint256 taskId, Role role, uint96 gm) external {
        Allocation storage allocation = _allocations[msg.sender][taskId][role];
        require(gm != 0, AmountIsZero());
        require(allocation.holder == address(0), StakeIsHeld(taskId));
        require(gm <= allocation.amount, NotEnoughAllocated(gm, allocation.amount));
        allocation.amount -= gm;
        _positions[msg.sender].allocated -= gm;
        stakedOn[taskId] -= gm;
        emit Deallocated(msg.sender, taskId, role, gm);
    }

    // --- For settlers ---

    /// @inheritdoc IStaking
    function hold(address account, uint256 taskId, Role role, uint96 minimum)
        external
        restricted
        whenNotPaused
        returns (uint96 amount)
    {
        Allocation storage allocation = _allocations[account][taskId][role];
        amount = allocation.amount;
        require(allocation.holder == address(0), StakeIsHeld(taskId));
        require(amount >= minimum, StakeBelowMinimum(amount, minimum));
        allocation.holder = msg.sender;
        emit Held(account, taskId, role, amount);
    }

    /// @inheritdoc IStaking
    function release(address account, uint256 taskId, Role role) external restricted {
        Allocation storage allocation = _allocations[account][taskId][role];
        address holder = allocation.holder;
        require(holder == address(0) || holder == msg.sender, StakeIsHeld(taskId));
        allocation.holder = address(0);
        emit Released(account, taskId, role);
    }

    /// @inheritdoc IStaking
    function slash(address account, uint256 taskId, Role role, uint256 gm, address keeper)
        external
        restricted
        returns (uint256 gmSlashed, uint256 flockSlashed, uint256 gmLeft)
    {
        Allocation storage allocation = _allocations[account][taskId][role];
        uint256 own = allocation.amount;
        uint256 fromPool;
        (gmSlashed, fromPool) = PoolMath.split(gm, own, _pools[account][taskId].gm);
        gmLeft = own - gmSlashed;
        uint256 toTreasury;
        if (gmSlashed != 0) {
            allocation.amount = uint96(gmLeft);
            stakedOn[taskId] -= gmSlashed;
            flockSlashed = _shrink(account, gmSlashed);
            uint256 cut = flockSlashed * keeperBps / BPS;
            keeperCreditOf[keeper] += cut;
            toTreasury = flockSlashed - cut;
            emit Slashed(account, taskId, role, gmSlashed, flockSlashed, keeper, cut);
        }
        if (fromPool != 0) {
            (uint256 flock, uint256 cut) = _slashPool(account, taskId, fromPool, keeper);
            keeperCreditOf[keeper] += cut;
            toTreasury += flock - cut;
        }
        _send(treasury, toTreasury);
    }

    /// @inheritdoc IStaking
    function withdrawKeeperCredit() external {
        uint256 credit = keeperCreditOf[msg.sender];
        require(credit != 0, NothingToWithdraw());
        keeperCreditOf[msg.sender] = 0;
        emit KeeperCreditWithdrawn(msg.sender, credit);
        _send(msg.sender, credit);
    }

    // --- Inside ---

    /// @dev Takes `gm` of allocated gmFLOCK out of a position with its FLOCK; allocated ≤ gm makes this safe.
    function _shrink(address account, uint256 gm) private returns (uint256 flock) {
        Position storage position = _positions[account];
        flock = LockMath.flockUp(position.flock, gm, position.gm);
        _takeOut(position, gm, flock);
        position.allocated -= uint96(gm);
        _moveVotes(account, gm, 0);
    }
}
