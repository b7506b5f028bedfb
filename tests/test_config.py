import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.config import SETTINGS, MediaType, Setting, Settings, load, resolve, show
from deskline.errors import SettingsError


def a_file(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, "utf-8")
    return path


def problems(flags: dict[str, object], environ: dict[str, str], file: Path | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(flags, environ, file)
    return str(caught.value).splitlines()


def test_nothing_given_is_every_default() -> None:
    assert load({}, {}) == Settings()


def test_the_flag_goes_before_the_variable_before_the_file_before_the_default(tmp_path: Path) -> None:
    file = a_file(tmp_path, "port = 1\nhost = 'file'\nlog_level = 'error'\n")
    environ = {"DESKLINE_PORT": "2", "DESKLINE_HOST": "variable"}
    settings, places = resolve({"port": "3", "host": None}, environ, file)
    assert (settings.port, settings.host, settings.log_level, settings.log_format) == (3, "variable", "error", "auto")
    assert places["port"] == "--port"
    assert places["host"] == "DESKLINE_HOST"
    assert places["log_level"] == str(file)
    assert "log_format" not in places


def test_the_file_of_the_data_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "deskline.toml").write_text("port = 9000\n")
    assert load({"data": tmp_path}, {}).port == 9000
    assert load({}, {"DESKLINE_DATA": str(tmp_path)}).port == 9000


def test_a_file_that_is_named_says_where_the_data_is(tmp_path: Path) -> None:
    file = a_file(tmp_path, "data = 'desk'\n")
    assert load({}, {}, file).data == tmp_path / "desk"
    assert load({}, {"DESKLINE_CONFIG": str(file)}).database_path == tmp_path / "desk" / "deskline.db"


def test_a_file_in_the_data_folder_cannot_move_it(tmp_path: Path) -> None:
    (tmp_path / "deskline.toml").write_text("data = '/elsewhere'\n")
    assert "There is no setting 'data'" in problems({"data": tmp_path}, {})[0]


def test_paths_of_a_file_begin_at_the_file(tmp_path: Path) -> None:
    file = a_file(tmp_path, "tls_cert = 'cert.pem'\ntls_key = '/keys/key.pem'\n")
    settings = load({}, {}, file)
    assert (settings.tls_cert, settings.tls_key) == (tmp_path / "cert.pem", Path("/keys/key.pem"))


def test_an_empty_variable_counts_as_none() -> None:
    assert load({}, {"DESKLINE_PORT": "", "DESKLINE_TLS_CERT": ""}) == Settings()


def test_variables_of_other_programs_and_of_the_tests_are_left_alone() -> None:
    assert load({}, {"DESK": "1", "PORT": "x", "DESKLINE_TEST_ROUND": "long"}) == Settings()


@pytest.mark.parametrize(
    ("variable", "says"), [("DESKLINE_PROT", "did you mean DESKLINE_PORT?"), ("DESKLINE_QQQ", "deskline settings lists what there is.")]
)
def test_an_unknown_variable_is_refused_with_a_suggestion(variable: str, says: str) -> None:
    assert problems({}, {variable: "1"}) == [f"There is no variable {variable}; {says}"]


@pytest.mark.parametrize("key", ["config", "debug", "trusted-proxies", "server.port"])
def test_an_unknown_key_of_the_file_is_refused(tmp_path: Path, key: str) -> None:
    file = a_file(tmp_path, f"{key} = 'x'\n")
    assert f"for the file {file}" in problems({}, {}, file)[0]


def test_an_unknown_key_comes_with_a_suggestion(tmp_path: Path) -> None:
    file = a_file(tmp_path, "trusted-proxies = []\n")
    assert problems({}, {}, file) == [f"There is no setting 'trusted-proxies' for the file {file}; did you mean trusted_proxies?"]


def test_a_file_that_is_not_there_or_not_toml_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in problems({}, {}, tmp_path / "missing.toml")[0]
    assert "is not TOML" in problems({}, {}, a_file(tmp_path, "port 80"))[0]
    file = tmp_path / "latin.toml"
    file.write_bytes(b"host = '\xff'")
    assert "is not TOML" in problems({}, {}, file)[0]


