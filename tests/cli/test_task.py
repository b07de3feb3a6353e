"""``flock task``: made once with its files in the service, paid, shown, cancelled."""

import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from eth_account import Account
from safetensors.numpy import save

from flock.protocol.alliance.terms import DEFAULT_TIMES, DEFAULTS
from flock.protocol.core.cid import cid_of
from flock.protocol.core.merkle import allow_list_root
from flock.protocol.core.units import DAY, WAD
from flock.store.http_blobs import HttpBlobs
from flock.training.arrays import decode_model
from tests.cli.network import MODEL_BYTES, Site, sentence, zeros
from tests.node.member_app import START

BOUNTY = 2_400 * WAD


@pytest.fixture(autouse=True)
def founder(site: Site) -> str:
    return site.key("founder")


def served(site: Site, cid: str) -> bytes:
    with HttpBlobs(site.service) as blobs:
        return blobs.get(cid, 1 << 20)


class TestCreate:
    def test_a_task_is_funded_and_its_files_are_served(self, site: Site, founder: str) -> None:
        shown = json.loads(site.flock("task", "create", *site.create_words(), "--json").stdout)
        task = site.contracts.task_manager.task_of(shown["task"])
        assert (task.creator, task.bounty, task.balance) == (founder, BOUNTY, BOUNTY)
        assert shown["metadata"] == cid_of(task.metadata)
        assert json.loads(served(site, shown["metadata"]))["train"] == {"lr": 0.1}
        assert decode_model(served(site, shown["model"]))["w"].tolist() == START["w"].tolist()

    def test_any_float32_safetensors_file_becomes_canonical(self, site: Site) -> None:
        """As other programs write it: other metadata, other order, other padding."""
        arrays = {"z": np.ones((2,), np.float32), "a": np.zeros((), np.float32)}
        task = site.create_task(model=site.file("odd.safetensors", save(arrays, {"format": "pt"})))
        digest = site.contracts.task_manager.parameters_of(task).initial_model
        assert list(decode_model(served(site, cid_of(digest)))) == ["a", "z"]

    def test_what_the_terms_leave_out_has_a_default(self, site: Site) -> None:
        task = site.create_task(terms=None)
        now, terms = site.contracts.client.now(), site.contracts.task_manager.parameters_of(task)
        assert (terms.proposer_seats, terms.voter_seats, terms.rule) == (15, 15, 131)
        assert terms.minimum_stake == 100 * WAD
        assert 0 <= now + 8 * DAY - terms.start_by < 60
        assert 0 <= now + DAY - terms.starts_at < 60
        assert (terms.minimum_members, terms.max_members) == (60, 10_000)
        assert terms.keepers_reserve == BOUNTY // 100

    def test_the_defaults_are_those_that_the_documents_show(self) -> None:
        page = Path(__file__).parents[2] / "docs/operating.md"
        [example] = re.findall(r"```toml\n(planned_rounds.*?)```", page.read_text(), re.DOTALL)
        in_gm = {"minimum_stake": DEFAULTS["minimum_stake"] // WAD}
        assert tomllib.loads(example) == {**DEFAULTS, **DEFAULT_TIMES, **in_gm}

    def test_terms_are_in_units_of_people(self, site: Site) -> None:
        end = datetime.fromtimestamp(site.contracts.client.now(), UTC) + timedelta(days=20)
        text = (
            "minimum_stake = 12.5\nkeeper_fee = 0.25\nnorm_clip = 10\nstart_by = 3600\n"
            f'ends_at = {end:%Y-%m-%dT%H:%M:%SZ}\nallow_list_root = "0x{"ab" * 32}"\n'
        )
        task = site.create_task(terms=site.file("own.toml", text))
        terms = site.contracts.task_manager.parameters_of(task)
        assert (terms.minimum_stake, terms.keeper_fee, terms.norm_clip) == (
            25 * WAD // 2,
            WAD // 4,
            10 * WAD,
        )
        assert (terms.ends_at, terms.allow_list_root) == (int(end.timestamp()), b"\xab" * 32)

    def test_an_allow_list_lies_beside_the_terms(self, site: Site) -> None:
        members = [Account.create().address for _ in range(3)]
        site.file("members.json", json.dumps(members))
        task = site.create_task(terms=site.file("closed.toml", 'allow_list = "members.json"'))
        manager = site.contracts.task_manager
        assert manager.parameters_of(task).allow_list_root == allow_list_root(members)
        document = json.loads(served(site, cid_of(manager.task_of(task).metadata)))
        assert document == {"title": "A test", "train": {"lr": 0.1}, "allow_list": sorted(members)}

    def test_a_closed_task_is_completed_with_its_list(self, site: Site) -> None:
        site.file("members.json", json.dumps([Account.create().address]))
        terms = site.file("closed.toml", 'allow_list = "members.json"')
        task = site.create_task(terms=terms)
        words = site.create_words(bounty=None, terms=terms, task=task)
        assert site.flock("task", "create", *words).exit_code == 0
        shown = site.flock("task", "create", *site.create_words(bounty=None, terms=None, task=task))
        assert shown.exit_code == 1
        assert "and --terms if they name an allow_list" in sentence(shown)

    def test_repeating_the_command_makes_no_second_task(self, site: Site) -> None:
        first = site.create_task()
        block = site.contracts.client.block_number()
        assert site.create_task() == first
        assert site.contracts.client.block_number() == block

    def test_another_bounty_is_another_task(self, site: Site) -> None:
        assert site.create_task() != site.create_task(bounty="1200")

    def test_a_dry_run_checks_everything_and_sends_nothing(self, site: Site) -> None:
        block = site.contracts.client.block_number()
        shown = site.flock("task", "create", *site.create_words(), "--dry-run")
        assert (shown.exit_code, site.contracts.client.block_number()) == (0, block)
        assert "2,400 FLOCK" in shown.stdout
        assert "100 gmFLOCK" in shown.stdout
        assert "It begins with 6 members" in shown.stdout

    def test_a_failed_upload_names_the_task_and_how_to_complete_it(self, site: Site) -> None:
        large = site.file("large.safetensors", zeros((MODEL_BYTES // 4 + 1,)))
        shown = site.flock("task", "create", *site.create_words(model=large))
        task = site.contracts.task_manager.task_count()
        assert shown.exit_code == 1
        assert f"Task {task} is made, but the service does not have all its files" in sentence(shown)
        assert f"Repeat the command with --task {task}" in sentence(shown)

    def test_completing_a_task_uploads_what_is_missing(self, site: Site) -> None:
        task = site.create_task()
        files = [path for path in (site.home.folder / "blobs").rglob("*") if path.is_file()]
        for path in files:
            path.unlink()
        words = site.create_words(bounty=None, terms=None, task=task)
        completed = site.flock("task", "create", *words, "--json")
        assert completed.exit_code == 0, completed.stderr
        assert json.loads(completed.stdout)["task"] == task
        assert len(files) == 2
        assert all(path.exists() for path in files)

    def test_the_files_of_another_task_do_not_complete_it(self, site: Site) -> None:
        task = site.create_task()
        words = site.create_words(
            bounty=None, terms=None, task=task, model=site.file("b.safetensors", zeros((9,)))
        )
        shown = site.flock("task", "create", *words)
        assert shown.exit_code == 1
        assert f"not the model and metadata that task {task} was made with" in sentence(shown)


class TestRefusals:
    """Each names the input and the way out, and nothing is sent."""

    @pytest.fixture(autouse=True)
    def _nothing_is_sent(self, site: Site, founder: str):
        block = site.contracts.client.block_number()
        yield
        assert site.contracts.client.block_number() == block

    @pytest.mark.parametrize(
        ("model", "words"),
        [
            (b"not safetensors", "is not a safetensors file"),
            (zeros((2,), np.complex64), "Array 'w' of The model file"),
            (zeros((2,), np.int64), "There is nothing to train in it"),
            (save({"w": np.full((2,), np.nan, np.float32)}), "NaN or infinity"),
            (save({}), "holds no arrays"),
        ],
    )
    def test_a_model_that_is_none(self, site: Site, model: bytes, words: str) -> None:
        bad = site.file("bad.safetensors", model)
        shown = site.flock("task", "create", *site.create_words(model=bad))
        assert shown.exit_code == 1
        assert words in sentence(shown)
        assert str(bad) in sentence(shown)

    @pytest.mark.parametrize("text", ["{", "[1]", '{"train": 3}', '{"train": {"layers": [1, 2]}}'])
    def test_metadata_that_no_node_could_read(self, site: Site, text: str) -> None:
        bad = site.file("bad.json", text)
        shown = site.flock("task", "create", *site.create_words(metadata=bad))
        assert shown.exit_code == 78
        assert f"The metadata file {bad}" in sentence(shown)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("planned_rounds = ", "cannot be read"),
            ("rounds = 3", "There are no terms rounds"),
            ("planned_rounds = 2.5", "planned_rounds in"),
            ("voter_seats = true", "write a whole number"),
            ('start_by = "tomorrow"', "write seconds from now, or a date"),
            ("minimum_stake = 1e-19", "'1e-19' is not an amount"),
            ("minimum_stake = nan", "is not an amount"),
            ('allow_list_root = "0x12"', "64 hex digits"),
            ('initial_model = "0x00"', "follows from the model file"),
        ],
    )
    def test_terms_that_do_not_read(self, site: Site, text: str, words: str) -> None:
        shown = site.flock("task", "create", *site.create_words(terms=site.file("bad.toml", text)))
        assert shown.exit_code == 78
        assert words in sentence(shown)
        assert "bad.toml" in sentence(shown)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (None, "cannot be read"),
            ("{}", "must be a JSON list"),
            ("[]", "names nobody"),
            ('["0x12"]', "'0x12'"),
        ],
    )
    def test_an_allow_list_that_is_none(self, site: Site, content: str | None, words: str) -> None:
        if content is not None:
            site.file("members.json", content)
        terms = site.file("closed.toml", 'allow_list = "members.json"')
        shown = site.flock("task", "create", *site.create_words(terms=terms))
        assert shown.exit_code == 78
        assert words in sentence(shown)
        assert "members.json" in sentence(shown)

    def test_every_bound_that_is_violated_is_named(self, site: Site) -> None:
        terms = site.file("bad.toml", "voter_seats = 99\nslash_bps = 9000\nends_at = 60\n")
        shown = site.flock("task", "create", *site.create_words(terms=terms))
        assert shown.exit_code == 78
        for words in ("voter_seats is 99; choose 1 to 63", "slash_bps is 9000", "start_by is"):
            assert words in sentence(shown)

    @pytest.mark.parametrize("bounty", ["lots", "-5", "1e40", "0.1234567890123456789"])
    def test_a_bounty_that_is_no_amount(self, site: Site, bounty: str) -> None:
        shown = site.flock("task", "create", *site.create_words(bounty=None), f"--bounty={bounty}")
        assert shown.exit_code == 78
        assert f"--bounty: '{bounty}' is not an amount" in sentence(shown)

    def test_a_bounty_beyond_the_purse(self, site: Site, founder: str) -> None:
        shown = site.flock("task", "create", *site.create_words(bounty="10001"))
        assert shown.exit_code == 78
        assert f"{founder} holds 10,000 FLOCK of the 10,001 needed" in sentence(shown)

    def test_a_service_that_is_down(self, site: Site) -> None:
        words = site.create_words(alliance="http://127.0.0.1:1")
        shown = site.flock("task", "create", *words)
        assert shown.exit_code == 75
        assert "The Alliance service at http://127.0.0.1:1 does not answer" in sentence(shown)

    def test_neither_a_bounty_nor_a_task(self, site: Site) -> None:
        assert site.flock("task", "create", *site.create_words(bounty=None)).exit_code == 2

    def test_a_task_that_is_not_there(self, site: Site) -> None:
        for words in (
            ["show", "99"],
            ["fund", "99", "5", "--key", "founder"],
            ["cancel", "99", "--key", "founder"],
        ):
            shown = site.flock("task", *words)
            assert shown.exit_code == 78
            assert "knows no task 99" in sentence(shown)
            assert "flock task list" in sentence(shown)


