"""Imports the specification dictionaries of pyiso8583, out of Python or JSON files.

Python files are parsed and never run. What each property becomes, and what is refused and why, is
in docs/reference/importers.md.
"""

from __future__ import annotations

import codecs
from typing import Any

from cbs.importers.documents import as_count, decode_text, load_json
from cbs.importers.draft import (
    LENGTH_MAX,
    Definition,
    Draft,
    Problems,
    UnreadableError,
    named_sensitivity,
)
from cbs.importers.python_literals import read_dictionary

_KEYS = (
    "data_enc", "len_enc", "len_type", "max_len", "desc", "len_count", "left_pad", "right_pad",
)  # fmt: skip
_ENVELOPE = ("h", "t", "p", "1")
_PAGES = {"cp037": "037", "cp500": "500", "cp1140": "1140", "cp1047": "1047"}
_FIELD_MAX = 192
_THIRD_BITMAP = 65


def read(content: bytes, problems: Problems) -> Draft:
    """The draft of what the file describes."""
    given = _dictionary(decode_text(content), problems.choices.name)
    draft = Draft()
    _envelope(given, draft, problems)
    most = _FIELD_MAX if "1" in given else 64
    for key, properties in given.items():
        number = as_count(key)
        if key in _ENVELOPE:
            continue
        if not isinstance(key, str) or number is None or str(number) != key:
            problems.add(str(key)[:40], "fields are h, t, p and the numbers from 1, as texts")
            continue
        if not 2 <= number <= most:
            problem = f"fields are 2 to {_FIELD_MAX}, above 64 only behind a bitmap 1"
            problems.add(key[:40], problem)
            continue
        made = _field(properties, key, problems)
        if number == _THIRD_BITMAP:
            problems.note("Field 65 is left out: its bit announces the third bitmap.")
        elif made is not None:
            draft.put(number, made, key)
    draft.notes += problems.notes
    return draft


def _dictionary(text: str, name: str | None) -> dict[Any, Any]:
    if text.lstrip().startswith("{") and name is None:
        try:
            given = load_json(text)
        except UnreadableError as unreadable:
            # a dictionary on its own in Python looks like JSON, but a key that comes twice is one
            if unreadable.path:
                raise
        else:
            if isinstance(given, dict):
                return given
    if not text.strip():
        raise UnreadableError("is empty")
    return read_dictionary(text, name, lambda it: {"t", "p"} <= set(it))


def _field(given: Any, path: str, problems: Problems) -> Definition | None:
    keys = _properties(given, path, problems)
    data = _data(keys, path, problems) if keys is not None else None
    if keys is None or data is None:
        return None
    size, most = keys["len_type"], keys["max_len"]
    name = keys.get("desc") or f"Field {path}"
    made: Definition = {"name": name, **data}
    sensitivity = named_sensitivity(name)
    if sensitivity is not None:
        made["sensitivity"] = sensitivity
    if keys.get("len_count") == "nibbles":
        made |= _pad(keys, path, problems)
        if data["encoding"] == "bcd" and not size and most % 2 and "pad_side" not in made:
            problems.add(f"{path}.max_len", "an odd number of nibbles needs a pad")
            return None
        if data["encoding"] != "bcd":
            if size or most % 2:
                problem = "text is counted in nibbles, which only an even fixed length can be"
                problems.add(f"{path}.len_count", problem)
                return None
            most //= 2
    if size == 0:
        return {**made, "length": most}
    if most < 1:
        problems.add(f"{path}.max_len", "nothing is no maximum of a variable length")
        return None
    prefix = _prefix(keys["len_enc"], size, f"{path}.len_enc", problems)
    # what its digits cannot count is never met, whatever max_len says
    base, digits = _counting(prefix or "binary:1")
    most = min(most, LENGTH_MAX, base ** min(digits, 8) - 1)
    return None if prefix is None else {**made, "prefix": prefix, "max": most}


def _data(keys: dict[str, Any], path: str, problems: Problems) -> Definition | None:
    data = _coding(keys["data_enc"], f"{path}.data_enc", problems)
    count = keys.get("len_count", "bytes")
    if count not in ("bytes", "nibbles"):
        problems.add(f"{path}.len_count", f"{count!r} is neither bytes nor nibbles")
        return None
    if data is None:
        return None
    if data["encoding"] != "binary":
        return {**data, "unit": "bytes"}
    return {"encoding": "bcd", "letters": "upper"} if count == "nibbles" else data


