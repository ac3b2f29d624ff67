"""Messages as networks send them, made up for nine packaged dialects, and envelopes for them."""

from __future__ import annotations

import random
from typing import Any

from cbs.codec import Codec, Framer
from cbs.errors import EncodeError

DIALECTS = (
    "iso2003_binary", "iso87_ascii", "iso87_binary", "iso93_ascii", "iso93_binary",
    "iso93_ebcdic", "mastercard_like", "pos_tpdu", "visa_like",
)  # fmt: skip

ENVELOPES: tuple[tuple[str, str | None, bytes | None], ...] = (
    ("none", None, None),
    ("vmlh", None, None),
    ("vmlh", "visa22", bytes.fromhex("16010200000012345600000000000000000000000000")),
    ("len2", None, None),
    ("len2-inclusive", None, None),
    ("len2-le", None, None),
    ("len4", None, None),
    ("len4-le", None, None),
    ("zero2len2", None, None),
    ("ascii4", None, None),
    ("ascii4-inclusive", None, None),
    ("ascii4+03", None, None),
    ("ebcdic4", None, None),
    ("hex4", None, None),
    ("bcd2", None, None),
    ("len2", "tpdu", bytes.fromhex("6000030000")),
    ("len2", "self", bytes.fromhex("0541424344")),
    ("len2", "fixed:12", b"NET012300077"),
)
"""Framing, header by its option, header by its octets."""

CURRENCIES = ("978", "840", "826", "756", "392")
NAMES = ("CORNER BAKERY", "GARE DU NORD", "BOOKS AND MORE", "HOTEL POST", "FUEL 24")


