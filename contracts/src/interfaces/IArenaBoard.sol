// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Verdict } from "../libraries/ScoreMath.sol";
import { IArenaPanels } from "./IArenaPanels.sol";
import { IBoard } from "./IBoard.sol";

/// @notice Where an Arena is. None: the task is not an Arena. Enrolling: not begun. Running: submissions are taken until
/// the task's end, and scored until the queue is empty. Disclosing: trainers say what they had committed to, then the
/// sealed submissions are scored on set A. Finals: the creator opens set B and the finalists are scored on it.
/// Finished: the ranking is final, the money is settled.
enum Stage {
    None,
    Enrolling,
    Running,
    Disclosing,
    Finals,
    Finished
}

/// @notice What a window scores. Open: submissions that wait, on set A. Sealed: sealed ones that were disclosed, on set
/// A. Final: the finalists, on set B.
enum Queue {
    Open,
    Sealed,
    Final
}

/// @notice What an account is to a task. A role is for good: nobody scores what it competes with.
enum Role {
    None,
    Trainer,
    Validator
}

/// @notice Where a member is. Active: enrolled, its stake held. Retained: a validator off the list, with strikes against
/// its stake, which stays held for a while. Left: its stake is released.
enum Standing {
    None,
    Active,
    Retained,
    Left
}

/// @notice What is known of a submission. Queued: it waits for a window, or for the verdict of one. Hidden: sealed, and
/// not disclosed. Scored: it has a median. Failed: most of its panel could not score it, and said it is the
/// submission's fault. Void: no verdict; nobody is to blame. Cancelled: by its trainer.
enum SubmissionState {
    None,
    Queued,
    Hidden,
    Scored,
    Failed,
    Void,
    Cancelled
}

/// @notice The terms of an Arena beyond those every task has (NewTask), fixed when the task is created; bounds in
/// brackets. Scores are in millionths of the metric's unit.
/// @param setA The sha256 of the hidden set that submissions are scored on.
/// @param setB The sha256 of the hidden set that finalists are scored on; 0 if there is none.
/// @param cipherB The sha256 of set B as stored, encrypted.
/// @param keyHashB The keccak256 of the 32 bytes that decrypt it; 0 if there is no set B.
/// @param allowListRoot Root of OpenZeppelin's Merkle tree of double-hashed accounts that can enrol; 0 if anyone can.
/// @param baseline A score that has to be beaten [0, 268_435_199].
/// @param tolerance T: how far scores of the same artifact lie apart on honest machines [1, 100_000_000].
/// @param higherIsBetter The direction of the metric.
/// @param panelSeats k, the validators that score a submission: odd [3, 9].
/// @param finalists How many places the ranking has; those in them are scored on set B [1, 64].
/// @param minimumValidators With fewer validators on the list no window opens [k, maxValidators].
/// @param maxValidators The most validators on the list [k, 4_096].
/// @param windowSeconds Least time from the opening of a window to that of the next, in seconds [10, 604_800].
/// @param commitSeconds Time to score and commit, in seconds [2, 604_800].
/// @param replaceSeconds Time for substitutes to do so, in seconds [10, 604_800].
/// @param revealSeconds Time to reveal, in seconds [10, 604_800].
/// @param restSeconds Time between the last reveal of a window and the opening of the next, in seconds [10, 604_800].
/// @param queueSeconds How long a submission waits at most, in seconds [60, 2_592_000].
/// @param discloseSeconds Time to disclose, in seconds [10, 2_592_000].
/// @param keySeconds Time for the creator to open set B, in seconds [10, 2_592_000].
/// @param finalSeconds How long scoring of sealed submissions, and that of finalists, can take, in seconds
/// [60, 7_776_000].
/// @param quotaADay Submissions that a trainer can make a day (UTC) [1, 100].
/// @param evaluationFee Paid with each submission, in wei of FLOCK; returned if it beats the baseline or is void
/// [0, 10_000e18].
/// @param keeperFee Paid for each draw, in wei of FLOCK, while the tenth of the bounty that is set aside for it lasts.
/// @param creatorBond Put up before the task begins, in wei of FLOCK; lost if set B is not opened in time or its key
/// gets out early [0, 1_000_000e18].
/// @param strikeWindow W, how many judged seats a validator's strikes are remembered for [1, 16].
/// @param strikeLimit L, how many strikes within the window lead to a slash [1, W].
/// @param slashBps What that takes, in basis points of the stake [0, 5_000].
/// @param missTolerances A reveal further from the median than this many tolerances is a miss [2, 255].
/// @param missBps What a miss takes at once, in basis points of the stake [0, 5_000].
/// @param absenceBps What an absence takes, in basis points of the stake [0, 1_000].
/// @param absenceLimit How many windows in a row with an absence suspend a validator [1, 15].
struct ArenaTerms {
    bytes32 setA;
    bytes32 setB;
    bytes32 cipherB;
    bytes32 keyHashB;
    bytes32 allowListRoot;
    uint32 baseline;
    uint32 tolerance;
    bool higherIsBetter;
    uint8 panelSeats;
    uint8 finalists;
    uint16 minimumValidators;
    uint16 maxValidators;
    uint32 windowSeconds;
    uint32 commitSeconds;
    uint32 replaceSeconds;
    uint32 revealSeconds;
    uint32 restSeconds;
    uint32 queueSeconds;
    uint32 discloseSeconds;
    uint32 keySeconds;
    uint32 finalSeconds;
    uint8 quotaADay;
    uint96 evaluationFee;
    uint96 keeperFee;
    uint96 creatorBond;
    uint8 strikeWindow;
    uint8 strikeLimit;
    uint16 slashBps;
    uint8 missTolerances;
    uint16 missBps;
    uint16 absenceBps;
    uint8 absenceLimit;
}

