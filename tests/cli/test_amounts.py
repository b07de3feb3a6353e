"""Amounts: exact both ways, and one sentence for what is none, on whichever road it comes."""

import json
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from hypothesis import example, given
from hypothesis import strategies as st

from flock import amounts
from flock.alliance.requests import TermsRequest
from flock.amounts import MOST, TOKENS, USDC, WEI
from flock.cli.task_terms import read_terms
from flock.devnet.report import flock as in_columns
from flock.errors import BadConfig
from flock.programs.settings import NodeSettings, load
from flock.protocol.core.units import WAD
from flock.web.errors import install_problem_handlers
from tests.cli.conftest import Flock

MINIMAL = 'key = "hospital"\ntask = 3\napp = "hospital.client:app"\n'

BAD_TEXTS = (
    "",
    " ",
    " 5",
    "lots",
    "0.1234567890123456789",
    "1e-19",
    "1e3",
    "1E3",
    "1_000",
    "1,000",
    "1,5",
    "-1",
    "-0",
    "+1",
    ".5",
    "5.",
    "0x10",
    "NaN",
    "nan",
    "Infinity",
    "inf",
    "true",
    "٣",
    "½",
    "79228162514.264337593543950336",
    "9" * 41,
    "9" * 5_000,
)
NO_TEXTS = (True, False, -1, 10**40, 10**5_000)
BAD_TOML = (
    "1e-19",
    "1e3",
    "-1",
    "-0.5",
    "nan",
    "inf",
    "-inf",
    "true",
    "[]",
    "{}",
    "1e400",
    "0.1234567890123456789",
)


def sentence_of(written: object) -> str:
    with pytest.raises(ValueError, match="is not an amount") as refused:
        TOKENS.parse(written)
    return str(refused.value)


