"""``flock node enrol``: stake with the owner's key, join, and authorise the node's key as operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flock.terminal import moment, tell

if TYPE_CHECKING:
    from flock.node.context import NodeContext
    from flock.programs.settings import NodeSettings

LEFT = "has left task {task}. Its stake is free; FLOCK can be redeemed when its lock is over."
HELD = (
    "has left task {task}. Its strikes hold its stake until round {until}, or until the rounds are over: run this "
    "command again then."
)
SEATED = (
    "has a seat in the open round of task {task} and leaves when that is finalised. Run its node until then, as "
    "absence costs a strike; it withdraws what the round paid and ends by itself."
)


def enrol_with(
    settings: NodeSettings, owner_key: str | None, password_file: Path | None, *, as_json: bool
) -> None:
    """Stake and join with ``owner_key`` (the node's own key if ``None``)."""
    from flock.chain.keys import KeyStore
    from flock.programs.wiring import enrol_step, loaded_app, node_context

    operator = KeyStore(settings.keys).address_of(settings.key)
    changes = {"key": owner_key, "owner": None, "salt_key": None, "password_file": password_file}
    as_owner = settings.model_copy(update=changes) if owner_key else settings
    with _sending(
        lambda opened: node_context(as_owner, lambda: False, loaded_app(as_owner, opened))
    ) as context:
        owner, staking = context.wallet.owner, context.contracts.staking
        context.memory.keep_wish_to_leave(False)
        enrol_step(as_owner, context)()
        if operator not in (owner, staking.operator_of(owner).key):
            staking.set_operator(context.sender, operator)
        waits = operator != owner and not staking.acts_for(owner, operator)
        since = staking.operator_of(owner).since if waits else None
    begins = f" from {moment(since)} on: it replaces another" if waits else ""
    tell(
        f"{owner} is a member of task {settings.task}; {operator} acts for it{begins}.",
        as_json=as_json,
        task=settings.task,
        account=owner,
        operator=operator,
        since=since,
    )


def leave_task(settings: NodeSettings, *, as_json: bool) -> None:
    """Leave the task and withdraw the earnings of the member and, as keeper, of its key."""
    from flock.alliance.earnings import withdraw_earnings
    from flock.programs.wiring import context_without_app

    with _sending(lambda _: context_without_app(settings)) as context:
        rounds, owner = context.contracts.alliance_rounds, context.wallet.owner
        context.memory.keep_wish_to_leave(True)
        if rounds.member_of(settings.task, owner).is_present:
            rounds.leave(context.sender, settings.task, owner)
        for account in sorted({owner, context.sender.address}):
            withdraw_earnings(context.contracts, context.sender, settings.task, account)
        member = rounds.member_of(settings.task, owner)
    said = SEATED if member.is_active else HELD if member.is_present else LEFT
    sentence = f"{owner} {said.format(task=settings.task, until=member.retained_until)}"
    tell(
        sentence,
        as_json=as_json,
        task=settings.task,
        account=owner,
        has_left=not member.is_active,
        stake_held_until=member.retained_until if member.is_present and not member.is_active else None,
    )


@contextmanager
def _sending(opening: Callable[[ExitStack], NodeContext]) -> Iterator[NodeContext]:
    """The member without its daemon loop; closes what ``opening`` opened."""
    from flock.programs.signing import telling_what_was_sent

    with ExitStack() as opened:
        context = opening(opened)
        opened.callback(context.sender.journal.database.close)
        with telling_what_was_sent(context.sender):
            yield context