/// @notice An Arena as of now.
/// @param stage Where it is.
/// @param stageEndsAt Deadline of the stage, in Unix seconds: the task's end while Running, that of disclosures while
/// Disclosing, that of the key or else of the scores while in Finals; 0 without one.
/// @param submissions How many submissions there are; their ids are 1 to this.
/// @param taken How many of each Queue are in windows, by its number.
/// @param queued How many were ever in each Queue.
/// @param bonded Whether the creator's bond is here.
/// @param keyIsOpen Whether set B is open.
/// @param keyIsLost Whether its key got out early or came too late.
/// @param streamedDays How many days of the bounty were streamed or passed over.
/// @param bountyLeft What is left of the bounty for days to come, in wei of FLOCK.
struct ArenaView {
    Stage stage;
    uint40 stageEndsAt;
    uint32 submissions;
    uint32[3] taken;
    uint32[3] queued;
    bool bonded;
    bool keyIsOpen;
    bool keyIsLost;
    uint16 streamedDays;
    uint96 bountyLeft;
}

/// @notice What a task knows about an account; more of a validator is in ValidatorView.
/// @param id Its member id, from 1; 0 if it never enrolled.
/// @param role What it does.
/// @param standing Where it is.
/// @param owed What `withdraw` would pay it, in wei of FLOCK.
/// @param stake gmFLOCK it had on the task when it enrolled.
/// @param retainedUntil When the stake of a Retained validator can be released, in Unix seconds; else 0.
/// @param quotaLeft How many submissions a trainer can still make today.
struct MemberView {
    uint32 id;
    Role role;
    Standing standing;
    uint96 owed;
    uint96 stake;
    uint40 retainedUntil;
    uint16 quotaLeft;
}

/// @notice A submission.
/// @param trainer Whose it is.
/// @param state What is known of it.
/// @param isSealed Whether its bytes stay with the trainer until the close.
/// @param isDisclosed Whether its digest is known.
/// @param submittedAt When it was made, in Unix seconds.
/// @param deadline When anybody can end its state, in Unix seconds; 0 if the state is its last.
/// @param index Its place in its Queue, from 0.
/// @param median Median of its scores on set A, in millionths; only if Scored.
/// @param mad Their median absolute deviation from it, in millionths.
/// @param isFinal Whether it has a median on set B.
/// @param finalMedian Median of its scores on set B, in millionths.
/// @param finalMad Their median absolute deviation from it, in millionths.
/// @param commitment What the trainer committed to.
/// @param digest The sha256 of its artifact; 0 until disclosed.
struct SubmissionView {
    address trainer;
    SubmissionState state;
    bool isSealed;
    bool isDisclosed;
    uint40 submittedAt;
    uint40 deadline;
    uint32 index;
    uint32 median;
    uint32 mad;
    bool isFinal;
    uint32 finalMedian;
    uint32 finalMad;
    bytes32 commitment;
    bytes32 digest;
}

