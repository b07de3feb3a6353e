"""docs/robustness.md: prose by hand, tables between markers by the results."""

import re
from pathlib import Path

from bench.robustness.results import Store
from bench.robustness.tables import TABLES

PAGE = Path("docs/robustness.md")
MARKED = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def write(store: Store) -> None:
    """Bring the tables of the page up to date."""
    PAGE.write_text(rendered(PAGE.read_text(), store))


def rendered(text: str, store: Store) -> str:
    """The page with every marked table as the results have it."""
    results, strikes = store.results(), store.strikes()

    def fill(found: re.Match[str]) -> str:
        lines = TABLES[found[2]](results, strikes)
        return found[1] + "\n".join(["", *lines, "", ""]) + found[3]

    return MARKED.sub(fill, text)
