"""What an operator sets reaches the service."""

from pathlib import Path

import pytest
from eth_account import Account

from flock.chain.keys import KeyStore
from flock.errors import BadConfig, BadKey
from flock.programs.settings import ServiceSettings, load
from flock.programs.wiring import exposure_of, sponsor_of

FAVOURITE = Account.from_key(b"\1" * 32).address


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://127.0.0.1:8700"),
        ({"host": "0.0.0.0", "port": 80}, "http://127.0.0.1:80"),  # noqa: S104
        ({"host": "::1"}, "http://[::1]:8700"),
        ({"public_url": "https://alliance.example"}, "https://alliance.example"),
    ],
)
def test_clients_know_the_service_by_its_public_url(given: dict[str, object], url: str) -> None:
    assert exposure_of(load(ServiceSettings, **given)).url == url


def test_limits_and_lists_are_read_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "alliance.toml"
    file.write_text('proxies = ["10.0.0.0/8"]\norigins = ["https://app.example"]\nrequests_per_minute = 7\n')
    exposure = exposure_of(load(ServiceSettings, file))
    assert exposure.proxies == ("10.0.0.0/8",)
    assert exposure.origins == ("https://app.example",)
    assert (exposure.rates.requests, exposure.rates.sign_ins) == (7, 30)


@pytest.mark.parametrize("url", ["alliance.example", "ftp://a.example", "https://a.example/path"])
def test_a_public_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadConfig, match="public_url"):
        load(ServiceSettings, public_url=url)


class TestSponsor:
    @pytest.fixture
    def given(self, tmp_path: Path) -> dict[str, object]:
        KeyStore(tmp_path / "keys", cost=2).new("payer", "a password")
        (tmp_path / "password").touch(mode=0o600)
        (tmp_path / "password").write_text("a password\n")
        return {
            "keys": tmp_path / "keys",
            "sponsor_key": "payer",
            "sponsor_password_file": tmp_path / "password",
            "sponsored": [FAVOURITE.lower()],
            "sponsor_most": "2.5",
        }

    def test_it_pays_for_those_it_names_up_to_a_bound(self, given: dict[str, object]) -> None:
        terms = sponsor_of(load(ServiceSettings, **given))
        assert terms is not None
        assert (terms.accounts, terms.most) == ({FAVOURITE}, 25 * 10**17)

    def test_there_is_none_unless_it_is_named(self) -> None:
        assert sponsor_of(load(ServiceSettings)) is None

    def test_a_malformed_account_or_key_is_named(self, given: dict[str, object]) -> None:
        with pytest.raises(BadConfig, match="sponsored"):
            sponsor_of(load(ServiceSettings, **{**given, "sponsored": ["0x12"]}))
        with pytest.raises(BadKey, match="stranger"):
            sponsor_of(load(ServiceSettings, **{**given, "sponsor_key": "stranger"}))
