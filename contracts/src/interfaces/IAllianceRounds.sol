// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStaking } from "./IStaking.sol";
import { ITaskManager } from "./ITaskManager.sol";

/// @notice Waiting: too few members or not started. Seeded: list frozen, seed block named. Tally: ready to finalise.
/// Ended: no more rounds, `close` may move the money.
enum Phase {
    None,
    Waiting,
    Seeded,
    Propose,
    Attest,
    Commit,
    Reveal,
    Tally,
    Ended
}

enum Outcome {
    Void,
    Accepted,
    Rejected
}

/// @notice Dropped: slashed below the minimum, off the list, stake held until it leaves. Leaving: sits in the open
/// round, owes its duties, and is off the list with its stake free when the round is finalised.
enum MemberState {
    None,
    Active,
    Dropped,
    Left,
    Leaving
}

/// @notice A revealed vote: the preimage of the voter's sealed vote.
struct Vote {
    uint8 seat;
    bytes32 candidate;
    uint32 harmful;
    uint32 rewarded;
    bool support;
    bytes32 salt;
}

/// @notice A task's round as of now: `phase` and `endsAt` are ticked to the block's timestamp.
/// `seedBlock` is set while Seeded, `drawnBlock` from the draw until the round is finalised; else 0.
/// `memberCount` is the frozen count of the draw. Seats: proposers first, then voters; `weights` are 1 to 4.
/// `voterStates`: two bits a voter, 0 none, 1 attested, 2 committed, 3 revealed. `tallies`: a byte a proposal.
struct RoundView {
    uint16 number;
    Phase phase;
    uint40 endsAt;
    uint40 seedBlock;
    uint16 memberCount;
    uint40 drawnBlock;
    uint16 opened;
    uint16 decided;
    uint16 planned;
    uint96 pool;
    bytes32 model;
    uint8 acceptSixteenths;
    uint8 proposers;
    uint8 voters;
    uint32 proposed;
    uint128 voterStates;
    uint256 tallies;
    uint16[] seats;
    uint8[] weights;
    address[] accounts;
}

/// @notice `credit` and `keeperCredit` in wei, `stake` in gmFLOCK as joined, `strikes` the bitmap of the last seats.
struct MemberView {
    uint16 id;
    MemberState state;
    uint96 credit;
    uint96 stake;
    uint16 strikes;
    uint8 weight;
    uint96 keeperCredit;
}

/// @title The rounds of an Alliance: draw, propose, attest, commit, reveal, finalise
/// @notice Every phase has a deadline and every entry point first ticks the round to now, so any caller can push a
/// round on. See docs/protocol.md, "Alliance".
interface IAllianceRounds {
    event Joined(
        uint256 indexed taskId, uint16 indexed memberId, address indexed account, uint96 stake, uint8 weight
    );
    event Left(uint256 indexed taskId, uint16 indexed memberId);
    event LeaveRequested(uint256 indexed taskId, uint16 indexed memberId);
    event SeedNamed(uint256 indexed taskId, uint16 indexed round, uint256 seedBlock, uint256 members);
    event Drawn(
        uint256 indexed taskId,
        uint16 indexed round,
        bytes32 seed,
        uint16[] seats,
        uint256 weights,
        uint256 endsAt,
        address keeper
    );
    event Proposed(
        uint256 indexed taskId, uint16 indexed round, uint8 seat, address indexed account, bytes32 commitment
    );
    event Attested(uint256 indexed taskId, uint16 indexed round, uint8 seat, uint32 bitmap);
    event VoteCommitted(uint256 indexed taskId, uint16 indexed round, uint8 seat, bytes32 sealedVote);
    event VoteRevealed(
        uint256 indexed taskId,
        uint16 indexed round,
        uint8 seat,
        bytes32 candidate,
        uint32 harmful,
        uint32 rewarded,
        bool support,
        bytes32 salt
    );
    /// @dev `harmful` and `rewarded` are cut to the attested set; they and `candidate` are 0 when no ballot won.
    /// `struck` and `judged` are bitmaps by seat.
    event RoundFinalised(
        uint256 indexed taskId,
        uint16 indexed round,
        Outcome outcome,
        bytes32 candidate,
        uint32 harmful,
        uint32 rewarded,
        uint32 attested,
        uint96 struck,
        uint96 judged,
        uint96 proposerUnit,
        uint96 voterUnit,
        uint96 poolLeft
    );
    event MemberSlashed(
        uint256 indexed taskId, uint16 indexed round, uint16 indexed memberId, uint256 gm, uint256 flock
    );
    event KeeperPaid(uint256 indexed taskId, address indexed keeper, uint256 amount);
    event Withdrawn(uint256 indexed taskId, address indexed account, uint256 amount);
    event RoundsClosed(uint256 indexed taskId, uint256 refund, uint256 toTreasury);

