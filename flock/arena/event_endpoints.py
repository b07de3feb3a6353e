"""Following an Arena over HTTP."""

from fastapi import Request

from flock.arena.endpoints import NO_ARENA
from flock.tasks.event_endpoints import event_router
from flock.tasks.task_events import TaskEvents

EXAMPLE_STREAM = """id: 1180-3-7a7a7a7a
event: judged
data: {"window": 2, "submission": 17, "state": "scored", "median": 412000, "mad": 1000, "block": 1180, …}

event: phase
data: {"stage": "running", "window": 3, "phase": "scoring", "ends_at": 1896135200}

"""


def events_of(request: Request) -> TaskEvents:
    """What the app reads an Arena's events with."""
    events: TaskEvents = request.app.state.arena_events
    return events


router = event_router("/arena/tasks/{task}/events", events_of, EXAMPLE_STREAM, NO_ARENA)
