"""Tables on a terminal of 60 columns: no word is taken apart, and what is copied from stays whole."""

import os
import pty
import re
import subprocess
import sys

from flock.store.database import Database
from flock.terminal import UNLIMITED
from tests.cli.network import Site
from tests.cli.season import open_season

COLUMNS = 60


def on_a_terminal(*words: object, columns: int = COLUMNS) -> str:
    """What ``flock`` shows there."""
    return in_python("-m", "flock", *map(str, words), columns=columns)


def in_python(*words: str, columns: int = COLUMNS) -> str:
    """What a program shows on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    with subprocess.Popen([sys.executable, *words], stdout=theirs, stderr=theirs, env=environment) as running:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert running.returncode == 0, shown
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())


def _read(end: int) -> bytes:
    """What comes next; nothing once nobody writes any more."""
    try:
        return os.read(end, 1 << 16)
    except OSError:
        return b""


def names_in(shown: str) -> set[str]:
    """Words and addresses; times and numbers change between two calls."""
    return {word for word in shown.split() if re.search("[A-Za-z]{2}", word)}


def test_every_word_stays_whole(site: Site, database: Database) -> None:
    season = open_season(site, database)
    season.play_round()
    ann, task = season.address("ann"), season.task
    for words in (
        ("task", "list"),
        ("explain", task),
        ("explain", ann, "--task", task),
        ("stake", "status", ann),
    ):
        wide, narrow = on_a_terminal(*words, columns=UNLIMITED), on_a_terminal(*words)
        assert names_in(narrow) == names_in(wide), words


def test_rows_become_blocks_where_a_table_does_not_fit(site: Site, database: Database) -> None:
    season = open_season(site, database)
    lines = on_a_terminal("task", "list").splitlines()
    assert lines[0].split() == ["task", str(season.task)]
    assert lines[-1].split() == ["creator", season.bank.address]


def test_a_table_that_fits_between_words_stays_one() -> None:
    program = (
        "from flock.terminal import print_table as p; p(['round', 'what became of it'], [[7, 'paid ' * 20]])"
    )
    head, *rows = in_python("-c", program).splitlines()
    assert head.split() == ["round", "what", "became", "of", "it"]
    assert " ".join(rows).split() == ["7", *["paid"] * 20]
    assert len(rows) > 1
    assert max(map(len, [head, *rows])) <= COLUMNS
