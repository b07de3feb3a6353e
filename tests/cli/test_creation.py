"""There is one way to make a task: the command line and the service make the same of the same wishes."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from safetensors.numpy import save

from flock.alliance.projection import plain
from flock.chain.contracts.task_manager import encoded_terms
from flock.chain.keys import KeyStore
from flock.cli.task_files import TaskFiles
from flock.errors import BadConfig
from flock.programs.task_config import train_config
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.hashing import keccak
from flock.protocol.core.merkle import allow_list_root
from flock.protocol.core.units import DAY, WAD, Wei
from flock.tasks.documents import LARGEST_METADATA, canonical_metadata, evaluation_of, read_metadata
from flock.training.arrays import encode_model
from flock.training.evaluation import Evaluation
from flock.web.errors import BadFields
from tests import patience
from tests.alliance.signed_in import put_draft, signed_in
from tests.cli.conftest import PASSWORD
from tests.cli.network import Site

MODEL = encode_model({"w": np.ones((2, 3), np.float32)})
CID = cid_of(digest_of(MODEL))
BOUNTY = 2_400 * WAD
METADATA = {
    "title": "Weißwein 🍷",
    "train": {"lr": 1e-3, "local-epochs": 2},
    "notes": [{"b": None, "a": -0.5}],
}
NOW = 1_900_000_000

REFUSED = {
    "too big": (json.dumps({"text": "a" * LARGEST_METADATA}), "keep it within 524288"),
    "not JSON": ('{"a": }', "it is not JSON: Expecting value"),
    "cut off": ('{"a": 1', "it is not JSON: Expecting"),
    "no object": ("[1]", "it is not a JSON object"),
    "NaN": ('{"lr": NaN}', "it holds NaN or infinity"),
    "infinity": ('{"lr": -Infinity}', "it holds NaN or infinity"),
    "an infinite number": ('{"lr": 1e400}', "it holds NaN or infinity"),
    "17 levels": ('{"a":' * 17 + "1" + "}" * 17, "deeper than 16 levels"),
    "too deep for a parser": ('{"a":' * 90_000 + "1" + "}" * 90_000, "deeper than 16 levels"),
    "too wide to train with": ('{"train": {"epochs": 9223372036854775808}}', "more than 64 bits"),
    "too wide elsewhere": ('{"notes": [{"n": -9223372036854775809}]}', "more than 64 bits"),
    "too wide for Python": ('{"n": ' + "9" * 5_000 + "}", "more than 64 bits"),
    "a name twice": ('{"train": {"lr": 0.1, "lr": 0.2}}', "has the name 'lr' twice"),
    "no plain value": ('{"train": {"layers": [1, 2]}}', "a number of 64 bits, a text, true or false"),
    "half a character": (r'{"train": {"name": "\ud800"}}', "a number of 64 bits, a text, true or false"),
    "train is no object": ('{"train": 3}', "write an object of plain values"),
    "a schedule of nothing": ('{"train": {"lr": {}}}', 'such as {"1": 0.1, "5": 0.05}'),
    "a schedule by no round": ('{"train": {"lr": {"05": 0.1}}}', 'such as {"1": 0.1, "5": 0.05}'),
    "a schedule of lists": ('{"train": {"lr": {"1": [0.1]}}}', 'such as {"1": 0.1, "5": 0.05}'),
    "no metric": ('{"metric": 3}', "name one of the metrics that the app reports"),
    "an endless metric": (f'{{"metric": "{"a" * 201}"}}', "name one of the metrics that the app reports"),
    "no direction": ('{"metric": "auc", "higher_is_better": "yes"}', "write true or false"),
    "a higher loss": ('{"higher_is_better": true}', "a lower loss is better"),
    "no word on state": ('{"personalised": 1}', "write true or false"),
    "ties of a list": ('{"tied": [["a", "b"]]}', "the model's own by the other"),
    "ties to no name": ('{"tied": {"a": 1}}', "write the name of an array of the model"),
    "no bundle": ('{"fab": "app.fab"}', "the SHA-256 of a Flower App Bundle"),
    "a list of its own": ('{"allow_list": []}', "beside the metadata"),
    "a byte order mark": ("\ufeff{}", "it begins with a byte order mark"),
}


def body(metadata: str, **more: object) -> bytes:
    """A request with ``metadata`` as it is written; a byte order mark can only stand before all of it."""
    mark = "\ufeff" if metadata.startswith("\ufeff") else ""
    rest = json.dumps({"bounty": str(BOUNTY), "initial_model": CID, **more})
    return f'{mark}{rest[:-1]}, "metadata": {metadata.removeprefix(mark)}}}'.encode()


@pytest.fixture
def founder(site: Site) -> LocalAccount:
    site.key("founder")
    return KeyStore(site.home.folder / "keys").unlock("founder", PASSWORD)


@pytest.fixture
def web(site: Site, founder: LocalAccount) -> Iterator[httpx.Client]:
    with signed_in(site.service, founder) as client:
        client.headers["Content-Type"] = "application/json"
        put_draft(client, MODEL)
        yield client


def files(folder: Path, metadata: bytes, terms: str = "") -> TaskFiles:
    written = TaskFiles(folder / "model", folder / "metadata.json", terms=folder / "terms.toml")
    written.model.write_bytes(MODEL)
    written.metadata.write_bytes(metadata)
    (folder / "terms.toml").write_text(terms)
    return written


def refusal(folder: Path, metadata: str) -> str:
    """What the command line says of a metadata file."""
    with pytest.raises(BadConfig) as refused:
        files(folder, metadata.encode()).read_offer(Wei(BOUNTY), MODEL, NOW)
    return str(refused.value)


@pytest.mark.parametrize("is_closed", [False, True])
def test_the_same_wishes_are_the_same_task(site: Site, web: httpx.Client, is_closed: bool) -> None:
    """To the byte: of the metadata, of the terms, and of the transaction that makes it."""
    now = site.contracts.client.now()
    times = {"starts_at": now, "start_by": now + DAY, "ends_at": now + 9 * DAY}
    dates = {name: datetime.fromtimestamp(seconds, UTC).isoformat() for name, seconds in times.items()}
    members = [Account.create().address for _ in range(5)] if is_closed else []
    wei = {"minimum_stake": 435 * 10**16, "keeper_fee": WAD // 10, "norm_clip": 25 * 10**17}

    parameters = {"proposer_seats": 2, "voter_seats": 3, **dates, **{name: str(wei[name]) for name in wei}}
    backwards = json.dumps(dict(reversed(METADATA.items())))
    answer = web.post("/tasks", content=body(backwards, parameters=parameters, allow_list=members))
    assert answer.status_code == 200, answer.text
    offered = answer.json()

    lines = ["proposer_seats = 2", "voter_seats = 3", "minimum_stake = 4.35", "keeper_fee = 0.1"]
    lines += ["norm_clip = 2.5", *(f"{name} = {date}" for name, date in dates.items())]
    if is_closed:
        site.file("members.json", json.dumps([members[0].lower(), *members]))
        lines.append('allow_list = "members.json"')
    options = {
        "model": site.file("own.safetensors", save({"w": np.ones((2, 3), np.float32)}, {"format": "np"})),
        "metadata": site.file("own.json", json.dumps(METADATA, indent=2, ensure_ascii=False)),
        "terms": site.file("own.toml", "\n".join(lines)),
    }
    number = site.create_task(**options)

    manager = site.contracts.task_manager
    task, terms = manager.task_of(number), manager.parameters_of(number)
    assert offered["metadata_digest"] == "0x" + task.metadata.hex()
    assert offered["parameters"] == {name: plain(name, value) for name, value in asdict(terms).items()}
    assert int(offered["bounty"]) == task.bounty
    assert (terms.initial_model, terms.minimum_stake) == (digest_of(MODEL), wei["minimum_stake"])
    assert terms.allow_list_root == allow_list_root(members)
    sent = site.contracts.client.rpc.request("eth_getBlockByNumber", "latest", True)["transactions"][-1]
    offered_data = offered["transactions"][-1]["transaction"]["data"]
    assert sent["input"] == offered_data
    encoded = encoded_terms(terms)
    assert keccak(bytes.fromhex(offered_data[-2 * len(encoded) :])) == keccak(encoded)
    document = patience.get(f"{site.service}/blobs/{offered['metadata']}").content
    assert document == canonical_metadata(METADATA, members)


@pytest.mark.parametrize("turn", range(3))  # a service takes ten tasks a minute of one account
def test_bad_metadata_is_refused_with_the_same_sentence(web: httpx.Client, tmp_path: Path, turn: int) -> None:
    for name, (metadata, words) in list(REFUSED.items())[turn::3]:
        answer = web.post("/tasks", content=body(metadata))
        assert answer.status_code == 422, name
        [error] = answer.json()["errors"]
        said = error["detail"].partition(", line")[0]  # where in the file is not where in the request
        assert words in said, name
        told = refusal(tmp_path, metadata)
        assert told.startswith(f"The metadata file {tmp_path / 'metadata.json'}: "), name
        assert said in told, name


def test_ties_that_do_not_fit_the_model_are_named_before_anything_is_signed(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="tied: 'head' is tied to 'absent', which is not of the model"):
        files(tmp_path, b'{"tied": {"head": "absent"}}').read_offer(Wei(BOUNTY), MODEL, NOW)


def test_bytes_that_are_no_text_are_refused_with_the_same_sentence(web: httpx.Client, tmp_path: Path) -> None:
    [error] = web.post("/tasks", content=body("{}") + b"\xff").json()["errors"]
    assert error["detail"] == "it is not JSON: it is not UTF-8."
    with pytest.raises(BadConfig, match="it is not JSON: it is not UTF-8"):
        files(tmp_path, b"{}\xff").read_offer(Wei(BOUNTY), MODEL, NOW)


@pytest.mark.parametrize("missing", ["model", "metadata", "fab"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    given = replace(files(tmp_path, b"{}"), **{missing: tmp_path / "absent"})
    with pytest.raises(BadConfig, match=r"The file .*absent cannot be read \(No such file"):
        given.read_documents(NOW)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b'{"train": {"epochs": 9223372036854775808}}', "It: train.epochs: write a number of 64 bits"),
        (b'{"train": [1]}', "It: train: write an object of plain values"),
        (b"[]", "It needs a `train` object"),
        (b"{", "It is not JSON"),
    ],
)
def test_a_task_that_others_made_otherwise_is_refused_by_who_would_work_on_it(
    document: bytes, words: str
) -> None:
    with pytest.raises(BadConfig, match=words):
        train_config(document, "It")


def test_a_task_says_how_its_models_are_evaluated() -> None:
    assert evaluation_of({}) == Evaluation()
    said = {"metric": "auc", "higher_is_better": True, "personalised": True, "train": {}}
    assert evaluation_of(said) == Evaluation("auc", higher_is_better=True, personalised=True)
    assert json.loads(canonical_metadata(said)) == said


def test_a_private_list_leaves_only_its_root(web: httpx.Client, tmp_path: Path) -> None:
    root = "0x" + "ab" * 32
    few = {"proposer_seats": 1, "voter_seats": 1}
    answer = web.post("/tasks", content=body("{}", allow_list_root=root, parameters=few)).json()
    assert answer["parameters"]["allow_list_root"] == root
    terms = f'proposer_seats = 1\nvoter_seats = 1\nallow_list_root = "{root}"\n'
    offer = files(tmp_path, b"{}", terms).read_offer(Wei(BOUNTY), MODEL, NOW)
    assert "0x" + offer.parameters.allow_list_root.hex() == root
    assert offer.metadata == b"{}"
    assert cid_of(offer.digest) == answer["metadata"]


def test_terms_that_do_not_hold_are_told_of_alike(web: httpx.Client, tmp_path: Path) -> None:
    for terms, parameters in (
        ("voter_seats = 99\nslash_bps = 9000\n", {"voter_seats": 99, "slash_bps": 9_000}),
        ("minimum_stake = 0.5\n", {"minimum_stake": str(WAD // 2)}),
        ("keeper_fee = 2400\n", {"keeper_fee": str(BOUNTY)}),
    ):
        answer = web.post("/tasks", content=body("{}", parameters=parameters)).json()
        with pytest.raises(BadConfig) as refused:
            files(tmp_path, b"{}", terms).read_offer(Wei(BOUNTY), MODEL, NOW)
        assert answer["errors"]
        for error in answer["errors"]:
            assert error["detail"] in str(refused.value)


def test_a_list_and_a_root_are_one_too_many(web: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "members.json").write_text(json.dumps([Account.create().address]))
    root = "0x" + "ab" * 32
    answer = web.post(
        "/tasks", content=body("{}", allow_list=[Account.create().address], allow_list_root=root)
    )
    [error] = answer.json()["errors"]
    with pytest.raises(BadConfig, match="not both") as refused:
        files(tmp_path, b"{}", f'allow_list = "members.json"\nallow_list_root = "{root}"\n').read_offer(
            Wei(BOUNTY), MODEL, NOW
        )
    assert error["detail"] in str(refused.value)


class TestCanonicalMetadata:
    def test_it_reads_back_as_it_was(self) -> None:
        data = canonical_metadata(METADATA)
        assert data.isascii()
        assert read_metadata(data) == METADATA
        assert canonical_metadata(read_metadata(data)) == data

    def test_accounts_are_listed_once_and_sorted_with_their_checksums(self) -> None:
        accounts = [Account.create().address for _ in range(3)]
        data = canonical_metadata({}, [*accounts, accounts[0].lower()])
        assert json.loads(data) == {"allow_list": sorted(accounts)}

    def test_a_list_counts_towards_the_size(self) -> None:
        room = LARGEST_METADATA - len(canonical_metadata({"text": ""}, ["0x" + "00" * 20]))
        assert canonical_metadata({"text": "a" * room}, ["0x" + "00" * 20])
        with pytest.raises(BadFields, match="keep it within"):
            canonical_metadata({"text": "a" * (room + 1)}, ["0x" + "00" * 20])

    def test_what_is_no_account_is_named_by_its_place(self) -> None:
        with pytest.raises(BadFields) as refused:
            canonical_metadata({}, ["0x" + "00" * 20, "0x12"])
        assert list(refused.value.fields) == ["allow_list.1"]

    def test_a_list_has_a_longest(self) -> None:
        with pytest.raises(BadFields, match="list at most 10000"):
            canonical_metadata({}, ["0x" + "00" * 20] * 10_001)
