"""What a task's digests stand for: its metadata, in one canonical form, and its first model."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flock.chain.addresses import parse_address
from flock.errors import BadArrays
from flock.training.arrays import decode_model, require_trainable
from flock.training.evaluation import Evaluation
from flock.training.header import read_header
from flock.training.schedules import Settings
from flock.training.ties import Ties, require_ties
from flock.web.errors import BadFields
from flock.web.strict_json import DEEPEST, TOO_DEEP, parsed_json

LARGEST_METADATA = 512 << 10
LARGEST_MODEL = 1 << 32
LONGEST_ALLOW_LIST = 10_000
LONGEST_METRIC = 200
METADATA = "metadata"
TRAIN = "train"
BUNDLE = "fab"
ALLOW_LIST = "allow_list"
ROUND = re.compile("0|[1-9][0-9]{0,8}")
PLAIN = (
    "write a number of 64 bits, a text, true or false, or an object of these by the number of the first round that "
    'they hold for, such as {"1": 0.1, "5": 0.05}.'
)
INT64 = range(-(2**63), 2**63)

METRIC, HIGHER, PERSONALISED = "metric", "higher_is_better", "personalised"
TIED = "tied"
MOST_TIES = 1_000


def read_metadata(data: bytes) -> dict[str, Any]:
    """The JSON object in ``data``. Raises BadFields, as ``canonical_metadata`` does."""
    try:
        return object_of(parsed_json(data, METADATA))
    except ValueError as problem:
        raise BadFields({METADATA: str(problem)}) from None


def object_of(document: object) -> dict[str, Any]:
    """``document``. Raises ValueError with a sentence if it is not a JSON object, BadFields if it is too deep."""
    if not isinstance(document, dict):
        raise ValueError('it is not a JSON object; write one, such as {"train": {}}.')  # noqa: TRY004 - for pydantic
    _require_shallow(document)
    return document


def canonical_metadata(document: Mapping[str, Any], allow_list: Sequence[str] = ()) -> bytes:
    """The bytes of ``document`` in ASCII, with sorted keys and no blanks; an allow-list is put into it, sorted.

    Raises BadFields naming what is too large, too deep, not a number, or not plain in ``train``.
    """
    if ALLOW_LIST in document:
        raise BadFields(
            {f"{METADATA}.{ALLOW_LIST}": "give the addresses in allow_list, beside the metadata."}
        )
    _require_shallow(document)
    _require_short_integers(document)
    train_of(document)
    bundle_of(document)
    evaluation_of(document)
    ties_of(document)
    listed = {ALLOW_LIST: canonical_allow_list(allow_list)} if allow_list else {}
    data = _written({**document, **listed})
    if len(data) > LARGEST_METADATA:
        raise BadFields({METADATA: f"it takes {len(data)} bytes; keep it within {LARGEST_METADATA}."})
    return data


def canonical_allow_list(accounts: Sequence[str]) -> list[str]:
    """Each account once, with the capitals of its checksum, sorted. Raises BadFields naming whatever is not one."""
    if len(accounts) > LONGEST_ALLOW_LIST:
        raise BadFields({ALLOW_LIST: f"it has {len(accounts)} addresses; list at most {LONGEST_ALLOW_LIST}."})
    return sorted({_account(place, account) for place, account in enumerate(accounts)})


def train_of(document: Mapping[str, Any]) -> Settings:
    """The ``train`` object, which every app is handed: Flower takes numbers of 64 bits, texts and truth values.

    What changes with the round is an object of these by the number of the first round that they hold for. Raises
    BadFields naming what is none of these.
    """
    train = document.get(TRAIN, {})
    if not isinstance(train, dict):
        raise BadFields({f"{METADATA}.{TRAIN}": "write an object of plain values, such as numbers and text."})
    for name, value in train.items():
        if not (_is_text(name) and (_is_plain(value) or _is_schedule(value))):
            raise BadFields({f"{METADATA}.{TRAIN}.{name}": PLAIN})
    return train


def evaluation_of(document: Mapping[str, Any]) -> Evaluation:
    """By what metric members vote, and whether what an app kept to itself has a say. Raises BadFields."""
    metric, higher = document.get(METRIC), document.get(HIGHER, False)
    if metric is not None and not (
        isinstance(metric, str) and 0 < len(metric) <= LONGEST_METRIC and _is_text(metric)
    ):
        raise BadFields(
            {f"{METADATA}.{METRIC}": 'name one of the metrics that the app reports, such as "accuracy".'}
        )
    for name in (HIGHER, PERSONALISED):
        if not isinstance(document.get(name, False), bool):
            raise BadFields({f"{METADATA}.{name}": "write true or false."})
    if higher and metric is None:
        raise BadFields(
            {f"{METADATA}.{HIGHER}": "a lower loss is better; name another `metric`, or leave this out."}
        )
    return Evaluation(metric, higher, document.get(PERSONALISED, False))


def ties_of(document: Mapping[str, Any]) -> Ties:
    """The names that apps have for arrays of the model beside the model's own. Raises BadFields."""
    ties = document.get(TIED, {})
    if not isinstance(ties, dict) or len(ties) > MOST_TIES:
        raise BadFields(
            {
                f"{METADATA}.{TIED}": f"write an object of up to {MOST_TIES:,} names, the model's own by the other, "
                'such as {"lm_head.weight": "wte.weight"}.'
            }
        )
    for other, name in ties.items():
        if not (isinstance(name, str) and _is_text(name) and _is_text(other)):
            raise BadFields({f"{METADATA}.{TIED}.{other}": "write the name of an array of the model."})
    return ties


