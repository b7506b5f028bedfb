"""Who may do what: an agent's permission is asked for by the verbs that not everybody may do. What a token may do is its scopes' matter."""

from typing import Final

from deskline.domain.people import Permission, Principal
from deskline.errors import ForbiddenError

MANAGERS: Final[tuple[Permission, ...]] = ("owner", "administrator")
"""Who looks after an account's people, groups, tags and settings."""


def may_make_groups(principal: Principal) -> bool:
    """Say whether somebody may make a group on the way to something else: by permission and, with a token, by its scopes."""
    return principal.permission in MANAGERS and (principal.scopes is None or "groups_write" in principal.scopes)


def require(principal: Principal, *permissions: Permission, what: str) -> None:
    """Raise ForbiddenError for who has none of some permissions; `what` is who is refused what: "Tags are deleted"."""
    if principal.permission not in permissions:
        accepted = " or an ".join(permissions)
        raise ForbiddenError(f"{what} by an {accepted} of the account; {principal.login} is {_neither(permissions)}.")


def _neither(permissions: tuple[Permission, ...]) -> str:
    return "none" if len(permissions) == 1 else "neither"
