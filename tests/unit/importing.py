"""Small files of other codecs, written for the tests, and messages to read with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson

from cbs._native import lint_specification
from cbs.codec import Codec
from cbs.importers import Choices, import_specification

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
PACKAGE = "org.jpos.iso."
DOCUMENT_TYPE = (
    '<!DOCTYPE isopackager PUBLIC "-//jPOS/jPOS Generic Packager DTD 1.0//EN" '
    '"http://jpos.org/dtd/generic-packager-1.0.dtd">'
)


def public(part_of_source: str) -> dict[str, Any]:
    """The public message whose source has this in its name."""
    documents = json.loads((VECTORS / "dialect_messages.json").read_text())
    return next(it for it in documents if part_of_source in it["source"])


def loaded(format_name: str, content: bytes, *, choices: Choices | None = None) -> Codec:
    """The codec of an import. The text is the same again, and without a fault for the linter."""
    text = import_specification(format_name, content, source="a/test.file", choices=choices)
    assert text == import_specification(format_name, content, source="a/test.file", choices=choices)
    assert [row for row in lint_specification(text) if row[0] == "error"] == []
    return Codec(text, name="imported")


def attributes(**given: Any) -> str:
    return " ".join(f'{key.rstrip("_")}="{value}"' for key, value in given.items())


def field(number: int, class_name: str, length: int, **more: Any) -> str:
    """One isofield."""
    inside = attributes(
        id=number, length=length, name=f"Field {number}", class_=f"{PACKAGE}{class_name}", **more
    )
    return f"<isofield {inside}/>"


def composite(
    number: int, class_name: str, length: int, packager: str, *inside: str, **more: Any
) -> str:
    """One isofieldpackager with fields inside."""
    head = attributes(
        id=number,
        length=length,
        name=f"Field {number}",
        class_=f"{PACKAGE}{class_name}",
        packager=f"{PACKAGE}packager.{packager}",
        **more,
    )
    return f"<isofieldpackager {head}>{''.join(inside)}</isofieldpackager>"


def packager(
    *fields: str, type_class: str = "IFA_NUMERIC", bitmap: str | None = None, **more: Any
) -> bytes:
    """A whole packager file: ASCII type and binary bitmap unless said otherwise."""
    head = [field(0, type_class, 4), bitmap or field(1, "IFB_BITMAP", 16)]
    inside = "".join([*head, *fields])
    keys = f" {attributes(**more)}" if more else ""
    return f'<?xml version="1.0"?>{DOCUMENT_TYPE}<isopackager{keys}>{inside}</isopackager>'.encode()


def moov(fields: dict[str, Any], **more: Any) -> bytes:
    """A whole specification in the newer words: ASCII type, binary bitmap."""
    base = {
        "0": {"type": "String", "length": 4, "enc": "ASCII", "prefix": "ASCII.Fixed"},
        "1": {"type": "Bitmap", "length": 8, "enc": "Binary", "prefix": "Binary.Fixed"},
    }
    return orjson.dumps({"name": "test", "fields": {**base, **fields}, **more})


def message(number: int, content: bytes) -> bytes:
    """An ASCII 0100 with a binary bitmap and one data element."""
    bits = 1 << (64 - number) if number <= 64 else (1 << 127) | (1 << (128 - number))
    return b"0100" + bits.to_bytes(8 if number <= 64 else 16, "big") + content
