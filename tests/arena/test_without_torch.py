"""A service, which has no torch, compares submissions with a task's model by their headers."""

import json
import subprocess
import sys

import pytest

from flock.arena.scoring.evaluator import BUILT_IN
from tests.arena.conftest import MLP, TRANSFORMER
from tests.arena.test_tasks import LORA

PROGRAM = """
import json, sys
sys.modules["torch"] = None
from flock.arena.scoring.artifact import read_header
from flock.arena.scoring.evaluator import evaluator_of
from flock.arena.scoring.rejection import Rejected
from flock.arena.scoring.task import parse_task
task = parse_task(json.loads(sys.argv[1]))
head = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
head = len(head).to_bytes(8, "little") + head
try:
    evaluator_of(task).require(read_header(head, len(head) + 4, task.bounds))
except Rejected as rejected:
    print(rejected.failure.name)
"""


@pytest.mark.parametrize("kind", BUILT_IN)
def test_every_built_in_kind_rejects_without_it(kind: str) -> None:
    model, metric = {
        "lora": (LORA, "bits-per-byte"),
        "language-model": (TRANSFORMER, "bits-per-byte"),
        "multiple-choice": (TRANSFORMER, "accuracy"),
    }.get(kind, (MLP, "accuracy"))
    document = json.dumps({"kind": kind, "model": model, "metric": metric})
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, document], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ("WRONG_BASE" if kind == "lora" else "MALFORMED")
