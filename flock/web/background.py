"""Steps that run beside the requests, in a thread of their own."""

import threading
from collections.abc import Callable, Sequence

from flock.daemon import Step, run


class Background:
    """Runs ``steps`` every ``interval`` seconds between ``start`` and ``stop``.

    When they fail for good, ``failure`` says why and ``on_failure`` is called from their thread.
    """

    def __init__(self, steps: Sequence[Step], interval: float) -> None:
        self.failure: Exception | None = None
        self.on_failure: Callable[[], None] = lambda: None
        self._steps = steps
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop after the step that is running."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            run(self._steps, self._stop, self._interval)
        except Exception as error:
            self.failure = error
            self.on_failure()
