// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBoard } from "./IBoard.sol";
import { IStaking } from "./IStaking.sol";
import { ITaskManager } from "./ITaskManager.sol";

/// @notice Where a task's rounds are. None: the task is not an Alliance. Waiting: not started, or too few members.
/// Seeded: the list of the next draw is frozen. Propose, Attest, Commit, Reveal: the round's duties, each with a
/// deadline. Tally: ready to finalise. Ended: no more rounds; `close` can settle the money.
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

/// @notice How a round ended. Void: nothing was decided. Accepted: the candidate is the new model. Rejected: the
/// model stays.
enum Outcome {
    Void,
    Accepted,
    Rejected
}

/// @notice What an account is to a task. None: not a member, or one that left or was slashed below the minimum, with
/// its stake released. Active: on the list. Leaving: asked to leave, has a seat in the open round and owes its duties
/// there; off the list once the round is finalised. Retained: off the list, but with strikes against its stake, which
/// stays held for as many rounds as strikes are remembered.
enum MemberState {
    None,
    Active,
    Leaving,
    Retained
}

/// @notice The terms of an Alliance beyond those every task has (NewTask), fixed when the task is created; bounds in
/// brackets. P and V are the numbers of seats.
/// @param plannedRounds Decided rounds that share the bounty [1, 10_000].
/// @param proposerSeats P, the proposers of a round [1, 32].
/// @param voterSeats V, the voters of a round [1, 63].
/// @param minimumMembers With fewer members on the list no round is drawn [P + V, maxMembers].
/// @param maxMembers The most members on the list [P + V, 65_000].
/// @param proposeSeconds Length of the Propose phase, in seconds [2, 604_800].
/// @param attestSeconds Length of the Attest phase, in seconds [2, 604_800].
/// @param commitSeconds Length of the Commit phase, in seconds [2, 604_800].
/// @param revealSeconds Length of the Reveal phase, in seconds [10, 604_800].
/// @param keeperFee Paid for each draw, in wei of FLOCK; 2 · plannedRounds · keeperFee is at most a tenth of the
/// bounty.
/// @param normClip The longest update allowed, as a Euclidean norm in WAD (1e18 is one); 0 for no limit.
/// @param rule Number of the aggregation rule [0, 6]; 128 more for nearest-neighbour mixing before it.
/// @param byzantineBps Share of bad updates that the rule must withstand, in basis points [0, 4_900].
/// @param voteToleranceBps How much worse a candidate can be and still be supported, in basis points [0, 2_000].
/// @param strikeWindow W, how many judged seats a member's strikes are remembered for [1, 16].
/// @param strikeLimit L, how many strikes within the window lead to a slash [1, W].
/// @param slashBps What a slash takes, in basis points of the stake [0, 5_000].
/// @param allowListRoot Root of OpenZeppelin's Merkle tree of double-hashed accounts that can join; 0 if anyone can.
/// @param initialModel The sha256 of the first model's canonical bytes.
struct AllianceTerms {
    uint16 plannedRounds;
    uint8 proposerSeats;
    uint8 voterSeats;
    uint16 minimumMembers;
    uint16 maxMembers;
    uint32 proposeSeconds;
    uint32 attestSeconds;
    uint32 commitSeconds;
    uint32 revealSeconds;
    uint96 keeperFee;
    uint128 normClip;
    uint8 rule;
    uint16 byzantineBps;
    uint16 voteToleranceBps;
    uint8 strikeWindow;
    uint8 strikeLimit;
    uint16 slashBps;
    bytes32 allowListRoot;
    bytes32 initialModel;
}

/// @notice A revealed vote: together with chain, contract, task, round and account, the preimage of the sealed vote.
/// @param seat The voter's seat.
/// @param candidate The sha256 of the model voted on.
/// @param harmful Bitmap of proposers' seats whose update is harmful.
/// @param rewarded Bitmap of proposers' seats whose update deserves pay; no seat is in both.
/// @param support Whether the voter supports the candidate.
/// @param salt Random bytes that keep the vote secret while it is sealed.
struct Vote {
    uint8 seat;
    bytes32 candidate;
    uint32 harmful;
    uint32 rewarded;
    bool support;
    bytes32 salt;
}