class TestLife:
    def test_no_tasks_are_not_an_error(self, site: Site) -> None:
        assert "flock task create" in site.flock("task", "list").stdout
        assert json.loads(site.flock("task", "list", "--json").stdout) == []

    def test_tasks_are_listed_and_shown(self, site: Site, founder: str) -> None:
        task = site.create_task()
        [row] = json.loads(site.flock("task", "list", "--json").stdout)
        assert (row["task"], row["state"], row["creator"]) == (task, "open", founder)
        assert founder in site.flock("task", "list").stdout
        shown = site.flock("task", "show", task).stdout
        for words in ("2,400 FLOCK", "A test", "100 gmFLOCK", "open to all", "600 s", "40 %", "waits for"):
            assert words in shown

    def test_a_task_in_json_is_as_the_chain_has_it(self, site: Site) -> None:
        task = site.create_task()
        shown = json.loads(site.flock("task", "show", task, "--json").stdout)
        assert shown["metadata"]["title"] == "A test"
        assert shown["terms"]["minimum_stake"] == str(100 * WAD)
        assert (shown["bounty"], shown["pool"], shown["members"]) == (str(BOUNTY), str(BOUNTY), 0)

    def test_a_task_is_shown_without_its_service(self, site: Site) -> None:
        task = site.create_task()
        shown = site.flock("task", "show", task, "--alliance", "http://127.0.0.1:1")
        assert shown.exit_code == 0
        assert "not to be had" in shown.stdout

    def test_more_money_can_be_added_while_it_is_open(self, site: Site) -> None:
        task = site.create_task()
        shown = site.flock("task", "fund", task, "99.5", "--key", "founder")
        assert shown.exit_code == 0, shown.stderr
        assert "2,499.5 FLOCK" in shown.stdout
        assert site.contracts.task_manager.task_of(task).balance == BOUNTY + 199 * WAD // 2

    def test_a_cancelled_task_returns_its_bounty(self, site: Site, founder: str) -> None:
        task = site.create_task()
        assert site.flock("task", "cancel", task, "--key", "founder").exit_code == 0
        assert site.contracts.token.balance_of(founder) == 10_000 * WAD
        again = site.flock("task", "cancel", task, "--key", "founder")
        assert again.exit_code == 0
        refused = site.flock("task", "fund", task, "1", "--key", "founder")
        assert refused.exit_code == 1
        assert f"Task {task} is cancelled" in sentence(refused)

    def test_only_its_creator_cancels_a_task(self, site: Site) -> None:
        task = site.create_task()
        site.key("stranger", flock=0)
        shown = site.flock("task", "cancel", task, "--key", "stranger")
        assert shown.exit_code == 1
        assert "Only the task's creator can cancel it before" in sentence(shown)
        assert site.contracts.task_manager.task_of(task).is_open
