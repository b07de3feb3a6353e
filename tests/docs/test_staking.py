"""The commands of docs/staking.md, run as they stand there, one after the other; the world turns in between."""

import re
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from flock.economy.api import endpoints as economy
from flock.protocol.core.units import DAY
from flock.store.database import Database
from tests.cli.conftest import flock, home, site
from tests.cli.network import Site
from tests.cli.season import Season, open_season
from tests.conftest import FLOCK

__all__ = ["flock", "home", "site"]

PAGE = (Path(__file__).parents[2] / "docs" / "staking.md").read_text()
BLOCK = re.compile(r"(?:<!-- ([^\n]*) -->\n)?```sh\n(.*?)```", re.DOTALL)


def earn(season: Season) -> None:
    """A day of rounds, until the operator has proposed in one."""
    season.join("operator")
    season.next_day()
    while season.play_round() != season.address("operator"):
        pass
    season.next_day()
    season.emit()
    season.serve()


def end(season: Season) -> None:
    season.close()
    season.next_day()
    season.emit()
    season.serve()


def leave(season: Season) -> None:
    operator = season.sender("operator")
    if season.contracts.alliance_rounds.member_of(season.task, operator.address).is_present:
        season.contracts.alliance_rounds.leave(operator, season.task, operator.address)
    season.wait(365 * DAY)


# What the page says has happened before a block.
WORLD: Mapping[str, Callable[[Season], None]] = {
    "a day is earned, settled and served": earn,
    "two weeks later": lambda season: season.wait(season.contracts.staking.numbers().cooldown),
    "the task has ended, and what it set aside is served": end,
    "half a month later": lambda season: season.wait(15 * DAY),
    "the operator has left, and the locks are over": leave,
    "seven days later": lambda season: season.wait(7 * DAY),
}


@pytest.fixture
def season(site: Site, database: Database) -> Season:
    """Two members; the operator of the page is to be the third."""
    return open_season(site, database, ["operator", "delegator", "helper"], members=("bob", "cy"))


def test_every_command_does_what_the_page_says(site: Site, season: Season) -> None:
    token = site.contracts.token
    for happened, block in BLOCK.findall(PAGE):
        if happened:
            WORLD[happened](season)
        for line in block.splitlines():
            words = shlex.split(line.replace("--task 1", f"--task {season.task}"))
            shown = site.flock(*words[1:])
            assert shown.exit_code == 0, f"{line}: {shown.stderr}"
    assert token.balance_of(season.address("operator")) > 10_000 * FLOCK
    assert token.balance_of(season.address("delegator")) > 8_000 * FLOCK
    assert token.balance_of(season.address("helper")) == 10_000 * FLOCK


def test_cast_reads_what_the_page_says(season: Season) -> None:
    contracts, operator = season.contracts, season.address("operator")
    sender = season.sender("operator")
    contracts.staking.lock(sender, contracts.token, 1_000 * FLOCK, 180)
    named = {"$STAKING": contracts.staking.address, "$ACCOUNT": operator}
    [block] = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    position, votes, multiplier = (
        cast([named.get(word, word) for word in shlex.split(line)], contracts.client.rpc.url)
        for line in block.splitlines()
    )
    held = contracts.staking.position_of(operator)
    assert position == [
        *(held.gm, held.flock, held.unlock_at, held.era, held.lock_days),
        *(held.allocated, held.delegated, held.voteless),
    ]
    assert votes == [contracts.staking.votes_of(operator)]
    assert multiplier == [contracts.staking.multiplier_for(180)]


def cast(words: Sequence[str], rpc: str) -> list[int]:
    """The whole numbers that it prints; it adds powers of ten in brackets."""
    program = Path(__file__).parents[2] / "anvil/node_modules/.bin/cast"
    shown = subprocess.run(
        [program, *words[1:], "--rpc-url", rpc], check=True, capture_output=True, text=True
    ).stdout
    return [int(number) for number in re.findall(r"\d+", re.sub(r"\[.*?\]", "", shown))]


def test_every_endpoint_is_in_the_table() -> None:
    routes = [route for route in economy.router.routes if isinstance(route, APIRoute)]
    assert re.findall(r"^\| `(/economy/.*?)` \|", PAGE, re.MULTILINE) == [route.path for route in routes]