/// @notice A task's round as of now: every deadline up to the block's timestamp counts as passed.
/// @param number Number of the round, from 1; 0 before the first draw.
/// @param phase Where the rounds are.
/// @param endsAt Deadline of the phase, in Unix seconds; only meaningful in a phase that has one.
/// @param seedBlock Block whose hash the next draw depends on: from `start` on while Seeded, and from the first
/// sealed vote on until votes are revealed; else 0.
/// @param eligible How many members, the first of the list, are in the next draw; those who joined since the last are
/// not.
/// @param drawnBlock Block of the draw, until the round is finalised; else 0.
/// @param opened How many rounds were drawn.
/// @param decided How many rounds were decided: accepted or rejected.
/// @param planned How many decided rounds share the bounty.
/// @param pool FLOCK left for rounds, in wei, without what is reserved for keepers.
/// @param model The sha256 of the current model.
/// @param acceptSixteenths Running frequency of acceptance, in sixteenths: 1 to 15.
/// @param proposers How many seats propose; they come first.
/// @param voters How many seats vote; they come after the proposers.
/// @param proposed Bitmap of the proposers' seats that have proposed.
/// @param voterStates Two bits per voter: 0 none, 1 attested, 2 committed, 3 revealed.
/// @param tallies A byte per proposal: the weight of the voters that attested it.
/// @param seats The member ids in the seats.
/// @param weights Their weights, 1 to 4.
/// @param accounts Their accounts.
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

/// @notice What a task knows about an account.
/// @param id Its member id, from 1; 0 if it is not a member.
/// @param state What it is to the task.
/// @param owed What `withdraw` would pay it, in wei of FLOCK.
/// @param earned All that its seats have earned, in wei of FLOCK.
/// @param stake gmFLOCK it had on the task when it joined.
/// @param strikes Bitmap of its last judged seats, the latest lowest: 1 is a strike.
/// @param weight Its weight in draws and votes, 1 to 4.
/// @param retainedUntil Round from which the stake of a Retained member can be released; else 0.
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
/// @notice Every phase has a deadline, and every function first moves the round past the deadlines that have passed,
/// so anyone can push a round on. See docs/protocol.md, "Alliance".
/// @dev A seat's duty is done by its account or by the operator that the account has named in Staking. Functions that
/// act in a round name it, so that a late transaction is refused and never counts in the next round.
interface IAllianceRounds is IBoard {
    // --- Events ---

    /// @notice The terms of a new Alliance.
    /// @param taskId The task.
    /// @param terms Its terms.
    event AllianceOpened(uint256 indexed taskId, AllianceTerms terms);

    /// @notice An account joined a task.
    /// @param taskId The task.
    /// @param memberId Its member id.
    /// @param account The account.
    /// @param stake gmFLOCK it has on the task; held from now on.
    /// @param weight Its weight in draws and votes, 1 to 4.
    event Joined(
        uint256 indexed taskId, uint16 indexed memberId, address indexed account, uint96 stake, uint8 weight
    );

    /// @notice A member left: its stake is released, and its id can be given to another.
    /// @param taskId The task.
    /// @param memberId Its member id.
    event Left(uint256 indexed taskId, uint16 indexed memberId);

    /// @notice A member with a seat in the open round asked to leave, and does so when the round is finalised.
    /// @param taskId The task.
    /// @param memberId Its member id.
    event LeaveRequested(uint256 indexed taskId, uint16 indexed memberId);

    /// @notice A member left the list, but strikes keep its stake held.
    /// @param taskId The task.
    /// @param memberId Its member id.
    /// @param until Round from which the stake can be released.
    event Retained(uint256 indexed taskId, uint16 indexed memberId, uint16 until);

