// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Queue } from "./IArenaBoard.sol";

/// @notice Where the last window of a task is. None: there was none. Seeded: its seed is the hash of a block to come.
/// Commit, Replace, Reveal: its duties. Rest: it is judged and settled, and validators leave. Over: the next can open.
enum WindowPhase {
    None,
    Seeded,
    Commit,
    Replace,
    Reveal,
    Rest,
    Over
}

/// @notice What a validator reveals of a window: together with chain, contract, task, window, the digest of the hidden
/// set and the validator's seats, which the contract knows, the preimage of its commitment.
/// @param account The validator.
/// @param standsIn Whether this is what it scored as a substitute.
/// @param scores 28 bits for each of its seats, the lowest slot lowest: 0 for nothing, a score plus 1, or 2^28 - 1 less
/// the number of a failure (0 unavailable, 1 malformed, 2 too large, 3 wrong base, 4 not finite, 5 out of time, 6
/// crashed).
/// @param duplicates 28 bits for each seat: the submission that this one is a copy of; 0 for none.
/// @param artifacts The sha256 of the bytes that were scored, by seat.
/// @param lossRoots Root of the Merkle tree of the losses by example, by seat.
/// @param salt Random bytes that keep the scores secret while they are committed.
struct Reveal {
    address account;
    bool standsIn;
    uint256 scores;
    uint256 duplicates;
    bytes32[] artifacts;
    bytes32[] lossRoots;
    bytes32 salt;
}

/// @notice A window.
/// @param phase Where it is; Over for every one but the last.
/// @param queue What it scores.
/// @param first Place in the Queue of its first submission.
/// @param count How many submissions it has.
/// @param validators How many validators, the first of the list, can be drawn.
/// @param seedBlock Block whose hash the seed, or the second seed, depends on; 0 if none is named.
/// @param openedAt When it opened, in Unix seconds.
/// @param commitEndsAt Deadline to commit, in Unix seconds; 0 before the draw, as the two that follow.
/// @param replaceEndsAt Deadline for substitutes to commit.
/// @param revealEndsAt Deadline to reveal.
/// @param seed The seed of its panels; 0 before the draw.
/// @param secondSeed The seed of its substitutes; 0 if none were drawn.
struct WindowView {
    WindowPhase phase;
    Queue queue;
    uint32 first;
    uint16 count;
    uint16 validators;
    uint40 seedBlock;
    uint40 openedAt;
    uint40 commitEndsAt;
    uint40 replaceEndsAt;
    uint40 revealEndsAt;
    bytes32 seed;
    bytes32 secondSeed;
}

/// @notice What panels go by: those of ArenaTerms that concern them.
/// @param setA The sha256 of the set that submissions are scored on.
/// @param setB The sha256 of the set that finalists are scored on.
/// @param panelSeats k, the validators that score a submission.
/// @param absenceLimit How many windows in a row with an absence suspend a validator.
/// @param missTolerances A reveal further from the median than this many tolerances is a miss.
/// @param minimumValidators With fewer validators on the list no window opens.
/// @param maxValidators The most validators on the list.
/// @param tolerance T, in millionths.
/// @param windowSeconds Least time from the opening of a window to that of the next, in seconds.
/// @param commitSeconds Time to score and commit, in seconds.
/// @param replaceSeconds Time for substitutes to do so, in seconds.
/// @param revealSeconds Time to reveal, in seconds.
/// @param restSeconds Time between the last reveal of a window and the opening of the next, in seconds.
/// @param strikeWindow W, how many judged seats a validator's strikes are remembered for.
/// @param strikeLimit L, how many strikes within the window lead to a slash.
/// @param slashBps What that takes, in basis points of the stake.
/// @param missBps What a miss takes at once, in basis points of the stake.
/// @param absenceBps What an absence takes, in basis points of the stake.
/// @param board The board of the task, which sends these terms.
struct PanelTerms {
    bytes32 setA;
    bytes32 setB;
    uint8 panelSeats;
    uint8 absenceLimit;
    uint8 missTolerances;
    uint16 minimumValidators;
    uint16 maxValidators;
    uint32 tolerance;
    uint32 windowSeconds;
    uint32 commitSeconds;
    uint32 replaceSeconds;
    uint32 revealSeconds;
    uint32 restSeconds;
    uint8 strikeWindow;
    uint8 strikeLimit;
    uint16 slashBps;
    uint16 missBps;
    uint16 absenceBps;
    address board;
}

