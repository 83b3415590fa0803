"""The direction of the imports, where SQL may stand, and what each package gives to its neighbours."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("archive", "crawler", "extract", "sourcekeep")

MAY_IMPORT = {
    "archive": set[str](),
    "crawler": {"archive"},
    "extract": {"archive"},
    "sourcekeep": {"archive", "crawler", "extract"},
}
"""sourcekeep -> crawler, extract -> archive. What is left out here is a wrong arrow."""

NOT_IN = {
    "archive": {"scrapy", "twisted", "trafilatura"},
    "crawler": {"trafilatura", "sqlite_utils", "sqlite3"},
    "extract": {"scrapy", "twisted", "sqlite_utils", "sqlite3"},
    "sourcekeep": {"trafilatura", "sqlite_utils"},
}
"""Libraries that a package must not import."""

ONLY_IN = {"trafilatura": Path("extract/article/frame.py")}
"""Libraries that one module alone imports."""

SQL_PLACES = (Path("archive/catalogue"), Path("archive/schema.py"))

_EXECUTING = {"execute", "executemany", "executescript", "query"}
_SQL = re.compile(
    r"\s*(?:SELECT\s|INSERT\s|UPDATE\s|DELETE\s+FROM|REPLACE\s+INTO|CREATE\s|DROP\s|ALTER\s|PRAGMA\s|BEGIN\b|COMMIT\b"
    r"|ROLLBACK\b|WITH\s|ATTACH\s|VACUUM\b|SAVEPOINT\b)",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"\b(?:SELECT\b.+\bFROM|INSERT INTO|UPDATE\b.+\bSET|DELETE FROM|CREATE TABLE|CASE WHEN)\b", re.DOTALL
)


def modules(*packages: str) -> list[Path]:
    return [path.relative_to(ROOT) for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def imports(source: str, module: Path) -> set[str]:
    """Return the dotted names that *source*, standing at *module*, imports; also under `if TYPE_CHECKING`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=name, level=0):
                found.add(name or "")
            case ast.ImportFrom(module=name, level=level):
                found.add(".".join([*module.parent.parts[: len(module.parent.parts) - level + 1], name or ""]))
            case ast.Call(func=ast.Name(id="__import__" | "import_module"), args=[ast.Constant(value=str(name)), *_]):
                found.add(name)
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
                found.add(name)
    return found


def wrong_imports(source: str, module: Path) -> list[str]:
    """Return what *source*, standing at *module*, imports and must not."""
    package = module.parts[0]
    wrong = []
    for name in sorted(imports(source, module)):
        top = name.partition(".")[0]
        if top in PACKAGES and top != package and top not in MAY_IMPORT[package]:
            wrong.append(f"{module}: {package} must not import {name}")
        if top in NOT_IN[package]:
            wrong.append(f"{module}: {package} must not import {name}")
        if ONLY_IN.get(top, module) != module:
            wrong.append(f"{module}: only {ONLY_IN[top]} imports {top}")
    return wrong


def sql(source: str) -> list[str]:
    """Return the pieces of SQL in *source*: what is executed, and strings that are statements."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]) if name in _EXECUTING:
                found += [text for text in [_text(first)] if _SQL.match(text)]
            case ast.Constant(value=str(text)) if id(node) not in docstrings and _STATEMENT.search(text):
                found.append(text)
    return found


def _text(node: ast.expr) -> str:
    """Return the constant text of a string, an f-string or a sum of them."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value) for value in values)
        case ast.BinOp(left=left):
            return _text(left)
    return ""


def sql_is_allowed(module: Path) -> bool:
    return any(place in (module, *module.parents) for place in SQL_PLACES)


@pytest.mark.parametrize("module", modules(*PACKAGES), ids=str)
def test_imports_point_one_way(module: Path) -> None:
    assert wrong_imports((ROOT / module).read_text(encoding="utf-8"), module) == []


@pytest.mark.parametrize("module", [path for path in modules(*PACKAGES) if not sql_is_allowed(path)], ids=str)
def test_sql_stands_in_the_catalogue_alone(module: Path) -> None:
    assert sql((ROOT / module).read_text(encoding="utf-8")) == []


