"""Messages whose fields are known: public ones with their sources, and some of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cbs.codec import Framer

FOLDER = Path(__file__).resolve().parents[1] / "vectors"


class Vector:
    """One message, cut into envelope and body, with the values it must have."""

    def __init__(self, name: str, document: dict[str, Any]) -> None:
        expected = dict(document["expect"])
        self.name = name
        self.octets = bytes.fromhex(document["hex"])
        self.prefix = bytes.fromhex(expected.pop("frame", ""))
        self.header = bytes.fromhex(expected.pop("header", ""))
        self.body = self.octets[len(self.prefix) + len(self.header) :]
        self.subfields: dict[str, Any] = expected.pop("subfields")
        self.values: dict[str, str] = expected
        self.masked: dict[str, str] = document.get("masked", {})

    def __repr__(self) -> str:
        return self.name


def load(file_name: str) -> list[Vector]:
    """The messages of a file; public ones are named after their source."""
    documents = json.loads((FOLDER / file_name).read_text())
    return [
        Vector(document.get("name") or f"{place} {document['source'].split('/')[-1]}", document)
        for place, document in enumerate(documents)
    ]


def body_of(document: dict[str, Any]) -> bytes:
    """The message of a vector, taken out of its frame and header where it came in them."""
    octets = bytes.fromhex(document["hex"])
    if "framing" not in document:
        return octets
    (frame,) = Framer(document["framing"], header=document["header"]).feed(octets)
    return frame.body


PUBLIC = load("public_messages.json")
OWN = load("own_messages.json")
ALL = PUBLIC + OWN
