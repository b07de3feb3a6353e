"""The service as a process: it may be killed anywhere, and says why it cannot start."""

import signal
import socket

import pytest

from flock.alliance.client import AllianceClient
from flock.chain.client import Client
from flock.errors import ServiceUnavailable
from tests import patience
from tests.alliance.conftest import Play, Start, ran


def test_killed_anywhere_it_carries_on_with_the_same_rows(play: Play, start: Start, client: Client) -> None:
    service = start()
    play.play()
    service.end(signal.SIGKILL)
    play.play(liar=play.members[0].address)
    paths = [f"/tasks/{play.task}{what}" for what in ("", "/rounds", "/rounds/1", "/rounds/2", "/members")]
    again = start()
    once = [again.get(path) for path in paths]
    again.end(signal.SIGKILL)
    third = start()
    assert [third.get(path) for path in paths] == once
    assert [row["outcome"] for row in once[1]] == ["accepted", "accepted"]


def test_it_ends_gracefully_when_told_to(play: Play, start: Start) -> None:
    assert start().end(signal.SIGTERM) == 0


def test_who_still_listens_does_not_hold_up_its_end(play: Play, start: Start) -> None:
    service = start()
    with patience.stream("GET", f"{service.url}/tasks/{play.task}/events") as answer:
        assert next(answer.iter_lines()).startswith("id: ")
        assert service.end(signal.SIGTERM) == 0


def test_a_service_that_is_down_may_come_back() -> None:
    with (
        AllianceClient("http://127.0.0.1:9") as client,
        pytest.raises(ServiceUnavailable, match="does not answer"),
    ):
        client.health()


def test_a_taken_port_is_named(play: Play, words: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ended = ran([*words, "--port", port])
    assert ended.exit_code == 78
    assert f"127.0.0.1:{port}" in ended.stderr


@pytest.mark.parametrize(
    ("option", "value", "code", "sentence"),
    [
        ("--rpc", "http://127.0.0.1:9", 75, "127.0.0.1:9"),
        ("--chain-id", "1", 78, "not chain 1"),
        ("--addresses", "nowhere.json", 78, "nowhere.json"),
    ],
)
def test_a_wrong_setting_is_named(
    play: Play, words: list[str], option: str, value: str, code: int, sentence: str
) -> None:
    ended = ran([*words, option, value])
    assert ended.exit_code == code
    assert sentence in ended.stderr


def test_the_rows_can_be_made_anew_from_the_command_line(
    play: Play, start: Start, words: list[str], client: Client
) -> None:
    play.play()
    service = start()
    before = service.get(f"/tasks/{play.task}/rounds/1")
    service.end()
    replayed = ran(["replay" if word == "start" else word for word in words[: words.index("--port")]])
    assert replayed.exit_code == 0
    assert f"up to block {client.block_number()}" in replayed.stdout
    assert start().get(f"/tasks/{play.task}/rounds/1") == before
