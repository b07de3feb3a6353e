"""``python -m bench [name …]``: run all measurements, or those named."""

import sys
from collections.abc import Callable, Mapping, Sequence

from bench import (
    aggregation,
    app_process,
    economy,
    gas,
    members,
    privacy,
    projector,
    rounds,
    scoring,
    settlement,
    supernodes,
)
from bench.result import Result

BENCHES: Mapping[str, Callable[[], Sequence[Result]]] = {
    "aggregation": aggregation.measure,
    "app": app_process.measure,
    "economy": economy.measure,
    "gas": gas.measure,
    "members": members.measure,
    "privacy": privacy.measure,
    "projector": projector.measure,
    "rounds": rounds.measure,
    "scoring": scoring.measure,
    "settlement": settlement.measure,
    "supernodes": supernodes.measure,
}


def main(names: Sequence[str]) -> int:
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"There is no bench {', '.join(unknown)}; choose from {', '.join(BENCHES)}.", file=sys.stderr)
        return 2
    for name in names or BENCHES:
        for result in BENCHES[name]():
            result.write()
            print(result, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
