"""Who a Flower node works for: by a signature of the member or its operator, on real nodes of a real SuperLink."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from eth_account.signers.local import LocalAccount
from structlog.testing import capture_logs

from flock.chain.contracts import Contracts
from flock.chain.node_identity import sign_node_identity
from flock.coordinator.roster import Roster
from flock.errors import Refused
from flock.training.mods import duty_mod
from flock.training.server import FlowerServer
from flock.training.supernode import WarmNode
from tests.conftest import SenderOf
from tests.node.member_app import app

Answer = Callable[[int], Mapping[str, str]]
PATIENCE_SECONDS = 60.0


class Claims:
    """The duties of a node that says of itself whatever the test wants."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def identify(self, node_id: int) -> Mapping[str, str]:
        return self.answer(node_id)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowerServer]:
    with FlowerServer(tmp_path_factory.mktemp("flower")) as running:
        yield running


@contextmanager
def connected(server: FlowerServer, answer: Answer) -> Iterator[None]:
    """A warm node that answers so, for as long as the block."""
    stop = threading.Event()
    node = WarmNode(server.address, app, [duty_mod(Claims(answer))])
    thread = threading.Thread(target=node.run, args=(stop,))
    thread.start()
    try:
        assert node.connected.wait(PATIENCE_SECONDS)
        yield
    finally:
        stop.set()
        thread.join()


def heard(roster: Roster, server: FlowerServer) -> list[dict[str, object]]:
    """Refresh until the roster has made up its mind about a new node; what it logged."""
    end = time.monotonic() + PATIENCE_SECONDS
    with capture_logs() as lines:
        while not (said := [line for line in lines if str(line["event"]).startswith("node_ident")]):
            assert time.monotonic() < end
            roster.refresh(server.coordinated_grid())
            time.sleep(0.05)
    return said


@pytest.fixture
def roster(contracts: Contracts, server: FlowerServer) -> Roster:
    server.coordinated_grid()
    return Roster(contracts)


@pytest.fixture
def signed(contracts: Contracts) -> Callable[..., Answer]:
    """An answer for ``account``, signed by ``key``; ``of`` signs for that node id whoever asks."""

    def make(
        account: str, key: LocalAccount, *, contract: str | None = None, of: int | None = None
    ) -> Answer:
        place = contract or contracts.alliance_rounds.address
        return lambda node: {
            "account": account,
            "signature": sign_node_identity(key, contracts.chain_id, place, account, of or node),
        }

    return make


def test_a_member_is_known_by_its_own_signature(
    roster: Roster, server: FlowerServer, signed: Callable[..., Answer], rich: Callable[[], LocalAccount]
) -> None:
    member = rich()
    with connected(server, signed(member.address, member)):
        [line] = heard(roster, server)
        assert line["event"] == "node_identified"
        assert roster.node_of == {member.address: line["node"]}


def test_an_operator_signs_for_its_owner(
    roster: Roster,
    server: FlowerServer,
    contracts: Contracts,
    sender_of: SenderOf,
    signed: Callable[..., Answer],
    rich: Callable[[], LocalAccount],
) -> None:
    owner, operator = rich(), rich()
    contracts.staking.set_operator(sender_of(owner), operator.address)
    with connected(server, signed(owner.address, operator)):
        heard(roster, server)
        assert list(roster.node_of) == [owner.address]


@pytest.mark.parametrize("forgery", ["another's key", "another's node", "another contract", "no signature"])
def test_a_forged_identity_is_refused(
    roster: Roster,
    server: FlowerServer,
    contracts: Contracts,
    signed: Callable[..., Answer],
    rich: Callable[[], LocalAccount],
    forgery: str,
) -> None:
    victim = rich()
    answers: dict[str, Answer] = {
        "another's key": signed(victim.address, rich()),
        "another's node": signed(victim.address, victim, of=1),
        "another contract": signed(victim.address, victim, contract=contracts.staking.address),
        "no signature": lambda _: {"account": victim.address, "signature": "0x12"},
    }
    with connected(server, answers[forgery]):
        [line] = heard(roster, server)
        assert line["event"] == "node_identity_refused"
        assert roster.node_of == {}


def test_a_node_that_fails_to_say_is_ignored(roster: Roster, server: FlowerServer) -> None:
    def fail(_: int) -> Mapping[str, str]:
        raise Refused("I would rather not.")

    with connected(server, fail):
        [line] = heard(roster, server)
        assert (line["event"], roster.node_of) == ("node_identity_refused", {})


def test_a_node_that_has_gone_is_forgotten(
    roster: Roster, server: FlowerServer, signed: Callable[..., Answer], rich: Callable[[], LocalAccount]
) -> None:
    member = rich()
    with connected(server, signed(member.address, member)):
        heard(roster, server)
    end = time.monotonic() + PATIENCE_SECONDS
    while roster.node_of and time.monotonic() < end:
        roster.refresh(server.coordinated_grid())
        time.sleep(0.05)
    assert roster.node_of == {}
