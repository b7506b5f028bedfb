"""The pages that people see: the question whether an app may, and what is wrong with a request that leads nowhere. No script on any."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Final

from deskline.domain.apps import origin_of
from deskline.domain.scopes import SCOPES
from deskline.web.responses import Answer, Header

HTML: Final = b"text/html; charset=utf-8"
_STYLE: Final = files("deskline.web.oauth").joinpath("consents.css").read_text("utf-8")
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def show_question(
    *,
    app: str,
    account: str,
    login: str,
    scopes: Iterable[str],
    address: str,
    fields: Mapping[str, str],
    wrong: str = "",
    status: int = 200,
) -> Answer:
    """Ask an agent whether an app may; `fields` are those of the app's request, `address` is where the answer goes."""
    lines = "".join(f"<li>{escape(SCOPES[scope])} <code>{escape(scope)}</code></li>" for scope in scopes)
    hidden = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items())
    body = (
        f"<h1>{escape(app)} asks for access to {escape(account)}</h1>"
        + (f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else "")
        + f"<p>It would act as you, and could:</p><ul>{lines}</ul>"
        + f"<p>Your answer goes to <code>{escape(origin_of(address))}</code>.</p>"
        + f'<form method="post" action="/authorize">{hidden}'
        + f'<label>Your login <input name="login" autocomplete="username" value="{escape(login)}"></label>'
        + '<label>Your API key <input name="key" type="password" autocomplete="current-password"></label>'
        + '<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Do not allow</button></form>'
        + "<p>Allow it only if you began this yourself. The app does not see your key.</p>"
    )
    return _page("Allow access?", body, status, sends_to=f"'self' {origin_of(address)}")


def show_dead_end(error: str, text: str) -> Answer:
    """Say why a request is not answered to the app: nobody knows whether the address is the app's (RFC 6749, 4.1.2.1)."""
    words = f"<h1>This link does not work</h1><p>{escape(text)}</p><p>For whoever made the app: <code>{escape(error)}</code></p>"
    return _page("This link does not work", words, 400, sends_to="'none'")


def _page(title: str, body: str, status: int, *, sends_to: str) -> Answer:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    answer = Answer(html.encode(), status, content_type=HTML, headers=_headers(sends_to))
    answer.is_secret = True
    return answer


def _headers(sends_to: str) -> tuple[Header, ...]:
    """The policy of a page. A browser holds `form-action` against where an answer redirects, too, so that is named."""
    policy = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action {sends_to}; frame-ancestors 'none'"
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-frame-options", b"DENY"),  # for browsers that do not know frame-ancestors (RFC 9700, 4.16)
        # Not `no-referrer`: with it a browser says `Origin: null` of the form, which is refused as another site's.
        (b"referrer-policy", b"same-origin"),
    )
