"""What a keeper does next, from what the chain shows: pure."""

from dataclasses import replace
from typing import Any

import pytest

from flock.arena.keeper.due import READABLE_BLOCKS, Act, Wait, due
from flock.arena.keeper.outlook import Outlook
from flock.chain.contracts.arena_board import ArenaView
from flock.chain.contracts.arena_panels import Progress, WindowView
from flock.protocol.arena.params import ArenaParameters
from flock.protocol.arena.stages import Queue, Stage, WindowPhase
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.tasks import TaskState
from flock.protocol.core.units import DAY, Gm, Wei

START = 100 * DAY
END = START + 20 * DAY
CREATOR, KEEPER = "0x" + "c1" * 20, "0x" + "aa" * 20
TERMS = ArenaParameters(
    starts_at=START,
    start_by=START + DAY,
    ends_at=END,
    minimum_stake=Gm(1),
    set_a=b"\x01" * 32,
    set_b=b"\x02" * 32,
    cipher_b=b"\x03" * 32,
    key_hash_b=b"\x04" * 32,
    baseline=1,
    tolerance=1,
    minimum_validators=9,
)


def arena(stage: Stage = Stage.RUNNING, **others: Any) -> ArenaView:
    known = ArenaView(
        stage=stage,
        stage_ends_at=END,
        submissions=3,
        taken=(0, 0, 0),
        queued=(3, 0, 0),
        bonded=True,
        key_is_open=False,
        key_is_lost=False,
        streamed_days=0,
        bounty_left=0,
    )
    return replace(known, **others)


def window(phase: WindowPhase, **others: Any) -> WindowView:
    known = WindowView(
        phase=phase,
        queue=Queue.OPEN,
        first=0,
        count=2,
        validators=9,
        seed_block=50 if phase is WindowPhase.SEEDED else 0,
        opened_at=START,
        commit_ends_at=START + 100,
        replace_ends_at=START + 200,
        reveal_ends_at=START + 300,
        seed=b"\x05" * 32,
        second_seed=ZERO,
    )
    return replace(known, **others)


def outlook(**others: Any) -> Outlook:
    known = Outlook(
        parameters=TERMS,
        now=START + 10,
        block=60,
        state=TaskState.RUNNING,
        began_at=START,
        creator=CREATOR,
        refund=0,
        arena=arena(),
        progress=Progress(0, 0, 9),
    )
    return replace(known, **others)


def in_window(phase: WindowPhase, judged: int = 0, **others: Any) -> Outlook:
    view = {name: others.pop(name) for name in ("seed_block", "second_seed") if name in others}
    return outlook(window=window(phase, **view), progress=Progress(1, judged, 9), **others)


class TestBeforeItBegins:
    def test_it_starts_with_enough_validators_and_the_bond(self) -> None:
        open_task = outlook(state=TaskState.OPEN, arena=arena(Stage.ENROLLING))
        assert due(open_task, KEEPER) is Act.START
        assert due(replace(open_task, progress=Progress(0, 0, 8)), KEEPER) == Wait()
        bonded = replace(TERMS, creator_bond=Wei(1))
        lacking = replace(open_task, parameters=bonded, arena=arena(Stage.ENROLLING, bonded=False))
        assert due(lacking, KEEPER) == Wait()

    def test_before_its_time_only_the_creator_starts_it(self) -> None:
        early = outlook(state=TaskState.OPEN, arena=arena(Stage.ENROLLING), now=START - 5)
        assert due(early, KEEPER) == Wait(START)
        assert due(early, CREATOR) is Act.START

    def test_after_the_last_moment_nobody_does(self) -> None:
        late = outlook(state=TaskState.OPEN, arena=arena(Stage.ENROLLING), now=TERMS.start_by + 1)
        assert due(late, KEEPER) == Wait()

    def test_of_a_cancelled_one_bond_and_bounty_go_back(self) -> None:
        cancelled = outlook(state=TaskState.CANCELLED, refund=5)
        assert due(cancelled, KEEPER) is Act.UNBOND
        assert due(replace(cancelled, arena=arena(bonded=False)), KEEPER) is Act.REFUND
        assert due(replace(cancelled, arena=arena(bonded=False), refund=0), KEEPER) == Wait()


