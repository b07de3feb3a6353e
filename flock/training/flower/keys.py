"""A node's P-256 key: its identity among Flower's nodes."""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
    load_ssh_private_key,
)
from flwr.supercore.primitives.asymmetric import public_key_to_bytes

from flock.errors import BadConfig

NodeKeys = tuple[EllipticCurvePrivateKey, EllipticCurvePublicKey]
KEY_FILE = "node.pem"


class NodeIdentity:
    """A node's key in ``folder``, and the id that a SuperLink knew it by when it was last connected.

    The key is made if there is none. A node that was killed asks for its old id, which its SuperLink holds
    for active still. Raises BadConfig if the folder holds anything else in the key's place.
    """

    def __init__(self, folder: Path) -> None:
        self._id_file = folder / "node_id"
        self.keys = kept_node_keys(folder / KEY_FILE)

    @property
    def node_id(self) -> int | None:
        """The last id, if there was one."""
        try:
            return int(self._id_file.read_text())
        except (OSError, ValueError):
            return None

    def remember(self, node_id: int) -> None:
        """Keep the id for the next start."""
        self._id_file.write_text(str(node_id))


def new_node_keys() -> NodeKeys:
    """A key pair, a Flower node's identity. Every poll is signed and checked: P-256 is Flower's fastest."""
    private = generate_private_key(SECP256R1())
    return private, private.public_key()


def kept_node_keys(path: Path) -> NodeKeys:
    """The key in ``path``, made there if there is none; OpenSSH's format, which ``flower-supernode`` reads.

    Raises BadConfig if the file holds anything else.
    """
    if not path.exists():
        _write(path, new_node_keys()[0])
    try:
        private = load_ssh_private_key(path.read_bytes(), None)
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise _not_a_key(path) from error
    if not isinstance(private, EllipticCurvePrivateKey) or not isinstance(private.curve, SECP256R1):
        raise _not_a_key(path)
    return private, private.public_key()


def compressed(public_key: EllipticCurvePublicKey) -> bytes:
    """33 bytes that name a P-256 key (SEC 1, 2.3.3)."""
    return public_key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def compressed_from_flower(pem: bytes) -> bytes | None:
    """The same for a key as Flower lists it, or ``None`` if it is not a P-256 key."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return compressed(key)
    return None


def as_flower_has_it(public_key: bytes) -> bytes:
    """33 bytes of SEC 1 as Flower's APIs take a key."""
    return bytes(public_key_to_bytes(EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)))


def _write(path: Path, private: EllipticCurvePrivateKey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _not_a_key(path: Path) -> BadConfig:
    return BadConfig(
        f"{path} holds no P-256 key of a Flower node; remove it, and a new one is made and attested at start."
    )
