"""Where attachments are kept: the folder, another folder, a bucket; what a server answers when something is wrong there."""

import http.client
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import KEY, LOGIN, done
from tests.faults.journals import WHO
from tests.serving import Server, basic, serving
from tests.storage import stores
from tests.storage.stores import BUCKET, SECRET, a_store

CONTENT = b"some bytes " * 20_000


class Desk:
    """A server with an account."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._signed_in = basic(LOGIN, KEY)

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "text/plain") -> tuple[int, Any]:
        answer = self.server.ask(method, path, body, {**self._signed_in, "Content-Type": kind})
        is_json = str(answer.header("content-type")).startswith("application/json")
        return answer.status, json.loads(answer.body) if is_json else answer.body

    def sent(self, content: bytes = CONTENT) -> str:
        """Send a file with a ticket. Answers the file's id."""
        status, file = self.ask("POST", "/attachments?name=a.txt", content)
        assert status == 200, file
        body = {"message": "Hello", "requester": {"mail": "a@b.example"}, "attachments": [file["id"]]}
        assert self.ask("POST", "/tickets", json.dumps(body).encode(), "application/json")[0] == 200
        return str(file["id"])

    def header(self) -> dict[str, str]:
        return self._signed_in


@contextmanager
def a_desk(data: Path, **settings: str) -> Iterator[Desk]:
    done("init", "--data", str(data), *WHO)
    with serving(data, **settings) as server:
        yield Desk(server)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_folder(tmp_path: Path) -> None:
    with a_desk(tmp_path, attachments=str(tmp_path / "elsewhere")) as desk:
        file_id = desk.sent()
        assert desk.ask("GET", f"/attachments/{file_id}") == (200, CONTENT)
    assert files(tmp_path / "elsewhere") == {file_id: CONTENT}


def test_which_files_are_taken(tmp_path: Path) -> None:
    with a_desk(tmp_path, attachment_bytes="10", attachment_types="image/*, application/pdf") as desk:
        status, said = desk.ask("POST", "/attachments?name=a.txt", b"x")
        assert (status, said["errors"]) == (400, ["Content-Type: 'text/plain' is not taken here; accepted: image/*, application/pdf"])
        status, said = desk.ask("POST", "/attachments?name=a.png", b"x" * 11, "image/png")
        assert (status, said["error"]) == (413, "The body is too large; accepted: at most 10 bytes.")
        assert desk.ask("POST", "/attachments?name=a.png", b"x" * 10, "image/png")[0] == 200
    assert len(files(tmp_path / "attachments")) == 1


def test_a_file_that_is_cut_short_on_the_disk_is_not_passed_off_as_whole(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        gone, short = desk.sent(), desk.sent()
        next((tmp_path / "attachments").rglob(gone)).unlink()
        assert desk.ask("GET", f"/attachments/{gone}")[0] == 404
        os.truncate(next((tmp_path / "attachments").rglob(short)), 100_000)
        with pytest.raises(http.client.IncompleteRead):
            desk.ask("GET", f"/attachments/{short}")
    assert "after 100,000 of 220,000 bytes there are no more" in (tmp_path / "server.log").read_text()


def test_a_client_that_goes_away_leaves_nothing(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        head = "".join(f"{name}: {value}\r\n" for name, value in {**desk.header(), "Content-Length": "1000000", "Host": "x"}.items())
        for _ in range(3):
            with desk.server.connect() as connection:
                connection.sendall(f"POST /attachments?name=a HTTP/1.1\r\n{head}\r\n".encode() + bytes(200_000))
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1_000)
        file_id = desk.sent()
    assert files(tmp_path / "attachments") == {file_id: CONTENT}


def test_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKLINE_S3_SECRET", SECRET)
    data = tmp_path / "data"
    data.mkdir()
    with a_store(tmp_path / "store") as store, a_desk(data, s3_bucket=BUCKET, s3_endpoint=store.endpoint, s3_key=stores.KEY) as desk:
        file_id = desk.sent()
        assert store.held() == {f"1/{file_id}": CONTENT}
        assert desk.ask("GET", f"/attachments/{file_id}/a.txt") == (200, CONTENT)
        shown = {row["name"]: row["value"] for row in done("settings", "--data", str(data), "--json").json}
        assert shown["s3_secret"] == "***"
    assert files(data / "attachments") == {}
    assert SECRET not in (data / "server.log").read_text()