/// @notice What a task knows about a validator.
/// @param isListed Whether it is on the list.
/// @param isSuspended Whether it was absent too often or has too little stake left; it gets no more duties once it is off
/// the list.
/// @param stake gmFLOCK it had on the task when it enrolled.
/// @param position Its place in the list, from 0.
/// @param settledWindow The last window that it is settled for.
/// @param committedWindow The window that it has committed in and is not settled for; 0 if none.
/// @param hasRevealed Whether it has revealed there.
/// @param strikes Bitmap of its last judged seats, the latest lowest: 1 is a strike.
/// @param absences In how many windows in a row it was absent.
struct ValidatorView {
    bool isListed;
    bool isSuspended;
    uint96 stake;
    uint16 position;
    uint16 settledWindow;
    uint16 committedWindow;
    bool hasRevealed;
    uint16 strikes;
    uint8 absences;
}

/// @title The panels of Arenas: windows, seeds, commitments, reveals, strikes
/// @notice Panels are never stored: a window has `count` submissions with k seats each, so count · k slots; slot s is
/// seat s mod k of the window's submission number ⌊s / k⌋, and belongs to the validator at place π(s mod n) of the
/// list, π the shuffle of 0 … n - 1 made by the window's seed. A slot whose validator has not committed goes to
/// place π₂(s mod n), of the second seed, if that one is not absent as well and not on that panel already. The phases
/// of a window follow from its draw by time alone. See docs/protocol.md, "Arena".
/// @dev It serves the board of each task, holds no money, and asks that board to slash. "For the account or its operator"
/// reverts with NotActingFor for anyone else, "for the board" with OnlyTheBoard. A window's functions name it, so that a
/// late transaction never counts in the next.
interface IArenaPanels {
    // --- Events ---

    /// @notice A window opened.
    /// @param taskId The task.
    /// @param window Its number.
    /// @param queue What it scores.
    /// @param submissions Its submissions, in their order.
    /// @param validators How many validators, the first of the list, can be drawn.
    event WindowOpened(
        uint256 indexed taskId, uint16 indexed window, Queue queue, uint32[] submissions, uint256 validators
    );

    /// @notice A seed depends on the hash of a block.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param seedBlock Number of the block.
    event SeedNamed(uint256 indexed taskId, uint16 indexed window, uint256 seedBlock);

    /// @notice The panels of a window were drawn.
    /// @param taskId The task.
    /// @param window Its number.
    /// @param seed Its seed.
    /// @param commitEndsAt Deadline to commit, in Unix seconds.
    /// @param replaceEndsAt Deadline for substitutes to commit.
    /// @param revealEndsAt Deadline to reveal.
    /// @param keeper Who drew them.
    event PanelsDrawn(
        uint256 indexed taskId,
        uint16 indexed window,
        bytes32 seed,
        uint256 commitEndsAt,
        uint256 replaceEndsAt,
        uint256 revealEndsAt,
        address keeper
    );

    /// @notice The substitutes of a window were drawn.
    /// @param taskId The task.
    /// @param window Its number.
    /// @param seed The second seed.
    event SubstitutesDrawn(uint256 indexed taskId, uint16 indexed window, bytes32 seed);

    /// @notice A validator committed.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param account The validator.
    /// @param commitment The hash of its list.
    event ScoresCommitted(
        uint256 indexed taskId, uint16 indexed window, address indexed account, bytes32 commitment
    );

    /// @notice A substitute committed.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param account The validator.
    /// @param seats Its slots, 16 bits each, the lowest slot lowest.
    /// @param commitment The hash of its list.
    event SubstituteCommitted(
        uint256 indexed taskId,
        uint16 indexed window,
        address indexed account,
        uint256 seats,
        bytes32 commitment
    );

