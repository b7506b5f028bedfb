"""What a file of somebody unknown is handed out under."""

import pytest

from deskline.web.downloads import INERT, content_disposition, inert_headers, safe_name, safe_type


@pytest.mark.parametrize(
    ("sent", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie x=1"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\0b\x7f.txt", "ab.txt"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (" .hidden. ", "hidden"),
        ("żółw.png", "żółw.png"),
        ("\ud800.png", "png"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("x" * 300, "x" * 150),
    ],
)
def test_a_name_is_never_a_path_nor_a_trick(sent: str, safe: str) -> None:
    assert safe_name(sent) == safe


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


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("image/png", "image/png"),
        (" Text/HTML; charset=utf-8", "text/html"),
        ("text/html\r\nX: y", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("a/b\n", "a/b"),
        ("x" * 65 + "/y", "application/octet-stream"),
    ],
)
def test_a_type_is_one_or_none(sent: str, kept: str) -> None:
    assert safe_type(sent) == kept


def test_whatever_it_is_it_is_saved_and_sandboxed() -> None:
    headers = dict(inert_headers("page.html"))
    assert headers[b"content-disposition"].startswith(b"attachment;")
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"sandbox" in headers[b"content-security-policy"]
    assert set(dict(INERT)) < set(headers)
