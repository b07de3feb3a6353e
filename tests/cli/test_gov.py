"""``flock gov``: from a proposal to its execution, and what it refuses before anything is signed."""

import json
from dataclasses import dataclass, replace

import pytest
from click.testing import Result
from eth_account.signers.local import LocalAccount

from flock.chain.address_book import NOBODY
from flock.chain.contracts.access import AccessManager, AccessRole
from flock.chain.contracts.binding import Binding
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import send_as
from flock.chain.deploy.faucet import fund
from flock.chain.keys import KeyStore
from flock.chain.sending.sender import Sender
from flock.economy.governance.parameters import PARAMETERS
from flock.errors import ContractRefused
from flock.protocol.core.units import DAY, Wei
from tests.cli.conftest import PASSWORD, Flock, Home
from tests.cli.network import CHEAP, sentence
from tests.conftest import ETHER, FLOCK, SenderOf
from tests.protocol.story import TERMS

SOMEBODY = "0x00000000000000000000000000000000000000B0"


@dataclass(frozen=True)
class Assembly:
    """Voters with keys, and a chain whose time can be moved."""

    home: Home
    flock: Flock
    contracts: Contracts
    bank: Sender
    sender_of: SenderOf

    def voter(self, name: str, stake: int) -> str:
        """A new key with gas money and so much FLOCK locked for 30 days."""
        keys = KeyStore(self.home.folder / "keys", CHEAP)
        keys.new(name, PASSWORD)
        account = keys.unlock(name, PASSWORD)
        fund(self.bank, self.contracts.token, account.address, ETHER, stake * FLOCK)
        if stake:
            sender = self.sender_of(account)
            self.contracts.staking.lock(sender, self.contracts.token, stake * FLOCK, 30)
        return account.address

    def wait(self, seconds: int) -> None:
        self.contracts.client.rpc.request("evm_increaseTime", seconds)
        self.contracts.client.rpc.request("evm_mine")

    def run(self, *words: object) -> dict[str, object]:
        """What a command says in JSON."""
        shown = self.flock("gov", *words, "--json")
        assert shown.exit_code == 0, shown.stderr
        said: dict[str, object] = json.loads(shown.stdout)
        return said

    def propose(self, *words: object, key: str = "founder", title: str = "A change") -> dict[str, object]:
        return self.run("propose", *words, "--title", title, "--key", key)

    def accept(self, proposal: int = 1) -> None:
        """Voting, with the founder's votes in favour, until it is over."""
        self.wait(DAY + 1)
        self.run("vote", proposal, "for", "--key", "founder")
        self.wait(5 * DAY)

    def carry_out(self, proposal: int = 1) -> None:
        """From the proposal to its execution."""
        self.accept(proposal)
        self.run("queue", proposal, "--key", "founder")
        self.wait(2 * DAY)
        self.run("execute", proposal, "--key", "founder")


