"""A message as a mapping, and messages built and edited by path."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.known_messages import ALL, PUBLIC, Vector

from cbs.codec import Codec, Framer, Message, MessageBuilder
from cbs.errors import DecodeError, EncodeError

PAN = "4000000000000010"
TRACK = PAN + "d29122011234567"
FIELDS: dict[str, Any] = {
    "mti": "0100",
    "2": PAN,
    "4": "000000004250",
    "11": "020013",
    "35": TRACK,
    "55": {"9F26": "0102030405060708", "57": TRACK + "f"},
    "62": {"1": "Y", "2": "467303085254670"},
}


@pytest.fixture
def message(visa_codec: Codec) -> Message:
    return visa_codec.decode(visa_codec.encode(FIELDS))


def test_a_message_is_a_mapping_of_numbers_to_masked_texts(message: Message) -> None:
    assert isinstance(message, Mapping)
    assert list(message) == message.keys() == ["2", "4", "11", "35", "55", "62"]
    assert dict(message) == dict(message.items())
    assert message.values() == [message[number] for number in message]
    assert message["2"] == "400000******0010"
    assert message.get("62.2") == "467303085254670"
    assert message.get("3") is None
    assert message.get("3", 7) == 7
    assert "55.9F26" in message
    assert "55.9F27" not in message
    assert 4 not in message
    with pytest.raises(KeyError, match=r"55\.9F27"):
        message["55.9F27"]


def test_a_message_as_a_dictionary_is_masked_unless_it_is_revealed(message: Message) -> None:
    assert message.to_dict() == {"mti": "0100"} | dict(message)
    assert list(message.to_dict()) == ["mti", *message]
    revealed = {number: message.reveal(number) for number in message}
    assert message.to_dict(reveal=True) == {"mti": "0100"} | revealed


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_a_dictionary_of_texts_is_written_as_the_general_shape_is(
    visa_codec: Codec, vector: Vector
) -> None:
    texts = visa_codec.decode(vector.body).to_dict(reveal=True)
    assert visa_codec.encode(texts) == visa_codec.encode({**texts, "subfields": {}})
    backwards = dict(reversed(texts.items()))
    assert visa_codec.encode(backwards) == visa_codec.encode(texts)
    for number in list(texts)[1:]:
        for text in (texts[number] + "~", texts[number][:-1], "*", "\u20ac" * len(texts[number])):
            changed = texts | {number: text}
            assert outcome(visa_codec, changed) == outcome(visa_codec, {**changed, "subfields": {}})


def outcome(codec: Codec, fields: dict[str, Any]) -> str:
    """The bytes as hex, or the text of the error."""
    try:
        return codec.encode(fields).hex()
    except EncodeError as error:
        return str(error)


def test_bytes_are_read_from_whatever_holds_them(visa_codec: Codec, message: Message) -> None:
    body = visa_codec.encode(message)
    held = bytearray(body)
    assert visa_codec.decode(held) == visa_codec.decode(memoryview(body)) == message
    assert visa_codec.decode_many([held, memoryview(held)]) == [message, message]
    held[:] = bytes(len(held))
    assert Framer("len2").feed(memoryview(Framer("len2").wrap(body)))[0].body == body
    view: Mapping[str, str] = message
    assert view["4"] == "000000004250"
    for wrong in ("0100", 100, None, [1, 2]):
        with pytest.raises(TypeError, match="bytes are needed"):
            visa_codec.decode(wrong)  # type: ignore[arg-type]


def test_a_message_can_be_matched_by_its_values(message: Message) -> None:
    match message:
        case {"4": amount, "62": _}:
            assert amount == "000000004250"
        case _:
            pytest.fail("it is a mapping")


def test_paths_are_those_of_describe(message: Message) -> None:
    assert message.paths() == [path for path, _, _ in message.describe()]
    assert "62._bitmap" in message.paths()


def test_a_copy_is_the_message_itself(message: Message) -> None:
    assert message.copy() is copy.copy(message) is copy.deepcopy(message) is message


def test_messages_of_the_same_bytes_are_equal(visa_codec: Codec, message: Message) -> None:
    same = visa_codec.decode(visa_codec.encode(message))
    assert same == message
    assert hash(same) == hash(message)
    assert len({same, message}) == 1
    assert message.set("11", "020014") != message
    assert message != dict(message)


def test_card_data_does_not_leave_in_a_pickle(message: Message) -> None:
    for holder in (message, [message], message.edit()):
        with pytest.raises(TypeError, match=r"pickle"):
            pickle.dumps(holder)


def test_set_and_delete_give_other_messages(message: Message) -> None:
    changed = message.set("62.3", "ABCD").set("4", "000000000001").delete("55.57").delete("35")
    assert changed["62.3"] == "ABCD"
    assert changed["4"] == "000000000001"
    assert "55.57" not in changed
    assert "55.9F26" in changed
    assert list(changed) == ["2", "4", "11", "55", "62"]
    assert message["4"] == "000000004250"
    assert changed.reveal("2") == PAN
    with pytest.raises(KeyError, match="48"):
        message.delete("48")


def test_a_builder_fills_a_message_of_its_own(visa_codec: Codec) -> None:
    builder = visa_codec.builder("0100")
    for path, value in FIELDS.items():
        builder[path] = value
    assert "62.1" in builder
    assert "62.5" not in builder
    assert len(builder) == 6
    assert list(builder) == ["2", "4", "11", "35", "55", "62"]
    assert visa_codec.encode(builder.build()) == visa_codec.encode(FIELDS)
    del builder["62"]
    assert "62" not in builder.build()
    builder["mti"] = "0120"
    assert builder.build().mti == "0120"
    assert repr(builder) == "<MessageBuilder fields 2 4 11 35 55>"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("4", "42", "4: expected 12 digits, found 2"),
        ("2", "400000******0010", "2: expected the value itself, found masked text"),
        ("62.9", "Y", r"62\.9: expected"),
        ("52", "zz", "52: expected hex digits"),
        ("500", "0", "500: expected"),
    ],
)
def test_building_tells_what_does_not_fit(
    message: Message, path: str, value: str, told: str
) -> None:
    builder = message.edit()
    builder[path] = value
    with pytest.raises(EncodeError, match=told) as caught:
        builder.build()
    assert caught.value.path == path
    with pytest.raises(EncodeError, match=told):
        message.set(path, value)


def test_what_can_be_nowhere_is_refused_at_once(message: Message) -> None:
    builder = message.edit()
    for path, value in [("amount", "1"), ("4", 4250), ("4.1", "0"), ("55.9F26.1", "0")]:
        with pytest.raises(EncodeError) as caught:
            builder[path] = value
        assert caught.value.path == path
    with pytest.raises(KeyError):
        del builder["48"]
    assert builder.build() == message


@pytest.mark.parametrize("key", ["04", "+4", "4 ", "0x4"])
def test_an_element_has_one_number_for_reading_and_writing(visa_codec: Codec, key: str) -> None:
    read = visa_codec.decode(visa_codec.encode(FIELDS))
    assert key not in read
    with pytest.raises(EncodeError, match="the number of a data element"):
        visa_codec.encode({"mti": "0100", key: "000000004250"})
    with pytest.raises(EncodeError, match="the number of a data element"):
        read.set(key, "000000004250")


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_an_edit_keeps_the_bytes_of_what_it_does_not_touch(
    visa_codec: Codec, vector: Vector
) -> None:
    message = visa_codec.decode(vector.body)
    assert visa_codec.encode(message.edit().build()) == vector.body
    for number in message:
        same = message.set(number, message.reveal(number))
        assert visa_codec.encode(same) == vector.body, number
    builder: MessageBuilder = message.edit()
    for number in message:
        del builder[number]
    assert list(builder) == list(builder.build()) == []


def test_many_bodies_are_decoded_in_one_call(visa_codec: Codec) -> None:
    bodies = [vector.body for vector in PUBLIC] * 20
    bodies[3] = bodies[3][:-1]
    found = visa_codec.decode_many(bodies)
    assert isinstance(found[3], DecodeError)
    assert found[3].partial is not None
    messages = [each for each in found if isinstance(each, Message)]
    assert len(messages) == len(bodies) - 1
    assert [visa_codec.encode(message) for message in messages] == bodies[:3] + bodies[4:]
    assert visa_codec.decode_many([]) == []
    with pytest.raises(TypeError, match="bytes or frames"):
        visa_codec.decode_many(["00"])  # type: ignore[list-item]


def test_many_frames_are_decoded_in_one_call(visa_codec: Codec) -> None:
    framer = Framer("len2")
    frames = framer.feed(b"".join(framer.wrap(vector.body) for vector in PUBLIC))
    found = visa_codec.decode_many(frames)
    assert found == [visa_codec.decode(vector.body) for vector in PUBLIC]


def test_other_threads_run_while_many_bodies_are_decoded(visa_codec: Codec) -> None:
    bodies = [PUBLIC[0].body] * 50_000
    began, ended = threading.Event(), threading.Event()
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        began.set()
        while not ended.is_set():
            ticks += 1
            time.sleep(0.0001)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(100)  # nobody is asked to give way: only a released interpreter counts
    gc.disable()
    worker = threading.Thread(target=tick)
    try:
        worker.start()
        began.wait()
        before = ticks
        visa_codec.decode_many(bodies)
        assert ticks > before
    finally:
        ended.set()
        sys.setswitchinterval(interval)
        gc.enable()
        worker.join()


@pytest.mark.parametrize("path", ["35", "55.57"])
def test_a_track_is_taken_apart_without_its_secrets(message: Message, path: str) -> None:
    track = message.track2(path)
    assert (track.pan, track.expiry, track.service_code) == ("400000******0010", "2912", "201")
    assert track.discretionary_data is None
    revealed = message.track2(path, reveal=True)
    assert (revealed.pan, revealed.discretionary_data) == (PAN, "1234567")
    for shown in (track, revealed):
        assert repr(shown) == "<Track2 400000******0010 expiry 2912 service code 201>"


def test_what_is_no_track_is_told_without_its_text(message: Message) -> None:
    with pytest.raises(KeyError, match="45"):
        message.track2("45")
    with pytest.raises(DecodeError, match="2: expected a card number, a separator") as caught:
        message.track2("2")
    assert caught.value.path == "2"
    assert PAN not in str(caught.value)


AUDITED = """
import sys
from cbs.codec import Codec

