"""``python -m bench.robustness``: run what is missing of a tier, then write the page and its plots.

The committed study took one core about half an hour: ``OPENBLAS_NUM_THREADS=1 nice -n 15 python -m
bench.robustness --tier full``. It goes on where it was cut off. Results elsewhere than in docs/robustness
(``--folder``) leave the page alone, and so does the quick tier, whose results go to .flock/bench.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.progress import track

from bench.robustness import page, plots
from bench.robustness.grid import KEEP_STRIKES, PARTS, TIERS
from bench.robustness.results import FOLDER, Store
from bench.robustness.settings import Setting
from flock.errors import Refused

TASTE_FOLDER = Path(".flock/bench/robustness")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.robustness", description=__doc__)
    parser.add_argument("--tier", choices=TIERS, default="quick", help="how much of the study to run")
    parser.add_argument("--part", choices=PARTS, help="only this part of it")
    parser.add_argument("--folder", type=Path, help="where the results are kept")
    chosen = parser.parse_args(arguments)
    is_taste = chosen.part in ("taste", None) and chosen.tier == "quick"
    store = Store(chosen.folder or (TASTE_FOLDER if is_taste else FOLDER))
    for part in [chosen.part] if chosen.part else TIERS[chosen.tier]:
        _run(part, store)
    if store.folder == FOLDER:
        page.write(store)
        plots.draw(store)
    return 0


def _run(part: str, store: Store) -> None:
    done = store.results()
    missing = [setting for setting in dict.fromkeys(PARTS[part]()) if setting not in done]
    refused: dict[int, Refused] = {}
    for setting in track(missing, f"{part}: {len(missing)} runs"):
        if setting.rule not in refused:
            _attempt(setting, store, part in KEEP_STRIKES, refused)
    for rule, reason in refused.items():
        print(f"Rule {rule} is left out: {reason}", file=sys.stderr)


def _attempt(setting: Setting, store: Store, with_strikes: bool, refused: dict[int, Refused]) -> None:
    """Run it, or note that this version of flock does not have its rule."""
    try:
        store.run(setting, with_strikes=with_strikes)
    except Refused as reason:
        refused[setting.rule] = reason


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
