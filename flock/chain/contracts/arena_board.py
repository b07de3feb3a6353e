"""ArenaBoard: members, submissions, windows, scores, the close."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from eth_typing import ChecksumAddress

from flock.chain.abi_codec import artifact
from flock.chain.contracts.binding import Binding
from flock.chain.contracts.token import Token
from flock.chain.events import decode_event
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.arena.commitments import ScoreList, unpacked_slots
from flock.protocol.arena.params import ArenaParameters, arena_terms
from flock.protocol.arena.stages import Queue, Role, Stage, Standing, SubmissionState, WindowPhase
from flock.protocol.core.commitments import Domain


@dataclass(frozen=True)
class ArenaView:
    """An Arena as of the newest block, stages and phases ticked to its time.

    ``stage_ends_at`` is in Unix seconds, 0 without a deadline; ``window`` the number of the last window, of which
    ``judged`` submissions are judged; ``taken`` and ``queued`` are by ``Queue``; ``bounty_left`` is in wei.
    """

    stage: Stage
    stage_ends_at: int
    window: int
    judged: int
    validators: int
    submissions: int
    taken: tuple[int, ...]
    queued: tuple[int, ...]
    bonded: bool
    key_is_open: bool
    key_is_lost: bool
    streamed_days: int
    bounty_left: int

    def waits(self, queue: Queue) -> bool:
        """Whether submissions of ``queue`` are in no window yet."""
        return self.queued[queue] > self.taken[queue]


@dataclass(frozen=True)
class WindowView:
    """A window; deadlines in Unix seconds, 0 before the draw. The first ``validators`` of the list can be drawn.

    ``seed_block`` is the block whose hash the seed, or the second seed, depends on; 0 if none is named.
    """

    phase: WindowPhase
    queue: Queue
    first: int
    count: int
    validators: int
    seed_block: int
    opened_at: int
    commit_ends_at: int
    replace_ends_at: int
    reveal_ends_at: int
    seed: bytes
    second_seed: bytes


@dataclass(frozen=True)
class MemberView:
    """An account on a task: ``owed`` in wei, ``stake`` in gmFLOCK as enrolled, ``strikes`` a bitmap.

    ``committed_window`` is the window in which it has committed and is not settled for; 0 if there is none.
    """

    id: int
    role: Role
    standing: Standing
    owed: int
    stake: int
    position: int
    settled_window: int
    committed_window: int
    has_revealed: bool
    strikes: int
    absences: int
    retained_until: int
    quota_left: int

    @property
    def is_active(self) -> bool:
        """Whether it is enrolled, with its stake held."""
        return self.standing is Standing.ACTIVE


@dataclass(frozen=True)
class SubmissionView:
    """A submission; ``deadline`` is when anybody can end its state, 0 if it is its last. Scores in millionths."""

    trainer: ChecksumAddress
    state: SubmissionState
    is_sealed: bool
    is_disclosed: bool
    submitted_at: int
    deadline: int
    index: int
    median: int
    mad: int
    is_final: bool
    final_median: int
    final_mad: int
    commitment: bytes
    digest: bytes


@dataclass(frozen=True)
class Place:
    """A place in the ranking: the submission that has it, and the best score of its trainer, in millionths."""

    submission: int
    score: int


@dataclass(frozen=True)
class Revealed:
    """A validator's list of a window, opened."""

    account: str
    scores: ScoreList


