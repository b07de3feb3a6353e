"""Vote salts: the same at every call, another wherever anything differs."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.deployment import DeploymentPlan, deploy
from flock.node.context import NodeContext, Wallet
from flock.node.salts import vote_salt
from tests.conftest import SenderOf
from tests.node.arena import Arena

Rich = Callable[[], LocalAccount]


@pytest.fixture
def operator(rich: Rich) -> LocalAccount:
    return rich()


@pytest.fixture
def context(empty_arena: Arena, operator: LocalAccount) -> NodeContext:
    return empty_arena.node(operator).context


def test_a_salt_is_the_same_at_every_call_and_after_a_restart(
    empty_arena: Arena, context: NodeContext, operator: LocalAccount
) -> None:
    again = empty_arena.node(operator).context
    assert vote_salt(context, 1) == vote_salt(context, 1) == vote_salt(again, 1)
    assert len(vote_salt(context, 1)) == 32


def test_each_round_task_owner_and_key_has_a_salt_of_its_own(context: NodeContext, rich: Rich) -> None:
    wallet, other = context.wallet, rich()
    salts = {
        vote_salt(context, 1),
        vote_salt(context, 2),
        vote_salt(replace(context, task=context.task + 1), 1),
        vote_salt(replace(context, wallet=replace(wallet, owner=other.address)), 1),
        vote_salt(replace(context, wallet=replace(wallet, salt_key=other)), 1),
    }
    assert len(salts) == 5


def test_another_contract_has_another_salt(
    context: NodeContext, contracts: Contracts, sender_of: SenderOf, admin: LocalAccount
) -> None:
    plan = DeploymentPlan(admin.address, treasury=context.wallet.owner, holder=admin.address)
    elsewhere = Contracts(contracts.client, deploy(sender_of(admin), plan))
    assert vote_salt(replace(context, contracts=elsewhere), 1) != vote_salt(context, 1)


def test_a_new_operator_with_the_old_salt_key_opens_what_the_old_one_sealed(
    context: NodeContext, rich: Rich
) -> None:
    rotated = Wallet(context.wallet.owner, rich(), salt_key=context.wallet.salt_key)
    assert vote_salt(replace(context, wallet=rotated), 1) == vote_salt(context, 1)