/// @notice A place in the ranking.
/// @param submission The submission that has it.
/// @param score Its median in millionths, or a later one of the same trainer that is better.
struct Place {
    uint32 submission;
    uint32 score;
}

/// @title The Arena: submit, open a window, commit, replace, reveal, judge, settle; then disclose, open set B, finish
/// @notice Takes members, submissions and money; ranks what panels (IArenaPanels) have scored. See docs/protocol.md,
/// "Arena".
/// @dev Amounts are in wei of FLOCK. "For the account or its operator" reverts with NotActingFor for anyone else, "for
/// the panels" with OnlyThePanels.
interface IArenaBoard is IBoard {
    // --- Events ---

    /// @notice The terms of a new Arena.
    /// @param taskId The task.
    /// @param terms Its terms.
    event ArenaOpened(uint256 indexed taskId, ArenaTerms terms);

    /// @notice The creator's bond was put up.
    /// @param taskId The task.
    /// @param from Who paid it.
    /// @param amount Wei of FLOCK.
    event Bonded(uint256 indexed taskId, address indexed from, uint256 amount);

    /// @notice An Arena began: submissions are taken.
    /// @param taskId The task.
    /// @param bounty What is streamed, in wei of FLOCK, without what is set aside for keepers.
    /// @param keepersReserve What is set aside for keepers, in wei of FLOCK.
    /// @param dayCount Over how many days it is streamed.
    event ArenaBegan(uint256 indexed taskId, uint256 bounty, uint256 keepersReserve, uint256 dayCount);

    /// @notice An account enrolled.
    /// @param taskId The task.
    /// @param memberId Its member id, which it keeps for good.
    /// @param account The account.
    /// @param role What it does.
    /// @param stake gmFLOCK it has on the task; held from now on.
    /// @param position A validator's place in the list; 0 for a trainer.
    event Enrolled(
        uint256 indexed taskId,
        uint32 indexed memberId,
        address indexed account,
        Role role,
        uint96 stake,
        uint16 position
    );

    /// @notice Strikes keep the stake of a validator that has left held.
    /// @param taskId The task.
    /// @param account The validator.
    /// @param until When it can be released, in Unix seconds.
    event Retained(uint256 indexed taskId, address indexed account, uint256 until);

    /// @notice A member's stake was released.
    /// @param taskId The task.
    /// @param account The member.
    event Left(uint256 indexed taskId, address indexed account);

    /// @notice A submission was made.
    /// @param taskId The task.
    /// @param submission Its id.
    /// @param account The trainer.
    /// @param commitment keccak256(abi.encode(chainid, this contract, taskId, account, digest, salt)).
    /// @param isSealed Whether its bytes stay with the trainer until the close.
    event Submitted(
        uint256 indexed taskId,
        uint32 indexed submission,
        address indexed account,
        bytes32 commitment,
        bool isSealed
    );

    /// @notice A trainer cancelled a submission.
    /// @param taskId The task.
    /// @param submission Its id.
    /// @param quotaIsBack Whether the day's quota has one more; not after its first reveal.
    event SubmissionCancelled(uint256 indexed taskId, uint32 indexed submission, bool quotaIsBack);

    /// @notice A submission has waited too long: it is void.
    /// @param taskId The task.
    /// @param submission Its id.
    event SubmissionExpired(uint256 indexed taskId, uint32 indexed submission);

    /// @notice A submission was judged.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param submission Its id.
    /// @param state Scored, Failed or Void.
    /// @param median Median of its scores, in millionths; 0 unless Scored.
    /// @param mad Their median absolute deviation from it, in millionths; 0 unless Scored.
    event Judged(
        uint256 indexed taskId,
        uint16 indexed window,
        uint32 indexed submission,
        SubmissionState state,
        uint32 median,
        uint32 mad
    );