class Maker:
    """Makes messages of one dialect, the same ones for the same seed."""

    def __init__(self, dialect: str, seed: int = 0) -> None:
        self.codec = Codec.load(dialect)
        self.dialect = dialect
        self.draw = random.Random(f"{dialect} {seed}")
        self.edition = "1" if "93" in dialect else "2" if "2003" in dialect else "0"
        self.stan = self.draw.randrange(1000)

    def digits(self, count: int) -> str:
        return "".join(self.draw.choice("0123456789") for _ in range(count))

    def pan(self) -> str:
        body = self.draw.choice(("400000", "510510", "222300")) + self.digits(9)
        total = 0
        for place, digit in enumerate(reversed(body)):
            doubled = int(digit) * (2 if place % 2 == 0 else 1)
            total += doubled - 9 if doubled > 9 else doubled
        return body + str(-total % 10)

    def moment(self) -> tuple[str, str, str]:
        """Year, month and day, time: two, four and six digits."""
        month, day = self.draw.randrange(1, 13), self.draw.randrange(1, 29)
        hour, minute, second = (self.draw.randrange(it) for it in (24, 60, 60))
        return "27", f"{month:02}{day:02}", f"{hour:02}{minute:02}{second:02}"

    def body(self, kind: str) -> bytes:
        """A message of a kind: request, reply, chip, track, reversal, echo, echo reply."""
        return self.codec.encode(self._encodable(self.fields(kind)))

    def fields(self, kind: str) -> dict[str, Any]:
        self.stan += 1
        if kind.startswith("echo"):
            return self._network(is_reply=kind != "echo")
        return self._financial(kind)

    def _network(self, *, is_reply: bool) -> dict[str, Any]:
        year, date, time = self.moment()
        fields = {"7": date + time, "11": f"{self.stan:06}"}
        if self.edition == "0":
            fields |= {"mti": "0810" if is_reply else "0800", "70": "301"}
        else:
            fields |= {"mti": self.edition + ("814" if is_reply else "804"), "24": "831"}
            fields["12"] = ("20" if self.edition == "2" else "") + year + date + time
        if is_reply:
            fields["39"] = {"0": "00", "1": "800", "2": "0800"}[self.edition]
        return fields

    def _financial(self, kind: str) -> dict[str, Any]:
        year, date, time = self.moment()
        amount, currency = f"{self.draw.randrange(100, 500_000):012}", self.draw.choice(CURRENCIES)
        types = {"reply": "110", "reversal": "400"}
        fields: dict[str, Any] = {
            "mti": self.edition + types.get(kind, self.draw.choice(("100", "200"))),
            "2": self.pan(),
            "3": self.draw.choice(("000000", "010000", "003000", "200000")),
            "4": amount if self.edition != "2" else f"{currency}2{amount}",
            "7": date + time,
            "11": f"{self.stan:06}",
            "32": self.digits(6),
            "37": self.digits(12),
            "41": f"TERM{self.digits(4)}".ljust(16 if self.edition == "2" else 8),
            "42": f"MERCHANT{self.digits(7)}",
            "49": currency,
        }
        fields |= self._by_edition(year, date, time)
        if kind == "reply":
            fields["38"] = self.digits(6)
            fields["39"] = {"0": "00", "1": "000", "2": "0000"}[self.edition]
            for number in ("42", "22", "14", "18", "26"):
                fields.pop(number, None)
        elif kind == "track":
            fields["35"] = f"{fields['2']}=29122011{self.digits(9)}"
        elif kind == "chip":
            fields["23"] = "001"
            fields["55"] = {
                "9F26": self.digits(16), "9F27": "80", "9F36": "0012", "95": "8000048000",
                "9A": year + date, "9C": "00", "5F2A": f"0{currency}", "82": "5C00",
                "9F37": self.digits(8), "9F10": "06010A03A00000",
            }  # fmt: skip
        elif kind == "reversal" and self.edition == "0":
            fields["90"] = f"0100{self.stan - 1:06}{date}{time}{fields['32']:>011}{'':0>11}"
        return fields

    def _by_edition(self, year: str, date: str, time: str) -> dict[str, Any]:
        if self.edition == "2":
            return {"12": "20" + year + date + time, "24": "100", "26": "5411", "49": None}
        if self.edition == "1":
            return {
                "12": year + date + time, "14": "2912", "22": "510101511344", "24": "100",
                "26": "5411", "43": self._place(),
            }  # fmt: skip
        entry = "0510" if self.dialect == "visa_like" else "051"
        return {
            "12": time, "13": date, "14": "2912", "18": "5411", "19": "250", "22": entry,
            "25": "00", "43": self._place(),
        }  # fmt: skip

    def _place(self) -> str:
        place = f"{self.draw.choice(NAMES):<25}{'PARIS':<13}FR"
        return place.replace("  FR", "FRA", 1) if self.dialect == "mastercard_like" else place

    def _encodable(self, fields: dict[str, Any]) -> dict[str, Any]:
        """What of `fields` the dialect has, in the form that it has it."""
        kept: dict[str, Any] = {"mti": fields.pop("mti")}
        for number, value in fields.items():
            for form in forms(value):
                try:
                    self.codec.encode({**kept, number: form})
                except EncodeError:
                    continue
                kept[number] = form
                break
        return kept


def forms(value: Any) -> list[Any]:
    """A value as one dialect or another writes it."""
    if value is None:
        return []
    if not isinstance(value, str):
        octets = b"".join(
            bytes.fromhex(tag) + bytes([len(text) // 2]) + bytes.fromhex(text)
            for tag, text in value.items()
        )
        return [value, octets.hex(), octets.decode("latin-1")]
    return [value, value.replace("=", "D"), value.replace("=", "d"), value.rjust(12, "0")]


def wrapped(bodies: list[bytes], envelope: tuple[str, str | None, bytes | None]) -> bytes:
    """The bodies in frames, one after the other; without a framing only the first."""
    framing, header, octets = envelope
    framer = Framer(framing, header=header)
    if framing == "none":
        bodies = bodies[:1]
    return b"".join(framer.wrap(body, header=octets) for body in bodies)
