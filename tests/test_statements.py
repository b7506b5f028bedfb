"""SQL stands in `.sql` files, named and explained; nothing puts a statement together but the one module that may."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "deskline"

SQL = re.compile(
    r"""\s*(?:SELECT\s.+\sFROM\s
          | INSERT\s+(?:OR\s+\w+\s+)?INTO\s
          | UPDATE\s+\w+\s+SET\s
          | DELETE\s+FROM\s
          | WITH\s.+\sAS\s.*\(
          | (?:CREATE|ALTER|DROP)\s+(?:\w+\s+)?(?:TABLE|INDEX|VIEW|TRIGGER)\s
          )""",
    re.DOTALL | re.VERBOSE,
)
MAY_HOLD_SQL = {"storage/search.py"}
MAY_BUILD_A_STATEMENT = {"storage/search.py", "storage/schema.py"}  # and the SQLite engine itself: PRAGMA takes no parameters
RUNS_A_STATEMENT = {"execute", "executemany", "row", "rows", "run", "run_many", "fetch", "fetchrow", "fetchval"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Path below the package and syntax tree of each module."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8"))


def test_every_sql_file_says_what_it_holds() -> None:
    assert [path.name for path in SOURCE.rglob("*.sql") if not re.match(r"-- (?!name:)\S", path.read_text("utf-8"))] == []


def test_a_statement_has_its_name_once() -> None:
    for path in SOURCE.rglob("*.sql"):
        names = re.findall(r"^-- name: (.*)$", path.read_text("utf-8"), re.MULTILINE)
        assert len(names) == len(set(names)), path.name


def test_statements_stand_in_sql_files() -> None:
    found = [
        (name, node.lineno)
        for name, tree in modules()
        if name not in MAY_HOLD_SQL
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert found == []


def test_statements_are_not_put_together() -> None:
    found = [
        (name, node.lineno)
        for name, tree in modules()
        if name not in MAY_BUILD_A_STATEMENT and not name.startswith("storage/sqlite")
        for node in ast.walk(tree)
        if isinstance(node, ast.expr) and runs_a_built_statement(node)
    ]
    assert found == []


def runs_a_built_statement(node: ast.expr) -> bool:
    """Whether a node is a call such as `connection.execute(f"…")`, with `+`, `%` or `.format` alike."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNS_A_STATEMENT and node.args):
        return False
    match node.args[0]:
        case (
            ast.JoinedStr()
            | ast.BinOp(left=ast.Constant(value=str()) | ast.JoinedStr())
            | ast.Call(func=ast.Attribute(value=ast.Constant(), attr="format"))
        ):
            return True
    return False


@pytest.mark.parametrize("call", ["c.execute(f'{x}')", "tx.rows('SELECT ' + x)", "tx.row('SELECT %s' % x)", "c.execute('{}'.format(x), y)"])
def test_a_statement_that_is_put_together_is_recognised(call: str) -> None:
    assert runs_a_built_statement(ast.parse(call, mode="eval").body)


@pytest.mark.parametrize(
    "statement", ["SELECT a\n  FROM b", "insert into b values (1)".upper(), "CREATE VIRTUAL TABLE x USING y", "UPDATE ticket SET a = 1"]
)
def test_a_statement_is_recognised(statement: str) -> None:
    assert SQL.match(statement)


@pytest.mark.parametrize("text", ["Update the ticket", "Select a ticket from the list", "DELETE FROMAGE", "With care"])
def test_a_sentence_is_not_taken_for_a_statement(text: str) -> None:
    assert not SQL.match(text)
