"""The self-signed certificate, for those who want TLS before they have a certificate of an authority."""

import datetime as dt
import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import GeneralName

CERTIFICATE_NAME = "self-signed.crt"
KEY_NAME = "self-signed.key"
_VALID_DAYS = 3650
_RENEWED_DAYS = 30


def self_signed(folder: Path, host: str) -> tuple[Path, Path]:
    """Return the paths of a certificate and its key in a folder, made there unless they are there and good for `host`.

    It names localhost, 127.0.0.1, ::1 and `host`. It is kept, so that a client that has been told to trust it goes on doing so. The
    key's file is for its owner only, from its first byte on.
    """
    certificate, key = folder / CERTIFICATE_NAME, folder / KEY_NAME
    names = _names(host)
    if not (key.exists() and certificate.exists() and _are_good(certificate.read_bytes(), key.read_bytes(), names)):
        key_bytes, certificate_bytes = _make(names)
        _write(key, key_bytes, 0o600)
        _write(certificate, certificate_bytes, 0o644)
    return certificate, key


def _names(host: str) -> list[str]:
    """An address that means every address (0.0.0.0) is nobody's name."""
    names = ["localhost", "127.0.0.1", "::1"]
    return names if host in {*names, "0.0.0.0", "::", ""} else [*names, host]  # noqa: S104  # compared, not bound


def _are_good(certificate_bytes: bytes, key_bytes: bytes, names: list[str]) -> bool:
    """Whether the two belong together, name everything and are valid for another month."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        certificate = x509.load_pem_x509_certificate(certificate_bytes)
        key = load_pem_private_key(key_bytes, None)
        there = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    has_time = certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) > dt.timedelta(days=_RENEWED_DAYS)
    return has_time and certificate.public_key() == key.public_key() and {str(name.value) for name in there} >= set(names)


def _make(names: list[str]) -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Deskline")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=_VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        # No certificate of an authority: rustls refuses those for a server.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        # The two identifiers are what Python 3.13's strict checking asks for.
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret, certificate.public_bytes(encoding)


def _general_name(name: str) -> "GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes, mode: int) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
