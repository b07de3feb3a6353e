"""This machine: the node's home, room on disk, versions, and which program ``flock`` is."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from flock.diagnostics.doctor.report import Finding, failed, passed, warning

if TYPE_CHECKING:
    from flock.diagnostics.doctor.node_under_test import NodeUnderTest

MEBIBYTE = 1 << 20
PINNED = re.compile(r"([a-z0-9-]+)==([\w.]+)$")
SHOWN = ("flock", "flwr", "torch")
ROUNDS_KEPT = 2
LONG_PENDING = 3


def home(node: NodeUnderTest) -> Finding:
    """The node's folder: writable, and its journal without transactions that are stuck."""
    from flock.diagnostics.local_journal import LocalLog

    folder = node.settings.home
    nearest = _nearest(folder)
    if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        return failed(
            f"{folder} cannot be written by this user.",
            f"chown it to the user that runs the node, or set home to a folder of yours ({nearest} is not).",
            node.at_risk(),
        )
    if not folder.exists():
        return passed(f"{folder} will be made at the first start")
    log = LocalLog(folder, node.client().identity)
    if not log.file.exists():
        return passed(f"{folder}; no journal yet")
    acts = log.acts()
    pending = [act for act in acts if act.state == "pending"]
    says = f"{folder}; {len(acts)} transactions on this chain, {len(pending)} pending"
    if len(pending) >= LONG_PENDING:
        return warning(
            says,
            "Is the node running? If it is, gas may be dearer than its cap, or the endpoint drops transactions.",
            node.at_risk(),
        )
    return passed(says)


def arithmetic(node: NodeUnderTest) -> Finding:
    """Whether what this environment loads leaves numbers as all other voters have them."""
    from flock.errors import Refused
    from flock.training.arithmetic import require_ieee_754

    try:
        require_ieee_754()
    except Refused as problem:
        return failed(str(problem), "Remove it from the environment that flock runs in.", node.at_risk())
    return passed("IEEE 754, subnormal numbers included")


def disk(node: NodeUnderTest) -> Finding:
    """Free space against what two rounds leave: a model and an update for every proposer."""
    _, size = node.model()
    terms = node.standing().terms
    needed = size * (terms.proposer_seats + 2) * ROUNDS_KEPT
    free = shutil.disk_usage(_nearest(node.settings.home)).free
    says = (
        f"{free / MEBIBYTE:,.0f} MiB free; two rounds of {terms.proposer_seats + 2} blobs, a model being "
        f"{size / MEBIBYTE:.3g} MiB, take {needed / MEBIBYTE:.3g}"
    )
    if free < needed:
        return failed(says, "Free space, or set home to a larger disk.", node.at_risk())
    if free < 10 * needed:
        return warning(says, "Free space soon: a full disk costs votes.")
    return passed(says)


def versions(node: NodeUnderTest) -> Finding:
    """What is installed against what this version of flock was made with."""
    del node
    required = map(PINNED.match, metadata.requires("flock") or ())
    pinned = {found[1]: found[2] for found in required if found}
    here = {name: _version(name) for name in SHOWN}
    says = ", ".join(f"{name} {version or 'missing'}" for name, version in here.items())
    says = f"{says}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    other = [
        f"{name} {wanted}"
        for name, wanted in pinned.items()
        if (_version(name) or "").partition("+")[0] != wanted
    ]
    if other:
        return warning(
            f"{says}. This flock was made with {', '.join(other)}.",
            f"pip install {' '.join(each.replace(' ', '==') for each in other)}",
            "Voters with other arithmetic than the others' are outvoted.",
        )
    return passed(says)


def program(node: NodeUnderTest) -> Finding:
    """Whether the shell's ``flock`` is this one: Linux has another, which locks files."""
    del node
    found, ours = shutil.which("flock"), Path(sys.executable).with_name("flock")
    if found is None:
        return warning("There is no `flock` on PATH.", f"Call it as {ours}, or add its folder to PATH.")
    if Path(found).resolve() == ours.resolve():
        return passed(found)
    return warning(
        f"`flock` in this shell is {found}, another program (util-linux has one that locks files).",
        f"Call this one as {ours}, or put its folder before the other on PATH.",
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest above it that exists."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
