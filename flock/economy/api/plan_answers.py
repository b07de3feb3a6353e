"""Plans and previews as the endpoints answer them."""

from eth_typing import ChecksumAddress

from flock.chain.contracts.deployed import Contracts
from flock.economy.api import plan_schemas as schemas
from flock.economy.governance.effect_text import effect_row
from flock.economy.operations.calling import calling
from flock.economy.operations.fields import Fields
from flock.economy.operations.plans import Plan, Preview, UnsignedTransaction
from flock.errors import BadConfig
from flock.web.errors import BadFields


def plan(found: Plan) -> schemas.PlanAnswer:
    """Raises ContractRefused if the chain would refuse it, and RpcUnavailable."""
    rehearsed = found.preview()
    return schemas.PlanAnswer(
        **vars(_preview(found, rehearsed)),
        notes=[*found.notes, *_changes(found)],
        next=found.next or None,
        transactions=[_transaction(each) for each in found.unsigned(rehearsed)],
    )


def call(contracts: Contracts, sender: str, to: ChecksumAddress, data: bytes) -> schemas.PreviewAnswer:
    """Raises BadFields for what none of flock's contracts understands, ContractRefused and RpcUnavailable."""
    try:
        found = calling(contracts, sender, to, data)
    except BadConfig as problem:
        raise BadFields({"data": str(problem)}) from None
    return _preview(found, found.preview())


def _preview(found: Plan, rehearsed: Preview) -> schemas.PreviewAnswer:
    cost = rehearsed.cost
    return schemas.PreviewAnswer(
        does=found.title,
        account=found.account,
        before=_fields(rehearsed.before),
        after=None if rehearsed.after is None else _fields(rehearsed.after),
        idle=rehearsed.is_idle,
        gas=None if cost is None else cost.gas,
        fee=None if cost is None else cost.total,
        data_fee=None if cost is None else cost.data,
    )


def _fields(fields: Fields) -> list[schemas.FieldAnswer]:
    return [
        schemas.FieldAnswer(name=name, label=field.label, value=field.for_programs, text=field.for_people)
        for name, field in fields.items()
    ]


def _changes(found: Plan) -> list[str]:
    """What a proposal changes, a sentence each."""
    rows = (effect_row(found.contracts, effect) for effect in found.effects)
    return [
        f"{what}: {then}." if now == "–" else f"{what}: {now} now, {then} then." for what, now, then in rows
    ]


def _transaction(unsigned: UnsignedTransaction) -> schemas.TransactionAnswer:
    return schemas.TransactionAnswer.model_validate({"does": unsigned.does, **unsigned.sendable})
