"""What ``flock market call`` does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.cli.options import Acting
    from flock.marketplace.gate.buying import Bought


def buy(
    options: Acting, model: str, url: str, inputs: str | None, prompt: str | None, max_tokens: int, most: str
) -> None:
    from flock.amounts import wei_of
    from flock.marketplace.gate.buying import Buyer
    from flock.programs.settings import OwnerSettings
    from flock.programs.wiring import contracts_of, key_of

    settings = options.loaded(OwnerSettings)
    if prompt is None:
        path, body = f"/v1/models/{quote(model, safe='')}/predict", {"inputs": _inputs(inputs or "")}
    else:
        messages = [{"role": "user", "content": prompt}]
        path, body = "/v1/chat/completions", {"model": model, "messages": messages, "max_tokens": max_tokens}
    contracts = contracts_of(settings)
    key = key_of(settings, settings.key)
    with Buyer(url, contracts, key, wei_of(most, "--most")) as buyer:
        _show(buyer.call(model, path, body), as_json=options.as_json)


def _inputs(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BadConfig(
            f"--inputs is not JSON ({problem}): write a list of inputs, such as [[1, 2]]."
        ) from None


def _show(bought: Bought, *, as_json: bool) -> None:
    from flock.amounts import plain
    from flock.terminal import print_json, tell

    if as_json:
        print_json(
            {
                "answer": bought.answer,
                "paid": str(bought.paid),
                "token": bought.token,
                "receipt": bought.receipt_id,
            }
        )
        return
    said = bought.answer.get("predictions") or bought.answer["choices"][0]["message"]["content"]
    tell(said if isinstance(said, str) else json.dumps(said, indent=2), as_json=False)
    receipt = f"receipt {bought.receipt_id}, which holds" if bought.receipt_id else "no receipt"
    tell(f"Paid {plain(bought.paid)} FLOCK; {receipt}.", as_json=False)
