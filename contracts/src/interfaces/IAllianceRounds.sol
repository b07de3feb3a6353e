// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBoard } from "./IBoard.sol";
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

/// @notice None: a stranger, or one that left, or was slashed below the minimum, with its stake free. Leaving: sits in the
/// open round, owes its duties, and is off the list when the round is finalised. Retained: off the list, but with strikes
/// that stand against its stake, which stays held for as many rounds as strikes are remembered.
enum MemberState {
    None,
    Active,
    Leaving,
    Retained
}

/// @notice The terms of an Alliance beside those every task has (NewTask), fixed when the task is made. Bounds in brackets.
struct AllianceTerms {
    uint16 plannedRounds; // [1, 10_000]
    uint8 proposerSeats; // P [1, 32]
    uint8 voterSeats; // V [1, 63]
    uint16 minimumMembers; // with fewer on the list no round is drawn [P + V, maxMembers]
    uint16 maxMembers; // [P + V, 65_000]
    uint32 proposeSeconds; // each phase [2, 604_800]
    uint32 attestSeconds;
    uint32 commitSeconds;
    uint32 revealSeconds; // [10, 604_800]
    uint96 keeperFee; // wei for each draw; 2 · plannedRounds · keeperFee within a tenth of the bounty
    uint128 normClip; // WAD, 0 = none
    uint8 rule; // aggregation rule [0, 6]; + 128 = nearest-neighbour mixing first
    uint16 byzantineBps; // [0, 4_900]
    uint16 voteToleranceBps; // [0, 2_000]
    uint8 strikeWindow; // W [1, 16]
    uint8 strikeLimit; // L [1, W]
    uint16 slashBps; // [0, 5_000]
    bytes32 allowListRoot; // 0 = open to all; else OpenZeppelin's Merkle tree of double-hashed accounts
    bytes32 initialModel; // sha256 of the canonical bytes of the first model
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
/// `seedBlock` is the block whose hash the next draw depends on: from `start` on while Seeded, and from the first sealed
/// vote on until votes are opened; else 0. `drawnBlock` is set from the draw until the round is finalised; else 0.
/// `eligible` members, the first of the list, are in the next draw; who joined since the last one is not. Seats: proposers first, then voters; `weights` are 1 to 4.
/// `voterStates`: two bits a voter, 0 none, 1 attested, 2 committed, 3 revealed. `tallies`: a byte a proposal.
struct RoundView {
    uint16 number;
    Phase phase;
    uint40 endsAt;
    uint40 seedBlock;
    uint16 eligible;
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

/// @notice `owed` is what `withdraw` would pay, `earned` all that its seats have earned, in wei; `stake` gmFLOCK as joined;
/// `strikes` the bitmap of the last seats. `retainedUntil` is the round from which on a Retained member's stake is free.
struct MemberView {
    uint16 id;
    MemberState state;
    uint96 owed;
    uint96 earned;
    uint96 stake;
    uint16 strikes;
    uint8 weight;
    uint16 retainedUntil;
}

/// @title The rounds of an Alliance: draw, propose, attest, commit, reveal, finalise
/// @notice Every phase has a deadline and every entry point first ticks the round to now, so any caller can push a
/// round on. See docs/protocol.md, "Alliance".
interface IAllianceRounds is IBoard {
    event Joined(
        uint256 indexed taskId, uint16 indexed memberId, address indexed account, uint96 stake, uint8 weight
    );
    event AllianceOpened(uint256 indexed taskId, AllianceTerms terms);
    /// @notice The member's stake is free and its id may be given to another.
    event Left(uint256 indexed taskId, uint16 indexed memberId);
    event LeaveRequested(uint256 indexed taskId, uint16 indexed memberId);
    event Retained(uint256 indexed taskId, uint16 indexed memberId, uint16 until);
    /// @notice The draw of `round` depends on the hash of `seedBlock`. Not emitted for the blocks that votes name.
    event SeedNamed(uint256 indexed taskId, uint16 indexed round, uint256 seedBlock);
    /// @notice `eligible` members were drawn from. `keeper` was paid the keeper fee.
    event Drawn(
        uint256 indexed taskId,
        uint16 indexed round,
        bytes32 seed,
        uint256 eligible,
        uint16[] seats,
        uint256 weights,
        uint256 endsAt,
        address keeper
    );
    /// @notice The hash of `seedBlock` went into the entropy of the next draw, before any vote of `round` was opened.
    event SeedFixed(uint256 indexed taskId, uint16 indexed round, uint256 seedBlock, bytes32 blockHash);
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
    event Withdrawn(uint256 indexed taskId, address indexed account, uint256 amount);
    event RoundsClosed(uint256 indexed taskId, uint256 refund, uint256 toTreasury);

