"""Random lives of a small portfolio: messages that collide, and the events between them.

Everything is drawn from small pools, so that keys, STANs, life-cycle ids and amounts meet often.
A script names cards by number; who runs it gives them tokens, so one script can run side by side
on several portfolios.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.model.holder import NOON
from tests.model.messages import CASH, CASHBACK, CREDIT, INQUIRY, PURCHASE, REFUND
from tests.model.records import microseconds

AMOUNTS = [1, 100, 999, 1000, 1001, 2500, 4000, 5000, 10_000]
STANS = ["000001", "000002", "000003"]
PAUSES = [
    timedelta(0),
    timedelta(0),
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=13),
    timedelta(days=1),
    timedelta(days=5),
    timedelta(days=10),
    timedelta(days=10, seconds=1),
    timedelta(days=30) - timedelta(microseconds=1),
    timedelta(days=30),
    timedelta(days=31),
    timedelta(days=-1),
    timedelta(seconds=-1),
]
UNKNOWN_CARD = -1
FOREIGN_CARD = -2


@dataclass(frozen=True, slots=True)
class Draft:
    """A message without the token of its card: a type, the moment of DE7, and other columns."""

    message_type: str
    card: int
    transmitted_at: datetime
    columns: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A card (or, if `is_account`, its account) gets another status."""

    card: int
    status: str
    is_account: bool


