"""SQL stands in `.sql` files, named and explained; nothing puts a statement together but the modules that are named here."""

import ast
import re
from collections.abc import Collection, Iterator
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
MAY_BUILD_A_STATEMENT = {
    "storage/search.py",  # a line of fixed text for each filter
    "storage/postgres.py",  # statements of several tables become one, and numbers of ours go where no parameter can
    "storage/past.py",  # as search, whose lines it puts into its own `.sql` file
    "storage/words.py",  # likewise
    "storage/sets.py",  # as past
    "storage/copies.py",  # every table is read by the same few statements
    "storage/postgres_copies.py",  # as postgres_upgrades
    "storage/postgres_upgrades.py",  # the number of a schema stands in the name of a column
    "storage/openings.py",  # as reports
    "storage/summaries.py",  # as reports, whose file it uses
    "storage/spreads.py",  # as reports, whose file it uses
    "storage/backlog.py",  # as openings, whose file it uses
    "storage/reports.py",  # puts named parts of its own `.sql` file into each other
    "storage/worked.py",  # likewise, with the filters of reports
    "storage/stretches.py",  # likewise
    "storage/buckets.py",  # likewise
    "storage/schema.py",  # and the SQLite engine itself: PRAGMA takes no parameters
}
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
        for node in built_statements(tree)
    ]
    assert found == []


def built_statements(tree: ast.Module) -> Iterator[ast.expr]:
    """Each call that runs a statement put together in it, or earlier in the same function under a name."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.expr) and runs_a_built_statement(node))
    for scope in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        names = built_names(scope)
        yield from (node for node in ast.walk(scope) if isinstance(node, ast.expr) and runs_a_built_statement(node, names))


def built_names(scope: ast.AST) -> frozenset[str]:
    """Names that are given a text put together, at once or by `+=`, or another such name."""
    built: set[str] = set()
    while True:
        before = len(built)
        for node in ast.walk(scope):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                    | ast.NamedExpr(target=ast.Name(id=name), value=value)
                ) if is_built(value, built):
                    built.add(name)
                case ast.AugAssign(target=ast.Name(id=name), value=value) if is_built(value, built) or is_text(value):
                    built.add(name)
        if len(built) == before:
            return frozenset(built)


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def runs_a_built_statement(node: ast.expr, names: Collection[str] = ()) -> bool:
    """Whether a node is a call such as `connection.execute(f"…")`, with `+`, `%` or `.format` alike, or with one of the names."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNS_A_STATEMENT and node.args):
        return False
    return is_built(node.args[0], names)


def is_built(node: ast.expr, names: Collection[str] = ()) -> bool:
    """Whether a value is a text put together, or goes by a name that is."""
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.JoinedStr() | ast.BinOp(op=ast.Add() | ast.Mod()) | ast.Call(func=ast.Attribute(attr="format" | "join" | "replace")):
            return True
    return False


@pytest.mark.parametrize("call", ["c.execute(f'{x}')", "tx.rows('SELECT ' + x)", "tx.row('SELECT %s' % x)", "c.execute('{}'.format(x), y)"])
def test_a_statement_that_is_put_together_is_recognised(call: str) -> None:
    assert runs_a_built_statement(ast.parse(call, mode="eval").body)


@pytest.mark.parametrize(
    "body",
    [
        "q = f'{x}'; c.execute(q)",
        "q: str = 'SELECT ' + x; tx.rows(q, 1)",
        "q = 'SELECT 1'; q += ' WHERE a'; tx.row(q)",
        "q = 'SELECT {}'.format(x); p = q; c.execute(p)",
        "q = _Q['list'].format(x); tx.rows(q)",
        "q = ' '.join(x); tx.rows(q)",
        "q = x + ' WHERE a'; tx.rows(q)",
        "c.execute(q) if (q := f'{x}') else 0",
    ],
)
def test_a_statement_put_together_under_a_name_is_recognised(body: str) -> None:
    assert list(built_statements(ast.parse(f"def f(c, tx, x):\n    {body}")))


def test_a_name_of_another_function_is_none() -> None:
    tree = ast.parse("def f(x):\n    q = f'{x}'\n    return len(q)\ndef g(c, q):\n    c.execute(q)")
    assert list(built_statements(tree)) == []


@pytest.mark.parametrize(
    "statement", ["SELECT a\n  FROM b", "insert into b values (1)".upper(), "CREATE VIRTUAL TABLE x USING y", "UPDATE ticket SET a = 1"]
)
def test_a_statement_is_recognised(statement: str) -> None:
    assert SQL.match(statement)


@pytest.mark.parametrize("text", ["Update the ticket", "Select a ticket from the list", "DELETE FROMAGE", "With care"])
def test_a_sentence_is_not_taken_for_a_statement(text: str) -> None:
    assert not SQL.match(text)