    /// @notice A round's draw depends on the hash of a block. Not emitted for the blocks that sealed votes name.
    /// @param taskId The task.
    /// @param round Number of the round to be drawn.
    /// @param seedBlock Number of the block.
    event SeedNamed(uint256 indexed taskId, uint16 indexed round, uint256 seedBlock);

    /// @notice A round was drawn.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param seed The seed it was drawn with.
    /// @param eligible How many members were in the draw.
    /// @param seats The member ids drawn: proposers first, then voters.
    /// @param weights Two bits per seat, the lowest for seat 0: the weight less 1.
    /// @param endsAt Deadline of the Propose phase, in Unix seconds.
    /// @param keeper Who drew it, and was credited the keeper fee.
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

    /// @notice The hash of a block went into the entropy of the next draw, before any vote of this round was
    /// revealed.
    /// @param taskId The task.
    /// @param round Number of the open round.
    /// @param seedBlock Number of the block.
    /// @param blockHash Its hash.
    event SeedFixed(uint256 indexed taskId, uint16 indexed round, uint256 seedBlock, bytes32 blockHash);

    /// @notice A proposer committed to an update.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param seat The proposer's seat.
    /// @param account The proposer.
    /// @param commitment The commitment to the update's bytes.
    event Proposed(
        uint256 indexed taskId, uint16 indexed round, uint8 seat, address indexed account, bytes32 commitment
    );

    /// @notice A voter said which proposals it has, complete and valid.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param seat The voter's seat.
    /// @param bitmap Bitmap of the proposers' seats.
    event Attested(uint256 indexed taskId, uint16 indexed round, uint8 seat, uint32 bitmap);

    /// @notice A voter committed to a sealed vote.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param seat The voter's seat.
    /// @param sealedVote Hash of the vote.
    event VoteCommitted(uint256 indexed taskId, uint16 indexed round, uint8 seat, bytes32 sealedVote);

    /// @notice A sealed vote was revealed.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param seat The voter's seat.
    /// @param candidate The sha256 of the model voted on.
    /// @param harmful Bitmap of proposers' seats whose update is harmful.
    /// @param rewarded Bitmap of proposers' seats whose update deserves pay.
    /// @param support Whether the voter supports the candidate.
    /// @param salt The vote's salt.
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

    /// @notice A round was finalised.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param outcome How it ended.
    /// @param candidate The sha256 of the model of the ballot that won; 0 if none did.
    /// @param harmful Bitmap of the attested proposals that the ballot calls harmful; 0 if none won.
    /// @param rewarded Bitmap of the attested proposals that the ballot rewards; 0 if none won.
    /// @param attested Bitmap of the attested proposals.
    /// @param struck Bitmap of the seats that get a strike.
    /// @param judged Bitmap of the seats that are judged, with a strike or without.
    /// @param proposerUnit Pay for each unit of weight of a paid proposer, in wei of FLOCK.
    /// @param voterUnit Pay for each unit of weight of an agreeing voter, in wei of FLOCK.
    /// @param poolLeft FLOCK left for the rounds to come, in wei.
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

    /// @notice A member was slashed: it reached the limit of strikes, or did not reveal a vote it had sealed.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param memberId Its member id.
    /// @param gm gmFLOCK taken of its own stake.
    /// @param flock FLOCK taken with it, in wei.
    event MemberSlashed(
        uint256 indexed taskId, uint16 indexed round, uint16 indexed memberId, uint256 gm, uint256 flock
    );

    /// @notice An account was paid what it was owed for a task.
    /// @param taskId The task.
    /// @param account Who was paid.
    /// @param amount FLOCK paid, in wei.
    event Withdrawn(uint256 indexed taskId, address indexed account, uint256 amount);

