"""The rules of CONTRIBUTING.md that a machine can hold."""

from __future__ import annotations

import ast
import itertools
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cbs.cli import COMMANDS, load_command

ROOT = Path(__file__).resolve().parents[1]
SOURCE_FOLDERS = ("python", "rust", "sql", "tests", "scripts", "bench", "loadtest")
TEXT_FOLDERS = (*SOURCE_FOLDERS, "docs", ".ci")
GENERATED = {"target", "__pycache__", "_sql", ".hypothesis", "corpus", "artifacts"}
LINE_LENGTH_MAX = 100
FUNCTION_LENGTH_MAX = 70
FILE_LENGTH_MAX = 500

ALLOWED_IMPORTS: dict[str, set[str]] = {
    "errors": {"_native"},
    "settings": {"errors"},
    "telemetry": set(),
    "currencies": set(),
    "luhn": set(),
    "message_types": set(),
    "binding": {"_native", "currencies", "errors"},
    "importers": {"_native", "errors"},
    "codec": {"_native", "binding", "errors"},
    "doctor": {"codec", "currencies", "errors", "luhn"},
    "capture": {"codec", "doctor", "errors", "message_types"},
    "network": {"_native", "errors"},
    "mac": {"_native"},
    "demo": {"luhn"},
    "database": {"_native", "demo", "errors", "settings"},
    "mux": {"codec", "errors", "message_types"},
    "link": {"_native", "database", "errors", "mux", "settings", "telemetry"},
    "simulator": {"codec", "demo", "errors", "message_types", "mux"},
    "cli": {
        "_native", "capture", "codec", "currencies", "database", "doctor", "errors", "importers",
        "link", "luhn", "mux", "network", "settings", "simulator", "telemetry",
    },
}  # fmt: skip
"""What each part of the package may import of the others; `cli` may import all of them."""

ALLOWED_CRATES: dict[str, set[str]] = {
    "cbs-iso8583": set(),
    "cbs-crypto": set(),
    "cbs-network": {"cbs-iso8583", "cbs-crypto"},
    "cbs-native": {"cbs-iso8583", "cbs-crypto", "cbs-network"},
    "cbs-measure": {"cbs-iso8583"},
}

ONLY_IN = {"uvloop": {"cli"}, "psycopg": {"database"}}


