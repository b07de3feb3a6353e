"""Prints the digest of candidate and judgement for each rule; run by test_aggregation in many settings."""

import sys

import numpy as np
import torch

from flock.protocol.cid import digest_of
from flock.protocol.params import MIXING
from flock.training.aggregation import Rule, aggregate, apply_update, judge
from flock.training.arrays import Update, encode_model
from flock.training.flat import Flat, norm

SEATS, SIZE = 9, 60_001


def main() -> None:
    torch.set_num_threads(int(sys.argv[1]))
    rng = np.random.default_rng(7)
    base = {"w": rng.standard_normal(SIZE).astype(np.float32)}
    common = rng.standard_normal(SIZE)
    rows = [common + rng.standard_normal(SIZE) * 10.0 ** (seat - 4) for seat in range(SEATS)]
    updates = {seat: Update({"w": row.astype(np.float32)}, bytes(32), 1) for seat, row in enumerate(rows)}
    lines = [norm(Flat(base)).hex()]
    for rule in (Rule.FEDAVG, Rule.MEDIAN, Rule.TRIMMED_MEAN):
        for code in (rule, rule + MIXING):
            change = aggregate(code, updates, 2500)
            digest = digest_of(encode_model(apply_update(base, change)))
            lines.append(f"{int(code)} {digest.hex()} {judge(updates, change)}")
    sys.stdout.write("\n".join(lines))


main()
