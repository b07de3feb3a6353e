// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { IFlockTimelock } from "../src/interfaces/IFlockTimelock.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { GovernanceBase } from "./GovernanceBase.t.sol";

/// @notice From a proposal to its execution, and what governance cannot do.
contract GovernanceTest is GovernanceBase {
    // --- From a proposal to its execution ---

    function test_AProposalChangesWhatALaterLockCosts() public {
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        carryOut(id, "setEntryFeeBps(uint256)", 200);
        assertEq(staking.entryFeeBps(), 200, "entryFeeBps");
        lock(stranger, 1_000e18, 30);
        assertEq(token.balanceOf(treasury), 20e18, "the fee of a lock");
    }

    function test_OnlyTheTimelockChangesParameters() public {
        vm.expectRevert();
        staking.setEntryFeeBps(200);
        vm.prank(guardian);
        vm.expectRevert();
        staking.setEntryFeeBps(200);
        vm.prank(address(timelock));
        staking.setEntryFeeBps(200);
    }

    function test_NobodyExecutesBeforeTheDelayIsOver() public {
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        accept(id);
        queue("setEntryFeeBps(uint256)", 200);
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectRevert();
        execute("setEntryFeeBps(uint256)", 200);
        vm.warp(block.timestamp + 1);
        execute("setEntryFeeBps(uint256)", 200);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Executed), "state");
    }

    function test_AProposerNeedsTheThreshold() public {
        lock(whale, 10_000_000e18, 30);
        lock(stranger, 99_999e18, 30);
        vm.warp(block.timestamp + 1);
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set("setEntryFeeBps(uint256)", 200));
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorInsufficientProposerVotes.selector, stranger, 99_999e18, THRESHOLD
            )
        );
        vm.prank(stranger);
        governor.propose(targets, values, calls, "x");
    }

    // --- Votes ---

    /// @dev FLOCK locked or locks extended after the snapshot add no weight.
    function test_F32_VotesAreThoseOfTheSnapshot() public {
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        lock(whale, 1_000_000e18, 365);
        lock(founder, 100_000e18, 365);
        assertEq(cast(founder, id, FOR), 300_000e18, "founder");
        assertEq(cast(whale, id, AGAINST), 0, "whale");
        (uint256 against, uint256 inFavour,) = governor.proposalVotes(id);
        assertEq(against, 0, "against");
        assertEq(inFavour, 300_000e18, "for");
    }

    function test_StakeOnTasksAndStakeThatIsDelegatedVotes() public {
        uint256 taskId = openTask(terms(), BOUNTY);
        vm.prank(founder);
        staking.allocate(taskId, 200_000e18);
        stake(stranger, taskId, 10_000e18);
        vm.prank(stranger);
        staking.setPool(taskId, 5_000, true);
        vm.prank(founder);
        staking.delegateTo(stranger, taskId, 50_000e18, 10_000);
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        assertEq(cast(founder, id, FOR), 300_000e18, "weight");
    }

    function test_WithoutAQuorumAProposalIsDefeated() public {
        lock(whale, 10_000_000e18, 30);
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        assertEq(governor.quorum(governor.proposalSnapshot(id)), 412_000e18, "quorum");
        cast(founder, id, FOR);
        vm.warp(block.timestamp + VOTING_PERIOD);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Defeated), "state");
    }

    function test_AnAbstentionCountsForTheQuorumOnly() public {
        lock(whale, 10_000_000e18, 30);
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        cast(founder, id, FOR);
        cast(whale, id, ABSTAIN);
        vm.warp(block.timestamp + VOTING_PERIOD);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Succeeded), "state");
    }

    // --- The guardian ---

    function test_TheGuardianCancelsUntilTheExecution() public {
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        accept(id);
        queue("setEntryFeeBps(uint256)", 200);
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set("setEntryFeeBps(uint256)", 200));
        vm.prank(guardian);
        governor.cancel(targets, values, calls, keccak256("A proposal"));
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert();
        execute("setEntryFeeBps(uint256)", 200);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Canceled), "state");
    }

    function test_TheProposerCancelsOnlyBeforeVotingOpens() public {
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set("setEntryFeeBps(uint256)", 200));
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, founder));
        vm.prank(founder);
        governor.cancel(targets, values, calls, keccak256("A proposal"));
    }

    function test_TheGuardianQueuesAndProposesNothing() public {
        vm.expectRevert();
        vm.prank(guardian);
        timelock.schedule(address(staking), 0, set("setEntryFeeBps(uint256)", 200), 0, 0, DELAY);
        vm.expectRevert();
        vm.prank(guardian);
        access.grantRole(GUARDIAN_ROLE, admin, 0);
    }

    /// @dev F46: everything that gives back still works, and governance can unpause without the guardian.
    function test_F46_APauseStopsNeitherVotesNorGovernance() public {
        vm.prank(guardian);
        staking.pause();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        vm.prank(founder);
        staking.lock(1e18, 30);
        uint256 id = propose(set("setEntryFeeBps(uint256)", 200));
        carryOut(id, "setEntryFeeBps(uint256)", 200);
        assertEq(staking.entryFeeBps(), 200, "entryFeeBps");
    }

    // --- Bounds ---

    function test_AValueOutOfBoundsFailsAtExecutionWithTheBounds() public {
        uint256 id = propose(set("setEntryFeeBps(uint256)", 1_001));
        accept(id);
        queue("setEntryFeeBps(uint256)", 1_001);
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IStaking.OutOfBounds.selector, "entryFeeBps", 1_001, 0, 1_000));
        execute("setEntryFeeBps(uint256)", 1_001);
    }

    function test_GovernanceKeepsItsOwnNumbersWithinBounds() public {
        _voteFor(address(governor), abi.encodeCall(governor.setVotingDelay, (1 hours - 1)));
        expectBounds("votingDelay", 1 hours - 1, 1 hours, 14 days);
        _carryOut(address(governor), abi.encodeCall(governor.setVotingDelay, (1 hours - 1)));
        _voteFor(address(governor), abi.encodeCall(governor.setProposalThreshold, (0)));
        expectBounds("proposalThreshold", 0, 1e18, 10_000_000e18);
        _carryOut(address(governor), abi.encodeCall(governor.setProposalThreshold, (0)));
        _voteFor(address(governor), abi.encodeCall(governor.updateQuorumNumerator, (31)));
        expectBounds("quorumNumerator", 31, 1, 30);
        _carryOut(address(governor), abi.encodeCall(governor.updateQuorumNumerator, (31)));
    }

    function test_GovernanceKeepsTheDelayOfItsTimelockWithinBounds() public {
        _voteFor(address(timelock), abi.encodeCall(timelock.updateDelay, (1 days - 1)));
        vm.expectRevert(
            abi.encodeWithSelector(IFlockTimelock.OutOfBounds.selector, "delay", 1 days - 1, 1 days, 30 days)
        );
        _carryOut(address(timelock), abi.encodeCall(timelock.updateDelay, (1 days - 1)));
    }

    function test_NobodyButAProposalChangesTheGovernor() public {
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, admin));
        governor.setVotingDelay(2 days);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, admin));
        governor.setProposalGuardian(admin);
        vm.expectRevert();
        timelock.updateDelay(3 days);
    }

    function testFuzz_AProposalSetsTheVotingPeriodWithinItsBoundsOnly(uint32 period) public {
        bytes memory call = abi.encodeCall(governor.setVotingPeriod, (period));
        _voteFor(address(governor), call);
        bool isWithin = period >= 1 days && period <= 7 days;
        if (!isWithin) expectBounds("votingPeriod", period, 1 days, 7 days);
        _carryOut(address(governor), call);
        assertEq(governor.votingPeriod(), isWithin ? period : VOTING_PERIOD, "period");
    }

    // --- Steps ---

    /// @dev A proposal that was accepted and queued, and whose delay is over.
    function _voteFor(address target, bytes memory call) private {
        accept(proposeTo(target, call));
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = batch(target, call);
        governor.queue(targets, values, calls, keccak256("A proposal"));
        vm.warp(block.timestamp + DELAY);
    }

    function _carryOut(address target, bytes memory call) private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = batch(target, call);
        governor.execute(targets, values, calls, keccak256("A proposal"));
    }
}
