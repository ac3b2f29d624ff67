"""Imports the specification dictionaries of pyiso8583, out of Python or JSON files.

Python files are parsed and never run: only literals are taken, and statements that would change a
specification in another way are refused.
"""

from __future__ import annotations

import ast
import codecs
from typing import Any

from cbs.importers.documents import as_count, decode_text, load_json
from cbs.importers.draft import LENGTH_MAX, Choices, Definition, Draft, Problems, UnreadableError

_KEYS = {
    "data_enc", "len_enc", "len_type", "max_len", "desc", "len_count", "left_pad", "right_pad",
}  # fmt: skip
_PAGES = {"cp037": "037", "cp500": "500", "cp1140": "1140", "cp1047": "1047"}


def read(content: bytes, problems: Problems) -> Draft:
    """The draft of what the file describes."""
    choices = problems.choices
    text = decode_text(content)
    given: Any
    if text.lstrip().startswith("{") and choices.name is None:
        try:
            given = load_json(text)
        except UnreadableError:
            given = _from_python(text, choices, problems)
    else:
        given = _from_python(text, choices, problems)
    if not isinstance(given, dict):
        raise UnreadableError("is no mapping of fields")
    draft = Draft()
    _envelope(given, draft, problems)
    for key, entry in given.items():
        number = as_count(key)
        if key in ("h", "t", "p", "1"):
            continue
        if not isinstance(key, str) or number is None or not 2 <= number <= 128:
            problems.add(str(key)[:40], "fields are h, t, p and 1 to 128, as texts")
            continue
        made = _field(entry, key, problems)
        if made is not None:
            draft.put(number, made, key)
    return draft


def _field(given: Any, path: str, problems: Problems) -> Definition | None:
    entry = _entry(given, path, problems)
    if entry is None:
        return None
    data = _coding(entry["data_enc"], f"{path}.data_enc", problems)
    count = entry.get("len_count", "bytes")
    if count not in ("bytes", "nibbles"):
        problems.add(f"{path}.len_count", f"{count!r} is neither bytes nor nibbles")
        return None
    if data is None:
        return None
    made: Definition = {"name": entry.get("desc") or f"Field {path}", **data}
    if count == "nibbles":
        if data["encoding"] != "binary":
            problems.add(f"{path}.len_count", "only data_enc b is counted in nibbles")
            return None
        made |= {"encoding": "bcd", "letters": "upper", **_pad(entry, path, problems)}
    elif data["encoding"] != "binary":
        made["unit"] = "bytes"
    size, length = entry["len_type"], entry["max_len"]
    if length < 1:
        problems.add(f"{path}.max_len", "nothing is no length")
        return None
    if size == 0:
        return {**made, "length": length}
    prefix = _prefix(entry["len_enc"], size, f"{path}.len_enc", problems)
    return None if prefix is None else {**made, "prefix": prefix, "max": length}


def _entry(given: Any, path: str, problems: Problems) -> dict[str, Any] | None:
    """The properties of a field, if all that it needs is there."""
    problems.count_field(path)
    if not isinstance(given, dict):
        problems.add(path, "must be a mapping")
        return None
    before = len(problems.found)
    for key in given:
        if key not in _KEYS:
            problems.add(f"{path}.{str(key)[:40]}", "no such property in this format")
    for key in ("data_enc", "len_enc"):
        if not isinstance(given.get(key), str):
            problems.add(f"{path}.{key}", "must be a text")
    for key in ("len_type", "max_len"):
        value = given.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LENGTH_MAX:
            problems.add(f"{path}.{key}", f"must be a number from 0 to {LENGTH_MAX}")
    if not isinstance(given.get("desc", ""), str):
        problems.add(f"{path}.desc", "must be a text")
    return given if len(problems.found) == before else None


def _coding(word: str, path: str, problems: Problems) -> Definition | None:
    if word == "b":
        return {"encoding": "binary"}
    try:
        name = codecs.lookup(word).name
    except (LookupError, ValueError):
        # not in Python, but what a person who writes it means is plain
        name = "cp1047" if word.lower() in ("cp1047", "ibm1047") else ""
    if name == "ascii":
        return {"encoding": "ascii"}
    if name == "iso8859-1":
        return {"encoding": "latin1"}
    if name in _PAGES:
        return {"encoding": "ebcdic", "ebcdic_page": _PAGES[name]}
    problem = f"{word!r} is none of b, ascii, latin-1, cp037, cp500, cp1047, cp1140"
    problems.add(path, problem)
    return None


def _prefix(word: str, size: int, path: str, problems: Problems) -> str | None:
    if word == "bcd":
        return f"bcd:{2 * size}"
    coding = _coding(word, path, problems)
    if coding is None:
        return None
    return f"{coding['encoding'].replace('latin1', 'ascii')}:{size}"


