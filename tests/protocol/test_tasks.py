"""A task's money and life at their limits: to the wei, and to the second."""

from dataclasses import replace

from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core import tasks
from flock.protocol.core.tasks import MAX_BOUNTY, Task, TaskState
from flock.protocol.core.units import Wei
from tests.protocol.play import BOUNTY, terms
from tests.protocol.rounds_played import CREATOR, KEEPER, NOW, refused

TERMS = terms(NOW, starts_at=NOW + 100)
MODEL = b"\x11" * 32


def made(bounty: Wei = BOUNTY) -> Task[AllianceParameters]:
    return tasks.create(CREATOR, TERMS, bounty, NOW)


def running() -> Task[AllianceParameters]:
    return tasks.begin(made(), CREATOR, NOW)


class TestCreating:
    def test_the_bounty_is_in_custody_and_is_the_creators_contribution(self) -> None:
        task = made()
        assert (task.bounty, task.balance, task.custody) == (BOUNTY, BOUNTY, BOUNTY)
        assert (task.state, task.contributions) == (TaskState.OPEN, {CREATOR: BOUNTY})

    def test_the_highest_bounty_is_possible_and_a_wei_more_is_not(self) -> None:
        assert made(Wei(MAX_BOUNTY)).bounty == MAX_BOUNTY
        with refused("OutOfBounds"):
            made(Wei(MAX_BOUNTY + 1))

    def test_a_schedule_or_terms_out_of_bounds_are_refused(self) -> None:
        with refused("OutOfBounds"):
            tasks.create(CREATOR, TERMS, BOUNTY, TERMS.start_by)
        with refused("TermOutOfBounds"):
            tasks.create(CREATOR, replace(TERMS, strike_limit=0), BOUNTY, NOW)


class TestFunding:
    def test_it_adds_up_for_each_backer(self) -> None:
        task = tasks.fund(tasks.fund(tasks.fund(made(), KEEPER, Wei(5)), KEEPER, Wei(2)), CREATOR, Wei(1))
        assert task.contributions == {CREATOR: BOUNTY + 1, KEEPER: 7}
        assert (task.bounty, task.balance) == (BOUNTY + 8, BOUNTY + 8)

    def test_nothing_is_refused_and_so_is_what_passes_the_highest_bounty(self) -> None:
        with refused("AmountIsZero"):
            tasks.fund(made(), KEEPER, Wei(0))
        room = Wei(MAX_BOUNTY - BOUNTY)
        assert tasks.fund(made(), KEEPER, room).bounty == MAX_BOUNTY
        with refused("OutOfBounds"):
            tasks.fund(made(), KEEPER, Wei(room + 1))

    def test_a_task_that_runs_takes_no_more(self) -> None:
        with refused("TaskIsNotOpen"):
            tasks.fund(running(), KEEPER, Wei(1))


class TestBeginning:
    def test_from_its_start_on_anybody_begins_it_until_the_last_moment(self) -> None:
        for starter, now in ((CREATOR, NOW), (KEEPER, TERMS.starts_at), (KEEPER, TERMS.start_by)):
            begun = tasks.begin(made(), starter, now)
            assert (begun.state, begun.began_at) == (TaskState.RUNNING, now)
        with refused("OnlyTheCreatorMayStartBefore"):
            tasks.begin(made(), KEEPER, TERMS.starts_at - 1)
        with refused("TooLateToStart"):
            tasks.begin(made(), CREATOR, TERMS.start_by + 1)


class TestCancelling:
    def test_others_wait_until_the_time_to_start_has_passed(self) -> None:
        with refused("OnlyTheCreatorMayCancelBefore"):
            tasks.cancel(made(), KEEPER, TERMS.start_by)
        assert tasks.cancel(made(), KEEPER, TERMS.start_by + 1).state is TaskState.CANCELLED
        assert tasks.cancel(made(), CREATOR, NOW).refund.left == BOUNTY

    def test_who_put_nothing_in_gets_nothing_out(self) -> None:
        cancelled = tasks.cancel(made(), CREATOR, NOW)
        with refused("NothingToWithdraw"):
            tasks.withdraw_refund(cancelled, KEEPER)


class TestPaying:
    def test_the_last_wei_can_be_paid_and_no_more(self) -> None:
        paid = tasks.pay(running(), KEEPER, BOUNTY)
        assert (paid.balance, paid.paid) == (0, {KEEPER: BOUNTY})
        with refused("PaymentAboveBalance"):
            tasks.pay(running(), KEEPER, Wei(BOUNTY + 1))
        twice = tasks.pay(tasks.pay(running(), KEEPER, Wei(3)), KEEPER, Wei(4))
        assert twice.paid == {KEEPER: 7}


class TestClosing:
    def test_everything_can_be_shared_out_and_no_more(self) -> None:
        closed = tasks.close(running(), Wei(BOUNTY - 9), Wei(9), MODEL, NOW + 7)
        assert (closed.balance, closed.refund.left, closed.owed_to_treasury) == (0, BOUNTY - 9, 9)
        assert (closed.state, closed.closed_at, closed.model) == (TaskState.CLOSED, NOW + 7, MODEL)
        with refused("PaymentAboveBalance"):
            tasks.close(running(), Wei(BOUNTY - 9), Wei(10), MODEL, NOW)

    def test_only_a_task_that_runs_is_closed(self) -> None:
        with refused("TaskIsNotRunning"):
            tasks.close(made(), Wei(0), Wei(0), MODEL, NOW)

    def test_the_treasury_is_paid_once_even_a_single_wei(self) -> None:
        closed = tasks.close(running(), Wei(0), Wei(1), MODEL, NOW)
        paid = tasks.pay_treasury(closed)
        assert (paid.owed_to_treasury, paid.treasury) == (0, 1)
        with refused("NothingToWithdraw"):
            tasks.pay_treasury(paid)