def _properties(given: Any, path: str, problems: Problems) -> dict[str, Any] | None:
    """The properties of a field, if all that it needs is there."""
    problems.count_field(path)
    if not isinstance(given, dict):
        problems.add(path, "must be a mapping")
        return None
    before = len(problems.found)
    for key in given:
        if key not in _KEYS:
            problems.add(f"{path}.{str(key)[:40]}", "no such property in this format")
    for key in ("len_type", "max_len"):
        value = given.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            problems.add(f"{path}.{key}", "must be a number from 0")
    # a field of fixed length has no use for it
    texts = ("data_enc", "len_enc") if given.get("len_type") else ("data_enc",)
    for key in texts:
        if not isinstance(given.get(key), str):
            problems.add(f"{path}.{key}", "must be a text")
    if not isinstance(given.get("desc", ""), str):
        problems.add(f"{path}.desc", "must be a text")
    if len(problems.found) > before:
        return None
    if not given["len_type"] and given["max_len"] > LENGTH_MAX:
        problems.add(f"{path}.max_len", f"no message is longer than {LENGTH_MAX} bytes")
        return None
    return given


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
    problem = f"{word[:40]!r} is none of b, ascii, latin-1, cp037, cp500, cp1047, cp1140"
    problems.add(path, problem)
    return None


def _alphabet(word: str, path: str, problems: Problems) -> str | None:
    """Whether a codec writes digits and the letters A to F as ASCII does or as EBCDIC does."""
    characters = "0123456789ABCDEFabcdef"
    try:
        octets = characters.encode("cp037" if word.lower() in ("cp1047", "ibm1047") else word)
    except (LookupError, ValueError):
        octets = b""
    for name, coding in (("ascii", "ascii"), ("cp037", "ebcdic")):
        if octets == characters.encode(name):
            return coding
    problem = f"{word[:40]!r} writes digits neither as ASCII nor as EBCDIC does"
    problems.add(path, problem)
    return None


def _prefix(word: str, size: int, path: str, problems: Problems) -> str | None:
    if word == "b":
        return f"binary:{size}"
    if word == "bcd":
        return f"bcd:{2 * size}"
    coding = _alphabet(word, path, problems)
    return None if coding is None else f"{coding}:{size}"


def _counting(prefix: str) -> tuple[int, int]:
    coding, _, size = prefix.partition(":")
    return (256 if coding == "binary" else 10), int(size)


def _pad(keys: dict[str, Any], path: str, problems: Problems) -> Definition:
    """Where the half-byte of an odd number is, and what is in it."""
    pads = [(key, keys.get(key)) for key in ("left_pad", "right_pad") if keys.get(key)]
    if len(pads) > 1:
        problems.note(f"Field {path} has both pads; the left one counts, as it is written.")
    for key, pad in pads[:1]:
        nibble = pad[:1] if isinstance(pad, str) else "?"
        if nibble not in "0123456789ABCDEFabcdef":
            problems.add(f"{path}.{key}", "must be one hex digit")
            return {}
        return {"pad_side": key.removesuffix("_pad"), "pad_nibble": int(nibble, 16)}
    return {}


def _envelope(given: dict[Any, Any], draft: Draft, problems: Problems) -> None:
    header = _properties(given["h"], "h", problems) if "h" in given else None
    if header is not None and header["len_type"] and header["max_len"]:
        problems.add("h.len_type", "a header of variable length belongs to the frame")
    elif header is not None and header["max_len"]:
        nibbles = header.get("len_count") == "nibbles"
        draft.message["header_bytes"] = (header["max_len"] + nibbles) // (1 + nibbles)
    draft.message["type_indicator"] = {"b": "bcd"}.get(
        coding := _written(given, "t", "ascii", problems), coding
    )
    texts = {"ascii": "hex-ascii", "ebcdic": "hex-ebcdic", "b": "binary"}
    primary = texts[_written(given, "p", "b", problems)]
    draft.message["bitmap"] = primary
    draft.message["bitmaps_max"] = 3 if "1" in given else 1
    if "1" in given and texts[_written(given, "1", "b", problems)] != primary:
        problems.add("1.data_enc", "is coded in another way than the bitmap p")


def _written(given: dict[Any, Any], key: str, fallback: str, problems: Problems) -> str:
    """How the message type or a bitmap is written; its length and its len_enc come to nothing."""
    properties = given.get(key)
    if not isinstance(properties, dict):
        problems.add(key, "must be there, a mapping of properties")
        return fallback
    word = properties.get("data_enc")
    if not isinstance(word, str):
        problems.add(f"{key}.data_enc", "must be a text")
        return fallback
    return word if word == "b" else _alphabet(word, f"{key}.data_enc", problems) or fallback
