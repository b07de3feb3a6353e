"""What the events of Arenas mean to the economy: enrolments, rankings, and distances from the medians."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flock.errors import RpcUnavailable
from flock.protocol.arena.commitments import unpacked_codes, unpacked_slots
from flock.protocol.arena.leaderboard import with_place
from flock.protocol.arena.rewards import distance_of
from flock.protocol.arena.scores import MAX_SCORE, Centre
from flock.protocol.arena.sharing import ArenaWork, Began, Joined, Judged, KeyLost, Ranked, Side
from flock.protocol.arena.stages import Role, SubmissionState
from flock.protocol.core.units import Wei


@dataclass
class _Arena:
    """What is remembered of one task."""

    tolerance: int
    seats: int
    places: int
    trainers: dict[int, str] = field(default_factory=dict)
    window: tuple[int, ...] = ()
    scores: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    copies: set[int] = field(default_factory=set)
    on_a: list[int] = field(default_factory=list)
    on_b: list[int] = field(default_factory=list)
    finalists: tuple[int, ...] = ()


class ArenaPay:
    """The ``PayRule`` of Arenas."""

    events: ClassVar = (
        "ArenaOpened",
        "ArenaBegan",
        "Enrolled",
        "Submitted",
        "WindowOpened",
        "ScoresRevealed",
        "Judged",
        "Placed",
        "FinalsBegan",
        "FoundToBeCopy",
        "KeyLost",
        "ArenaFinished",
        "BountyStreamed",  # read by whoever reads histories: it is no work
    )

    def __init__(self) -> None:
        self._arenas: dict[int, _Arena] = {}

    def read(self, name: str, arguments: Mapping[str, Any]) -> ArenaWork | None:
        """The work that the event tells of, if any. Raises RpcUnavailable if a task's opening is missing."""
        task = arguments["task_id"]
        if name == "ArenaOpened":
            terms = arguments["terms"]
            self._arenas[task] = _Arena(terms["tolerance"], terms["panel_seats"], terms["finalists"])
            return None
        arena = self._arenas.get(task)
        if arena is None:
            raise RpcUnavailable(
                f"The RPC serves events of task {task}, but not its opening: use an endpoint that has all logs since "
                "the contracts were deployed."
            )
        return _READERS[name](arena, arguments)


def _arena_began(_: _Arena, given: Mapping[str, Any]) -> ArenaWork:
    return Began(Wei(given["bounty"]))


def _enrolled(_: _Arena, given: Mapping[str, Any]) -> ArenaWork:
    return Joined(given["account"], Side.TRAINER if given["role"] == Role.TRAINER else Side.VALIDATOR)


def _submitted(arena: _Arena, given: Mapping[str, Any]) -> None:
    arena.trainers[given["submission"]] = given["account"]


def _window_opened(arena: _Arena, given: Mapping[str, Any]) -> None:
    arena.window, arena.scores = tuple(given["submissions"]), {}


def _scores_revealed(arena: _Arena, given: Mapping[str, Any]) -> None:
    """Remember the scores of each submission; seats without one count for nobody's pay."""
    count = len(given["artifacts"])
    slots = unpacked_slots(given["seats"], count)
    for slot, code in zip(slots, unpacked_codes(given["scores"], count), strict=True):
        submission = arena.window[slot // arena.seats]
        if 0 < code <= MAX_SCORE + 1:
            arena.scores.setdefault(submission, []).append((given["account"], code - 1))


def _judged(arena: _Arena, given: Mapping[str, Any]) -> ArenaWork | None:
    submission = given["submission"]
    scored = arena.scores.pop(submission, [])
    if given["state"] != SubmissionState.SCORED or not scored:
        return None
    centre = Centre(given["median"], given["mad"])
    return Judged(tuple((account, distance_of(score, centre, arena.tolerance)) for account, score in scored))


def _placed(arena: _Arena, given: Mapping[str, Any]) -> ArenaWork | None:
    ranking = arena.on_b if given["is_on_b"] else arena.on_a
    ranking[:] = with_place(
        ranking, given["submission"], given["place"], arena.trainers.__getitem__, arena.places
    )
    return None if given["is_on_b"] else Ranked(_names(arena, ranking))


def _finals_began(arena: _Arena, given: Mapping[str, Any]) -> None:
    arena.finalists = tuple(given["finalists"])


def _key_lost(_: _Arena, __: Mapping[str, Any]) -> ArenaWork:
    return KeyLost()


def _found_to_be_copy(arena: _Arena, given: Mapping[str, Any]) -> None:
    arena.copies.add(given["submission"])


def _arena_finished(arena: _Arena, given: Mapping[str, Any]) -> ArenaWork:
    """By the ranking on set B, in which a copy of an earlier finalist has no place.

    Or else by that on set A of those who disclosed what nobody had earlier, without such copies.
    """
    if given["is_on_b"]:
        return Ranked(_names(arena, arena.on_b), is_final=True)
    originals = [submission for submission in arena.finalists if submission not in arena.copies]
    return Ranked(_names(arena, originals), is_final=True)


def _names(arena: _Arena, ranking: list[int] | tuple[int, ...]) -> tuple[str, ...]:
    return tuple(arena.trainers[submission] for submission in ranking)


_READERS = {
    "ArenaBegan": _arena_began,
    "Enrolled": _enrolled,
    "Submitted": _submitted,
    "WindowOpened": _window_opened,
    "ScoresRevealed": _scores_revealed,
    "Judged": _judged,
    "Placed": _placed,
    "FinalsBegan": _finals_began,
    "FoundToBeCopy": _found_to_be_copy,
    "KeyLost": _key_lost,
    "ArenaFinished": _arena_finished,
}
