// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { PostedRoot, RootState } from "../src/interfaces/ISettlement.sol";
import { Allocation, Delegation, Pool, Position } from "../src/interfaces/IStaking.sol";
import { Stream } from "../src/interfaces/IVesting.sol";
import { LockMath } from "../src/libraries/LockMath.sol";
import { MoneyHandler } from "./MoneyHandler.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

/// @notice What each holder owes, added up from its views of everybody.
abstract contract MoneyChecks is RewardsBase {
    /// @dev Slashes, records and moves each round against what they take from; together they differ by less than this.
    uint256 internal constant DUST = 1_000;

    MoneyHandler internal handler;

    // --- What is owed ---

    function _owedByStaking() internal view returns (uint256 owed) {
        owed = staking.owedToTreasury();
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            owed += staking.positionOf(member(i)).flock;
            for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
                owed += staking.allocationOf(member(i), taskId).flock;
                if (i < handler.OPERATORS()) owed += staking.poolOf(member(i), taskId).flock;
            }
        }
    }

    function _owedByTasks() internal view returns (uint256 owed) {
        owed = tasks.owedToTreasury();
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            owed += tasks.taskOf(taskId).balance + handler.refundable(taskId) - handler.refunded(taskId);
        }
    }

    function _owedByVesting() internal view returns (uint256 owed) {
        for (uint256 i = 0; i < handler.CLAIMANTS(); ++i) {
            Stream[] memory streams = vesting.streamsOf(handler.claimant(i));
            for (uint256 k = 0; k < streams.length; ++k) {
                owed += streams[k].amount - streams[k].released;
            }
        }
    }

    function _owedBySettlement() internal view returns (uint256 owed) {
        owed = settlement.owedToTreasury();
        for (uint256 i = 0; i < handler.BONDED(); ++i) {
            owed += settlement.freeBondOf(handler.bonded(i));
        }
        for (uint256 id = 1; id <= settlement.rootCount(); ++id) {
            PostedRoot memory posted = settlement.rootOf(id);
            bool isOpen = posted.state == RootState.Pending || posted.state == RootState.Parked;
            if (isOpen) owed += posted.bond + posted.challengerBond;
        }
    }

    /// @dev What one of the liar's accounts has in bonds, free or tied up.
    function _bondsOf(address account) internal view returns (uint256 bonds) {
        bonds = settlement.freeBondOf(account);
        for (uint256 id = 1; id <= settlement.rootCount(); ++id) {
            PostedRoot memory posted = settlement.rootOf(id);
            if (posted.state != RootState.Pending && posted.state != RootState.Parked) continue;
            if (posted.settler == account) bonds += posted.bond;
            if (posted.challenger == account) bonds += posted.challengerBond;
        }
    }

    function _unvestedOf(address account) internal view returns (uint256 unvested) {
        Stream[] memory streams = vesting.streamsOf(account);
        for (uint256 k = 0; k < streams.length; ++k) {
            unvested += streams[k].amount - streams[k].released;
        }
    }

    /// @dev All that was ever claimed, true and false.
    function _paid() internal view returns (uint256 paid) {
        for (uint256 i = 0; i < handler.CLAIMANTS(); ++i) {
            (uint128 liquid, uint128 streamed) = distributor.claimedOf(handler.claimant(i));
            paid += uint256(liquid) + streamed;
        }
    }

    function _checkHas(address holder, uint256 owed) internal view {
        assertEq(token.balanceOf(holder), owed + handler.donatedTo(holder), "what a holder has");
    }

    function _checkUnpaid(address account) internal view {
        (uint128 liquid, uint128 streamed) = distributor.claimedOf(account);
        assertEq(uint256(liquid) + streamed, 0, "a reward without stake");
        assertEq(vesting.streamsOf(account).length, 0, "a stream without stake");
    }

    function _checkRecordsFitTheirPools() internal view {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            for (uint256 i = 0; i < handler.OPERATORS(); ++i) {
                Pool memory pool = staking.poolOf(member(i), taskId);
                (uint256 gm, uint256 flock) = _records(member(i), taskId);
                assertAtMost(gm, pool.gm, "gmFLOCK of a pool's delegators");
                assertAtMost(flock, pool.flock + DUST, "FLOCK of a pool's delegators");
            }
        }
    }

    function _records(address operator, uint256 taskId) internal view returns (uint256 gm, uint256 flock) {
        for (uint256 k = handler.OPERATORS(); k < handler.MEMBERS(); ++k) {
            Delegation memory record = staking.delegationOf(member(k), operator, taskId);
            (gm, flock) = (gm + record.gm, flock + record.flock);
        }
    }

    function _allocated(address account, uint256[] memory staked) internal view returns (uint256 total) {
        for (uint256 taskId = 1; taskId < staked.length; ++taskId) {
            uint256 own = staking.allocationOf(account, taskId).gm;
            total += own;
            staked[taskId] += own + staking.poolOf(account, taskId).gm;
        }
    }

    /// @dev Once its lock was poked, if it has ended, and every slash synced.
    function _checkVotes(address account) internal {
        Position memory position = staking.positionOf(account);
        if (position.lockDays != 0 && handler.time() >= position.unlockAt) staking.poke(account);
        (uint256 gm, uint256 flock) = _ofItsEra(account);
        position = staking.positionOf(account);
        uint256 votes = staking.getVotes(account);
        if (position.lockDays == 0) return assertEq(votes, 0, "votes without a lock");
        assertEq(votes, gm + position.gm, "votes are of one era");
        uint256 most = LockMath.gmFor(flock + position.flock, uint256(position.lockDays) * 1 days);
        assertAtMost(votes, most + DUST, "votes of a live lock");
    }

    /// @dev What an account has on tasks and in pools that belongs to the era of its lock.
    function _ofItsEra(address account) private returns (uint256 gm, uint256 flock) {
        uint256 era = staking.positionOf(account).era;
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            Allocation memory own = staking.allocationOf(account, taskId);
            if (own.era == era) (gm, flock) = (gm + own.gm, flock + own.flock);
            for (uint256 i = 0; i < handler.OPERATORS(); ++i) {
                staking.sync(account, member(i), taskId);
                Delegation memory record = staking.delegationOf(account, member(i), taskId);
                if (record.era == era) (gm, flock) = (gm + record.gm, flock + record.flock);
            }
        }
    }
}