def _pad(entry: dict[str, Any], path: str, problems: Problems) -> Definition:
    """Where the half-byte of an odd number is, and what is in it."""
    for key, side in (("left_pad", "left"), ("right_pad", "right")):
        pad = entry.get(key)
        if not pad:
            continue
        nibble = pad[:1] if isinstance(pad, str) else "?"
        if nibble not in "0123456789ABCDEFabcdef":
            problems.add(f"{path}.{key}", "must be one hex digit")
            return {}
        return {"pad_side": side, "pad_nibble": int(nibble, 16)}
    return {}


def _envelope(given: dict[str, Any], draft: Draft, problems: Problems) -> None:
    header = _entry(given.get("h"), "h", problems) if "h" in given else None
    if header is not None and header["len_type"]:
        problems.add("h.len_type", "a header of variable length belongs to the frame")
    elif header is not None and header["max_len"]:
        draft.message["header_bytes"] = header["max_len"]
    draft.message["type_indicator"] = _type_indicator(given.get("t"), problems)
    primary = _bitmap(given.get("p"), "p", problems)
    draft.message["bitmap"] = primary
    draft.message["bitmaps_max"] = 2 if "1" in given else 1
    if "1" in given and _bitmap(given["1"], "1", problems) != primary:
        problems.add("1", "is coded in another way than the bitmap p")


def _type_indicator(given: Any, problems: Problems) -> str:
    entry = _entry(given, "t", problems)
    if entry is None:
        return "ascii"
    data = _coding(entry["data_enc"], "t.data_enc", problems)
    coding = {"binary": "bcd", "latin1": "ascii"}.get(*2 * [data["encoding"]]) if data else "ascii"
    units = 2 if coding == "bcd" and entry.get("len_count", "bytes") == "bytes" else 4
    if entry["len_type"] or entry["max_len"] != units:
        problems.add("t", f"the message type has a fixed length of {units}")
    return str(coding)


def _bitmap(given: Any, path: str, problems: Problems) -> str:
    entry = _entry(given, path, problems)
    if entry is None:
        return "binary"
    data = _coding(entry["data_enc"], f"{path}.data_enc", problems)
    encoding = data["encoding"] if data else "binary"
    nibbles = encoding == "binary" and entry.get("len_count", "bytes") == "bytes"
    units = 8 if nibbles else 16
    if entry["len_type"] or entry["max_len"] != units:
        problems.add(path, f"a bitmap has a fixed length of {units}")
    texts = {"ascii": "hex-ascii", "latin1": "hex-ascii", "ebcdic": "hex-ebcdic"}
    return texts.get(encoding, "binary")


def _from_python(text: str, choices: Choices, problems: Problems) -> Any:
    """The one dictionary of a file, or the one that was asked for by its name."""
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise UnreadableError("is neither JSON nor Python", f"line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"is neither JSON nor Python: {type(error).__name__}") from None
    only = module.body[0] if len(module.body) == 1 else None
    if isinstance(only, ast.Expr) and isinstance(only.value, ast.Dict):
        return _literal(only.value)
    found = {
        target.id: node
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Dict)
    }
    if choices.name is None and len(found) != 1:
        known = ", ".join(found) or "none"
        raise UnreadableError(f"give the name of one dictionary; the file has: {known}")
    name = choices.name or next(iter(found))
    if name not in found:
        raise UnreadableError(f"has no dictionary {name!r} of literals; it has: {', '.join(found)}")
    value = found[name].value
    given = _literal(value) if value is not None else None
    for node in module.body:
        if node is not found[name]:
            _replay(node, name, given, problems)
    return given


def _replay(node: ast.stmt, name: str, given: Any, problems: Problems) -> None:
    """`spec["2"] = {...}` and `spec["2"]["max_len"] = 19` count; nothing else may touch it."""
    if not any(isinstance(it, ast.Name) and it.id == name for it in ast.walk(node)):
        return
    place = f"line {node.lineno}"
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
    keys: list[Any] = []
    while isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        keys.insert(0, target.slice.value)
        target = target.value
    if not (keys and isinstance(target, ast.Name) and target.id == name):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign):
            problems.add(place, f"changes or uses {name} in a way that only running it could tell")
        elif isinstance(node, ast.Assign):
            problems.add(place, f"takes {name} in a way that only running it could tell")
        return
    for key in keys[:-1]:
        given = given.get(key) if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(node, ast.Assign):
        problems.add(place, "sets something in nothing")
        return
    given[keys[-1]] = _literal(node.value)


def _literal(node: ast.expr) -> Any:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Dict):
            keys = [key.value for key in inner.keys if isinstance(key, ast.Constant)]
            twice = next((key for key in keys if keys.count(key) > 1), None)
            if twice is not None:
                raise UnreadableError(
                    f"the key {str(twice)[:40]!r} comes twice", f"line {inner.lineno}"
                )
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise UnreadableError("is no dictionary of literals", f"line {node.lineno}") from None
