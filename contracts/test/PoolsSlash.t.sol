// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStaking, Pool } from "../src/interfaces/IStaking.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice How a slash falls on own and delegated stake, and what it leaves of records, votes and pools.
contract PoolsSlashTest is PoolPlay {
    address private immutable one = member(1);
    address private immutable other = member(2);

    function test_slash_takesTheSameFractionOfOwnAndDelegated() public {
        back(one, 2_000e18);
        assertEq(slash(1_000), 100e18, "a tenth of the own stake");
        assertEq(ownStake(), 900e18, "own");
        assertEq(pool().gm, 1_800e18, "a tenth of the pool");
        assertEq(pool().flock, 1_800e18, "with its FLOCK");
        assertEq(record(one).gm, 1_800e18, "record");
        assertEq(staking.stakedOn(task), 2_700e18, "on the task");
        assertEq(staking.owedToTreasury(), 300e18, "the treasury's");
    }

    function test_slash_delegationMakesTheOwnStakeLoseNoMore() public {
        uint256 alone = slash(100);
        back(one, 9_000e18);
        staking.slash(operator, task, OWN, 100);
        assertEq(OWN - ownStake(), 2 * alone, "a hundredth twice");
    }

    function test_slash_ofMoreThanTheRatioLeavesTheRest() public {
        back(one, 10_000e18);
        deallocate(operator, task, 500e18);
        slash(5_000);
        assertEq(ownStake(), 250e18, "half of the own stake");
        assertEq(pool().gm, 7_500e18, "half of ten times that");
    }

    function test_slash_allOfItTakesAll() public {
        back(one, 500e18);
        back(other, 1_500e18);
        slash(10_000);
        assertEq(pool().gm + pool().flock, 0, "pool");
        assertEq(pool().generation, 1, "a new generation");
        assertEq(record(one).gm + record(other).gm, 0, "records");
        assertEq(staking.stakedOn(task), 0, "on the task");
        assertEq(staking.owedToTreasury(), 3_000e18, "taken");
    }

    function test_slash_thePoolsPartIsTheTreasurys() public {
        back(one, 2_000e18);
        slash(2_500);
        assertEq(staking.owedToTreasury(), 750e18, "own and pool");
        assertEq(pool().factor, 0.75e36, "factor");
        staking.payTreasury();
        assertEq(token.balanceOf(treasury), 750e18, "paid");
        expectError(IStaking.NothingToWithdraw.selector);
        staking.payTreasury();
    }

    function test_slash_isSharedByShares() public {
        back(one, 100e18);
        back(other, 300e18);
        slash(1_000);
        assertEq(record(one).gm, 90e18, "a tenth of one");
        assertEq(record(other).gm, 270e18, "a tenth of the other");
        back(member(3), 90e18);
        slash(1_000);
        assertEq(record(one).gm, 81e18, "a tenth again");
        assertEq(record(member(3)).gm, 81e18, "who came later shares only the later slash");
    }

    function test_slash_reachesWhatIsLeaving() public {
        back(one, 100e18);
        undelegate(one, 60e18);
        slash(5_000);
        assertEq(record(one).leaving, 30e18, "leaving");
        passCooldown();
        collect(one);
        assertEq(staking.positionOf(one).flock, 30e18, "FLOCK");
        assertEq(record(one).gm, 20e18, "stays");
    }

    function test_slash_takesFlockByThePoolsRatio() public {
        lock(one, 100e18, 365);
        moveIn(one, 301e18);
        back(other, 99e18);
        slash(2_500);
        assertEq(pool().flock, 149.25e18, "a quarter of 199");
        assertEq(record(one).flock, 75e18, "of one");
        assertEq(record(other).flock, 74.25e18, "of the other");
    }

    function test_slash_aNewGenerationStartsWhole() public {
        back(one, 100e18);
        slash(10_000);
        stake(operator, task, OWN);
        back(other, 50e18);
        assertEq(record(one).gm, 0, "the old one's record");
        assertEq(record(other).gm, 50e18, "the new one's");
        assertEq(pool().delegators, 1, "delegators");
        leave(other, 50e18);
        assertEq(staking.positionOf(other).flock, 50e18, "FLOCK");
    }

    function test_slash_ofNothingIsNothing() public {
        back(one, 100e18);
        assertEq(slash(0), 0, "gm");
        assertEq(pool().gm, 100e18, "pool");
    }

    /// @dev Three slashes take up to three wei too much of the pool's FLOCK, and the record says as much.
    function test_slash_whatTheLastToLeaveDidNotGetIsNotOwedWhenItComesBack() public {
        lock(one, 1e18 + 7, 365);
        moveIn(one, 3.01e18 + 21);
        for (uint256 i = 0; i < 3; ++i) {
            slash(333);
        }
        assertTrue(record(one).flock > pool().flock, "the pool has all that its record says");
        uint96 left = record(one).gm;
        leave(one, left);
        moveIn(one, left);
        assertEq(record(one).flock, pool().flock, "FLOCK of the record");
    }

    // --- sync ---

    function test_sync_writesSlashesIntoRecordPositionAndVotes() public {
        back(one, 100e18);
        slash(1_000);
        assertEq(staking.getVotes(one), 100e18, "votes before");
        staking.sync(one, operator, task);
        assertEq(staking.getVotes(one), 90e18, "votes");
        assertEq(staking.positionOf(one).delegated, 90e18, "delegated");
        staking.sync(one, operator, task);
        assertEq(staking.getVotes(one), 90e18, "once");
    }

    function test_sync_clearsTheRecordOfAnOldGeneration() public {
        back(one, 100e18);
        slash(10_000);
        staking.sync(one, operator, task);
        assertEq(staking.getVotes(one), 0, "votes");
        assertEq(staking.positionOf(one).delegated, 0, "delegated");
        stake(operator, task, OWN);
        back(one, 5e18);
        assertEq(record(one).gm, 5e18, "back again");
    }

    function test_sync_aRecordWornToNothingIsForgotten() public {
        _oneWeiOfOneAnd100OfOther();
        assertEq(pool().delegators, 2, "delegators");
        staking.sync(one, operator, task);
        assertEq(pool().delegators, 1, "one wei less a tenth is nothing");
        uint96 left = record(other).gm;
        leave(other, left);
        Pool memory seen = pool();
        assertEq(
            uint256(seen.gm) + seen.flock + seen.delegators, 0, "the last one's dust went to the treasury"
        );
        assertEq(token.balanceOf(address(staking)), owed(2), "custody");
    }

    function test_sync_whoComesBackAfterBeingWornToNothingBeginsAnew() public {
        _oneWeiOfOneAnd100OfOther();
        uint96 left = record(other).gm;
        leave(other, left);
        back(one, 2e18);
        assertEq(record(one).gm, 2e18, "gm");
        assertEq(pool().delegators, 1, "delegators");
        assertEq(pool().flock, 2e18, "FLOCK");
        leave(one, 2e18);
        assertEq(staking.positionOf(one).delegated, 0, "delegated");
    }

    // --- Steps ---

    function _oneWeiOfOneAnd100OfOther() private {
        back(one, 1e18);
        leave(one, 1e18 - 1);
        back(other, 100e18);
        slash(1_000);
    }
}