class TestNotation:
    @given(st.integers(0, MOST), st.sampled_from([TOKENS, WEI, USDC]))
    @example(4_350_000_000_000_000_000, TOKENS)
    @example(1, TOKENS)
    def test_what_is_printed_is_read_again(self, units: int, notation: amounts.Notation) -> None:
        assert notation.parse(amounts.plain(units, notation.decimals)) == units

    @given(st.integers(0, MOST))
    def test_what_people_read_is_as_exact(self, wei: int) -> None:
        assert TOKENS.parse(amounts.tokens(wei).replace(",", "")) == wei

    @given(st.integers(0, MOST))
    def test_what_is_cut_says_so_and_is_never_more(self, wei: int) -> None:
        shown = amounts.short(wei)
        read = TOKENS.parse(shown.removesuffix("…").replace(",", ""))
        assert read <= wei < read + 10**12
        assert shown.endswith("…") == (read != wei)

    @given(st.integers(0, MOST))
    def test_a_fee_is_rounded_to_three_digits(self, wei: int) -> None:
        read = TOKENS.parse(amounts.rough(wei).replace(",", ""))
        assert abs(read - wei) * 200 <= wei
        assert len(str(read).rstrip("0")) <= 3

    @pytest.mark.parametrize(
        ("written", "wei"), [("4.35", 435 * 10**16), (2400, 2400 * WAD), ("0.1", 10**17), ("007", 7 * WAD)]
    )
    def test_no_amount_passes_through_a_float(self, written: str | int, wei: int) -> None:
        assert amounts.wei_of(written, "AMOUNT") == wei

    def test_how_amounts_are_shown(self) -> None:
        wei = 1_234_567 * WAD + 1
        assert amounts.plain(wei) == "1234567.000000000000000001"
        assert amounts.tokens(wei) == "1,234,567.000000000000000001"
        assert amounts.short(wei) == "1,234,567…"
        assert amounts.short(1) == "0.000000000000000001"
        assert in_columns(str(wei)) == "1,234,567.00"
        assert in_columns(str(WAD * 1999 // 1000)) == "1.99"
        assert amounts.rough(123_456_000_000_000) == "0.000123"
        assert amounts.rough(999_600_000_000_000) == "0.001"

    def test_a_percentage_is_whole_basis_points(self) -> None:
        assert [amounts.basis_points_of(text, "--sigma") for text in ("50", "12.5%", "0.01", "100")] == [
            5_000,
            1_250,
            1,
            10_000,
        ]
        for text in ("12.345", "100.01", "-1", "1e1", "", "half"):
            with pytest.raises(BadConfig, match=r"--sigma: .* is not a percentage; .* at most 2 decimals"):
                amounts.basis_points_of(text, "--sigma")

    def test_the_sentence_says_what_was_wrong_and_what_holds(self) -> None:
        assert sentence_of("1e3") == (
            "'1e3' is not an amount; write a plain decimal number such as 2400 or 0.5, from 0 to "
            "79228162514.264337593543950335, with at most 18 decimals."
        )
        assert len(sentence_of("9" * 5_000)) < 300
        assert len(sentence_of(10**5_000)) < 300


class TestOneSentenceOnEveryRoad:
    @pytest.mark.parametrize("written", BAD_TEXTS)
    def test_text(self, written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flock: Flock) -> None:
        said = sentence_of(written)
        assert said.removesuffix(".") in settings_refusal(tmp_path, json.dumps(written, ensure_ascii=False))
        assert said in terms_refusal(tmp_path, json.dumps(written, ensure_ascii=False))
        assert said in argument_refusal(flock, written)
        monkeypatch.setenv("FLOCK_STAKE", written)
        assert said.removesuffix(".") in settings_refusal(tmp_path, None)

    @pytest.mark.parametrize("written", BAD_TOML)
    def test_toml_of_its_own(self, written: str, tmp_path: Path) -> None:
        refusals = settings_refusal(tmp_path, written), terms_refusal(tmp_path, written)
        for refusal in refusals:
            assert "is not an amount; write a plain decimal number such as 2400 or 0.5" in refusal

    @pytest.mark.parametrize("written", [*BAD_TEXTS, *NO_TEXTS[:4], None, 2400, 0.5, [], {}])
    def test_http_in_wei(self, written: object) -> None:
        if written is None:
            return  # a term that is left out
        [error] = posted({"keeper_fee": written}).json()["errors"]
        assert error["field"] == "keeper_fee"
        with pytest.raises(ValueError, match="is not an amount") as refused:
            WEI.parse_text(written)
        assert error["detail"] == str(refused.value)
        assert "with no decimals" in error["detail"]

    def test_the_two_notations_share_the_sentence(self) -> None:
        for written in BAD_TEXTS:
            with pytest.raises(ValueError, match="is not an amount") as refused:
                WEI.parse(written)
            in_tokens = sentence_of(written)
            for exact in (TOKENS, WEI):
                in_tokens = in_tokens.replace(exact.example, "…").replace(
                    amounts.plain(MOST, exact.decimals), "…"
                )
            in_wei = str(refused.value).replace(WEI.example, "…").replace(str(MOST), "…")
            assert in_wei == in_tokens.replace("at most 18 decimals", "no decimals")

    def test_whole_numbers_of_toml_are_tokens(self, tmp_path: Path) -> None:
        for written in ("1000", "1_000", '"1000"', "1000.0", "1000.000"):
            assert settings(tmp_path, written).stake == 1000 * WAD

    def test_settings_hold_every_digit(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        exact = "4.350000000000000001"
        assert settings(tmp_path, "4.35").stake == 435 * 10**16
        assert settings(tmp_path, exact).stake == 4_350_000_000_000_000_001
        monkeypatch.setenv("FLOCK_CLAIM_ABOVE", exact)
        assert settings(tmp_path, "1").claim_above == 4_350_000_000_000_000_001

    def test_other_numbers_of_the_file_stay_floats(self, tmp_path: Path) -> None:
        file = tmp_path / "node.toml"
        file.write_text(MINIMAL + "poll_seconds = 1e-1\nmax_epsilon = 8.0\n[app_config]\nlr = 0.1\n")
        found = load(NodeSettings, file)
        assert (found.poll_seconds, found.max_epsilon, found.app_config) == (0.1, 8.0, {"lr": 0.1})


@pytest.mark.parametrize("text", ["task = " + "9" * 5_000, "task = " + "[" * 100_000])
def test_a_file_that_python_does_not_read_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "node.toml"
    file.write_text(text)
    with pytest.raises(BadConfig, match="cannot be read"):
        load(NodeSettings, file)
    with pytest.raises(BadConfig, match="cannot be read"):
        read_terms(file, 1_000)


# ---- the roads


def settings(folder: Path, stake: str | None) -> NodeSettings:
    file = folder / "node.toml"
    file.write_text(MINIMAL + (f"stake = {stake}\n" if stake is not None else ""))
    return load(NodeSettings, file)


def settings_refusal(folder: Path, stake: str | None) -> str:
    with pytest.raises(BadConfig, match="stake: ") as refused:
        settings(folder, stake)
    return str(refused.value)


def terms_refusal(folder: Path, fee: str) -> str:
    file = folder / "terms.toml"
    file.write_text(f"keeper_fee = {fee}\n")
    with pytest.raises(BadConfig, match=r"keeper_fee in .*terms\.toml: ") as refused:
        read_terms(file, 1_000)
    return str(refused.value)


def argument_refusal(flock: Flock, written: str) -> str:
    shown = flock("chain", "fund", "0x000000000000000000000000000000000000dEaD", f"--eth={written}")
    assert shown.exit_code == 78
    assert "flock: --eth: " in shown.stderr
    return shown.stderr


def posted(terms: dict[str, object]) -> Response:
    """The answer of a service to these terms."""
    app = FastAPI()
    install_problem_handlers(app)

    @app.post("/terms")
    def take(terms: TermsRequest) -> None:
        raise AssertionError(terms)

    async def post() -> Response:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://service") as client:
            return await client.post("/terms", json=terms)

    with start_blocking_portal() as portal:
        return portal.call(post)
