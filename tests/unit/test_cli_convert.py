"""`cbs convert`: messages of one specification as messages of another."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cbs.cli.convert import app
from cbs.codec import Codec, Framer
from cbs.errors import EncodeError

PAN = "4567890123456783"
NAMES = ("iso87_ascii", "iso87_binary", "visa_like", "pos_tpdu", "mastercard_like")
DIALECTS = {name: Codec.load(name) for name in NAMES}
TRACK = {"iso87_ascii": "=", "iso87_binary": "d", "visa_like": "d", "pos_tpdu": "d"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def fields() -> st.SearchStrategy[dict[str, Any]]:
    """Elements that every one of the dialects has in the same lengths."""
    digits = "0123456789"
    texts = {
        "2": st.text(digits, min_size=13, max_size=19),
        "4": st.text(digits, min_size=12, max_size=12),
        "7": st.text(digits, min_size=10, max_size=10),
        "11": st.text(digits, min_size=6, max_size=6),
        "32": st.text(digits, min_size=1, max_size=11),
        "37": st.text("AB 09", min_size=12, max_size=12),
        "41": st.text("XYZ 123", min_size=8, max_size=8),
        "49": st.text(digits, min_size=3, max_size=3),
        "52": st.binary(min_size=8, max_size=8).map(bytes.hex),
    }
    return st.fixed_dictionaries({"mti": st.sampled_from(["0100", "0210", "0420"])}, optional=texts)


@given(values=fields(), pair=st.sampled_from(list(itertools.permutations(NAMES, 2))))
def test_there_and_back_again_is_the_same_message(
    values: dict[str, Any], pair: tuple[str, str]
) -> None:
    source, target = (DIALECTS[name] for name in pair)
    body = source.encode(values)
    there, dropped = target.convert(source.decode(body))
    assert dropped == []
    assert list(there) == list(source.decode(body))
    back, _ = source.convert(there)
    assert source.encode(back) == body


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(TRACK, 2)))
def test_the_separator_of_a_track_is_that_of_the_dialect(source: str, target: str) -> None:
    def body(name: str) -> bytes:
        return DIALECTS[name].encode({"mti": "0100", "35": f"{PAN}{TRACK[name]}2912201123"})

    converted, _ = DIALECTS[target].convert(DIALECTS[source].decode(body(source)))
    assert DIALECTS[target].encode(converted) == body(target)


def test_tags_of_the_usual_data_set_become_tags_without_one_and_back() -> None:
    visa, pos = DIALECTS["visa_like"], DIALECTS["pos_tpdu"]
    values = {"mti": "0100", "55": {"9F26": "0102030405060708", "9F5B": ["01", "02"]}}
    body = visa.encode(values)
    there, _ = pos.convert(visa.decode(body))
    assert there["55.9F26"] == "0102030405060708"
    assert there["55"] == "9f260801020304050607089f5b01019f5b0102"
    back, _ = visa.convert(there)
    assert visa.encode(back) == body


def test_what_one_dialect_hides_goes_into_no_field_that_shows_it() -> None:
    visa, other = DIALECTS["visa_like"], Codec.load("iso2003_binary")
    message = visa.decode(visa.encode({"mti": "0100", "126": {"10": "11 123"}}))
    with pytest.raises(EncodeError, match=r"^126: expected a field that hides card data"):
        other.convert(message)
    converted, dropped = other.convert(message, drop=True)
    assert [path for path, _ in dropped] == ["126"]
    assert "126" not in converted


def test_what_does_not_fit_is_an_error_with_its_path_or_left_out() -> None:
    visa, ascii_dialect = DIALECTS["visa_like"], DIALECTS["iso87_ascii"]
    message = visa.decode(
        visa.encode({"mti": "0100", "2": PAN, "11": "000123", "62": {"1": "Y"}, "145": "001"})
    )
    with pytest.raises(EncodeError, match="62: expected characters, found bytes"):
        ascii_dialect.convert(message)
    converted, dropped = ascii_dialect.convert(message, drop=True)
    assert [path for path, _ in dropped] == ["62", "145"]
    assert list(converted) == ["2", "11"]
    assert converted.reveal("2") == PAN


def test_a_part_that_does_not_fit_is_left_out_alone() -> None:
    text = """
    [message]
    type_indicator = "bcd"
    bitmap = "binary"
    [fields.62]
    name = "Private"
    encoding = "binary"
    prefix = "binary:1"
    max = 255
    [[fields.62.layouts]]
    kind = "bitmapped"
    parts.1 = { name = "One", encoding = "ascii", length = 1 }
    parts.2 = { name = "Two", encoding = "ascii", length = 3 }
    """
    visa, other = DIALECTS["visa_like"], Codec(text, name="other")
    message = visa.decode(visa.encode({"mti": "0100", "62": {"1": "Y", "2": "467303085254670"}}))
    converted, dropped = other.convert(message, drop=True)
    assert [path for path, _ in dropped] == ["62.2"]
    assert converted.paths() == ["62", "62._bitmap", "62.1"]


def test_parts_of_another_layout_are_not_taken_for_those_of_the_same_number() -> None:
    def dialect(layouts: str, name: str) -> Codec:
        return Codec(
            '[message]\ntype_indicator = "bcd"\nbitmap = "binary"\n[fields.62]\nname = "P"\n'
            f'encoding = "binary"\nprefix = "binary:1"\nmax = 255\n{layouts}',
            name=name,
        )

    part = '{ name = "One", encoding = "ascii", length = 1 }'
    positional = f'[[fields.62.layouts]]\nkind = "positional"\nparts = [{part}]\n'
    bitmapped = f'[[fields.62.layouts]]\nkind = "bitmapped"\nparts.1 = {part}\n'
    source, target = dialect(positional, "positional"), dialect(bitmapped, "bitmapped")
    message = source.decode(source.encode({"mti": "0100", "62": {"1": "Y"}}))
    with pytest.raises(EncodeError, match="62: expected parts of the same layout"):
        target.convert(message)
    converted, dropped = target.convert(message, drop=True)
    assert (list(converted), [path for path, _ in dropped]) == ([], ["62"])


def test_short_values_are_filled_only_where_the_target_says_so() -> None:
    def dialect(length: int, fill: str) -> Codec:
        return Codec(
            '[message]\ntype_indicator = "ascii"\nbitmap = "hex-ascii"\n'
            f'[fields]\n41 = {{ name = "T", encoding = "ascii", length = {length}{fill} }}\n',
            name="filled",
        )

    message = dialect(4, "").decode(dialect(4, "").encode({"mti": "0100", "41": "TERM"}))
    with pytest.raises(EncodeError, match="41: expected 8 characters, found 4"):
        dialect(8, "").convert(message)
    converted, _ = dialect(8, ', fill = "right: "').convert(message)
    assert converted["41"] == "TERM    "


def test_a_field_that_is_another_thing_by_the_message_type_is_written_as_that() -> None:
    ascii_dialect = DIALECTS["iso87_ascii"]
    other = Codec(
        """
        [message]
        type_indicator = "bcd"
        bitmap = "binary"
        [fields.48]
        name = "Private"
        encoding = "binary"
        length = 2
        [[fields.48.alternatives]]
        when = { path = "mti", is = ["0100"] }
        encoding = "ascii"
        length = 2
        """,
        name="varied",
    )
    body = ascii_dialect.encode({"mti": "0100", "48": "AB"})
    converted, _ = other.convert(ascii_dialect.decode(body))
    assert converted["48"] == "AB"
    with pytest.raises(EncodeError, match="48: expected bytes, found characters"):
        other.convert(ascii_dialect.decode(body), mti="0200")


def test_the_command_writes_hex_in_frames_and_tells_what_it_left_out() -> None:
    visa, ascii_dialect = DIALECTS["visa_like"], DIALECTS["iso87_ascii"]
    body = visa.encode({"mti": "0100", "2": PAN, "62": {"1": "Y"}, "64": "00" * 8})
    framed = Framer("vmlh", frame_length_max=2048).wrap(body) * 2
    options = ("--from", "visa_like", "--to", "iso87_ascii", framed.hex())
    assert isinstance(run(*options).exception, EncodeError)
    done = run(*options, "--drop", "--to-framing", "ascii4", "--mti", "0120")
    assert done.exit_code == 0
    assert "left out: 62: expected characters, found bytes" in done.stderr
    assert "element 64: a code over the bytes" in done.stderr
    assert PAN not in done.output
    octets = bytes.fromhex(done.stdout.replace("\n", ""))
    frames = Framer("ascii4", frame_length_max=2048).feed(octets)
    messages = [ascii_dialect.decode(frame.body) for frame in frames]
    assert [(message.mti, message["2"]) for message in messages] == [
        ("0120", "456789******6783"),
        ("0120", "456789******6783"),
    ]
    documents = json.loads(run(*options, "--drop", "--json").stdout)
    assert [item["path"] for item in documents[0]["left_out"]] == ["62"]
    assert run(*options, "--to-framing", "len9").exit_code == 2
