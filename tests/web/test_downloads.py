"""What a file of somebody unknown is handed out under."""

import pytest

from deskline.web.downloads import INERT, content_disposition, inert_headers


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("a b.pdf", b'attachment; filename="a b.pdf"'),
        ("żaba.pdf", b"attachment; filename=\"_aba.pdf\"; filename*=UTF-8''%C5%BCaba.pdf"),
        ("100%.txt", b"attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ('a"; filename="b.exe', b'attachment; filename="a; filename=b.exe"'),
    ],
)
def test_the_name_in_the_header(name: str, field: bytes) -> None:
    assert content_disposition(name) == (b"content-disposition", field)


def test_no_sign_of_a_name_breaks_out_of_the_header() -> None:
    for number in range(0x3000):
        field = content_disposition(f"a{chr(number)}b")[1]
        assert all(32 <= byte < 127 for byte in field)
        assert field.count(b'"') == 2


def test_whatever_it_is_it_is_saved_and_sandboxed() -> None:
    headers = dict(inert_headers("page.html"))
    assert headers[b"content-disposition"].startswith(b"attachment;")
    assert b"sandbox" in headers[b"content-security-policy"]
    assert set(dict(INERT)) < set(headers)