    /// @notice A submission got a place in the ranking; those below move down.
    /// @param taskId The task.
    /// @param submission Its id.
    /// @param place Its place, from 0.
    /// @param isOnB Whether it is the ranking on set B.
    event Placed(uint256 indexed taskId, uint32 indexed submission, uint256 place, bool isOnB);

    /// @notice Most of those on its panel in the finals say that a submission is a copy of an earlier finalist: it gets no
    /// place on set B, and cannot win.
    /// @param taskId The task.
    /// @param submission Its id.
    /// @param original The earlier finalist.
    event FoundToBeCopy(uint256 indexed taskId, uint32 indexed submission, uint32 indexed original);

    /// @notice No more submissions are taken, and all are judged: trainers disclose.
    /// @param taskId The task.
    /// @param discloseBy Deadline to disclose, in Unix seconds.
    event ClosingBegan(uint256 indexed taskId, uint256 discloseBy);

    /// @notice A trainer disclosed a submission.
    /// @param taskId The task.
    /// @param submission Its id.
    /// @param digest The sha256 of its artifact.
    /// @param first The lowest disclosed submission with that digest: only it counts.
    event Disclosed(uint256 indexed taskId, uint32 indexed submission, bytes32 digest, uint32 first);

    /// @notice The finals began.
    /// @param taskId The task.
    /// @param finalists The submissions that are scored on set B, in the order of their places.
    /// @param keyBy Deadline to open set B, in Unix seconds.
    event FinalsBegan(uint256 indexed taskId, uint32[] finalists, uint256 keyBy);

    /// @notice Set B is open.
    /// @param taskId The task.
    /// @param key What decrypts it.
    event KeyOpened(uint256 indexed taskId, bytes32 key);

    /// @notice The key of set B got out before its time, or came too late: the creator's bond is lost, its task gets no
    /// emissions, and the ranking on set A is final.
    /// @param taskId The task.
    /// @param key The key that got out; 0 if none came.
    event KeyLost(uint256 indexed taskId, bytes32 key);

    /// @notice An Arena is finished.
    /// @param taskId The task.
    /// @param isOnB Whether the ranking on set B counts, and not that on set A.
    /// @param winner The submission in the first place; 0 if none has one.
    /// @param model The sha256 of its artifact.
    event ArenaFinished(uint256 indexed taskId, bool isOnB, uint32 winner, bytes32 model);

    /// @notice A day's part of the bounty, with evaluation fees that were kept, went to where rewards are paid.
    /// @param taskId The task.
    /// @param day The day (timestamp / 86_400) that it is for.
    /// @param amount FLOCK, in wei.
    event BountyStreamed(uint256 indexed taskId, uint256 indexed day, uint256 amount);

    /// @notice An account was paid what it was owed for a task.
    /// @param taskId The task.
    /// @param account Who was paid.
    /// @param amount FLOCK paid, in wei.
    event Withdrawn(uint256 indexed taskId, address indexed account, uint256 amount);

    // --- Errors ---

    /// @notice A term is outside of its bounds.
    /// @param term Its name.
    /// @param value The value given.
    /// @param least The lowest value possible.
    /// @param most The highest value possible.
    error TermOutOfBounds(string term, uint256 value, uint256 least, uint256 most);

    /// @notice The terms are not ABI-encoded ArenaTerms.
    /// @param length Their length, in bytes.
    error TermsMalformed(uint256 length);

    /// @notice The caller is neither the account nor its operator.
    /// @param account The account acted for.
    /// @param caller Who tried.
    error NotActingFor(address account, address caller);

    /// @notice Only the panels can do this.
    /// @param caller Who tried.
    error OnlyThePanels(address caller);

    /// @notice This belongs to another stage.
    /// @param expected Stage it belongs to.
    /// @param actual Stage of the task now.
    error WrongStage(Stage expected, Stage actual);

    /// @notice It is too early.
    /// @param notBefore When it can be done, in Unix seconds.
    error TooEarly(uint256 notBefore);

    /// @notice The deadline has passed.
    /// @param deadline When it passed, in Unix seconds.
    error TooLate(uint256 deadline);

    /// @notice The account cannot take that role: None, or another than it has had.
    /// @param account The account.
    /// @param role The role it has.
    error RoleIsFixed(address account, Role role);

