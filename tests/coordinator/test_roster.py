"""Who a Flower node works for: by attestations that both keys signed and the chain bears out."""

from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from flwr.proto.node_pb2 import NodeInfo
from flwr.serverapp import Grid
from structlog.testing import capture_logs

from flock.alliance.node_key import NodeKey
from flock.chain.contracts.deployed import Contracts
from flock.coordinator.roster import LOOK_SECONDS, RECHECK_SECONDS, Roster
from flock.errors import ServiceUnavailable
from flock.protocol.core.commitments import Domain
from flock.training.flower.keys import NodeKeys, as_flower_has_it, compressed, new_node_keys

TASK = 3
NOW = 1_900_000_000
DOMAIN = Domain(31337, "0x" + "11" * 20)
OWNER, OPERATOR, STRANGER = (cast(LocalAccount, Account.from_key(bytes([n]) * 32)) for n in (1, 2, 3))


@dataclass
class Chain:
    """As much of ``Contracts`` as a roster asks: who acts for whom, and who is a member."""

    operators: dict[str, str] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    deployment_domain: Domain = DOMAIN

    @property
    def staking(self) -> "Chain":
        return self

    @property
    def alliance_rounds(self) -> "Chain":
        return self

    def acts_for(self, account: str, signer: str) -> bool:
        return signer in (account, self.operators.get(account))

    def member_of(self, task: int, account: str) -> "Standing":
        assert task == TASK
        return Standing(account in self.members)


@dataclass(frozen=True)
class Standing:
    is_active: bool


@dataclass
class Fleet:
    """A service's listing, a SuperLink's register and its grid, as a roster sees them; and a clock."""

    listed: dict[str, dict[str, Any]] = field(default_factory=dict)
    admitted: list[bytes] = field(default_factory=list)
    struck_off: list[bytes] = field(default_factory=list)
    time: float = 0.0
    is_down: bool = False

    def listing(self) -> dict[str, dict[str, Any]]:
        if self.is_down:
            raise ServiceUnavailable("The Alliance service does not answer.")
        return self.listed

    def admit(self, public_key: bytes) -> bool:
        if public_key not in self.struck_off:
            self.admitted.append(public_key)
        return public_key not in self.struck_off

    def strike_off(self, public_key: bytes) -> None:
        self.struck_off.append(public_key)

    def get_nodes(self) -> list[NodeInfo]:
        """All that were let in are connected; their ids count from 1."""
        return [
            NodeInfo(node_id=number, public_key=as_flower_has_it(key))
            for number, key in enumerate(self.admitted, 1)
            if key not in self.struck_off
        ]

    def lists(self, attestation: NodeKey) -> None:
        self.listed[attestation.account] = dict(attestation.as_json())


@pytest.fixture
def chain() -> Chain:
    return Chain({OWNER.address: OPERATOR.address}, {OWNER.address})


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture
def roster(chain: Chain, fleet: Fleet) -> Roster:
    return Roster(cast(Contracts, chain), TASK, fleet.listing, lambda: fleet, lambda: fleet.time)


def attested(
    keys: NodeKeys, by: LocalAccount = OWNER, at: int = NOW, domain: Domain = DOMAIN, of: str = OWNER.address
) -> NodeKey:
    return NodeKey.attest(domain, of, by, keys[0], at)


def refused(roster: Roster, fleet: Fleet, seconds: float = LOOK_SECONDS) -> list[str]:
    """Why keys are refused when the roster looks again after ``seconds``."""
    fleet.time += seconds
    with capture_logs() as lines:
        roster.refresh(cast(Grid, fleet))
    return [line["reason"] for line in lines if line["event"] == "node_key_refused"]


@pytest.mark.parametrize("signer", [OWNER, OPERATOR])
def test_a_member_or_its_operator_names_its_node(roster: Roster, fleet: Fleet, signer: LocalAccount) -> None:
    keys = new_node_keys()
    fleet.lists(attested(keys, signer))
    assert refused(roster, fleet) == []
    assert roster.node_of == {OWNER.address: 1}
    assert fleet.admitted == [compressed(keys[1])]


