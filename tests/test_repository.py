"""What keeps the house in order, where no tool has a rule for it."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import deskline

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")

# Written in pieces, so that this file does not name them either.
REGISTRIES = tuple(
    ".".join(pieces)
    for pieces in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("anaconda", "org"),
        ("jsdelivr", "net"),
    )
)
MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])(?:/(?:home|Users|root|work|tmp)/|[A-Z]:\\)\w")
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "misc", "manager", "service", "core"}


def our_files() -> Iterator[Path]:
    """All files of the project, without what tools make."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT).parts
        if path.is_file() and not any(is_made(part) for part in inside) and inside[0] not in {"data", "demo-data"}:
            yield path


def is_made(name: str) -> bool:
    """Whether a file or folder of this name is made by tools."""
    return name in {"__pycache__", "build", "dist"} or (name.startswith(".") and name not in {".ci", ".editorconfig", ".gitignore"})


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of each of our files that is text."""
    for path in our_files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield str(path.relative_to(ROOT)), content.decode("utf-8")


def project() -> dict[str, object]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert isinstance(table["project"], dict)
    return table["project"] | {"dev": table["dependency-groups"]["dev"]}


def requirements(key: str) -> list[Requirement]:
    listed = project()[key]
    assert isinstance(listed, list)
    return [Requirement(line) for line in listed]


def pins(lock: str) -> dict[str, Version]:
    """What a lock file pins, by canonical name."""
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    found = (re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line) for line in lines)
    return {canonicalize_name(match[1]): Version(match[2]) for match in found if match}


def test_no_file_names_a_package_registry() -> None:
    assert [(name, host) for name, text in texts() for host in REGISTRIES if host in text.lower()] == []


def test_no_file_names_a_path_of_some_machine() -> None:
    assert [(name, match[0]) for name, text in texts() for match in MACHINE_PATH.finditer(text)] == []


@pytest.mark.parametrize("text", ["see /home/" + "anna/notes", '"/tm' + 'p/data"', "C:" + "\\Users", "(/ro" + "ot/x)"])
def test_a_path_of_some_machine_is_recognised(text: str) -> None:
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["https://example.com/home/page", "docs/work/x", "/var/lib/deskline", "$HOME/tmp/x"])
def test_other_paths_are_not_taken_for_one(text: str) -> None:
    assert not MACHINE_PATH.search(text)


def test_every_text_file_ends_its_last_line() -> None:
    assert [name for name, text in texts() if text and not text.endswith("\n")] == []


def test_no_file_has_two_sides_of_a_merge() -> None:
    sides = tuple(7 * sign for sign in "<>")
    assert [name for name, text in texts() for line in text.splitlines() if line.startswith(sides)] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = (path for path in our_files() if path.suffix == ".py")
    assert [path for path in names if NAMES_THAT_SAY_NOTHING & {path.stem, *path.relative_to(ROOT).parts[:-1]}] == []


def test_the_version_is_the_same_everywhere() -> None:
    assert project()["version"] == deskline.__version__


def test_the_changelog_has_an_entry_for_the_version() -> None:
    entry = rf"^## \[{re.escape(deskline.__version__)}\] - (?:unreleased|\d{{4}}-\d\d-\d\d)$"
    assert re.search(entry, (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("lock", "keys"), [("requirements.lock", ["dependencies"]), ("requirements-dev.lock", ["dependencies", "dev"])])
def test_the_lock_file_satisfies_every_requirement(lock: str, keys: list[str]) -> None:
    pinned = pins(lock)
    wanted = [requirement for key in keys for requirement in requirements(key)]
    assert [str(each) for each in wanted if canonicalize_name(each.name) not in pinned] == []
    assert [str(each) for each in wanted if pinned[canonicalize_name(each.name)] not in each.specifier] == []


def test_developers_run_what_is_shipped() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    entries = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins(lock))
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_file_does_not_say_where_packages_come_from(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    assert "index-url" not in text


def test_links_between_pages_lead_to_files() -> None:
    links = [
        (name, link)
        for name, text in texts()
        if name.endswith(".md")
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
        if "://" not in link and not link.startswith("mailto:")
    ]
    assert len(links) > 20
    assert [(name, link) for name, link in links if not ((ROOT / name).parent / link).exists()] == []