    /// @notice A validator revealed.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param account The validator.
    /// @param standsIn Whether it scored this as a substitute.
    /// @param seats Its slots, 16 bits each, the lowest slot lowest.
    /// @param scores 28 bits for each of them, as in Reveal.
    /// @param duplicates 28 bits for each of them, as in Reveal.
    /// @param artifacts The sha256 of the bytes that were scored, by seat.
    /// @param lossRoots Root of the losses by example, by seat.
    event ScoresRevealed(
        uint256 indexed taskId,
        uint16 indexed window,
        address indexed account,
        bool standsIn,
        uint256 seats,
        uint256 scores,
        uint256 duplicates,
        bytes32[] artifacts,
        bytes32[] lossRoots
    );

    /// @notice A validator was settled for a window.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param account The validator.
    /// @param judged How many of its reveals were judged.
    /// @param strikes How many strikes it got.
    /// @param misses How many of its reveals were misses.
    /// @param isAbsent Whether it was absent.
    /// @param bps What that takes, in basis points of its stake.
    event Settled(
        uint256 indexed taskId,
        uint16 indexed window,
        address indexed account,
        uint256 judged,
        uint256 strikes,
        uint256 misses,
        bool isAbsent,
        uint256 bps
    );

    /// @notice A validator was slashed.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param account The validator.
    /// @param gm gmFLOCK taken of its own stake.
    /// @param flock FLOCK taken with it, in wei.
    event ValidatorSlashed(
        uint256 indexed taskId, uint16 indexed window, address indexed account, uint256 gm, uint256 flock
    );

    /// @notice A validator was suspended: absent too often, or with too little stake left.
    /// @param taskId The task.
    /// @param account The validator.
    event Suspended(uint256 indexed taskId, address indexed account);

    /// @notice A validator was taken off the list; the last one of the list has its place now.
    /// @param taskId The task.
    /// @param account The validator.
    /// @param position The place that it had.
    /// @param moved The validator that was last; the same one if it was.
    event Delisted(uint256 indexed taskId, address indexed account, uint16 position, address indexed moved);

    // --- Errors ---

    /// @notice Only the board of the task can do this.
    /// @param caller Who tried.
    error OnlyTheBoard(address caller);

    /// @notice The caller is neither the account nor its operator.
    /// @param account The account acted for.
    /// @param caller Who tried.
    error NotActingFor(address account, address caller);

    /// @notice The account is not a validator on the list, or is suspended.
    /// @param account The account.
    error NotAValidator(address account);

    /// @notice It is too early.
    /// @param notBefore When it can be done, in Unix seconds.
    error TooEarly(uint256 notBefore);

    /// @notice A commitment cannot be zero.
    error CommitmentIsZero();

    /// @notice This belongs to another phase of a window.
    /// @param expected Phase it belongs to.
    /// @param actual Phase of the last window now.
    error WrongWindowPhase(WindowPhase expected, WindowPhase actual);

    /// @notice This was meant for another window.
    /// @param window Number of the window it was meant for.
    /// @param current Number of the last window.
    error NotTheLastWindow(uint256 window, uint256 current);

    /// @notice The list has all the validators it can have.
    /// @param maxValidators How many that are.
    error ListIsFull(uint256 maxValidators);

    /// @notice The validator has windows that it is not settled for: call `settle` first.
    /// @param account The validator.
    /// @param settledWindow The last window that it is settled for.
    error SettleFirst(address account, uint256 settledWindow);

    /// @notice The last window has submissions that are not judged: call `judge` first.
    /// @param window Number of the window.
    /// @param judged How many of them are judged.
    error JudgeFirst(uint256 window, uint256 judged);

    /// @notice Too few validators are on the list.
    /// @param validators How many are.
    /// @param needed How many are needed.
    error TooFewValidators(uint256 validators, uint256 needed);

    /// @notice The block that a seed depends on is not over.
    /// @param seedBlock Number of the block; 0 if none is named.
    error SeedIsNotReady(uint256 seedBlock);

    /// @notice The hash of the seed block can no longer be read: name another.
    /// @param seedBlock Number of the block.
    error SeedIsGone(uint256 seedBlock);

    /// @notice A block is named and its hash can still be read, or the seed is known.
    /// @param seedBlock Number of the block; 0 if none is waited for.
    error SeedIsStillReadable(uint256 seedBlock);

