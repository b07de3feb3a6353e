"""What a settler's next run would do, before anything is sent: the days it would emit, and what they would pay."""

from dataclasses import dataclass, replace

from flock.chain.contracts.deployed import Contracts
from flock.chain.events import Event
from flock.chain.simulation import PlannedCall, events_of
from flock.economy.history import read_history
from flock.economy.settler import due_after, is_offered
from flock.economy.settling import Recomputed, recompute, recomputed_of
from flock.protocol.core.units import Wei
from flock.protocol.economy.emissions import day_of
from flock.protocol.economy.pay_rule import Emission

MOST_CALLS = 100  # each emits up to thirty days


@dataclass(frozen=True)
class Foreseen:
    """``emits`` days that are over, ``serves`` the root of this number, and ``posts`` the next one.

    Without ``is_known`` days would be emitted whose payments the endpoint cannot foresee. A chain with finality
    ``waits_for_finality`` of what is emitted before it is posted.
    """

    emits: int
    serves: int | None
    posts: Recomputed | None
    is_known: bool = True
    waits_for_finality: bool = False


def foresee(contracts: Contracts, settler: str) -> Foreseen:
    """Raises RpcUnavailable."""
    settlement, emissions = contracts.settlement, contracts.emissions
    pending = settlement.pending_id()
    root = settlement.root_of(pending) if pending else None
    serves = pending if root and contracts.client.now() >= root.active_at else None
    is_blocked = root is not None and serves is None
    served_day, served_total = (
        (root.day, root.total) if root and serves else (settlement.served_day(), settlement.served_total())
    )
    is_due = emissions.is_due() and not emissions.is_paused()
    emits = day_of(contracts.client.now()) - emissions.next_day() if is_due else 0
    told = _emitted(contracts, settler) if emits else []
    if told is None:
        return Foreseen(emits, serves, None, is_known=is_blocked)
    posts = None if is_blocked else _next(contracts, told, served_day)
    if posts and (posts.document.total <= served_total or is_offered(contracts, posts, settler)):
        posts = None
    return Foreseen(emits, serves, posts, waits_for_finality=not contracts.client.is_local)


def _next(contracts: Contracts, told: list[Event], served_day: int) -> Recomputed | None:
    """The settlement after the emissions that ``told`` tells of; None if it would cover no new day."""
    if not told:
        due = due_after(contracts, served_day)
        return recompute(contracts, due.day, due.block) if due else None
    block = contracts.client.block_number()
    history = read_history(contracts, block)
    paid = [each.arguments for each in told if each.name == "Emitted"]
    days = [each.arguments["day"] for each in told if each.name == "DayEmitted"]
    emissions = tuple(Emission(each["task_id"], each["day"], Wei(each["amount"])) for each in paid)
    later = replace(history, emissions=history.emissions + emissions, next_day=days[-1] + 1)
    return recomputed_of(contracts, later, later.next_day, block) if later.next_day > served_day else None


def _emitted(contracts: Contracts, settler: str) -> list[Event] | None:
    """The events of emitting all days that are over; None if the endpoint cannot simulate."""
    today, call = day_of(contracts.client.now()), PlannedCall(contracts.emissions, "emitDue")
    for calls in range(1, MOST_CALLS + 1):
        told = events_of(contracts.client, settler, [call] * calls)
        if told is None or any(
            each.name == "DayEmitted" and each.arguments["day"] + 1 >= today for each in told
        ):
            return told
    return None