    /// @notice The rounds of a task have ended and its money was settled.
    /// @param taskId The task.
    /// @param refund FLOCK that backers can withdraw, in wei.
    /// @param toTreasury FLOCK owed to the treasury, in wei.
    event RoundsClosed(uint256 indexed taskId, uint256 refund, uint256 toTreasury);

    // --- Errors ---

    /// @notice A term is outside of its bounds.
    /// @param term Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error TermOutOfBounds(string term, uint256 value, uint256 least, uint256 most);

    /// @notice The terms are not ABI-encoded AllianceTerms.
    /// @param length Their length, in bytes.
    error TermsMalformed(uint256 length);

    /// @notice The task cannot be joined: it is not an Alliance, or it has ended.
    /// @param taskId The task.
    error TaskIsNotJoinable(uint256 taskId);

    /// @notice The list has all the members it can have.
    /// @param maxMembers How many that are.
    error TaskIsFull(uint256 maxMembers);

    /// @notice The proof does not show that the account is on the allow-list.
    /// @param account The account.
    error NotOnTheAllowList(address account);

    /// @notice The account is a member of the task already.
    /// @param account The account.
    error AlreadyJoined(address account);

    /// @notice The account is not a member of the task.
    /// @param account The account.
    error NotAMember(address account);

    /// @notice The caller is neither the account nor its operator.
    /// @param account The account acted for.
    /// @param caller Who tried.
    error NotActingFor(address account, address caller);

    /// @notice Nobody can leave the list between the Reveal phase and the next draw.
    /// @param phase Where the rounds are.
    error TheDrawIsPending(Phase phase);

    /// @notice Strikes keep the member's stake held.
    /// @param round Round from which it can be released.
    /// @param current Number of the round now.
    error RetainedUntil(uint256 round, uint256 current);

    /// @notice The member has asked to leave already.
    /// @param account The account.
    error AlreadyLeaving(address account);

    /// @notice Too few members are on the list to draw a round.
    /// @param members How many are.
    /// @param needed How many are needed.
    error TooFewMembers(uint256 members, uint256 needed);

    /// @notice The task has ended: no more rounds are drawn.
    /// @param endsAt When it ended, in Unix seconds.
    error TaskHasEnded(uint256 endsAt);

    /// @notice The task has not ended.
    /// @param endsAt When it does, in Unix seconds.
    error TaskHasNotEnded(uint256 endsAt);

    /// @notice The block that the draw or the reveal depends on is not over.
    /// @param seedBlock Number of the block.
    error SeedIsNotReady(uint256 seedBlock);

    /// @notice The hash of the seed block can no longer be read.
    /// @param seedBlock Number of the block.
    error SeedIsGone(uint256 seedBlock);

    /// @notice The hash of the seed block can still be read, or no block is waited for.
    /// @param seedBlock Number of the block; 0 if none is waited for.
    error SeedIsStillReadable(uint256 seedBlock);

    /// @notice This belongs to another phase.
    /// @param expected Phase it belongs to.
    /// @param actual Phase of the round now.
    error WrongPhase(Phase expected, Phase actual);

    /// @notice This was meant for another round.
    /// @param round Number of the round it was meant for.
    /// @param current Number of the round now.
    error RoundIsOver(uint256 round, uint256 current);

    /// @notice The seat does not exist in this round, or has another role.
    /// @param seat The seat.
    error NoSuchSeat(uint256 seat);

    /// @notice The seat has done this already in this round.
    /// @param seat The seat.
    error AlreadyDone(uint256 seat);

    /// @notice A voter that has not attested cannot commit a vote.
    /// @param seat The voter's seat.
    error AttestFirst(uint256 seat);

    /// @notice The voter has committed no vote that could be revealed.
    /// @param seat The voter's seat.
    error CommitFirst(uint256 seat);

    /// @notice A commitment cannot be zero.
    error CommitmentIsZero();

    /// @notice An attestation names a seat that has proposed nothing.
    /// @param bitmap The attestation.
    /// @param proposed Bitmap of the seats that have proposed.
    error AttestsAMissingProposal(uint256 bitmap, uint256 proposed);