class TestWindows:
    def test_one_opens_when_something_waits(self) -> None:
        assert due(outlook(waits=True), KEEPER) is Act.OPEN_WINDOW
        assert due(outlook(), KEEPER) == Wait(END)

    def test_none_opens_with_too_few_validators(self) -> None:
        assert due(outlook(waits=True, progress=Progress(0, 0, 8)), KEEPER) == Wait()

    def test_the_next_waits_for_rest_and_for_its_day(self) -> None:
        over = in_window(WindowPhase.OVER, judged=2, waits=True)
        assert due(over, KEEPER) == Wait(START + TERMS.window_seconds)
        assert due(replace(over, now=START + TERMS.window_seconds), KEEPER) is Act.OPEN_WINDOW

    @pytest.mark.parametrize(
        ("block", "act"),
        [(50, Wait(0)), (51, Act.DRAW), (49 + READABLE_BLOCKS, Act.DRAW), (50 + READABLE_BLOCKS, Act.RESEED)],
    )
    def test_panels_are_drawn_while_the_hash_of_the_seed_block_is_known(
        self, block: int, act: Act | Wait
    ) -> None:
        assert due(in_window(WindowPhase.SEEDED, block=block), KEEPER) == act

    def test_between_the_deadlines_there_is_nothing_to_do(self) -> None:
        assert due(in_window(WindowPhase.COMMIT), KEEPER) == Wait(START + 100)
        assert due(in_window(WindowPhase.REPLACE), KEEPER) == Wait(START + 200)
        assert due(in_window(WindowPhase.REVEAL), KEEPER) == Wait(START + 300)

    def test_substitutes_are_called_only_where_somebody_is_missing(self) -> None:
        missing = in_window(WindowPhase.REPLACE, misses_a_seat=True)
        assert due(missing, KEEPER) is Act.CALL_SUBSTITUTES
        named = in_window(WindowPhase.REPLACE, misses_a_seat=True, seed_block=55)
        assert due(named, KEEPER) is Act.DRAW_SUBSTITUTES
        assert due(replace(named, block=55), KEEPER) == Wait(0)
        assert due(replace(named, block=55 + READABLE_BLOCKS), KEEPER) is Act.CALL_SUBSTITUTES
        drawn = in_window(WindowPhase.REPLACE, misses_a_seat=True, second_seed=b"\x06" * 32)
        assert due(drawn, KEEPER) == Wait(START + 200)

    def test_first_all_is_judged_then_all_are_settled(self) -> None:
        rest = in_window(WindowPhase.REST, judged=1, unsettled=(KEEPER,), waits=True)
        assert due(rest, KEEPER) is Act.JUDGE
        judged = replace(rest, progress=Progress(1, 2, 9))
        assert due(judged, KEEPER) is Act.SETTLE
        assert due(replace(judged, unsettled=()), KEEPER) == Wait(START + TERMS.window_seconds)

    def test_who_waited_too_long_is_let_go_unless_a_window_takes_it_now(self) -> None:
        overdue = outlook(waits=True, overdue=(1,))
        assert due(overdue, KEEPER) is Act.OPEN_WINDOW
        assert due(replace(overdue, progress=Progress(0, 0, 8)), KEEPER) is Act.EXPIRE

    def test_what_will_be_overdue_is_looked_at_then(self) -> None:
        over = in_window(WindowPhase.OVER, judged=2, waits=True, next_overdue=START + 500)
        assert due(over, KEEPER) == Wait(START + 500)


class TestTheClose:
    def test_the_bounty_streams_day_by_day(self) -> None:
        streaming = outlook(arena=arena(bounty_left=7))
        assert due(streaming, KEEPER) == Wait(START + DAY)
        assert due(replace(streaming, now=START + DAY), KEEPER) is Act.STREAM_BOUNTY
        streamed = replace(streaming, now=START + DAY, arena=arena(bounty_left=7, streamed_days=1))
        assert due(streamed, KEEPER) == Wait(START + 2 * DAY)

    def test_the_close_begins_once_all_are_scored(self) -> None:
        assert due(outlook(now=END), KEEPER) is Act.BEGIN_CLOSING
        assert due(outlook(now=END, waits=True), KEEPER) is Act.OPEN_WINDOW
        assert due(in_window(WindowPhase.COMMIT, now=END), KEEPER) == Wait(START + 100)

    def test_sealed_ones_are_scored_after_the_disclosures(self) -> None:
        closing = arena(Stage.DISCLOSING, stage_ends_at=END)
        assert due(outlook(arena=closing, now=END - 1, waits=True), KEEPER) == Wait(END)
        assert due(outlook(arena=closing, now=END, waits=True), KEEPER) is Act.OPEN_WINDOW
        assert due(outlook(arena=closing, now=END), KEEPER) is Act.BEGIN_FINALS

    def test_the_finals_begin_when_the_time_for_sealed_ones_is_over(self) -> None:
        closing = arena(Stage.DISCLOSING, stage_ends_at=END)
        late = outlook(arena=closing, now=END + TERMS.final_seconds, waits=True)
        assert due(late, KEEPER) is Act.BEGIN_FINALS

    def test_the_finals_wait_for_the_key_and_end_with_the_scores(self) -> None:
        finals = arena(Stage.FINALS, stage_ends_at=END, queued=(3, 0, 2))
        waiting = outlook(arena=finals, waits=True, now=END - 9)
        assert due(waiting, KEEPER) == Wait(END)
        opened = replace(waiting, arena=replace(finals, key_is_open=True))
        assert due(opened, KEEPER) is Act.OPEN_WINDOW
        assert due(replace(opened, waits=False), KEEPER) is Act.FINISH
        assert due(replace(opened, now=END), KEEPER) is Act.FINISH
        assert due(replace(waiting, arena=replace(finals, key_is_lost=True)), KEEPER) is Act.FINISH
        without = replace(TERMS, set_b=ZERO, cipher_b=ZERO, key_hash_b=ZERO)
        assert due(replace(waiting, parameters=without), KEEPER) is Act.FINISH

    def test_once_finished_all_are_settled_and_the_rest_goes_back(self) -> None:
        finished = outlook(arena=arena(Stage.FINISHED, stage_ends_at=0), unsettled=(KEEPER,), refund=3)
        assert due(finished, KEEPER) is Act.SETTLE
        assert due(replace(finished, unsettled=()), KEEPER) is Act.REFUND
        assert due(replace(finished, unsettled=(), refund=0), KEEPER) == Wait()
