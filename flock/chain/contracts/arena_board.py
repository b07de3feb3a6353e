"""ArenaBoard: members, submissions, the ranking, the close, the money. Windows and scores: ``arena_panels``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from eth_typing import ChecksumAddress

from flock.chain.abi_codec import artifact
from flock.chain.contracts.board import Board
from flock.chain.contracts.token import Token
from flock.chain.events import decode_event
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.arena.params import ArenaParameters, arena_terms
from flock.protocol.arena.stages import Queue, Role, Stage, Standing, SubmissionState
from flock.protocol.core.schedule import schedule


@dataclass(frozen=True)
class ArenaView:
    """An Arena as of the newest block.

    ``stage_ends_at`` is in Unix seconds, 0 without a deadline; ``taken`` and ``queued`` are by ``Queue``;
    ``bounty_left`` is in wei.
    """

    stage: Stage
    stage_ends_at: int
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
class MemberView:
    """An account on a task: ``owed`` in wei, ``stake`` in gmFLOCK as enrolled; more of a validator is in
    ``arena_panels.ValidatorView``. ``quota_left`` are submissions that a trainer can still make today (UTC).
    """

    id: int
    role: Role
    standing: Standing
    owed: int
    stake: int
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


class ArenaBoard(Board):
    contract: ClassVar[str] = "ArenaBoard"

    def creation_arguments(
        self, parameters: ArenaParameters, metadata: bytes, bounty: int
    ) -> tuple[object, ...]:
        """What ``TaskManager.create`` takes to make an Arena; ``metadata`` is the SHA-256 of the document."""
        return (self.address, *schedule(parameters), metadata, bounty), encoded_terms(parameters)

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

    def member_of(self, task: int, account: str) -> MemberView:
        """``account`` on the task; a stranger has role NONE."""
        fields = self.read("memberOf", task, account)
        known = {"role": Role(fields["role"]), "standing": Standing(fields["standing"])}
        return MemberView(**{**fields, **known})

    def owed(self, task: int, account: str) -> int:
        """What ``withdraw`` would pay ``account``, wei."""
        return self.member_of(task, account).owed

    def submission_of(self, task: int, submission: int) -> SubmissionView:
        [view] = self.submissions_of(task, [submission])
        return view

    def submissions_of(self, task: int, submissions: Sequence[int]) -> list[SubmissionView]:
        """Each of these; what is not there has the state NONE."""
        found = self.read_each("submissionOf", [(task, submission) for submission in submissions])
        return [SubmissionView(**{**fields, "state": SubmissionState(fields["state"])}) for fields in found]

    def queued_at(self, task: int, queue: Queue, index: int) -> int:
        """The submission at a place of a queue."""
        [number] = self.queued_in(task, queue, [index])
        return number

    def queued_in(self, task: int, queue: Queue, places: Sequence[int]) -> list[int]:
        """The submissions at these places of a queue."""
        return self.read_each("queuedAt", [(task, queue, place) for place in places])

    def places_of(self, task: int, *, on_b: bool) -> tuple[Place, ...]:
        """The ranking on set A or B, the best first."""
        return tuple(Place(**each) for each in self.read("placesOf", task, on_b))

    def opened_key(self, task: int, first_block: int) -> bytes | None:
        """The key of set B; None unless it was opened since ``first_block``."""
        events = self.events("KeyOpened", first_block, "latest", task)
        return bytes(events[-1].arguments["key"]) if events else None

    # ---- membership

    def bond(self, sender: Sender, token: Token, task: int, amount: int) -> Receipt | None:
        """Put up the creator's bond of ``amount`` wei, allowance included."""
        token.allow(sender, self.address, amount)
        return self.write(
            sender, self.key("bond", task), "bond", task, holds=lambda: self.arena_view(task).bonded
        )

    def unbond(self, sender: Sender, task: int) -> Receipt | None:
        """Owe the bond of a cancelled task back to whoever put it up."""
        return self.write(
            sender,
            self.key("unbond", task),
            "unbond",
            task,
            holds=lambda: not self.arena_view(task).bonded,
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


def encoded_terms(parameters: ArenaParameters) -> bytes:
    """The terms of an Arena as its board takes them: the struct ArenaTerms, ABI-encoded."""
    return artifact("ArenaBoard").abi.functions["termsOf"].outputs.encode([arena_terms(parameters)])
