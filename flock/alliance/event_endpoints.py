"""Following a task over HTTP."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from flock.alliance.endpoints import NO_TASK
from flock.alliance.event_stream import BEGINNING, EventPosition
from flock.alliance.task_events import TaskEvents
from flock.errors import ServiceUnavailable
from flock.web.errors import BadFields, TooManyRequests
from flock.web.fields import TaskPath
from flock.web.listeners import EventStream, Listeners
from flock.web.problems import Responses, problems
from flock.web.rates import address_key

router = APIRouter(tags=["events"])

EXAMPLE_STREAM = """id: 1180-3-7a7a7a7a
event: proposed
data: {"seat": 1, "commitment": "0x…", "round": 6, "account": "0x…", "block": 1180, "transaction": "0x…"}

event: phase
data: {"round": 6, "phase": "attest", "ends_at": 1896091920}

"""
STREAM: Responses = {
    int(HTTPStatus.OK): {
        "description": "Events until the task is over",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE_STREAM}},
    },
    int(HTTPStatus.NO_CONTENT): {"description": "The task is over and all was told: do not ask again"},
}


def follow_of(request: Request) -> TaskEvents:
    """What the app reads events with."""
    follow: TaskEvents = request.app.state.follow
    return follow


def listeners_of(request: Request) -> Listeners:
    """The streams that the app has open."""
    listeners: Listeners = request.app.state.listeners
    return listeners


@router.get(
    "/tasks/{task}/events",
    summary="Follow a task",
    response_class=Response,
    responses={
        **STREAM,
        **problems(
            NO_TASK,
            BadFields({"Last-Event-ID": "it is no id of this stream; send one that an event had."}),
            TooManyRequests("127.0.0.1 follows 50 streams already, as many as one may: close one.", 30),
            ServiceUnavailable("This service has as many listeners as it takes: try again later."),
        ),
    },
)
def events(
    request: Request,
    task: TaskPath,
    follow: Annotated[TaskEvents, Depends(follow_of)],
    listeners: Annotated[Listeners, Depends(listeners_of)],
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=100, description="Go on after this event")
    ] = None,
) -> Response:
    """Server-sent events from the task's making on: who joins, every round as it goes, its phases, its end.

    Amounts are decimal text, bitmaps lists of seats. After `reorganised`, forget what had a later id than `after`.
    """
    position = EventPosition.parse(last_event_id) if last_event_id else BEGINNING
    if follow.is_over(task, position):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    who = address_key(request.client.host if request.client else "")
    return EventStream(follow.stream(task, position), listeners, who)
