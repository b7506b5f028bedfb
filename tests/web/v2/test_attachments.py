"""/attachments, and the messages that name files"""

import gzip
import hashlib
import io
import json
import zlib
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.web.v2.companies import Company

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4) + (480).to_bytes(4) + b"\x08\x02\0\0\0" + bytes(100)
MARY = {"mail": "mary@x.com", "name": "Mary"}


def sent(company: Company, content: bytes = PNG, name: str = "a.png", kind: str = "image/png", **options: Any) -> httpx.Response:
    return company.request("POST", "/attachments", params={"name": name}, content=content, headers={"Content-Type": kind}, **options)


def kept(company: Company, content: bytes = PNG, name: str = "a.png", kind: str = "image/png", **options: Any) -> dict[str, Any]:
    answer = sent(company, content, name, kind, **options)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def created(company: Company, **body: Any) -> httpx.Response:
    return company.request("POST", "/tickets", json={"message": "Hello", "requester": MARY, **body})


def test_a_file_goes_with_a_new_ticket_and_comes_back_as_it_was(company: Company) -> None:
    file = kept(company)
    host = company.server.url.removeprefix("http://")
    beside = {
        "url": f"{host}/attachments/{file['id']}/a.png",
        "name": "a.png",
        "content_type": "image/png",
        "content_encoding": "binary",
        "width": 640,
        "height": 480,
        "size": len(PNG),
    }
    assert file == {"id": file["id"], **beside, "sha256": hashlib.sha256(PNG).hexdigest()}
    answer = created(company, attachments=[file["id"]])
    assert answer.json()["events"][0]["attachments"] == [beside]
    path = beside["url"].removeprefix(host)  # type: ignore[attr-defined]
    for way in (path, f"/attachments/{file['id']}", path + "?x=1", "/v2" + path):
        read = company.get(way)
        assert (read.status_code, read.content) == (200, PNG)
        assert dict(read.headers) | {
            "content-type": "image/png",
            "content-length": str(len(PNG)),
            "content-disposition": 'attachment; filename="a.png"',
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "cache-control": "private, no-cache",
            "etag": f'"{file["sha256"]}"',
        } == dict(read.headers)
    known = company.request("GET", path, headers={"If-None-Match": f'"{file["sha256"]}"'})
    assert (known.status_code, known.content) == (304, b"")
    head = company.request("HEAD", path)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(PNG)), b"")


def test_files_go_with_replies_and_notes_of_agents_and_the_requester(company: Company) -> None:
    ticket = created(company).json()["id"]
    path = f"/tickets/{ticket}/messages"
    files = [kept(company, str(number).encode(), f"{number}.txt", "text/plain") for number in range(4)]
    ids = [file["id"] for file in files]
    company.request("POST", path, json={"message": "Both", "attachments": ids[:2]})
    company.request("POST", path, json={"message": "A note", "is_private": True, "attachments": [ids[2]]})
    shown = company.request("POST", path, data={"message": "Mine", "author[type]": "client", "attachments[]": ids[3]}).json()
    messages = [event for event in shown["events"] if event["type"] == "message"]
    assert [[file["name"] for file in message.get("attachments", [])] for message in messages] == [
        [],
        ["0.txt", "1.txt"],
        ["2.txt"],
        ["3.txt"],
    ]
    assert "width" not in messages[1]["attachments"][0], "it is no picture"
    opened = company.request("POST", f"/tickets/{ticket}/split", json={"message": 4}).json()
    assert opened["events"][0]["attachments"] == messages[3]["attachments"]
    assert company.get("/attachments/" + ids[3]).content == b"3"


def test_until_a_message_names_it_a_file_is_its_senders_alone(company: Company) -> None:
    file = kept(company)
    path = f"/attachments/{file['id']}"
    ticket = created(company).json()["id"]
    assert company.get(path).content == PNG
    hidden = company.request("GET", path, ben=True)
    assert (hidden.status_code, hidden.json()["error"]) == (404, f"There is no attachment '{file['id']}' here.")
    assert company.request("DELETE", path, ben=True).status_code == 404
    words = (
        f"attachments[0]: there is no file '{file['id']}' of ben@example.com that waits for a message; accepted: an id that POST "
        "/attachments answered in the last 24 hours and no message has named"
    )
    body = {"message": "Not mine", "attachments": [file["id"]]}
    refused = company.request("POST", f"/tickets/{ticket}/messages", json=body, ben=True)
    assert (refused.status_code, refused.json()["errors"]) == (400, [words])
    assert company.request("POST", f"/tickets/{ticket}/messages", json=body).status_code == 200
    assert company.request("GET", path, ben=True).content == PNG
    assert company.request("DELETE", path).status_code == 404, "it is part of a ticket now"


def test_a_refused_message_leaves_its_files_waiting(company: Company) -> None:
    """And a message that is sent again by mistake is refused, since its file is named already."""
    file = kept(company)
    none = created(company, attachments=[file["id"], "0" * 32])
    assert none.status_code == 400
    assert none.json()["errors"][0].startswith("attachments[1]: there is no file '000")
    assert company.json("/tickets")["total"] == 0
    assert company.request("POST", "/tickets/ZZZZZ/messages", json={"message": "x", "attachments": [file["id"]]}).status_code == 404
    assert created(company, attachments=[file["id"]]).status_code == 200
    assert created(company, attachments=[file["id"]]).status_code == 400
    assert company.json("/tickets")["total"] == 1


