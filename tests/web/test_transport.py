import pytest

from deskline.errors import ForbiddenError, SettingsError, UnsupportedVersionError
from deskline.web.transport import Transport
from tests.web.builders import a_request

STRANGER = "203.0.113.7"
PROXY = "10.1.2.3"


def check(*headers: tuple[bytes, bytes], peer: str = STRANGER, scheme: str = "http", public: bool = False, plain: bool = False) -> None:
    transport = Transport(allow_plain_http=plain, trusted_proxies=("10.0.0.0/8", "fd00::/8"))
    transport.check(a_request(headers=headers, peer=peer, scheme=scheme), public=public)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_plain_http_is_heard_on_loopback(peer: str) -> None:
    check(peer=peer)


def test_https_is_heard_from_everywhere() -> None:
    check(scheme="https")


@pytest.mark.parametrize("peer", [STRANGER, PROXY, "2001:db8::1", "", "somewhere"])
def test_plain_http_from_elsewhere_hears_how_to_switch_tls_on(peer: str) -> None:
    with pytest.raises(ForbiddenError, match=r"--tls-cert and --tls-key, or with --tls self-signed.*trusted_proxies.*--no-tls"):
        check(peer=peer)


@pytest.mark.parametrize("peer", [PROXY, "fd00::5", "::ffff:10.1.2.3", "127.0.0.1"])
def test_a_named_proxy_is_believed(peer: str) -> None:
    check((b"x-forwarded-proto", b"https"), peer=peer)
    check((b"x-forwarded-proto", b"HTTPS, https"), peer=peer)


@pytest.mark.parametrize("peer", [STRANGER, "11.0.0.1", "2001:db8::1"])
def test_a_stranger_is_not_believed_to_be_a_proxy(peer: str) -> None:
    with pytest.raises(ForbiddenError):
        check((b"x-forwarded-proto", b"https"), peer=peer)


@pytest.mark.parametrize("word", [b"http", b"http, https", b"https, http", b"", b"ftp"])
@pytest.mark.parametrize("peer", [PROXY, "127.0.0.1", STRANGER])
def test_anyone_is_believed_to_have_had_no_https(peer: str, word: bytes) -> None:
    with pytest.raises(ForbiddenError):
        check((b"x-forwarded-proto", word), peer=peer)


def test_plain_http_can_be_allowed() -> None:
    check(plain=True)
    check((b"x-forwarded-proto", b"http"), plain=True)


def test_probes_are_heard_over_plain_http() -> None:
    check(public=True)


@pytest.mark.parametrize("name", ["localhost", "10.0.0.0/33", ""])
def test_a_proxy_is_named_by_its_address(name: str) -> None:
    with pytest.raises(SettingsError, match=r"trusted_proxies: .* accepted: such as"):
        Transport(trusted_proxies=(name,))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (b"https://desk.example", b"desk.example"),
        (b"https://desk.example:443", b"desk.example"),
        (b"https://DESK.example", b"desk.Example:443"),
        (b"http://localhost:8080", b"localhost:8080"),
        (b"http://[::1]:8080", b"[::1]:8080"),
    ],
)
def test_a_page_of_this_site_is_heard(origin: bytes, host: bytes) -> None:
    check((b"origin", origin), (b"host", host), (b"sec-fetch-site", b"same-origin"), scheme="https")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (b"https://evil.example", b"desk.example"),
        (b"https://desk.example.evil.example", b"desk.example"),
        (b"https://desk.example:444", b"desk.example"),
        (b"https://desk.example@evil.example", b"desk.example"),
        (b"null", b"desk.example"),
        (b"null", b""),
        (b"", b""),
        (b"desk.example", b"desk.example"),
        (b"https://[::1", b"desk.example"),
        (b"https://desk.example:x", b"desk.example"),
        (b"\xff\xfe", b"desk.example"),
    ],
)
def test_a_page_of_another_site_is_refused(origin: bytes, host: bytes) -> None:
    for public in (False, True):
        with pytest.raises(ForbiddenError, match="page of another site"):
            check((b"origin", origin), (b"host", host), scheme="https", public=public)


@pytest.mark.parametrize("mode", [b"no-cors", b"cors", b"same-origin"])
@pytest.mark.parametrize("site", [b"cross-site", b"same-site"])
def test_what_a_page_of_another_site_loads_without_an_origin_is_refused(site: bytes, mode: bytes) -> None:
    with pytest.raises(ForbiddenError, match="page of another site"):
        check((b"sec-fetch-site", site), (b"sec-fetch-mode", mode), scheme="https")


def test_a_person_who_comes_by_a_link_is_heard() -> None:
    check((b"sec-fetch-site", b"cross-site"), (b"sec-fetch-mode", b"navigate"), scheme="https")
    check((b"sec-fetch-site", b"none"), (b"sec-fetch-mode", b"navigate"), scheme="https")


def test_version_1_is_refused_by_naming_version_2() -> None:
    with pytest.raises(UnsupportedVersionError, match=r"X-API-Version: .* accepted: 2"):
        check((b"x-api-version", b"1"), scheme="https")


@pytest.mark.parametrize("version", [b"2", b"{}", b"", b"2.0", b"11", b"99", b"\xff"])
def test_versions_that_are_none_are_version_2(version: bytes) -> None:
    check((b"x-api-version", version), scheme="https")
