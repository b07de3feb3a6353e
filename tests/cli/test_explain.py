"""``flock explain``: why a seat was struck or paid nothing, from the chain's events and the pure rules."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.contracts.deployed import Contracts
from flock.diagnostics.explain.seats import why_so
from flock.errors import RpcUnavailable
from flock.protocol.alliance.reasons import Reason
from flock.protocol.alliance.task_history import history_of
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.hashing import ZERO, keccak
from flock.protocol.core.units import WAD
from flock.store.database import Database
from tests.cli.conftest import Flock, Home
from tests.cli.network import sentence
from tests.cli.story import ACCOUNTS, FIRST_MODEL, GOOD, KEEPER, Script
from tests.conftest import SenderOf
from tests.node.arena import PHASE_SECONDS, Arena, fill, open_arena

AGAINST = replace(GOOD, supports=False)
OTHER = replace(GOOD, candidate=keccak(b"another"))
ALL = dict.fromkeys(range(3), GOOD)


@pytest.fixture
def script() -> Script:
    return Script()


class TestFates:
    def test_who_did_its_duty_is_paid_by_the_unit_of_its_role(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        paid = [each.paid // WAD for each in script.history().rounds[1].seats]
        assert paid == [7, 7, 3, 3, 3]

    def test_every_seat_has_its_reason(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, {0: GOOD, 1: GOOD, 2: OTHER}, proposing=[1], attested=0b10)
        fates = [each.fate for each in script.history().rounds[1].seats]
        assert [fate.reason for fate in fates if fate] == [
            Reason.DID_NOT_PROPOSE,
            Reason.PAID,
            Reason.PAID,
            Reason.PAID,
            Reason.OUTVOTED,
        ]

    def test_an_open_round_has_acts_and_no_fates(self, script: Script) -> None:
        script.draw(1)
        script.emit("Proposed", round=1, seat=1, account=ACCOUNTS[1])
        seats = script.history().rounds[1].seats
        assert [each.fate for each in seats] == [None] * 5
        assert [act.what for act in seats[1].acts] == ["propose"]

    def test_the_next_round_is_decided_against_the_accepted_model(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        script.play(2, Outcome.VOID, ALL)
        assert script.history().rounds[2].model == GOOD.candidate
        assert script.history().rounds[2].decision.outcome is Outcome.VOID


class TestStrikes:
    def test_strikes_are_told_by_the_rounds_that_gave_them(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        script.play(2, Outcome.ACCEPTED, next_model(2), proposing=[1], attested=0b10)
        assert script.history().strikes_of(ACCOUNTS[0]).rounds == (2,)
        assert script.history().strikes_of(ACCOUNTS[1]).rounds == ()

    def test_old_strikes_are_forgotten_once_the_window_has_passed(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL, proposing=[1], attested=0b10)
        for number in range(2, 6):
            script.play(number, Outcome.ACCEPTED, next_model(number))
        assert script.history().strikes_of(ACCOUNTS[0]).rounds == ()

    def test_a_slash_clears_them(self, script: Script) -> None:
        for number in (1, 2):
            script.play(number, Outcome.ACCEPTED, next_model(number), proposing=[1], attested=0b10)
        script.emit("MemberSlashed", round=2, member_id=1, gm=10 * WAD, flock=9 * WAD)
        record = script.history().strikes_of(ACCOUNTS[0])
        assert (record.rounds, record.slashed) == ((), (2,))
        assert script.history().slashed_of(ACCOUNTS[0]) == 9 * WAD

    def test_one_is_enough_for_a_sealed_vote_that_is_never_opened(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, {0: GOOD, 1: GOOD}, keeping_back=[2])
        record = script.history().strikes_of(ACCOUNTS[4])
        assert (record.rounds, record.slashed) == ((), (1,))

    def test_they_end_with_the_membership_that_they_were_given_to(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL, proposing=[1], attested=0b10)
        script.emit("Left", member_id=1)
        assert script.history().strikes_of(ACCOUNTS[0]).rounds == ()
        script.emit("Joined", member_id=1, account=ACCOUNTS[0])
        script.play(2, Outcome.ACCEPTED, next_model(2), proposing=[1], attested=0b10)
        record = script.history().strikes_of(ACCOUNTS[0])
        assert (record.rounds, record.slashed) == ((2,), ())

    def test_they_stand_against_a_member_that_is_retained_and_comes_back(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL, proposing=[1], attested=0b10)
        script.emit("Retained", member_id=1)
        script.emit("Joined", member_id=1, account=ACCOUNTS[0])
        assert script.history().strikes_of(ACCOUNTS[0]).rounds == (1,)


class TestMissingEvents:
    """An endpoint that leaves events out is found out, in a sentence."""

    @pytest.mark.parametrize(
        ("missing", "words"),
        [
            ("AllianceOpened", "does not serve the opening of task 1"),
            ("Joined", "member 1 of task 1, but not its joining"),
            ("Drawn", "round 1 of task 1, but not its draw"),
            (
                "VoteRevealed",
                "Round 1 of task 1 ended as accepted, but the votes that the RPC serves make it void",
            ),
        ],
    )
    def test_each_is_missed(self, script: Script, missing: str, words: str) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        with pytest.raises(RpcUnavailable, match=words):
            history_of(1, [event for event in script.events if event.name != missing])


class TestMoney:
    def test_keeper_fees_and_withdrawals_are_added_up_by_account(self, script: Script) -> None:
        script.play(1, Outcome.ACCEPTED, ALL)
        script.emit("Withdrawn", account=ACCOUNTS[0], amount=7 * WAD)
        history = script.history()
        assert history.keeper_fees_of(KEEPER) == WAD
        assert [each.wei for each in history.withdrawn_by(ACCOUNTS[0])] == [7 * WAD]

    def test_a_stranger_is_known_by_neither(self, script: Script) -> None:
        history = script.history()
        assert history.knows(ACCOUNTS[0])
        assert not history.knows(KEEPER)


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
    home: Home,
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    admin: LocalAccount,
    rich: Callable[[], LocalAccount],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Arena]:
    """A task whose commands the environment leads to."""
    contracts.book.save(home.book)
    monkeypatch.setenv("FLOCK_RPC", contracts.client.rpc.url)
    monkeypatch.setenv("FLOCK_HOME", str(tmp_path))  # where the members' common journal is
    with open_arena(contracts, database, sender_of, admin, tmp_path) as opened:
        fill(opened, rich)
        yield opened


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


def next_model(number: int) -> dict[int, object]:
    return dict.fromkeys(range(3), replace(GOOD, candidate=keccak(b"model %d" % number)))
