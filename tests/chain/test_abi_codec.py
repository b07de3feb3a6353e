"""Arguments come back as they went, under the names Python gives them."""

import pytest
from eth_abi.abi import encode
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st

from flock.chain.abi_codec import all_artifacts, artifact, parse, snake

POINT = [{"name": "xAxis", "type": "int16"}, {"name": "owner", "type": "address"}]
ENTRIES = [
    {
        "type": "function",
        "name": "move",
        "inputs": [{"name": "points", "type": "tuple[]", "components": POINT}],
        "outputs": [
            {"name": "", "type": "tuple", "components": POINT},
            {"name": "sizes", "type": "uint8[2][]"},
        ],
    },
    {"type": "function", "name": "move", "inputs": [], "outputs": []},
]
OWNER = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def test_structs_arrays_and_addresses_are_tidied() -> None:
    move = parse("Sample", ENTRIES).functions["move((int16,address)[])"]
    data = encode(["(int16,address)", "uint8[2][]"], [(-3, OWNER.lower()), [[1, 2], [3, 4]]])
    assert move.decode_outputs(data) == {"": {"x_axis": -3, "owner": OWNER}, "sizes": ((1, 2), (3, 4))}


def test_a_topic_that_is_no_word_is_not_misread() -> None:
    """Two that are 64 bytes together, but not 32 each."""
    transfer = next(each for each in artifact("FlockToken").abi.events.values() if each.name == "Transfer")
    with pytest.raises(DecodingError):
        transfer.decode_log([bytes(32), bytes(31), bytes(33)], bytes(32))


def test_overloads_are_found_by_signature_and_the_first_by_name() -> None:
    functions = parse("Sample", ENTRIES).functions
    assert functions["move"] is not functions["move()"]
    assert functions["move"].signature == "move((int16,address)[])"


@given(st.lists(st.tuples(st.integers(-(2**15), 2**15 - 1), st.binary(min_size=20, max_size=20))))
def test_what_is_encoded_decodes_to_the_same(points: list[tuple[int, bytes]]) -> None:
    move = parse("Sample", ENTRIES).functions["move"]
    decoded = move.decode_inputs(move.encode(points)[4:])["points"]
    assert [(point["x_axis"], bytes.fromhex(point["owner"][2:])) for point in decoded] == points


def test_selectors_are_those_of_the_standard() -> None:
    functions = artifact("FlockToken").abi.functions
    assert functions["transfer"].selector.hex() == "a9059cbb"
    assert functions["balanceOf"].selector.hex() == "70a08231"


def test_no_two_contracts_use_one_selector_for_different_errors() -> None:
    seen: dict[bytes, str] = {}
    for known in all_artifacts():
        for selector, error in known.abi.errors.items():
            assert seen.setdefault(selector, error.signature) == error.signature


def test_names_become_snake_case() -> None:
    assert [snake(name) for name in ("taskId", "acceptSixteenths", "gm", "unlockAt")] == [
        "task_id",
        "accept_sixteenths",
        "gm",
        "unlock_at",
    ]
