"""Every setting of Deskline in one table, and how its value is found: flag, then variable, then file, then default.

The fields of `Settings` are the table; flags, variables, keys of the file and documentation follow from it. Nothing is opened or
started here, and no layer below reads a flag or a variable: it receives values.
"""

import difflib
import ipaddress
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, get_args, get_origin, get_type_hints

import msgspec

from deskline.domain.attachments import is_type
from deskline.errors import SettingsError
from deskline.storage.postgres_address import AddressError, read_address

VARIABLES = "DESKLINE_"
OF_THE_TESTS = "DESKLINE_TEST_"  # variables that the program's own tests are steered by; no setting begins like this
FILE = "deskline.toml"
DATABASE = "deskline.db"


MediaType = NewType("MediaType", str)  # or all of a kind


class About(NamedTuple):
    """What a setting means. `least` and `most` bound numbers; `flag` and `file` say whether it can be given there.

    `variable` is its name in the environment after the prefix, where that is not the setting's own. `metavar` stands for a value in the
    help, where that is not its kind's. A `secret` is never shown.
    """

    help: str
    least: float = -math.inf
    most: float = math.inf
    flag: bool = True
    file: bool = True
    variable: str = ""
    metavar: str = ""
    secret: bool = False


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, checked. After loading, `tls` is never `auto` where certificate and key are given."""

    data: Annotated[Path, About("the folder that holds the database")] = Path("data")
    database: Annotated[
        str | None,
        About(
            f"the PostgreSQL database, on one server or on whichever of several takes writes; without it, {DATABASE} in the data folder; "
            "a password is better in the variable than in the flag",
            variable="DATABASE_URL",
        ),
    ] = None
    replica: Annotated[
        str | None,
        About("a stand-by of the PostgreSQL database that reports are read from; without it, the database itself", variable="REPLICA_URL"),
    ] = None
    replica_age_seconds: Annotated[
        float, About("how old the replica's state may be; from an older one no report is read, but from the database", 0, 86_400)
    ] = 30.0
    start_seconds: Annotated[float, About("how long a server that starts waits for a PostgreSQL database that is away", 0, 86_400)] = 30.0
    config: Annotated[
        Path | None, About(f"the TOML file with settings; without it, {FILE} in the data folder where there is one", file=False)
    ] = None
    host: Annotated[str, About("the address to listen on")] = "127.0.0.1"
    port: Annotated[int, About("the port to listen on; 0 takes any that is free", 0, 65_535)] = 8_080
    workers: Annotated[
        int, About("how many processes serve, on one database and one port; more than one needs PostgreSQL (`database`)", 1, 256)
    ] = 1
    tls: Annotated[
        Literal["auto", "files", "self-signed", "none"],
        About(
            "how HTTPS is done; auto: with tls_cert and tls_key where they are given, else plain HTTP that answers only this machine and "
            "trusted proxies; self-signed: with a certificate made at the first start; none: plain HTTP for whoever reaches the port"
        ),
    ] = "auto"
    tls_cert: Annotated[Path | None, About("the file with the certificate and its chain, PEM")] = None
    tls_key: Annotated[Path | None, About("the file with the certificate's private key, PEM")] = None
    trusted_proxies: Annotated[
        tuple[str, ...], About("addresses or networks of proxies whose X-Forwarded-Proto and X-Forwarded-For are believed")
    ] = ()
    wire_profile: Annotated[
        Literal["live", "docs"],
        About("how tickets look: live, as the original answered (ISO dates, whole groups), or docs, as its samples show (seconds, ids)"),
    ] = "live"
    oauth_implicit: Annotated[
        bool, About("let apps get tokens by the implicit flow too, as those of before 2019 do; tokens then stand in addresses")
    ] = False
    max_body_bytes: Annotated[int, About("the largest body of a request, in bytes", 1_024, 1_073_741_824)] = 1_000_000
    body_seconds: Annotated[float, About("how long a client may take to send a body", 0.1, 3_600)] = 10.0
    header_seconds: Annotated[float, About("how long a client may take to send the head of a request", 0.1, 3_600)] = 5.0
    max_in_flight: Annotated[int, About("how many requests are worked on at a time; more are told to try again", 1, 1_000_000)] = 1_000
    requests_per_minute: Annotated[
        int, About("how many requests a minute one key may send to each process; more are told when to come back; 0: any number", 0, 10**9)
    ] = 60_000
    failed_sign_ins_per_minute: Annotated[
        int,
        About(
            "how many sign-ins a minute may fail from one address, in each process, before it has to wait; keys that were good before are "
            "heard all the same, and so is this machine; 0: any number",
            0,
            10**9,
        ),
    ] = 60
    forms_per_minute: Annotated[
        int,
        About("how many tickets a minute one address may send by the public form, in each process; 0: any number", 0, 10**9),
    ] = 10
    query_seconds: Annotated[float, About("how long one report, search or deep page may take", 0.1, 86_400)] = 10.0
    check_hours: Annotated[
        float, About("how many hours after each self-check of an account the next one begins; 0: only when it is asked for", 0, 8_760)
    ] = 168.0
    lease_seconds: Annotated[float, About("how long a job stays with a server that says nothing any more", 1, 3_600)] = 30.0
    webhook_networks: Annotated[
        tuple[str, ...],
        About("inside addresses or networks that webhooks may be sent to; without it only addresses of the internet"),
    ] = ()
    cache_mib: Annotated[int, About("how much of the database each connection keeps in memory, in MiB", 1, 65_536)] = 2
    grace_seconds: Annotated[float, About("how long a server that stops waits for requests in flight", 0, 3_600)] = 30.0
    log_format: Annotated[
        Literal["auto", "json", "text"], About("how the log is written to stderr; auto: text on a terminal, else JSON")
    ] = "auto"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], About("the least important lines that are logged")] = "info"
    attachments: Annotated[
        Path | None, About("the folder that holds attachments, which several servers share; without it, attachments in the data folder")
    ] = None
    s3_bucket: Annotated[
        str, About("the bucket of an S3-compatible store that holds attachments; without it, the folder", metavar="NAME")
    ] = ""
    s3_endpoint: Annotated[
        str, About("the address of that store, such as https://s3.example.com:9000; without it, Amazon's of the region", metavar="URL")
    ] = ""
    s3_region: Annotated[str, About("the region that requests to the store are signed for", metavar="NAME")] = "us-east-1"
    s3_key: Annotated[str, About("the access key of the store", metavar="KEY")] = ""
    s3_secret: Annotated[str, About("the secret of that key; not shown", flag=False, secret=True)] = ""
    attachment_bytes: Annotated[int, About("the largest attachment, in bytes", 1, 5_000_000_000)] = 25_000_000
    attachment_types: Annotated[tuple[MediaType, ...], About("the media types of attachments that are taken; */*: all")] = (
        MediaType("*/*"),
    )
    access_log: Annotated[bool, About("log every request")] = False
    debug: Annotated[bool, About("show the traceback of an error nobody expected", flag=False, file=False)] = False

    @property
    def database_path(self) -> Path:
        """The database file in the data folder."""
        return self.data / DATABASE

    @property
    def attachments_path(self) -> Path:
        """The folder of attachments."""
        return self.attachments or self.data / "attachments"

    @property
    def place(self) -> str:
        """Where the database is, for people: without the password."""
        return show(self.database) if self.database is not None else str(self.database_path)


class Setting(msgspec.Struct, frozen=True):
    """A row of the table: how a setting is spelled in each place, and what it accepts. `flag` is None where there is none."""

    name: str
    kind: Any
    default: Any
    about: About

    @property
    def variable(self) -> str:
        """The variable of the environment."""
        return VARIABLES + (self.about.variable or self.name.upper())

    @property
    def flag(self) -> str | None:
        """The flag of `deskline serve`."""
        return f"--{self.name.replace('_', '-')}" if self.about.flag else None

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a setting that has only a few."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()

    @property
    def accepted(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return ", ".join(self.choices[:-1]) + f" or {self.choices[-1]}"
        if self.kind in (int, float):
            noun = "whole number" if self.kind is int else "number of hours" if self.name.endswith("_hours") else "number of seconds"
            return f"a {noun} from {self.about.least:g} to {self.about.most:.10g}"
        if self.kind is bool:
            return "true or false"
        return {
            str | None: "an address such as postgresql://user@host/name, or postgresql://user@host1,host2/name",
            str: "a text",
            tuple[MediaType, ...]: "media types such as application/pdf or image/*, separated by commas",
            tuple[str, ...]: "addresses or networks such as 10.0.0.0/8, separated by commas",
        }.get(self.kind, "a path")

    @property
    def shown_default(self) -> str:
        """The default as somebody would write it."""
        return show(self.default)

    def show(self, value: object) -> str:
        """Spell a value as somebody would write it, unless it is a secret."""
        return "***" if value and self.about.secret else show(value)


def _table() -> dict[str, Setting]:
    defaults = Settings()
    hints = get_type_hints(Settings, include_extras=True)
    rows = {name: get_args(hints[name]) for name in Settings.__struct_fields__}
    return {name: Setting(name, kind, getattr(defaults, name), about) for name, (kind, about) in rows.items()}


SETTINGS: Mapping[str, Setting] = _table()


def load(flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """Find every setting's value. Raises SettingsError, a line for each that is unknown or wrong.

    `flags` holds what was given on the command line by setting (None for not given), `file` the file it named.
    """
    return resolve(flags, environ, file)[0]


def resolve(flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None = None) -> tuple[Settings, dict[str, str]]:
    """Find every setting's value, and by setting the place it came from (those that are not named have their default)."""
    search = _Search()
    search.take_flags({**flags, "config": file})
    search.take_variables(environ)
    search.take_file()
    search.settle_tls()
    search.settle_replica()
    search.settle_s3()
    if search.problems:
        raise SettingsError("\n".join(search.problems))
    return Settings(**search.values), search.places