class ArenaBoard(Binding):
    contract: ClassVar[str] = "ArenaBoard"

    @property
    def domain(self) -> Domain:
        """What the contract hashes into every commitment."""
        return Domain(self.client.chain_id, self.address)

    # ---- what the chain shows

    def terms_of(self, task: int) -> Mapping[str, Any]:
        """The terms of an Arena by name; all zero if the task is none."""
        terms: Mapping[str, Any] = self.read("termsOf", task)
        return terms

    def arena_view(self, task: int) -> ArenaView:
        fields = self.read("arenaView", task)
        return ArenaView(
            **{
                **fields,
                "stage": Stage(fields["stage"]),
                "taken": tuple(fields["taken"]),
                "queued": tuple(fields["queued"]),
            }
        )

    def window_of(self, task: int, window: int) -> WindowView:
        fields = self.read("windowOf", task, window)
        known = {"phase": WindowPhase(fields["phase"]), "queue": Queue(fields["queue"])}
        return WindowView(**{**fields, **known})

    def member_of(self, task: int, account: str) -> MemberView:
        """``account`` on the task; a stranger has role NONE."""
        fields = self.read("memberOf", task, account)
        known = {"role": Role(fields["role"]), "standing": Standing(fields["standing"])}
        return MemberView(**{**fields, **known})

    def account_of(self, task: int, member_id: int) -> ChecksumAddress:
        account: ChecksumAddress = self.read("accountOf", task, member_id)
        return account

    def validator_at(self, task: int, position: int) -> ChecksumAddress:
        account: ChecksumAddress = self.read("validatorAt", task, position)
        return account

    def submission_of(self, task: int, submission: int) -> SubmissionView:
        fields = self.read("submissionOf", task, submission)
        return SubmissionView(**{**fields, "state": SubmissionState(fields["state"])})

    def queued_at(self, task: int, queue: Queue, index: int) -> int:
        """The submission at a place of a queue."""
        return int(self.read("queuedAt", task, queue, index))

    def seats_of(self, task: int, window: int, account: str) -> tuple[int, ...]:
        """The slots of a validator in a window that is drawn and not over, lowest first."""
        fields = self.read("seatsOf", task, window, account)
        return unpacked_slots(fields["seats"], fields["count"])

    def places_of(self, task: int, *, on_b: bool) -> tuple[Place, ...]:
        """The ranking on set A or B, the best first."""
        return tuple(Place(**each) for each in self.read("placesOf", task, on_b))

    # ---- membership

    def bond(self, sender: Sender, token: Token, task: int, amount: int) -> Receipt | None:
        """Put up the creator's bond of ``amount`` wei, allowance included."""
        token.allow(sender, self.address, amount)
        return self.write(
            sender, self.key("bond", task), "bond", task, holds=lambda: self.arena_view(task).bonded
        )

    def enrol(
        self,
        sender: Sender,
        task: int,
        account: str,
        role: Role,
        proof: Sequence[bytes] = (),
        key: str | None = None,
    ) -> Receipt | None:
        """Enrol ``account``, whose stake must be on the task; ``proof`` for its allow-list, if there is one."""
        return self.write(
            sender,
            key or self.fresh_key("enrol"),
            "enrol",
            task,
            account,
            role,
            list(proof),
            holds=lambda: self.member_of(task, account).is_active,
        )

    def leave(self, sender: Sender, task: int, account: str) -> Receipt | None:
        """Release the stake of ``account``, or take a validator with strikes off the list."""
        return self.write(
            sender,
            self.fresh_key("leave"),
            "leave",
            task,
            account,
            holds=lambda: self.member_of(task, account).standing is Standing.LEFT,
        )

    def withdraw(self, sender: Sender, task: int, account: str) -> Receipt | None:
        """Pay ``account`` what it is owed; does nothing if that is nothing."""
        return self.write(
            sender,
            self.fresh_key("withdraw"),
            "withdraw",
            task,
            account,
            holds=lambda: self.member_of(task, account).owed == 0,
        )

    # ---- submissions

    def submit(
        self,
        sender: Sender,
        token: Token,
        task: int,
        account: str,
        commitment: bytes,
        *,
        fee: int = 0,
        is_sealed: bool = False,
    ) -> int:
        """Commit ``account`` to an artifact; returns the submission's id. ``fee`` is the task's evaluation fee, wei.

        The same commitment is submitted once, however often this is called.
        """
        if fee:
            token.allow(sender, self.address, fee)
        data = self.abi.functions["submit"].encode(task, account, commitment, is_sealed)
        receipt = sender.send(self.key("submit", task, commitment.hex()[:16]), self.address, data)
        events = [decode_event(log) for log in receipt.logs if log.address == self.address]
        return next(
            int(event.arguments["submission"]) for event in events if event and event.name == "Submitted"
        )

    def cancel(self, sender: Sender, task: int, submission: int) -> Receipt | None:
        """Cancel a submission that is not judged."""
        return self.write(
            sender,
            self.key("cancel", task, submission),
            "cancel",
            task,
            submission,
            holds=lambda: self.submission_of(task, submission).state is SubmissionState.CANCELLED,
        )

    def expire(self, sender: Sender, task: int, submissions: Sequence[int]) -> Receipt | None:
        """Void submissions that have waited too long."""
        return self.write(sender, self.fresh_key("expire"), "expire", task, list(submissions))

    def disclose(
        self, sender: Sender, task: int, submission: int, digest: bytes, salt: bytes
    ) -> Receipt | None:
        """Open a submission's commitment."""
        return self.write(
            sender,
            self.key("disclose", task, submission),
            "disclose",
            task,
            submission,
            digest,
            salt,
            holds=lambda: self.submission_of(task, submission).is_disclosed,
        )

    # ---- a validator's duties

    def commit(
        self, sender: Sender, task: int, window: int, account: str, commitment: bytes
    ) -> Receipt | None:
        """Commit ``account`` to its scores of a window."""
        return self.write(
            sender,
            self.key("commit", task, window, account, commitment.hex()[:16]),
            "commit",
            task,
            window,
            account,
            commitment,
            holds=lambda: self.member_of(task, account).committed_window == window,
        )

    def enter(
        self, sender: Sender, task: int, window: int, account: str, commitment: bytes
    ) -> Receipt | None:
        """Commit ``account`` to its scores of seats that it stands in for."""
        return self.write(
            sender,
            self.key("enter", task, window, account, commitment.hex()[:16]),
            "enter",
            task,
            window,
            account,
            commitment,
            holds=lambda: self._has_entered(task, window, account),
        )

    def reveal(self, sender: Sender, task: int, window: int, lists: Sequence[Revealed]) -> Receipt | None:
        """Open lists of a window; those open already are passed over."""
        opened = [_preimage(each) for each in lists]
        names = [f"{each.account}{'+' if each.scores.stands_in else ''}" for each in lists]
        return self.write(sender, self.key("reveal", task, window, *names), "reveal", task, window, opened)

    # ---- pushing a task on

    def start(self, sender: Sender, task: int) -> Receipt | None:
        """Begin the task."""
        return self.write(
            sender,
            self.fresh_key("start"),
            "start",
            task,
            holds=lambda: self.arena_view(task).stage > Stage.ENROLLING,
        )

    def open_window(self, sender: Sender, task: int, window: int) -> Receipt | None:
        """Open the window that will have the number ``window``."""
        return self.write(
            sender,
            self.key("open_window", task, window),
            "openWindow",
            task,
            holds=lambda: self.arena_view(task).window >= window,
        )

    def draw(self, sender: Sender, task: int, window: int) -> Receipt | None:
        """Draw the panels of the last window."""
        return self.write(
            sender,
            self.key("draw", task, window),
            "draw",
            task,
            holds=lambda: self.window_of(task, window).phase is not WindowPhase.SEEDED,
        )

    def call_substitutes(self, sender: Sender, task: int, window: int) -> Receipt | None:
        """Name the block of the second seed."""
        return self.write(
            sender,
            self.key("call_substitutes", task, window),
            "callSubstitutes",
            task,
            holds=lambda: (
                self._is_past_replacing(task, window) or bool(self.window_of(task, window).seed_block)
            ),
        )

    def draw_substitutes(self, sender: Sender, task: int, window: int) -> Receipt | None:
        """Draw the substitutes of the last window."""
        return self.write(
            sender,
            self.key("draw_substitutes", task, window),
            "drawSubstitutes",
            task,
            holds=lambda: (
                self._is_past_replacing(task, window) or any(self.window_of(task, window).second_seed)
            ),
        )

    def reseed(self, sender: Sender, task: int) -> Receipt | None:
        """Name a new block once the hash of the old one is out of reach."""
        return self.write(sender, self.fresh_key("reseed"), "reseed", task)

    def judge(self, sender: Sender, task: int, window: int, judged: int, most: int) -> Receipt | None:
        """Judge ``most`` submissions of the last window at most, of which ``judged`` are judged."""
        return self.write(
            sender,
            self.key("judge", task, window, judged),
            "judge",
            task,
            most,
            holds=lambda: self._is_judged(task, window, judged),
        )

    def settle(self, sender: Sender, task: int, window: int, accounts: Sequence[str]) -> Receipt | None:
        """Settle validators for all windows up to ``window``."""
        settled = [account.lower()[2:10] for account in accounts]
        return self.write(
            sender, self.key("settle", task, window, *settled), "settle", task, list(accounts), window
        )

    def stream_bounty(self, sender: Sender, task: int) -> Receipt | None:
        """Send the bounty's parts for days that are over to where rewards are paid."""
        return self.write(sender, self.fresh_key("stream_bounty"), "streamBounty", task)

    def begin_closing(self, sender: Sender, task: int) -> Receipt | None:
        """Let trainers disclose."""
        return self._advance(sender, task, "beginClosing", Stage.DISCLOSING)

    def begin_finals(self, sender: Sender, task: int) -> Receipt | None:
        """Name the finalists."""
        return self._advance(sender, task, "beginFinals", Stage.FINALS)

    def open_key(self, sender: Sender, task: int, key: bytes) -> Receipt | None:
        """Open set B."""
        return self.write(
            sender,
            self.key("open_key", task),
            "openKey",
            task,
            key,
            holds=lambda: self.arena_view(task).key_is_open,
        )

    def report_leak(self, sender: Sender, task: int, key: bytes) -> Receipt | None:
        """Show that the key of set B is out before the finals."""
        return self.write(
            sender,
            self.key("report_leak", task),
            "reportLeak",
            task,
            key,
            holds=lambda: self.arena_view(task).key_is_lost,
        )

    def finish(self, sender: Sender, task: int) -> Receipt | None:
        """Fix the ranking and settle the money."""
        return self._advance(sender, task, "finish", Stage.FINISHED)

    # ---- whether a goal holds

    def _advance(self, sender: Sender, task: int, function: str, stage: Stage) -> Receipt | None:
        return self.write(
            sender,
            self.key(function, task),
            function,
            task,
            holds=lambda: self.arena_view(task).stage >= stage,
        )

    def _is_past_replacing(self, task: int, window: int) -> bool:
        view = self.window_of(task, window)
        return view.phase > WindowPhase.REPLACE

    def _is_judged(self, task: int, window: int, judged: int) -> bool:
        view = self.arena_view(task)
        return view.window > window or view.judged > judged

    def _has_entered(self, task: int, window: int, account: str) -> bool:
        return bool(self.events("SubstituteCommitted", 0, "latest", task, window, account))


def encoded_terms(parameters: ArenaParameters) -> bytes:
    """The terms of an Arena as its board takes them: the struct ArenaTerms, ABI-encoded."""
    return artifact("ArenaBoard").abi.functions["termsOf"].outputs.encode([arena_terms(parameters)])


def _preimage(opened: Revealed) -> tuple[object, ...]:
    scores = opened.scores
    return (
        opened.account,
        scores.stands_in,
        scores.scores,
        scores.duplicates,
        scores.artifacts,
        scores.loss_roots,
        scores.salt,
    )
