"""Sign requests to an S3-compatible store: AWS Signature Version 4 with the header `Authorization`. Nothing is sent here."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

import msgspec

EMPTY_SHA256: Final = sha256(b"").hexdigest()
_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(msgspec.Struct, frozen=True):
    """Who signs, and for requests to which region. The secret is never shown."""

    key: str
    secret: str
    region: str = "us-east-1"

    def __repr__(self) -> str:
        return f"Credentials(key={self.key!r}, region={self.region!r})"


def sign(
    credentials: Credentials,
    method: str,
    host: str,
    path: str,
    at: datetime,
    *,
    query: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    payload_sha256: str = EMPTY_SHA256,
) -> dict[str, str]:
    """Return the headers that a request must be sent with: the given ones, the host, and those of the signature.

    `path` is not escaped yet; it is sent as `escape_path` shows it, and `query` in the order of its names.
    """
    instant = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    signed = {name.lower(): " ".join(value.split()) for name, value in (headers or {}).items()}
    signed |= {"host": host, "x-amz-content-sha256": payload_sha256, "x-amz-date": instant}
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        (
            method,
            escape_path(path),
            _canonical_query(query),
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            names,
            payload_sha256,
        )
    )
    scope = f"{instant[:8]}/{credentials.region}/s3/aws4_request"
    text = "\n".join((_ALGORITHM, instant, scope, sha256(canonical.encode()).hexdigest()))
    signature = _mac(_key_of_day(credentials, instant[:8]), text).hex()
    return {**signed, "authorization": f"{_ALGORITHM} Credential={credentials.key}/{scope},SignedHeaders={names},Signature={signature}"}


def escape_path(path: str) -> str:
    """Spell a path as S3 signs it: everything but letters, digits and `-._~/` escaped, once."""
    return quote(path, safe="/-._~")


def _canonical_query(query: Sequence[tuple[str, str]]) -> str:
    escaped = sorted((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in query)
    return "&".join(f"{name}={value}" for name, value in escaped)


def _key_of_day(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret}".encode()
    for part in (day, credentials.region, "s3", "aws4_request"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