def test_a_message_with_a_key_is_told_once_with_its_file(company: Company) -> None:
    file = kept(company)
    body = {"message": "Hello", "requester": MARY, "attachments": [file["id"]]}
    answers = [company.request("POST", "/tickets", json=body, headers={"Idempotency-Key": "one"}) for _ in range(3)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert company.json("/tickets")["total"] == 1


@pytest.mark.parametrize(
    ("attachments", "words"),
    [
        (["a", "a"], "attachments: name a file twice; accepted: each id once"),
        (list(map(str, range(21))), "attachments"),
        ("x" * 251, "attachments"),
    ],
)
def test_what_is_no_list_of_files(company: Company, attachments: object, words: str) -> None:
    answer = created(company, attachments=attachments)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(words)


def test_who_sent_a_file_may_remove_it(company: Company) -> None:
    file = kept(company)
    path = f"/attachments/{file['id']}"
    answer = company.request("DELETE", path)
    assert (answer.status_code, answer.json()) == (200, {"result": "Attachment removed successfully"})
    assert company.get(path).status_code == 404
    assert company.request("DELETE", path).status_code == 404
    assert created(company, attachments=[file["id"]]).status_code == 400


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "file"),
        ("żółw ☃.txt", "żółw ☃.txt"),
        ('a".txt', "a.txt"),
        ("a\r\nSet-Cookie: b=1", "aSet-Cookie b=1"),
        ("x" * 900 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_name_is_no_path_and_no_header(company: Company, name: str, shown: str) -> None:
    file = kept(company, name=name)
    assert file["name"] == shown
    assert file["url"].endswith(f"/{file['id']}/{quote(shown, safe='')}")
    read = company.get(f"/attachments/{file['id']}")
    assert read.content == PNG
    assert "set-cookie" not in read.headers
    assert read.headers["content-disposition"].startswith("attachment; filename=")


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("text/html; charset=utf-8", "text/html"),
        ("IMAGE/SVG+XML", "image/svg+xml"),
        ("nonsense", "application/octet-stream"),
        ("application/x-www-form-urlencoded", "application/octet-stream"),
        ("application/json", "application/json"),
    ],
)
def test_whatever_it_says_it_is_it_is_saved_and_never_run(company: Company, kind: str, shown: str) -> None:
    page = b"<script>alert(1)</script>"
    file = kept(company, page, "page.html", kind)
    assert file["content_type"] == shown
    read = company.get(f"/attachments/{file['id']}?callback=evil")
    assert (read.content, read.headers["content-type"]) == (page, shown)
    assert read.headers["content-disposition"].startswith("attachment;")
    assert read.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in read.headers["content-security-policy"]


def test_a_bomb_is_kept_as_it_came(company: Company) -> None:
    """A megabyte that would be a gigabyte: nobody here unpacks it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()
    assert gzip.GzipFile(fileobj=io.BytesIO(bomb)).read(10) == bytes(10)
    file = kept(company, bomb, "bomb.gz", "application/gzip")
    assert file["size"] == len(bomb)
    read = company.get(f"/attachments/{file['id']}")
    assert read.content == bomb
    assert "content-encoding" not in read.headers
    packed = company.request(
        "POST", "/attachments?name=a", content=bomb, headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    )
    assert packed.status_code == 400
    assert packed.json()["errors"][0].startswith("Content-Encoding: 'gzip' is not read here")


def test_large_and_empty_files(company: Company) -> None:
    large = bytes(range(256)) * 20_000  # more than the body of any other request may be
    for content in (large, b""):
        file = kept(company, content, "some.bin", "application/octet-stream")
        assert file["size"] == len(content)
        assert company.get(f"/attachments/{file['id']}").content == content
    chunked = company.request("POST", "/attachments?name=a", content=iter([b"one, ", b"two"]), headers={"Content-Type": "text/plain"})
    assert company.get("/attachments/" + chunked.json()["id"]).content == b"one, two"
    too_large = company.send(
        """
POST /attachments?name=a HTTP/1.1
Host: desk.example.com
Authorization: {basic}
Content-Length: 25000001
        """
    )
    assert (too_large.status, json.loads(too_large.body)["error"]) == (413, "The body is too large; accepted: at most 25,000,000 bytes.")


def test_what_is_refused_in_words(company: Company) -> None:
    form = company.request("POST", "/attachments?name=a", files={"file": b"x"})
    assert form.status_code == 400
    assert form.json()["errors"][0].startswith(
        "Content-Type: 'multipart/form-data' is not read here; accepted: the file itself as the body"
    )
    nameless = company.request("POST", "/attachments", content=b"x")
    assert (nameless.status_code, nameless.json()["errors"][0][:16]) == (400, "name: is missing")
    keyed = company.request("POST", "/attachments?name=a", content=b"x", headers={"Idempotency-Key": "one"})
    assert (keyed.status_code, keyed.json()["errors"][0][:52]) == (400, "Idempotency-Key: is not offered here, and not needed")
    for unknown in ("0" * 32, "../1", "%2e%2e%2f1", "x"):
        assert company.get(f"/attachments/{unknown}").status_code == 404
