// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Votes } from "@openzeppelin/contracts/governance/utils/Votes.sol";
import { IVotes } from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import { PoolPlay } from "./PoolPlay.t.sol";

/// @notice gmFLOCK as votes: checkpoints by the timestamp, votes named to others, and what stake does to them.
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
        slash(400e18);
        assertEq(staking.getVotes(operator), 0, "the operator's");
        assertEq(staking.getVotes(one), 4_000e18, "until somebody says so");
        vm.prank(stranger);
        staking.bringUpToDate(one, operator, task);
        assertEq(staking.getVotes(one), 3_000e18, "less a quarter");
        pass(1);
        assertEq(staking.getPastTotalSupply(time - 1), 3_000e18, "of all");
    }

    function test_votes_ofASlashedDelegatorFallAtWhomItNamed() public {
        back(one, 100e18);
        _name(one, other);
        slashPool(10e18);
        staking.bringUpToDate(one, operator, task);
        assertEq(staking.getVotes(other), 90e18, "votes");
    }

    function test_votes_goWithWhatIsRedeemed() public {
        lock(one, 100e18, 30);
        pass(30 days);
        vm.prank(one);
        staking.redeem(60e18);
        assertEq(staking.getVotes(one), 40e18, "votes");
    }

    function test_votes_theTotalIsTheSumOfAll() public {
        back(one, 500e18);
        lock(other, 100e18, 365);
        slash(300e18);
        slashPool(100e18);
        staking.bringUpToDate(one, operator, task);
        pass(366 days);
        staking.poke(other);
        pass(1);
        uint256 sum = staking.getVotes(one) + staking.getVotes(other) + staking.getVotes(operator);
        assertEq(staking.getPastTotalSupply(time - 1), sum, "sum");
        assertEq(
            staking.getVotes(one), uint256(staking.positionOf(one).gm) + record(one).gm, "of the delegator"
        );
    }

    // --- Steps ---

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
