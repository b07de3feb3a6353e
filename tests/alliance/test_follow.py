"""Following a task: nothing is missed, nothing told twice, and a reorganisation is owned up to."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from flock.errors import ServiceUnavailable
from flock.protocol.alliance.votes import Outcome
from flock.web.errors import TooManyRequests
from flock.web.listeners import Listeners
from tests import patience
from tests.alliance.conftest import Play, Service

Told = tuple[str, str, dict[str, Any]]


def listen(service: Service, path: str, after: str | None = None) -> Iterator[Told]:
    """Every event as its id, name and data; without end, unless the service ends it."""
    headers = {} if after is None else {"Last-Event-ID": after}
    with patience.stream("GET", service.url + path, headers=headers) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        found: dict[str, str] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name in ("id", "event", "data"):
                found[name] = value
            elif not line and "data" in found:
                yield found.get("id", ""), found["event"], json.loads(found["data"])
                found = {}


def until(events: Iterator[Told], name: str) -> list[Told]:
    """The events up to the first of this name."""
    heard = []
    for event in events:
        heard.append(event)
        if event[1] == name:
            break
    return heard


class TestEvents:
    def test_a_round_is_told_as_it_goes(self, play: Play, service: Service) -> None:
        events = listen(service, f"/tasks/{play.task}/events")
        assert [name for _, name, _ in until(events, "phase")] == ["created", *["joined"] * 8, "phase"]
        view = play.play(harmful=play.members[0].address)
        service.catch_up()
        heard = until(events, "finalised")
        names = [name for _, name, _ in heard if name != "phase"]
        assert names == [
            *("begun", "seeded", "opened", "proposed", "proposed"),
            *["attested"] * 3,
            *["sealed"] * 3,
            *["revealed"] * 3,
            "finalised",
        ]
        opened = next(data for _, name, data in heard if name == "opened")
        assert (opened["round"], len(opened["seats"]), len(opened["weights"])) == (view.number, 5, 5)
        assert heard[-1][2]["outcome"] == Outcome.ACCEPTED.name.lower()
        assert heard[-1][2]["attested"] == [0, 1]

    def test_phases_are_told_also_when_only_the_clock_ends_them(self, play: Play, service: Service) -> None:
        play.alliance.open_round(play.task)
        service.catch_up()
        events = listen(service, f"/tasks/{play.task}/events")
        assert until(events, "phase")[-1][2]["phase"] == "propose"
        play.alliance.pass_time(101)
        service.catch_up()
        [(identity, _, told)] = until(events, "phase")
        assert (identity, told["phase"], told["ends_at"]) == ("", "tally", None)

    def test_a_listener_goes_on_where_it_stopped(self, play: Play, service: Service) -> None:
        play.play()
        service.catch_up()
        path = f"/tasks/{play.task}/events"
        everything = until(listen(service, path), "finalised")
        for cut in (0, 5, len(everything) - 2):
            rest = until(listen(service, path, after=everything[cut][0]), "finalised")
            assert rest == everything[cut + 1 :]

    def test_the_stream_ends_with_the_task(self, play: Play, service: Service) -> None:
        task = play.alliance.create_task()
        play.alliance.fund_and_cancel(task)
        service.catch_up()
        told = [event for event in listen(service, f"/tasks/{task}/events") if event[1] != "phase"]
        assert [name for _, name, _ in told] == ["created", "funded", "cancelled"]
        assert told[1][2]["amount"] == "5"
        last = {"Last-Event-ID": told[-1][0]}
        assert patience.get(f"{service.url}/tasks/{task}/events", headers=last).status_code == 204

    def test_after_a_reorganisation_it_says_what_did_not_happen(
        self, play: Play, service: Service, members: list[LocalAccount]
    ) -> None:
        client = play.alliance.client
        snapshot = client.rpc.request("evm_snapshot")
        play.alliance.open_round(play.task)
        play.propose(0)
        service.catch_up()
        events = listen(service, f"/tasks/{play.task}/events")
        before = until(events, "proposed")
        client.rpc.request("evm_revert", snapshot)
        play.alliance.mine(10)
        service.catch_up()
        *_, (_, _, undone) = until(events, "reorganised")
        kept = [identity for identity, name, _ in before if name == "joined"]
        assert undone["after"] == kept[-1]
        resumed = listen(service, f"/tasks/{play.task}/events", after=before[-1][0])
        assert next(resumed)[1:] == ("reorganised", {"after": None})
        assert [name for _, name, _ in until(resumed, "phase")] == ["created", *["joined"] * 8, "phase"]

    @pytest.mark.parametrize("last", ["garbage", "1-2", "1-2-zzzzzzzz", "-1-2-00000000", "9" * 101])
    def test_garbage_in_last_event_id_is_named(self, play: Play, service: Service, last: str) -> None:
        answer = patience.get(f"{service.url}/tasks/{play.task}/events", headers={"Last-Event-ID": last})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["Last-Event-ID"]

    def test_an_unknown_task_has_no_events(self, service: Service) -> None:
        assert patience.get(f"{service.url}/tasks/99/events").status_code == 404


class TestListeners:
    def test_there_are_only_so_many_in_all_and_from_one_address(self) -> None:
        listeners = Listeners(most=2, each=1)
        with listeners.one_more("192.0.2.1"):
            with (
                pytest.raises(TooManyRequests, match="follows 1 streams"),
                listeners.one_more("192.0.2.1"),
            ):
                pass
            with (
                listeners.one_more("192.0.2.2"),
                pytest.raises(ServiceUnavailable, match="as many listeners"),
                listeners.one_more("192.0.2.3"),
            ):
                pass
            assert listeners.count == 1
        assert listeners.count == 0
