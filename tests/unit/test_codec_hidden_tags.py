"""Tags and data sets inside an element that is card data are card data as it is."""

from __future__ import annotations

import pytest

from cbs.codec import Codec, Message

HEAD = '[message]\ntype_indicator = "ascii"\nbitmap = "hex-ascii"\n'
FIELD = '[fields.{0}]\nname = "a"\nencoding = "binary"\nprefix = "ascii:3"\nmax = 99\n'
TLV = (
    HEAD
    + FIELD.format(55)
    + 'sensitivity = "track"\n[[fields.55.layouts]]\nkind = "tlv"\n'
    + 'tags.5F34 = { name = "b" }\ntags.9F1A = { name = "c", sensitivity = "none" }\n'
    + 'tags.E1 = { name = "d", sensitivity = "none" }\n'
)
SETS = (
    HEAD
    + FIELD.format(55)
    + 'sensitivity = "track"\n[[fields.55.layouts]]\nkind = "datasets"\n'
    + 'tags.5F34 = { name = "b" }\ntags.9F1A = { name = "c", sensitivity = "none" }\n'
    + 'sets.02 = { name = "Open", sensitivity = "none" }\n'
)
# a known tag, one that may be shown, one that nobody knows, and one inside an unknown template
CONTENT = "5f340377aa77" + "9f1a020840" + "df01037788aa" + "e205" + "df02027799"
HIDDEN = ("77aa77", "7788aa", "7799")


def message_of(specification: str, content: str) -> Message:
    octets = bytes.fromhex(content)
    body = b"01000000000000000200" + b"%03d" % len(octets) + octets
    codec = Codec(specification, name="hiding")
    message = codec.decode(body)
    assert codec.encode(message) == body
    return message


def shown_of(message: Message) -> str:
    """Everything that a person may see of a message."""
    rows = [text for _, _, text in message.describe()]
    masked = [text for path, _, _ in message.describe() for text in message.get_all(path)]
    whole = [message.to_json().decode(), str(message.to_dict()), repr(message)]
    return " ".join([*rows, *masked, *whole])


@pytest.mark.parametrize(
    ("specification", "content", "path"),
    [
        (TLV, CONTENT, "55.{}"),
        (SETS, "01" + f"{len(CONTENT) // 2:04x}" + CONTENT, "55.01.{}"),
    ],
    ids=["tlv", "datasets"],
)
def test_tags_of_a_hidden_element_are_hidden(specification: str, content: str, path: str) -> None:
    message = message_of(specification, content)
    shown = shown_of(message)
    for text in HIDDEN:
        assert text not in shown, text
    assert "0840" in {text for _, _, text in message.describe()}
    assert message.get_all(path.format("5F34"), reveal=True) == ["77aa77"]
    assert message.get_all(path.format("DF01"), reveal=True) == ["7788aa"]
    assert message.get_all(path.format("E2.DF02"), reveal=True) == ["7799"]


def test_a_data_set_that_may_be_shown_has_the_tags_of_all_and_shows_them() -> None:
    message = message_of(SETS, "02" + f"{len(CONTENT) // 2:04x}" + CONTENT)
    rows = {path: (name, text) for path, name, text in message.describe()}
    assert rows["55.02.5F34"] == ("b", "77aa77")
    assert rows["55.02.DF01"] == ("Unknown tag", "7788aa")


def test_a_data_set_that_is_card_data_hides_the_tags_of_all() -> None:
    text = SETS.replace('"track"', '"none"').replace(
        '"Open", sensitivity = "none"', '"b", sensitivity = "pin"'
    )
    message = message_of(text, "02" + f"{len(CONTENT) // 2:04x}" + CONTENT)
    assert not any(hidden in shown_of(message) for hidden in HIDDEN)
    assert "7788aa" in shown_of(message_of(text, "01" + f"{len(CONTENT) // 2:04x}" + CONTENT))


def test_a_difference_of_hidden_tags_shows_neither() -> None:
    codec = Codec(TLV, name="hiding")
    one = message_of(TLV, CONTENT)
    other = codec.decode(
        codec.encode(one).replace(bytes.fromhex("77aa77"), bytes.fromhex("77bb77"))
    )
    told = str(one.compare(other))
    assert "5F34" in told and "77aa77" not in told and "77bb77" not in told


def test_an_unknown_tag_of_a_hidden_element_is_written_from_its_text() -> None:
    message = message_of(TLV, CONTENT)
    codec = Codec(TLV, name="hiding")
    assert codec.encode_json(message.to_json(reveal=True)) == codec.encode(message)
    assert codec.encode({"mti": "0100", "55": {"DF01": "7788aa"}})[-6:].hex() == "df01037788aa"
