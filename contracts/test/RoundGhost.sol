// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AllianceRounds } from "../src/AllianceRounds.sol";
import { FlockToken } from "../src/FlockToken.sol";
import { Staking } from "../src/Staking.sol";
import { TaskManager } from "../src/TaskManager.sol";
import { MemberState, Outcome, Phase, RoundView, Vote } from "../src/interfaces/IAllianceRounds.sol";
import { Role } from "../src/interfaces/IStaking.sol";
import { RoundPlay } from "./RoundPlay.t.sol";

/// @notice What should be known of a task's money: all in wei.
struct Flow {
    uint256 paidIn;
    uint256 withdrawn;
    uint256 refunded;
    uint256 toTreasury;
}

enum Branch {
    Accepted,
    Rejected,
    Void,
    Slashed,
    Dropped,
    Left,
    LeaveRequested,
    LetGo,
    Closed,
    Refunded,
    Cancelled,
    NotStarted,
    Reseeded,
    Withdrawn,
    KeeperWithdrew,
    Redeemed,
    Refused,
    Extended,
    Poked,
    Delegated,
    Collected,
    PoolSlashed
}

/// @notice Plays rounds and keeps its own books of them: who did what, what that must lead to, who was paid.
abstract contract RoundGhost is RoundPlay {
    uint256 public constant MEMBERS = 10;

    uint256 public time;
    uint256 public height;
    uint256 public donatedToStaking;
    uint256 public donatedToTasks;
    /// @notice Credits that went to members without a seat, or who did nothing in it. Must stay 0.
    uint256 public unearned;

    mapping(Branch => uint256) public reached;
    mapping(uint256 taskId => Flow) public flowOf;
    mapping(uint256 taskId => mapping(address account => uint256)) public credited;
    mapping(uint256 taskId => mapping(address account => uint256)) public takenOut;
    /// @notice Whether a member ever stayed away, lost a vote with two thirds against it, or proposed what the others
    /// refused.
    mapping(uint256 taskId => mapping(address account => bool)) public atFault;
    mapping(uint256 taskId => bytes32) public modelOf;

    /// @dev What decides who shows up and how it votes in the phase that is played.
    uint256 internal dice;
    /// @dev The round a task is in: what each voter attested and voted, and who revealed.
    mapping(uint256 taskId => mapping(uint256 voter => uint32)) private _attestedBy;
    mapping(uint256 taskId => mapping(uint256 voter => Vote)) private _votes;
    mapping(uint256 taskId => uint256) private _attesters;
    mapping(uint256 taskId => uint256) private _revealed;

    modifier onTheClock() {
        vm.warp(time);
        vm.roll(height);
        _;
    }

    /// @dev The contracts come from the test: a handler that deployed them would carry their code.
    function setUp() public override { }

    function playOn(FlockToken token_, Staking staking_, TaskManager tasks_, AllianceRounds rounds_)
        external
    {
        (token, staking, tasks, rounds) = (token_, staking_, tasks_, rounds_);
        (time, height) = (1_800_000_000, 1_000);
    }

    function _pass(uint256 seconds_, uint256 blocks) internal {
        time += seconds_;
        height += blocks;
        vm.warp(time);
        vm.roll(height);
    }

    // --- Playing ---

    function _draw(uint256 taskId, address by) internal {
        uint256 before = rounds.memberOf(taskId, by).keeperCredit;
        vm.prank(by);
        rounds.draw(taskId);
        credited[taskId][by] += rounds.memberOf(taskId, by).keeperCredit - before;
        (_attesters[taskId], _revealed[taskId]) = (0, 0);
        if (modelOf[taskId] == 0) modelOf[taskId] = INITIAL_MODEL;
    }

    function _propose(uint256 taskId, RoundView memory round) internal {
        for (uint256 seat = 0; seat < round.proposers; ++seat) {
            if (_showsUp(seat)) propose(taskId, 1 << seat);
        }
    }

    /// @dev Most attest to all there is; one in sixteen to the first proposal only.
    function _attest(uint256 taskId, RoundView memory round) internal {
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (!_showsUp(voter)) continue;
            uint32 bitmap = round.proposed & (_moodOf(voter) == 0 ? 1 : type(uint32).max);
            attest(taskId, 1 << voter, bitmap);
            _attestedBy[taskId][voter] = bitmap;
            _attesters[taskId] |= 1 << voter;
        }
    }

    function _commit(uint256 taskId, RoundView memory round) internal {
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (!_showsUp(voter) || _attesters[taskId] & (1 << voter) == 0) continue;
            _votes[taskId][voter] = _voteOf(taskId, round, voter);
            commit(taskId, _votes[taskId][voter]);
        }
    }

    function _reveal(uint256 taskId, RoundView memory round) internal {
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (!_showsUp(voter) || (round.voterStates >> 2 * voter) & 3 != 2) continue;
            Vote[] memory votes = new Vote[](1);
            votes[0] = _votes[taskId][voter];
            reveal(taskId, votes);
            _revealed[taskId] |= 1 << voter;
        }
    }

    /// @dev Finalises with what the ghost says won, and holds the result against the ghost's.
    function _finalise(uint256 taskId, RoundView memory round, address by) internal {
        (Outcome outcome, Vote memory winning) = _expected(taskId, round);
        uint256[] memory credits = _creditsOf(taskId);
        uint256 keeperCredit = rounds.memberOf(taskId, by).keeperCredit;
        (uint256 stakes, uint256 pools) = _stakesOf(taskId, round);
        uint256 leaving = _leaving(taskId, round);
        vm.prank(by);
        rounds.finalise(taskId, winning.candidate, winning.harmful, winning.rewarded);
        credited[taskId][by] += rounds.memberOf(taskId, by).keeperCredit - keeperCredit;
        (uint256 stakesLeft, uint256 poolsLeft) = _stakesOf(taskId, round);
        if (stakesLeft < stakes) ++reached[Branch.Slashed];
        if (poolsLeft < pools) ++reached[Branch.PoolSlashed];
        _bookPay(taskId, round, credits);
        _bookFaults(taskId, round, outcome, winning);
        _checkLetGo(taskId, round, leaving);
        RoundView memory after_ = view_(taskId);
        assertEq(after_.decided, round.decided + (outcome == Outcome.Void ? 0 : 1), "decided");
        if (outcome == Outcome.Accepted) modelOf[taskId] = winning.candidate;
        ++reached[_branchOf(outcome)];
    }

    function _branchOf(Outcome outcome) private pure returns (Branch) {
        if (outcome == Outcome.Void) return Branch.Void;
        return outcome == Outcome.Accepted ? Branch.Accepted : Branch.Rejected;
    }

    // --- Reading ---

    function _isHere(uint256 taskId, address account) internal view returns (bool) {
        MemberState state = rounds.memberOf(taskId, account).state;
        return state == MemberState.Active || state == MemberState.Dropped || state == MemberState.Leaving;
    }

    /// @dev Whether `account` may leave, at once or at the end of the round it sits in.
    function _mayLeave(uint256 taskId, address account) internal view returns (bool) {
        if (view_(taskId).phase == Phase.Seeded) return false;
        return _isHere(taskId, account) && rounds.memberOf(taskId, account).state != MemberState.Leaving;
    }

    /// @dev Whether a draw is pending or `account` sits in an open round.
    function _hasDuty(uint256 taskId, address account) internal view returns (bool) {
        RoundView memory round = view_(taskId);
        if (round.phase == Phase.Seeded) return true;
        return isOpen(round.phase) && _seatOf(round, account) < round.accounts.length;
    }

    /// @notice Whether `account` can leave now, at once.
    function isFree(uint256 taskId, address account) external view returns (bool) {
        return _isHere(taskId, account) && !_hasDuty(taskId, account);
    }

    function isOpen(Phase phase) public pure returns (bool) {
        return phase >= Phase.Propose && phase <= Phase.Tally;
    }

    // --- The ghost's own reading of the rules ---

    function _showsUp(uint256 index) private view returns (bool) {
        return (dice >> 4 * index) & 15 != 0;
    }

    function _moodOf(uint256 voter) private view returns (uint256) {
        return (dice >> 128 + 4 * voter) & 15;
    }

    /// @dev Most vote the truth of the round and its sign; some the other sign, some on another ballot.
    function _voteOf(uint256 taskId, RoundView memory round, uint256 voter)
        private
        view
        returns (Vote memory vote)
    {
        uint256 truth = dice >> 192;
        vote.seat = uint8(round.proposers + voter);
        vote.candidate = keccak256(abi.encode("model", taskId, round.number));
        if (truth % 8 == 0) vote.candidate = modelOf[taskId];
        if (_moodOf(voter) == 0) vote.candidate = keccak256("a lie");
        vote.harmful = uint32(truth >> 8) & uint32(truth >> 16) & 3;
        vote.rewarded = ~vote.harmful & 3;
        vote.support = ((truth >> 3) % 3 != 0) != (_moodOf(voter) == 1);
        vote.salt = keccak256(abi.encode(dice, voter));
    }

    function _expected(uint256 taskId, RoundView memory round)
        private
        view
        returns (Outcome outcome, Vote memory winning)
    {
        (uint256 revealed, uint256 drawn) = (_weightOf(taskId, round, 0, false), _drawnWeight(round));
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (_revealed[taskId] & (1 << voter) == 0) continue;
            Vote memory vote = _votes[taskId][voter];
            vote.support = true;
            uint256 supporting = _weightOf(taskId, round, _sideOf(vote), true);
            vote.support = false;
            uint256 opposing = _weightOf(taskId, round, _sideOf(vote), true);
            if (2 * (supporting + opposing) <= revealed || 2 * revealed < drawn) continue;
            if (vote.candidate == modelOf[taskId] || supporting == opposing) return (Outcome.Void, vote);
            return (supporting > opposing ? Outcome.Accepted : Outcome.Rejected, vote);
        }
    }

    function _bookPay(uint256 taskId, RoundView memory round, uint256[] memory before) private {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            uint256 earned = rounds.memberOf(taskId, member(i)).credit - before[i];
            if (earned == 0) continue;
            credited[taskId][member(i)] += earned;
            uint256 seat = _seatOf(round, member(i));
            if (seat == round.accounts.length || !_wasPresent(taskId, round, seat)) unearned += earned;
        }
    }

    function _bookFaults(uint256 taskId, RoundView memory round, Outcome outcome, Vote memory winning)
        private
    {
        uint256 revealed = _weightOf(taskId, round, 0, false);
        winning.support = outcome == Outcome.Accepted;
        for (uint256 seat = 0; seat < round.accounts.length; ++seat) {
            bool fault = !_wasPresent(taskId, round, seat);
            if (!fault && outcome != Outcome.Void) {
                if (seat < round.proposers) {
                    fault = !_isAttested(taskId, round, seat)
                        || (outcome == Outcome.Accepted && winning.harmful & (1 << seat) != 0);
                } else {
                    bytes32 side = _sideOf(_votes[taskId][seat - round.proposers]);
                    fault = side != _sideOf(winning) && 3 * _weightOf(taskId, round, side, true) <= revealed;
                }
            }
            address account = round.accounts[seat];
            if (fault) atFault[taskId][account] = true;
            if (rounds.memberOf(taskId, account).state == MemberState.Dropped) ++reached[Branch.Dropped];
        }
    }

    /// @dev The seats whose members asked to leave.
    function _leaving(uint256 taskId, RoundView memory round) private view returns (uint256 seats) {
        for (uint256 seat = 0; seat < round.accounts.length; ++seat) {
            if (rounds.memberOf(taskId, round.accounts[seat]).state == MemberState.Leaving) {
                seats |= 1 << seat;
            }
        }
    }

    /// @dev Whoever asked to leave is gone with the round, and only they.
    function _checkLetGo(uint256 taskId, RoundView memory round, uint256 leaving) private {
        for (uint256 seat = 0; seat < round.accounts.length; ++seat) {
            address account = round.accounts[seat];
            bool left = rounds.memberOf(taskId, account).state == MemberState.Left;
            assertTrue(
                left == (leaving & (1 << seat) != 0), "left with the round without asking, or asked in vain"
            );
            if (!left) continue;
            address holder = staking.allocationOf(account, taskId, Role.Member).holder;
            assertTrue(holder == address(0), "let go without its stake");
            ++reached[Branch.LetGo];
        }
    }

    function _wasPresent(uint256 taskId, RoundView memory round, uint256 seat) private view returns (bool) {
        if (seat < round.proposers) return round.proposed & (1 << seat) != 0;
        return _revealed[taskId] & (1 << (seat - round.proposers)) != 0;
    }

    function _isAttested(uint256 taskId, RoundView memory round, uint256 seat) private view returns (bool) {
        uint256 vouching;
        uint256 attesting;
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (_attesters[taskId] & (1 << voter) == 0) continue;
            uint256 weight = round.weights[round.proposers + voter];
            attesting += weight;
            if (_attestedBy[taskId][voter] & (1 << seat) != 0) vouching += weight;
        }
        return 2 * vouching > attesting;
    }

    /// @dev Revealed weight, all of it or that on one side.
    function _weightOf(uint256 taskId, RoundView memory round, bytes32 side, bool ofSide)
        private
        view
        returns (uint256 weight)
    {
        for (uint256 voter = 0; voter < round.voters; ++voter) {
            if (_revealed[taskId] & (1 << voter) == 0) continue;
            if (ofSide && _sideOf(_votes[taskId][voter]) != side) continue;
            weight += round.weights[round.proposers + voter];
        }
    }

    function _drawnWeight(RoundView memory round) private pure returns (uint256 weight) {
        for (uint256 seat = round.proposers; seat < round.weights.length; ++seat) {
            weight += round.weights[seat];
        }
    }

    function _sideOf(Vote memory vote) private pure returns (bytes32) {
        return keccak256(abi.encode(vote.candidate, vote.harmful, vote.rewarded, vote.support));
    }

    function _seatOf(RoundView memory round, address account) private pure returns (uint256 seat) {
        while (seat < round.accounts.length && round.accounts[seat] != account) ++seat;
    }

    function _creditsOf(uint256 taskId) private view returns (uint256[] memory credits) {
        credits = new uint256[](MEMBERS);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            credits[i] = rounds.memberOf(taskId, member(i)).credit;
        }
    }

    /// @dev Of all that are seated: their own stake, and what is delegated to them.
    function _stakesOf(uint256 taskId, RoundView memory round)
        private
        view
        returns (uint256 own, uint256 pools)
    {
        for (uint256 seat = 0; seat < round.accounts.length; ++seat) {
            own += staking.allocationOf(round.accounts[seat], taskId, Role.Member).amount;
            pools += staking.poolOf(round.accounts[seat], taskId).gm;
        }
    }
}