@pytest.fixture
def assembly(
    home: Home,
    flock: Flock,
    contracts: Contracts,
    sender_of: SenderOf,
    admin: LocalAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> Assembly:
    contracts.book.save(home.book)
    contracts.client.rpc.request("anvil_mine", "0x1")  # time passed in other tests shows in a new block
    monkeypatch.setenv("FLOCK_RPC", contracts.client.rpc.url)
    monkeypatch.setenv("FLOCK_PASSWORD_FILE", str(home.password_file))
    monkeypatch.setenv("FLOCK_HOME", str(home.folder / "home"))
    gathered = Assembly(home, flock, contracts, sender_of(admin), sender_of)
    gathered.voter("founder", 300_000)
    gathered.wait(1)
    return gathered


class TestFromProposalToExecution:
    def test_a_changed_parameter_is_what_a_later_lock_pays(self, assembly: Assembly) -> None:
        contracts = assembly.contracts
        assert assembly.propose("set", "staking.entryFeeBps", 200)["changes"] == [
            {"parameter": "staking.entryFeeBps", "unit": "Bps", "now": 0, "then": 200}
        ]
        assembly.carry_out()
        before = contracts.token.balance_of(contracts.book.treasury)
        late = assembly.voter("late", 1_000)
        assert contracts.token.balance_of(contracts.book.treasury) - before == 20 * FLOCK
        assert contracts.staking.position_of(late).flock == 980 * FLOCK

    def test_it_is_told_at_every_step_what_comes_next(self, assembly: Assembly) -> None:
        assembly.propose("set", "staking.entryFeeBps", 200, title="Lock for longer")
        assert "Voting opens in 1 d" in listed(assembly)
        assembly.wait(DAY + 1)
        assert "Voting is open for 4 d 23 h: flock gov vote 1 for --key …" in listed(assembly)
        assembly.run("vote", 1, "for", "--key", "founder", "--reason", "Fewer trips.")
        assembly.wait(5 * DAY)
        assert "Anyone can queue it: flock gov queue 1" in listed(assembly)
        assembly.run("queue", 1, "--key", "founder")
        assert "Anyone can execute it in 2 d." in listed(assembly)
        assembly.wait(2 * DAY)
        assert "flock gov execute 1 --key …" in listed(assembly)
        assembly.run("execute", 1, "--key", "founder")
        assert "It was executed; there is nothing left to do." in listed(assembly)

    def test_showing_it_names_the_change_the_votes_and_the_reasons(self, assembly: Assembly) -> None:
        founder = KeyStore(assembly.home.folder / "keys").address_of("founder")
        assembly.propose("set", "staking.entryFeeBps", 200, title="Lock for longer")
        assembly.wait(DAY + 1)
        assembly.run("vote", 1, "for", "--key", "founder", "--reason", "Fewer trips.")
        shown = assembly.flock("gov", "show", 1).output
        assert "Proposal 1: Lock for longer" in shown
        assert "staking.entryFeeBps  0 Bps (0%)  200 Bps (2%)" in shown
        assert "quorum       12,000 gmFLOCK" in shown
        assert f"{founder}  for   300,000  Fewer trips." in shown
        told = assembly.run("show", 1)
        assert (told["for"], told["quorum"]) == (str(300_000 * FLOCK), str(12_000 * FLOCK))
        assert told["votes"] == [
            {"voter": founder, "support": "for", "weight": str(300_000 * FLOCK), "reason": "Fewer trips."}
        ]

    def test_proposals_are_named_by_number_or_by_the_beginning_of_their_id(self, assembly: Assembly) -> None:
        first = str(assembly.propose("set", "staking.entryFeeBps", 200)["proposal"])
        second = str(assembly.propose("set", "staking.entryFeeBps", 300)["proposal"])
        assert [assembly.run("show", word)["id"] for word in (1, 2, first[:12], second)] == [
            first,
            second,
            first,
            second,
        ]

    def test_terms_of_one_struct_are_set_together(self, assembly: Assembly) -> None:
        assembly.propose("set", "settlement.epsilonBps", 4000, "settlement.dailyBps", 2000)
        assembly.carry_out()
        terms = assembly.contracts.settlement.terms()
        assert (terms.epsilon_bps, terms.daily_bps, terms.operator_fee_bps) == (4_000, 2_000, 800)

    def test_governance_changes_its_own_numbers(self, assembly: Assembly) -> None:
        assembly.propose(
            "set", "governor.votingPeriod", "3d", "governor.quorumPercent", 5, "timelock.delay", "36h"
        )
        assembly.carry_out()
        assert assembly.contracts.governor.voting_period() == 3 * DAY
        assert assembly.contracts.governor.read("quorumNumerator()") == 5
        assert assembly.contracts.timelock.delay() == 36 * 3_600

    def test_a_dry_run_shows_old_and_new_and_signs_nothing(self, assembly: Assembly) -> None:
        words = ("propose", "set", "settlement.bond", "20000", "--title", "Dearer lies", "--key", "founder")
        block = assembly.contracts.client.block_number()
        shown = assembly.flock("gov", *words, "--dry-run", "--password-file", "/nowhere")
        assert shown.exit_code == 0, shown.stderr
        assert "settlement.bond  10,000 FLOCK  20,000 FLOCK" in shown.output
        assert "nothing was signed" in shown.output
        assert assembly.contracts.client.block_number() == block
        assert assembly.flock("gov", "list").output.startswith("There is no proposal yet")


class TestNamedActions:
    def test_a_task_is_given_a_weight(self, assembly: Assembly, task: int) -> None:
        assembly.propose("set", f"emissions.weight.{task}", 70)
        assembly.carry_out()
        assert assembly.contracts.emissions.weights() == {task: 70}
        assert f"emissions.weight.{task}" in assembly.flock("gov", "params").output

    def test_the_treasury_pays(self, assembly: Assembly) -> None:
        contracts = assembly.contracts
        contracts.token.transfer(assembly.bank, contracts.book.timelock, 500 * FLOCK)
        assembly.propose("spend", "120.5", SOMEBODY)
        assembly.carry_out()
        assert contracts.token.balance_of(SOMEBODY) == 1205 * FLOCK // 10

    def test_the_guardian_is_another_in_both_places(self, assembly: Assembly, admin: LocalAccount) -> None:
        contracts = assembly.contracts
        assembly.propose("guardian", SOMEBODY)
        assembly.carry_out()
        assert contracts.governor.guardian() == SOMEBODY
        send_as(contracts.client, SOMEBODY, contracts.staking.address, call_of(contracts.staking, "pause"))
        assert contracts.staking.read("paused")
        manager = AccessManager(contracts.client, contracts.book.access_manager)
        assert admin.address not in manager.holders(0)[AccessRole.GUARDIAN]

    def test_a_product_is_added_and_removed(self, assembly: Assembly) -> None:
        tasks = assembly.contracts.task_manager
        for number, (change, is_board) in enumerate((("add", True), ("remove", False)), 1):
            assembly.propose("board", SOMEBODY, change, title=change)
            assembly.carry_out(number)
            assert tasks.read("isBoard", SOMEBODY) is is_board

    def test_the_right_root_is_served_in_place_of_another(self, assembly: Assembly) -> None:
        """On a chain without a task the right one gives nobody anything."""
        settlement, token = assembly.contracts.settlement, assembly.contracts.token
        assembly.wait(DAY)
        assembly.contracts.emissions.emit_due(assembly.bank)
        settlement.cover_bond(assembly.bank, token, "lie")
        day = assembly.contracts.emissions.next_day()
        settlement.post(assembly.bank, b"\x66" * 32, bytes(32), 0, day)
        assembly.wait(settlement.window() + 1)
        settlement.activate(assembly.bank)
        [change] = assembly.propose("replace", day)["changes"]  # type: ignore[misc]
        assert (change["contract"], change["function"]) == ("Settlement", "replace")
        assembly.carry_out()
        assert assembly.flock("verify").exit_code == 0
        assert assembly.contracts.distributor.root() == bytes(32)

    def test_a_role_is_granted_and_revoked(self, assembly: Assembly) -> None:
        told = assembly.propose("grant", "releaser", SOMEBODY)
        [change] = told["changes"]  # type: ignore[misc]
        assert (change["contract"], change["function"]) == ("AccessManager", "grantRole")
        assembly.carry_out()
        assembly.propose("revoke", "releaser", SOMEBODY, title="No longer")
        assembly.carry_out(2)
        emissions = assembly.contracts.emissions
        with pytest.raises(ContractRefused, match="does not have permission for this"):
            send_as(assembly.contracts.client, SOMEBODY, emissions.address, call_of(emissions, "release", 1))

    def test_anything_that_is_the_timelocks_to_do(self, assembly: Assembly) -> None:
        staking = assembly.contracts.staking
        assembly.propose("call", "staking", "setTreasury", SOMEBODY)
        assembly.carry_out()
        assert staking.read("treasury") == SOMEBODY

    def test_governance_ends_a_pause_without_the_guardian(self, assembly: Assembly) -> None:
        staking = assembly.contracts.staking
        send_as(assembly.contracts.client, guardian_of(assembly), staking.address, call_of(staking, "pause"))
        assembly.propose("call", "staking", "unpause")
        assembly.carry_out()
        assert not staking.read("paused")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("set", "staking.entryFeeBps"), "takes names and values in turn"),
            (("set", *("staking.entryFeeBps", 1, "staking.entryFeeBps", 2)), "names a parameter twice"),
            (("set", "staking.entryFeeBps", "much"), "'much'; write a whole number"),
            (("set", "staking.cooldown", "2 days"), "write seconds, such as 86400, or a span"),
            (("set", "staking.treasury", "0x12"), "staking.treasury is '0x12'"),
            (("spend", 5), "write: spend AMOUNT ACCOUNT"),
            (("grant", "king", SOMEBODY), "no role 'king'. Choose one of admin, guardian"),
            (("resolve", 1, "perhaps"), "right or wrong, not 'perhaps'"),
            (("board", SOMEBODY, "perhaps"), "to add or to remove, not to 'perhaps'"),
            (("replace", "yesterday"), "DAY is 'yesterday'; write a whole number"),
            (("call", "staking", "burn"), "Staking has no function 'burn'"),
            (("call", "staking", "setEntryFeeBps"), "takes 1 arguments, not 0"),
            (("call", "stakin", "pause"), "no contract 'stakin'. Choose one of access_manager"),
            (("call", "staking", "setEntryFeeBps", "0x12"), "'0x12'; write a whole number"),
            (("abolish", "staking"), "no action 'abolish'. Choose one of set, spend"),
        ],
    )
    def test_words_that_make_no_sense(self, assembly: Assembly, words: tuple[object, ...], said: str) -> None:
        shown = assembly.flock("gov", "propose", *words, "--title", "x", "--key", "founder")
        assert (shown.exit_code, said in sentence(shown)) == (78, True), shown.stderr


