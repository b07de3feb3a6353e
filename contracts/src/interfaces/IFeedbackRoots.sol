// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IHostBonds } from "./IHostBonds.sol";

/// @title The daily digests of ratings and corrections
/// @notice Each poster has a sequence of its own, so none can stop or replace another's; readers choose whose to read.
/// A poster has a bond in HostBonds, which governance can slash.
interface IFeedbackRoots {
    /// @notice A day's digest was posted.
    /// @param poster Whose sequence it is in.
    /// @param sequence Its number there, from 1.
    /// @param day The day, counted from the Unix epoch.
    /// @param root The Merkle root of the day's feedback.
    /// @param document The sha256 of the document with all of it.
    /// @param entries How many entries it has.
    event FeedbackPosted(
        address indexed poster,
        uint256 indexed sequence,
        uint256 indexed day,
        bytes32 root,
        bytes32 document,
        uint256 entries
    );

    /// @notice The poster has no bond, or the caller does not act for it.
    /// @param poster The poster.
    /// @param caller Who tried.
    error NotAPoster(address poster, address caller);

    /// @notice Only a day that is over, and later than the last one posted, can be posted.
    /// @param day The day.
    /// @param last The last one posted; 0 if there is none.
    /// @param today The day of now.
    error DayOutOfOrder(uint256 day, uint256 last, uint256 today);

    /// @notice Posts a day's digest.
    /// @dev For a bonded host, or its operator. Reverts with NotAPoster and DayOutOfOrder.
    /// @param poster Whose sequence it goes into.
    /// @param day The day, counted from the Unix epoch; over, and later than the last.
    /// @param root The Merkle root of the day's feedback.
    /// @param document The sha256 of the document with all of it.
    /// @param entries How many entries it has.
    function post(address poster, uint64 day, bytes32 root, bytes32 document, uint64 entries) external;

    /// @notice The bonds that posters have.
    /// @return The HostBonds.
    function bonds() external view returns (IHostBonds);

    /// @notice How many digests a poster has posted, and for which day last.
    /// @param poster The poster.
    /// @return sequence How many.
    /// @return day The last day; 0 if none.
    function lastOf(address poster) external view returns (uint256 sequence, uint256 day);

    /// @notice A poster's digest of a day.
    /// @param poster The poster.
    /// @param day The day.
    /// @return root Its root; 0 if there is none.
    function rootOf(address poster, uint256 day) external view returns (bytes32 root);
}
