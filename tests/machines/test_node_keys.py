"""A node's key from the member to the coordinator: on a real chain, through a real service."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount

from flock.alliance.client import AllianceClient
from flock.alliance.node_key import NodeKey
from flock.errors import Refused, UnknownTask
from flock.node.steps.introduce import Introduce
from flock.training.flower.keys import NodeKeys, compressed, new_node_keys
from tests import patience
from tests.compact import compact
from tests.conftest import SenderOf
from tests.node.arena import Arena, Member, empty_arena, first_model

__all__ = ["empty_arena", "first_model"]


class Watch:
    """A clock on which a minute passes at every look."""

    seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 60.0
        return self.seconds


@pytest.fixture
def arena(empty_arena: Arena) -> Arena:
    """An open task that nobody has joined yet."""
    return empty_arena


@pytest.fixture
def service(arena: Arena) -> AllianceClient:
    return arena.clients.enter_context(AllianceClient(arena.service))


@pytest.fixture
def account(rich: Callable[[], LocalAccount]) -> LocalAccount:
    return rich()


@pytest.fixture
def member(arena: Arena, account: LocalAccount) -> Member:
    node = arena.node(account)
    node.enrol()
    return node


def listed(arena: Arena, service: AllianceClient, account: str) -> NodeKey:
    return NodeKey.from_json(account, service.node_keys(arena.task)[account])


def attested(arena: Arena, key: LocalAccount, node: NodeKeys, *, owner: str = "", later: int = 0) -> NodeKey:
    """Issued so many seconds after now, on the chain's clock."""
    issued_at = arena.contracts.client.now() + later
    return NodeKey.attest(arena.contracts.deployment_domain, owner or key.address, key, node[0], issued_at)


def test_a_node_attests_its_key_once_it_has_joined_and_not_again(
    arena: Arena, service: AllianceClient, account: LocalAccount
) -> None:
    node, keys = arena.node(account), new_node_keys()
    introduce = Introduce(node.context, keys[0], Watch())
    assert not introduce()
    node.enrol()
    assert introduce()
    found = listed(arena, service, account.address)
    assert found.public_key == compressed(keys[1])
    assert found.signer(arena.contracts.deployment_domain) == account.address
    assert not introduce()
    assert listed(arena, service, account.address) == found


def test_a_lost_key_and_a_new_operator_are_attested_anew(
    arena: Arena,
    service: AllianceClient,
    account: LocalAccount,
    member: Member,
    rich: Callable[[], LocalAccount],
    sender_of: SenderOf,
) -> None:
    lost, keys, operator = new_node_keys(), new_node_keys(), rich()
    assert Introduce(member.context, lost[0], Watch())()
    assert Introduce(member.context, keys[0], Watch())()
    before = listed(arena, service, account.address)
    assert before.public_key == compressed(keys[1])
    arena.contracts.staking.set_operator(sender_of(account), operator.address)
    assert Introduce(arena.node(operator, account.address).context, keys[0], Watch())()
    after = listed(arena, service, account.address)
    assert after.signer(arena.contracts.deployment_domain) == operator.address
    assert (after.public_key, after.issued_at > before.issued_at) == (before.public_key, True)


def test_the_service_keeps_only_what_is_true_and_new(
    arena: Arena,
    service: AllianceClient,
    account: LocalAccount,
    member: Member,
    rich: Callable[[], LocalAccount],
) -> None:
    stranger, keys = rich(), new_node_keys()
    newest = attested(arena, account, keys)
    service.attest_node_key(arena.task, newest)
    service.attest_node_key(arena.task, newest)  # saying it again is no fault
    elsewhere = arena.contracts.alliance_rounds.domain
    foreign = NodeKey.attest(elsewhere, account.address, account, keys[0], newest.issued_at + 1)
    refusals = {
        "is not a member of task 1: join it first": attested(arena, stranger, new_node_keys()),
        "who is neither": attested(arena, stranger, new_node_keys(), owner=account.address, later=1),
        "is not newer": attested(arena, account, new_node_keys(), later=-1),
        "issue one now": attested(arena, account, new_node_keys(), later=10_000),
        "did not sign for": foreign,
    }
    for sentence, attestation in refusals.items():
        with pytest.raises(Refused, match=sentence):
            service.attest_node_key(arena.task, attestation)
    with pytest.raises((Refused, UnknownTask)):
        service.attest_node_key(99, newest)
    assert service.node_keys(arena.task) == {account.address: newest.as_json()}


def test_the_account_s_signature_may_be_compact(
    arena: Arena, service: AllianceClient, account: LocalAccount, member: Member
) -> None:
    long = attested(arena, account, new_node_keys())
    short = replace(long, signature=compact(bytes.fromhex(long.signature.removeprefix("0x"))))
    service.attest_node_key(arena.task, short)
    assert (
        listed(arena, service, account.address).signer(arena.contracts.deployment_domain) == account.address
    )


def test_a_malformed_attestation_names_its_field(arena: Arena, account: LocalAccount) -> None:
    body = attested(arena, account, new_node_keys()).as_json()
    url = f"{arena.service}/tasks/{arena.task}/members/{account.address}/node-key"
    for field, value in (
        ("public_key", "0xzz"),
        ("issued_at", "soon"),
        ("signature", ""),
        ("possession", None),
    ):
        answer = patience.put(url, json={**body, field: value})
        assert answer.status_code == 422
        assert field in answer.json()["detail"]
