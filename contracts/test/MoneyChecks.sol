// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Delegation, Pool, Role } from "../src/interfaces/IStaking.sol";
import { PostedRoot, RootState } from "../src/interfaces/ISettlement.sol";
import { Stream } from "../src/interfaces/IVesting.sol";
import { MoneyHandler } from "./MoneyHandler.sol";
import { RewardsBase } from "./RewardsBase.t.sol";

/// @notice What each holder owes, added up from what it says of everybody.
abstract contract MoneyChecks is RewardsBase {
    /// @dev Slashes round against the pool, and so do the records; together they part by less than this.
    uint256 private constant DUST = 1_000;

    MoneyHandler internal handler;

    // --- What is owed ---

    function _owedByStaking() internal view returns (uint256 owed) {
        owed = staking.keeperCreditOf(handler.keeper());
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            owed += staking.positionOf(member(i)).flock;
            for (uint256 taskId = 1; i < handler.OPERATORS() && taskId <= tasks.taskCount(); ++taskId) {
                owed += staking.poolOf(member(i), taskId).flock;
            }
        }
    }

    function _owedByTasks() internal view returns (uint256 owed) {
        for (uint256 taskId = 1; taskId <= tasks.taskCount(); ++taskId) {
            owed += tasks.taskOf(taskId).balance;
        }
    }

    function _owedByVesting() internal view returns (uint256 owed) {
        for (uint256 i = 0; i < handler.EARNERS(); ++i) {
            Stream[] memory streams = vesting.streamsOf(handler.earner(i));
            for (uint256 k = 0; k < streams.length; ++k) {
                owed += streams[k].amount - streams[k].released;
            }
        }
    }

    function _owedBySettlement() internal view returns (uint256 owed) {
        owed = settlement.freeBondOf(settler) + settlement.freeBondOf(handler.liar())
            + settlement.freeBondOf(challenger) + settlement.freeBondOf(handler.keeper());
        for (uint256 id = 1; id <= settlement.rootCount(); ++id) {
            PostedRoot memory posted = settlement.rootOf(id);
            bool isOpen = posted.state == RootState.Pending || posted.state == RootState.Parked;
            if (isOpen) owed += posted.bond + posted.disputes * BOND;
            else if (posted.state == RootState.Rejected) owed += _wonAgainst(id, posted);
        }
    }

    /// @dev Bonds that challengers were right with, and their shares of the liar's.
    function _wonAgainst(uint256 id, PostedRoot memory posted) private view returns (uint256 won) {
        address[2] memory challengers = [challenger, handler.keeper()];
        for (uint256 i = 0; i < challengers.length; ++i) {
            uint256 own = settlement.disputeBondOf(id, challengers[i]);
            if (own != 0) won += own + posted.bond / posted.disputes;
        }
    }

    function _paid() internal view returns (uint256 paid) {
        for (uint256 i = 0; i < handler.EARNERS(); ++i) {
            (uint128 liquid, uint128 streamed) = distributor.claimedOf(handler.earner(i));
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
            uint256 own = staking.allocationOf(account, taskId, Role.Member).amount;
            total += own;
            staked[taskId] += own + staking.poolOf(account, taskId).gm;
        }
    }
}
