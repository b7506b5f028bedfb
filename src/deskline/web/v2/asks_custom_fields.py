"""What is asked of custom fields, incoming: definitions; parameters in, checked values out."""

from typing import Final

from deskline.actions.custom_fields import FieldChanges, NewField
from deskline.domain.custom_fields import KEY_LIMIT, MOST_CHOICES, TYPES, CustomField, is_key
from deskline.web.params import Params, shown
from deskline.web.v2.asks import NAME_LIMIT

_KEYS: Final = "small letters, digits and _ behind a letter, such as order_number"


def read_new_field(params: Params) -> NewField:
    """Read POST /custom_fields. Raises InvalidError."""
    key = params.text("key", required=True, limit=KEY_LIMIT)
    if key and not is_key(key):
        params.refuse("key", f"{shown(key)} is no key", _KEYS)
    name, kind, choices = _name(params, required=True), params.choice("type", TYPES), _choices(params)
    if kind is None and (not params.given("type") or params.text("type") is None):
        params.refuse("type", "is missing", ", ".join(TYPES))
    _check_choices(params, kind, choices, given=params.given("choices"))
    params.check()
    assert kind is not None
    return NewField(key=key, name=name or "", type=kind, choices=choices)


def read_field_change(params: Params, field: CustomField) -> FieldChanges:
    """Read PUT /custom_fields/<key>: what is not there stays. Raises InvalidError, also where there is nothing to change."""
    for name, present in (("key", field.key), ("type", field.type)):
        if params.text(name) not in (None, present):
            params.refuse(name, "cannot be changed, as tickets tell values of it", f"{present}; or a new custom field")
    called = _name(params)
    given: dict[str, object] = {} if called is None else {"name": called}
    choices = _choices(params)
    if params.given("choices"):
        _check_choices(params, field.type, choices, given=True)
        given["choices"] = choices
    if not given and not params.refused:
        params.refuse("name, choices", "nothing to change", "at least one of them")
    params.check()
    return FieldChanges(**given)  # type: ignore[arg-type]


def _name(params: Params, *, required: bool = False) -> str | None:
    name = params.text("name", required=True, limit=NAME_LIMIT) if required else params.text("name", limit=NAME_LIMIT)
    if name and not name.strip():
        params.refuse("name", "is blank", "a text with letters")
    return None if name is None else name.strip()


def _choices(params: Params) -> tuple[str, ...]:
    choices = (choice.strip() for choice in params.texts("choices", limit=NAME_LIMIT, count=MOST_CHOICES))
    return tuple(dict.fromkeys(choice for choice in choices if choice))


def _check_choices(params: Params, kind: str | None, choices: tuple[str, ...], *, given: bool) -> None:
    if params.refused:
        return
    if kind == "choice" and not choices:
        params.refuse("choices", "are missing", f"1 to {MOST_CHOICES} texts, of which a ticket has one")
    elif kind != "choice" and given and choices:
        params.refuse("choices", f"a {kind} field has none", "choices with the type choice only")
