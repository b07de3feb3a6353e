"""A node's disk stays as small as its promises, and never smaller."""

from collections.abc import Callable

from flock.node.steps.tidy import Tidy
from flock.protocol.alliance.rounds import Phase
from flock.protocol.core.cid import cid_of
from tests.node.arena import PROPOSERS, Arena, Member

EVERYBODY = range(PROPOSERS)


def held(member: Member) -> set[str]:
    return {path.name for path in member.context.local.root.glob("??/*")}


def promises(member: Member, number: int) -> set[str]:
    """What this member may be asked for in round ``number``, whatever happens."""
    update, vote = member.context.memory.proposed_update(number), member.context.memory.vote(number)
    candidate = {cid_of(bytes.fromhex(vote.candidate))} if vote else set()
    return candidate | ({update} if update else set())


class Tidied:
    """An arena whose members tidy before and after every phase; with ``restarts`` as new processes each time."""

    def __init__(self, arena: Arena) -> None:
        self.arena = arena
        self.restarts = False
        self.steps = self._new()

    def play(self) -> set[str]:
        """A round; all blobs that any member has after it."""
        arena = self.arena
        number = arena.open_round().number
        self._do(lambda: arena.propose(EVERYBODY), number)
        self._do(lambda: arena.publish(EVERYBODY), number)
        self._do(arena.attest, number)
        shown = set(arena.at(0).context.service.published(arena.task, number).values())
        assert all(shown <= held(voter) for voter in arena.voters)
        self._do(arena.vote, number)
        arena.finish()
        self._tidy()
        # All that a round needs, and what one before it left.
        assert max(len(held(member)) for member in arena.members.values()) <= 2 * (PROPOSERS + 2)
        return set().union(*map(held, arena.members.values()))

    def _do(self, act: Callable[[], object], number: int) -> None:
        self._tidy()
        act()
        self._tidy()
        for member in self.arena.members.values():
            assert promises(member, number) <= held(member)

    def _tidy(self) -> None:
        if self.restarts:
            self.steps = self._new()
        for step in self.steps:
            step()

    def _new(self) -> list[Tidy]:
        return [Tidy(member.context) for member in self.arena.members.values()]


def test_the_disk_is_bounded_over_rounds_and_every_promise_is_kept(arena: Arena) -> None:
    tidied = Tidied(arena)
    after = [tidied.play() for _ in range(4)]
    for first, third in zip(after, after[2:], strict=False):
        assert first
        assert not first & third  # whoever is drawn, a round leaves nothing to the next but one
    tidied.restarts = True
    tidied.play()


def test_what_is_over_goes_once_attesting_begins_but_not_under_a_node_that_was_started_then(
    arena: Arena,
) -> None:
    view = arena.open_round()
    member = arena.at(0)
    over = member.context.local.put(b"an update of a round long gone")
    tidy = Tidy(member.context)
    assert not tidy()
    arena.propose(EVERYBODY)
    assert arena.view.phase is Phase.ATTEST
    assert not Tidy(member.context)()
    assert over in held(member)
    assert tidy()
    assert held(member) == {cid_of(view.model)} | promises(member, view.number)
    assert not tidy()
