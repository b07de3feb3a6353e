"""The next act that brings an Arena on, from what the chain shows. Pure, so every keeper comes to the same."""

from dataclasses import dataclass
from enum import StrEnum

from flock.arena.keeper.outlook import Outlook
from flock.protocol.arena.stages import Stage, WindowPhase
from flock.protocol.core.tasks import TaskState
from flock.protocol.core.units import DAY

READABLE_BLOCKS = 256
"""For how many blocks the chain knows a block's hash."""


class Act(StrEnum):
    """What anybody may call."""

    START = "start"
    OPEN_WINDOW = "open_window"
    DRAW = "draw"
    RESEED = "reseed"
    CALL_SUBSTITUTES = "call_substitutes"
    DRAW_SUBSTITUTES = "draw_substitutes"
    JUDGE = "judge"
    SETTLE = "settle"
    EXPIRE = "expire"
    STREAM_BOUNTY = "stream_bounty"
    BEGIN_CLOSING = "begin_closing"
    BEGIN_FINALS = "begin_finals"
    FINISH = "finish"
    UNBOND = "unbond"
    REFUND = "refund"


@dataclass(frozen=True)
class Wait:
    """Nothing is due before ``until``, in Unix seconds of the chain; None if only others can bring something about.

    What others do may make something due earlier, so a keeper looks from time to time in any case.
    """

    until: int | None = None


NEXT_BLOCK = Wait(0)
NOTHING = Wait()


def due(outlook: Outlook, caller: str) -> Act | Wait:
    """What ``caller`` may do next, or until when there is nothing."""
    if outlook.state is TaskState.CANCELLED:
        return _once_cancelled(outlook)
    match outlook.arena.stage:
        case Stage.ENROLLING:
            return _while_enrolling(outlook, caller)
        case Stage.RUNNING:
            return _of_window(outlook) or _of_waiting(outlook) or _while_running(outlook)
        case Stage.DISCLOSING:
            return _of_window(outlook) or _while_disclosing(outlook)
        case Stage.FINALS:
            return _of_window(outlook) or _of_waiting(outlook) or _in_the_finals(outlook)
        case Stage.FINISHED:
            return _once_finished(outlook)
    return NOTHING


def _while_enrolling(outlook: Outlook, caller: str) -> Act | Wait:
    terms, arena = outlook.parameters, outlook.arena
    lacks = terms.creator_bond and not arena.bonded
    if outlook.state is not TaskState.OPEN or lacks or outlook.now > terms.start_by:
        return NOTHING
    if outlook.progress.validators < terms.minimum_validators:
        return NOTHING
    if outlook.now < terms.starts_at and caller != outlook.creator:
        return Wait(terms.starts_at)
    return Act.START


def _of_window(outlook: Outlook) -> Act | Wait | None:
    """What the last window needs; None if it needs nothing any more."""
    window = outlook.window
    if window is None:
        return None
    match window.phase:
        case WindowPhase.SEEDED:
            return _of_seed(outlook, window.seed_block, Act.DRAW, Act.RESEED)
        case WindowPhase.COMMIT:
            return Wait(window.commit_ends_at)
        case WindowPhase.REPLACE:
            return _of_substitutes(outlook) or Wait(window.replace_ends_at)
        case WindowPhase.REVEAL:
            return Wait(window.reveal_ends_at)
        case WindowPhase.REST | WindowPhase.OVER:
            if not outlook.is_judged:
                return Act.JUDGE
            return Act.SETTLE if outlook.unsettled else None
    return None


def _of_substitutes(outlook: Outlook) -> Act | Wait | None:
    """Nobody is called where nobody is missing: two transactions saved."""
    window = outlook.window
    if window is None or any(window.second_seed) or not outlook.misses_a_seat:
        return None
    if not window.seed_block:
        return Act.CALL_SUBSTITUTES
    return _of_seed(outlook, window.seed_block, Act.DRAW_SUBSTITUTES, Act.CALL_SUBSTITUTES)


def _of_seed(outlook: Outlook, seed_block: int, use: Act, rename: Act) -> Act | Wait:
    age = outlook.block - seed_block
    if age >= READABLE_BLOCKS:
        return rename
    return use if age > 0 else NEXT_BLOCK


def _of_waiting(outlook: Outlook) -> Act | None:
    """A submission that a window could still take is not voided."""
    if not outlook.overdue or isinstance(_of_queue(outlook), Act):
        return None
    return Act.EXPIRE


def _of_queue(outlook: Outlook) -> Act | Wait | None:
    """Whether a window opens; None if nothing waits for one."""
    if not outlook.waits:
        return None
    terms, window = outlook.parameters, outlook.window
    if outlook.progress.validators < terms.minimum_validators:
        return NOTHING
    if window is None:
        return Act.OPEN_WINDOW
    rests_until = window.reveal_ends_at + terms.rest_seconds
    opens_at = max(rests_until, window.opened_at + terms.window_seconds)
    return Act.OPEN_WINDOW if outlook.now >= opens_at else Wait(opens_at)


def _while_running(outlook: Outlook) -> Act | Wait:
    opening = _of_queue(outlook)
    if opening is not None:
        return _sooner(outlook, opening)
    if outlook.now >= outlook.arena.stage_ends_at:
        return Act.BEGIN_CLOSING
    return _sooner(outlook, Wait(outlook.arena.stage_ends_at))


def _while_disclosing(outlook: Outlook) -> Act | Wait:
    disclose_by = outlook.arena.stage_ends_at
    if outlook.now < disclose_by:
        return _sooner(outlook, Wait(disclose_by))
    last_moment = disclose_by + outlook.parameters.final_seconds
    opening = None if outlook.now >= last_moment else _of_queue(outlook)
    return _before(opening, last_moment) if opening is not None else Act.BEGIN_FINALS


def _in_the_finals(outlook: Outlook) -> Act | Wait:
    arena = outlook.arena
    is_pointless = arena.key_is_lost or not outlook.parameters.has_set_b or not outlook.waits
    if outlook.now >= arena.stage_ends_at or is_pointless:
        return Act.FINISH
    if not arena.key_is_open:
        return Wait(arena.stage_ends_at)
    return _before(_of_queue(outlook) or NOTHING, arena.stage_ends_at)


def _once_finished(outlook: Outlook) -> Act | Wait:
    if outlook.unsettled:
        return Act.SETTLE
    return Act.REFUND if outlook.refund else NOTHING


def _once_cancelled(outlook: Outlook) -> Act | Wait:
    if outlook.arena.bonded:
        return Act.UNBOND
    return Act.REFUND if outlook.refund else NOTHING


def _sooner(outlook: Outlook, found: Act | Wait) -> Act | Wait:
    """``found``, or what comes before it: a day's part of the bounty, or the end of somebody's waiting."""
    if isinstance(found, Act):
        return found
    next_day = (outlook.began_at // DAY + outlook.arena.streamed_days + 1) * DAY
    if outlook.arena.bounty_left and outlook.now >= next_day:
        return Act.STREAM_BOUNTY
    times = [found.until, outlook.next_overdue, next_day if outlook.arena.bounty_left else 0]
    return Wait(min((each for each in times if each), default=None))


def _before(found: Act | Wait, moment: int) -> Act | Wait:
    if isinstance(found, Act):
        return found
    return Wait(min(found.until, moment) if found.until else moment)
