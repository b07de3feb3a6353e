// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import { IStaking, Position, Role } from "../src/interfaces/IStaking.sol";
import { Base } from "./Base.t.sol";

/// @notice The entry fee, locking by permit, extend, poke, and the rotation of operator keys.
contract StakingLocksTest is Base {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    uint256 private constant KEY = 0xB0B;
    uint256 private constant TASK = 7;

    address private immutable owner = member(0);
    address private immutable signer = vm.addr(KEY);
    /// @dev Kept here: the compiler may take block.timestamp for a constant of a whole test.
    uint256 private time = 1_800_000_000;

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

    // --- extend ---

    function test_extend_reratesTheWholeUpwards() public {
        lock(owner, 100e18, 30);
        _pass(10 days);
        vm.prank(owner);
        staking.extend(365);
        Position memory position = staking.positionOf(owner);
        assertEq(position.gm, 301e18, "gm");
        assertEq(position.unlockAt, time + 365 days, "unlockAt");
    }

    function test_extend_neverLowersNorShortens() public {
        lock(owner, 100e18, 365);
        _pass(100 days);
        vm.prank(owner);
        staking.extend(1);
        assertEq(staking.positionOf(owner).gm, 301e18, "gm");
        assertEq(staking.positionOf(owner).unlockAt, time + 265 days, "unlockAt");
    }

    function test_extend_needsALiveLockAndDaysInRange() public {
        expectError(IStaking.LockHasExpired.selector, 0);
        vm.prank(owner);
        staking.extend(30);
        lock(owner, 100e18, 30);
        expectError(IStaking.LockDaysOutOfRange.selector, 366);
        vm.prank(owner);
        staking.extend(366);
        _pass(30 days);
        expectError(IStaking.LockHasExpired.selector, time);
        vm.prank(owner);
        staking.extend(30);
    }

    // --- poke ---

    function test_poke_anyoneRatesAnExpiredLockDown() public {
        lock(owner, 100e18, 365);
        _pass(365 days);
        vm.prank(stranger);
        staking.poke(owner);
        assertEq(staking.positionOf(owner).gm, 100e18, "gm");
        assertEq(staking.getVotes(owner), 100e18, "votes");
        expectError(IStaking.NothingToPoke.selector);
        staking.poke(owner);
    }

    function test_poke_sparesWhatStandsOnTasks() public {
        lock(owner, 100e18, 365);
        vm.prank(owner);
        staking.allocate(TASK, Role.Member, 250e18);
        _pass(365 days);
        staking.poke(owner);
        assertEq(staking.positionOf(owner).gm, 250e18, "gm");
        assertEq(staking.availableOf(owner), 0, "available");
        vm.prank(owner);
        staking.deallocate(TASK, Role.Member, 250e18);
        staking.poke(owner);
        assertEq(staking.positionOf(owner).gm, 100e18, "and takes it once it is off");
    }

    function test_poke_refusedWhileTheLockLives() public {
        lock(owner, 100e18, 365);
        expectError(IStaking.StillLocked.selector, time + 365 days);
        staking.poke(owner);
        expectError(IStaking.NothingToPoke.selector);
        staking.poke(stranger);
    }

    function testFuzz_poke_costsTheOwnerNoFlock(uint96 amount, uint16 lockDays, uint96 allocated) public {
        uint256 flock = 1 + amount % 1e26;
        lock(owner, flock, 31 + lockDays % 335);
        uint256 gm = staking.positionOf(owner).gm;
        uint96 onTask = uint96(1 + allocated % gm);
        vm.prank(owner);
        staking.allocate(TASK, Role.Member, onTask);
        _pass(366 days);
        (bool poked,) = address(staking).call(abi.encodeCall(IStaking.poke, (owner)));
        assertTrue(poked || onTask == gm || gm == flock, "nothing to poke");
        vm.prank(owner);
        staking.deallocate(TASK, Role.Member, onTask);
        uint256 left = staking.positionOf(owner).gm;
        vm.prank(owner);
        staking.redeem(left);
        assertEq(token.balanceOf(owner), flock, "FLOCK");
    }

    // --- eras ---

    function test_lock_anExpiredLockBeginsANewEra() public {
        lock(owner, 1e18, 1);
        assertEq(staking.positionOf(owner).era, 1, "the first");
        lock(owner, 1e18, 30);
        assertEq(staking.positionOf(owner).era, 1, "added to");
        _pass(30 days);
        lock(owner, 1e18, 1);
        assertEq(staking.positionOf(owner).era, 2, "revived");
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
        _pass(1 hours - 1);
        assertTrue(!staking.isOperatorOf(owner, keeper), "a second too early");
        _pass(1);
        assertTrue(staking.isOperatorOf(owner, keeper), "acts");
        assertTrue(staking.actsFor(owner, keeper), "acts for");
    }

    function test_setOperator_nobodyInBetweenDoesNotDodgeTheDelay() public {
        _setOperator(stranger);
        _setOperator(address(0));
        _pass(30 minutes);
        _setOperator(keeper);
        _pass(30 minutes);
        assertTrue(!staking.isOperatorOf(owner, keeper), "dodged");
        _pass(30 minutes);
        assertTrue(staking.isOperatorOf(owner, keeper), "acts");
    }

    function test_setOperator_theSameAgainChangesNothing() public {
        _setOperator(stranger);
        _pass(1 days);
        _setOperator(stranger);
        assertTrue(staking.isOperatorOf(owner, stranger), "acts");
        (, uint256 since) = staking.operatorOf(owner);
        assertEq(since, time - 1 days, "since");
    }

    // --- Steps ---

    function _pass(uint256 duration) private {
        time += duration;
        vm.warp(time);
    }

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
