"""Certificates for private networks: a private CA, and a server certificate signed by it."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from flock.errors import BadConfig
from flock.store.hosts import without_brackets

AUTHORITY_DAYS = 3650
CLOCK_SKEW = timedelta(hours=1)
AUTHORITY, AUTHORITY_KEY, CERTIFICATE, KEY = "ca.pem", "ca.key", "certificate.pem", "key.pem"


def make_certificate(folder: Path, hosts: Sequence[str], days: int) -> None:
    """A certificate for ``hosts`` (names or addresses) in ``folder``, from the authority kept there.

    The CA is created if there is none, so that a certificate can be renewed without notifying anyone.
    Key files are readable by their owner only. Raises BadConfig if the CA's files are invalid.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / AUTHORITY).exists():
        _make_authority(folder)
    issuer, issuer_key = _authority(folder)
    key = generate_private_key(SECP256R1())
    names = x509.SubjectAlternativeName([_name(host) for host in hosts])
    certificate = (
        _builder(hosts[0], issuer.subject, key, days)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .sign(issuer_key, SHA256())
    )
    _write(folder / KEY, _private(key), 0o600)
    _write(folder / CERTIFICATE, certificate.public_bytes(Encoding.PEM), 0o644)


def _make_authority(folder: Path) -> None:
    key = generate_private_key(SECP256R1())
    name = _common_name("flock coordinator CA")
    certificate = (
        _builder("flock coordinator CA", name, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_signs_certificates(), critical=True)
        .sign(key, SHA256())
    )
    _write(folder / AUTHORITY_KEY, _private(key), 0o600)
    _write(folder / AUTHORITY, certificate.public_bytes(Encoding.PEM), 0o644)


def _authority(folder: Path) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
        key = load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_authority(folder) from error
    if not isinstance(key, EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise _no_authority(folder)
    return certificate, key


def _builder(
    subject: str, issuer: x509.Name, key: EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_common_name(subject[:64]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(without_brackets(host)))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError:
        raise BadConfig(f"{host!r} is neither a host name nor an IP address.") from None


def _private(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes, mode: int) -> None:
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    draft.rename(path)


def _no_authority(folder: Path) -> BadConfig:
    return BadConfig(
        f"{folder / AUTHORITY} and {folder / AUTHORITY_KEY} are not a certificate authority and its key: restore "
        f"the ones that belong together, or remove both, and give the new ca.pem to all nodes."
    )
