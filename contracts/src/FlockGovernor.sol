// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Governor } from "@openzeppelin/contracts/governance/Governor.sol";
import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";
import {
    GovernorCountingSimple
} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {
    GovernorProposalGuardian
} from "@openzeppelin/contracts/governance/extensions/GovernorProposalGuardian.sol";
import { GovernorSettings } from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {
    GovernorTimelockControl
} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import { GovernorVotes } from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import { IVotes } from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import { IFlockGovernor } from "./interfaces/IFlockGovernor.sol";

contract FlockGovernor is
    IFlockGovernor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotesQuorumFraction,
    GovernorTimelockControl,
    GovernorProposalGuardian
{
    /// @inheritdoc IFlockGovernor
    uint256 public constant MIN_VOTING_DELAY = 1 hours;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MAX_VOTING_DELAY = 14 days;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MIN_VOTING_PERIOD = 1 days;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MAX_VOTING_PERIOD = 30 days;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MIN_PROPOSAL_THRESHOLD = 1e18;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MAX_PROPOSAL_THRESHOLD = 10_000_000e18;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MIN_QUORUM_PERCENT = 1;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MAX_QUORUM_PERCENT = 30;

    constructor(
        IVotes votes,
        TimelockController timelock_,
        address guardian,
        uint48 votingDelay_,
        uint32 votingPeriod_,
        uint256 proposalThreshold_,
        uint256 quorumPercent
    )
        Governor("flock governor")
        GovernorSettings(votingDelay_, votingPeriod_, proposalThreshold_)
        GovernorVotes(votes)
        GovernorVotesQuorumFraction(quorumPercent)
        GovernorTimelockControl(timelock_)
    {
        _setProposalGuardian(guardian);
    }

    // --- What governance may change about itself ---

    function setVotingDelay(uint48 seconds_) public override {
        _within("votingDelay", seconds_, MIN_VOTING_DELAY, MAX_VOTING_DELAY);
        super.setVotingDelay(seconds_);
    }

    function setVotingPeriod(uint32 seconds_) public override {
        _within("votingPeriod", seconds_, MIN_VOTING_PERIOD, MAX_VOTING_PERIOD);
        super.setVotingPeriod(seconds_);
    }

    function setProposalThreshold(uint256 gm) public override {
        _within("proposalThreshold", gm, MIN_PROPOSAL_THRESHOLD, MAX_PROPOSAL_THRESHOLD);
        super.setProposalThreshold(gm);
    }

    function updateQuorumNumerator(uint256 percent) public override {
        _within("quorumNumerator", percent, MIN_QUORUM_PERCENT, MAX_QUORUM_PERCENT);
        super.updateQuorumNumerator(percent);
    }

    function _within(string memory parameter, uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, OutOfBounds(parameter, value, least, most));
    }

    // --- Where OpenZeppelin's parts meet ---

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function state(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (ProposalState)
    {
        return super.state(proposalId);
    }

    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }

    function _validateCancel(uint256 proposalId, address caller)
        internal
        view
        override(Governor, GovernorProposalGuardian)
        returns (bool)
    {
        return super._validateCancel(proposalId, caller);
    }
}