def files(folders: tuple[str, ...], *suffixes: str) -> list[Path]:
    """Our files below `folders` with these suffixes (all of them if none is given)."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not GENERATED & set(path.relative_to(ROOT).parts)
        and (path.suffix in suffixes or not suffixes)
    )


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources() -> list[Path]:
    return files(SOURCE_FOLDERS, ".py", ".pyi", ".rs", ".sql")


def texts() -> list[tuple[Path, str]]:
    """Every text file of ours, top-level ones included."""
    found = [path for path in ROOT.iterdir() if path.is_file()] + files(TEXT_FOLDERS)
    pairs = []
    for path in found:
        if path.suffix in (".so", ".bin", ".lock") or path.name.startswith(".git"):
            continue
        pairs.append((path, path.read_text(encoding="utf-8")))
    return pairs


def test_lines_are_short_enough() -> None:
    long = [
        f"{named(path)}:{number} has {len(line)} characters"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LINE_LENGTH_MAX
    ]
    assert long == []


def test_files_are_short_enough() -> None:
    long = {named(path): len(path.read_text().splitlines()) for path in sources()}
    assert {name: length for name, length in long.items() if length > FILE_LENGTH_MAX} == {}


def test_functions_are_short_enough() -> None:
    functions = itertools.chain(python_functions(), rust_functions(), sql_functions())
    assert [found for *found, length in functions if length > FUNCTION_LENGTH_MAX] == []


def python_functions() -> Iterator[tuple[str, str, int]]:
    for path in files(SOURCE_FOLDERS, ".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield named(path), node.name, node.end_lineno - node.lineno + 1


def rust_functions() -> Iterator[tuple[str, str, int]]:
    """By indentation, which rustfmt guarantees: a function ends at the brace below its `fn`."""
    opening = re.compile(r"^(\s*)(?:pub(?:\([^)]*\))? )?(?:(?:const|async|unsafe) )*fn (\w+)")
    for path in files(("rust",), ".rs"):
        lines = path.read_text().splitlines()
        for start, line in enumerate(lines):
            if found := opening.match(line):
                closing = (n for n in range(start, len(lines)) if lines[n] == found[1] + "}")
                end = start if line.endswith(("}", ";")) else next(closing)
                yield named(path), found[2], end - start + 1


def sql_functions() -> Iterator[tuple[str, str, int]]:
    function = re.compile(
        r"CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE)\s+([\w.]+).*?\bAS (\$\w*\$)\n(.*?)\2",
        re.DOTALL | re.IGNORECASE,
    )
    for path in files(("sql",), ".sql"):
        for found in function.finditer(path.read_text()):
            yield named(path), found[1], len(found[3].splitlines())


def sql_files() -> dict[str, tuple[Path, str, str]]:
    """Of each SQL function by its name: its file, its header, its code without comments."""
    found = {}
    for path in files(("sql/functions",), ".sql"):
        header, _, code = path.read_text().partition("CREATE OR REPLACE")
        name = re.match(r"\s*FUNCTION\s+(cbs(?:_api)?\.\w+)", code)
        assert name, named(path)
        found[name[1]] = (path, header, re.sub(r"--.*", "", code))
    return found


def test_the_header_of_each_sql_function_names_its_callers() -> None:
    known = sql_files()
    wrong = []
    for name, (path, header, _) in known.items():
        calling = {
            other
            for other, (_, _, code) in known.items()
            if other != name and re.search(rf"\b{re.escape(name)}\s*\(", code)
        }
        told = re.search(r"^-- Callers +(.*(?:\n--  +.*)*)", header, re.MULTILINE)
        words = re.findall(r"\bcbs(?:_api)?\.[\w.]+|\b\d\d_\w+", told[1] if told else "")
        folders = {word for word in words if word[0] != "c"}
        # A folder stands for all that it holds; another name is one of Python's.
        of_folders = {other for other in calling if known[other][0].parent.name in folders}
        functions = {word for word in words if word in known}
        idle = folders - {known[other][0].parent.name for other in of_folders}
        python = {word for word in words if word[0] == "c" and word not in known}
        absent = {word for word in python if not is_in_python(word)}
        if calling - of_folders != functions or idle or absent:
            wrong.append((named(path), sorted(calling), sorted(idle | absent)))
    assert wrong == []


def is_in_python(dotted: str) -> bool:
    """Whether a module of ours is called so, or has something that is."""
    path = (ROOT / "python").joinpath(*dotted.split("."))
    if path.with_suffix(".py").is_file() or path.is_dir():
        return True
    module = path.parent.with_suffix(".py")
    return module.is_file() and f"def {path.name}(" in module.read_text()


def test_no_marker_of_unfinished_work_is_left() -> None:
    # In two halves, or this file would find itself. The third is a currency's name as well, so it
    # counts only where it opens a comment.
    words = "|".join(("TO" + "DO", "FIX" + "ME", "unimplemented" + "!", "todo" + "!"))
    marker = re.compile(rf"(?<!\w)(?:{words})(?!\w)|(?:--|#|//|\*) ?XX" + r"X(?!\w)")
    assert [named(path) for path, text in texts() if marker.search(text)] == []


def test_nothing_names_a_registry_host_or_a_folder_of_one_machine() -> None:
    host = r"pypi\.org|pythonhosted\.org|crates\.io|\bindex-url\b|extra-index"
    # A folder counts where it begins a path, not inside a longer one such as /dev/root/x.
    folder = r"(?<![\w.])/(?:root|work|farm|home/[a-z]+)/"
    pattern = re.compile(f"{host}|{folder}")
    this = Path(__file__)
    found = [
        f"{named(path)}: {match[0]}"
        for path, text in texts()
        for match in pattern.finditer(text)
        if path != this
    ]
    assert found == []


def imports(path: Path) -> set[str]:
    """The modules that a Python file imports, with those only its types need."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def part_of(path: Path) -> str:
    """The part of the package that a file belongs to: "database", "settings"."""
    return path.relative_to(ROOT / "python" / "cbs").parts[0].removesuffix(".py")


def package_files() -> list[Path]:
    return [path for path in files(("python",), ".py") if part_of(path) != "__init__"]


def test_the_parts_of_the_package_depend_on_each_other_in_one_direction() -> None:
    wrong = [
        f"{named(path)} imports cbs.{other}"
        for path in package_files()
        for other in {name.split(".")[1] for name in imports(path) if name.startswith("cbs.")}
        if part_of(path) != "cli" and other not in ALLOWED_IMPORTS[part_of(path)] | {part_of(path)}
    ]
    assert wrong == []


