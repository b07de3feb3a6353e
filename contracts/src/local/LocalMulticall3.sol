// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A stand-in for Multicall3, for local chains only: as much of it as x402's packages call
/// @notice Written from the interface; public chains have the original at the same address.
contract LocalMulticall3 {
    /// @notice A call.
    /// @param target Whom.
    /// @param callData With what.
    struct Call {
        address target;
        bytes callData;
    }

    /// @notice What a call answered.
    /// @param success Whether it did not revert.
    /// @param returnData What it returned, or reverted with.
    struct Result {
        bool success;
        bytes returnData;
    }

    /// @notice A call was refused that was required.
    /// @param index Which one, from 0.
    error CallFailed(uint256 index);

    /// @notice Makes several calls.
    /// @param requireSuccess Whether one that reverts reverts all.
    /// @param calls The calls.
    /// @return results What each answered.
    function tryAggregate(bool requireSuccess, Call[] calldata calls)
        external
        returns (Result[] memory results)
    {
        results = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (results[i].success, results[i].returnData) = calls[i].target.call(calls[i].callData);
            require(results[i].success || !requireSuccess, CallFailed(i));
        }
    }
}
