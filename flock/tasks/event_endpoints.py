"""Following a task over HTTP."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from flock.errors import ServiceUnavailable, UnknownTask
from flock.tasks.event_position import BEGINNING, EventPosition
from flock.tasks.task_events import TaskEvents
from flock.web.errors import BadFields, TooManyRequests
from flock.web.fields import TaskPath
from flock.web.listeners import EventStream, Listeners
from flock.web.problems import Responses, problems
from flock.web.rates import address_key


def listeners_of(request: Request) -> Listeners:
    """The streams that the app has open."""
    listeners: Listeners = request.app.state.listeners
    return listeners


def event_router(
    path: str, events_of: Callable[[Request], TaskEvents], example: str, unknown: UnknownTask
) -> APIRouter:
    """The endpoint at ``path``, which has a ``{task}`` in it, of a product whose events are ``events_of`` the app.

    ``example`` is of its stream, ``unknown`` of what it answers for a task that is not there.
    """
    router = APIRouter(tags=["events"])

    @router.get(
        path,
        summary="Follow a task",
        response_class=Response,
        responses={
            **_stream(example),
            **problems(
                unknown,
                BadFields({"Last-Event-ID": "it is not an id of this stream; send one that an event had."}),
                TooManyRequests("127.0.0.1 follows 50 streams already, as many as one may: close one.", 30),
                ServiceUnavailable("This service has as many listeners as it takes: try again later."),
            ),
        },
    )
    def events(
        request: Request,
        task: TaskPath,
        follow: Annotated[TaskEvents, Depends(events_of)],
        listeners: Annotated[Listeners, Depends(listeners_of)],
        last_event_id: Annotated[
            str | None, Header(alias="Last-Event-ID", max_length=100, description="Go on after this event")
        ] = None,
    ) -> Response:
        """Server-sent events from the task's making on: who joins, every round as it goes, its phases, its end.

        Amounts are decimal text, bitmaps lists of seats. After `reorganised`, forget what had a later id than
        `after`.
        """
        position = EventPosition.parse(last_event_id) if last_event_id else BEGINNING
        if follow.is_over(task, position):
            return Response(status_code=HTTPStatus.NO_CONTENT)
        who = address_key(request.client.host if request.client else "")
        return EventStream(follow.stream(task, position), listeners, who)

    return router


def _stream(example: str) -> Responses:
    return {
        int(HTTPStatus.OK): {
            "description": "Events until the task is over",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": example}},
        },
        int(HTTPStatus.NO_CONTENT): {"description": "The task is over and all was told: do not ask again"},
    }