def test_only_one_part_knows_each_driver() -> None:
    wrong = [
        f"{named(path)} imports {module}"
        for path in package_files()
        for module in {name.split(".")[0] for name in imports(path)} & set(ONLY_IN)
        if part_of(path) not in ONLY_IN[module]
    ]
    assert wrong == []


def test_the_server_never_asks_for_card_data_in_the_clear() -> None:
    command = ("serve.py", "keeper.py", "__init__.py")
    server = [
        path
        for path in files(("python",), ".py")
        if part_of(path) in ("link", "database", "network", "settings", "telemetry")
        or (part_of(path) == "cli" and path.name in command)
    ]
    assert {"link", "database", "cli"} <= {part_of(path) for path in server}
    asked = [named(path) for path in server if re.search(r"\.reveal\(|\breveal=", path.read_text())]
    assert asked == []


def test_the_crates_depend_on_each_other_in_one_direction() -> None:
    for manifest in sorted((ROOT / "rust").glob("*/Cargo.toml")):
        crate = tomllib.loads(manifest.read_text())
        name = crate["package"]["name"]
        ours = {other for other in crate.get("dependencies", {}) if other.startswith("cbs-")}
        if manifest.parent.name != "fuzz":
            assert ours <= ALLOWED_CRATES[name], name


def test_every_module_is_used_by_another() -> None:
    used: set[str] = {source.module for source in COMMANDS.values()}
    for path in files(("python", "bench", "loadtest", "tests"), ".py"):
        used |= imports(path)
    unused = []
    for path in package_files():
        dotted = ".".join(path.relative_to(ROOT / "python").with_suffix("").parts)
        if path.name not in ("__init__.py", "__main__.py") and dotted not in used:
            unused.append(dotted)
    assert unused == []


def test_every_dependency_has_its_reason_beside_it() -> None:
    manifests = {
        "pyproject.toml": r'^    "[A-Za-z]',
        "rust/Cargo.toml": r"^(?!cbs-)[a-z0-9_-]+ = (?:\"\d|\{ version)",
    }
    unreasoned = []
    for name, pattern in manifests.items():
        table = section = ""
        reasoned = False
        for line in (ROOT / name).read_text().splitlines():
            if line.startswith("["):
                table = section = line
            elif re.match(r"^\w+ = \[$", line):
                section = f"{table} {line}" if "optional" in table else line
            is_dependency = re.match(pattern, line) and "dependencies" in section
            if is_dependency and not reasoned:
                unreasoned.append(f"{name}: {line.strip()}")
            # One reason may stand above several lines that belong together.
            reasoned = line.lstrip().startswith("#") or bool(is_dependency and reasoned)
    assert unreasoned == []


def test_every_verb_of_make_is_explained() -> None:
    text = (ROOT / "Makefile").read_text()
    verbs = set(re.findall(r"^([a-z0-9-]+):", text, re.MULTILINE))
    explained = set(re.findall(r"^([a-z0-9-]+):.* ## \w", text, re.MULTILINE))
    phony = {
        name for line in re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE) for name in line.split()
    }
    assert verbs == explained == phony
    shown = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert all(re.search(rf"\bmake {verb} ", shown) for verb in verbs)


@pytest.mark.parametrize(
    ("arguments", "called"), [((), "simulate stories"), (("ARGUMENTS=echo",), "simulate echo")]
)
def test_make_simulate_alone_plays_the_stories(arguments: tuple[str, ...], called: str) -> None:
    planned = subprocess.run(
        ["make", "--dry-run", "simulate", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert planned.splitlines()[-1].endswith(called)


def leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Each command below `command` that does something, with its words after `cbs`."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for inner_name, inner in below.items():
        yield from leaves(f"{name} {inner_name}", inner)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example(name: str) -> None:
    for words, command in leaves(name, load_command(name)):
        told = f"{command.help or ''}\n{command.epilog or ''}"
        assert re.search(rf"Example.*\bcbs {words}\b", told, re.DOTALL), f"cbs {words}"


def test_help_loads_no_more_than_help_needs() -> None:
    script = """
import sys
sys.argv = ["cbs", "--help"]
from cbs.cli import main
try:
    main()
except SystemExit:
    heavy = {"psycopg", "uvloop", "cbs._native", "asyncio", "structlog"}
    print("loaded:", *sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "simulate" in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded:"


def test_the_stub_of_the_extension_tells_what_the_extension_has() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "cbs._native", "--concise"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
