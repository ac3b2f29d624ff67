"""One chip purchase, three codecs, one table; then the dialects, the error path, allocations.

The message is `bench/purchase.hex`: 24 data elements, chip data with 14 tags. pyiso8583 reads the
very same bytes but stops at the data element. moov's module runs as a Go program of its own and
reads every part; its message differs in one byte, because its packed decimals know no track
separator: the length of track 2 counts bytes there.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import iso8583
import orjson
import pytest

from bench.peer_specification import PEER_SPECIFICATION
from bench.report import Report, Row
from cbs.codec import Codec
from cbs.errors import DecodeError

FOLDER: Final = Path(__file__).parent
RUST: Final = FOLDER.parent / "rust"
BODY: Final = bytes.fromhex((FOLDER / "purchase.hex").read_text(encoding="ascii"))
ROUNDS: Final = 15
CALLS: Final = 2_000

pytestmark = pytest.mark.filterwarnings("default")


def median_us(call: Callable[[], object]) -> float:
    """The median microseconds of CPU time of a call, over rounds."""
    figures = []
    for _ in range(ROUNDS):
        started = time.process_time_ns()
        for _ in range(CALLS):
            call()
        figures.append((time.process_time_ns() - started) / CALLS / 1000)
    return statistics.median(figures)


@pytest.fixture(scope="module")
def ours(codec: Codec) -> dict[str, float]:
    """Our medians, by operation.

    `read` makes the text of every element, as the peers do when they decode. `decode_encode` hands
    the message on, and `texts` does it by the texts: all of them made, and all written again.
    """
    message = codec.decode(BODY)
    flat = message.to_dict(reveal=True)
    parts = flat | orjson.loads(message.to_json(reveal=True))["subfields"]
    assert codec.encode(message) == codec.encode(flat) == codec.encode(parts) == BODY

    def edit() -> bytes:
        builder = codec.decode(BODY).edit()
        builder["4"] = "000000000100"
        builder["39"] = "00"
        return codec.encode(builder.build())

    assert codec.decode(edit()).to_dict(reveal=True) == flat | {"4": "000000000100", "39": "00"}
    return {
        "decode": median_us(lambda: codec.decode(BODY)),
        "read": median_us(lambda: codec.decode(BODY).to_dict(reveal=True)),
        "encode": median_us(lambda: codec.encode(flat)),
        "encode parts": median_us(lambda: codec.encode(parts)),
        "decode_encode": median_us(lambda: codec.encode(codec.decode(BODY))),
        "texts": median_us(lambda: codec.encode(codec.decode(BODY).to_dict(reveal=True))),
        "edit": median_us(edit),
        "json": median_us(lambda: codec.decode(BODY).to_json()),
    }


def add(report: Report, name: str, peer: dict[str, float], ours: dict[str, float]) -> None:
    """A row for each operation of a peer, with how many times longer it takes."""
    for operation, figure in peer.items():
        row = Row(f"{operation}, {name}", figure, 1e6 / figure, figure / ours[operation])
        report.add(row)


def test_ours(report: Report, ours: dict[str, float]) -> None:
    for operation, figure in ours.items():
        report.add(Row(f"{operation}, ours", figure, 1e6 / figure))
    assert ours["decode"] < 1_000


def test_pyiso8583(report: Report, ours: dict[str, float], codec: Codec) -> None:
    values = iso8583.decode(BODY, PEER_SPECIFICATION)[0]
    assert bytes(iso8583.encode(values, PEER_SPECIFICATION)[0]) == BODY
    message = codec.decode(BODY)
    assert {field: message.reveal(field) for field in message} == {
        field: text.lower() if field in ("35", "55") else text
        for field, text in values.items()
        if field not in ("t", "p", "1")
    } | {field: message.reveal(field) for field in ("60", "62", "63")}

    def read() -> Any:
        return iso8583.decode(BODY, PEER_SPECIFICATION)

    def write_texts(texts: Any) -> Any:
        return iso8583.encode(texts, PEER_SPECIFICATION)

    peer = {
        "read": median_us(read),
        "encode": median_us(lambda: write_texts(values)),
        "decode_encode": median_us(lambda: write_texts(read()[0])),
        "json": median_us(lambda: orjson.dumps(read()[0])),
    }
    peer["texts"] = peer["decode_encode"]
    add(report, "pyiso8583", peer, ours)


def test_moov(report: Report, ours: dict[str, float], codec: Codec, tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("Go is not installed: the peer of Go's users is left out of this table")
    program = tmp_path / "moov"
    built = subprocess.run(
        ["go", "build", "-o", str(program), "."],
        cwd=FOLDER / "peers" / "moov",
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        pytest.skip(f"the Go program cannot be built (is its module in reach?): {built.stderr}")
    body, expected = as_moov_has_it(codec)
    done = subprocess.run(
        [str(program), body.hex()],
        input=json.dumps(expected),
        capture_output=True,
        text=True,
        check=True,
    )
    figures = json.loads(done.stdout)
    names = {name.removesuffix("_ns") for name in figures if name.endswith("_ns")}
    peer = {name: figures[f"{name}_ns"] / 1000 for name in ours if name in names}
    peer["texts"] = peer["decode_encode"]
    add(report, f"moov {figures['module']} ({figures['go']})", peer, ours)


def as_moov_has_it(codec: Codec) -> tuple[bytes, dict[str, Any]]:
    """The message and its values, as the peer's types show them."""
    message = codec.decode(BODY)
    track = message.reveal("35")
    length, packed = bytes([len(track)]), bytes.fromhex("0" + track)
    body = BODY.replace(length + packed, bytes([len(packed)]) + packed)
    document = orjson.loads(message.to_json(reveal=True))
    parts = document.pop("subfields")
    expected: dict[str, Any] = {number: document[number] for number in message}
    expected |= {"0": message.mti, "1": message.bitmap.upper(), "35": "0" + track.upper()}
    expected["55"] = {"01": {t: v.upper() for t, v in parts["55"].items() if t != "_dataset"}}
    for number in ("62", "63"):
        expected[number] = {k: v for k, v in parts[number].items() if k != "_bitmap"}
    return body, expected