class _Search:
    """The values found so far, from the most to the least important place; what is found first stays."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.places: dict[str, str] = {}
        self.ranks: dict[str, int] = {}
        self.problems: list[str] = []

    def take_flags(self, flags: Mapping[str, object]) -> None:
        """Take what the command line gives; nothing there is unknown."""
        for name, value in flags.items():
            if value is not None and value != ():
                self._take(SETTINGS[name], value, str(SETTINGS[name].flag), FLAG)

    def take_variables(self, environ: Mapping[str, str]) -> None:
        """Take what the environment gives; an empty variable counts as none."""
        rows = {row.variable: row for row in SETTINGS.values()}
        for variable, value in environ.items():
            if not variable.startswith(VARIABLES) or variable.startswith(OF_THE_TESTS):
                continue
            if variable not in rows:
                self.problems.append(f"There is no variable {variable}; {_meant(variable, rows, VARIABLES)}")
            elif value:
                self._take(rows[variable], value, variable, VARIABLE)

    def take_file(self) -> None:
        """Take what the file gives: the one that was named, else the one in the data folder."""
        named = self.values.get("config")
        path: Path = named or self.values.get("data", SETTINGS["data"].default) / FILE
        if named is None and not path.is_file():
            return
        # A file that was found in the data folder cannot say where that is.
        known = [row.name for row in SETTINGS.values() if row.about.file and (named or row.name != "data")]
        for key, value in self._read(path).items():
            if key in known:
                self._take(SETTINGS[key], value, str(path), IN_FILE, path.parent)
            else:
                self.problems.append(f"There is no setting {key!r} for the file {path}; {_meant(key, known)}")

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            self.problems.append(f"The file of settings {path} cannot be read: {error.strerror}.")
        except ValueError as error:  # not TOML, or not UTF-8
            self.problems.append(f"The file of settings {path} is not TOML: {error}.")
        return {}

    def _take(self, row: Setting, value: object, place: str, rank: int, folder: Path | None = None) -> None:
        if row.name in self.places:
            return
        self.places[row.name] = place
        self.ranks[row.name] = rank
        try:
            self.values[row.name] = _read_value(row, value, folder)
        except ValueError as error:
            shown = show(value) if isinstance(value, str) else value
            why = f": {error}" if isinstance(error, AddressError) else ""
            self.problems.append(f"{row.name} (from {place}): {shown!r} is not accepted{why}; accepted: {row.accepted}.")

    def settle_tls(self) -> None:
        """Make one decision of tls, tls_cert and tls_key. Where they disagree, the more important place is obeyed."""
        files = min(self.ranks.get(name, NOWHERE) for name in ("tls_cert", "tls_key"))
        chosen = self.ranks.get("tls", NOWHERE)
        tls = self.values.get("tls", "auto")
        if tls in ("none", "self-signed") and files == chosen:
            self.problems.append(f"tls is {tls}, and yet tls_cert or tls_key is given in the same place; leave out one of the two.")
        if tls == "files" or (files < NOWHERE and (tls == "auto" or files < chosen)):
            missing = [name for name in ("tls_cert", "tls_key") if name not in self.places]
            self.problems += [f"{name} is missing; HTTPS needs tls_cert and tls_key." for name in missing]
            self.values["tls"] = "files"

    def settle_s3(self) -> None:
        """Refuse a store that is half described. The bucket is what switches it on."""
        bucket, endpoint = self.values.get("s3_bucket"), self.values.get("s3_endpoint")
        if not bucket:
            return
        if not _BUCKET.fullmatch(bucket):
            self.problems.append(f"s3_bucket: {bucket!r} is no name of a bucket; accepted: 3 to 63 of a-z, 0-9, . and -.")
        if endpoint and not _ENDPOINT.fullmatch(endpoint):
            self.problems.append(
                f"s3_endpoint: {endpoint!r} is not accepted; accepted: https:// or http:// and a host, with or without port."
            )
        missing = [name for name in ("s3_key", "s3_secret") if not self.values.get(name)]
        self.problems += [f"{name} is missing; a store of attachments needs s3_bucket, s3_key and s3_secret." for name in missing]
        if not endpoint:
            self.values["s3_endpoint"] = f"https://s3.{self.values.get('s3_region', SETTINGS['s3_region'].default)}.amazonaws.com"

    def settle_replica(self) -> None:
        """Refuse a replica of nothing."""
        if "replica" in self.values and "database" not in self.places:
            self.problems.append("replica is given, and yet no database; only one on PostgreSQL has replicas.")


_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
FLAG, VARIABLE, IN_FILE, NOWHERE = range(4)


def _meant(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Say what was probably meant, comparing what follows the prefix."""
    close = difflib.get_close_matches(name.removeprefix(prefix), [each.removeprefix(prefix) for each in known], 1)
    return f"did you mean {prefix}{close[0]}?" if close else "deskline settings lists what there is."


