"""Every error that docs/troubleshooting.md explains is one that flock says."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/troubleshooting.md").read_text()
SENTENCES = re.findall(r"^\| `([^`]+)`", PAGE, re.MULTILINE)


@cache
def templates() -> list[str]:
    """Every string literal of flock, with … for each value that is filled in."""
    found = []
    for file in (ROOT / "flock").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.sub(r"\{[^}]*\}", "…", node.value))
    return found


@pytest.mark.parametrize("sentence", SENTENCES)
def test_flock_says_it(sentence: str) -> None:
    pieces = [re.escape(piece) for piece in sentence.split("…")]
    pattern = re.compile(".*?".join(pieces), re.DOTALL)

    assert any(pattern.search(template) for template in templates())


def test_each_area_has_messages() -> None:
    for area in PAGE.split("\n## ")[1:]:
        assert re.search(r"^\| `", area, re.MULTILINE), area.partition("\n")[0]
