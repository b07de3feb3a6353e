// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What governance can change about itself
/// @notice OpenZeppelin's Governor over the votes of locked FLOCK, with times in seconds by the chain's clock. The
/// deployer chooses its parameters first and votes change them later, always within these bounds. The threshold that
/// applies to a proposal (`proposalThreshold`) is never more than MAX_THRESHOLD_PERCENT of all votes, so that
/// somebody can always propose, whatever the setting and however much was redeemed since. The guardian can cancel
/// whatever has not been executed, except for a proposal that only replaces or removes the guardian.
/// @dev Votes are gmFLOCK, in units of 1e-18.
interface IFlockGovernor {
    /// @notice A number is outside of its bounds.
    /// @param parameter Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice The guardian tried to cancel a proposal that only replaces or removes it.
    /// @param proposalId The proposal.
    error GuardianMayNotStopItsOwnRemoval(uint256 proposalId);

    /// @notice The shortest voting delay.
    /// @return Seconds; 1 hour.
    function MIN_VOTING_DELAY() external view returns (uint256);

    /// @notice The longest voting delay.
    /// @return Seconds; 14 days.
    function MAX_VOTING_DELAY() external view returns (uint256);

    /// @notice The shortest voting period.
    /// @return Seconds; 1 day.
    function MIN_VOTING_PERIOD() external view returns (uint256);

    /// @notice The longest voting period.
    /// @dev No longer than IStaking.EXIT_DELAY: nobody can vote and redeem before the vote is over.
    /// @return Seconds; 7 days.
    function MAX_VOTING_PERIOD() external view returns (uint256);

    /// @notice The lowest setting of the proposal threshold.
    /// @return Votes; 1e18.
    function MIN_PROPOSAL_THRESHOLD() external view returns (uint256);

    /// @notice The highest setting of the proposal threshold.
    /// @return Votes; 10_000_000e18.
    function MAX_PROPOSAL_THRESHOLD() external view returns (uint256);

    /// @notice The lowest quorum.
    /// @return Percent of all votes; 1.
    function MIN_QUORUM_PERCENT() external view returns (uint256);

    /// @notice The highest quorum.
    /// @return Percent of all votes; 30.
    function MAX_QUORUM_PERCENT() external view returns (uint256);

    /// @notice The highest threshold that ever applies to a proposal, whatever the setting.
    /// @return Percent of all votes a second before the proposal; 1.
    function MAX_THRESHOLD_PERCENT() external view returns (uint256);

    /// @notice The setting of the proposal threshold; `proposalThreshold` is at most this.
    /// @return Votes.
    function proposalThresholdSetting() external view returns (uint256);
}