@dataclass(frozen=True, slots=True)
class Void:
    """The replies to these messages never left."""

    drafts: list[Draft]


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that are decided in one call."""

    drafts: list[Draft]


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """How an account is opened."""

    currency: str
    ledger_minor: int
    overdraft_minor: int


@dataclass(frozen=True, slots=True)
class CardPlan:
    """How a card is issued."""

    account: int
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Script:
    """A portfolio, and what happens to it at which time."""

    accounts: list[AccountPlan]
    cards: list[CardPlan]
    events: list[tuple[datetime, Batch | Void | StatusChange]]


_ACCOUNTS = st.lists(
    st.builds(
        AccountPlan,
        st.sampled_from(["978", "978", "392", "414"]),
        st.sampled_from([20_000, 100_000, 5000, 1000, 0]),
        st.sampled_from([0, 0, 500]),
    ),
    min_size=1,
    max_size=3,
)
_LIMITS = st.sampled_from([None, None, None, 5000, 12_000, 1000])
_OPTION = st.sampled_from([True] * 7 + [False])
_CARD_OPTIONS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["active"] * 18 + ["not_activated", "frozen"]),
        "expiry": st.sampled_from(["3012"] * 5 + ["2606"]),
        "online": _OPTION,
        "contactless": _OPTION,
        "atm": _OPTION,
        "magstripe": _OPTION,
        "transaction_limit_minor": _LIMITS,
        "rolling_limit_minor": _LIMITS,
        "atm_limit_minor": _LIMITS,
    }
)
_IDS = st.fixed_dictionaries(
    {
        "stan": st.sampled_from(STANS),
        "acquirer_id": st.sampled_from(["111", "111", "222", None]),
        "retrieval_reference": st.sampled_from([None, None, "R1", "R2"]),
        "lifecycle_id": st.sampled_from([None, None, "1", "2"]),
        "local_time": st.sampled_from([None, "120000"]),
        "local_date": st.just("0615"),
    }
)
_TERMINAL = st.sampled_from(
    [
        *[{}] * 6,
        {"entry": "contactless"},
        {"entry": "contactless_magstripe"},
        {"entry": "magstripe", "pin_present": False},
        {"entry": "fallback", "pin_present": False},
        {"entry": "ecommerce", "card_present": False, "pin_present": False},
        {"entry": "manual", "card_present": False, "expiry": "3012", "pin_present": False},
        {"expiry": "3012"},
    ]
)
_NETWORKS = st.sampled_from(["visa_like"] * 5 + ["mastercard_like"])


@dataclass(slots=True)
class _Writer:
    """Writes one script; later messages look back at what it wrote."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    currencies: list[str]
    now: datetime = NOON
    drafts: list[Draft] = field(default_factory=list)

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def earlier(self) -> Draft:
        """An earlier message, mostly a recent one."""
        draft: Draft = self.draw(st.sampled_from(self.drafts[-6:] + self.drafts[-2:]))
        return draft

    def card(self) -> int:
        cards = list(range(len(self.currencies)))
        return int(self.pick(*cards * 10, *cards[:1] * 5, UNKNOWN_CARD, FOREIGN_CARD))

    def money(self, card: int) -> dict[str, Any]:
        """Amounts mostly in the currency of the account, or with a billing part in it."""
        own = self.currencies[max(card, 0)]
        amount = {"amount_minor": self.draw(st.sampled_from(AMOUNTS))}
        how = self.pick(*["own"] * 6, "converted", "converted", "mismatched", "unbilled")
        if how == "own":
            return amount | {"currency": own}
        if how == "unbilled":
            return amount | {"currency": "840"}
        return amount | {
            "currency": self.pick("840", "392", own),
            "billing_amount_minor": self.pick(*AMOUNTS, 3050, 333),
            "billing_currency": own if how == "converted" else "826",
        }

    def fresh(self) -> Draft:
        """A request or an advice that refers to nothing before it."""
        code = self.pick(*[PURCHASE] * 8, CASHBACK, *[CASH] * 3, REFUND, CREDIT, INQUIRY, "990000")
        kind = self.pick(*["0100"] * 6, "0101", "0200", "0200", "0120", "0220")
        card = self.card()
        columns: dict[str, Any] = {
            "processing_code": code,
            "network": self.draw(_NETWORKS),
            **self.draw(_IDS),
            **self.money(card),
            **self.draw(_TERMINAL),
        }
        if kind in {"0120", "0220"}:
            columns["advice_response_code"] = self.pick("00", "00", None, "10", "51")
        columns["partial_approval"] = self.pick(False, False, True)
        special = self.pick(*[None] * 17, "verification", "marked", "zero", "format_error")
        if special in {"verification", "zero"}:
            columns["amount_minor"] = 0
        if special == "verification":
            columns["processing_code"] = PURCHASE
        if special in {"verification", "marked"}:
            columns["account_verification"] = True
        if special == "format_error":
            columns |= {"format_error": "4", "amount_minor": None}
        return Draft(kind, card, self.now.replace(microsecond=0), columns)

    def copy(self) -> Draft:
        """An earlier message again: as it was, as a repeat, with a new DE7, with other content."""
        original = self.earlier()
        repeat_type = original.message_type[:3] + "1"
        how = self.pick("same", "repeat", "repeat", "fresh time", "other content", "other both")
        if how == "same":
            return original
        if how == "repeat":
            return replace(original, message_type=repeat_type)
        if how == "fresh time":
            at = self.now.replace(microsecond=0)
            return replace(original, message_type=repeat_type, transmitted_at=at)
        amount = {"amount_minor": self.draw(st.sampled_from(AMOUNTS))}
        kind = repeat_type if how == "other both" else original.message_type
        return replace(original, message_type=kind, columns=original.columns | amount)

    def named(self, original: Draft) -> dict[str, Any]:
        """Columns by which a later message may say which one it is about."""
        ids: dict[str, Any] = dict.fromkeys(
            ("lifecycle_id", "retrieval_reference", "acquirer_id", "authorization_code")
        )
        by = self.pick(*["original"] * 6, "lifecycle", "retrieval", "all", "all", "none")
        if by in {"original", "all"}:
            ids |= {
                "original_message_type": original.message_type[:3] + "0",
                "original_stan": original.columns["stan"],
                "original_transmitted_at_us": microseconds(original.transmitted_at),
                "original_acquirer_id": original.columns["acquirer_id"],
            }
            missing = self.pick(*[None] * 7, "transmitted_at_us", "acquirer_id", "stan")
            if missing is not None:
                ids[f"original_{missing}"] = None
        if by in {"lifecycle", "all"}:
            ids["lifecycle_id"] = original.columns["lifecycle_id"]
        if by in {"retrieval", "all"}:
            ids["retrieval_reference"] = original.columns["retrieval_reference"]
            ids["acquirer_id"] = original.columns["acquirer_id"]
        return ids

    def reversal(self) -> Draft:
        """A reversal of an earlier message, or of one that comes later or never."""
        original = self.fresh() if self.pick(False, False, False, True) else self.earlier()
        replacement = self.pick(None, None, None, 0, 400, 999, 1000, 4000, 20_000)
        columns = {
            "network": original.columns["network"],
            "processing_code": original.columns["processing_code"],
            "amount_minor": original.columns["amount_minor"],
            "currency": original.columns["currency"],
            "stan": self.pick("000001", "900001", "900002"),
            **self.named(original),
            "replacement_amount_minor": replacement,
        }
        if replacement is not None:
            columns["replacement_billing_amount_minor"] = self.pick(None, None, 0, 500, 1000)
        if original not in self.drafts:
            self.drafts.append(original)
        card = self.pick(*[original.card] * 9, self.card())
        kind = self.pick("0420", "0420", "0400", "0421")
        return Draft(kind, card, self.now.replace(microsecond=0), columns)

    def advice(self) -> Draft:
        """A stand-in result or a completion for an earlier message."""
        original = self.earlier()
        kind = self.pick("0120", "0120", "0220", "0121")
        columns = {
            name: original.columns.get(name)
            for name in (
                "network",
                "processing_code",
                "amount_minor",
                "currency",
                "billing_amount_minor",
                "billing_currency",
            )
        }
        columns["stan"] = self.pick("800001", "800002")
        transmitted_at = self.now.replace(microsecond=0)
        columns |= self.named(original)
        if self.pick(False, True):
            transmitted_at = original.transmitted_at
            for name in ("stan", "acquirer_id", "retrieval_reference"):
                columns[name] = original.columns[name]
        if self.pick(False, True):
            columns["amount_minor"] = self.draw(st.sampled_from([*AMOUNTS, 0]))
        if self.pick(False, False, True):
            columns |= {"billing_amount_minor": None, "billing_currency": None}
        columns["advice_response_code"] = self.pick("00", "00", None, "10", "51", "05")
        return Draft(kind, original.card, transmitted_at, columns)

    def next_draft(self) -> Draft:
        if not self.drafts:
            draft = self.fresh()
        else:
            how = self.pick("fresh", "fresh", "copy", "reversal", "reversal", "advice")
            draft = getattr(self, how)()
        self.drafts.append(draft)
        return draft

    def event(self) -> Batch | Void | StatusChange:
        how = self.pick(*["batch"] * 9, "void", "status")
        if how == "void" and self.drafts:
            return Void([self.earlier() for _ in range(self.pick(1, 2))])
        if how == "status":
            is_account = self.pick(False, True)
            statuses = ["active", "active", "blocked", "closed"] if is_account else _CARD_STATUSES
            card = self.draw(st.integers(0, len(self.currencies) - 1))
            return StatusChange(card, self.pick(*statuses), is_account)
        return Batch([self.next_draft() for _ in range(self.pick(1, 1, 2, 3, 5))])