    error TaskIsNotJoinable(uint256 taskId);
    error TaskIsFull(uint256 maxMembers);
    error NotOnTheAllowList(address account);
    error AlreadyJoined(address account);
    error NotAMember(address account);
    error NotActingFor(address account, address caller);
    error TheDrawIsPending(uint256 seedBlock);
    error AlreadyLeaving(address account);
    error TooFewMembers(uint256 members, uint256 needed);
    error TaskHasEnded(uint256 endsAt);
    error TaskHasNotEnded(uint256 endsAt);
    error SeedIsNotReady(uint256 seedBlock);
    error SeedIsGone(uint256 seedBlock);
    error SeedIsStillReadable(uint256 seedBlock);
    error WrongPhase(Phase expected, Phase actual);
    error RoundIsOver(uint256 round, uint256 current);
    error NoSuchSeat(uint256 seat);
    error AlreadyDone(uint256 seat);
    error AttestFirst(uint256 seat);
    error CommitFirst(uint256 seat);
    error CommitmentIsZero();
    error AttestsAMissingProposal(uint256 bitmap, uint256 proposed);
    error HarmfulAndRewardedOverlap(uint256 seat);
    error RevealDoesNotMatch(uint256 seat);
    error WrongPreimage();
    error NothingToWithdraw();

    /// @notice Enters `account` into a task's list from the next draw on; holds its stake (weight = stake / minimum,
    /// from 1 to 4). The caller acts for the account. `proof` proves the allow-list, empty where there is none.
    function join(uint256 taskId, address account, bytes32[] calldata proof) external;

    /// @notice Takes `account` off the list and frees its stake; whoever sits in the open round is marked, and gone
    /// when that round is finalised. Refused while a draw is pending.
    function leave(uint256 taskId, address account) external;

    /// @notice Freezes the list and names the seed block, for the first round or after waiting for members.
    function start(uint256 taskId) external;

    /// @notice Names a new seed block when the hash of the old one can no longer be read.
    function reseed(uint256 taskId) external;

    /// @notice Opens the next round with P + V drawn members. Pays the caller the keeper fee.
    function draw(uint256 taskId) external;

    /// @notice Puts the commitment to an update's bytes on chain for a proposer's seat.
    function propose(uint256 taskId, uint16 round, uint8 seat, bytes32 commitment) external;

    /// @notice States which proposals the voter in `seat` holds in order.
    function attest(uint256 taskId, uint16 round, uint8 seat, uint32 bitmap) external;

    /// @notice Commits the voter in `seat` to a vote. Needs its attestation.
    function commitVote(uint256 taskId, uint16 round, uint8 seat, bytes32 sealedVote) external;

    /// @notice Opens sealed votes; anyone who holds the preimages may. Votes open already are passed over.
    function revealVotes(uint256 taskId, uint16 round, Vote[] calldata votes) external;

    /// @notice Decides the round, pays, strikes and slashes, then lets go the seated who asked to leave. If a ballot
    /// won, the arguments must be its preimage; else they are ignored. Pays the caller the keeper fee.
    function finalise(uint256 taskId, bytes32 candidate, uint32 harmful, uint32 rewarded) external;

    /// @notice Refunds rounds never opened, sends the rest of the pool to the treasury. Credits stay payable.
    function close(uint256 taskId) external;

    /// @notice Pays `account` its credits of this task, from rounds and as keeper. Anyone may call, in every state.
    function withdraw(uint256 taskId, address account) external;

    function tasks() external view returns (ITaskManager);
    function staking() external view returns (IStaking);
    function roundView(uint256 taskId) external view returns (RoundView memory);
    function memberOf(uint256 taskId, address account) external view returns (MemberView memory);
    function accountOf(uint256 taskId, uint16 memberId) external view returns (address);
    /// @notice Members on the list now.
    function memberCount(uint256 taskId) external view returns (uint256);
    function entropyOf(uint256 taskId) external view returns (bytes32);
}
