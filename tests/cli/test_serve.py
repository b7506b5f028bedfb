"""`deskline serve` as the program it is: its address, its flags, its log, its end."""

import base64
import http.client
import json
import signal
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deskline.cli.endings import Ending
from deskline.config import SETTINGS
from tests.cli.commands import KEY, LOGIN, deskline, done, init, program, serving


def ask(url: str, target: str = "/tickets", key: str = KEY) -> tuple[int, bytes]:
    """GET something as Ann; answers status and body."""
    parts = urlsplit(url)
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    assert parts.hostname is not None
    connection = (
        http.client.HTTPSConnection(parts.hostname, parts.port, context=unchecked, timeout=30)
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    )
    credentials = base64.b64encode(f"{LOGIN}:{key}".encode()).decode()
    try:
        connection.request("GET", target, headers={"Authorization": f"Basic {credentials}", "X-API-Version": "2"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_works_and_ends_when_told(tmp_path: Path, number: signal.Signals) -> None:
    init(tmp_path)
    with serving("--data", tmp_path) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert ask(server.url) == (200, b'{"pages":0,"total":0,"tickets":[]}')
        assert ask(server.url, key="f" * 32)[0] == 401
        ended = server.stop(number)
    assert (ended.code, ended.out) == (0, "")
    assert "Traceback" not in ended.err


def test_the_folder_can_be_a_variable(tmp_path: Path) -> None:
    init(tmp_path)
    with serving(DESKLINE_DATA=str(tmp_path)) as server:
        assert ask(server.url)[0] == 200


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    init(tmp_path)
    with serving("--data", tmp_path) as server:
        second = program("serve", "--data", tmp_path, "--port", "0")
        assert second.code == Ending.UNAVAILABLE
        assert f"process {server.process.pid}" in second.err
        assert ask(server.url)[0] == 200


def test_a_port_has_one_server(tmp_path: Path) -> None:
    init(tmp_path / "a")
    init(tmp_path / "b")
    with serving("--data", tmp_path / "a") as server:
        port = urlsplit(server.url).port
        second = program("serve", "--data", tmp_path / "b", "--port", str(port))
        assert second.code == Ending.USAGE
        assert "Address already in use" in second.err
        assert second.err.count("\n") == 1


def test_other_commands_work_beside_a_server_which_knows_at_once(tmp_path: Path) -> None:
    init(tmp_path)
    with serving("--data", tmp_path) as server:
        done("agent", "add", "--data", tmp_path, "--login", "jane@example.com", "--name", "Jane")
        key = done("key", "add", "--data", tmp_path, "--login", LOGIN, "--json").json
        assert ask(server.url, key=key["key"])[0] == 200
        assert [agent["login"] for agent in json.loads(ask(server.url, "/agents")[1])] == [LOGIN, "jane@example.com"]
        done("check", "--data", tmp_path)
        done("backup", "--data", tmp_path, tmp_path / "backup.db")
        refused = deskline("restore", "--data", tmp_path, tmp_path / "backup.db", "--force")
        assert refused.code == Ending.UNAVAILABLE
        assert ask(server.url)[0] == 200


def test_tls_is_switched_on_by_one_flag(tmp_path: Path) -> None:
    init(tmp_path)
    with serving("--data", tmp_path, "--tls", "self-signed") as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert ask(server.url)[0] == 200
    certificate, key = tmp_path / "self-signed.crt", tmp_path / "self-signed.key"
    with serving("--data", tmp_path, "--tls-cert", certificate, "--tls-key", key) as server:
        assert ask(server.url)[0] == 200


def test_serving_everybody_without_tls_is_warned_of(tmp_path: Path) -> None:
    init(tmp_path)
    with serving("--data", tmp_path, "--host", "0.0.0.0", "--no-tls") as server:
        ended = server.stop()
    assert ended.err.startswith("Warning: without TLS")


def test_the_log_is_json_for_programs_and_on_stderr(tmp_path: Path) -> None:
    init(tmp_path)
    with serving("--data", tmp_path, "--access-log", "--log-format", "json") as server:
        ask(server.url, "/tickets?page=2")
        ended = server.stop()
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert lines
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    assert KEY not in ended.err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--port", "http"], "port (from --port): 'http' is not accepted; accepted: a whole number from 0 to 65535."),
        (["--host", "203.0.113.9"], "host: '203.0.113.9' is no address of this machine; accepted:"),
        (["--tls", "maybe"], "tls (from --tls): 'maybe' is not accepted; accepted: auto, files, self-signed or none."),
        (["--tls-cert", "c.pem"], "tls_key is missing; HTTPS needs tls_cert and tls_key."),
        (["--tls", "files", "--no-tls"], "--no-tls is short for --tls none; leave out one of the two."),
        (["--trusted-proxies", "everybody"], "trusted_proxies (from --trusted-proxies): ['everybody'] is not accepted"),
        (["--tls-cert", "c.pem", "--tls-key", "k.pem", "--port", "0"], "tls_cert: there is no file c.pem."),
    ],
)
def test_a_wrong_flag_is_refused_in_words(tmp_path: Path, flags: list[str], words: str) -> None:
    init(tmp_path)
    ended = program("serve", "--data", tmp_path, *flags)
    assert ended.code == Ending.USAGE
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_every_setting_has_its_flag() -> None:
    help_text = deskline("serve", "--help").out
    for row in SETTINGS.values():
        assert (f"{row.flag} " in help_text) == (row.flag is not None)
        if row.flag:
            assert row.variable in help_text
