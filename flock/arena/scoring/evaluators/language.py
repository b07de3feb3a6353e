"""Language models over bytes, whole or as adapters, in bits per byte.

bits per byte = Σ nats / ln 2 / bytes, over all bytes of all texts: what an arithmetic coder would need that is told
the model's predictions. It does not depend on a tokenizer.
"""

from math import log
from typing import ClassVar

import numpy as np

from flock.arena.scoring.evaluator import Evaluation, Submission
from flock.arena.scoring.evaluators.text_models import TextEvaluator, require_text_model
from flock.arena.scoring.run import Run
from flock.arena.scoring.sets import texts_in
from flock.arena.scoring.specifications import ByteTransformer, Lora
from flock.arena.scoring.task import Metric, ScoringTask

LN_2 = log(2)


class LanguageEvaluator(TextEvaluator):
    """``bits-per-byte``; a text's loss is that of its own bytes."""

    metrics: ClassVar = {"bits-per-byte": Metric(higher_is_better=False)}
    architecture: type[ByteTransformer] | type[Lora] = ByteTransformer

    def __init__(self, task: ScoringTask) -> None:
        super().__init__(task)
        require_text_model(task, self.architecture)

    def evaluate(self, submission: Submission, examples: bytes, run: Run) -> Evaluation:
        from flock.arena.scoring.compute.windows import Text

        texts = texts_in(examples).texts
        bits = self.nats(submission, [Text(text) for text in texts], run) / LN_2
        lengths = np.array([len(text) for text in texts])
        return Evaluation(float(bits.sum() / lengths.sum()), bits / lengths)


class LoraEvaluator(LanguageEvaluator):
    """Adapters on a base of the task's allow-list."""

    architecture = Lora
