"""ArenaPanels: windows, seeds, commitments, reveals, and what validators are settled for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from eth_typing import ChecksumAddress

from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.arena.commitments import ScoreList, unpacked_slots
from flock.protocol.arena.stages import Queue, WindowPhase
from flock.protocol.core.commitments import Domain


@dataclass(frozen=True)
class Progress:
    """Number of the last window, 0 before the first; how many of its submissions are judged; validators listed."""

    window: int
    judged: int
    validators: int


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
class ValidatorView:
    """A validator: ``stake`` in gmFLOCK as enrolled, ``strikes`` a bitmap, the latest lowest.

    ``committed_window`` is the window in which it has committed and is not settled for; 0 if there is none.
    """

    is_listed: bool
    is_suspended: bool
    stake: int
    position: int
    settled_window: int
    committed_window: int
    has_revealed: bool
    strikes: int
    absences: int


@dataclass(frozen=True)
class Revealed:
    """A validator's list of a window, opened."""

    account: str
    scores: ScoreList


class ArenaPanels(Binding):
    contract: ClassVar[str] = "ArenaPanels"

    @property
    def domain(self) -> Domain:
        """What the contract hashes into every commitment to scores."""
        return Domain(self.client.chain_id, self.address)

    # ---- what the chain shows

    def terms_of(self, task: int) -> Mapping[str, Any]:
        """What panels go by, by name; all zero if the task is not an Arena."""
        terms: Mapping[str, Any] = self.read("termsOf", task)
        return terms

    def progress_of(self, task: int) -> Progress:
        return Progress(**self.read("progressOf", task))

    def is_idle(self, task: int) -> bool:
        """Whether no window is open and the last is judged."""
        return bool(self.read("isIdle", task))

    def duty_of(self, task: int, account: str) -> int:
        """The window that a validator has a duty in, or is not settled for; 0 if there is none."""
        return int(self.read("dutyOf", task, account))

    def validator_of(self, task: int, account: str) -> ValidatorView:
        return ValidatorView(**self.read("validatorOf", task, account))

    def window_of(self, task: int, window: int) -> WindowView:
        fields = self.read("windowOf", task, window)
        known = {"phase": WindowPhase(fields["phase"]), "queue": Queue(fields["queue"])}
        return WindowView(**{**fields, **known})

    def validator_at(self, task: int, position: int) -> ChecksumAddress:
        account: ChecksumAddress = self.read("validatorAt", task, position)
        return account

    def validators_of(self, task: int, positions: Sequence[int]) -> list[ChecksumAddress]:
        """The validators at places of the list."""
        return self.read_each("validatorAt", [(task, position) for position in positions])

    def standings_of(self, task: int, accounts: Sequence[str]) -> list[ValidatorView]:
        """``validator_of`` each of them."""
        found = self.read_each("validatorOf", [(task, account) for account in accounts])
        return [ValidatorView(**fields) for fields in found]

    def scores_of(self, task: int, window: int, order: int) -> int:
        """What was revealed of the window's submission number ``order``, as ``scores.of_word`` reads it."""
        return int(self.read("scoresOf", task, window, order))

    def seats_of(self, task: int, window: int, account: str) -> tuple[int, ...]:
        """The slots of a validator in a window that is drawn and not over, lowest first."""
        fields = self.read("seatsOf", task, window, account)
        return unpacked_slots(fields["seats"], fields["count"])

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
            holds=lambda: self.validator_of(task, account).committed_window == window,
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

    def open_window(self, sender: Sender, task: int, window: int) -> Receipt | None:
        """Open the window that will have the number ``window``."""
        return self.write(
            sender,
            self.key("open_window", task, window),
            "openWindow",
            task,
            holds=lambda: self.progress_of(task).window >= window,
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

    def settle(
        self, sender: Sender, task: int, window: int, accounts: Sequence[str], most: int
    ) -> Receipt | None:
        """Settle validators for ``most`` windows each at most, of those that are judged; ``window`` is the last."""
        return self.write(
            sender,
            self.fresh_key("settle"),
            "settle",
            task,
            list(accounts),
            most,
            holds=lambda: all(self._is_settled(task, window, account) for account in accounts),
        )

    # ---- whether a goal holds

    def _is_past_replacing(self, task: int, window: int) -> bool:
        view = self.window_of(task, window)
        return view.phase > WindowPhase.REPLACE

    def _is_judged(self, task: int, window: int, judged: int) -> bool:
        view = self.progress_of(task)
        return view.window > window or view.judged > judged

    def _has_entered(self, task: int, window: int, account: str) -> bool:
        return bool(self.events("SubstituteCommitted", 0, "latest", task, window, account))

    def _is_settled(self, task: int, window: int, account: str) -> bool:
        validator = self.validator_of(task, account)
        return not validator.is_listed or validator.settled_window >= window


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
