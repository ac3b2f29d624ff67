"""The build backend of the wheel: maturin, and a copy of `sql/` inside the package.

maturin takes only what lies below `python/` into the package, and `sql/` has its place at the top
of the tree. So the wheel that maturin made gets the files afterwards, at `cbs/_sql`, and with them
their lines in RECORD. An editable install reads `sql/` from the checkout and needs none of this.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import maturin
from maturin import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

SQL = Path(__file__).resolve().parent.parent / "sql"


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel into `wheel_directory`; returns its file name (PEP 517)."""
    name: str = maturin.build_wheel(wheel_directory, config_settings, metadata_directory)
    wheel = Path(wheel_directory) / name
    draft = wheel.with_suffix(".draft")
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(draft, "w") as target:
        _copy_with_sql(source, target)
    draft.replace(wheel)
    return name


def _copy_with_sql(source: zipfile.ZipFile, target: zipfile.ZipFile) -> None:
    """Copy every member, the SQL files after them, RECORD last with the lines it lacks."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    for member in source.infolist():
        if member.filename.endswith(".dist-info/RECORD"):
            record = member
        else:
            target.writestr(member, source.read(member), zipfile.ZIP_DEFLATED)
    for name, content in _sql_files():
        member = zipfile.ZipInfo(name, date_time=record.date_time)
        member.external_attr = 0o644 << 16
        target.writestr(member, content, zipfile.ZIP_DEFLATED)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
        writer.writerow((name, f"sha256={digest.decode()}", len(content)))
    recorded = source.read(record).decode()
    target.writestr(record, recorded + rows.getvalue(), zipfile.ZIP_DEFLATED)


def _sql_files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(SQL.rglob("*.sql")):
        yield f"cbs/_sql/{path.relative_to(SQL).as_posix()}", path.read_bytes()