    /// @notice The validator has no seat in the window, or none to stand in for.
    /// @param account The validator.
    error HasNoSeat(address account);

    /// @notice The validator has done this already in this window.
    /// @param account The validator.
    error AlreadyDone(address account);

    /// @notice The validator has committed nothing that could be revealed.
    /// @param account The validator.
    error CommitFirst(address account);

    /// @notice The reveal is not what was committed.
    /// @param account The validator.
    error RevealDoesNotMatch(address account);

    /// @notice A revealed value is neither nothing, a score, nor the number of a failure.
    /// @param account The validator.
    /// @param code The value.
    error NotAScore(address account, uint256 code);

    // --- Windows ---

    /// @notice Opens a window on the submissions that have waited longest: as many as leave nobody with more than nine
    /// seats. Names the block that its seed depends on.
    /// @dev Anyone can call. Reverts with WrongWindowPhase, TooEarly, JudgeFirst, TooFewValidators, and with the board's
    /// WrongStage, TooEarly, TooLate and NothingWaits.
    /// @param taskId The task.
    /// @return window Its number.
    function openWindow(uint256 taskId) external returns (uint16 window);

    /// @notice Draws the panels of a window, from which its deadlines follow; credits the caller the keeper fee.
    /// @dev Anyone can call. Reverts with WrongWindowPhase, SeedIsNotReady and SeedIsGone.
    /// @param taskId The task.
    function draw(uint256 taskId) external;

    /// @notice Names the block that the second seed depends on, once the time to commit is over.
    /// @dev Anyone can call. Reverts with WrongWindowPhase and SeedIsStillReadable.
    /// @param taskId The task.
    function callSubstitutes(uint256 taskId) external;

    /// @notice Draws the substitutes. If nobody does so in time, missing seats stay empty.
    /// @dev Anyone can call. Reverts with WrongWindowPhase, SeedIsNotReady and SeedIsGone.
    /// @param taskId The task.
    function drawSubstitutes(uint256 taskId) external;

    /// @notice Names a new block when the hash of the one that panels were to be drawn from can no longer be read.
    /// @dev Anyone can call. Reverts with WrongWindowPhase and SeedIsStillReadable.
    /// @param taskId The task.
    function reseed(uint256 taskId) external;

    /// @notice Commits a validator to its scores of a window: one hash for all of its seats. It is settled first for the
    /// windows before.
    /// @dev For the account or its operator, in the Commit phase. A validator without a seat can commit, to no effect.
    /// Reverts with NotTheLastWindow, WrongWindowPhase, NotAValidator, CommitmentIsZero, AlreadyDone and JudgeFirst.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param account The validator.
    /// @param commitment keccak256(abi.encode(chainid, this contract, taskId, window, account, false, set, seats, scores,
    /// duplicates, keccak256(abi.encodePacked(artifacts)), keccak256(abi.encodePacked(lossRoots)), salt)), where set is
    /// the sha256 of the hidden set (setB in a window of finalists), and seats has 16 bits for each slot of the
    /// validator, the lowest slot lowest.
    function commit(uint256 taskId, uint16 window, address account, bytes32 commitment) external;

    /// @notice Commits a substitute to its scores of seats whose validators have not committed.
    /// @dev For the account or its operator, in the Replace phase. Standing in is no duty. Reverts with NotTheLastWindow,
    /// WrongWindowPhase, NotAValidator, CommitmentIsZero, SeedIsNotReady, HasNoSeat and AlreadyDone.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param account The validator.
    /// @param commitment As for `commit`, with true in place of false and the slots it stands in for as seats.
    function enter(uint256 taskId, uint16 window, address account, bytes32 commitment) external;

    /// @notice Reveals scores; those revealed already are skipped.
    /// @dev Anyone who has the preimages can call, in the Reveal phase. Reverts with NotTheLastWindow, WrongWindowPhase, HasNoSeat,
    /// CommitFirst, NotAScore and RevealDoesNotMatch.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param reveals What was committed.
    function reveal(uint256 taskId, uint16 window, Reveal[] calldata reveals) external;

