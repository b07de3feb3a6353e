"""Prints the digest of candidate and judgement for each rule; run by test_aggregation in many settings."""

import sys

import numpy as np

from flock.protocol.alliance.params import MIXING
from flock.protocol.core.cid import digest_of
from flock.training import blockwise
from flock.training.aggregation import Rule, aggregate, apply_update, judge, write_candidate
from flock.training.arrays import Update, encode_model
from flock.training.dtypes import BFLOAT16, rounded
from flock.training.flat import Flat, norm

SEATS, SIZE = 9, 20_001


def main() -> None:
    blockwise.LEAST_COLUMNS = 1
    blockwise.WORKERS = int(sys.argv[1])
    blockwise.BLOCK_NUMBERS = 9 << (11 + int(sys.argv[1]))
    rng = np.random.default_rng(7)
    base = {
        "v": rng.standard_normal(100).astype(np.float16),
        "w": rng.standard_normal(SIZE).astype(np.float32),
    }
    base["x"] = rounded(rng.standard_normal(99), BFLOAT16)
    common = rng.standard_normal(SIZE)
    rows = [common + rng.standard_normal(SIZE) * 10.0 ** (seat - 4) for seat in range(SEATS)]
    updates = {
        seat: Update(
            {"v": row[:100].astype(np.float16), "w": row.astype(np.float32), "x": base["x"]}, b"", 1 + seat
        )
        for seat, row in enumerate(rows)
    }
    lines = [norm(Flat(base)).hex()]
    for rule in Rule:
        for code in (rule, rule + MIXING):
            change = aggregate(code, updates, 2500)
            data = encode_model(apply_update(base, change))
            written: list[bytes] = []
            verdict = write_candidate(base, updates, code, 2500, written.append)
            assert (b"".join(written), verdict) == (data, judge(updates, change))
            lines.append(f"{int(code)} {digest_of(data).hex()} {verdict}")
    sys.stdout.write("\n".join(lines))


main()
