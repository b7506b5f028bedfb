"""The name of a request, in its answer and in the log: the client's own where it sends a usable one, else one of ours.

What is logged under it is the server's business.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Final

HEADER: Final = b"x-request-id"
# What ids of other systems are made of (UUIDs, ULIDs, trace ids, base64), and nothing that could end a line of a log or a header.
_USABLE: Final = re.compile(rb"[A-Za-z0-9._~+/=:@-]{1,128}")


def name_request(headers: Mapping[bytes, bytes]) -> str:
    """Name a request by its X-Request-Id of 1 to 128 letters, digits and ``._~+/=:@-``, or by 64 random bits where it has none such."""
    given = headers.get(HEADER)
    if given is not None and _USABLE.fullmatch(given):
        return given.decode()
    return secrets.token_hex(8)
