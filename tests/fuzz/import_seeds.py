"""Small files of every format that the importers read, and the words that they know."""

from __future__ import annotations

from typing import Any

import orjson
import yaml
from tests.unit.importing import composite, field, moov, packager


def given(enc: str, prefix: str, length: int = 6, kind: str = "String", **more: Any) -> Any:
    """A field in moov's words."""
    return {"type": kind, "length": length, "enc": enc, "prefix": prefix, **more}


def entry(data: str, length: str, size: int, most: int, **more: Any) -> dict[str, Any]:
    """A field in pyiso8583's words."""
    return {"data_enc": data, "len_enc": length, "len_type": size, "max_len": most, **more}


MOOV = {
    "2": given("BCD", "BCD.LL", 19, "Numeric"),
    "3": given("ASCII", "ASCII.Fixed", 6, "Numeric", padding={"type": "Left", "pad": "0"}),
    "35": given("ASCII", "ASCII.LL", 37, "Track2"),
    "43": given("EBCDIC1047", "ASCII.LL", 40),
    "48": given("ASCII", "ASCII.LLL", 99, "Composite", tag={"sort": "StringsByInt"}, subfields={
        "1": given("ASCII", "ASCII.Fixed", 2), "2": given("BCD", "BCD.Fixed", 4),
    }),
    "55": given("Binary", "ASCII.LLL", 255, "Composite",
                tag={"enc": "BerTLVTag", "sort": "StringsByHex", "skipUnknownTLVTags": True},
                subfields={"9F02": given("Binary", "BerTLV", kind="Binary")}),
    "60": given("ASCII", "ASCII.LLL", 99, "Composite",
                tag={"length": 2, "enc": "ASCII", "sort": "StringsByInt"},
                subfields={"01": given("ASCII", "ASCII.LL", 20)}),
    "62": given("Binary", "Binary.L", 99, "Composite",
                bitmap=given("Binary", "None.Fixed", 8, "Bitmap", disableAutoExpand=True),
                subfields={"1": given("ASCII", "ASCII.Fixed", 2)}),
    "64": given("Binary", "Binary.Fixed", 8, "Binary"),
}  # fmt: skip
OLD = {
    "Field000": given("asciiEncoder", "ASCII.fixed", 4),
    "Field001": given("hexEncoder", "Hex.fixed", 16, "Bitmap"),
    "Field003": given("asciiEncoder", "ASCII.fixed", 6, "Numeric",
                      padding={"type": "leftPadder", "pad": 48}),
}  # fmt: skip
PYISO8583 = {
    "h": entry("ascii", "ascii", 0, 0),
    "t": entry("ascii", "ascii", 0, 4),
    "p": entry("b", "ascii", 0, 8),
    "1": entry("b", "ascii", 0, 8),
    "2": entry("b", "b", 1, 19, len_count="nibbles", left_pad="0"),
    "35": entry("b", "bcd", 1, 37, len_count="nibbles", right_pad="F"),
    "43": entry("cp500", "cp500", 2, 40),
    "48": entry("ascii", "ascii", 3, 999),
}
PACKAGERS = [
    packager(field(2, "IFA_LLNUM", 19), field(3, "IFB_NUMERIC", 6, pad="true"),
             field(28, "IFA_AMOUNT", 9), field(52, "IFB_BINARY", 8), field(64, "IFB_BINARY", 8)),
    packager(
        composite(48, "IFA_LLLCHAR", 99, "GenericSubFieldPackager", field(0, "IF_CHAR", 2),
                  field(1, "IFB_NUMERIC", 4), emitBitmap="false", firstField="0"),
        composite(126, "IFB_LLHBINARY", 255, "Base1SubFieldPackager",
                  field(0, "Base1_BITMAP126", 16), field(10, "IFE_CHAR", 6)),
        composite(60, "IFE_LLLBINARY", 99, "GICCSubFieldPackager", field(2, "IFELPE_LLLCHAR", 20)),
        composite(55, "IFB_LLHBINARY", 255, "DatasetPackager"),
    ),
    packager(
        composite(48, "IFA_LLLCHAR", 99, "EuroSubFieldPackager", field(0, "IFMC_TCC", 1),
                  field(37, "IFMC_LLCHAR", 20)),
        composite(61, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager",
                  field(7, "IFA_TTLLCHAR", 20), tagSize=2, lenSize=2,
                  tagMapper="org.jpos.iso.packager.TTDecimalTagMapper"),
        composite(55, "IFA_LLLCHAR", 255, "BERTLVAsciiHexPackager"),
    ),
]  # fmt: skip

SEEDS: list[tuple[str, bytes]] = [
    ("moov", moov(MOOV)),
    ("moov", orjson.dumps({"name": "old", "fields": OLD}, option=orjson.OPT_INDENT_2)),
    ("moov", yaml.safe_dump({"name": "old", "fields": OLD}).encode()),
    ("moov", yaml.safe_dump(orjson.loads(moov(MOOV))).encode()),
    ("pyiso8583", orjson.dumps(PYISO8583, option=orjson.OPT_INDENT_2)),
    ("pyiso8583", b"spec = " + repr(PYISO8583).replace("}, ", "},\n").encode()),
    *(("jpos", content) for content in PACKAGERS),
]
"""Format and content."""

CLASSES = [
    f"IF{side}_{name}"
    for side in ("", "A", "B", "E", "EB", "EP", "MC")
    for name in ("CHAR", "NUMERIC", "AMOUNT", "BINARY", "BITMAP", "LLCHAR", "LLLCHAR", "LLNUM",
                 "LLHNUM", "LLHBINARY", "LLLBINARY", "FLLCHAR", "NOP", "TCC")
]  # fmt: skip
ENCODINGS = ["ASCII", "BCD", "LBCD", "EBCDIC", "EBCDIC1047", "Binary", "HexToASCII", "ASCIIToHex",
             "BerTLVTag", "asciiEncoder", "hexEncoder"]  # fmt: skip
VOCABULARY: list[bytes] = [
    word.encode()
    for word in [
        *CLASSES, *ENCODINGS, "0", "1", "2", "16", "64", "65", "128", "129", "192", "193",
        "255", "999", "65535", "2147483648", "99999999999999999999", "true", "false", "null",
        "String", "Numeric", "Binary", "Hex", "Bitmap", "Composite", "Track1", "Track2",
        "ASCII.Fixed", "ASCII.L", "ASCII.LLLL", "BCD.LL", "Binary.LLL", "Hex.LL", "EBCDIC.LL",
        "None.Fixed", "BerTLV", "fields", "subfields", "tag", "bitmap", "padding", "isofield",
        "isofieldpackager", "isopackager", "class", "length", "id", "packager", "emitBitmap",
        "headerLength", "maxValidField", "thirdBitmapField", "inclusive", "token", "h", "t", "p",
        "b", "bcd", "cp037", "cp1047", "latin1", "utf8", "nibbles", "bytes", "left_pad", "max_len",
    ]
]  # fmt: skip
"""Words to put in the place of others."""
