"""docs/security.md says of every finding whether there is a test, and says so truly."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = re.findall(r"^\| (\d+) \|.*\| (tested|–) \|$", (ROOT / "docs/security.md").read_text(), re.MULTILINE)


def numbers_of_tests() -> set[int]:
    """Numbers in the names of tests, of contracts and of Python."""
    files = [*(ROOT / "contracts/test").rglob("*.sol"), *(ROOT / "tests").rglob("test_*.py")]
    found = (re.findall(r"(?:function|def) test_[Ff](\d\d)_", file.read_text()) for file in files)
    return {int(number) for numbers in found for number in numbers}


def test_every_finding_has_a_row() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 65))


def test_a_finding_is_called_tested_if_a_test_carries_its_number() -> None:
    assert {int(number) for number, state in ROWS if state == "tested"} == numbers_of_tests()