class TestRefusals:
    """Before anything is signed."""

    def refused(self, shown: Result, code: int, said: str) -> None:
        assert (shown.exit_code, said in sentence(shown)) == (code, True), shown.stderr

    def test_an_unknown_parameter_with_the_names_nearest_to_it(self, assembly: Assembly) -> None:
        shown = propose(assembly, "set", "staking.entreeFeeBps", 200)
        self.refused(shown, 78, "no parameter 'staking.entreeFeeBps'. Did you mean staking.entryFeeBps")

    def test_a_value_out_of_bounds_with_the_bounds(self, assembly: Assembly) -> None:
        shown = propose(assembly, "set", "staking.entryFeeBps", 1001)
        self.refused(shown, 1, "staking.entryFeeBps cannot be 1,001 Bps (10.01%): its bounds are 0 Bps")
        shown = propose(assembly, "set", "settlement.bond", "99")
        self.refused(shown, 1, "cannot be 99 FLOCK: its bounds are 100 FLOCK to 1,000,000 FLOCK")

    def test_the_value_it_has_already(self, assembly: Assembly) -> None:
        self.refused(propose(assembly, "set", "staking.entryFeeBps", 0), 1, "there is nothing to propose")

    def test_what_would_fail_when_it_is_executed(self, assembly: Assembly) -> None:
        shown = propose(assembly, "set", "emissions.weight.9", 10)
        self.refused(shown, 1, "This would fail when it is executed: There is no task 9")
        self.refused(propose(assembly, "spend", 5, SOMEBODY), 1, "holds 0 FLOCK of the 5 FLOCK needed")

    def test_a_proposer_without_enough_votes(self, assembly: Assembly) -> None:
        assembly.voter("pauper", 10)
        assembly.wait(1)
        shown = propose(assembly, "set", "staking.entryFeeBps", 200, key="pauper")
        self.refused(
            shown, 78, "has 10 gmFLOCK of votes of the 3,000.1 that a proposal needs. Lock FLOCK with"
        )

    def test_a_vote_without_weight_at_the_snapshot(self, assembly: Assembly) -> None:
        assembly.propose("set", "staking.entryFeeBps", 200)
        assembly.wait(DAY + 1)
        assembly.voter("late", 500_000)
        shown = assembly.flock("gov", "vote", 1, "against", "--key", "late")
        self.refused(shown, 78, "has no votes on proposal 1: they were counted at")
        assert "`flock stake lock`" in shown.stderr

    def test_a_second_vote(self, assembly: Assembly) -> None:
        assembly.propose("set", "staking.entryFeeBps", 200)
        assembly.wait(DAY + 1)
        assembly.run("vote", 1, "for", "--key", "founder")
        shown = assembly.flock("gov", "vote", 1, "against", "--key", "founder")
        self.refused(shown, 1, "has voted on proposal 1 already")

    def test_an_act_in_a_state_that_does_not_allow_it(self, assembly: Assembly) -> None:
        assembly.propose("set", "staking.entryFeeBps", 200)
        for act, said in (("queue", "be queued now"), ("execute", "be executed now")):
            shown = assembly.flock("gov", act, 1, "--key", "founder")
            self.refused(shown, 1, f"Proposal 1 is pending and cannot {said}. Voting opens in")
        shown = assembly.flock("gov", "vote", 1, "for", "--key", "founder")
        self.refused(shown, 1, "Proposal 1 is pending and cannot be voted on now. Voting opens in")

    def test_an_execution_before_the_delay_is_over(self, assembly: Assembly) -> None:
        assembly.propose("set", "staking.entryFeeBps", 200)
        assembly.accept()
        assembly.run("queue", 1, "--key", "founder")
        shown = assembly.flock("gov", "execute", 1, "--key", "founder")
        self.refused(shown, 1, "cannot be executed yet. Queued. Anyone can execute it in 2 d")

    def test_the_same_proposal_twice(self, assembly: Assembly) -> None:
        assembly.propose("set", "staking.entryFeeBps", 200)
        shown = propose(assembly, "set", "staking.entryFeeBps", 200)
        self.refused(shown, 1, "This was proposed already, with the same title")

    def test_a_proposal_that_is_not_there(self, assembly: Assembly) -> None:
        self.refused(assembly.flock("gov", "show", 7), 78, "there is no proposal '7'")

    def test_a_title_of_two_lines(self, assembly: Assembly) -> None:
        shown = propose(assembly, "set", "staking.entryFeeBps", 200, title="one\ntwo")
        self.refused(shown, 78, "--title is one line")


