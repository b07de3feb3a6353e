"""The program of docs/service.md, run as they stand there against a real service on a real chain."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from eth_account.signers.local import LocalAccount
from safetensors.numpy import save_file

from flock.alliance.product import AllianceProduct
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import Anvil
from flock.chain.keys import KeyStore
from flock.service.app import Operation, build
from flock.store.database import Database
from flock.web.uploads import Limits
from tests.web.conftest import serve_in_thread

ROOT = Path(__file__).parents[2]
PASSWORD = "a password"


def blocks() -> str:
    text = (ROOT / "docs" / "service.md").read_text()
    return "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))


def environment(service: str, anvil: Anvil, key: LocalAccount, folder: Path) -> dict[str, str]:
    info = KeyStore(folder / "keys", cost=2).import_key("creator", key.key.to_0x_hex(), PASSWORD)
    (folder / "password").write_text(PASSWORD)
    save_file({"w": np.ones((2, 3), np.float32)}, folder / "model.safetensors")
    return {
        **os.environ,
        "SERVICE": service,
        "RPC": anvil.url,
        "ACCOUNT": key.address,
        "KEYSTORE": str(info.path),
        "PASSWORD_FILE": str(folder / "password"),
    }


def test_a_creator_gets_from_signing_in_to_the_first_events(
    contracts: Contracts,
    database: Database,
    anvil: Anvil,
    rich: Callable[[], LocalAccount],
    tmp_path: Path,
) -> None:
    creator = rich()
    product, operation = AllianceProduct(contracts, database), Operation(Limits(spare=0))
    service = build([product], contracts, database, tmp_path / "blobs", operation)
    with serve_in_thread(service.app) as url:
        ran = subprocess.run(
            [sys.executable, "-c", blocks()],
            cwd=tmp_path,
            env=environment(url, anvil, creator, tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    task = contracts.task_manager.task_count()
    assert contracts.task_manager.task_of(task).creator == creator.address
    assert contracts.task_manager.parameters_of(task).propose_seconds == 900
    assert "event: created" in ran.stdout
