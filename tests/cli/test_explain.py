"""``flock explain``: why a seat was struck or paid nothing, from the chain's events and the pure rules."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flock.chain.contracts.deployed import Contracts
from flock.diagnostics.explain.seats import why_so
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.hashing import ZERO, keccak
from tests.cli.conftest import Flock, Home
from tests.cli.network import sentence
from tests.node.arena import PHASE_SECONDS, Arena, empty_arena, first_model, full_arena
from tests.protocol.story import FIRST_MODEL, GOOD, Script

__all__ = ["empty_arena", "first_model", "full_arena"]

AGAINST = replace(GOOD, supports=False)
OTHER = replace(GOOD, candidate=keccak(b"another"))
ALL = dict.fromkeys(range(3), GOOD)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.mark.parametrize(
    ("outcome", "votes", "proposing", "words"),
    [
        (Outcome.ACCEPTED, ALL, (0, 1), "those who supported the candidate weighed more"),
        (Outcome.REJECTED, dict.fromkeys(range(3), AGAINST), (0, 1), "found the candidate worse"),
        (Outcome.VOID, {}, (), "Nobody proposed"),
        (Outcome.VOID, {}, (0,), "No voter attested"),
        (Outcome.VOID, {0: GOOD}, (0, 1), "Only a weight of 1 of 3 was revealed"),
        (Outcome.VOID, {0: GOOD, 1: OTHER}, (0, 1), "the voters computed different candidates"),
        (Outcome.VOID, {0: GOOD, 1: AGAINST}, (0, 1), "Support and opposition"),
        (
            Outcome.VOID,
            dict.fromkeys(range(3), replace(GOOD, candidate=FIRST_MODEL)),
            (0,),
            "changes nothing",
        ),
        (Outcome.VOID, dict.fromkeys(range(3), replace(GOOD, candidate=ZERO)), (0,), "changes nothing"),
    ],
)
def test_a_round_says_why_it_ended_so(
    script: Script, outcome: Outcome, votes: dict[int, object], proposing: tuple[int, ...], words: str
) -> None:
    script.play(1, outcome, votes, proposing=proposing)  # type: ignore[arg-type]
    told = why_so(script.history().rounds[1])
    assert words in told
    assert told.endswith("The round is repeated.") is (outcome is Outcome.VOID)


def test_a_round_in_which_all_who_attested_fell_silent(script: Script) -> None:
    script.play(1, Outcome.VOID, {}, proposing=(0,), attested=1, keeping_back=[0])
    assert "No vote was revealed" in why_so(script.history().rounds[1])


# ---- on a chain


@pytest.fixture
def arena(
    home: Home, full_arena: Arena, contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Arena:
    """A task whose commands the environment leads to."""
    contracts.book.save(home.book)
    monkeypatch.setenv("FLOCK_RPC", contracts.client.rpc.url)
    monkeypatch.setenv("FLOCK_HOME", str(tmp_path))  # where the members' common journal is
    return full_arena


def test_a_played_round_is_explained_to_the_wei(arena: Arena, flock: Flock, tmp_path: Path) -> None:
    """Round 1 goes well but for a proposer who stays away; round 2 waits for everybody."""
    view = arena.open_round()
    arena.propose([0, 1])
    arena.pass_time(PHASE_SECONDS)
    arena.publish([0, 1])
    arena.attest()
    arena.vote()
    arena.finish()
    arena.open_round()
    paid, absent, task = view.accounts[1], view.accounts[2], arena.task

    told = json.loads(flock("explain", paid, "--json").stdout)
    member = arena.contracts.alliance_rounds.member_of(task, paid)
    assert int(told["earned"]) == int(told["to_withdraw"]) == member.owed > 0
    assert told["seats"][0]["reason"] == "paid"
    assert all(action["transaction"] for action in told["seats"][0]["actions"])
    assert [action["what"] for action in told["actions"]][:1] == ["Joined"]
    assert {"propose", "join"} <= {act["kind"] for act in told["local"]}

    told = json.loads(flock("explain", absent, "--task", task, "--json").stdout)
    assert (told["earned"], told["strikes"]) == ("0", [1])
    assert told["why"] == ["Nothing for round 1: did not propose."]
    assert "did not propose (struck)" in flock("explain", absent).output

    told = json.loads(flock("explain", f"{task}/1", "--json").stdout)
    assert told["outcome"] == "accepted"
    assert [seat["account"] for seat in told["seats"]] == list(view.accounts)
    assert "It put no proposal on chain before proposing closed." in flock("explain", f"{task}/1").output
    assert "It waits for seat 0, 1, 2 to propose." in flock("explain", f"{task}/2").output

    told = json.loads(flock("explain", f"task:{task}", "--json").stdout)
    assert [each["outcome"] for each in told["rounds"]] == ["accepted", "open"]
    credited = sum(arena.contracts.alliance_rounds.member_of(task, a).owed for a in view.accounts)
    assert int(told["earned"]) == credited
    assert "flock explain ADDRESS" in flock("explain", task).output

    sent = json.loads(flock("explain", f"{task}/1", "--json").stdout)["finalised"]["transaction"]
    shown = flock("explain", sent).output
    assert "RoundFinalised: task id" in shown
    assert "finalise, round 1, mined" in shown

    keeper = flock("explain", arena.keeper.address, "--task", task).output
    assert "It never joined: what it has is from pushing rounds on." in keeper

    refused = flock("explain", f"{task}/7")
    assert refused.exit_code == 1
    assert "was not drawn: rounds 1 to 2 were" in sentence(refused)
    refused = flock("explain", "0x" + "cd" * 20, "--task", task)
    assert refused.exit_code == 1
    assert "was never a member or keeper of task" in sentence(refused)

    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "flock.db").write_bytes(b"not a database" * 100)
    told = json.loads(flock("explain", paid, "--home", tmp_path / "broken", "--json").stdout)
    assert told["local"] == []


class TestWhatCannotBeExplained:
    @pytest.mark.parametrize(
        ("subject", "code", "words"),
        [
            ("nobody", 78, "'nobody' is not an address, a key in"),
            ("0x12", 78, "is not an address"),
            ("1/", 78, "is not an address"),
            ("99", 78, "knows no task 99"),
            ("99/1", 78, "knows no task 99"),
            ("0x" + "ab" * 32, 1, "knows no transaction 0xabab"),
            ("0x" + "cd" * 20, 78, "joined no task on chain 31337: name one with --task"),
        ],
    )
    def test_what_is_not_there(
        self,
        home: Home,
        flock: Flock,
        contracts: Contracts,
        monkeypatch: pytest.MonkeyPatch,
        subject: str,
        code: int,
        words: str,
    ) -> None:
        contracts.book.save(home.book)
        monkeypatch.setenv("FLOCK_RPC", contracts.client.rpc.url)
        shown = flock("explain", subject)
        assert shown.exit_code == code
        assert words in sentence(shown)

    def test_a_chain_that_is_dead(self, flock: Flock) -> None:
        shown = flock("explain", "1", "--rpc", "http://127.0.0.1:1")
        assert shown.exit_code == 75
        assert "cannot be reached" in sentence(shown)