class TestCancelling:
    def test_its_proposer_may_before_voting_opens(self, assembly: Assembly) -> None:
        assembly.propose("set", "staking.entryFeeBps", 200)
        assembly.run("cancel", 1, "--key", "founder")
        assert assembly.run("show", 1)["state"] == "cancelled"

    def test_nobody_but_the_guardian_may_later(self, assembly: Assembly, admin: LocalAccount) -> None:
        assembly.propose("set", "staking.entryFeeBps", 200)
        assembly.accept()
        assembly.run("queue", 1, "--key", "founder")
        shown = assembly.flock("gov", "cancel", 1, "--key", "founder")
        assert (shown.exit_code, "may not cancel proposal 1" in sentence(shown)) == (1, True)
        contracts = assembly.contracts
        [proposal] = contracts.governor.proposals(0, contracts.client.block_number())
        contracts.governor.cancel(assembly.sender_of(admin), proposal)
        assert assembly.run("show", 1)["state"] == "cancelled"

    def test_the_guardian_may_stop_its_replacement_but_not_its_removal(
        self, assembly: Assembly, admin: LocalAccount
    ) -> None:
        contracts, guardian = assembly.contracts, assembly.sender_of(admin)
        assembly.propose("guardian", SOMEBODY, title="Another")
        assembly.propose("guardian", "none", title="No other")
        first, second = contracts.governor.proposals(0, contracts.client.block_number())
        contracts.governor.cancel(guardian, first)
        with pytest.raises(ContractRefused, match="cannot cancel a proposal that only replaces or removes"):
            contracts.governor.cancel(guardian, second)
        assembly.carry_out(2)
        assert contracts.governor.guardian() == NOBODY
        manager = AccessManager(contracts.client, contracts.book.access_manager)
        assembly.propose("revoke", "guardian", admin.address, title="No pause")
        assembly.carry_out(3)
        assert not manager.has_role(AccessRole.GUARDIAN, admin.address)