def test_every_wrong_value_is_named_with_its_place_and_what_is_accepted(tmp_path: Path) -> None:
    file = a_file(tmp_path, "access_log = 'perhaps'\nmax_in_flight = 1.5\n")
    found = problems({"port": "70000"}, {"DESKLINE_LOG_FORMAT": "xml", "DESKLINE_TRUSTED_PROXIES": "10.0.0.300"}, file)
    networks = "addresses or networks such as 10.0.0.0/8, separated by commas"
    assert found == [
        "port (from --port): '70000' is not accepted; accepted: a whole number from 0 to 65535.",
        "log_format (from DESKLINE_LOG_FORMAT): 'xml' is not accepted; accepted: auto, json or text.",
        f"trusted_proxies (from DESKLINE_TRUSTED_PROXIES): '10.0.0.300' is not accepted; accepted: {networks}.",
        f"access_log (from {file}): 'perhaps' is not accepted; accepted: true or false.",
        f"max_in_flight (from {file}): 1.5 is not accepted; accepted: a whole number from 1 to 1000000.",
    ]


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "", " ", "ten"])
def test_a_number_that_is_none_is_refused(value: str) -> None:
    assert "accepted: a number of seconds from 0.1 to 86400." in problems({"query_seconds": value}, {})[0]


def test_the_types_of_the_file_are_taken_as_they_are(tmp_path: Path) -> None:
    file = a_file(tmp_path, "access_log = true\nbody_seconds = 3\nheader_seconds = 1.5\ntrusted_proxies = ['::1', '10.0.0.0/8']\n")
    settings = load({}, {}, file)
    assert (settings.access_log, settings.body_seconds, settings.header_seconds) == (True, 3, 1.5)
    assert settings.trusted_proxies == ("::1", "10.0.0.0/8")


@pytest.mark.parametrize("key", ["port = true", "port = '80'\nbody_seconds = true", "host = 3", "trusted_proxies = [1]"])
def test_a_type_of_the_file_that_does_not_fit_is_refused(tmp_path: Path, key: str) -> None:
    assert len(problems({}, {}, a_file(tmp_path, key + "\n"))) == 1


def test_certificate_and_key_switch_https_on() -> None:
    settings = load({"tls_cert": "c.pem", "tls_key": "k.pem"}, {})
    assert (settings.tls, settings.tls_cert, settings.tls_key) == ("files", Path("c.pem"), Path("k.pem"))


@pytest.mark.parametrize(
    ("flags", "missing"),
    [({"tls_cert": "c.pem"}, "tls_key"), ({"tls_key": "k.pem"}, "tls_cert"), ({"tls": "files", "tls_cert": "c"}, "tls_key")],
)
def test_half_of_a_certificate_is_refused(flags: dict[str, object], missing: str) -> None:
    assert problems(flags, {}) == [f"{missing} is missing; HTTPS needs tls_cert and tls_key."]


def test_of_two_ways_to_do_https_the_more_important_place_is_obeyed() -> None:
    files = {"tls_cert": "c.pem", "tls_key": "k.pem"}
    variables = {"DESKLINE_TLS_CERT": "c.pem", "DESKLINE_TLS_KEY": "k.pem"}
    assert load({"tls": "none"}, variables).tls == "none"
    assert load({"tls": "self-signed"}, variables).tls == "self-signed"
    assert load(files, {"DESKLINE_TLS": "self-signed"}).tls == "files"
    assert load({"tls": "auto"}, variables).tls == "files"
    assert "leave out one of the two" in problems({"tls": "none", **files}, {})[0]


def an_example(row: Setting) -> str:
    if row.choices:
        return row.choices[-1]
    kinds: dict[Any, str] = {
        str | None: "postgresql://x",
        int: str(int(max(row.about.least, 7))),
        float: "7",
        bool: "true",
        tuple[str, ...]: "10.0.0.1, ::1",
        tuple[MediaType, ...]: "image/*, application/pdf",
    }
    return kinds.get(row.kind, "x")


@pytest.mark.parametrize("row", SETTINGS.values(), ids=lambda row: row.name)
def test_every_setting_has_a_help_and_can_be_given_in_each_of_its_places(row: Setting, tmp_path: Path) -> None:
    assert row.about.help
    assert row.accepted
    (tmp_path / "x").write_text("")
    text = an_example(row)
    beside: dict[str, object] = {"tls_cert": "x", "tls_key": "x"} if row.name in ("tls", "tls_cert", "tls_key") else {}
    if row.name == "replica":
        beside = {"database": "postgresql://y"}
    if row.name == "s3_bucket":
        text, beside = "some-bucket", {"s3_key": "x", "s3_secret": "x"}
    if row.name == "config":
        text = str(tmp_path / "x")
    if row.name == "tls":
        text = "files"
    by_variable = load({k: v for k, v in beside.items() if k != row.name}, {row.variable: text})
    assert getattr(by_variable, row.name) is not None
    if row.flag and row.name != "config":
        by_flag = load({**beside, row.name: text}, {})
        assert getattr(by_flag, row.name) == getattr(by_variable, row.name)


