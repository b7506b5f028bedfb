"""Signatures for S3, held against the examples in Amazon's documentation, "Signature Calculations for the Authorization Header"."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from deskline.storage.s3_signatures import Credentials, sign

EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOST = "examplebucket.s3.amazonaws.com"
AT = datetime(2013, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "path", "more", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {"headers": {"Range": "bytes=0-9"}},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test$file.text",
            {
                "headers": {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
                "payload_sha256": sha256(b"Welcome to Amazon S3.").hexdigest(),
            },
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        ("GET", "/", {"query": [("lifecycle", "")]}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            "GET",
            "/",
            {"query": [("prefix", "J"), ("max-keys", "2")]},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_published_examples(method: str, path: str, more: dict[str, Any], signature: str) -> None:
    signed = sign(EXAMPLE, method, HOST, path, AT, **more)
    assert signed["authorization"].endswith(f"Signature={signature}")
    assert signed["x-amz-date"] == "20130524T000000Z"


def test_the_secret_is_not_shown() -> None:
    assert EXAMPLE.secret not in repr(EXAMPLE) + str(EXAMPLE) + str(sign(EXAMPLE, "GET", HOST, "/", AT))
