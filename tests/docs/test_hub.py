"""The program of docs/hub.md, run as it stands there with the stock client against a real hub."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from eth_account.signers.local import LocalAccount
from safetensors.numpy import save_file

from tests.hub.conftest import Site, serve, site, wallet

__all__ = ["serve", "site", "wallet"]

ROOT = Path(__file__).parents[2]


def blocks() -> str:
    text = (ROOT / "docs" / "hub.md").read_text()
    return "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))


def test_a_trainer_gets_from_signing_in_to_a_released_model(
    site: Site, wallet: LocalAccount, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"w": np.ones((100, 30), np.float32)}, folder / "model.safetensors")
    (folder / "training_args.bin").write_bytes(b"\x80\x02}.")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_ENDPOINT": site.url,
        "HF_HOME": str(tmp_path / "hf-home"),
        "KEY": wallet.key.to_0x_hex(),
    }
    ran = subprocess.run(
        [sys.executable, "-c", blocks()],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "['config.json', 'model.safetensors']" in ran.stdout
    with site.client() as nobody:
        found = nobody.get(f"/api/models/{wallet.address}/mnist").json()
    assert found["sha"] in ran.stdout
    assert found["private"] is False
