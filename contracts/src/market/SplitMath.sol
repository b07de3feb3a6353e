// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title How a sum of payments is divided; flock/protocol/market/splits.py is the twin
/// @dev Each function never falls when its sum grows, so what was due stays due. What the divisions leave stays in the
/// splitter: less than one unit for each payee. Nothing is checked for overflow: parts are at most 10,000, and of a token
/// of which more than 2^240 units can come in, nothing else is owed here.
library SplitMath {
    uint256 internal constant BPS = 10_000;

    /// @notice The protocol's part of all that was paid, rounded up.
    function fee(uint256 paid, uint256 feeBps) internal pure returns (uint256) {
        unchecked {
            return (paid * feeBps + BPS - 1) / BPS;
        }
    }

    /// @notice The host's part of all that was paid, rounded down.
    function host(uint256 paid, uint256 feeBps, uint256 hostBps) internal pure returns (uint256) {
        unchecked {
            return (paid - fee(paid, feeBps)) * hostBps / BPS;
        }
    }

    /// @notice The part of one of the others, rounded down: `bps` of what fee and host leave.
    function share(uint256 paid, uint256 feeBps, uint256 hostBps, uint256 bps)
        internal
        pure
        returns (uint256)
    {
        unchecked {
            uint256 net = paid - fee(paid, feeBps);
            return (net - net * hostBps / BPS) * bps / BPS;
        }
    }

    /// @notice What of `amount` has vested at `time`, between `start` and `end`.
    function vested(uint256 amount, uint256 start, uint256 end, uint256 time)
        internal
        pure
        returns (uint256)
    {
        if (time >= end) return amount;
        return time <= start ? 0 : amount * (time - start) / (end - start);
    }
}