    /// @notice The account is enrolled already, or not off the list yet.
    /// @param account The account.
    error AlreadyEnrolled(address account);

    /// @notice The account is not an active member in that role.
    /// @param account The account.
    /// @param role The role needed.
    error NotEnrolled(address account, Role role);

    /// @notice The proof does not show that the account is on the allow-list.
    /// @param account The account.
    error NotOnTheAllowList(address account);

    /// @notice Strikes keep the validator's stake held.
    /// @param until When it can be released, in Unix seconds.
    error RetainedUntil(uint256 until);

    /// @notice The creator's bond is here already, or none is asked for.
    error NoBondIsDue();

    /// @notice The creator's bond has to be here before the task begins.
    /// @param amount Wei of FLOCK.
    error BondFirst(uint256 amount);

    /// @notice A commitment cannot be zero.
    error CommitmentIsZero();

    /// @notice The trainer has made all the submissions that it can make today.
    /// @param most How many that are.
    error QuotaIsUsed(uint256 most);

    /// @notice The task has all the submissions it can have.
    /// @param most How many that are.
    error TooManySubmissions(uint256 most);

    /// @notice The submission is in another state than this needs, or does not exist.
    /// @param submission Its id.
    /// @param state Its state.
    error WrongState(uint256 submission, SubmissionState state);

    /// @notice The submission is in a window already.
    /// @param submission Its id.
    error IsInAWindow(uint256 submission);

    /// @notice No submission waits.
    error NothingWaits();

    /// @notice Digest and salt are not those committed to, or the key is not the one of set B.
    error WrongOpening();

    /// @notice The submission is disclosed already.
    /// @param submission Its id.
    error AlreadyDisclosed(uint256 submission);

    /// @notice There is no set B, or its key is known already.
    error KeyIsKnown();

    /// @notice Submissions wait, or are not judged.
    error ScoringGoesOn();

    /// @notice No day is over that was not streamed.
    error NothingIsDue();

    /// @notice The account is owed nothing.
    error NothingToWithdraw();

    // --- Membership ---

    /// @notice Puts up the creator's bond. What is not lost is owed to whoever put it up, also if the task is cancelled.
    /// @dev Anyone can call who has approved it. Reverts with WrongStage and NoBondIsDue.
    /// @param taskId The task.
    function bond(uint256 taskId) external;

    /// @notice Owes the bond of a cancelled task back to whoever put it up.
    /// @dev Anyone can call. Reverts with WrongStage unless the task was cancelled, and NoBondIsDue.
    /// @param taskId The task.
    function unbond(uint256 taskId) external;

    /// @notice Enrols an account and holds its stake. A validator goes to the end of the list: it is in the windows that
    /// open from now on.
    /// @dev For the account or its operator, until the Arena is finished. A validator that was suspended or has left comes
    /// back with its strikes, and a trainer does not come back as one. Refused while Staking is paused. Reverts with WrongStage, TooLate, RoleIsFixed,
    /// AlreadyEnrolled, NotOnTheAllowList, with the panels' ListIsFull and Staking's StakeBelowMinimum.
    /// @param taskId The task.
    /// @param account The account.
    /// @param role What it does, for good.
    /// @param proof Merkle proof of the allow-list; empty if there is none.
    function enrol(uint256 taskId, address account, Role role, bytes32[] calldata proof) external;

    /// @notice Lets a member go and releases its stake. A validator's stay is retained while strikes stand against it:
    /// for W times `windowSeconds`, or until the task is finished; then this is called again.
    /// @dev For the account or its operator; for anybody if the validator is suspended or retained, or the task is
    /// finished or cancelled. A validator leaves only while no window is open, settled for all, and so must the last
    /// of the list be, which gets its place. Reverts with NotEnrolled, RetainedUntil, and with the panels'
    /// WrongWindowPhase and SettleFirst.
    /// @param taskId The task.
    /// @param account The account.
    function leave(uint256 taskId, address account) external;

    // --- Submissions ---

