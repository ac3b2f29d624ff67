"""Types of the Rust extension. Hand-written; `make lint` compares it with the built module."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar, final, overload

from _typeshed import DataclassInstance
from typing_extensions import disjoint_base

from cbs.errors import DecodeError

__all__ = [
    "RECORD_COLUMNS",
    "Codec",
    "Frame",
    "Framer",
    "MacKey",
    "Message",
    "MessageBuilder",
    "Profile",
    "Request",
    "TokenKey",
    "Track2",
    "build_profile",
    "lint_specification",
    "pack_records",
]

_Default = TypeVar("_Default")
_Record = TypeVar("_Record", bound=DataclassInstance)
_Octets: TypeAlias = bytes | bytearray | memoryview

build_profile: Final[str]
"""Either "release" or "debug": benches refuse a debug build."""

def lint_specification(
    specification: str,
    *,
    origin: str = "",
    read: Callable[[str, str], tuple[str, str]] | None = None,
) -> list[tuple[str, str, int | None, str, str | None]]:
    """Everything that is wrong or odd in a wire specification (TOML text), in the file's order.

    Rows (severity, path, line, problem, file): severity is "error" or "warning", the path as in
    "fields.62.layouts.0.kind" (empty for the file as a whole), lines count from 1, the file is
    None unless it is one that the specification extends. `origin` and `read` as for `Codec`.
    """

@disjoint_base
class Codec:
    """One wire specification, compiled. Immutable; safe to share between threads."""

    def __new__(
        cls,
        specification: str,
        *,
        name: str,
        origin: str | None = None,
        read: Callable[[str, str], tuple[str, str]] | None = None,
    ) -> Codec:
        """Compile `specification` (TOML text). Raises `cbs.errors.SpecificationError`.

        `read` gives the specifications that it `extends`: called with what `extends` says and the
        origin of the text that says it (`origin`, or `name`, for this one), it answers with the
        origin and the text of that one, or raises `SpecificationError`.
        """
    @property
    def name(self) -> str: ...
    @property
    def header_bytes(self) -> int:
        """Bytes in front of the message type that belong to the message."""
    def decode(self, body: _Octets, *, verify: bool = False) -> Message:
        """Decode one message body (MTI first, no frame, no header).

        With `verify`, its values, written again, must give the same bytes; the error names the
        element that does not (a pad that is not zero, bytes that are ignored), and `partial` is
        the whole message. Raises `cbs.errors.DecodeError`.
        """
    def decode_many(self, bodies: Sequence[_Octets | Frame]) -> list[Message | DecodeError]:
        """Decode many bodies, or the bodies of many frames, in one call.

        Gives a message or the error for each, in order. Other threads run meanwhile, unless the
        bodies have fewer than 8,192 bytes together.
        """
    def encode(
        self,
        message: Message | Mapping[str, Any] | DataclassInstance,
        *,
        mac_key: MacKey | None = None,
    ) -> bytes:
        """Bytes of a message, of a mapping shaped as `Message.to_json` writes it, or of a
        dataclass whose fields are annotated with `cbs.codec.Field`.

        A decoded message gives back the very bytes it came from. With `mac_key`, the last element
        (64, or 128 if there are elements above 64) is the authentication code of the bytes before
        it; a code that was there is replaced. Raises `cbs.errors.EncodeError`.
        """
    def encode_json(self, document: bytes | str, *, mac_key: MacKey | None = None) -> bytes:
        """As `encode`, from JSON text shaped as `Message.to_json` writes it.

        No Python object is made of it; `mac_key` is that of `encode`. Raises
        `cbs.errors.EncodeError`, for text that is no JSON as well.
        """
    def verify_mac(self, body: _Octets, key: MacKey) -> bool:
        """As `Message.verify_mac`, before anything is decoded: of `body`, only header, message type
        and bitmaps are read, to know where the code stands.

        False as well where the element of the code has no fixed length.
        """
    def convert(
        self, message: Message, *, mti: str | None = None, drop: bool = False
    ) -> tuple[Message, list[tuple[str, str]]]:
        """The values of a message of another dialect in this one, by their paths.

        Gives the new message, and path and reason of everything that was left out: nothing unless
        `drop`. Raises `cbs.errors.EncodeError` for the first value that does not fit. `mti` is the
        type of the new message where it differs. Card data stays on the Rust side.
        """
    def builder(self, mti: str) -> MessageBuilder:
        """A message of this type without any element, to be filled and built."""

@final
class Message(Mapping[str, str]):
    """One decoded message: a read-only mapping from path to text, card data masked.

    It never changes: `set` and `delete` give another message, `edit` a builder, and a copy is the
    message itself. Two messages are equal if they were read by specifications of one name from
    the same bytes; equal messages have equal hashes, which differ from process to process. A
    message is not pickled, because card data would leave with it.
    """

    @property
    def mti(self) -> str: ...
    @property
    def bitmap(self) -> str:
        """Every bitmap on the wire, one after the other, as lower-case hex."""
    @property
    def warnings(self) -> list[str]:
        """What is odd without being a fault: bytes ignored or kept unread, and where."""
    def __getitem__(self, path: str, /) -> str:
        """Text at a path: "4", "62.2", "55.9F26", "62._bitmap". Raises `KeyError`."""
    @overload
    def get(self, path: str) -> str | None:
        """Text at a path, or the default."""
    @overload
    def get(self, path: str, default: _Default) -> str | _Default: ...
    def get_all(self, path: str, *, reveal: bool = False) -> list[str]:
        """Every text at a path, in the order of the bytes: tags may come more than once.

        Empty if nothing is there; masked unless `reveal`.
        """
    def __contains__(self, path: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]:
        """The numbers of the data elements present, ascending, as text."""
    def __len__(self) -> int: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    # lists, of which a message makes one as quickly as a view would be
    def keys(self) -> list[str]:  # type: ignore[override]
        """As iteration: the numbers of the data elements present."""
    def values(self) -> list[str]: ...  # type: ignore[override]
    def items(self) -> list[tuple[str, str]]: ...  # type: ignore[override]
    def to_dict(self, *, reveal: bool = False) -> dict[str, str]:
        """The message type as "mti" and the text of every data element by its number.

        The quickest way to read all of a message, and with `reveal` what `Codec.encode` takes
        back. Card data is masked unless `reveal`.
        """
    def paths(self) -> list[str]:
        """Every path that leads to a value, nested ones after their parent."""
    def span(self, path: str) -> tuple[int, int] | None:
        """Where the bytes at a path lie in the body: the first one, and the first behind them.

        They begin with the length prefix or tag. None where nothing was read, and for what the
        body holds as hex text.
        """
    def copy(self) -> Message:
        """The message itself: it never changes."""
    def __copy__(self) -> Message: ...
    def __deepcopy__(self, memo: Any, /) -> Message: ...
    def edit(self) -> MessageBuilder:
        """A builder that starts as a copy of this message."""
    def set(self, path: str, value: Any, /) -> Message:
        """This message with another value at a path. Raises `cbs.errors.EncodeError`."""
    def delete(self, path: str, /) -> Message:
        """This message without what is at a path. Raises `KeyError` if nothing is."""
    def to(
        self, record: type[_Record], *, reveal: bool = False, now: datetime | None = None
    ) -> _Record:
        """A dataclass whose fields are annotated with `cbs.codec.Field`, filled.

        Card data is masked unless `reveal`. `now` (the current time) decides the year of dates
        without one. Raises `cbs.errors.BindingError`.
        """
    def track2(self, path: str = "35", *, reveal: bool = False) -> Track2:
        """The track 2 at a path ("35", "55.57"), taken apart.

        Raises `KeyError` if nothing is there, `cbs.errors.DecodeError` if it is no track 2.
        """
    def compare(self, other: Message, /) -> list[tuple[str, str, str, str | None, str | None, str]]:
        """Rows (path, name, mark, left, right, note) of every place of this message and another.

        Marks: "equal", "added", "removed", "changed", "form" (the same value in other bytes) and
        "unread" (announced, but behind a fault). Values are masked; where they differ in what is
        masked, the note says so.
        """
    def redacted(self, key: TokenKey) -> Message:
        """The same message with its card data replaced, so that it can be shared.

        Lengths and elements stay. Equal card numbers become equal ones under the same key. Raises
        `cbs.errors.EncodeError` if the message cannot be redacted.
        """
    def verify_mac(self, key: MacKey) -> bool:
        """Whether the message ends in the authentication code of its bytes under `key`.

        False as well where element 64 or 128 is missing or is not the last thing in the message.
        """
    def reveal(self, path: str) -> str:
        """As `[]`, but card data in the clear. For the few who must; the server never calls it.

        Raises the audit event `cbs.reveal` with the path, as everything with `reveal=True` does
        (`sys.addaudithook`); "*" stands for the whole message.
        """
    def to_json(self, *, reveal: bool = False) -> bytes:
        """JSON text in the shape of `docs/reference/json.md`; masked unless `reveal`."""
    def describe(self, *, reveal: bool = False) -> list[tuple[str, str, str]]:
        """Rows (path, name, text), nested rows after their parent; masked unless `reveal`."""

@final
class MessageBuilder:
    """A message in the making: values are set and deleted by path, then it is built.

    Elements that are not touched keep the bytes of the message that was edited. Values are what
    `Codec.encode` takes: texts, mappings and lists. What is in it cannot be read back: build it.
    """

    def __setitem__(self, path: str, value: Any, /) -> None:
        """Set the value at a path. Raises `cbs.errors.EncodeError` if nothing can be there.

        Whether the value fits is known when the message is built.
        """
    def __delitem__(self, path: str, /) -> None:
        """Raises `KeyError` if nothing is at the path."""
    def __contains__(self, path: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]:
        """The numbers of the data elements present, ascending, as text."""
    def __len__(self) -> int: ...
    def build(self) -> Message:
        """The message, encoded and decoded again. Raises `cbs.errors.EncodeError`.

        The builder stays as it is and can be changed and built again.
        """

@final
class Track2:
    """A track taken apart; the card number masked unless it was revealed."""

    @property
    def pan(self) -> str: ...
    @property
    def expiry(self) -> str | None:
        """Year and month, four digits; None where the track leaves it out."""
    @property
    def service_code(self) -> str | None:
        """Three digits; None where the track leaves it out."""
    @property
    def discretionary_data(self) -> str | None:
        """What the issuer put behind the service code; None unless revealed."""

@final
class Frame:
    """One frame cut from the stream."""

    @property
    def kind(self) -> str:
        """One of "message", "reject", "control" (session control), "poll" (zero length)."""
    @property
    def prefix(self) -> bytes:
        """The octets that framed it (four for vmlh)."""
    @property
    def header(self) -> bytes | None:
        """The message header, without its body; None where the frame has none.

        A reject's header is followed by that of the message that came back.
        """
    @property
    def body(self) -> bytes: ...
    @property
    def trailer(self) -> bytes:
        """The octets behind the message; empty where the framing has none."""
    def header_fields(self) -> dict[str, Any]:
        """The header by the names of its parts; empty where the frame has no header.

        Counts are numbers, all else is hexadecimal text. For the 22-byte header: `length`,
        `format`, `text_format`, `total_length`, `destination`, `source`, `round_trip_control`,
        `flags`, `status`, `batch`, `reserved`, `user`; a reject adds `reject_bitmap`,
        `reject_group`, `reject_data` where it is longer than 26 bytes, and `original`, the header
        of the message that came back. A TPDU has `identifier`, `destination` and `source`.
        """

@final
class Framer:
    """Cuts a byte stream into frames and wraps bodies into frames. No I/O."""

    def __new__(
        cls,
        framing: str,
        *,
        header: str | None = None,
        frame_length_max: int = 2048,
        polls: str = "answer",
    ) -> Framer:
        """`framing` and `header` by the text forms of `docs/reference/framing.md`.

        Framings are "vmlh", "len2", "len4-le", "ascii4-inclusive", "bcd2", "zero2len2", "tpdu",
        "none" and more, with a trailer as in "len2+03". Headers are "visa22", "auto", "tpdu",
        "fixed:N", "self" or None. `frame_length_max` counts the octets behind the prefix.
        `polls` says what a frame of length zero is: "answer" and "silent" give a frame of kind
        "poll", "refuse" makes it a fault. Raises `ValueError`, which lists what there is.
        """
    def feed(self, data: _Octets) -> list[Frame]:
        """Frames completed by `data`.

        Raises `cbs.errors.FrameError` on a stream that cannot be framed any more; its `frames`
        are the complete ones before the fault, its `offset` counts from the start of the stream.
        """
    @property
    def pending_bytes(self) -> int:
        """Bytes held of a frame that is not complete yet."""
    def wrap(
        self, body: bytes, *, header: bytes | None = None, reply_to: Frame | None = None
    ) -> bytes:
        """Frame `body`, under `header` if one is given.

        With `reply_to`, under that frame's header with its addresses swapped, and with its
        trailer. Raises `cbs.errors.FrameError` on what the framing has no room for.
        """
    def answer(self, frame: Frame) -> bytes | None:
        """What a poll is answered with; None for frames that want no answer of their own."""

@final
class MacKey:
    """A key of message authentication codes. Wiped on drop."""

    def __new__(cls, method: str, key: bytes, *, padding: int = 1) -> MacKey:
        """`method`: "retail" (16 bytes of key) or "cmac" (AES, 16, 24 or 32).

        `padding` of a retail MAC: method 1 (zeros) or 2 (one bit and zeros) of ISO 9797-1.
        Raises `cbs.errors.SettingsError`.
        """
    def mac(self, data: bytes) -> bytes:
        """The whole code of `data`: 8 bytes of a retail MAC, 16 of a CMAC."""
    def verify(self, data: bytes, code: bytes) -> bool:
        """Whether `code` is that of `data`, or its leftmost bytes, at least four.

        How long this takes tells nothing about the right code.
        """

@final
class TokenKey:
    """The key that turns a PAN into its token: HMAC-SHA-256, 32 bytes out. Wiped on drop."""

    def __new__(cls, key: bytes, *, key_id: int = 1) -> TokenKey:
        """At least 16 bytes, else `cbs.errors.SettingsError`. `key_id`: a 16-bit number."""
    @property
    def key_id(self) -> int: ...
    def token(self, pan: str) -> bytes:
        """The token of a card number, given as its digits. Raises `EncodeError` for no Unicode."""

@disjoint_base
class Profile:
    """A network profile: which fields mean what, which are echoed, how deadlines end.

    Immutable; safe to share between threads.
    """

    def __new__(cls, profile: str, *, name: str, codec: Codec, token_key: TokenKey) -> Profile:
        """Compile `profile` (TOML text). Raises `cbs.errors.ProfileError`."""
    @property
    def name(self) -> str: ...
    @property
    def link(self) -> dict[str, Any]:
        """The `[link]` table: framing, header, deadline_ms, on_deadline, echo_interval_s, ..."""
    def read(
        self, message: Message, *, received_at_us: int, format_error: str | None = None
    ) -> Request:
        """What a decoded message asks for. `received_at_us`: UTC microseconds since 1970."""
    def reply(
        self,
        request: Request,
        response_code: str,
        *,
        authorization_code: str | None = None,
        amount_minor: int | None = None,
        billing_amount_minor: int | None = None,
        billing_currency: str | None = None,
        additional_amounts: str | None = None,
    ) -> bytes:
        """The body of the one reply to `request`. Amounts are minor units.

        Raises `cbs.errors.EncodeError`, also for a request of kind "response" or "ignore".
        """
    def network_management(self, code: str, *, stan: int, transmitted_at_us: int) -> bytes:
        """The body of an 0800 that this side originates: `code` is DE70."""

@final
class Request:
    """One message from the network, read through a profile."""

    @property
    def kind(self) -> str:
        """One of "decide", "network_management", "refuse", "response", "ignore".

        "refuse" is answered with `refusal` at once.
        """
    @property
    def message_type(self) -> str: ...
    @property
    def refusal(self) -> str | None:
        """The response code of a request that needs no decision."""
    @property
    def network_management_code(self) -> str | None: ...
    @property
    def is_advice(self) -> bool:
        """Advices are never declined and never answered with 91."""
    @property
    def card_token(self) -> bytes | None: ...
    @property
    def pan_masked(self) -> str | None: ...
    @property
    def stan(self) -> str | None: ...
    @property
    def record(self) -> tuple[Any, ...]:
        """The authorization record, in the order of `RECORD_COLUMNS`. Only for kind "decide"."""

def pack_records(requests: Sequence[Request]) -> list[bytes]:
    """The records of a batch as one PostgreSQL array per column, in its binary form.

    In the order of `RECORD_COLUMNS`. Raises `ValueError` unless all are of kind "decide".
    """

RECORD_COLUMNS: Final[tuple[str, ...]]
"""Names of a record's values, in the order in which `cbs_api.authorize_v1` takes its arrays."""
