// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Outcome } from "flock/interfaces/IAllianceRounds.sol";
import { RewardMath } from "flock/libraries/RewardMath.sol";
import { StrikeMath } from "flock/libraries/StrikeMath.sol";
import { VoteMath } from "flock/libraries/VoteMath.sol";

/// @notice What rounds pay and cost, for every pool below 2^96 wei.
contract RoundProofs {
    function check_pay_staysWithinThePool(
        uint96 pool,
        uint16 roundsLeft,
        bool accepted,
        uint8 sixteenths,
        uint8 proposers,
        uint8 voters
    ) external pure {
        if (roundsLeft == 0 || sixteenths == 0 || sixteenths > 15) return;
        Outcome outcome = accepted ? Outcome.Accepted : Outcome.Rejected;
        (uint256 proposerUnit, uint256 voterUnit) =
            RewardMath.units(pool, roundsLeft, outcome, sixteenths, proposers, voters);
        assert(proposerUnit * proposers + voterUnit * voters <= pool);
        assert(accepted || proposerUnit == 0);
    }

    function check_pay_ofAVoidRound_isNothing(uint96 pool, uint16 roundsLeft, uint8 proposers, uint8 voters)
        external
        pure
    {
        (uint256 proposerUnit, uint256 voterUnit) =
            RewardMath.units(pool, roundsLeft, Outcome.Void, 8, proposers, voters);
        assert(proposerUnit == 0 && voterUnit == 0);
    }

    function check_voters_getFrom16To90PerCent(uint96 reward, uint8 frequency) external pure {
        if (frequency == 0 || frequency > 15) return;
        uint256 share = RewardMath.voterShare(reward, frequency);
        assert(100 * share <= 90 * uint256(reward));
        assert(100 * (share + 1) > 16 * uint256(reward));
    }

    function check_voters_getNoLessForTheRarerOutcome(uint96 reward, uint8 rarer, uint8 often) external pure {
        if (rarer == 0 || rarer > often || often > 15) return;
        assert(RewardMath.voterShare(reward, rarer) >= RewardMath.voterShare(reward, often));
    }

    function check_frequency_staysFromOneToFifteen(uint8 sixteenths, uint8 outcome) external pure {
        if (sixteenths == 0 || sixteenths > 15 || outcome > uint8(type(Outcome).max)) return;
        uint256 next = RewardMath.nextSixteenths(sixteenths, Outcome(outcome));
        assert(next >= 1 && next <= 15);
        assert(next <= sixteenths + 1 && sixteenths <= next + 1);
    }

    function check_refund_isWithinWhatIsLeftAndTheShareOfTheBounty(
        uint96 bounty,
        uint16 planned,
        uint16 decided,
        uint96 left
    ) external pure {
        if (planned == 0 || decided > planned) return;
        uint256 refund = RewardMath.refund(bounty, planned, decided, left);
        assert(refund <= left && refund <= bounty);
        assert(refund * planned <= uint256(bounty) * (planned - decided));
        assert(decided != planned || refund == 0);
    }

    function check_refund_fallsWithEachDecidedRound(
        uint96 bounty,
        uint16 planned,
        uint16 decided,
        uint96 left
    ) external pure {
        if (planned == 0 || decided >= planned) return;
        assert(
            RewardMath.refund(bounty, planned, decided + 1, left)
                <= RewardMath.refund(bounty, planned, decided, left)
        );
    }

    /// @custom:halmos --loop 17 --solver-timeout-branching 10s
    function check_strikes_stayInTheirWindow(uint16 strikes, bool bad, uint8 window, uint8 limit)
        external
        pure
    {
        if (window == 0 || window > 16 || limit == 0 || limit > window) return;
        (uint256 next, bool due) = StrikeMath.record(strikes, bad, window, limit);
        assert(next >> window == 0);
        assert(!due || (bad && next == 0));
        assert(bad || due || next & 1 == 0);
    }

    function check_weight_isTheWholeMultipleUpToFour(uint96 stake, uint96 minimum) external pure {
        if (minimum == 0) return;
        uint256 weight = StrikeMath.weightOf(stake, minimum);
        assert(weight <= StrikeMath.MAX_WEIGHT);
        assert(weight * minimum <= stake);
        assert(weight == StrikeMath.MAX_WEIGHT || stake < (weight + 1) * minimum);
    }

    /// @dev Of three ballots, no two can win.
    /// @custom:halmos --loop 4
    function check_votes_haveOneWinner(uint8 a, uint8 b, uint8 c, uint16 drawn) external pure {
        uint256[] memory weights = new uint256[](3);
        (weights[0], weights[1], weights[2]) = (a, b, c);
        uint256 revealed = uint256(a) + b + c;
        uint256 winner = VoteMath.winner(weights, revealed, drawn);
        for (uint256 i = 0; i < 3; ++i) {
            assert(winner == i || weights[i] * 2 <= revealed || revealed * 2 < drawn);
        }
    }
}
