// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import { IStaking, Position } from "../src/interfaces/IStaking.sol";
import { BoardPlay } from "./BoardPlay.t.sol";

/// @notice The entry fee, locking by permit, extend, poke, and the rotation of operator keys.
contract StakingLocksTest is BoardPlay {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    uint256 private constant KEY = 0xB0B;

    address private immutable owner = member(0);
    address private immutable signer = vm.addr(KEY);

    // --- entry fee ---

    function test_lock_theEntryFeeGoesToTheTreasury() public {
        staking.setEntryFeeBps(250);
        lock(owner, 100e18, 365);
        assertEq(token.balanceOf(treasury), 2.5e18, "fee");
        assertEq(staking.positionOf(owner).flock, 97.5e18, "FLOCK");
        assertEq(staking.positionOf(owner).gm, 97.5e18 * 301 / 100, "gm");
        assertEq(token.balanceOf(address(staking)), 97.5e18, "custody");
    }

    function test_lock_theEntryFeeIsRoundedUp() public {
        staking.setEntryFeeBps(1);
        lock(owner, 10_001, 30);
        assertEq(token.balanceOf(treasury), 2, "fee");
        give(owner, 1);
        approve(owner, address(staking), 1);
        expectError(IStaking.AmountIsZero.selector);
        vm.prank(owner);
        staking.lock(1, 30);
    }

    // --- permit ---

    function test_lockWithPermit_needsNoApproval() public {
        _lockWithPermit(100e18, time + 1, _signed(100e18, 0, time + 1));
        assertEq(staking.positionOf(signer).flock, 100e18, "FLOCK");
    }

    function test_lockWithPermit_oneThatWasUsedFirstDoesNoHarm() public {
        bytes memory permit = _signed(100e18, 0, time + 1);
        (uint8 v, bytes32 r, bytes32 s) = abi.decode(permit, (uint8, bytes32, bytes32));
        vm.prank(stranger);
        token.permit(signer, address(staking), 100e18, time + 1, v, r, s);
        _lockWithPermit(100e18, time + 1, permit);
        assertEq(staking.positionOf(signer).flock, 100e18, "FLOCK");
    }

    function test_lockWithPermit_anExpiredOneIsRefusedInItsOwnWords() public {
        bytes memory permit = _signed(100e18, 0, time - 1);
        (uint8 v, bytes32 r, bytes32 s) = abi.decode(permit, (uint8, bytes32, bytes32));
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, time - 1));
        vm.prank(signer);
        staking.lockWithPermit(100e18, 30, time - 1, v, r, s);
    }

    // --- adding to a lock ---

    function test_lock_addedForLongerMovesTheEndAndReratesAllThatIsFree() public {
        lock(owner, 100e18, 30);
        pass(10 days);
        lock(owner, 1e18, 365);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 101e18 * 301 / 100, "gm");
        assertEq(position.unlockAt, time + 365 days, "unlockAt");
        assertEq(position.lockDays, 365, "lockDays");
    }

    function test_lock_addedForLessIsOfTheTimeLeft() public {
        lock(owner, 100e18, 365);
        pass(100 days);
        lock(owner, 100e18, 265);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 301e18 + 100 * staking.multiplierFor(265), "gm");
        assertEq(position.unlockAt, time + 265 days, "unlockAt");
        assertEq(position.lockDays, 365, "given for");
    }

    function test_lock_whatMovesTheEndMovesItByWhatWasAskedForLast() public {
        lock(owner, 100e18, 365);
        pass(100 days);
        give(owner, 1e18);
        approve(owner, address(staking), 1e18);
        expectError(IStaking.LockMayNotShorten.selector, 266, 365);
        vm.prank(owner);
        staking.lock(1e18, 266);
    }

    function test_lock_tellsWhatTheLockWasGivenForLast() public {
        lock(owner, 100e18, 365);
        give(owner, 1e18);
        approve(owner, address(staking), 1e18);
        vm.expectEmit(address(staking));
        emit IStaking.Locked(owner, 1e18, 3.01e18, time + 365 days, 365, 0);
        vm.prank(owner);
        staking.lock(1e18, 5);
    }

    // --- extend ---

    function test_extend_reratesTheWholeUpwards() public {
        lock(owner, 100e18, 30);
        pass(10 days);
        extend(owner, 365);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 301e18, "gm");
        assertEq(position.unlockAt, time + 365 days, "unlockAt");
        assertEq(staking.getVotes(owner), 301e18, "votes");
    }

    function test_extend_forNoLessThanItWasGivenForLast() public {
        lock(owner, 100e18, 100);
        pass(50 days);
        expectError(IStaking.LockMayNotShorten.selector, 99, 100);
        extend(owner, 99);
        extend(owner, 100);
        assertEq(staking.positionOf(owner).unlockAt, time + 100 days, "unlockAt");
        extend(owner, 200);
        expectError(IStaking.LockMayNotShorten.selector, 100, 200);
        extend(owner, 100);
    }

    function test_extend_needsALiveLockAndDaysInRange() public {
        expectError(IStaking.LockHasExpired.selector, 0);
        extend(owner, 30);
        lock(owner, 100e18, 30);
        expectError(IStaking.LockDaysOutOfRange.selector, 366);
        extend(owner, 366);
        expectError(IStaking.LockDaysOutOfRange.selector, 0);
        extend(owner, 0);
        pass(30 days);
        expectError(IStaking.LockHasExpired.selector, time);
        extend(owner, 30);
    }

    /// @notice However a lock is lengthened and added to, gm is never above what its FLOCK gives for the days last
    /// given.
    function testFuzz_lock_gmIsAtMostWhatTheDaysGivenForLastGive(uint256 seed) public {
        lock(owner, 1e18 + seed % 1e24, 1 + (seed >> 100) % 365);
        for (uint256 i = 0; i < 12; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            uint256 lockDays = 1 + (r >> 8) % 365;
            Position memory position = staking.positionOf(owner);
            bool isLive = position.lockDays != 0 && time < position.unlockAt;
            bool movesEnd = time + lockDays * 1 days > position.unlockAt;
            if (isLive && (movesEnd || r % 2 == 0) && lockDays < position.lockDays) {
                lockDays = position.lockDays;
            }
            if (!isLive && r % 4 == 0 && position.lockDays != 0) staking.poke(owner);
            else if (r % 2 == 1 || !isLive) lock(owner, 1 + (r >> 16) % 1e24, lockDays);
            else extend(owner, lockDays);
            position = staking.positionOf(owner);
            uint256 most = position.lockDays == 0 ? 1e18 : staking.multiplierFor(position.lockDays);
            assertTrue(uint256(position.gm) * 1e18 <= position.flock * most, "more than the lock gives");
            assertEq(staking.getVotes(owner), position.lockDays == 0 ? 0 : position.gm, "votes");
            pass((r >> 200) % 200 days);
        }
    }

    // --- poke ---

    function test_poke_anyoneEndsALockThatIsOver() public {
        lock(owner, 100e18, 365);
        pass(365 days);
        vm.expectEmit(address(staking));
        emit IStaking.Poked(owner, 100e18, time + 7 days);
        vm.prank(stranger);
        staking.poke(owner);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 100e18, "gm");
        assertEq(position.lockDays, 0, "no lock");
        assertEq(position.unlockAt, time + 7 days, "redeemable from");
        assertEq(staking.getVotes(owner), 0, "votes");
        expectError(IStaking.NothingToPoke.selector);
        staking.poke(owner);
    }

    function test_poke_reratesWhatStandsOnTasksWhenItComesBack() public {
        uint256 task = openTask();
        lock(owner, 100e18, 365);
        allocate(owner, task, 250e18);
        pass(365 days);
        staking.poke(owner);
        assertEq(staking.allocationOf(owner, task).gm, 250e18, "as it was");
        assertEq(staking.positionOf(owner).voteless, 250e18, "but without a vote");
        deallocate(owner, task, 250e18);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 100e18, "one for each FLOCK");
        assertEq(uint256(position.voteless) + staking.getVotes(owner), 0, "votes");
    }

    function test_poke_refusedWhileTheLockLives() public {
        lock(owner, 100e18, 365);
        expectError(IStaking.StillLocked.selector, time + 365 days);
        staking.poke(owner);
        expectError(IStaking.NothingToPoke.selector);
        staking.poke(stranger);
    }

    function test_lock_afterAPokeVotesAgainWithoutANewEra() public {
        lock(owner, 100e18, 365);
        pass(365 days);
        staking.poke(owner);
        pass(3 days);
        lock(owner, 1e18, 31);
        Position memory position = staking.positionOf(owner);
        assertEq(position.era, 1, "counted by the poke");
        assertEq(position.gm, 100e18 + staking.multiplierFor(31), "downwards only");
        assertEq(staking.getVotes(owner), position.gm, "votes");
        expectError(IStaking.StillLocked.selector, time + 31 days);
        redeem(owner, 1);
    }

    function testFuzz_poke_costsTheOwnerNoFlock(uint96 amount, uint16 lockDays, uint96 allocated) public {
        uint256 task = openTask();
        uint256 flock = 1e18 + amount % 1e26;
        lock(owner, flock, 1 + lockDays % 365);
        uint96 onTask = uint96(1e18 + allocated % (staking.positionOf(owner).gm - 1e18 + 1));
        allocate(owner, task, onTask);
        pass(366 days);
        staking.poke(owner);
        deallocate(owner, task, onTask);
        pass(7 days);
        redeem(owner, staking.positionOf(owner).gm);
        assertEq(token.balanceOf(owner), flock, "FLOCK");
    }

    // --- eras ---

    function test_lock_anExpiredLockBeginsANewEra() public {
        lock(owner, 1e18, 1);
        assertEq(staking.positionOf(owner).era, 0, "the first");
        lock(owner, 1e18, 30);
        assertEq(staking.positionOf(owner).era, 0, "added to");
        pass(30 days);
        lock(owner, 1e18, 1);
        assertEq(staking.positionOf(owner).era, 1, "revived");
    }

    // --- operators ---

    function test_setOperator_theFirstActsAtOnce() public {
        _setOperator(stranger);
        (address key, uint256 since) = staking.operatorOf(owner);
        assertEq(key, stranger, "key");
        assertEq(since, time, "since");
        assertTrue(staking.isOperatorOf(owner, stranger), "acts");
    }

    function test_setOperator_anotherActsAfterTheDelayAndTheOldOneNoMore() public {
        _setOperator(stranger);
        _setOperator(keeper);
        assertTrue(!staking.isOperatorOf(owner, stranger), "the old one still acts");
        assertTrue(!staking.isOperatorOf(owner, keeper), "the new one acts already");
        pass(1 hours - 1);
        assertTrue(!staking.isOperatorOf(owner, keeper), "a second too early");
        pass(1);
        assertTrue(staking.isOperatorOf(owner, keeper), "acts");
        assertTrue(staking.actsFor(owner, keeper), "acts for");
    }

    function test_setOperator_nobodyInBetweenDoesNotDodgeTheDelay() public {
        _setOperator(stranger);
        _setOperator(address(0));
        pass(30 minutes);
        _setOperator(keeper);
        pass(30 minutes);
        assertTrue(!staking.isOperatorOf(owner, keeper), "dodged");
        pass(30 minutes);
        assertTrue(staking.isOperatorOf(owner, keeper), "acts");
    }

    function test_setOperator_theSameAgainChangesNothing() public {
        _setOperator(stranger);
        pass(1 days);
        _setOperator(stranger);
        assertTrue(staking.isOperatorOf(owner, stranger), "acts");
        (, uint256 since) = staking.operatorOf(owner);
        assertEq(since, time - 1 days, "since");
    }

    // --- Steps ---

    function _setOperator(address operator) private {
        vm.prank(owner);
        staking.setOperator(operator);
    }

    function _signed(uint256 amount, uint256 nonce, uint256 deadline) private view returns (bytes memory) {
        bytes32 permit = keccak256(abi.encode(PERMIT, signer, address(staking), amount, nonce, deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), permit));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        return abi.encode(v, r, s);
    }

    function _lockWithPermit(uint256 amount, uint256 deadline, bytes memory permit) private {
        (uint8 v, bytes32 r, bytes32 s) = abi.decode(permit, (uint8, bytes32, bytes32));
        give(signer, amount);
        vm.prank(signer);
        staking.lockWithPermit(amount, 30, deadline, v, r, s);
    }
}
