"""The files of numbers that ``flock new app`` writes beside the starter's modules."""

import csv
import io

import numpy as np
from safetensors.numpy import save

from flock.training.starter.model import FEATURES, LABEL, first_model

ROWS = 400


def first_model_file() -> bytes:
    """The starter's first model as safetensors."""
    return bytes(save(first_model()))


def made_up_patients() -> str:
    """A CSV file, the same at every call; the label follows from the columns, with some chance in it."""
    chance = np.random.default_rng(0)
    scaled = chance.normal(size=(ROWS, len(FEATURES)))
    is_ill = scaled @ np.linspace(1.5, 0.5, len(FEATURES)) + chance.normal(size=ROWS) > 0
    centres, widths = np.array(list(FEATURES.values())).T
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([*FEATURES, LABEL])
    measured = (centres + widths * scaled).round()
    lines.writerows([*row, int(ill)] for row, ill in zip(measured, is_ill, strict=True))
    return text.getvalue()
