"""Doing what is due. That somebody else did it first counts as done."""

from collections.abc import Callable, Mapping

from flock.arena.keeper.due import Act
from flock.arena.keeper.outlook import Outlook
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Receipt, Sender
from flock.errors import ContractRefused
from flock.log import logger

# How the contracts refuse what somebody else's transaction, perhaps still pending, has done already.
BEATEN_TO_IT = frozenset(
    {
        "WrongWindowPhase",
        "WrongStage",
        "WrongState",
        "IsInAWindow",
        "TooEarly",
        "TooLate",
        "NothingWaits",
        "NothingIsDue",
        "NothingToWithdraw",
        "NoBondIsDue",
        "NotAValidator",
        "ScoringGoesOn",
        "SeedIsNotReady",
        "SeedIsStillReadable",
        "TaskIsNotOpen",
    }
)
JUDGED_AT_ONCE = 16
SETTLED_AT_ONCE = 8
"""Validators, one window each, in a transaction; a slash of a pool with many delegators is not cheap."""

Doing = Callable[[Contracts, Sender, int, Outlook], Receipt | None]


def act(contracts: Contracts, sender: Sender, task: int, outlook: Outlook, due: Act) -> bool:
    """Do what is due; whether the chain is now ahead of ``outlook`` by this sender's doing."""
    try:
        receipt = DOINGS[due](contracts, sender, task, outlook)
    except ContractRefused as refusal:
        if refusal.error not in BEATEN_TO_IT:
            raise
        receipt = None
    told = logger().debug if receipt is None else logger().info
    told("task_pushed", task=task, window=outlook.progress.window, act=str(due), first=receipt is not None)
    return receipt is not None


def _settle(contracts: Contracts, sender: Sender, task: int, outlook: Outlook) -> Receipt | None:
    accounts = outlook.unsettled[:SETTLED_AT_ONCE]
    return contracts.arena_panels.settle(sender, task, outlook.progress.window, accounts, 1)


DOINGS: Mapping[Act, Doing] = {
    Act.START: lambda c, s, task, _: c.arena_board.start(s, task),
    Act.OPEN_WINDOW: lambda c, s, task, o: c.arena_panels.open_window(s, task, o.progress.window + 1),
    Act.DRAW: lambda c, s, task, o: c.arena_panels.draw(s, task, o.progress.window),
    Act.RESEED: lambda c, s, task, _: c.arena_panels.reseed(s, task),
    Act.CALL_SUBSTITUTES: lambda c, s, task, o: c.arena_panels.call_substitutes(s, task, o.progress.window),
    Act.DRAW_SUBSTITUTES: lambda c, s, task, o: c.arena_panels.draw_substitutes(s, task, o.progress.window),
    Act.JUDGE: lambda c, s, task, o: c.arena_panels.judge(
        s, task, o.progress.window, o.progress.judged, JUDGED_AT_ONCE
    ),
    Act.SETTLE: _settle,
    Act.EXPIRE: lambda c, s, task, o: c.arena_board.expire(s, task, o.overdue),
    Act.STREAM_BOUNTY: lambda c, s, task, _: c.arena_board.stream_bounty(s, task),
    Act.BEGIN_CLOSING: lambda c, s, task, _: c.arena_board.begin_closing(s, task),
    Act.BEGIN_FINALS: lambda c, s, task, _: c.arena_board.begin_finals(s, task),
    Act.FINISH: lambda c, s, task, _: c.arena_board.finish(s, task),
    Act.UNBOND: lambda c, s, task, _: c.arena_board.unbond(s, task),
    Act.REFUND: lambda c, s, task, o: c.task_manager.withdraw_refund(s, task, o.creator),
}
