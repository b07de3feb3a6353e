// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IFeedbackRoots } from "./interfaces/IFeedbackRoots.sol";
import { IHostBonds } from "./interfaces/IHostBonds.sol";

/// @title The daily digests of ratings and corrections
/// @notice See IFeedbackRoots.
contract FeedbackRoots is IFeedbackRoots {
    /// @dev How far a poster has come.
    struct Progress {
        uint64 sequence;
        uint64 day;
    }

    IHostBonds public immutable bonds;
    /// @inheritdoc IFeedbackRoots
    mapping(address poster => mapping(uint256 day => bytes32 root)) public rootOf;
    mapping(address poster => Progress) private _progress;

    /// @param bonds_ The HostBonds.
    constructor(IHostBonds bonds_) {
        bonds = bonds_;
    }

    /// @inheritdoc IFeedbackRoots
    function post(address poster, uint64 day, bytes32 root, bytes32 document, uint64 entries) external {
        bool isPoster = bonds.isHost(poster) && bonds.staking().actsFor(poster, msg.sender);
        require(isPoster, NotAPoster(poster, msg.sender));
        Progress memory progress = _progress[poster];
        uint256 today = block.timestamp / 1 days;
        require(day > progress.day && day < today, DayOutOfOrder(day, progress.day, today));
        _progress[poster] = Progress(progress.sequence + 1, day);
        rootOf[poster][day] = root;
        emit FeedbackPosted(poster, progress.sequence + 1, day, root, document, entries);
    }

    /// @inheritdoc IFeedbackRoots
    function lastOf(address poster) external view returns (uint256 sequence, uint256 day) {
        return (_progress[poster].sequence, _progress[poster].day);
    }
}
