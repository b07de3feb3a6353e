"""What a coordinator earns as keeper: left in the contract while the task runs, taken home at its end."""

from flock.coordinator.context import CoordinatorContext
from flock.coordinator.steps.claim import ClaimKeeperFees
from flock.protocol.alliance.rounds import Phase
from tests.node.arena import Arena


def earned(arena: Arena, context: CoordinatorContext) -> int:
    return arena.contracts.alliance_rounds.member_of(arena.task, context.sender.address).owed


def test_while_the_task_runs_nothing_is_withdrawn(arena: Arena, context: CoordinatorContext) -> None:
    arena.open_round()
    assert earned(arena, context) > 0
    assert not ClaimKeeperFees(context)()
    assert earned(arena, context) > 0


def test_at_the_end_all_keeper_fees_are_withdrawn_once(arena: Arena, context: CoordinatorContext) -> None:
    arena.open_round()
    arena.pass_time(arena.contracts.task_manager.parameters_of(arena.task).ends_at)
    arena.finish()
    assert arena.view.phase is Phase.ENDED
    fees, before = earned(arena, context), arena.contracts.token.balance_of(context.sender.address)
    claim = ClaimKeeperFees(context)
    assert claim()
    assert arena.contracts.token.balance_of(context.sender.address) == before + fees
    assert earned(arena, context) == 0
    assert not claim()