class TestTheGuardian:
    @pytest.fixture(autouse=True)
    def _guardian(self, assembly: Assembly, admin: LocalAccount) -> None:
        """The session's guardian has a key here."""
        KeyStore(assembly.home.folder / "keys", CHEAP).import_key("guardian", admin.key.hex(), PASSWORD)

    def test_it_pauses_what_begins_and_ends_the_pause(self, assembly: Assembly) -> None:
        said = assembly.run("pause", "all", "--key", "guardian")
        assert said["after"] == dict.fromkeys(("staking", "tasks", "emissions", "market"), "paused")
        assert said["before"] == dict.fromkeys(("staking", "tasks", "emissions", "market"), "open")
        assert assembly.run("unpause", "tasks", "--key", "guardian")["after"] == {"tasks": "open"}
        contracts = assembly.contracts
        paused = (contracts.staking, contracts.task_manager, contracts.emissions)
        assert [binding.read("paused") for binding in paused] == [True, False, True]

    @pytest.mark.parametrize(
        ("words", "code", "said"),
        [
            (("pause", "all", "--key", "founder"), 1, "is not the guardian, who is 0x"),
            (("park", 1, "--key", "founder"), 1, "is not the guardian, who is 0x"),
            (
                ("pause", "vesting", "--key", "guardian"),
                78,
                "'vesting' cannot be paused. Choose one of staking",
            ),
            (("unpause", "staking", "--key", "guardian"), 1, "staking: not paused; nothing is left to do"),
            (("park", 9, "--key", "guardian"), 1, "root 9"),
        ],
    )
    def test_what_it_cannot(
        self, assembly: Assembly, words: tuple[object, ...], code: int, said: str
    ) -> None:
        shown = assembly.flock("gov", *words)
        assert (shown.exit_code, said in sentence(shown)) == (code, True), shown.stderr


