"""Members that start in no time: a process that has imported everything forks a child for each start.

Reads one job a line from its standard input and answers each with how the child ended and what it did.
It has no threads when it forks.
"""

import json
import os
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from eth_account import Account

from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender, open_sender
from flock.store.database import open_database
from tests.faults.duties import steps_of
from tests.faults.effects import Effects
from tests.node.arena import Arena

MOST_STARTS = 20


def play(job: dict[str, Any]) -> None:
    """A member's process, from its start until its duty is done."""
    home = Path(job["home"])
    database = open_database(str(home / "flock.db"))
    client = Client(job["rpc"])
    contracts = Contracts(client, AddressBook.load(31337, Path(job["book"])))
    with ExitStack() as clients:
        arena = Arena(
            contracts=contracts,
            service=job["service"],
            rows=database,
            database=database,
            task=job["task"],
            keeper=cast(Sender, None),
            sender_of=lambda account: open_sender(client, account, database),
            folder=home,
            clients=clients,
        )
        steps = steps_of(job["duty"], arena.node(Account.from_key(job["key"])))
        for _ in range(MOST_STARTS):
            if sum(step() for step in steps) == 0:
                return
    raise AssertionError(f"{job['duty']} is never done")


def child(job: dict[str, Any], report: int) -> int:
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        Effects(job["deadly"], report).install()
        play(job)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def answer(job: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os._exit(child(job, writing))
    os.close(writing)
    with os.fdopen(reading) as reports:
        effects = reports.read().split()
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status), "effects": effects}


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
