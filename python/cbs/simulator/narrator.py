"""Prints what travels: in colour on a terminal, plain when piped, one line per message."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from cbs.codec import Message
from cbs.simulator import wording
from cbs.simulator.narration import describe_reply, describe_request


class Narrator:
    """Writes requests, replies and sentences to a console."""

    def __init__(self, console: Console | None = None) -> None:
        """`console` is standard output unless given."""
        self._console = console or Console(highlight=False)

    def title(self, text: str) -> None:
        """The name of what follows."""
        self._print(text, "bold")

    def say(self, text: str) -> None:
        """A sentence of the story."""
        self._print(f"  {text}", "italic")

    def sent(self, message: Message) -> None:
        """A request that left."""
        self._print(f"  -> {describe_request(message)}", "cyan")

    def answered(self, message: Message, elapsed_s: float | None = None) -> None:
        """A reply that came."""
        approved = message.get("39") in wording.APPROVALS
        text = f"  <- {describe_reply(message, elapsed_s)}"
        self._print(text, "green" if approved else "yellow")

    def closing(self, text: str, *, succeeded: bool) -> None:
        """The last line: ok or failed."""
        verdict = "ok" if succeeded else "FAILED"
        self._print(f"{verdict}: {text}", "bold green" if succeeded else "bold red")

    def _print(self, text: str, style: str) -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)