    /// @notice Judges the next submissions of the last window, in their order: median, deviation, place.
    /// @dev Anyone can call, once the time to reveal is over. Reverts with WrongWindowPhase.
    /// @param taskId The task.
    /// @param most How many to judge at most.
    function judge(uint256 taskId, uint256 most) external;

    /// @notice Settles validators for the next windows that they are not settled for: strikes, misses, absences, slashes.
    /// @dev Anyone can call. A window that is not judged is not settled. Reverts with NotAValidator.
    /// @param taskId The task.
    /// @param accounts The validators.
    /// @param most For how many windows each, at most.
    function settle(uint256 taskId, address[] calldata accounts, uint256 most) external;

    // --- For the board ---

    /// @notice Takes in a task.
    /// @dev For the board that TaskManager names.
    /// @param taskId The new task.
    /// @param terms What its panels go by.
    function open(uint256 taskId, PanelTerms calldata terms) external;

    /// @notice Puts a validator at the end of the list: it is in the windows that open from now on. It has the strikes it
    /// had.
    /// @dev For the board. Reverts with ListIsFull.
    /// @param taskId The task.
    /// @param account The validator.
    /// @param stake gmFLOCK it has on the task.
    /// @return position Its place.
    function enlist(uint256 taskId, address account, uint96 stake) external returns (uint16 position);

    /// @notice Takes a validator off the list. The last of the list gets its place.
    /// @dev For the board, while no window is open. Both have to be settled for all windows. Reverts with WrongWindowPhase and
    /// SettleFirst.
    /// @param taskId The task.
    /// @param account The validator.
    function delist(uint256 taskId, address account) external;

    // --- Views ---

    /// @notice What panels go by.
    /// @param taskId The task.
    /// @return Their terms; all zero if the task is not an Arena.
    function termsOf(uint256 taskId) external view returns (PanelTerms memory);

    /// @notice Number of the last window, how many of its submissions are judged, and how many validators are on the list.
    /// @param taskId The task.
    /// @return window From 1; 0 before the first.
    /// @return judged How many submissions of it are judged.
    /// @return validators How many validators are on the list.
    function progressOf(uint256 taskId)
        external
        view
        returns (uint16 window, uint16 judged, uint16 validators);

    /// @notice Whether no window is open and the last is judged.
    /// @param taskId The task.
    /// @return True if so.
    function isIdle(uint256 taskId) external view returns (bool);

    /// @notice The window that a validator has a duty in, or is not settled for.
    /// @param taskId The task.
    /// @param account The validator.
    /// @return Number of the window; 0 if there is none.
    function dutyOf(uint256 taskId, address account) external view returns (uint16);

    /// @notice What a task knows about a validator.
    /// @param taskId The task.
    /// @param account The validator.
    /// @return What there is to know.
    function validatorOf(uint256 taskId, address account) external view returns (ValidatorView memory);

    /// @notice A window as of now.
    /// @param taskId The task.
    /// @param window Its number.
    /// @return What there is to know; all zero if it does not exist.
    function windowOf(uint256 taskId, uint16 window) external view returns (WindowView memory);

    /// @notice The validator at a place of the list.
    /// @param taskId The task.
    /// @param position The place, from 0.
    /// @return Its account; zero if there is none.
    function validatorAt(uint256 taskId, uint256 position) external view returns (address);

    /// @notice The scores of a submission that were revealed in a window, 28 bits for each seat of its panel, seat 0
    /// lowest.
    /// @param taskId The task.
    /// @param window Number of the window.
    /// @param order The submission's number in the window, from 0.
    /// @return As in Reveal, by seat; 0 where nothing was revealed.
    function scoresOf(uint256 taskId, uint16 window, uint256 order) external view returns (uint256);

    /// @notice The seats of a validator in a window, as drawn.
    /// @param taskId The task.
    /// @param window Number of the window; one that was drawn, and not over, as the list may change afterwards.
    /// @param account The validator.
    /// @return seats Its slots, 16 bits each, the lowest slot lowest.
    /// @return count How many there are.
    function seatsOf(uint256 taskId, uint16 window, address account)
        external
        view
        returns (uint256 seats, uint256 count);
}
