"""How a task's models are evaluated for a vote: what its metadata says of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from flock.errors import Refused

LOSS_KEYS = ("loss", "eval_loss", "eval-loss", "test_loss")


@dataclass(frozen=True)
class Evaluation:
    """``metric`` is what votes go by; without one it is the loss, under any of its usual names, lower is better.

    With ``personalised`` an app evaluates with what it kept of its training, otherwise with the model alone.
    """

    metric: str | None = None
    higher_is_better: bool = False
    personalised: bool = False

    def loss_of(self, metrics: Mapping[str, float], name: str) -> float:
        """The metric, negated if higher is better. Raises Refused, naming the app, if it is not among ``metrics``."""
        wanted = LOSS_KEYS if self.metric is None else (self.metric,)
        value = next((metrics[key] for key in wanted if key in metrics), None)
        if value is None:
            raise Refused(self._missing(metrics, name))
        if not isfinite(value):
            raise Refused(f"{name} reported a {self.word} of {value}; a vote needs a finite number.")
        return -value if self.higher_is_better else value

    def value_of(self, loss: float) -> float:
        """The metric that ``loss`` is made of."""
        return -loss if self.higher_is_better else loss

    @property
    def word(self) -> str:
        """What to call the metric."""
        return self.metric or "loss"

    def _missing(self, metrics: Mapping[str, float], name: str) -> str:
        others = ", ".join(sorted(metrics)) or "no metric at all"
        if self.metric is None:
            return (
                f"{name} reported no loss, but {others}; put one of {', '.join(LOSS_KEYS)} into the evaluate "
                "reply's metrics, or have the task's metadata name its `metric`."
            )
        return (
            f"{name} reported no {self.word}, but {others}; members of this task vote by its {self.word}: put "
            "that into the evaluate reply's metrics."
        )