    /// @notice Begins the task, so that submissions are taken.
    /// @dev Anyone can call; before the task's `startsAt` only its creator can. Reverts with WrongStage, BondFirst,
    /// and as ITaskManager.begin does.
    /// @param taskId The task.
    function start(uint256 taskId) external;

    /// @notice Commits a trainer to an artifact, and takes the evaluation fee from the caller.
    /// @dev For the account or its operator, until the task's end. Reverts with WrongStage, TooLate, NotEnrolled,
    /// CommitmentIsZero, QuotaIsUsed and TooManySubmissions.
    /// @param taskId The task.
    /// @param account The trainer.
    /// @param commitment keccak256(abi.encode(chainid, this contract, taskId, account, digest, salt)).
    /// @param isSealed Whether the bytes stay with the trainer until the close, and are scored then.
    /// @return submission Its id.
    function submit(uint256 taskId, address account, bytes32 commitment, bool isSealed)
        external
        returns (uint32 submission);

    /// @notice Cancels a submission that is not judged. Its quota comes back if nobody has revealed a score of it, its
    /// fee if it was in no window; at most `quotaADay` come back on one day.
    /// @dev For the trainer or its operator. Reverts with WrongState.
    /// @param taskId The task.
    /// @param submission Its id.
    function cancel(uint256 taskId, uint32 submission) external;

    /// @notice Voids submissions that have waited longer than `queueSeconds` and are in no window, or, sealed, are still
    /// waiting in the finals. Quota and fee come back.
    /// @dev Anyone can call. Reverts with WrongState, IsInAWindow and TooEarly.
    /// @param taskId The task.
    /// @param submissions Their ids.
    function expire(uint256 taskId, uint32[] calldata submissions) external;

    // --- The close ---

    /// @notice Ends the scoring of open submissions.
    /// @dev Anyone can call after the task's end, once all are judged or void. Reverts with WrongStage, TooEarly
    /// and ScoringGoesOn.
    /// @param taskId The task.
    function beginClosing(uint256 taskId) external;

    /// @notice Opens a submission's commitment. A sealed one is queued for scoring on set A.
    /// @dev Anyone who has the preimage can call, in the time to disclose. Reverts with WrongStage, TooLate, WrongState,
    /// AlreadyDisclosed and WrongOpening.
    /// @param taskId The task.
    /// @param submission Its id.
    /// @param digest The sha256 of its artifact.
    /// @param salt The commitment's salt.
    function disclose(uint256 taskId, uint32 submission, bytes32 digest, bytes32 salt) external;

    /// @notice Names the finalists: those with a place that were disclosed, and whose digest nobody had earlier.
    /// @dev Anyone can call after the time to disclose, once the sealed submissions are judged or `finalSeconds` have
    /// passed. Reverts with WrongStage, TooEarly and ScoringGoesOn.
    /// @param taskId The task.
    function beginFinals(uint256 taskId) external;

    /// @notice Opens set B.
    /// @dev Anyone who has the key can call, in the finals. Reverts with WrongStage, TooLate, KeyIsKnown and
    /// WrongOpening.
    /// @param taskId The task.
    /// @param key What decrypts it.
    function openKey(uint256 taskId, bytes32 key) external;

    /// @notice Shows that the key of set B is out before the finals: the creator's bond is lost, and the ranking on set A
    /// will be final.
    /// @dev Anyone who has the key can call. Reverts with WrongStage, KeyIsKnown and WrongOpening.
    /// @param taskId The task.
    /// @param key What decrypts it.
    function reportLeak(uint256 taskId, bytes32 key) external;

    /// @notice Says that set B leaked where nobody can show its key: what reportLeak does, until the task is finished, also
    /// after the key was opened. So governance stops what is not paid yet of a task's emissions.
    /// @dev For governance. Reverts with AccessManagedUnauthorized, WrongStage, and KeyIsKnown if there is no set B or its
    /// key is lost already.
    /// @param taskId The task.
    function declareLeak(uint256 taskId) external;

    /// @notice Finishes an Arena: fixes the winner, streams what is left of the bounty, settles the bond. Fees that no day
    /// is left for are the treasury's.
    /// @dev Anyone can call, once the finalists are judged, or the time for the key or for scoring them has passed.
    /// Reverts with WrongStage, TooEarly and ScoringGoesOn, and as ITaskManager.close does.
    /// @param taskId The task.
    function finish(uint256 taskId) external;

