// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IVotes } from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import { FlockGovernor } from "../src/FlockGovernor.sol";
import { FlockTimelock } from "../src/FlockTimelock.sol";
import { IFlockGovernor } from "../src/interfaces/IFlockGovernor.sol";
import { IStaking } from "../src/interfaces/IStaking.sol";
import { Base } from "./Base.t.sol";

/// @notice Deploys a governor and its Timelock, hands everything to them as a deployment does, and has the steps of a
/// proposal. At first only the founder has votes.
abstract contract GovernanceBase is Base {
    uint48 internal constant VOTING_DELAY = 1 days;
    uint32 internal constant VOTING_PERIOD = 5 days;
    uint256 internal constant THRESHOLD = 100_000e18;
    uint256 internal constant QUORUM_PERCENT = 4;
    uint256 internal constant DELAY = 2 days;
    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;
    uint64 internal constant ADMIN_ROLE = 0;
    uint64 internal constant GUARDIAN_ROLE = 2;

    address internal immutable guardian = address(uint160(uint256(keccak256("guardian"))));
    address internal immutable founder = address(uint160(uint256(keccak256("founder"))));
    address internal immutable whale = address(uint160(uint256(keccak256("whale"))));

    FlockTimelock internal timelock;
    FlockGovernor internal governor;

    function setUp() public virtual override {
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

    // --- Steps ---

    function set(string memory signature, uint256 value) internal pure returns (bytes memory) {
        return abi.encodeWithSignature(signature, value);
    }

    function batch(address target, bytes memory call)
        internal
        pure
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calls)
    {
        (targets, values, calls) = (new address[](1), new uint256[](1), new bytes[](1));
        (targets[0], calls[0]) = (target, call);
    }

    function propose(bytes memory call) internal returns (uint256) {
        return proposeTo(address(staking), call);
    }

    function proposeTo(address target, bytes memory call) internal returns (uint256) {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = batch(target, call);
        vm.prank(founder);
        return governor.propose(targets, values, calls, "A proposal");
    }

    function cast(address voter, uint256 id, uint8 support) internal returns (uint256) {
        vm.prank(voter);
        return governor.castVote(id, support);
    }

    /// @dev A proposal the founder voted for, after the vote.
    function accept(uint256 id) internal {
        vm.warp(block.timestamp + VOTING_DELAY + 1);
        cast(founder, id, FOR);
        vm.warp(block.timestamp + VOTING_PERIOD);
    }

    function queue(string memory signature, uint256 value) internal {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set(signature, value));
        governor.queue(targets, values, calls, keccak256("A proposal"));
    }

    function execute(string memory signature, uint256 value) internal {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) =
            batch(address(staking), set(signature, value));
        governor.execute(targets, values, calls, keccak256("A proposal"));
    }

    function carryOut(uint256 id, string memory signature, uint256 value) internal {
        accept(id);
        queue(signature, value);
        vm.warp(block.timestamp + DELAY);
        execute(signature, value);
    }

    function expectBounds(string memory parameter, uint256 value, uint256 least, uint256 most) internal {
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
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), admin);
        access.grantRole(ADMIN_ROLE, address(timelock), 0);
        access.renounceRole(ADMIN_ROLE, admin);
    }
}
