// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IGovernor } from "@openzeppelin/contracts/governance/IGovernor.sol";
import { IVotes } from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { FlockGovernor } from "../src/FlockGovernor.sol";
import { FlockTimelock } from "../src/FlockTimelock.sol";
import { IFlockGovernor } from "../src/interfaces/IFlockGovernor.sol";
import { IFlockTimelock } from "../src/interfaces/IFlockTimelock.sol";
import { IStaking, Role } from "../src/interfaces/IStaking.sol";
import { Base } from "./Base.t.sol";

/// @notice From a proposal to its execution, and what governance cannot do.
contract GovernanceTest is Base {
    uint48 private constant VOTING_DELAY = 1 days;
    uint32 private constant VOTING_PERIOD = 5 days;
    uint256 private constant THRESHOLD = 100_000e18;
    uint256 private constant QUORUM_PERCENT = 4;
    uint256 private constant DELAY = 2 days;
    uint8 private constant AGAINST = 0;
    uint8 private constant FOR = 1;
    uint8 private constant ABSTAIN = 2;
    uint64 private constant ADMIN_ROLE = 0;
    uint64 private constant GUARDIAN_ROLE = 2;

    address private immutable guardian = address(uint160(uint256(keccak256("guardian"))));
    address private immutable founder = address(uint160(uint256(keccak256("founder"))));
    address private immutable whale = address(uint160(uint256(keccak256("whale"))));

    FlockTimelock private timelock;
    FlockGovernor private governor;

    function setUp() public override {
        super.setUp();
        address[] memory everybody = new address[](1);
        timelock = new FlockTimelock(DELAY, new address[](0), everybody, admin);
        governor = new FlockGovernor(
            IVotes(address(staking)),
            timelock,
            guardian,
            VOTING_DELAY,
            VOTING_PERIOD,
            THRESHOLD,
            QUORUM_PERCENT
        );
        _handOver();
        lock(founder, 300_000e18, 30);
        vm.warp(block.timestamp + 1);
    }

    // --- From a proposal to its execution ---

    function test_AProposalChangesWhatALaterSlashUses() public {
        uint256 id = propose(set("setKeeperBps(uint256)", 2_000));
        carryOut(id, "setKeeperBps(uint256)", 2_000);
        assertEq(staking.keeperBps(), 2_000, "keeperBps");
        uint256 taskId = openTask(parameters(), BOUNTY);
        lock(founder, 1_000e18, 30);
        vm.prank(founder);
        staking.allocate(taskId, Role.Member, 100e18);
        vm.prank(address(rounds));
        staking.slash(founder, taskId, Role.Member, 100e18, keeper);
        assertEq(staking.keeperCreditOf(keeper), 20e18, "keeper credit");
    }

    function test_OnlyTheTimelockChangesParameters() public {
        vm.expectRevert();
        staking.setKeeperBps(2_000);
        vm.prank(guardian);
        vm.expectRevert();
        staking.setKeeperBps(2_000);
        vm.prank(address(timelock));
        staking.setKeeperBps(2_000);
    }

    function test_NobodyExecutesBeforeTheDelayIsOver() public {
        uint256 id = propose(set("setKeeperBps(uint256)", 2_000));
        accept(id);
        queue("setKeeperBps(uint256)", 2_000);
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectRevert();
        execute("setKeeperBps(uint256)", 2_000);
        vm.warp(block.timestamp + 1);
        execute("setKeeperBps(uint256)", 2_000);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Executed), "state");
    }

    function test_AProposerNeedsTheThreshold() public {
        lock(stranger, 99_999e18, 30);
        vm.warp(block.timestamp + 1);
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set("setKeeperBps(uint256)", 2_000));
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorInsufficientProposerVotes.selector, stranger, 99_999e18, THRESHOLD
            )
        );
        vm.prank(stranger);
        governor.propose(targets, values, calls, "x");
    }

    // --- Votes ---

    /// @dev Stake that is locked after the snapshot, and a lock that is longer since, weigh nothing more.
    function test_F32_VotesAreThoseOfTheSnapshot() public {
        uint256 id = propose(set("setKeeperBps(uint256)", 2_000));
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
        uint256 taskId = openTask(parameters(), BOUNTY);
        vm.prank(founder);
        staking.allocate(taskId, Role.Member, 200_000e18);
        vm.prank(stranger);
        staking.setPool(taskId, 5_000, true);
        vm.prank(founder);
        staking.delegateTo(stranger, taskId, 50_000e18, 10_000);
        uint256 id = propose(set("setKeeperBps(uint256)", 2_000));
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        assertEq(cast(founder, id, FOR), 300_000e18, "weight");
    }

    function test_WithoutAQuorumAProposalIsDefeated() public {
        lock(whale, 10_000_000e18, 30);
        uint256 id = propose(set("setKeeperBps(uint256)", 2_000));
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        assertEq(governor.quorum(governor.proposalSnapshot(id)), 412_000e18, "quorum");
        cast(founder, id, FOR);
        vm.warp(block.timestamp + VOTING_PERIOD);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Defeated), "state");
    }

    function test_AnAbstentionCountsForTheQuorumOnly() public {
        lock(whale, 10_000_000e18, 30);
        uint256 id = propose(set("setKeeperBps(uint256)", 2_000));
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        cast(founder, id, FOR);
        cast(whale, id, ABSTAIN);
        vm.warp(block.timestamp + VOTING_PERIOD);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Succeeded), "state");
    }

    // --- The guardian ---

    function test_TheGuardianCancelsUntilTheExecution() public {
        uint256 id = propose(set("setKeeperBps(uint256)", 2_000));
        accept(id);
        queue("setKeeperBps(uint256)", 2_000);
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set("setKeeperBps(uint256)", 2_000));
        vm.prank(guardian);
        governor.cancel(targets, values, calls, keccak256("A proposal"));
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert();
        execute("setKeeperBps(uint256)", 2_000);
        assertEq(uint256(governor.state(id)), uint256(IGovernor.ProposalState.Canceled), "state");
    }

    function test_TheProposerCancelsOnlyBeforeVotingOpens() public {
        uint256 id = propose(set("setKeeperBps(uint256)", 2_000));
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set("setKeeperBps(uint256)", 2_000));
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, founder));
        vm.prank(founder);
        governor.cancel(targets, values, calls, keccak256("A proposal"));
    }

    function test_TheGuardianQueuesAndProposesNothing() public {
        vm.expectRevert();
        vm.prank(guardian);
        timelock.schedule(address(staking), 0, set("setKeeperBps(uint256)", 2_000), 0, 0, DELAY);
        vm.expectRevert();
        vm.prank(guardian);
        access.grantRole(SETTLER_ROLE, guardian, 0);
    }

    /// @dev F46: what gives back goes on, and governance may unpause without the guardian.
    function test_F46_APauseStopsNeitherVotesNorGovernance() public {
        vm.prank(guardian);
        staking.pause();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        vm.prank(founder);
        staking.lock(1e18, 30);
        uint256 id = propose(set("setKeeperBps(uint256)", 2_000));
        carryOut(id, "setKeeperBps(uint256)", 2_000);
        assertEq(staking.keeperBps(), 2_000, "keeperBps");
    }

    // --- Bounds ---

    function test_AValueOutOfBoundsFailsAtExecutionWithTheBounds() public {
        uint256 id = propose(set("setKeeperBps(uint256)", 5_001));
        accept(id);
        queue("setKeeperBps(uint256)", 5_001);
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IStaking.OutOfBounds.selector, "keeperBps", 5_001, 0, 5_000));
        execute("setKeeperBps(uint256)", 5_001);
    }

    function test_GovernanceKeepsItsOwnNumbersWithinBounds() public {
        expectBounds("votingDelay", 1 hours - 1, 1 hours, 14 days);
        vm.prank(address(timelock));
        governor.setVotingDelay(1 hours - 1);
        expectBounds("votingPeriod", 30 days + 1, 1 days, 30 days);
        vm.prank(address(timelock));
        governor.setVotingPeriod(30 days + 1);
        expectBounds("proposalThreshold", 0, 1e18, 10_000_000e18);
        vm.prank(address(timelock));
        governor.setProposalThreshold(0);
        expectBounds("quorumNumerator", 31, 1, 30);
        vm.prank(address(timelock));
        governor.updateQuorumNumerator(31);
        vm.expectRevert(
            abi.encodeWithSelector(IFlockTimelock.OutOfBounds.selector, "delay", 1 days - 1, 1 days, 30 days)
        );
        vm.prank(address(timelock));
        timelock.updateDelay(1 days - 1);
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
        uint256 id = proposeTo(address(governor), abi.encodeCall(governor.setVotingPeriod, (period)));
        accept(id);
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(governor), abi.encodeCall(governor.setVotingPeriod, (period)));
        governor.queue(targets, values, calls, keccak256("A proposal"));
        vm.warp(block.timestamp + DELAY);
        bool isWithin = period >= 1 days && period <= 30 days;
        if (!isWithin) expectBounds("votingPeriod", period, 1 days, 30 days);
        governor.execute(targets, values, calls, keccak256("A proposal"));
        assertEq(governor.votingPeriod(), isWithin ? period : VOTING_PERIOD, "period");
    }

    // --- Steps ---

    function set(string memory signature, uint256 value) private pure returns (bytes memory) {
        return abi.encodeWithSignature(signature, value);
    }

    function batch(address target, bytes memory call)
        private
        pure
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calls)
    {
        (targets, values, calls) = (new address[](1), new uint256[](1), new bytes[](1));
        (targets[0], calls[0]) = (target, call);
    }

    function propose(bytes memory call) private returns (uint256) {
        return proposeTo(address(staking), call);
    }

    function proposeTo(address target, bytes memory call) private returns (uint256) {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = batch(target, call);
        vm.prank(founder);
        return governor.propose(targets, values, calls, "A proposal");
    }

    function cast(address voter, uint256 id, uint8 support) private returns (uint256) {
        vm.prank(voter);
        return governor.castVote(id, support);
    }

    /// @dev Voted for by the founder, and voting is over.
    function accept(uint256 id) private {
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        cast(founder, id, FOR);
        vm.warp(block.timestamp + VOTING_PERIOD);
    }

    function queue(string memory signature, uint256 value) private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set(signature, value));
        governor.queue(targets, values, calls, keccak256("A proposal"));
    }

    function execute(string memory signature, uint256 value) private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set(signature, value));
        governor.execute(targets, values, calls, keccak256("A proposal"));
    }

    function carryOut(uint256 id, string memory signature, uint256 value) private {
        accept(id);
        queue(signature, value);
        vm.warp(block.timestamp + DELAY);
        execute(signature, value);
    }

    function expectBounds(string memory parameter, uint256 value, uint256 least, uint256 most) private {
        vm.expectRevert(
            abi.encodeWithSelector(IFlockGovernor.OutOfBounds.selector, parameter, value, least, most)
        );
    }

    /// @dev As a deployment does it: the guardian's rights, then everything to the Timelock.
    function _handOver() private {
        bytes4[] memory pausing = new bytes4[](2);
        (pausing[0], pausing[1]) = (IStaking.pause.selector, IStaking.unpause.selector);
        access.setTargetFunctionRole(address(staking), pausing, GUARDIAN_ROLE);
        access.grantRole(GUARDIAN_ROLE, guardian, 0);
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(governor));
        timelock.grantRole(timelock.CANCELLER_ROLE(), address(governor));
        timelock.grantRole(timelock.CANCELLER_ROLE(), guardian);
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), admin);
        access.grantRole(ADMIN_ROLE, address(timelock), 0);
        access.renounceRole(ADMIN_ROLE, admin);
    }
}
