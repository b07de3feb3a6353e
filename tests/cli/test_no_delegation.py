"""``flock delegate`` on a chain where nobody has a pool."""

from tests.cli.network import Site


def test_without_pools_it_says_how_one_is_opened(site: Site) -> None:
    assert "flock delegate accept" in site.flock("delegate", "pools").stdout
    site.key("me")
    assert "has no delegations" in site.flock("delegate", "status", "me").stdout
