"""`cbs redact`: what may be shared of a message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.unit.known_messages import ALL, PUBLIC, Vector
from typer.testing import CliRunner, Result

from cbs.cli.redact import app
from cbs.codec import Codec
from cbs.network import TokenKey

VISA = Codec.load("visa_like")
KEY = TokenKey(b"a key for tests only, 32 bytes..")
PAN = "4567890123456783"


def run(*arguments: str, standard_input: bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=standard_input)


def is_in(octets: bytes, digits: str) -> bool:
    """Whether digits stand in octets: packed, as ASCII or EBCDIC, or as hex text of those."""
    forms = [digits, digits.encode("ascii").hex(), digits.encode("cp037").hex()]
    text = octets.decode("latin1").lower()
    ebcdic = octets.decode("cp037").lower()
    return any(form in octets.hex() or form in text or form in ebcdic for form in forms)


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_the_known_messages_keep_their_lengths_and_elements(vector: Vector) -> None:
    message = VISA.decode(vector.body)
    redacted = message.redacted(KEY)
    assert redacted.paths() == message.paths()
    assert len(VISA.encode(redacted)) == len(vector.body)
    pan = vector.values.get("2", "")
    if pan.isdigit() and len(set(pan[6:])) > 2:
        assert not is_in(VISA.encode(redacted), pan[6:])
    untouched = [path for path in ("3", "4", "7", "11", "37", "39", "49") if path in message]
    assert [redacted[path] for path in untouched] == [message[path] for path in untouched]


@given(
    account=st.text("0123456789", min_size=10, max_size=13),
    around=st.text("ABC xyz", max_size=6),
    offset=st.integers(0, 3),
)
def test_a_card_number_is_left_in_no_form_and_no_field(
    account: str, around: str, offset: int
) -> None:
    assume(len(set(account)) > 2)
    pan = "456789" + account
    filler = "0" * (2 * offset + len(pan) % 2)
    body = VISA.encode(
        {
            "mti": "0100",
            "2": pan,
            "35": f"{pan}d2912201",
            "48": f"{around}{pan}{around}",
            "55": {
                "57": f"{pan}d2912201".ljust((len(pan) + 9) // 2 * 2, "f"),
                "9F10": filler + pan,
                "9F1E": pan.encode().hex(),
                "DF8129": pan.encode("cp037").hex(),
            },
        }
    )
    message = VISA.decode(body)
    redacted = message.redacted(KEY)
    octets = VISA.encode(redacted)
    assert len(octets) == len(body)
    assert not is_in(octets, pan)
    assert not is_in(octets, account)
    assert redacted.paths() == message.paths()
    other = redacted.reveal("2")
    assert other[:6] == "456789"
    assert sum(sum(divmod(int(d) * (1 + n % 2), 10)) for n, d in enumerate(other[::-1])) % 10 == 0
    assert redacted.reveal("35") == f"{other}d0000000"
    assert redacted["48"] == f"{around}{other}{around}"
    assert redacted.redacted(KEY).paths() == message.paths()


def test_equal_cards_stay_equal_in_one_run_and_differ_in_another(tmp_path: Path) -> None:
    one = VISA.encode({"mti": "0100", "2": PAN}).hex()
    two = VISA.encode({"mti": "0110", "2": PAN}).hex()
    path = tmp_path / "messages.txt"
    path.write_text(f"{one}\n\n{two}\n")
    first = run("--lines", str(path)).stdout.split()
    cards = [VISA.decode(bytes.fromhex(line)).reveal("2") for line in first]
    assert cards[0] == cards[1] != PAN
    assert run("--lines", str(path)).stdout.split() != first
    key = tmp_path / "key"
    key.write_text("0f" * 16)
    kept = [run("--key", str(key), "--lines", str(path)).stdout for _ in range(2)]
    assert kept[0] == kept[1]
    key.write_text("0f")
    assert run("--key", str(key), one).exit_code == 2
    missing = run("--key", str(tmp_path / "nobody"), one)
    assert missing.exit_code == 2
    assert "a file of at least 16 bytes" in " ".join(missing.stderr.replace("│", " ").split())


def test_bytes_stay_bytes_and_frames_stay_frames(tmp_path: Path) -> None:
    stream = b"".join(vector.octets for vector in PUBLIC if vector.prefix) + bytes(4)
    path, shared = tmp_path / "dump.bin", tmp_path / "shared.bin"
    path.write_bytes(stream)
    assert run(str(path), "-o", str(shared)).exit_code == 0
    assert len(shared.read_bytes()) == len(stream)
    assert shared.read_bytes() != stream
    assert run("-", standard_input=stream).stdout_bytes[:4] == stream[:4]
    hexadecimal = run(stream.hex()).stdout
    assert len(hexadecimal) == 2 * len(stream) + 1
    assert run(str(path), "-o", str(tmp_path)).exit_code == 2
    assert run(str(path), "-o", str(shared), "--json").exit_code == 2


def test_lines_that_cannot_be_read_are_left_out_and_told(tmp_path: Path) -> None:
    good = VISA.encode({"mti": "0100", "2": PAN, "64": "1122334455667788"}).hex()
    path = tmp_path / "messages.txt"
    path.write_text(f"{good}\n# card {PAN}\n{good}00\n")
    done = run("--lines", "--json", str(path))
    assert done.exit_code == 2
    assert [row["line"] for row in json.loads(done.stdout)] == [1]
    assert "line 2 left out: no hex text" in done.stderr
    assert "line 3 left out: message at offset" in done.stderr
    assert "element 64 of 1 messages: a code over the original bytes" in done.stderr
    assert PAN not in done.output
    path.write_text("zz\n" * 30)
    assert "and 10 lines more" in run("--lines", str(path)).stderr


def test_digits_that_stay_and_may_be_a_card_number_are_told_by_their_path() -> None:
    stranger = "5500005555555559"
    elements = {"mti": "0100", "2": PAN, "46": f"{PAN} OR {PAN}", "48": f"{PAN} OR {stranger}"}
    done = run(VISA.encode(elements | {"57": "4111111111111112"}).hex())
    assert done.exit_code == 0
    assert done.stderr.count("may be a card number") == 1
    assert "field 48 of 1 messages: has digits that may be a card number" in done.stderr
    assert stranger not in done.stderr
