// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Votes } from "@openzeppelin/contracts/governance/utils/Votes.sol";
import { IVotes } from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import { Position } from "../src/interfaces/IStaking.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice gmFLOCK as votes: checkpoints by timestamp, delegates, and how staking affects votes.
contract StakingVotesTest is PoolPlay {
    bytes32 private constant DELEGATION =
        keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
    uint256 private constant KEY = 0xB0B;

    address private immutable one = member(1);
    address private immutable other = member(2);

    function test_votes_lockingIsEnoughToVote() public {
        lock(one, 100e18, 365);
        assertEq(staking.delegates(one), one, "its own delegate");
        assertEq(staking.getVotes(one), 301e18, "votes");
    }

    function test_votes_arePastVotesByTheTimestamp() public {
        uint256 before = time;
        pass(1);
        lock(one, 100e18, 30);
        uint256 locked = time;
        pass(1 days);
        lock(one, 50e18, 30);
        pass(1);
        assertEq(staking.getPastVotes(one, before), 0, "before");
        assertEq(staking.getPastVotes(one, locked), 100e18, "then");
        assertEq(staking.getPastVotes(one, locked + 1 days), 150e18, "later");
        assertEq(staking.getPastTotalSupply(locked), OWN + 100e18, "of all");
        assertEq(staking.clock(), time, "clock");
        assertEq(keccak256(bytes(staking.CLOCK_MODE())), keccak256("mode=timestamp"), "mode");
    }

    function test_votes_theFutureIsNotToBeHad() public {
        vm.expectRevert(abi.encodeWithSelector(Votes.ERC5805FutureLookup.selector, time, time));
        staking.getPastVotes(one, time);
    }

    function test_votes_goToWhomTheOwnerNamesAndComeBack() public {
        lock(one, 100e18, 30);
        _name(one, other);
        assertEq(staking.getVotes(one), 0, "the owner's");
        assertEq(staking.getVotes(other), 100e18, "the other's");
        lock(one, 20e18, 30);
        assertEq(staking.getVotes(other), 120e18, "what is added follows");
        _name(one, address(0));
        assertEq(staking.delegates(one), one, "nobody is oneself");
        assertEq(staking.getVotes(one), 120e18, "back");
        assertEq(staking.getVotes(other), 0, "gone");
    }

    function test_votes_namedTwiceCountOnce() public {
        lock(one, 100e18, 30);
        _name(one, one);
        _name(one, one);
        assertEq(staking.getVotes(one), 100e18, "votes");
    }

    function test_votes_namedBySignatureCountOncePerNonce() public {
        address signer = vm.addr(KEY);
        lock(signer, 100e18, 30);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest(other, 0, time + 1));
        staking.delegateBySig(other, 0, time + 1, v, r, s);
        assertEq(staking.getVotes(other), 100e18, "votes");
        vm.expectRevert();
        staking.delegateBySig(other, 0, time + 1, v, r, s);
        vm.expectRevert(abi.encodeWithSelector(IVotes.VotesExpiredSignature.selector, time - 1));
        staking.delegateBySig(other, 1, time - 1, v, r, s);
    }

    function test_votes_stayWithWhoeverDelegatesStake() public {
        back(one, 100e18);
        assertEq(staking.getVotes(one), 100e18, "the delegator's");
        assertEq(staking.getVotes(operator), OWN, "the operator's");
        leave(one, 40e18);
        assertEq(staking.getVotes(one), 100e18, "and back");
    }

    function test_votes_stayWithStakeOnTasksAndGoWithASlash() public {
        back(one, 4_000e18);
        slash(2_500);
        assertEq(staking.getVotes(operator), 750e18, "the operator's");
        assertEq(staking.getVotes(one), 4_000e18, "until somebody says so");
        vm.prank(stranger);
        staking.sync(one, operator, task);
        assertEq(staking.getVotes(one), 3_000e18, "less a quarter");
        pass(1);
        assertEq(staking.getPastTotalSupply(time - 1), 3_750e18, "of all");
    }

    function test_votes_ofASlashedDelegatorFallAtWhomItNamed() public {
        back(one, 100e18);
        _name(one, other);
        slash(1_000);
        staking.sync(one, operator, task);
        assertEq(staking.getVotes(other), 90e18, "votes");
    }

    function test_votes_stayUntilAPokeAndGoWithIt() public {
        lock(one, 300e18, 365);
        moveIn(one, 100e18);
        allocate(one, task, 200e18);
        uint256 votes = staking.getVotes(one);
        assertEq(votes, 903e18, "free, on a task and in a pool");
        pass(365 days);
        assertEq(staking.getVotes(one), votes, "nobody has said that it is over");
        staking.poke(one);
        assertEq(staking.getVotes(one), 0, "all of it");
        pass(1);
        assertEq(staking.getPastVotes(one, time - 2), votes, "not of the past");
    }

    function test_votes_whatStandsOutsideFromALockBeforeHasNone() public {
        lock(one, 300e18, 365);
        moveIn(one, 100e18);
        allocate(one, task, 200e18);
        pass(365 days);
        lock(one, 1e18, 30);
        assertEq(staking.positionOf(one).voteless, 300e18, "voteless");
        assertEq(staking.getVotes(one), staking.positionOf(one).gm, "what is free");
        allocate(one, task, 1e18);
        assertEq(staking.positionOf(one).voteless, 301e18, "what is put beside it");
        slash(1_000);
        staking.sync(one, operator, task);
        assertEq(staking.positionOf(one).voteless, 291e18, "less what is lost");
        assertEq(staking.getVotes(one), staking.positionOf(one).gm, "of which nothing voted");
        deallocate(one, task, 201e18);
        assertEq(staking.positionOf(one).voteless, 90e18, "what came back");
        assertEq(staking.getVotes(one), staking.positionOf(one).gm, "votes again");
    }

    function test_votes_comeBackWithANewAllocation() public {
        stake(one, task, 100e18);
        pass(30 days);
        lock(one, 50e18, 30);
        deallocate(one, task, 100e18);
        allocate(one, task, 120e18);
        assertEq(staking.getVotes(one), 150e18, "all of it is of the new lock");
        assertEq(staking.allocationOf(one, task).era, 1, "era");
    }

    function test_votes_goWithAllThatIsSlashedOnATask() public {
        stake(one, task, 100e18);
        lock(one, 10e18, 30);
        staking.slash(one, task, 0, 5_000);
        assertEq(staking.getVotes(one), 60e18, "votes");
        pass(30 days);
        staking.poke(one);
        staking.slash(one, task, 0, 10_000);
        assertEq(staking.positionOf(one).voteless, 0, "voteless");
        lock(one, 1e18, 1);
        assertEq(staking.getVotes(one), 11e18, "what is free");
    }

    /// @notice Whatever happens to a position, its votes follow the rule, and a change of delegate moves all of them.
    function testFuzz_votes_followTheRule(uint256 seed) public {
        staking.setDelegationRatio(100);
        lock(one, 1_000e18, 1 + seed % 365);
        for (uint256 i = 0; i < 24; ++i) {
            _step(uint256(keccak256(abi.encode(seed, i))));
            Position memory position = staking.positionOf(one);
            uint256 free = position.lockDays == 0 ? 0 : position.gm;
            uint256 votes = free + position.allocated + position.delegated - position.voteless;
            assertEq(staking.getVotes(staking.delegates(one)), votes, "votes");
            assertEq(position.voteless, _ofAnEraBefore(position), "voteless");
        }
        _name(one, other);
        _name(one, stranger);
        assertEq(staking.getVotes(other) + staking.getVotes(one), 0, "left behind");
    }

    // --- Steps ---

    function _step(uint256 r) private {
        uint96 gm = uint96(1e18 + (r >> 16) % 200e18);
        uint256 which = r % 9;
        Position memory position = staking.positionOf(one);
        bool isLive = position.lockDays != 0 && time < position.unlockAt;
        if (which == 0 || (!isLive && which < 3)) _relock(1 + (r >> 8) % 60);
        else if (which == 1 && position.gm >= gm) allocate(one, task, gm);
        else if (which == 2 && position.gm >= gm) moveIn(one, gm);
        else if (which == 3) _off(uint96(1 + (r >> 16) % 300e18));
        else if (which == 4) _out();
        else if (which == 5) staking.slash(one, task, 0, r % 2_000);
        else if (which == 6) slash(r % 500);
        else if (which == 7) _name(one, r % 2 == 0 ? other : one);
        else if (position.lockDays != 0 && !isLive) staking.poke(one);
        if (r % 7 == 0) staking.sync(one, operator, task);
        pass((r >> 128) % 20 days);
    }

    function _relock(uint256 lockDays) private {
        uint256 least = staking.positionOf(one).lockDays;
        lock(one, 10e18, lockDays < least ? least : lockDays);
    }

    function _off(uint96 gm) private {
        uint96 there = staking.allocationOf(one, task).gm;
        if (there == 0) return;
        deallocate(one, task, gm + LEAST > there ? there : gm);
    }

    function _out() private {
        uint96 gm = record(one).gm;
        if (gm == 0) return;
        if (record(one).leaving == 0) undelegate(one, gm);
        passCooldown();
        collect(one);
    }

    /// @dev gmFLOCK on tasks and in pools, by the test's books.
    function _ofAnEraBefore(Position memory position) private view returns (uint256 gm) {
        if (staking.allocationOf(one, task).era != position.era) gm = position.allocated;
        if (position.delegated != 0 && record(one).era != position.era) gm += position.delegated;
    }

    function _name(address owner, address delegatee) private {
        vm.prank(owner);
        staking.delegate(delegatee);
    }

    function _digest(address delegatee, uint256 nonce, uint256 expiry) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("flock staking"),
                keccak256("1"),
                block.chainid,
                address(staking)
            )
        );
        return keccak256(
            abi.encodePacked(hex"1901", domain, keccak256(abi.encode(DELEGATION, delegatee, nonce, expiry)))
        );
    }
}
