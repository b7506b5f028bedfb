"""What tokens look like: a kind, the number of their account, and a secret. Nothing here is random, and nothing is stored."""

import re
from typing import Final

_ACCOUNT: Final = "(?P<account>[1-9][0-9]{0,6})"
_RANDOM: Final = "(?P<secret>[A-Za-z0-9_-]{43})"  # 256 random bits
_PERSONAL = re.compile(f"desk:{_ACCOUNT}-{_RANDOM}")


def spell_personal(account_id: int, secret: str) -> str:
    """Spell a personal access token. The colon is the original's; the first part is the same everywhere, for scanners of leaked secrets."""
    return f"desk:{account_id}-{secret}"


def account_of_personal(text: str) -> int | None:
    """Tell which account a personal access token is one of; None for any other text."""
    found = _PERSONAL.fullmatch(text)
    return None if found is None else int(found["account"])
