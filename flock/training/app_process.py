"""A member's ClientApp in a process of its own, called like one in this process.

What an app does to its process - end it, change its folder, its signals or how it rounds - it does to that one.
"""

from flwr.app import Context, Message

from flock.closing import Closing
from flock.errors import Misconfigured, Refused
from flock.training.flower.carriage import reply_in, request_of
from flock.workers.limits import Limits
from flock.workers.worker import Worker

MEBIBYTE = 1 << 20
LEAST_SECONDS = 600.0


class AppProcess(Closing):
    """The app ``reference`` (package.module:app), warm in a process of its own; for use in a ``with`` block.

    Another app, ``judge``, evaluates in its place if one is named.

    A call may take ``seconds``; ``memory_mib`` is what the process may allocate, ``None`` no limit. The process
    ends with the block, or with this process. If it ends before, the next call starts another.
    """

    def __init__(
        self, reference: str, seconds: float, memory_mib: int | None = None, judge: str | None = None
    ) -> None:
        self._seconds = seconds
        memory = None if memory_mib is None else memory_mib * MEBIBYTE
        apps = {"app": reference, "judge": judge}
        self._worker = Worker(reference, "flock.training.app_worker:open_app", apps, Limits(memory))

    @property
    def pid(self) -> int | None:
        """The id of its process, while it runs."""
        return self._worker.pid

    def start(self) -> None:
        """Start the process and load the app. Raises BadConfig, as ``load_app`` does, and WorkerEnded."""
        self._worker.start()

    def close(self) -> None:
        """End the process and all that it started; a call in another thread ends with WorkerStopped."""
        self._worker.close()

    def __call__(self, message: Message, context: Context) -> Message:
        """The app's reply. The state of ``context`` becomes what the app left, unless it failed.

        Raises:
            Refused: it failed, in a sentence; WorkerEnded if its process ended.
            WorkerStopped: the node stops.
        """
        try:
            frame = self._worker.call(request_of(message, context), self._seconds)
        except Misconfigured as error:  # it could be loaded once: that it cannot now is its failure
            raise Refused(str(error)) from error
        reply, state = reply_in(frame)
        context.state.clear()
        context.state.update(state)
        return reply


def patience(chosen: float | None, *phases: int) -> float:
    """Seconds that a call of the app may take: as ``chosen``, else as the longest phase, but at least ten minutes."""
    return max(LEAST_SECONDS, *phases) if chosen is None else chosen
