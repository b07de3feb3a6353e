// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What governance may change about itself
/// @notice OpenZeppelin's Governor over the votes of locked FLOCK; times in seconds by the chain's clock. The numbers it
/// begins with are the deployer's choice, every later one is bounded.
interface IFlockGovernor {
    error OutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    function MIN_VOTING_DELAY() external view returns (uint256); // 1 hours
    function MAX_VOTING_DELAY() external view returns (uint256); // 14 days
    function MIN_VOTING_PERIOD() external view returns (uint256); // 1 days
    function MAX_VOTING_PERIOD() external view returns (uint256); // 30 days
    function MIN_PROPOSAL_THRESHOLD() external view returns (uint256); // 1e18
    function MAX_PROPOSAL_THRESHOLD() external view returns (uint256); // 10_000_000e18
    function MIN_QUORUM_PERCENT() external view returns (uint256); // 1
    function MAX_QUORUM_PERCENT() external view returns (uint256); // 30
}
