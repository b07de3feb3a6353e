// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Delegation, IStaking, Pool, Position } from "../src/interfaces/IStaking.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice Random sequences of staking, delegating, leaving, redeeming and slashing: nothing is lost, nothing is
/// created, and nobody gains by rounding. Each step comes from one random word.
contract PoolsFuzzTest is PoolPlay {
    uint256 private constant DELEGATORS = 4;
    uint256 private constant STEPS = 24;
    /// @dev Enough own stake that the ratio does not bind where it is not meant to.
    uint96 private constant RICH = 1e25;

    uint256 private _locked;
    uint256 private _slashes;

    function setUp() public override {
        super.setUp();
        staking.setDelegationRatio(100);
        stake(operator, task, RICH);
        _locked = uint256(OWN) + RICH;
    }

    /// @notice The balance is what is owed, to the wei, and the sums of gm agree.
    function testFuzz_pools_nothingIsLostAndNothingIsMade(uint256 seed) public {
        for (uint256 i = 0; i < STEPS; ++i) {
            _step(uint256(keccak256(abi.encode(seed, i))));
            _checkBooks();
        }
        _everybodyOut();
        assertEq(token.balanceOf(address(staking)), owed(DELEGATORS), "custody");
        assertEq(owed(DELEGATORS), _locked, "what was locked");
        assertEq(staking.stakedOn(task), ownStake(), "on the task");
    }

    /// @notice Delegating and collecting between slashes never returns more than was put in.
    function testFuzz_pools_nobodyGainsByRounding(uint96 first, uint96 second, uint16 cut, uint16 lockDays)
        public
    {
        address one = member(1);
        lock(one, 1e18 + first % 1e25, 1 + lockDays % 365);
        uint96 gm = staking.positionOf(one).gm;
        uint96 flock = staking.positionOf(one).flock;
        back(member(2), uint96(1e18 + second % 1e25));
        slash(1 + cut % 5_000);
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

    /// @notice A slash takes the same fraction of every record, whatever came before, to within a wei per slash.
    function testFuzz_pools_aSlashTakesTheSameFractionOfAll(
        uint96 first,
        uint96 second,
        uint16[4] memory cuts
    ) public {
        (uint256 one, uint256 other) = (1e18 + first % 1e25, 1e18 + second % 1e25);
        back(member(1), uint96(one));
        back(member(2), uint96(other));
        for (uint256 i = 0; i < cuts.length; ++i) {
            uint256 slashBps = 1 + cuts[i] % 5_000;
            slash(slashBps);
            (one, other) = (_less(one, slashBps), _less(other, slashBps));
        }
        _assertClose(record(member(1)).gm, one, cuts.length + 1, "one");
        _assertClose(record(member(2)).gm, other, cuts.length + 1, "the other");
        assertTrue(
            uint256(record(member(1)).gm) + record(member(2)).gm <= pool().gm, "more than the pool has"
        );
    }

    /// @notice The own stake loses what it would lose alone; the pool, up to the ratio, the same fraction.
    function testFuzz_slash_isAFractionOfOwnAndDelegated(uint96 delegated, uint96 ownLeft, uint16 bps)
        public
    {
        uint96 inPool = uint96(1e18 + delegated % 1e26);
        back(member(1), inPool);
        uint256 own = ownStake();
        uint96 away = uint96(ownLeft % (own - LEAST));
        if (away != 0) deallocate(operator, task, away);
        own -= away;
        uint256 slashBps = bps % 10_001;
        assertEq(slash(slashBps), (own * slashBps + 9_999) / 10_000, "of the own stake");
        uint256 atStake = inPool < 100 * own ? inPool : 100 * own;
        assertEq(inPool - pool().gm, (atStake * slashBps + 9_999) / 10_000, "of the pool");
    }

    /// @notice However worn the pool is, a slash takes its fraction of every record and at most a few wei more.
    function testFuzz_pools_nobodyLosesMoreThanItsFraction(uint256 seed) public {
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            address who = member(1 + (r >> 8) % DELEGATORS);
            uint256 which = r % 8;
            if (which < 2) _tryToBack(who, uint96(1e18 + (r >> 32) % 1e25));
            else if (which == 2) staking.sync(who, operator, task);
            else if (which == 3) _slashAndWatch(9_990 + (r >> 16) % 10);
            else _slashAndWatch(1 + (r >> 16) % (which == 4 ? 9_999 : 100));
        }
    }

    // --- Steps ---

    function _step(uint256 r) private {
        address who = member(1 + (r >> 8) % DELEGATORS);
        uint256 which = r % 12;
        if (which < 3) _in(who, r >> 16);
        else if (which < 5) _out(who, r >> 16);
        else if (which == 5) _collect(who);
        else if (which == 6) _slash(r >> 16);
        else if (which == 7) _on(who, r >> 16);
        else if (which == 8) _off(who, r >> 16);
        else if (which < 11) _redeemOrPoke(who);
        else staking.sync(who, operator, task);
        pass((r >> 248) * (r % 5 == 0 ? 6 hours : 10 minutes));
    }

    function _in(address who, uint256 r) private {
        uint256 flock = 1e18 + r % 1e24;
        uint256 lockDays = 30 + (r >> 96) % 300;
        uint256 least = staking.positionOf(who).lockDays;
        lock(who, flock, lockDays < least ? least : lockDays);
        _locked += flock;
        uint256 free = staking.positionOf(who).gm;
        moveIn(who, uint96(1e18 + (r >> 128) % (free - 1e18 + 1)));
    }

    function _on(address who, uint256 r) private {
        Position memory position = staking.positionOf(who);
        if (position.lockDays == 0 || time >= position.unlockAt || position.gm < LEAST) return;
        allocate(who, task, uint96(LEAST + r % (position.gm - LEAST + 1)));
    }

    function _off(address who, uint256 r) private {
        uint96 there = staking.allocationOf(who, task).gm;
        if (there == 0) return;
        uint96 gm = uint96(1 + r % there);
        deallocate(who, task, gm + LEAST > there ? there : gm);
    }

    function _redeemOrPoke(address who) private {
        Position memory position = staking.positionOf(who);
        if (time < position.unlockAt || position.gm == 0) return;
        if (position.lockDays != 0) return staking.poke(who);
        redeem(who, position.gm);
        _locked -= position.flock;
        assertEq(staking.positionOf(who).flock, 0, "dust of a position");
    }

    function _tryToBack(address who, uint96 gm) private {
        lock(who, gm, 30);
        if (pool().factor < 1e28 && pool().gm != 0) {
            vm.expectRevert(abi.encodeWithSelector(IStaking.PoolIsWorn.selector, operator, task));
        }
        moveIn(who, gm);
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

    /// @dev One in eight takes all.
    function _slash(uint256 r) private {
        ++_slashes;
        uint256 slashBps = r % 8 == 0 ? 10_000 : 1 + (r >> 8) % 9_999;
        slash(slashBps);
        staking.slash(member(1 + (r >> 24) % DELEGATORS), task, LEAST, slashBps);
        _refill();
    }

    function _slashAndWatch(uint256 slashBps) private {
        uint256[DELEGATORS] memory before;
        for (uint256 i = 0; i < DELEGATORS; ++i) {
            before[i] = record(member(1 + i)).gm;
        }
        uint256 gm = pool().gm;
        slash(slashBps);
        uint256 left = _less(gm, slashBps);
        for (uint256 i = 0; i < DELEGATORS && gm != 0; ++i) {
            _assertClose(record(member(1 + i)).gm, before[i] * left / gm, 3, "more than the fraction");
        }
        _refill();
    }

    /// @dev The operator stakes as much as was taken.
    function _refill() private {
        uint256 missing = uint256(OWN) + RICH - ownStake();
        _locked += missing;
        stake(operator, task, uint96(missing));
    }

    function _everybodyOut() private {
        for (uint256 i = 1; i <= DELEGATORS; ++i) {
            Delegation memory seen = record(member(i));
            staking.sync(member(i), operator, task);
            if (seen.gm > seen.leaving) undelegate(member(i), seen.gm - seen.leaving);
        }
        passCooldown();
        for (uint256 i = 1; i <= DELEGATORS; ++i) {
            if (record(member(i)).gm != 0) collect(member(i));
            uint96 there = staking.allocationOf(member(i), task).gm;
            if (there != 0) deallocate(member(i), task, there);
            Position memory position = staking.positionOf(member(i));
            uint256 outside = uint256(position.delegated) + position.allocated + position.voteless;
            assertEq(outside, 0, "outside");
            assertEq(staking.getVotes(member(i)), position.lockDays == 0 ? 0 : position.gm, "votes");
        }
        Pool memory seen_ = pool();
        assertEq(uint256(seen_.gm) + seen_.flock + seen_.delegators, 0, "somebody's dust stayed in the pool");
    }

    // --- Claims ---

    function _checkBooks() private view {
        Pool memory seen = pool();
        (uint256 gm, uint256 flock, uint256 allocated) = (0, 0, 0);
        for (uint256 i = 1; i <= DELEGATORS; ++i) {
            Delegation memory mine = record(member(i));
            (gm, flock) = (gm + mine.gm, flock + mine.flock);
            Position memory position = staking.positionOf(member(i));
            uint256 free = position.lockDays == 0 ? 0 : position.gm;
            uint256 voting = free + position.delegated + position.allocated - position.voteless;
            assertEq(staking.getVotes(member(i)), voting, "votes");
            assertEq(staking.allocationOf(member(i), task).gm, position.allocated, "allocated");
            allocated += position.allocated;
            assertTrue(
                mine.gm <= position.delegated && mine.leaving <= mine.gm, "more in the pool than delegated"
            );
        }
        assertTrue(gm <= seen.gm, "records exceed the pool's gm");
        assertTrue(
            flock <= seen.flock + _slashes, "records exceed the pool's FLOCK by more than a wei a slash"
        );
        assertEq(staking.stakedOn(task), ownStake() + seen.gm + allocated, "on the task");
        assertEq(token.balanceOf(address(staking)), owed(DELEGATORS), "custody");
    }

    /// @dev What a slash leaves of `gm`.
    function _less(uint256 gm, uint256 slashBps) private pure returns (uint256) {
        return gm - (gm * slashBps + 9_999) / 10_000;
    }

    function _assertClose(uint256 actual, uint256 expected, uint256 most, string memory what) private pure {
        uint256 difference = actual > expected ? actual - expected : expected - actual;
        assertTrue(difference <= most, what);
    }
}
