// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What governance may change about itself
/// @notice OpenZeppelin's Governor over the votes of locked FLOCK; times in seconds by the chain's clock. Its numbers
/// are the deployer's choice at first and that of votes later, always within these bounds. The threshold that holds
/// for a proposal (`proposalThreshold`) is never more than MAX_THRESHOLD_PERCENT of all votes, so that somebody can
/// always propose, whatever it was set to and however much was redeemed since. The guardian may cancel whatever has
/// not been executed, but not a proposal to replace or remove it that does nothing else.
interface IFlockGovernor {
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);
    error GuardianMayNotStopItsOwnRemoval(uint256 proposalId);

    function MIN_VOTING_DELAY() external view returns (uint256); // 1 hours
    function MAX_VOTING_DELAY() external view returns (uint256); // 14 days
    function MIN_VOTING_PERIOD() external view returns (uint256); // 1 days
    /// @notice No longer than what is poked waits to be redeemed (IStaking.EXIT_DELAY): nobody votes and is gone before
    /// the vote is over.
    function MAX_VOTING_PERIOD() external view returns (uint256); // 7 days
    /// @notice Votes, that is gmFLOCK in units of 1e-18, as `setProposalThreshold` takes them.
    function MIN_PROPOSAL_THRESHOLD() external view returns (uint256); // 1e18
    function MAX_PROPOSAL_THRESHOLD() external view returns (uint256); // 10_000_000e18
    function MIN_QUORUM_PERCENT() external view returns (uint256); // 1
    function MAX_QUORUM_PERCENT() external view returns (uint256); // 30
    /// @notice Of all votes a second before the proposal.
    function MAX_THRESHOLD_PERCENT() external view returns (uint256); // 1
    /// @notice What the threshold was set to, in votes; `proposalThreshold` is no more than that.
    function proposalThresholdSetting() external view returns (uint256);
}
