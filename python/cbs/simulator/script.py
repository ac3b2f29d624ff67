"""What a scripted host answers, and what a sender expects: rules as data. No I/O.

Texts are compared as messages show them, card data masked: `"2" = "400000******0010"`. `*` stands
for any characters and `?` for one, as in a shell; an asterisk of a mask fits itself that way.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from cbs.codec import Message
from cbs.errors import CbsError, CodecError
from cbs.message_types import is_network_management_request, reply_mti, wants_reply

# fmt: off
ECHOED: Final = (
    "2", "3", "4", "5", "6", "7", "11", "12", "13", "15", "19", "25", "28", "32", "33", "37",
    "41", "42", "49", "50", "51", "62", "66", "70", "90", "95",
)
# fmt: on
"""Elements of a request that its reply repeats, unless the script says otherwise."""

_RULE_KEYS: Final = {"when", "answer", "leave_out", "delay_ms", "silent", "close", "times"}


class ScriptError(CbsError):
    """A script cannot be used; the text names the file, the rule and the key."""


@dataclass(slots=True)
class Rule:
    """One rule; the first one that fits a message counts."""

    when: Mapping[str, str]
    """Texts by path, "mti" among them; empty fits everything."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """What the reply has besides or instead of what it repeats; "mti" as well."""
    leave_out: tuple[str, ...] = ()
    """What the reply does not repeat."""
    delay_ms: int = 0
    silent: bool = False
    """No reply; what a timeout is tried with."""
    close: bool = False
    """The link is cut instead of a reply."""
    times: int | None = None
    """How often it counts; then the rules below it do."""

    def fits(self, message: Message) -> bool:
        """Whether everything in `when` is so."""
        return self.times != 0 and not differences(message, self.when)


@dataclass(slots=True)
class Script:
    """Rules in their order, and what replies repeat."""

    rules: list[Rule]
    echoed: tuple[str, ...] = ECHOED

    @classmethod
    def load(cls, path: Path) -> Script:
        """Read a TOML file. Raises `ScriptError`."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ScriptError(f"{path}: cannot be read: {error}") from None

    @classmethod
    def parse(cls, text: str, name: str) -> Script:
        """Read TOML text; `name` is for errors. Raises `ScriptError`."""
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ScriptError(f"{name}: {error}") from None
        if stray := sorted(table.keys() - {"rules", "echo"}):
            raise ScriptError(f"{name}: unknown key {stray[0]}; there are echo and [[rules]]")
        found = table.get("rules", [])
        echoed = table.get("echo", list(ECHOED))
        if not isinstance(found, list) or not isinstance(echoed, list):
            raise ScriptError(f"{name}: echo is a list, and rules are [[rules]]")
        return cls(
            [_rule(rule, f"{name}: rules.{place}") for place, rule in enumerate(found)],
            tuple(str(number) for number in echoed),
        )

    def rule_for(self, message: Message) -> Rule | None:
        """The rule that counts for a message, used up by one where it has `times`.

        Network management that no rule fits is approved; None where there is nothing to do.
        """
        if not wants_reply(message.mti):
            return None
        for rule in self.rules:
            if rule.fits(message):
                if rule.times is not None:
                    rule.times -= 1
                return rule
        if is_network_management_request(message.mti):
            return Rule(when={}, answer={"39": "00"})
        return None

    def reply(self, request: Message, rule: Rule) -> Message:
        """What a rule answers. Raises `EncodeError` where that does not fit the dialect."""
        builder = request.edit()
        for number in request:
            if number not in self.echoed or number in rule.leave_out:
                del builder[number]
        builder["mti"] = reply_mti(request.mti)
        for path, value in rule.answer.items():
            builder[path] = value
        return builder.build()


def differences(message: Message, expected: Mapping[str, str]) -> list[str]:
    """What is not as expected, one sentence for each path; "absent" stands for no element."""
    told = []
    for path, pattern in expected.items():
        found = message.mti if path == "mti" else message.get(path)
        if pattern == "absent":
            is_right = found is None
        else:
            is_right = found is not None and fnmatchcase(found, pattern)
        if not is_right:
            shown = "nothing" if found is None else repr(found)
            told.append(f"{path}: expected {pattern!r}, found {shown}")
    return told


def _rule(table: Any, place: str) -> Rule:
    if not isinstance(table, dict):
        raise ScriptError(f"{place}: a table is needed")
    if stray := sorted(table.keys() - _RULE_KEYS):
        known = ", ".join(sorted(_RULE_KEYS))
        raise ScriptError(f"{place}.{stray[0]}: unknown; there are {known}")
    for key, kind in (("when", dict), ("answer", dict), ("leave_out", list)):
        if not isinstance(table.get(key, kind()), kind):
            raise ScriptError(f"{place}.{key}: {'a list' if kind is list else 'a table'} is needed")
    for key in ("silent", "close"):
        if not isinstance(table.get(key, False), bool):
            raise ScriptError(f"{place}.{key}: true or false is needed")
    for key in ("delay_ms", "times"):
        value = table.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ScriptError(f"{place}.{key}: a whole number from 0 on is needed")
    when = table.get("when", {})
    for path, text in when.items():
        if not isinstance(text, str):
            raise ScriptError(f"{place}.when.{path}: a text is needed, as digits are one too")
    return Rule(
        when=when,
        answer=table.get("answer", {}),
        leave_out=tuple(table.get("leave_out", ())),
        delay_ms=table.get("delay_ms", 0),
        silent=table.get("silent", False),
        close=table.get("close", False),
        times=table.get("times"),
    )


def fault_of(error: CodecError, rule: Rule) -> str:
    """Why a rule's answer cannot be sent: the path, and the rule by its `when`."""
    named = ", ".join(f"{path} = {text}" for path, text in rule.when.items()) or "everything"
    return f"the answer to {named} does not fit: {error}"