    /// @notice A vote calls a proposal harmful and rewards it.
    /// @param seat The voter's seat.
    error HarmfulAndRewardedOverlap(uint256 seat);

    /// @notice The vote is not the one that was sealed.
    /// @param seat The voter's seat.
    error RevealDoesNotMatch(uint256 seat);

    /// @notice The arguments are not the preimage of the ballot that won.
    error WrongPreimage();

    /// @notice The account is owed nothing.
    error NothingToWithdraw();

    // --- Membership ---

    /// @notice Puts an account on a task's list and holds its stake.
    /// @dev For the account or its operator. Its weight is its stake divided by the minimum, from 1 to 4. It is in
    /// the draws after the next `start` or draw. A Retained member comes back with its strikes. Refused while Staking
    /// is paused. Reverts with NotActingFor, TaskIsNotJoinable, AlreadyJoined, TaskIsFull, NotOnTheAllowList, and
    /// with Staking's StakeBelowMinimum.
    /// @param taskId The task.
    /// @param account The account.
    /// @param proof Merkle proof of the allow-list; empty if there is none.
    function join(uint256 taskId, address account, bytes32[] calldata proof) external;

    /// @notice Takes an account off a task's list and releases its stake, or retains it while strikes stand against
    /// it.
    /// @dev For the account or its operator. A member with a seat in the open round leaves when that round is
    /// finalised. A Retained member's stake is released when this is called again after its last round of retention,
    /// or once the rounds have ended. Refused from the Reveal phase until the next draw, which a shorter list would
    /// change. Reverts with NotActingFor, NotAMember, AlreadyLeaving, RetainedUntil and TheDrawIsPending.
    /// @param taskId The task.
    /// @param account The account.
    function leave(uint256 taskId, address account) external;

    // --- Rounds ---

    /// @notice Freezes the list and names the seed block, for the first round or after waiting for members.
    /// @dev Anyone can call; before the task's `startsAt` only its creator can. The first call begins the task. Needs
    /// `minimumMembers` on the list. Reverts with WrongPhase, TaskHasEnded, TooFewMembers, and as ITaskManager.begin
    /// does.
    /// @param taskId The task.
    function start(uint256 taskId) external;

    /// @notice Names a new seed block when the hash of the old one can no longer be read.
    /// @dev Anyone can call. Reverts with WrongPhase and SeedIsStillReadable.
    /// @param taskId The task.
    function reseed(uint256 taskId) external;

    /// @notice Draws P + V members and opens the next round; credits the caller the keeper fee, for the whole round.
    /// @dev Anyone can call. Reverts with WrongPhase, TaskHasEnded, SeedIsNotReady and SeedIsGone.
    /// @param taskId The task.
    function draw(uint256 taskId) external;

    /// @notice Commits a proposer to the bytes of its update.
    /// @dev For the seat's account or its operator. Reverts with RoundIsOver, WrongPhase, NoSuchSeat, AlreadyDone,
    /// CommitmentIsZero and NotActingFor.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param seat The proposer's seat.
    /// @param commitment The commitment to the update's bytes; not 0.
    function propose(uint256 taskId, uint16 round, uint8 seat, bytes32 commitment) external;

    /// @notice Says which proposals a voter has, complete and valid.
    /// @dev For the seat's account or its operator. Reverts with RoundIsOver, WrongPhase, NoSuchSeat, AlreadyDone,
    /// AttestsAMissingProposal and NotActingFor.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param seat The voter's seat.
    /// @param bitmap Bitmap of the proposers' seats; can be 0.
    function attest(uint256 taskId, uint16 round, uint8 seat, uint32 bitmap) external;

