"""Reads dictionaries out of Python files without running them.

Statements of the module are followed where they are plain: literals, names of such, copies, keys
that are set. Whatever else touches a dictionary makes it one that only running the file could tell.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import Any

from cbs.importers.draft import UnreadableError

_NAMES_MAX = 1000
_SHOWN_MAX = 20
_COPIES = ("copy.deepcopy", "deepcopy", "copy.copy", "dict")
_HARMLESS = (
    "iso8583.decode", "iso8583.encode", "iso8583.pp", "print", "pprint", "pprint.pprint", "len",
)  # fmt: skip


_ADVICE = "write the finished dictionary to a file with json.dump and import that"


class _UnclearError(Exception):
    """An expression that only running it could tell."""

    def __init__(self, line: int, problem: str = "is no dictionary of literals") -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


def read_dictionary(
    text: str, name: str | None, likely: Callable[[dict[Any, Any]], bool]
) -> dict[Any, Any]:
    """The dictionary of that name, or without one the only one there is; `likely` tells those that
    could be meant from parts of them. Raises `UnreadableError` with the line.
    """
    try:
        module = ast.parse(text)
        only = module.body[0] if len(module.body) == 1 else None
        reader = _Module()
        if name is None and isinstance(only, ast.Expr) and isinstance(only.value, ast.Dict):
            found = reader.value(only.value)
        else:
            for statement in module.body:
                reader.follow(statement)
            found = reader.chosen(name, likely)
    except SyntaxError as error:
        raise UnreadableError("is neither JSON nor Python", f"line {error.lineno}") from None
    except _UnclearError as unclear:
        raise UnreadableError(unclear.problem, f"line {unclear.line}") from None
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"is neither JSON nor Python: {type(error).__name__}") from None
    return dict(found)


class _Module:
    """What the names of a module stand for, statement by statement."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}
        self._unclear: dict[str, _UnclearError] = {}
        self._functions: dict[str, set[str]] = {}

    def chosen(self, name: str | None, likely: Callable[[dict[Any, Any]], bool]) -> dict[Any, Any]:
        """The dictionary that was asked for; where none was, the only one."""
        dictionaries = {key: it for key, it in self._known.items() if isinstance(it, dict)}
        if name is None:
            close = [key for key, it in dictionaries.items() if likely(it)]
            names = close or [*dictionaries, *self._unclear]
            if len(names) != 1:
                known = _listed(names) or "none of literals"
                raise UnreadableError(f"give the name of one dictionary; the file has: {known}")
            name = names[0]
        if name in self._unclear:
            raise self._unclear[name]
        if name not in dictionaries:
            known = _listed([*dictionaries]) or "none"
            raise UnreadableError(f"has no dictionary {name!r} of literals; it has: {known}")
        return dictionaries[name]

    def follow(self, statement: ast.stmt) -> None:
        """Do what a plain statement does; give up what another one touches."""
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._functions[statement.name] = _names(statement)
            return
        if isinstance(statement, ast.Import | ast.ImportFrom) or _is_main(statement):
            return
        reason = None
        try:
            if self._plain(statement):
                return
        except _UnclearError as unclear:
            reason = unclear
            target = _bound(statement)
            if target is not None:
                self._known.pop(target, None)
                self._unclear[target] = unclear
        self._give_up(statement, reason)

    def _plain(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Expr):
            return isinstance(statement.value, ast.Constant)
        target = _bound(statement)
        if target is not None and isinstance(statement, ast.Assign | ast.AnnAssign):
            if statement.value is not None:
                self._known[target] = self.value(statement.value)
                if len(self._known) > _NAMES_MAX:
                    raise UnreadableError("has more names than any specification", target[:40])
                self._unclear.pop(target, None)
            return True
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            place = statement.targets[0]
            if isinstance(place, ast.Subscript):
                holder, key = self._place(place)
                holder[key] = self.value(statement.value)
                return True
        return False

    def _place(self, node: ast.Subscript) -> tuple[dict[Any, Any], Any]:
        holder = self.value(node.value)
        key = self.value(node.slice)
        if not isinstance(holder, dict) or not isinstance(key, str | int):
            raise _UnclearError(node.lineno, "sets something in nothing")
        return holder, key

    def _give_up(self, statement: ast.stmt, reason: _UnclearError | None) -> None:
        """Whatever the statement names, and whatever shares a part with that, is unclear now."""
        touched = _names(statement)
        for key in touched & set(self._functions):
            touched |= self._functions[key]
        if not touched & set(self._known):
            return
        parts = {part for key in touched if key in self._known for part in _parts(self._known[key])}
        for key in [*self._known]:
            if key in touched or parts & _parts(self._known[key]):
                problem = (
                    f"changes or uses {key} in a way that only running it could tell: {_ADVICE}"
                )
                del self._known[key]
                self._unclear[key] = reason or _UnclearError(statement.lineno, problem)

    def value(self, node: ast.expr) -> Any:
        """The value of a plain expression."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._named(node)
        if isinstance(node, ast.Dict):
            return self._dictionary(node)
        if isinstance(node, ast.List | ast.Tuple):
            return [self.value(item) for item in node.elts]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            number = self.value(node.operand)
            if isinstance(number, int):
                return -number
        if isinstance(node, ast.Subscript):
            holder, key = self._place(node)
            if key in holder:
                return holder[key]
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _COPIES:
            return self._copied(node)
        raise _UnclearError(node.lineno)

    def _named(self, node: ast.Name) -> Any:
        if node.id in self._unclear:
            raise self._unclear[node.id]
        if node.id not in self._known:
            raise _UnclearError(
                node.lineno, f"takes {node.id} from elsewhere, which is not read: {_ADVICE}"
            )
        return self._known[node.id]

    def _dictionary(self, node: ast.Dict) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        written: set[Any] = set()
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            value = self.value(value_node)
            if key_node is None:
                if not isinstance(value, dict):
                    raise _UnclearError(value_node.lineno)
                made |= value
                continue
            key = self.value(key_node)
            if not isinstance(key, str | int):
                raise _UnclearError(
                    key_node.lineno, "has a key that is neither a text nor a number"
                )
            if key in written:
                raise _UnclearError(key_node.lineno, f"the key {str(key)[:40]!r} comes twice")
            written.add(key)
            made[key] = value
        return made

    def _copied(self, node: ast.Call) -> Any:
        """`dict(data_enc="b")`, and copies: deep or of the outermost dictionary alone."""
        values = [self.value(argument) for argument in node.args]
        more = {word.arg: self.value(word.value) for word in node.keywords}
        kind = ast.unparse(node.func)
        if len(values) > 1 or None in more or not all(isinstance(it, dict) for it in values):
            raise _UnclearError(node.lineno)
        if kind == "dict":
            return {**(values[0] if values else {}), **more}
        if not values or more:
            raise _UnclearError(node.lineno)
        return copy.deepcopy(values[0]) if kind.endswith("deepcopy") else dict(values[0])


def _listed(names: list[str]) -> str:
    more = [f"{len(names) - _SHOWN_MAX} more"] if len(names) > _SHOWN_MAX else []
    return ", ".join(names[:_SHOWN_MAX] + more)


def _bound(statement: ast.stmt) -> str | None:
    """The name to which a statement gives a value, and nothing else."""
    target = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    return target.id if isinstance(target, ast.Name) else None


def _names(node: ast.AST) -> set[str]:
    """The names in it, but for those that are only handed to what leaves them as they are."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _HARMLESS:
        return set()
    return {name for inner in ast.iter_child_nodes(node) for name in _names(inner)}


def _is_main(statement: ast.stmt) -> bool:
    """What is run where the file is the program, and not where it is imported."""
    return isinstance(statement, ast.If) and "__name__" in _names(statement.test)


def _parts(value: Any) -> set[int]:
    """The identities of a dictionary and of those in it; texts and numbers cannot be changed."""
    found: set[int] = set()
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, dict | list) and id(part) not in found:
            found.add(id(part))
            left.extend(part.values() if isinstance(part, dict) else part)
    return found