    error TermOutOfBounds(string term, uint256 value, uint256 least, uint256 most);
    error TermsMalformed(uint256 length);
    error TaskIsNotJoinable(uint256 taskId);
    error TaskIsFull(uint256 maxMembers);
    error NotOnTheAllowList(address account);
    error AlreadyJoined(address account);
    error NotAMember(address account);
    error NotActingFor(address account, address caller);
    error TheDrawIsPending(Phase phase);
    error RetainedUntil(uint256 round, uint256 current);
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

    /// @notice Enters `account` into a task's list; holds its stake (weight = stake / minimum, from 1 to 4). It is in the
    /// draws after the next `start` or draw. The caller acts for the account. A member that is Retained comes back with
    /// its strikes.
    /// @param proof of the allow-list, empty where there is none.
    function join(uint256 taskId, address account, bytes32[] calldata proof) external;

    /// @notice Takes `account` off the list and frees its stake, or retains it while strikes stand against it, and frees it
    /// when called again after that. Whoever sits in the open round is marked, and off the list when that round is
    /// finalised. Refused from the moment votes are opened until the next draw, which a shorter list would change.
    function leave(uint256 taskId, address account) external;

    /// @notice Freezes the list and names the seed block, for the first round or after waiting for members. Needs
    /// `minimumMembers` on the list; before the task's `startsAt` only the creator may begin it.
    function start(uint256 taskId) external;

    /// @notice Names a new seed block when the hash of the old one can no longer be read.
    function reseed(uint256 taskId) external;

    /// @notice Opens the next round with P + V drawn members. Pays the caller the keeper fee, for the whole round.
    function draw(uint256 taskId) external;

    /// @notice Puts the commitment to an update's bytes on chain for a proposer's seat.
    function propose(uint256 taskId, uint16 round, uint8 seat, bytes32 commitment) external;

    /// @notice States which proposals the voter in `seat` holds in order.
    function attest(uint256 taskId, uint16 round, uint8 seat, uint32 bitmap) external;

    /// @notice Commits the voter in `seat` to a vote. Needs its attestation.
    function commitVote(uint256 taskId, uint16 round, uint8 seat, bytes32 sealedVote) external;

    /// @notice Opens sealed votes; anyone who holds the preimages may. Votes open already are passed over. The first call
    /// of a round fixes the hash of the block after the last sealed vote, which no one knew when sealing and no one can
    /// change once votes are known. If that can no longer be read, the call opens nothing and names a new block instead.
    function revealVotes(uint256 taskId, uint16 round, Vote[] calldata votes) external;

    /// @notice Decides the round, pays, strikes and slashes, then lets go the seated who asked to leave. If a ballot
    /// won, the arguments must be its preimage; else they are ignored.
    function finalise(uint256 taskId, bytes32 candidate, uint32 harmful, uint32 rewarded) external;

    /// @notice Refunds the share of rounds that were not decided, leaves the rest of the pool to the treasury. Credits stay
    /// payable.
    function close(uint256 taskId) external;

    /// @notice Pays `account` its credits of this task, from rounds and as keeper. Anyone may call, in every state.
    function withdraw(uint256 taskId, address account) external;

    function tasks() external view returns (ITaskManager);
    function staking() external view returns (IStaking);
    function termsOf(uint256 taskId) external view returns (AllianceTerms memory);
    function roundView(uint256 taskId) external view returns (RoundView memory);
    function memberOf(uint256 taskId, address account) external view returns (MemberView memory);
    function accountOf(uint256 taskId, uint16 memberId) external view returns (address);
    /// @notice Members on the list now.
    function memberCount(uint256 taskId) external view returns (uint256);
    function entropyOf(uint256 taskId) external view returns (bytes32);
}