    /// @notice Commits a voter to a sealed vote.
    /// @dev For the seat's account or its operator, once the seat has attested. Reverts with RoundIsOver, WrongPhase,
    /// NoSuchSeat, AttestFirst, AlreadyDone and NotActingFor.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param seat The voter's seat.
    /// @param sealedVote keccak256(abi.encode(chainid, this contract, taskId, round, account, candidate, harmful,
    /// rewarded, support, salt)).
    function commitVote(uint256 taskId, uint16 round, uint8 seat, bytes32 sealedVote) external;

    /// @notice Reveals sealed votes; those revealed already are skipped.
    /// @dev Anyone who has the preimages can call. The first call of a round fixes the hash of the block after the
    /// last sealed vote, which nobody knew when sealing and nobody can change once votes are known. If that hash can
    /// no longer be read, the call reveals nothing and names a new block instead. Reverts with RoundIsOver,
    /// WrongPhase, SeedIsNotReady, NoSuchSeat, CommitFirst, HarmfulAndRewardedOverlap and RevealDoesNotMatch.
    /// @param taskId The task.
    /// @param round Number of the round.
    /// @param votes The votes.
    function revealVotes(uint256 taskId, uint16 round, Vote[] calldata votes) external;

    /// @notice Decides a round: pays, strikes and slashes, then lets the seated members go that asked to leave.
    /// @dev Anyone can call. If a ballot won, the arguments must be its preimage; else they are ignored. Reverts with
    /// WrongPhase and WrongPreimage.
    /// @param taskId The task.
    /// @param candidate The sha256 of the model of the ballot that won.
    /// @param harmful That ballot's bitmap of harmful proposals.
    /// @param rewarded That ballot's bitmap of rewarded proposals.
    function finalise(uint256 taskId, bytes32 candidate, uint32 harmful, uint32 rewarded) external;

    // --- Money ---

    /// @notice Ends a task: refunds the share of rounds that were not decided and leaves the rest of the pool to the
    /// treasury. What accounts are owed stays payable.
    /// @dev Anyone can call once the rounds have ended, or after the task's end while no round is open. Reverts with
    /// WrongPhase, TaskHasNotEnded, and as ITaskManager.close does.
    /// @param taskId The task.
    function close(uint256 taskId) external;

    /// @notice Pays an account what it is owed for a task, from rounds and as keeper.
    /// @dev Anyone can call, in every phase; it always pays the account. Reverts with NothingToWithdraw.
    /// @param taskId The task.
    /// @param account Who is paid.
    function withdraw(uint256 taskId, address account) external;

    // --- Views ---

    /// @notice The contract that keeps the tasks.
    /// @return The TaskManager.
    function tasks() external view returns (ITaskManager);

    /// @notice The contract that holds the members' stake.
    /// @return The Staking contract.
    function staking() external view returns (IStaking);

    /// @notice The terms of a task.
    /// @param taskId The task.
    /// @return Its terms; all zero if it is not an Alliance.
    function termsOf(uint256 taskId) external view returns (AllianceTerms memory);

    /// @notice A task's round as of now.
    /// @param taskId The task.
    /// @return The round; its phase is None if the task is not an Alliance.
    function roundView(uint256 taskId) external view returns (RoundView memory);

    /// @notice What a task knows about an account.
    /// @param taskId The task.
    /// @param account The account.
    /// @return Its membership.
    function memberOf(uint256 taskId, address account) external view returns (MemberView memory);

    /// @notice The account of a member.
    /// @param taskId The task.
    /// @param memberId The member id.
    /// @return The account that has the id, or had it last; zero if it was never given.
    function accountOf(uint256 taskId, uint16 memberId) external view returns (address);

    /// @notice How many members are on a task's list.
    /// @param taskId The task.
    /// @return The number of members.
    function memberCount(uint256 taskId) external view returns (uint256);

    /// @notice What the next draw depends on besides the seed block: salts of revealed votes and block hashes, XORed.
    /// @param taskId The task.
    /// @return The entropy; 0 before the first reveal.
    function entropyOf(uint256 taskId) external view returns (bytes32);
}
