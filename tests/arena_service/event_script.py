"""The events of an Arena as its contracts emit them, written by hand and applied to the rows of a service."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.arena.models import WindowRow
from flock.arena.projection import ArenaProjection
from flock.chain.client import Log
from flock.chain.events import Event
from flock.protocol.arena.commitments import packed, submission_commitment
from flock.protocol.arena.panels import panel
from flock.protocol.arena.params import ARENA_TERMS, ArenaParameters
from flock.protocol.arena.stages import Queue, Role, SubmissionState
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Domain
from flock.protocol.core.hashing import keccak
from flock.protocol.core.schedule import SCHEDULE
from flock.protocol.core.units import WAD
from flock.store.database import Database

BOARD = "0x" + "Aa" * 20
PANELS = "0x" + "bB" * 20
CHAIN = 31337
CREATOR: LocalAccount = Account.from_key(b"\x31" * 32)
SET_A, SET_B = b"hidden examples of set A", b"hidden examples of set B"
CIPHER_B, KEY = b"the ciphertext of set B", b"\x4b" * 32
METADATA = b'{"kind":"image-classification"}'
BEGINNING = 1_900_000_000
BLOCK_SECONDS = 12


def trainer(number: int) -> LocalAccount:
    account: LocalAccount = Account.from_key(bytes([0x40 + number]) * 32)
    return account


def validator(number: int) -> LocalAccount:
    account: LocalAccount = Account.from_key(bytes([0x80 + number]) * 32)
    return account


def parameters(**changes: Any) -> ArenaParameters:
    terms: dict[str, Any] = {
        "starts_at": BEGINNING,
        "start_by": BEGINNING + 1_000,
        "ends_at": BEGINNING + 100_000,
        "minimum_stake": WAD,
        "set_a": digest_of(SET_A),
        "set_b": digest_of(SET_B),
        "cipher_b": digest_of(CIPHER_B),
        "key_hash_b": keccak(KEY),
        "baseline": 900_000,
        "tolerance": 10_000,
        "panel_seats": 3,
        "finalists": 3,
        "minimum_validators": 3,
        "max_validators": 16,
        "commit_seconds": 300,
        "replace_seconds": 100,
        "reveal_seconds": 100,
        "rest_seconds": 50,
        "queue_seconds": 5_000,
        "disclose_seconds": 1_000,
        "key_seconds": 1_000,
        "final_seconds": 4_000,
    }
    return ArenaParameters(**{**terms, **changes})


@dataclass
class ArenaScript:
    """Tells ``database`` what happens to the Arena ``task``; ``now`` is the time of the newest block."""

    database: Database
    task: int = 1
    terms: ArenaParameters = field(default_factory=parameters)
    now: int = BEGINNING
    board: str = BOARD
    chain: int = CHAIN
    block: int = 100
    positions: list[str] = field(default_factory=list)
    members: int = 0
    submissions: int = 0
    windows: int = 0
    told: list[Event] = field(default_factory=list)

    @property
    def domain(self) -> Domain:
        return Domain(self.chain, self.board)

    def tell(self, name: str, **arguments: Any) -> None:
        """One event, in a block of its own."""
        self.tell_together([(name, arguments)])

    def tell_together(self, events: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Events of one transaction."""
        self.block += 1
        transaction = "0x" + keccak(self.block.to_bytes(8, "big")).hex()
        made = [
            Event(
                name,
                {"task_id": self.task, **arguments},
                Log(self.board, (), b"", self.block, "0x" + "00" * 32, transaction, index, self.now),
            )
            for index, (name, arguments) in enumerate(events)
        ]
        projection = ArenaProjection(self.board)
        with self.database.writing() as session:
            for event in made:
                assert projection.subject_of(event) == self.task
                projection.apply(session, event)
        self.told += made

    def wait(self, seconds: int) -> None:
        self.now += seconds

    # ---- the task

    def create(self, metadata: bytes = METADATA) -> None:
        terms = asdict(self.terms)
        shown = {name: terms[name] for name in SCHEDULE}
        self.tell_together(
            [
                (
                    "TaskCreated",
                    {
                        **shown,
                        "creator": CREATOR.address,
                        "board": self.board,
                        "metadata": digest_of(metadata),
                        "bounty": 1_000 * WAD,
                    },
                ),
                ("ArenaOpened", {"terms": {name: terms[name] for name in ARENA_TERMS}}),
            ]
        )

    def begin(self) -> None:
        self.tell("ArenaBegan", bounty=900 * WAD, keepers_reserve=100 * WAD, day_count=2)

    def enrol(self, account: str, role: Role) -> None:
        position = 0
        if role is Role.VALIDATOR:
            position = len(self.positions)
            self.positions.append(account)
        self.members += 1
        self.tell(
            "Enrolled", member_id=self.members, account=account, role=role, stake=WAD, position=position
        )

    def delist(self, account: str) -> None:
        position, moved = self.positions.index(account), self.positions[-1]
        self.positions[position] = moved
        self.positions.pop()
        self.tell("Delisted", account=account, position=position, moved=moved)

    # ---- submissions

    def submit(
        self,
        account: str,
        artifact: bytes = b"artifact",
        salt: bytes = b"\x05" * 32,
        *,
        is_sealed: bool = False,
    ) -> int:
        self.submissions += 1
        commitment = submission_commitment(self.domain, self.task, account, digest_of(artifact), salt)
        self.tell(
            "Submitted",
            submission=self.submissions,
            account=account,
            commitment=commitment,
            is_sealed=is_sealed,
        )
        return self.submissions

    def disclose(self, submission: int, artifact: bytes = b"artifact", first: int | None = None) -> None:
        self.tell("Disclosed", submission=submission, digest=digest_of(artifact), first=first or submission)

    # ---- windows

    def open_window(self, submissions: Sequence[int], queue: Queue = Queue.OPEN) -> int:
        self.windows += 1
        self.tell_together(
            [
                (
                    "WindowOpened",
                    {
                        "window": self.windows,
                        "queue": queue,
                        "submissions": tuple(submissions),
                        "validators": len(self.positions),
                    },
                ),
                ("SeedNamed", {"window": self.windows, "seed_block": self.block + 3}),
            ]
        )
        return self.windows

    @property
    def seed(self) -> bytes:
        return keccak(bytes([self.windows]))

    def draw(self) -> None:
        commit_ends = self.now + self.terms.commit_seconds
        replace_ends = commit_ends + self.terms.replace_seconds
        self.tell(
            "PanelsDrawn",
            window=self.windows,
            seed=self.seed,
            commit_ends_at=commit_ends,
            replace_ends_at=replace_ends,
            reveal_ends_at=replace_ends + self.terms.reveal_seconds,
            keeper=CREATOR.address,
        )

    def slots_of(self, account: str) -> list[int]:
        """The slots of a validator in the last window, by the rule of panels."""
        seats, (count, size) = self.terms.panel_seats, self._window()
        return [
            order * seats + seat
            for order in range(count)
            for seat, position in enumerate(panel(self.seed, order, seats, size))
            if self.positions[position] == account
        ]

    def commit(self, account: str) -> None:
        self.tell("ScoresCommitted", window=self.windows, account=account, commitment=keccak(b"list"))

    def draw_substitutes(self) -> None:
        self.tell("SubstitutesDrawn", window=self.windows, seed=keccak(b"second"))

    def reveal(
        self,
        account: str,
        score: int,
        artifact: bytes = b"artifact",
        *,
        slots: Sequence[int] | None = None,
        stands_in: bool = False,
    ) -> None:
        """Every seat of ``account`` says ``score`` millionths."""
        chosen = self.slots_of(account) if slots is None else list(slots)
        self.tell(
            "ScoresRevealed",
            window=self.windows,
            account=account,
            stands_in=stands_in,
            seats=packed(chosen, 16),
            scores=packed([score + 1] * len(chosen), 28),
            duplicates=0,
            artifacts=(digest_of(artifact),) * len(chosen),
            loss_roots=(keccak(b"losses"),) * len(chosen),
        )

    def judge(
        self, submission: int, state: SubmissionState, median: int = 0, place: int | None = None
    ) -> None:
        """A verdict on a submission of the last window, and its place in the ranking if it gets one."""
        with self.database.reading() as session:
            queue = session.get_one(WindowRow, (self.task, self.windows)).queue
        verdict = {
            "window": self.windows,
            "submission": submission,
            "state": state,
            "median": median,
            "mad": 1_000 if median else 0,
        }
        placed = {"submission": submission, "place": place, "is_on_b": queue is Queue.FINAL}
        self.tell_together([("Judged", verdict), *([("Placed", placed)] if place is not None else [])])

    def score(
        self,
        submissions: Mapping[int, int],
        queue: Queue = Queue.OPEN,
        copies: Mapping[int, int] | None = None,
    ) -> None:
        """A whole window: everybody on a panel commits and reveals, all are judged; ``submissions`` are by score.

        ``copies`` has what everybody calls a copy, and of what.
        """
        self.open_window(list(submissions), queue)
        self.draw()
        seated = [account for account in self.positions if self.slots_of(account)]
        for account in seated:
            self.commit(account)
        self.wait(self.terms.commit_seconds + self.terms.replace_seconds)
        seats = self.terms.panel_seats
        for account in seated:
            slots = self.slots_of(account)
            scores = [list(submissions.values())[slot // seats] + 1 for slot in slots]
            originals = [(copies or {}).get(list(submissions)[slot // seats], 0) for slot in slots]
            self.tell(
                "ScoresRevealed",
                window=self.windows,
                account=account,
                stands_in=False,
                seats=packed(slots, 16),
                scores=packed(scores, 28),
                duplicates=packed(originals, 28),
                artifacts=(digest_of(b"artifact"),) * len(slots),
                loss_roots=(keccak(b"losses"),) * len(slots),
            )
        self.wait(self.terms.reveal_seconds)
        for submission, score in submissions.items():
            self.judge(submission, SubmissionState.SCORED, score)

    # ---- the close

    def close(self) -> None:
        self.tell("ClosingBegan", disclose_by=self.now + self.terms.disclose_seconds)

    def begin_finals(self, finalists: Sequence[int]) -> None:
        self.tell("FinalsBegan", finalists=tuple(finalists), key_by=self.now + self.terms.key_seconds)

    def open_key(self) -> None:
        self.tell("KeyOpened", key=KEY)

    def finish(self, winner: int, *, is_on_b: bool = True) -> None:
        self.tell("ArenaFinished", is_on_b=is_on_b, winner=winner, model=digest_of(b"artifact"))

    def _window(self) -> tuple[int, int]:
        with self.database.reading() as session:
            row = session.get_one(WindowRow, (self.task, self.windows))
        return len(row.submissions), row.validators