def _read_value(row: Setting, value: object, folder: Path | None) -> object:
    """Read a value as it stands in a place. `folder` is where relative paths begin. Raises ValueError."""
    if row.choices:
        return _one_of(row.choices, value)
    if row.kind is bool:
        return _one_of(("true", "yes", "on", "1", "false", "no", "off", "0"), value) in ("true", "yes", "on", "1")
    if row.kind in (int, float):
        return _read_number(row, value)
    if row.kind == tuple[str, ...]:
        return _read_networks(value)
    if row.kind == tuple[MediaType, ...]:
        return _read_types(value)
    text = str(value) if isinstance(value, str | Path) else ""
    if not text.strip() or "\0" in text:
        raise ValueError(value)
    if row.kind == str | None:
        read_address(text, is_standby=row.name == "replica")
        return text
    return text if row.kind is str else _read_path(text, folder)


def _read_path(text: str, folder: Path | None) -> Path:
    try:
        return (folder or Path()) / Path(text).expanduser()
    except RuntimeError as error:  # ~somebody who is not there
        raise ValueError(text) from error


def _one_of(choices: tuple[str, ...], value: object) -> str:
    word = str(value).strip().lower()
    if word not in choices:
        raise ValueError(value)
    return word


def _read_number(row: Setting, value: object) -> int | float:
    if type(value) not in (str, int, row.kind):  # neither true nor 1.5 is a whole number
        raise ValueError(value)
    number: int | float = row.kind(value)
    if not row.about.least <= number <= row.about.most:  # so written that it refuses nan
        raise ValueError(value)
    return number


def _read_networks(value: object) -> tuple[str, ...]:
    networks = _read_list(value)
    for network in networks:
        ipaddress.ip_network(network, strict=False)
    return networks


def _read_types(value: object) -> tuple[str, ...]:
    types = tuple(each.lower() for each in _read_list(value))
    if not types or not all(map(is_type, types)):
        raise ValueError(value)
    return types


def _read_list(value: object) -> tuple[str, ...]:
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError(value)
    return tuple(each.strip() for part in parts for each in part.split(",") if each.strip())


def show(value: object) -> str:
    """Spell a setting's value as somebody would write it, without the password of an address; nothing for none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else _PASSWORD.sub(r"\1\2***", str(value))


# Everything up to the last @ is hidden: a password may hold any sign, although it should not.
_PASSWORD = re.compile(r"(://[^/:@?]*:).*(?=@)|(?<=[?&])((?:ssl)?password=)[^&]*")
