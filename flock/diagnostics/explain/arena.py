"""A submission to an Arena, or a member of one: what happened to it, and why, from the chain's events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from flock.amounts import tokens
from flock.arena.terms import parameters_of
from flock.diagnostics.explain.pages import ActionLine, ArenaPage
from flock.diagnostics.explain.seats import block_times
from flock.errors import Refused
from flock.protocol.arena.commitments import unpacked_codes, unpacked_slots
from flock.protocol.arena.scores import Failure, of_word
from flock.protocol.arena.stages import Queue, Role, SubmissionState

if TYPE_CHECKING:
    from flock.chain.contracts.arena_board import SubmissionView
    from flock.chain.contracts.binding import Binding
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.events import Event

MILLION = 1_000_000
WHY = {
    SubmissionState.QUEUED: "It waits for a window, or for the verdict of one.",
    SubmissionState.HIDDEN: "It is sealed: it is scored after the end, once its trainer has disclosed it.",
    SubmissionState.SCORED: "Its score is the median of what its panel revealed.",
    SubmissionState.FAILED: "Most of its panel could not score it, and said that this is the submission's fault.",
    SubmissionState.VOID: "Too few of its panel revealed a score, or it waited too long: nobody is blamed, and quota "
    "and fee are back.",
    SubmissionState.CANCELLED: "Its trainer cancelled it.",
}


def is_arena(contracts: Contracts, task: int) -> bool:
    """Whether ``task`` is an Arena."""
    return bool(contracts.task_manager.task_of(task).board == contracts.arena_board.address)


def explain_submission(contracts: Contracts, task: int, number: int) -> ArenaPage:
    """Raises Refused if there is no such submission."""
    view = contracts.arena_board.submission_of(task, number)
    if view.state is SubmissionState.NONE:
        raise Refused(f"Arena {task} has no submission {number}: see `flock arena submissions {task}`.")
    board, panels = contracts.arena_board, contracts.arena_panels
    windows = [
        event
        for event in _events(contracts, panels, "WindowOpened", task)
        if number in event.arguments["submissions"]
    ]
    found = [
        *_events(contracts, board, "Submitted", task, number),
        *_events(contracts, board, "SubmissionCancelled", task, number),
        *_events(contracts, board, "SubmissionExpired", task, number),
        *windows,
        *_events(contracts, board, "Judged", task, None, number),
        *_events(contracts, board, "Placed", task, number),
        *_events(contracts, board, "FoundToBeCopy", task, number),
        *_events(contracts, board, "Disclosed", task, number),
    ]
    reveals = tuple(line for window in windows for line in _reveals(contracts, task, number, window))
    return ArenaPage(
        task=task,
        subject=f"submission {number}",
        account=view.trainer,
        state=view.state.name.lower(),
        why=(WHY[view.state], *_of_scores(view)),
        reveals=reveals,
        actions=_actions(contracts, found),
    )


def explain_contender(contracts: Contracts, task: int, account: str) -> ArenaPage:
    """A trainer or validator. Raises Refused for who never enrolled."""
    member = contracts.arena_board.member_of(task, account)
    if member.role is Role.NONE:
        raise Refused(f"{account} has never enrolled in Arena {task}: see `flock arena show {task}`.")
    board, panels = contracts.arena_board, contracts.arena_panels
    found = [
        *_events(contracts, board, "Enrolled", task, None, account),
        *_events(contracts, board, "Submitted", task, None, account),
        *_events(contracts, board, "Retained", task, account),
        *_events(contracts, board, "Left", task, account),
        *_events(contracts, board, "Withdrawn", task, account),
        *_events(contracts, panels, "ScoresCommitted", task, None, account),
        *_events(contracts, panels, "SubstituteCommitted", task, None, account),
        *_events(contracts, panels, "ScoresRevealed", task, None, account),
        *_events(contracts, panels, "Settled", task, None, account),
        *_events(contracts, panels, "ValidatorSlashed", task, None, account),
        *_events(contracts, panels, "Suspended", task, account),
    ]
    is_validator = member.role is Role.VALIDATOR
    why = _of_validator(contracts, task, account) if is_validator else ()
    owed = f"{tokens(member.owed)} FLOCK can be withdrawn." if member.owed else "Nothing is owed to it."
    return ArenaPage(
        task=task,
        subject=member.role.name.lower(),
        account=account,
        state=member.standing.name.lower(),
        why=(*why, owed),
        reveals=(),
        actions=_actions(contracts, found),
    )


def _of_scores(view: SubmissionView) -> Iterator[str]:
    if view.state is SubmissionState.SCORED:
        yield f"On set A: {_score(view.median)}, median deviation {_score(view.mad)}."
    if view.is_final:
        yield f"On set B: {_score(view.final_median)}, median deviation {_score(view.final_mad)}."
    if view.state is SubmissionState.SCORED and not view.is_disclosed:
        yield "It is not disclosed: without that it has no place in the finals."


def _of_validator(contracts: Contracts, task: int, account: str) -> Iterator[str]:
    validator, terms = (
        contracts.arena_panels.validator_of(task, account),
        parameters_of(contracts, task),
    )
    yield (
        f"{validator.strikes.bit_count()} strikes in its last {terms.strike_window} judged seats; "
        f"{terms.strike_limit} lead to a slash."
    )
    if validator.is_suspended:
        yield (
            f"It is suspended: absent in {terms.absence_limit} windows in a row, or left with too little stake. "
            "Leave, then enrol again."
        )


def _reveals(contracts: Contracts, task: int, number: int, window: Event) -> Iterator[str]:
    """Who said what of the submission in a window, and where it is not what the submission is."""
    seats = parameters_of(contracts, task).panel_seats
    order = list(window.arguments["submissions"]).index(number)
    name = "B" if window.arguments["queue"] == Queue.FINAL else "A"
    for event in _events(
        contracts, contracts.arena_panels, "ScoresRevealed", task, window.arguments["window"]
    ):
        count = len(event.arguments["artifacts"])
        slots = unpacked_slots(event.arguments["seats"], count)
        codes = unpacked_codes(event.arguments["scores"], count)
        copies = unpacked_codes(event.arguments["duplicates"], count)
        for slot, code, copy in zip(slots, codes, copies, strict=True):
            if slot // seats == order:
                accused = f", a copy of submission {copy}" if copy else ""
                yield f"{event.arguments['account']} on set {name}: {_said(code)}{accused}"


def _said(code: int) -> str:
    said = of_word(code).get(0)
    if said is None:
        return "nothing"
    return said.name.lower().replace("_", " ") if isinstance(said, Failure) else _score(said)


def _events(contracts: Contracts, binding: Binding, name: str, *indexed: int | str | None) -> Sequence[Event]:
    return binding.events(name, contracts.book.deployed_block, "latest", *indexed)


def _actions(contracts: Contracts, events: Iterable[Event]) -> tuple[ActionLine, ...]:
    ordered = sorted(events, key=lambda event: (event.log.block, event.log.index))
    times = block_times(contracts.client, [event.log.block for event in ordered])
    return tuple(
        ActionLine(_in_words(event), event.log.block, event.log.transaction, times.get(event.log.block))
        for event in ordered
    )


def _in_words(event: Event) -> str:
    given = event.arguments
    match event.name:
        case "Judged":
            return f"judged {SubmissionState(given['state']).name.lower()} in window {given['window']}"
        case "Placed":
            return f"placed {given['place'] + 1} on set {'B' if given['is_on_b'] else 'A'}"
        case "FoundToBeCopy":
            return f"found to be a copy of submission {given['original']}: no place on set B"
        case "Settled":
            absent = ", absent" if given["is_absent"] else ""
            return (
                f"settled for window {given['window']}: {given['judged']} judged, {given['strikes']} strikes, "
                f"{given['misses']} misses{absent}, {given['bps'] / 100:g} % of its stake"
            )
        case "ValidatorSlashed":
            return f"slashed in window {given['window']}: {tokens(given['gm'])} gmFLOCK"
        case "WindowOpened" | "ScoresCommitted" | "SubstituteCommitted" | "ScoresRevealed":
            return f"{WORDS[event.name]} {given['window']}"
        case "Submitted":
            return f"submission {given['submission']} made{', sealed' if given['is_sealed'] else ''}"
    return WORDS.get(event.name, event.name)


WORDS = {
    "WindowOpened": "taken into window",
    "ScoresCommitted": "committed in window",
    "SubstituteCommitted": "stood in in window",
    "ScoresRevealed": "revealed in window",
    "SubmissionCancelled": "cancelled",
    "SubmissionExpired": "void: it waited too long",
    "Disclosed": "disclosed",
    "Enrolled": "enrolled",
    "Retained": "left the list, its stake held",
    "Left": "left",
    "Withdrawn": "was paid",
    "Suspended": "suspended",
}


def _score(millionths: int) -> str:
    return f"{millionths / MILLION:.6f}"
