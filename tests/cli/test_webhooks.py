"""webhook: what is said and stored. What is refused and why is tried where the rules are, and the sending with the job."""

import re
from pathlib import Path

from deskline.cli.endings import Ending
from tests.cli.commands import deskline, done, init

URL = "https://example.com/hooks"


def test_it_works(tmp_path: Path) -> None:
    init(tmp_path)
    said = done("webhook", "add", "--data", tmp_path, "--url", URL, "--event", "ticket_created").out
    found = re.fullmatch(r"Webhook: ([0-9a-f]{32})\nSecret:  (whsec_[A-Za-z0-9+/]{43}=)\n", said)
    assert found is not None
    webhook_id, secret = found.groups()
    (row,) = done("webhook", "list", "--data", tmp_path, "--json").json
    assert (row["id"], row["event_type"], row["payload"], row["url"], row["state"]) == (webhook_id, "ticket_created", "standard", URL, "on")
    assert secret not in done("webhook", "list", "--data", tmp_path).out
    assert done("webhook", "disable", "--data", tmp_path, webhook_id).out == f"Webhook {webhook_id} is off.\n"
    assert done("webhook", "list", "--data", tmp_path, "--json").json[0]["reason"] == "switched off"
    assert done("webhook", "enable", "--data", tmp_path, webhook_id).out == f"Webhook {webhook_id} is on.\n"
    assert done("webhook", "list", "--data", tmp_path, "--json").json[0]["state"] == "on"
    assert done("webhook", "rotate", "--data", tmp_path, webhook_id, "--json").json["secret"] != secret
    assert done("webhook", "log", "--data", tmp_path, webhook_id, "--json").json == []
    again = done("webhook", "replay", "--data", tmp_path, webhook_id, "--failed").out
    assert again == f"0 to be sent again. See: deskline webhook log {webhook_id}\n"
    assert done("webhook", "delete", "--data", tmp_path, webhook_id).out == f"Webhook {webhook_id} is deleted.\n"
    assert done("webhook", "list", "--data", tmp_path, "--json").json == []


def test_one_in_the_form_of_v2(tmp_path: Path) -> None:
    init(tmp_path)
    made = done("webhook", "add", "--data", tmp_path, "--url", URL, "--payload", "v2", "--json").json
    assert re.fullmatch("[0-9a-f]{32}", made["token"])
    assert "secret" not in made
    assert made["event_type"] == "*"


def test_what_is_refused_says_why(tmp_path: Path) -> None:
    init(tmp_path)
    webhook_id = done("webhook", "add", "--data", tmp_path, "--url", URL, "--json").json["id"]
    for arguments, words in (
        (("add", "--url", "ftp://example.com"), "url: 'ftp://example.com' is not accepted"),
        (("add", "--url", URL, "--event", "chat"), "event_type: 'chat' is not accepted; accepted: ticket_created, "),
        (("add", "--url", URL, "--payload", "xml"), "payload: 'xml' is not accepted; accepted: v2, standard"),
        (("enable", "0" * 32), f"There is no webhook '{'0' * 32}' here."),
        (("log", webhook_id, "--state", "lost"), "state: 'lost' is not accepted; accepted: waiting, delivered, failed"),
        (("replay", webhook_id), "replay: accepted: the id of a message, or --failed"),
        (("replay", webhook_id, "msg_1", "--failed"), "replay: accepted: the id of a message, or --failed"),
        (("replay", webhook_id, "msg_1"), "There is no delivery 'msg_1' here."),
    ):
        ended = deskline("webhook", *arguments, "--data", tmp_path)
        assert (ended.code, words in ended.err) == (Ending.REFUSED, True), ended.err
