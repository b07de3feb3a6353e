"""Questions whose right answer a language model has to find the likeliest.

The choice is the one whose bytes, after the prompt, cost the fewest nats each (by length, or short answers would
always win); as ``acc_norm`` of the LM Evaluation Harness (Gao et al. 2021). Where two are equally likely none is
chosen: a model that knows nothing would otherwise be right everywhere.
"""

from typing import ClassVar

import numpy as np

from flock.arena.scoring.evaluator import Evaluation, Submission
from flock.arena.scoring.evaluators.language import LN_2
from flock.arena.scoring.evaluators.text_models import TextEvaluator
from flock.arena.scoring.run import Run
from flock.arena.scoring.sets import choices_in
from flock.arena.scoring.task import Metric


class ChoiceEvaluator(TextEvaluator):
    """``accuracy``; a question's loss is the right answer's bits per byte."""

    metrics: ClassVar = {"accuracy": Metric(higher_is_better=True, counts=True)}

    def evaluate(self, submission: Submission, examples: bytes, run: Run) -> Evaluation:
        from flock.arena.scoring.compute.windows import Text

        questions = choices_in(examples).questions
        texts = [
            Text(question.prompt + choice, len(question.prompt))
            for question in questions
            for choice in question.choices
        ]
        lengths = np.array([len(text.data) - text.first for text in texts])
        costs = self.nats(submission, texts, run) / LN_2 / lengths
        ends = np.cumsum([len(question.choices) for question in questions])
        by_question = np.split(costs, ends[:-1])
        answers = [question.answer for question in questions]
        right = np.array([of[answer] for of, answer in zip(by_question, answers, strict=True)])
        best_wrong = np.array(
            [np.delete(of, answer).min() for of, answer in zip(by_question, answers, strict=True)]
        )
        return Evaluation(float((right < best_wrong).mean()), right)