seen = []
codec = Codec.load("visa_like")
fields = {"mti": "0100", "2": "4000000000000010", "35": "4000000000000010d29122011234567"}
message = codec.decode(codec.encode(fields))
sys.addaudithook(lambda event, values: seen.append(values) if event == "cbs.reveal" else None)
message["2"], message.to_json(), message.describe(), message.track2(), repr(message)
message.to_dict(), message.get_all("2")
assert seen == []
message.reveal("2"), message.to_json(reveal=True), message.describe(reveal=True)
message.track2(reveal=True), message.to_dict(reveal=True), message.get_all("2", reveal=True)
assert seen == [("2",), ("*",), ("*",), ("35",), ("*",), ("2",)], seen


def forbid(event, values):
    if event == "cbs.reveal":
        raise PermissionError("not here")


sys.addaudithook(forbid)
for ask in (
    lambda: message.reveal("2"),
    lambda: message.to_json(reveal=True),
    lambda: message.to_dict(reveal=True),
):
    try:
        ask()
    except PermissionError:
        continue
    raise AssertionError("shown all the same")
"""


def test_every_reveal_is_told_to_audit_hooks_which_may_forbid_it() -> None:
    # A hook stays for the life of its process.
    subprocess.run([sys.executable, "-c", AUDITED], check=True)