    // --- For the panels ---

    /// @notice Takes the submissions of the next window, those that have waited longest.
    /// @dev For the panels. Reverts with WrongStage, TooEarly, TooLate and NothingWaits.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param most How many at most.
    /// @return queue What is scored.
    /// @return first Place in the Queue of the first.
    /// @return submissions Their ids, in their order. Cancelled ones are among them: a duty to score them stays.
    function take(uint256 taskId, uint16 window, uint256 most)
        external
        returns (Queue queue, uint32 first, uint32[] memory submissions);

    /// @notice Takes the verdicts on submissions of the window that was taken last.
    /// @dev For the panels.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param from Number in the window of the first of them, from 0.
    /// @param verdicts One for each, in their order.
    function record(uint256 taskId, uint16 window, uint256 from, Verdict[] calldata verdicts) external;

    /// @notice Slashes a validator.
    /// @dev For the panels.
    /// @param taskId The task.
    /// @param account The validator.
    /// @param stake gmFLOCK that its stake counts as at least.
    /// @param bps The fraction to take, in basis points.
    /// @return gm gmFLOCK taken of its own stake.
    /// @return flock FLOCK taken with it, in wei.
    /// @return isTooLittle Whether less than the task's minimum is left.
    function slash(uint256 taskId, address account, uint256 stake, uint256 bps)
        external
        returns (uint256 gm, uint256 flock, bool isTooLittle);

    /// @notice Owes the keeper fee for a draw, while the reserve lasts.
    /// @dev For the panels.
    /// @param taskId The task.
    /// @param keeper Who drew.
    function payKeeper(uint256 taskId, address keeper) external;

    // --- Money ---

    /// @notice Sends the bounty's parts for days that are over, and the evaluation fees kept since, to Emissions, from
    /// where served roots pay them. Days before the first score are passed over: their parts are refunded in the end.
    /// @dev Anyone can call. Reverts with WrongStage and NothingIsDue.
    /// @param taskId The task.
    function streamBounty(uint256 taskId) external;

    /// @notice Pays an account what it is owed for a task: evaluation fees that came back, keeper fees, a bond.
    /// @dev Anyone can call, in every stage; it always pays the account. Reverts with NothingToWithdraw.
    /// @param taskId The task.
    /// @param account Who is paid.
    function withdraw(uint256 taskId, address account) external;

    // --- Views ---

    /// @notice The terms of a task.
    /// @param taskId The task.
    /// @return Its terms; all zero if it is not an Arena.
    function termsOf(uint256 taskId) external view returns (ArenaTerms memory);

    /// @notice The panels that score the submissions of this board.
    /// @return The contract.
    function panels() external view returns (IArenaPanels);

    /// @notice An Arena as of now.
    /// @param taskId The task.
    /// @return What there is to know.
    function arenaView(uint256 taskId) external view returns (ArenaView memory);

    /// @notice What a task knows about an account.
    /// @param taskId The task.
    /// @param account The account.
    /// @return What there is to know.
    function memberOf(uint256 taskId, address account) external view returns (MemberView memory);

    /// @notice The account of a member.
    /// @param taskId The task.
    /// @param memberId Its member id.
    /// @return Its account; zero if there is none.
    function accountOf(uint256 taskId, uint32 memberId) external view returns (address);

    /// @notice A submission as of now.
    /// @param taskId The task.
    /// @param submission Its id.
    /// @return What there is to know; all zero if it does not exist.
    function submissionOf(uint256 taskId, uint32 submission) external view returns (SubmissionView memory);

    /// @notice The submission at a place of a queue.
    /// @param taskId The task.
    /// @param queue The queue.
    /// @param index The place, from 0.
    /// @return Its id; 0 if there is none.
    function queuedAt(uint256 taskId, Queue queue, uint256 index) external view returns (uint32);

    /// @notice The ranking: one place for each trainer, the best first.
    /// @param taskId The task.
    /// @param isOnB The ranking on set B, and not that on set A.
    /// @return The places.
    function placesOf(uint256 taskId, bool isOnB) external view returns (Place[] memory);
}