def test_a_password_is_shown_to_nobody() -> None:
    settings = load({"database": "postgresql://ann:geh%2Feim@db.example/desk"}, {"DESKLINE_DATABASE_URL": "postgresql://other/desk"})
    assert settings.database == "postgresql://ann:geh%2Feim@db.example/desk"
    assert settings.place == "postgresql://ann:***@db.example/desk"
    assert show("postgresql://ann:geheim@a:1,b:2/desk?target_session_attrs=primary") == (
        "postgresql://ann:***@a:1,b:2/desk?target_session_attrs=primary"
    )
    assert (
        show("postgresql:///desk?host=a,b&sslpassword=geheim&password=geheim") == "postgresql:///desk?host=a,b&sslpassword=***&password=***"
    )
    assert show("postgresql://ann@db.example:5432/desk?host=a@b") == "postgresql://ann@db.example:5432/desk?host=a@b"
    assert show("postgresql:///desk?user=ann&password=geheim&host=h") == "postgresql:///desk?user=ann&password=***&host=h"
    (problem,) = problems({}, {"DESKLINE_DATABASE_URL": "mysql://ann:geheim@db.example/desk"})
    assert problem == (
        "database (from DESKLINE_DATABASE_URL): 'mysql://ann:***@db.example/desk' is not accepted: it does not begin with postgresql://; "
        "accepted: an address such as postgresql://user@host/name, or postgresql://user@host1,host2/name."
    )
    for signs in ("geh/eim", "geh?eim", "geh#eim", "geh@eim", "geh:eim", "geh eim"):
        for problem in problems({}, {"DESKLINE_DATABASE_URL": f"postgresql://ann:{signs}@db.example/desk?port=x"}):
            assert "eim" not in problem


def test_a_store_of_attachments_is_described_whole() -> None:
    whole = {"s3_bucket": "desk", "s3_key": "key", "s3_secret": "secret"}
    assert load(whole, {}).s3_endpoint == "https://s3.us-east-1.amazonaws.com"
    assert load({**whole, "s3_region": "eu-central-1"}, {}).s3_endpoint == "https://s3.eu-central-1.amazonaws.com"
    assert load({**whole, "s3_endpoint": "http://127.0.0.1:9000"}, {}).s3_endpoint == "http://127.0.0.1:9000"
    assert problems({"s3_bucket": "desk"}, {}) == [
        f"{name} is missing; a store of attachments needs s3_bucket, s3_key and s3_secret." for name in ("s3_key", "s3_secret")
    ]
    assert problems({**whole, "s3_bucket": "../desk"}, {}) == [
        "s3_bucket: '../desk' is no name of a bucket; accepted: 3 to 63 of a-z, 0-9, . and -."
    ]
    for wrong in ("s3.example.com", "ftp://s3.example.com", "https://s3.example.com/path", "https://key:secret@s3.example.com"):
        assert "accepted: https:// or http:// and a host" in problems({**whole, "s3_endpoint": wrong}, {})[0]
    assert SETTINGS["s3_secret"].show("secret") == "***"
    assert SETTINGS["s3_key"].show("key") == "key"


def test_a_replica_of_nothing_is_refused() -> None:
    (problem,) = problems({"replica": "postgresql://b"}, {})
    assert problem == "replica is given, and yet no database; only one on PostgreSQL has replicas."
    (problem,) = problems({"database": "postgresql://a", "replica": "postgresql://b?target_session_attrs=primary"}, {})
    assert "this is a stand-by that is read; accepted are standby, prefer-standby, read-only, or nothing" in problem


@pytest.mark.parametrize("path", ["~nobody-of-this-name/key.pem", "~0"])
def test_a_home_that_is_not_there_is_refused(path: str) -> None:
    assert "tls_key" in problems({}, {"DESKLINE_TLS_KEY": path})[0]


@given(st.dictionaries(st.sampled_from([row.variable for row in SETTINGS.values() if row.name not in ("config", "data")]), st.text()))
def test_whatever_a_variable_says_it_is_taken_or_refused(environ: dict[str, str]) -> None:
    with contextlib.suppress(SettingsError):
        assert isinstance(load({}, environ), Settings)


@pytest.mark.parametrize("row", SETTINGS.values(), ids=lambda row: row.name)
def test_a_default_that_is_shown_can_be_given(row: Setting) -> None:
    text = show(row.default)
    assert text == "" or getattr(load({}, {row.variable: text}), row.name) == row.default or row.name == "config"