@dataclass(slots=True)
class _OrderlyWriter(_Writer):
    """Messages in order each by itself: most are approved, so limits and sums are met often."""

    def fresh(self) -> Draft:
        """A purchase or cash under a STAN and a life-cycle id of its own."""
        number = len(self.drafts) + 1
        card = int(self.pick(*range(len(self.currencies))))
        own = self.currencies[card]
        columns: dict[str, Any] = {
            "network": "visa_like",
            "processing_code": self.pick(PURCHASE, PURCHASE, CASH, CASH, REFUND),
            "stan": f"{number:06d}",
            "acquirer_id": "111",
            "retrieval_reference": f"R{number}",
            "lifecycle_id": str(number),
            "amount_minor": self.draw(st.sampled_from(AMOUNTS)),
            "currency": own,
            "partial_approval": self.pick(False, True),
        }
        if self.pick(False, False, True):
            columns |= {
                "currency": "840",
                "amount_minor": self.pick(3, 7, 999, 4000),
                "billing_amount_minor": self.pick(1000, 2500, 4001),
                "billing_currency": own,
            }
        kind = self.pick(*["0100"] * 5, "0200", "0120")
        return Draft(kind, card, self.now.replace(microsecond=0), columns)

    def reversal(self) -> Draft:
        """A reversal of an earlier message, of nothing or of a part that leaves odd cents."""
        original = self.earlier()
        kind = self.pick("0420", "0400")
        columns = {
            **original.columns,
            "stan": f"9{len(self.drafts):05d}",
            "lifecycle_id": None,
            "retrieval_reference": None,
            "billing_amount_minor": None,
            "billing_currency": None,
            "original_message_type": original.message_type[:3] + "0",
            "original_stan": original.columns["stan"],
            "original_transmitted_at_us": microseconds(original.transmitted_at),
            "original_acquirer_id": original.columns["acquirer_id"],
            "replacement_amount_minor": self.pick(None, None, 1, 2, 3, 5, 400, 999),
        }
        return Draft(kind, original.card, self.now.replace(microsecond=0), columns)

    def event(self) -> Batch | Void | StatusChange:
        if self.drafts and self.pick(*[False] * 5, True):
            return Void([self.earlier()])
        return Batch([self.next_draft() for _ in range(self.pick(1, 1, 2))])


_CARD_STATUSES = [
    *["active"] * 5,
    "frozen",
    "lost",
    "stolen",
    "fraud_blocked",
    "cancelled",
    "not_activated",
]


@st.composite
def scripts(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Script:
    """A portfolio of up to three accounts and four cards, and up to a dozen events.

    Every other life is an orderly one: on an account with money and a card with tight limits.
    """
    if draw(st.booleans()):
        return _orderly(draw)
    accounts = draw(_ACCOUNTS)
    card = st.builds(CardPlan, st.integers(0, len(accounts) - 1), _CARD_OPTIONS)
    cards = draw(st.lists(card, min_size=1, max_size=4))
    writer = _Writer(draw, [accounts[card.account].currency for card in cards])
    return Script(accounts, cards, _events(draw, writer))


def _orderly(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Script:
    currency = draw(st.sampled_from(["978", "392", "414"]))
    accounts = [AccountPlan(currency, draw(st.sampled_from([100_000, 9000])), 0)]
    options = {
        "rolling_limit_minor": draw(st.sampled_from([5000, 6001, 12_000])),
        "atm_limit_minor": draw(st.sampled_from([None, 5000, 2000])),
    }
    cards = [CardPlan(0, options)] * draw(st.integers(1, 2))
    return Script(accounts, cards, _events(draw, _OrderlyWriter(draw, [currency] * len(cards))))


def _events(
    draw: Callable[[st.SearchStrategy[Any]], Any], writer: _Writer
) -> list[tuple[datetime, Batch | Void | StatusChange]]:
    events = []
    for _ in range(draw(st.integers(1, 12))):
        events.append((writer.now, writer.event()))
        writer.now += draw(st.sampled_from(PAUSES))
    return events
