"""The table at the end of a bench run: one row per measurement, printed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_HEADINGS: Final = ("measurement", "median us", "per second", "ratio", "CPU us")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, per item: a message, an authorization, a frame in and out."""

    name: str
    median_us: float | None = None
    per_second: float | None = None
    ratio: float | None = None
    """How many times longer the peer takes; medians of interleaved rounds."""
    cpu: str = ""
    """CPU microseconds per item, and whose."""

    def cells(self) -> tuple[str, ...]:
        """The row as text; empty where nothing was measured."""
        return (
            self.name,
            "" if self.median_us is None else f"{self.median_us:,.2f}",
            "" if self.per_second is None else f"{self.per_second:,.0f}",
            "" if self.ratio is None else f"{self.ratio:.1f}x",
            self.cpu,
        )


@dataclass(slots=True)
class Report:
    """Rows in the order in which they were measured."""

    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Keep one row for the end of the run."""
        self.rows.append(row)

    def lines(self) -> list[str]:
        """A Markdown table with its columns lined up."""
        table = [_HEADINGS, *(row.cells() for row in self.rows)]
        widths = [max(len(row[column]) for row in table) for column in range(len(_HEADINGS))]
        lines = [_line(row, widths) for row in table]
        rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
        return [lines[0], _line(tuple(rule), widths), *lines[1:]]


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = cells
    padded = [first.ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
    return f"| {' | '.join(padded)} |"
