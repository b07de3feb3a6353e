"""Flower App Bundles (FABs): the identity of a run, and the code that a stock SuperNode executes."""

import hashlib
import io
import zipfile

# No module of this bundle is ever loaded: our process takes the ServerApp's place, and a warm node runs
# the app of its own configuration. It is there because Flower knows a run by its bundle.
STUB_BUNDLE = """\
[project]
name = "flock"
version = "1.0.0"

[tool.flwr.app]
publisher = "flock"

[tool.flwr.app.components]
serverapp = "flock:server"
clientapp = "flock:client"
"""


def stub_bundle() -> bytes:
    """The bundle of a task that pins none; always the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("pyproject.toml"), STUB_BUNDLE)
    return buffer.getvalue()


def bundle_hash(bundle: bytes) -> str:
    """What a run, and a task's metadata, name a bundle by: its SHA-256 in hex."""
    return hashlib.sha256(bundle).hexdigest()
