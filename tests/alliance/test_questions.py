"""Which tasks, rounds and members; and why each seat of a member ended as it did."""

import pytest
from eth_account import Account

from flock.protocol.alliance.reasons import Reason
from tests import patience
from tests.alliance.conftest import ADMIN, Play, Service


class TestFilters:
    def test_tasks_by_state_creator_member_and_room(self, play: Play, service: Service) -> None:
        cancelled = play.alliance.create_task()
        play.alliance.fund_and_cancel(cancelled)
        full = play.alliance.create_task(max_members=5, start_by=play.alliance.client.now() + 100)
        service.catch_up()

        def ids(**wanted: str | int) -> list[int]:
            return [task["id"] for task in service.get("/tasks", **wanted)]

        assert ids() == [play.task, cancelled, full]
        assert ids(state="cancelled") == [cancelled]
        assert ids(creator=ADMIN.address.lower(), state="open") == [play.task, full]
        assert ids(creator=play.members[0].address) == []
        assert ids(member=play.members[0].address) == [play.task]
        assert cancelled in ids(open_to_join="false")
        assert cancelled not in ids(open_to_join="true")
        assert ids(after=play.task, limit=1) == [cancelled]

    def test_rounds_by_outcome(self, play: Play, service: Service) -> None:
        play.play()
        play.play(supports=False)
        play.nobody_comes()
        play.alliance.open_round(play.task)
        service.catch_up()
        for number, outcome in enumerate(["accepted", "rejected", "void", "open"], 1):
            found = service.get(f"/tasks/{play.task}/rounds", outcome=outcome)
            assert [row["number"] for row in found] == [number]

    def test_members_by_state(self, play: Play, service: Service) -> None:
        gone = play.members[2]
        play.alliance.contracts.alliance_rounds.leave(play.alliance.sender(gone), play.task, gone.address)
        service.catch_up()
        [left] = service.get(f"/tasks/{play.task}/members", state="left")
        assert left["account"] == gone.address

    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("/tasks?colour=red", "colour"),
            ("/tasks?state=asleep", "state"),
            ("/tasks?limit=1001", "limit"),
            ("/tasks?after=-1", "after"),
            ("/tasks?creator=0x12", "creator"),
            ("/tasks/1/rounds?outcome=draw", "outcome"),
            ("/tasks/1/members?state=rich", "state"),
            (f"/tasks/1/members/{ADMIN.address}/history?limit=99999999999999999999", "limit"),
        ],
    )
    def test_an_unknown_filter_or_a_huge_page_is_named(self, service: Service, path: str, field: str) -> None:
        answer = patience.get(service.url + path)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]


class TestHistory:
    def test_every_seat_has_its_reason_strikes_pay_and_transactions(
        self, play: Play, service: Service
    ) -> None:
        target = play.members[0].address
        play.play_until_dropped(target)
        play.nobody_comes()
        service.catch_up()
        path = f"/tasks/{play.task}/members/{target}"
        member, seats = service.get(path), service.get(f"{path}/history")
        assert len(seats) == member["drawn"]
        assert sum(int(seat["earned"]) for seat in seats) == int(member["earned"])
        assert sum(int(seat["slashed"]) for seat in seats) == int(member["slashed"]) > 0
        bad = [seat for seat in seats if seat["verdict"] == "bad"]
        assert {seat["reason"] for seat in bad} <= {Reason.HARMFUL, Reason.OUTVOTED}
        assert [seat["strikes"] for seat in bad if int(seat["slashed"])] == [2] * (len(bad) // 2)
        for seat in seats:
            assert seat["because"] == Reason(seat["reason"]).sentence
            acts = {"proposed"} if seat["role"] == "proposer" else {"attested", "sealed", "revealed"}
            assert set(seat["transactions"]) == {"drawn", "finalised", *acts}
            receipt = play.alliance.client.rpc.request(
                "eth_getTransactionReceipt", seat["transactions"]["finalised"]
            )
            assert receipt["to"] == play.alliance.contracts.alliance_rounds.address.lower()

    def test_absence_in_an_outage_is_told_apart(self, play: Play, service: Service) -> None:
        play.nobody_comes()
        play.alliance.open_round(play.task)
        service.catch_up()
        seated = service.get(f"/tasks/{play.task}/rounds/1")["seats"][0]["account"]
        [first, *rest] = service.get(f"/tasks/{play.task}/members/{seated}/history")
        assert (first["reason"], first["verdict"], first["strikes"]) == ("outage", "unjudged", 0)
        assert all(seat["reason"] is None and seat["outcome"] == "open" for seat in rest)

    def test_history_comes_in_pages_and_only_of_members(self, play: Play, service: Service) -> None:
        for _ in range(3):
            play.nobody_comes()
        service.catch_up()
        account = service.get(f"/tasks/{play.task}/rounds/3")["seats"][0]["account"]
        path = f"/tasks/{play.task}/members/{account}/history"
        everything = service.get(path)
        assert service.get(path, limit=1) == everything[:1]
        assert service.get(path, after=everything[0]["round"]) == everything[1:]
        stranger = Account.create().address
        assert patience.get(f"{service.url}/tasks/{play.task}/members/{stranger}/history").status_code == 404
