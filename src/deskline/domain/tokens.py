"""What tokens look like: a kind, the number of their account, and a secret. Nothing here is random, and nothing is stored."""

import re
from typing import Final, Literal

Kind = Literal["access", "refresh", "code", "client"]
_ACCOUNT: Final = "(?P<account>[1-9][0-9]{0,6})"
_RANDOM: Final = "[A-Za-z0-9_-]{43}"  # 256 random bits
_PERSONAL = re.compile(f"desk:{_ACCOUNT}-{_RANDOM}")
_LETTERS: Final[dict[Kind, str]] = {"access": "a", "refresh": "r", "code": "c", "client": "s"}
_OF_APPS = {kind: re.compile(f"desk-{letter}{_ACCOUNT}-{_RANDOM}") for kind, letter in _LETTERS.items()}
_CLIENT = re.compile(f"{_ACCOUNT}-[0-9a-f]{{24}}")


def spell_personal(account_id: int, secret: str) -> str:
    """Spell a personal access token. The colon is the original's; the first part is the same everywhere, for scanners of leaked secrets."""
    return f"desk:{account_id}-{secret}"


def account_of_personal(text: str) -> int | None:
    """Tell which account a personal access token is one of; None for any other text."""
    return _account(_PERSONAL, text)


def spell(kind: Kind, account_id: int, secret: str) -> str:
    """Spell what an app gets: tokens, a code, its own secret. All of it may stand in a Bearer header (RFC 6750, 2.1)."""
    return f"desk-{_LETTERS[kind]}{account_id}-{secret}"


def account_of(kind: Kind, text: str) -> int | None:
    """Tell which account a token of this kind is one of; None for any other text."""
    return _account(_OF_APPS[kind], text)


def account_of_client(client_id: str) -> int | None:
    """Tell which account an app belongs to, by its client id; None for any other text."""
    return _account(_CLIENT, client_id)


def _account(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.fullmatch(text)
    return None if found is None else int(found["account"])
