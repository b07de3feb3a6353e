"""What a browser sees of a service: pages that load nothing from elsewhere."""

import re

import pytest

from flock import __version__
from tests import patience
from tests.alliance.conftest import Service


def page(service: Service, path: str) -> str:
    answer = patience.get(service.url + path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    return answer.text


def test_the_first_page_says_what_it_is_and_on_which_chain(service: Service) -> None:
    health = patience.get(f"{service.url}/health").json()
    shown = page(service, "/")
    for words in ("flock Alliance", __version__, "31337", health["contract"]):
        assert words in shown


def test_its_links_lead_somewhere(service: Service) -> None:
    links = re.findall(r'href="([^"]+)"', page(service, "/"))
    assert "docs" in links
    for link in links:
        assert patience.get(f"{service.url}/{link}").status_code == 200, link


def test_every_operation_is_listed(service: Service) -> None:
    shown = page(service, "/docs")
    paths = patience.get(f"{service.url}/openapi.json").json()["paths"]
    assert "/tasks" in paths
    for path, item in paths.items():
        assert f"<code>{path}</code>" in shown
        for operation in item.values():
            assert operation["summary"].replace("'", "&#x27;") in shown


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_nothing_is_loaded_and_nothing_runs(service: Service, path: str) -> None:
    answer = patience.get(service.url + path)
    assert re.findall(r"<script|<link|<img|src=|https?://", answer.text) == []
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")


def test_the_pages_are_no_part_of_the_interface(service: Service) -> None:
    paths = patience.get(f"{service.url}/openapi.json").json()["paths"]
    assert not {"/", "/docs"} & paths.keys()
