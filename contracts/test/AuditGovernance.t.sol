// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";
import { IVotes } from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import { FlockGovernor } from "../src/FlockGovernor.sol";
import { FlockTimelock } from "../src/FlockTimelock.sol";
import { IFlockGovernor } from "../src/interfaces/IFlockGovernor.sol";
import { IFlockTimelock } from "../src/interfaces/IFlockTimelock.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { GovernanceBase } from "./GovernanceBase.t.sol";

/// @notice What the second audit found about governance: a threshold nobody can reach, initial numbers without
/// bounds, a guardian that cannot be removed, and votes of accounts that have left (finding 64).
contract AuditGovernanceTest is GovernanceBase {
    // --- The threshold ---

    function test_TheThresholdIsNeverAboveAHundredthOfAllVotes() public {
        assertEq(governor.proposalThresholdSetting(), THRESHOLD, "as it was set");
        assertEq(governor.proposalThreshold(), 3_000e18, "a hundredth of the founder's 300,000");
        lock(whale, 20_000_000e18, 30);
        vm.warp(block.timestamp + 1);
        assertEq(governor.proposalThreshold(), THRESHOLD, "with more votes the setting holds");
    }

    /// @dev The highest threshold that governance can set, with fewer votes in total: somebody can still propose.
    function test_NoThresholdEndsGovernance() public {
        governor = this.newGovernor(VOTING_DELAY, VOTING_PERIOD, 10_000_000e18, QUORUM_PERCENT);
        lock(stranger, 4_000e18, 30);
        vm.warp(block.timestamp + 1);
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(governor), abi.encodeCall(governor.setProposalThreshold, (1e18)));
        vm.prank(stranger);
        governor.propose(targets, values, calls, "x");
    }

    function test_WithoutAnyVotesNobodyProposes() public {
        vm.warp(block.timestamp + 31 days);
        staking.poke(founder);
        vm.warp(block.timestamp + 1);
        assertEq(governor.proposalThreshold(), 1, "threshold");
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(governor), abi.encodeCall(governor.setProposalThreshold, (1e18)));
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, stranger, 0, 1)
        );
        vm.prank(stranger);
        governor.propose(targets, values, calls, "x");
    }

    // --- Bounds at construction ---

    function test_AGovernorIsBuiltWithinItsBounds() public {
        expectBounds("votingDelay", 1 hours - 1, 1 hours, 14 days);
        this.newGovernor(1 hours - 1, VOTING_PERIOD, THRESHOLD, QUORUM_PERCENT);
        expectBounds("votingPeriod", 7 days + 1, 1 days, 7 days);
        this.newGovernor(VOTING_DELAY, 7 days + 1, THRESHOLD, QUORUM_PERCENT);
        expectBounds("proposalThreshold", 10_000_000e18 + 1, 1e18, 10_000_000e18);
        this.newGovernor(VOTING_DELAY, VOTING_PERIOD, 10_000_000e18 + 1, QUORUM_PERCENT);
        expectBounds("quorumNumerator", 31, 1, 30);
        this.newGovernor(VOTING_DELAY, VOTING_PERIOD, THRESHOLD, 31);
        assertEq(this.newGovernor(14 days, 7 days, 10_000_000e18, 30).votingPeriod(), 7 days, "within");
    }

    function test_ATimelockIsBuiltWithinItsBounds() public {
        _expectDelayRefused(1 days - 1);
        this.newTimelock(1 days - 1);
        _expectDelayRefused(30 days + 1);
        this.newTimelock(30 days + 1);
        assertEq(this.newTimelock(30 days).getMinDelay(), 30 days, "within");
    }

    /// @dev An external call, because an expected revert of a `new` would end the test.
    function newGovernor(uint48 delay, uint32 period, uint256 threshold, uint256 quorum)
        external
        returns (FlockGovernor)
    {
        return new FlockGovernor(
            IVotes(address(staking)), timelock, guardian, delay, period, threshold, quorum
        );
    }

    function newTimelock(uint256 delay) external returns (FlockTimelock) {
        return new FlockTimelock(delay, new address[](0), new address[](0), admin);
    }

    // --- The guardian ---

    function test_AVoteRemovesTheGuardianWhateverItDoes() public {
        bytes memory removal = abi.encodeCall(governor.setProposalGuardian, (address(0)));
        uint256 id = proposeTo(address(governor), removal);
        _expectGuardianCannotCancel(id, removal);
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        _expectGuardianCannotCancel(id, removal);
        cast(founder, id, FOR);
        vm.warp(block.timestamp + VOTING_PERIOD);
        _expectGuardianCannotCancel(id, removal);
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(governor), removal);
        governor.queue(targets, values, calls, keccak256("A proposal"));
        _expectGuardianCannotCancel(id, removal);
        vm.warp(block.timestamp + DELAY);
        governor.execute(targets, values, calls, keccak256("A proposal"));
        assertEq(governor.proposalGuardian(), address(0), "guardian");
    }

    function test_TheGuardianIsNoCancellerInTheTimelock() public {
        bytes memory removal = abi.encodeCall(governor.setProposalGuardian, (address(0)));
        uint256 id = proposeTo(address(governor), removal);
        accept(id);
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(governor), removal);
        governor.queue(targets, values, calls, keccak256("A proposal"));
        bytes32 salt = bytes20(address(governor)) ^ keccak256("A proposal");
        bytes32 operation = timelock.hashOperationBatch(targets, values, calls, 0, salt);
        assertTrue(timelock.isOperationPending(operation), "queued");
        vm.prank(guardian);
        vm.expectRevert();
        timelock.cancel(operation);
    }

    /// @dev Otherwise anything bundled with its removal would be safe from it.
    function test_TheGuardianCancelsWhatDoesMoreThanRemoveIt() public {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            (new address[](2), new uint256[](2), new bytes[](2));
        (targets[0], targets[1]) = (address(governor), address(staking));
        calls[0] = abi.encodeCall(governor.setProposalGuardian, (address(0)));
        calls[1] = set("setEntryFeeBps(uint256)", 1_000);
        vm.prank(founder);
        uint256 id = governor.propose(targets, values, calls, "A proposal");
        vm.prank(guardian);
        governor.cancel(targets, values, calls, keccak256("A proposal"));
        _expectCanceled(id);
    }

    function test_TheGuardianCancelsWhatOnlyLooksLikeItsRemoval() public {
        bytes memory removal = abi.encodeCall(governor.setProposalGuardian, (address(0)));
        uint256 elsewhere = proposeTo(address(staking), removal);
        _cancelAs(guardian, address(staking), removal);
        _expectCanceled(elsewhere);
        bytes memory other = abi.encodeCall(governor.setVotingDelay, (2 days));
        uint256 id = proposeTo(address(governor), other);
        _cancelAs(guardian, address(governor), other);
        _expectCanceled(id);
    }

    function test_AProposerTakesBackEvenTheRemovalOfTheGuardian() public {
        bytes memory removal = abi.encodeCall(governor.setProposalGuardian, (stranger));
        uint256 id = proposeTo(address(governor), removal);
        _cancelAs(founder, address(governor), removal);
        _expectCanceled(id);
    }

    function test_AGuardianTakesBackItsOwnSuccessionBeforeVotingOpens() public {
        lock(guardian, 10_000e18, 30);
        vm.warp(block.timestamp + 1);
        bytes memory succession = abi.encodeCall(governor.setProposalGuardian, (stranger));
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(governor), succession);
        vm.prank(guardian);
        uint256 id = governor.propose(targets, values, calls, "Mine");
        vm.prank(guardian);
        governor.cancel(targets, values, calls, keccak256("Mine"));
        _expectCanceled(id);
        vm.prank(guardian);
        id = governor.propose(targets, values, calls, "Mine again");
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        vm.expectRevert(abi.encodeWithSelector(IFlockGovernor.GuardianMayNotStopItsOwnRemoval.selector, id));
        vm.prank(guardian);
        governor.cancel(targets, values, calls, keccak256("Mine again"));
    }

    // --- 64: votes of accounts that have left ---

    function test_F64_WhoLocksForADayOverTheSnapshotGetsNothingBackBeforeTheVoteIsOver() public {
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        vm.warp(block.timestamp + VOTING_DELAY - 12 hours);
        lock(whale, 1_000_000e18, 1);
        vm.warp(block.timestamp + 1 days);
        staking.poke(whale);
        cast(whale, id, AGAINST);
        vm.warp(governor.proposalDeadline(id));
        uint256 redeemable = staking.positionOf(whale).unlockAt;
        assertTrue(redeemable > block.timestamp, "the vote is over first");
        expectError(IStaking.NotRedeemableBefore.selector, redeemable);
        vm.prank(whale);
        staking.redeem(1_000_000e18);
    }

    function test_F64_NoVoteIsLongerThanTheDelayOfWhoLeaves() public view {
        assertTrue(governor.MAX_VOTING_PERIOD() <= staking.EXIT_DELAY(), "seconds");
    }

    // --- Steps ---

    function _expectDelayRefused(uint256 delay) private {
        vm.expectRevert(
            abi.encodeWithSelector(IFlockTimelock.OutOfBounds.selector, "delay", delay, 1 days, 30 days)
        );
    }

    function _expectGuardianCannotCancel(uint256 id, bytes memory removal) private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(governor), removal);
        vm.expectRevert(abi.encodeWithSelector(IFlockGovernor.GuardianMayNotStopItsOwnRemoval.selector, id));
        vm.prank(guardian);
        governor.cancel(targets, values, calls, keccak256("A proposal"));
    }

    function _cancelAs(address who, address target, bytes memory call) private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = batch(target, call);
        vm.prank(who);
        governor.cancel(targets, values, calls, keccak256("A proposal"));
    }

    function _expectCanceled(uint256 id) private view {
        assertEq(
            uint256(governor.state(id)), uint256(IGovernor.ProposalState.Canceled), "state of the proposal"
        );
    }
}