def bundle_of(document: Mapping[str, Any]) -> str | None:
    """The SHA-256, in hex, of the Flower App Bundle that the document names, if any. Raises BadFields."""
    pinned = document.get(BUNDLE)
    if pinned is None or (isinstance(pinned, str) and re.fullmatch("[0-9a-f]{64}", pinned)):
        return pinned
    raise BadFields(
        {f"{METADATA}.{BUNDLE}": "write the SHA-256 of a Flower App Bundle, 64 hexadecimal digits."}
    )


def require_model(data: bytes, name: str) -> None:
    """Raises BadFields, calling it ``name``, unless ``data`` is a model in canonical bytes."""
    try:
        require_trainable(decode_model(data, max_bytes=LARGEST_MODEL))
    except BadArrays as problem:
        raise BadFields({"initial_model": f"{name} is not a model: {problem}"}) from None


def require_fitting(document: Mapping[str, Any], model: bytes) -> None:
    """Raises BadFields unless what ``document`` says of arrays holds for ``model``, which is in canonical bytes."""
    ties = ties_of(document)
    if not ties:
        return
    spec, *_ = read_header(model)
    try:
        require_ties(ties, spec)
    except BadArrays as problem:
        raise BadFields({f"{METADATA}.{TIED}": str(problem)}) from None


def _written(document: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except ValueError:
        raise BadFields({METADATA: "it holds NaN or infinity, which JSON does not know."}) from None


def _require_shallow(document: object) -> None:
    """Level by level, so that no depth costs our own stack."""
    level = [document]
    for _ in range(DEEPEST):
        level = [inner for outer in level for _, inner in _inside(outer)]
        if not level:
            return
    raise BadFields({METADATA: TOO_DEEP})


def _require_short_integers(value: object, place: str = METADATA) -> None:
    """``value`` is shallow. Longer integers are other numbers, or none, to other readers of JSON."""
    if isinstance(value, int) and value not in INT64:
        raise BadFields({place: "it is an integer of more than 64 bits; write it as text."})
    for name, inner in _inside(value):
        _require_short_integers(inner, f"{place}.{name}")


def _inside(value: object) -> Iterator[tuple[object, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return _is_text(value)
    return isinstance(value, float) or (isinstance(value, int) and value in INT64)


def _is_schedule(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(ROUND.fullmatch(number) and _is_plain(each) for number, each in value.items())
    )


def _is_text(text: str) -> bool:
    """Half a surrogate pair is JSON, but no text: Flower could not send it."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _account(place: int, account: str) -> str:
    try:
        return parse_address(account)
    except ValueError as problem:
        raise BadFields({f"{ALLOW_LIST}.{place}": f"{problem}."}) from None
