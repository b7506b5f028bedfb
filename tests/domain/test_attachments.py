"""What is believed of a client's words about a file, and what a picture says of its size."""

import random

import pytest

from deskline.domain.attachments import is_of, is_type, safe_name, safe_type, size_of_picture


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


@pytest.mark.parametrize(
    ("content_type", "patterns", "is_taken"),
    [
        ("image/png", ("*/*",), True),
        ("image/png", ("image/*",), True),
        ("image/png", ("text/plain", "image/png"), True),
        ("image/png", ("text/*", "image/jpeg"), False),
        ("imagex/png", ("image/*",), False),
    ],
)
def test_which_types_are_taken(content_type: str, patterns: tuple[str, ...], is_taken: bool) -> None:
    assert is_of(content_type, patterns) == is_taken


def test_what_is_a_pattern() -> None:
    assert all(map(is_type, ("*/*", "image/*", "a/b")))
    assert not any(map(is_type, ("*", "", "*/png", "image/", "image", "a b/c", "*/*/*")))


def little(number: int, count: int) -> bytes:
    return number.to_bytes(count, "little")


JFIF = b"\xff\xe0" + (16).to_bytes(2) + bytes(14)
FRAME = b"\xff\xc2" + (17).to_bytes(2) + b"\x08" + (480).to_bytes(2) + (640).to_bytes(2) + bytes(10)
PICTURES = {
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4) + (480).to_bytes(4) + bytes(9),
    "gif": b"GIF89a" + little(640, 2) + little(480, 2) + bytes(9),
    "jpeg": b"\xff\xd8" + JFIF + b"\xff" + b"\xff\xc4" + (4).to_bytes(2) + bytes(2) + FRAME,
    "webp, extended": b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + little(639, 3) + little(479, 3),
    "webp, lossless": b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + little(639 | 479 << 14, 4) + bytes(9),
    "webp, lossy": b"RIFF\0\0\0\0WEBPVP8 " + bytes(7) + b"\x9d\x01\x2a" + little(640, 2) + little(480, 2) + bytes(9),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_the_size_of_a_picture(kind: str) -> None:
    assert size_of_picture(PICTURES[kind]) == (640, 480)


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_that_is_cut_off_or_garbled_harms_nobody(kind: str, chance: random.Random) -> None:
    whole = PICTURES[kind]
    for end in range(len(whole)):
        size_of_picture(whole[:end])
    for _ in range(2_000):
        garbled = bytearray(whole)
        for _ in range(3):
            garbled[chance.randrange(len(whole))] = chance.randrange(256)
        found = size_of_picture(bytes(garbled))
        assert found is None or min(found) > 0


def test_what_is_no_picture() -> None:
    for text in (b"", b"hello", b"\xff\xd8\xff" + b"\xff" * 65_533, b"GIF89a" + bytes(20), b"RIFF\0\0\0\0WEBPXXXX" + bytes(30)):
        assert size_of_picture(text) is None
