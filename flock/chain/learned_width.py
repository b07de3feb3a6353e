"""How many things one request may ask for: nobody says, so it is learned from what is refused."""

# After this many full answers a wider request is tried again; twice as many each time that fails.
FIRST_PATIENCE = 64


class LearnedWidth:
    """The width that worked is kept, and the exact limit sought between it and the width that was refused.

    Threads may share one: at worst a request more is refused.
    """

    def __init__(self, widest: int) -> None:
        self.now = widest
        self._widest = widest
        self._fits = 0
        self._refused = widest + 1
        self._patience = FIRST_PATIENCE
        self._waited = 0

    def fits(self, width: int) -> None:
        """A request of ``width`` was answered. A narrower one than allowed teaches nothing."""
        if width < self.now:
            return
        self._fits = self.now
        if self._refused - self._fits <= max(1, self._fits // 8):
            self._waited += 1
            if self._waited < self._patience or self._fits == self._widest:
                return
            self._waited, self._patience = 0, 2 * self._patience
            self._refused = self._widest + 1
        self.now = min(2 * self._fits, (self._fits + self._refused) // 2, self._widest)

    def refuse(self, width: int) -> None:
        """A request of ``width``, more than one, was refused as too wide."""
        self._refused, self._waited = width, 0
        if self._fits >= width:
            self._fits = 0
        self.now = self._fits or max(1, width // 2)
