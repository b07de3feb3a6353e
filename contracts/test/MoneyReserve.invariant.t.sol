// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MoneyInvariant } from "./Money.invariant.t.sol";

/// @notice The same for all money if emissions come from a reserve that people fill and that can hold less than a day's
/// budget.
contract MoneyReserveInvariant is MoneyInvariant {
    function mints() internal pure override returns (bool) {
        return false;
    }

    function test_theHandlerReachesEveryBranch() public override {
        super.test_theHandlerReachesEveryBranch();
        assertTrue(handler.reserveFellShort() != 0, "the reserve always held a day's budget");
    }
}
