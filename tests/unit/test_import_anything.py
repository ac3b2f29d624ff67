"""Whatever a file holds, an import gives a specification or says what is wrong with it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.importing import field, packager
from typer.testing import CliRunner

from cbs.cli.spec import app
from cbs.codec import Codec
from cbs.errors import SpecificationError, SpecificationImportError
from cbs.importers import FORMATS, Choices, import_specification
from cbs.importers.jpos_classes import _FIELDS, _TAGS
from cbs.importers.moov_words import ENCODINGS

WORDS = st.sampled_from(
    [
        "fields", "type", "length", "enc", "prefix", "tag", "subfields", "bitmap", "padding", "pad",
        "sort", "name", "0", "1", "2", "Field003", "48", "h", "t", "p", "data_enc", "len_enc",
        "len_type", "max_len", "len_count", "b", "ascii", "cp500", "bcd", "String", "Numeric",
        "Composite", "Bitmap", "ASCII", "BCD", "Binary", "ASCII.LL", "Hex.Fixed", "Binary.Fixed",
        "BerTLV", "BerTLVTag", "StringsByInt", "Left", *ENCODINGS,
    ]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers(-2, 70_000) | WORDS | st.text(max_size=5)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(), inner),
    max_leaves=25,
)
CHOICES = st.builds(
    Choices,
    ebcdic_page=st.sampled_from([None, "037", "500"]),
    follow=st.sampled_from([None, "read", "write"]),
)
CLASSES = st.sampled_from(
    [*_FIELDS, *_TAGS, "IF_NOP", "IFA_BITMAP", "IFB_BITMAP", "IFTA_LLCHAR", "IFTB_LLBINARY",
     "IFMC_TCC", "IF_UNUSED", "Other", ""]
)  # fmt: skip
KEYS = (
    "pad", "emitBitmap", "bitmapField", "firstField", "tagSize", "lenSize", "trim", "token",
    "inclusive", "headerLength", "swapTagAndLen",
)  # fmt: skip
MORE = st.dictionaries(
    st.sampled_from(KEYS), st.sampled_from(["true", "false", "0", "1", "2", "x", ""]), max_size=3
)
PACKAGERS = st.sampled_from(
    ["GenericSubFieldPackager", "GenericPackager", "Base1SubFieldPackager", "EuroSubFieldPackager",
     "GICCSubFieldPackager", "CTCSubFieldPackager", "DatasetPackager", "BERTLVAsciiHexPackager",
     "GenericTaggedFieldsPackager", "MasterCardEBCDICSubFieldPackager", "CTCSubElementPackager",
     "TaggedSequencePackager", "BinaryHexTaggedSequencePackager", "Other"]
)  # fmt: skip


def imported(format_name: str, content: bytes, choices: Choices) -> None:
    """Either a specification that loads, or an error of ours with every place."""
    try:
        text = import_specification(format_name, content, choices=choices)
    except SpecificationError as error:
        assert isinstance(error, SpecificationImportError) and error.problems
    else:
        assert Codec(text, name="imported")


@given(format_name=st.sampled_from([*FORMATS]), content=st.binary(max_size=60), choices=CHOICES)
def test_any_bytes(format_name: str, content: bytes, choices: Choices) -> None:
    imported(format_name, content, choices)


@given(tree=TREES, choices=CHOICES)
def test_any_json_and_yaml(tree: Any, choices: Choices) -> None:
    content = orjson.dumps(tree, option=orjson.OPT_NON_STR_KEYS)
    imported("moov", content, choices)
    imported("pyiso8583", content, choices)
    imported("moov", yaml.safe_dump(tree).encode(), choices)
    imported("pyiso8583", b"spec = " + repr(tree).encode("utf-8", "replace"), choices)


@given(
    fields=st.dictionaries(st.integers(0, 130).map(str), st.dictionaries(WORDS, SCALARS | TREES)),
    choices=CHOICES,
)
def test_any_fields(fields: Any, choices: Choices) -> None:
    imported("moov", orjson.dumps({"fields": fields}), choices)
    imported("pyiso8583", orjson.dumps(fields), choices)


ELEMENTS = st.recursive(
    st.builds(lambda n, c, size, more: field(n, c, size, **more),
              st.integers(0, 140), CLASSES, st.integers(0, 300), MORE),
    lambda inner: st.builds(
        lambda n, c, p, inside, more: (
            f'<isofieldpackager id="{n}" length="99" name="" class="{c}" packager="{p}" '
            + " ".join(f'{key}="{value}"' for key, value in more.items())
            + f">{''.join(inside)}</isofieldpackager>"
        ),
        st.integers(0, 140), CLASSES, PACKAGERS, st.lists(inner, max_size=4), MORE,
    ),
    max_leaves=8,
)  # fmt: skip


@given(elements=st.lists(ELEMENTS, max_size=5), choices=CHOICES)
def test_any_packager(elements: list[str], choices: Choices) -> None:
    imported("jpos", packager(*elements), choices)


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("open_bracket", [b"[", b"{", b"- "])
def test_brackets_without_an_end_are_refused_at_once(format_name: str, open_bracket: bytes) -> None:
    content = b"fields:\n  " + open_bracket * 50_000
    started = time.process_time()
    with pytest.raises(SpecificationImportError):
        import_specification(format_name, content)
    assert time.process_time() - started < 5


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["spec", "import", *arguments])


def test_the_command_writes_a_file_that_the_linter_accepts(tmp_path: Path) -> None:
    source, output = tmp_path / "packager.xml", tmp_path / "mine.toml"
    source.write_bytes(packager(field(48, "IFA_LLLCHAR", 99)))
    result = run("jpos", str(source), "-o", str(output))
    assert result.exit_code == 0, result.output
    assert Codec.load(output).name == "mine"
    assert run("jpos", str(source)).stdout == output.read_text()
    assert CliRunner().invoke(app, ["spec", "lint", str(output)]).exit_code == 0


def test_the_command_tells_every_place_and_writes_nothing(tmp_path: Path) -> None:
    source, output = tmp_path / "packager.xml", tmp_path / "mine.toml"
    source.write_bytes(packager(field(48, "Other", 99), field(49, "Other", 99)))
    result = run("jpos", str(source), "-o", str(output))
    assert isinstance(result.exception, SpecificationImportError)
    assert str(result.exception).count("Other") == 2
    assert not output.exists()


def test_an_unknown_format_is_a_wrong_argument(tmp_path: Path) -> None:
    assert run("cobol", str(tmp_path)).exit_code == 2
    with pytest.raises(SpecificationImportError, match="known: moov, jpos, pyiso8583"):
        import_specification("cobol", b"")