def test_there_are_modules_to_check() -> None:
    for package in PACKAGES:
        assert len(modules(package)) > 3
    assert sql((ROOT / "archive/catalogue/captures.py").read_text(encoding="utf-8"))
    assert "trafilatura" in (ROOT / "extract/article/frame.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("archive/x.py", "import crawler"),
        ("archive/x.py", "from extract.page import extract_page"),
        ("archive/x.py", "import sourcekeep.cli"),
        ("archive/x.py", "from scrapy import Request"),
        ("archive/x.py", "import twisted.internet.reactor"),
        ("archive/x.py", "def f():\n    import trafilatura.settings"),
        ("crawler/x.py", "from extract import extract_page"),
        ("crawler/spiders/x.py", "if TYPE_CHECKING:\n    from sourcekeep import crawling"),
        ("crawler/x.py", "import importlib\nimportlib.import_module('extract.run')"),
        ("crawler/x.py", "__import__('sourcekeep')"),
        ("crawler/x.py", "import sqlite3"),
        ("extract/x.py", "from crawler.guard import AddressGuard"),
        ("extract/x.py", "from .. import crawler\nfrom ..crawler import guard"),
        ("extract/page.py", "import trafilatura"),
        ("sourcekeep/x.py", "from trafilatura import extract"),
    ],
)
def test_wrong_arrow_is_found(module: str, line: str) -> None:
    assert wrong_imports(line, Path(module))


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("crawler/x.py", "from archive.records import Capture\nimport scrapy"),
        ("crawler/spiders/x.py", "from ..guard import AddressGuard"),
        ("extract/article/frame.py", "import trafilatura"),
        ("extract/x.py", "from archive import records\nfrom extract.page import x"),
        ("sourcekeep/x.py", "import archive, crawler, extract, crawlerprocess"),
        ("archive/x.py", "'import scrapy'"),
    ],
)
def test_right_arrow_is_none(module: str, line: str) -> None:
    assert wrong_imports(line, Path(module)) == []


@pytest.mark.parametrize(
    "line",
    [
        "db.execute('SELECT 1')",
        "db.execute(f'select {x} from t')",
        "db.executescript('  CREATE TABLE t (x)' + more)",
        "catalogue._connection.executemany(f'''INSERT INTO t VALUES ({x})''', rows)",
        "db.execute('PRAGMA user_version')",
        "QUERY = '''SELECT a\nFROM t'''",
        "x = f'UPDATE t SET {y}'",
    ],
)
def test_sql_is_found(line: str) -> None:
    assert sql(line)


@pytest.mark.parametrize(
    "line",
    [
        "'''Select the rows from a table.'''",
        "pool.execute(task)",
        "scheduler.query('news of the week')",
        "'update the settings and set a contact'",
    ],
)
def test_prose_is_no_sql(line: str) -> None:
    assert not sql(line)


def test_archive_runs_without_the_crawler_and_the_extraction() -> None:
    """What is imported in truth, through other modules too."""
    names = [".".join(path.with_suffix("").parts) for path in modules("archive")]
    program = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name.removesuffix('.__init__'))\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"scrapy", "twisted", "trafilatura", "crawler", "extract", "sourcekeep"} & set(result.stdout.split())


@pytest.mark.parametrize("path", [path for path in modules(*PACKAGES) if path.name == "__init__.py"], ids=str)
def test_exported_members_exist_and_are_public(path: Path) -> None:
    module = importlib.import_module(".".join(path.parent.parts))
    for name in getattr(module, "__all__", ()):
        assert not name.startswith("_")
        assert hasattr(module, name)


def test_extract_exports_what_other_programs_call() -> None:
    extract = importlib.import_module("extract")
    assert {"extract_page", "ExtractedPage"} <= set(extract.__all__)


def test_catalogue_exports_itself_alone() -> None:
    assert importlib.import_module("archive.catalogue").__all__ == ["Catalogue"]