@pytest.mark.parametrize(
    ("attestation", "why"),
    [
        (attested(new_node_keys(), STRANGER), "which is neither"),
        (attested(new_node_keys(), STRANGER, of=STRANGER.address), "is not a member of task 3"),
        (attested(new_node_keys(), domain=Domain(1, DOMAIN.contract)), "did not sign for"),
        (attested(new_node_keys(), domain=Domain(31337, "0x" + "22" * 20)), "did not sign for"),
        (replace(attested(new_node_keys()), issued_at=NOW + 1), "did not sign for"),
        (replace(attested(new_node_keys()), public_key=compressed(new_node_keys()[1])), "did not sign for"),
        (replace(attested(new_node_keys()), public_key=b"\x02" + b"\xff" * 32), "no P-256 public key"),
        (replace(attested(new_node_keys()), public_key=b""), "no P-256 public key"),
        (replace(attested(new_node_keys()), signature="0x12"), "is not a signature"),
        (replace(attested(new_node_keys()), possession="0x12"), "did not sign for"),
    ],
)
def test_a_forged_or_foreign_attestation_lets_nobody_in(
    roster: Roster, fleet: Fleet, attestation: NodeKey, why: str
) -> None:
    fleet.lists(attestation)
    [reason] = refused(roster, fleet)
    assert why in reason
    assert (fleet.admitted, dict(roster.node_of)) == ([], {})
    assert refused(roster, fleet) == []  # said once


def test_a_listing_that_is_no_attestation_is_refused(roster: Roster, fleet: Fleet) -> None:
    fleet.listed[OWNER.address] = {"public_key": 7}
    [reason] = refused(roster, fleet)
    assert "is not an attestation of a node's key" in reason


def test_a_newer_key_replaces_an_older_one_for_good(roster: Roster, fleet: Fleet) -> None:
    old, new = new_node_keys(), new_node_keys()
    fleet.lists(attested(old))
    refused(roster, fleet)
    fleet.lists(attested(new, at=NOW + 1))
    refused(roster, fleet)
    assert fleet.struck_off == [compressed(old[1])]
    assert roster.node_of == {OWNER.address: 2}
    fleet.lists(attested(old, at=NOW + 2))
    [reason] = refused(roster, fleet)
    assert "was replaced before" in reason
    assert roster.node_of == {OWNER.address: 2}


def test_a_replayed_older_attestation_changes_nothing(roster: Roster, fleet: Fleet) -> None:
    old, new = attested(new_node_keys()), attested(new_node_keys(), at=NOW + 1)
    fleet.lists(new)
    refused(roster, fleet)
    fleet.lists(old)
    [reason] = refused(roster, fleet)
    assert "has attested a newer key" in reason
    assert fleet.admitted == [new.public_key]
    assert roster.node_of == {OWNER.address: 1}


def test_the_key_of_a_replaced_operator_counts_no_more_until_it_is_attested_anew(
    roster: Roster, chain: Chain, fleet: Fleet
) -> None:
    keys = new_node_keys()
    fleet.lists(attested(keys, OPERATOR))
    refused(roster, fleet)
    chain.operators = {OWNER.address: STRANGER.address}
    [reason] = refused(roster, fleet, RECHECK_SECONDS)
    assert OPERATOR.address in reason
    assert dict(roster.node_of) == {}
    fleet.lists(attested(keys, STRANGER, at=NOW + 1))
    assert refused(roster, fleet) == []
    assert roster.node_of == {OWNER.address: 2}
    assert fleet.struck_off == []


def test_a_member_that_has_left_is_called_no_more(roster: Roster, chain: Chain, fleet: Fleet) -> None:
    fleet.lists(attested(new_node_keys()))
    refused(roster, fleet)
    chain.members.clear()
    [reason] = refused(roster, fleet, RECHECK_SECONDS)
    assert "is not a member" in reason
    assert dict(roster.node_of) == {}


def test_while_the_service_is_down_the_keys_that_are_known_stay(roster: Roster, fleet: Fleet) -> None:
    fleet.lists(attested(new_node_keys()))
    refused(roster, fleet)
    fleet.is_down = True
    refused(roster, fleet, RECHECK_SECONDS)
    assert roster.node_of == {OWNER.address: 1}


def test_a_node_that_has_gone_is_not_called(roster: Roster, fleet: Fleet) -> None:
    fleet.lists(attested(new_node_keys()))
    refused(roster, fleet)
    fleet.admitted.clear()
    refused(roster, fleet)
    assert dict(roster.node_of) == {}
