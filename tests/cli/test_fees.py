"""What a preview says of the fee on a chain that charges for bytes, as Base does."""

import json

from tests.chain.oracle import WEI_PER_BYTE, put_oracle
from tests.cli.network import Site

LOCK = ("stake", "lock", "1000", "--days", "180", "--key", "me", "--dry-run")


def test_what_bytes_cost_has_a_line_of_its_own_and_counts(site: Site) -> None:
    site.key("me")
    before = json.loads(site.flock(*LOCK, "--json").stdout)
    assert before["data_fee"] == "0"
    put_oracle(site.contracts.client)
    told = json.loads(site.flock(*LOCK, "--json").stdout)
    # Two transactions of 68 bytes of call data each, and about 45 of all the rest
    assert 200 * WEI_PER_BYTE < int(told["data_fee"]) < 250 * WEI_PER_BYTE
    assert int(told["fee"]) == int(before["fee"]) + int(told["data_fee"])
    assert "ETH of it, for the bytes on layer 1" in site.flock(*LOCK).stdout


def test_elsewhere_there_is_no_such_line(site: Site) -> None:
    site.key("me")
    assert "data fee" not in site.flock(*LOCK).stdout
