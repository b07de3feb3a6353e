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
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { IFlockGovernor } from "./interfaces/IFlockGovernor.sol";

/// @title The governor of the protocol
/// @notice See IFlockGovernor for what differs from OpenZeppelin's Governor.
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
    uint256 public constant MAX_VOTING_PERIOD = 7 days;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MIN_PROPOSAL_THRESHOLD = 1e18;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MAX_PROPOSAL_THRESHOLD = 10_000_000e18;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MIN_QUORUM_PERCENT = 1;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MAX_QUORUM_PERCENT = 30;
    /// @inheritdoc IFlockGovernor
    uint256 public constant MAX_THRESHOLD_PERCENT = 1;

    /// @param votes Staking, whose gmFLOCK votes.
    /// @param timelock_ The FlockTimelock, which executes proposals.
    /// @param guardian Who can cancel proposals; zero for nobody.
    /// @param votingDelay_ From a proposal to its vote, in seconds.
    /// @param votingPeriod_ Length of a vote, in seconds.
    /// @param proposalThreshold_ Votes that a proposer needs, in units of 1e-18.
    /// @param quorumPercent Percent of all votes that must be for or abstain.
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

    /// @notice Cancels a proposal: its proposer can until voting begins, the guardian at any time.
    /// @dev The guardian cannot cancel a proposal that only replaces or removes it, or nobody could ever remove it. Its
    /// own proposals it can take back as any proposer can. Reverts with GuardianMayNotStopItsOwnRemoval,
    /// GovernorUnableToCancel and GovernorUnexpectedProposalState.
    /// @param targets Contracts that the proposal calls.
    /// @param values Wei of ETH sent with each call.
    /// @param calldatas Data of each call.
    /// @param descriptionHash The keccak256 of the proposal's description.
    /// @return The proposal's id.
    function cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) public override returns (uint256) {
        if (_msgSender() == proposalGuardian() && _isOfTheGuardian(targets, calldatas)) {
            uint256 proposalId = getProposalId(targets, values, calldatas, descriptionHash);
            bool isItsOwn = Governor._validateCancel(proposalId, _msgSender());
            require(isItsOwn, GuardianMayNotStopItsOwnRemoval(proposalId));
        }
        return super.cancel(targets, values, calldatas, descriptionHash);
    }

    /// @notice Votes that a proposer needs now.
    /// @dev At most MAX_THRESHOLD_PERCENT of all votes, however few there are, so that somebody can always propose.
    /// @return Votes, in units of 1e-18; at least 1.
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        uint256 most = token().getPastTotalSupply(clock() - 1) * MAX_THRESHOLD_PERCENT / 100;
        return Math.min(super.proposalThreshold(), Math.max(most, 1));
    }

    /// @inheritdoc IFlockGovernor
    function proposalThresholdSetting() external view returns (uint256) {
        return super.proposalThreshold();
    }

    // --- What governance may change about itself ---

    function _setVotingDelay(uint48 seconds_) internal override {
        _within("votingDelay", seconds_, MIN_VOTING_DELAY, MAX_VOTING_DELAY);
        super._setVotingDelay(seconds_);
    }

    function _setVotingPeriod(uint32 seconds_) internal override {
        _within("votingPeriod", seconds_, MIN_VOTING_PERIOD, MAX_VOTING_PERIOD);
        super._setVotingPeriod(seconds_);
    }

    function _setProposalThreshold(uint256 gm) internal override {
        _within("proposalThreshold", gm, MIN_PROPOSAL_THRESHOLD, MAX_PROPOSAL_THRESHOLD);
        super._setProposalThreshold(gm);
    }

    function _updateQuorumNumerator(uint256 percent) internal override {
        _within("quorumNumerator", percent, MIN_QUORUM_PERCENT, MAX_QUORUM_PERCENT);
        super._updateQuorumNumerator(percent);
    }

    function _within(string memory parameter, uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, OutOfBounds(parameter, value, least, most));
    }

    /// @dev Whether the proposal does nothing but replace or remove the guardian.
    function _isOfTheGuardian(address[] memory targets, bytes[] memory calldatas)
        private
        view
        returns (bool)
    {
        if (targets.length != 1 || targets[0] != address(this)) return false;
        return bytes4(calldatas[0]) == this.setProposalGuardian.selector;
    }

    // --- Where OpenZeppelin's parts meet ---

    /// @inheritdoc Governor
    function state(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (ProposalState)
    {
        return super.state(proposalId);
    }

    /// @inheritdoc Governor
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