class TestParameters:
    def test_all_are_listed_with_value_bounds_unit_and_contract(self, assembly: Assembly) -> None:
        listed = {each["name"]: each for each in json.loads(assembly.flock("gov", "params", "--json").output)}
        assert set(PARAMETERS) <= set(listed)
        ratio = listed["staking.delegationRatio"]
        assert (ratio["value"], ratio["least"], ratio["most"]) == (10, 1, 100)
        assert (ratio["unit"], ratio["contract"]) == ("–", "Staking")
        assert listed["governor.proposalThreshold"]["value"] == str(100_000 * FLOCK)
        shown = assembly.flock("gov", "params").output
        assert "staking.cooldown" in shown
        assert "86,400 s (1 d)" in shown


# ---- pieces


@pytest.fixture
def task(assembly: Assembly) -> int:
    """One that is open for a month."""
    return open_task(assembly)


def open_task(assembly: Assembly) -> int:
    contracts = assembly.contracts
    now = contracts.client.now()
    terms = replace(TERMS, keeper_fee=Wei(0), start_by=now + 20 * DAY, ends_at=now + 30 * DAY)
    return contracts.task_manager.create(assembly.bank, contracts.token, terms, bytes(32), 0)


def propose(assembly: Assembly, *words: object, key: str = "founder", title: str = "A change") -> Result:
    return assembly.flock("gov", "propose", *words, "--title", title, "--key", key)


def listed(assembly: Assembly) -> str:
    return assembly.flock("gov", "list").output


def guardian_of(assembly: Assembly) -> str:
    return assembly.contracts.book.guardian


def call_of(binding: Binding, function: str, *arguments: object) -> bytes:
    return binding.abi.functions[function].encode(*arguments)
