"""Following an Alliance over HTTP."""

from fastapi import Request

from flock.alliance.endpoints import NO_TASK
from flock.tasks.event_endpoints import event_router
from flock.tasks.task_events import TaskEvents

EXAMPLE_STREAM = """id: 1180-3-7a7a7a7a
event: proposed
data: {"seat": 1, "commitment": "0x…", "round": 6, "account": "0x…", "block": 1180, "transaction": "0x…"}

event: phase
data: {"round": 6, "phase": "attest", "ends_at": 1896091920}

"""


def events_of(request: Request) -> TaskEvents:
    """What the app reads an Alliance's events with."""
    events: TaskEvents = request.app.state.alliance_events
    return events


router = event_router("/tasks/{task}/events", events_of, EXAMPLE_STREAM, NO_TASK)
