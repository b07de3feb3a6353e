"""Addresses of IPv6, and URLs without what nobody else may read."""

import pytest

from flock.store.hosts import is_loopback, place_of, with_port, without_brackets, without_secrets


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "::", "::ffff:10.0.0.1", "localhost.example", ""])
def test_others_are_not_taken_for_it(host: str) -> None:
    assert not is_loopback(host)


def test_an_address_of_ipv6_has_brackets_before_its_port_only() -> None:
    assert with_port("::1", 80) == "[::1]:80"
    assert with_port("node.example", 80) == "node.example:80"
    assert without_brackets("[::1]") == "::1"
    assert without_brackets("node.example") == "node.example"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://mainnet.example/v3/KEY", "https://mainnet.example"),
        ("https://user:KEY@node.example:8545/", "https://node.example:8545"),
        ("https://node.example?apikey=KEY", "https://node.example"),
        ("https://node.example#KEY", "https://node.example"),
        ("http://[fd00::1]:8545/KEY", "http://[fd00::1]:8545"),
        ("node.example/KEY", "node.example"),
        ("user:KEY@node.example", "node.example"),
    ],
)
def test_of_a_url_its_place_alone_is_shown(url: str, place: str) -> None:
    assert place_of(url) == place


def test_what_other_programs_say_is_shown_without_keys() -> None:
    said = 'error sending request for url (https://node.example/v3/KEY) and "wss://user:KEY@other.example/?k=KEY"'
    assert without_secrets(said) == (
        'error sending request for url (https://node.example) and "wss://other.example"'
    )