def test_every_dialect(report: Report) -> None:
    path = FOLDER.parent / "tests" / "vectors" / "dialect_messages.json"
    seen: set[str] = set()
    for vector in json.loads(path.read_text(encoding="utf-8")):
        name = vector["specification"]
        if name in seen:
            continue
        codec = Codec.load(name)
        body = bytes.fromhex(vector["hex"])
        try:
            message = codec.decode(body)
        except DecodeError:
            # with its frame in front; another message of the dialect stands without
            continue
        seen.add(name)
        figure = median_us(lambda codec=codec, body=body: codec.decode(body))  # type: ignore[misc]
        title = f"decode, {name}: {len(message)} elements, {len(body)} bytes"
        report.add(Row(title, figure, 1e6 / figure))
    assert {"iso87_ascii", "iso87_binary", "mastercard_like"} <= seen


def test_the_error_path(report: Report, codec: Codec) -> None:
    broken = BODY[:-70]

    def fail() -> DecodeError:
        try:
            codec.decode(broken)
        except DecodeError as error:
            return error
        raise AssertionError("the broken message was read")

    assert fail().path.startswith("55")
    figure = median_us(fail)
    report.add(Row("decode of a broken message, error raised", figure, 1e6 / figure))


def test_allocations(report: Report) -> None:
    program = RUST / "target" / "release" / "allocations"
    if not program.exists():
        pytest.skip("not built: cargo build --release -p cbs-measure")
    done = subprocess.run([str(program)], capture_output=True, text=True, check=True)
    for operation, usage in json.loads(done.stdout).items():
        text = f"{usage['allocations']} of {usage['bytes']:,} bytes"
        report.add(Row(f"{operation}: allocations {text}"))
