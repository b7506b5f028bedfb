"""The page where an agent lets an app in. Who they are they prove with each answer: there is no session that another site could use."""

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeAlias

from deskline.actions import oauth as act
from deskline.domain.people import Principal
from deskline.domain.scopes import ordered
from deskline.errors import InvalidError, SignInError
from deskline.storage import people
from deskline.web.buckets import Buckets
from deskline.web.limits import WINDOW_SECONDS, Address, network_of
from deskline.web.oauth.clients import LONGEST
from deskline.web.oauth.issuers import issuer
from deskline.web.oauth.pages import show_dead_end, show_question
from deskline.web.oauth.requests import Asked, DeadEndError, WrongRequestError, check, read_fields
from deskline.web.params import Params
from deskline.web.requests import Request
from deskline.web.responses import Answer

SignIn: TypeAlias = Callable[[str, str], Awaitable[Principal]]
Counted: TypeAlias = tuple[tuple[Buckets, Hashable], ...]
WRONG_KEY = "This login and key do not open this account."
MOST_OF_A_LOGIN = 10
NO_DECISION = "Please say whether the app may."
ONLY_KEYS = "A personal access token gives an app nothing, since that would outlive it; please use your API key."


class Consents:
    """The handlers. Whoever is wrong too often waits: ten times a minute for a login, and as often for an address as at any sign-in."""

    def __init__(self, sign_in: SignIn, address_of: Address, *, failures: int, implicit: bool) -> None:
        """Take who finds an agent by login and key, where a request comes from, how often an address may be wrong (0: any number)."""
        self._sign_in = sign_in
        self._address_of = address_of
        self._implicit = implicit
        self._by_login = Buckets(MOST_OF_A_LOGIN, WINDOW_SECONDS)
        self._by_address = Buckets(failures, WINDOW_SECONDS) if failures else None

    async def show(self, request: Request) -> Answer:
        """GET /authorize → the page that asks the agent, or back to the app with what is wrong."""
        try:
            asked, fields = await self._read(request, request.query)
        except DeadEndError as error:
            return show_dead_end(error.error, error.text)
        except WrongRequestError as error:
            return _refused(request, error)
        return await _question(request, asked, fields)

    async def decide(self, request: Request) -> Answer:
        """POST /authorize → back to the app, with a code or a refusal; the page again where login and key are wrong."""
        try:
            params = await request.form()
            login, key, decision = (params.text(name, limit=LONGEST) or "" for name in ("login", "key", "decision"))
            asked, fields = await self._read(request, params)
        except InvalidError as error:
            return show_dead_end("invalid_request", str(error))
        except DeadEndError as error:
            return show_dead_end(error.error, error.text)
        except WrongRequestError as error:
            return _refused(request, error)
        if decision == "deny":
            return _redirect(asked.answer(issuer(request), error="access_denied", error_description="The agent does not allow it."))
        if decision != "allow":
            return await _question(request, asked, fields, login=login, wrong=NO_DECISION, status=400)
        return await self._allow(request, asked, fields, login, key)

    async def _read(self, request: Request, params: Params) -> tuple[Asked, dict[str, str]]:
        fields = read_fields(params)
        return await check(request.services.database, fields, implicit=self._implicit), fields

    async def _allow(self, request: Request, asked: Asked, fields: dict[str, str], login: str, key: str) -> Answer:
        counted = self._counted(request, (asked.account_id, login.lower()))
        if seconds := _take(counted):
            wrong = f"There were too many wrong keys. Please try again in {seconds} seconds."
            answer = await _question(request, asked, fields, login=login, wrong=wrong, status=429)
            answer.headers = (*answer.headers, (b"retry-after", b"%d" % seconds))
            return answer
        principal = await self._find(login, key, asked)
        if principal is None:
            return await _question(request, asked, fields, login=login, wrong=WRONG_KEY, status=403)
        for buckets, who in counted:
            buckets.give_back(who)
        if principal.scopes is not None:  # what an app is given would outlive the token, and be there after it was revoked
            return await _question(request, asked, fields, login=login, wrong=ONLY_KEYS, status=403)
        return _redirect(await _given(request, asked, principal))

    def _counted(self, request: Request, login: tuple[int, str]) -> Counted:
        place = network_of(self._address_of(request))
        of_place: Counted = ((self._by_address, place),) if self._by_address is not None and place else ()
        return ((self._by_login, login), *of_place)

    async def _find(self, login: str, key: str, asked: Asked) -> Principal | None:
        if not login or not key:
            return None
        try:
            principal = await self._sign_in(login, key)
        except SignInError:
            return None
        return principal if principal.account_id == asked.account_id else None


def _take(counted: Counted) -> int:
    """Count a failure before it is one, so that many at a time are not too many; answer the seconds to wait where there were too many."""
    for place, (buckets, who) in enumerate(counted):
        is_taken, level = buckets.take(who)
        if not is_taken:
            for before, name in counted[:place]:
                before.give_back(name)
            return level.next_seconds
    return 0


async def _question(
    request: Request, asked: Asked, fields: dict[str, str], *, login: str = "", wrong: str = "", status: int = 200
) -> Answer:
    async with request.services.database.read(asked.account_id) as tx:
        account = await people.find_account(tx)
    return show_question(
        app=asked.consent.app.name,
        account="" if account is None else account.name,
        login=login,
        scopes=ordered(asked.consent.scopes),
        address=asked.address,
        fields=fields,
        wrong=wrong,
        status=status,
    )


async def _given(request: Request, asked: Asked, principal: Principal) -> str:
    """Give the app what the agent allows, and spell the address that takes it there."""
    async with request.services.database.write(asked.account_id) as tx:
        if asked.flow == "code":
            return asked.answer(issuer(request), code=await act.give_code(tx, asked.consent, principal))
        made = await act.give_token(tx, asked.consent, principal)
    return asked.answer(
        issuer(request),
        access_token=made.access,
        token_type="Bearer",  # noqa: S106  # a word of the protocol
        expires_in=str(made.expires_in),
        scope=" ".join(ordered(made.scopes)),
    )


def _refused(request: Request, error: WrongRequestError) -> Answer:
    return _redirect(error.asked.answer(issuer(request), error=error.error, error_description=error.text))


def _redirect(address: str) -> Answer:
    """Send the browser on with 303, which makes it leave the form behind (RFC 9700, 4.12)."""
    headers = ((b"location", address.encode()), (b"referrer-policy", b"no-referrer"))
    return Answer(b"", 303, content_type=b"text/plain; charset=utf-8", headers=headers)
