"""``flock api-key``: a wallet's API keys, made, listed and revoked at a real service."""

import json

from tests import patience
from tests.cli.network import Site


def opens(site: Site, key: str) -> int:
    """How the service answers whoever shows ``key``."""
    headers = {"Authorization": f"Bearer {key}"}
    return patience.get(f"{site.service}/api/whoami-v2", headers=headers).status_code


def test_a_key_is_made_listed_and_revoked(site: Site) -> None:
    site.key("alice", eth=0, flock=0)
    made = json.loads(site.flock("api-key", "create", "--label", "Basel", "--key", "alice", "--json").stdout)
    assert opens(site, made["key"]) == 200
    (listed,) = json.loads(site.flock("api-key", "list", "--key", "alice", "--json").stdout)
    assert (listed["id"], listed["label"]) == (made["id"], "Basel")
    assert made["key"] not in str(listed)
    said = site.flock("api-key", "revoke", made["id"], "--key", "alice")
    assert "revoked" in said.stdout
    assert opens(site, made["key"]) == 401
    again = site.flock("api-key", "revoke", made["id"], "--key", "alice")
    assert again.exit_code != 0
    assert "has no key with the id" in again.stderr
