// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Delegation, Pool, Position, Role } from "../src/interfaces/IStaking.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice Random sequences of delegating, leaving, collecting and slashing: nothing is lost, nothing is made, and
/// nobody gains by rounding. Fuzz a step from one random word each.
contract PoolsFuzzTest is PoolPlay {
    uint256 private constant DELEGATORS = 4;
    uint256 private constant STEPS = 24;

    uint256 private _locked = OWN;
    uint256 private _slashes;

    /// @notice Custody is what is owed, to the wei, and the books of gm agree with each other.
    function testFuzz_pools_nothingIsLostAndNothingIsMade(uint256 seed) public {
        for (uint256 i = 0; i < STEPS; ++i) {
            _step(uint256(keccak256(abi.encode(seed, i))));
            _checkBooks();
        }
        _everybodyOut();
        assertEq(token.balanceOf(address(staking)), owed(1, DELEGATORS), "custody");
        assertEq(
            _paidOut() + owed(1, DELEGATORS) - staking.keeperCreditOf(keeper), _locked, "what was locked"
        );
        assertEq(staking.stakedOn(task), _own(), "on the task");
    }

    /// @notice Whoever goes in and out again between slashes never takes out more than it put in.
    function testFuzz_pools_nobodyGainsByRounding(uint96 first, uint96 second, uint96 cut, uint16 lockDays)
        public
    {
        address one = member(1);
        lock(one, 1e18 + first % 1e25, 1 + lockDays % 365);
        uint96 gm = staking.positionOf(one).gm;
        uint96 flock = staking.positionOf(one).flock;
        back(member(2), uint96(1e18 + second % 1e25));
        slashPool(1 + cut % pool().gm / 2);
        moveIn(one, gm);
        uint96 part = uint96(1 + second % gm);
        undelegate(one, part);
        passCooldown();
        collect(one);
        if (part < gm) leave(one, gm - part);
        assertTrue(staking.positionOf(one).gm <= gm, "gm gained");
        assertTrue(staking.positionOf(one).flock <= flock, "FLOCK gained");
        assertTrue(uint256(staking.positionOf(one).flock) + 1 >= flock, "FLOCK lost");
    }

    /// @notice A slash takes the same fraction of every record, whatever came before, to a wei each slash.
    function testFuzz_pools_aSlashTakesTheSameFractionOfAll(
        uint96 first,
        uint96 second,
        uint96[4] memory cuts
    ) public {
        (uint256 one, uint256 other) = (1e18 + first % 1e25, 1e18 + second % 1e25);
        back(member(1), uint96(one));
        back(member(2), uint96(other));
        for (uint256 i = 0; i < cuts.length; ++i) {
            uint256 gm = pool().gm;
            slashPool(1 + cuts[i] % (gm / 2));
            (one, other) = (one * pool().gm / gm, other * pool().gm / gm);
        }
        _assertClose(record(member(1)).gm, one, cuts.length + 1, "one");
        _assertClose(record(member(2)).gm, other, cuts.length + 1, "the other");
        assertTrue(
            uint256(record(member(1)).gm) + record(member(2)).gm <= pool().gm, "more than the pool has"
        );
    }

    /// @notice Own and delegated stake lose the fraction that the settler meant of the own stake, the own stake first.
    function testFuzz_slash_isAFractionOfOwnAndDelegated(uint96 delegated, uint96 gm) public {
        uint96 inPool = uint96(1e18 + delegated % 1e25);
        back(member(1), inPool);
        uint256 cut = 1 + gm % (2 * uint256(OWN));
        uint256 meant = cut < OWN ? cut : OWN;
        uint256 fromOwn = slash(cut);
        uint256 taken = fromOwn + inPool - pool().gm;
        _assertClose(taken * OWN, meant * (uint256(OWN) + inPool), OWN, "the fraction");
        assertTrue(taken == fromOwn || fromOwn == OWN, "the pool paid before the own stake was gone");
    }

    // --- Steps ---

    function _step(uint256 r) private {
        address who = member(1 + (r >> 8) % DELEGATORS);
        uint256 which = r % 8;
        if (which < 3) _in(who, r >> 16);
        else if (which < 5) _out(who, r >> 16);
        else if (which == 5) _collect(who);
        else if (which == 6) _slash(r >> 16);
        else staking.bringUpToDate(who, operator, task);
        pass((r >> 248) * 10 minutes);
    }

    function _in(address who, uint256 r) private {
        uint256 flock = 1e18 + r % 1e24;
        lock(who, flock, 30 + (r >> 96) % 300);
        _locked += flock;
        uint256 available = staking.availableOf(who);
        moveIn(who, uint96(1e18 + (r >> 128) % (available - 1e18 + 1)));
    }

    function _out(address who, uint256 r) private {
        Delegation memory seen = record(who);
        if (seen.gm == seen.leaving) return;
        undelegate(who, uint96(1 + r % (seen.gm - seen.leaving)));
    }

    function _collect(address who) private {
        Delegation memory seen = record(who);
        if (seen.leaving == 0) return;
        if (seen.leavesAt > time) pass(seen.leavesAt - time);
        collect(who);
    }

    function _slash(uint256 r) private {
        ++_slashes;
        uint256 gm = pool().gm;
        if (r % 8 == 0) slash(1 + (r >> 8) % OWN);
        else if (gm != 0) slashPool(1 + (r >> 8) % (r % 4 == 1 ? gm : gm / 4 + 1));
    }

    function _everybodyOut() private {
        for (uint256 i = 1; i <= DELEGATORS; ++i) {
            Delegation memory seen = record(member(i));
            staking.bringUpToDate(member(i), operator, task);
            if (seen.gm > seen.leaving) undelegate(member(i), seen.gm - seen.leaving);
        }
        passCooldown();
        for (uint256 i = 1; i <= DELEGATORS; ++i) {
            if (record(member(i)).gm != 0) collect(member(i));
            assertEq(staking.positionOf(member(i)).delegated, 0, "delegated");
            assertEq(staking.getVotes(member(i)), staking.positionOf(member(i)).gm, "votes");
        }
        Pool memory seen_ = pool();
        assertEq(uint256(seen_.gm) + seen_.flock + seen_.delegators, 0, "somebody's dust stayed in the pool");
    }

    // --- Claims ---

    function _checkBooks() private view {
        Pool memory seen = pool();
        uint256 gm;
        uint256 flock;
        for (uint256 i = 1; i <= DELEGATORS; ++i) {
            Delegation memory mine = record(member(i));
            (gm, flock) = (gm + mine.gm, flock + mine.flock);
            Position memory position = staking.positionOf(member(i));
            assertEq(staking.getVotes(member(i)), uint256(position.gm) + position.delegated, "votes");
            assertTrue(
                mine.gm <= position.delegated && mine.leaving <= mine.gm, "more in the pool than delegated"
            );
        }
        assertTrue(gm <= seen.gm, "records exceed the pool's gm");
        assertTrue(
            flock <= seen.flock + _slashes, "records exceed the pool's FLOCK by more than a wei a slash"
        );
        assertEq(staking.stakedOn(task), _own() + seen.gm, "on the task");
        assertEq(token.balanceOf(address(staking)), owed(1, DELEGATORS), "custody");
    }

    function _own() private view returns (uint256) {
        return staking.allocationOf(operator, task, Role.Member).amount;
    }

    function _paidOut() private view returns (uint256) {
        return token.balanceOf(treasury) + staking.keeperCreditOf(keeper);
    }

    function _assertClose(uint256 actual, uint256 expected, uint256 most, string memory what) private pure {
        uint256 difference = actual > expected ? actual - expected : expected - actual;
        assertTrue(difference <= most, what);
    }
}
