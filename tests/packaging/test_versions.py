"""One version everywhere, and locks that fit their manifests."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]


def manifest(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


def test_python_rust_and_the_installed_package_have_one_version() -> None:
    version = manifest("pyproject.toml")["project"]["version"]
    assert manifest("rust/Cargo.toml")["workspace"]["package"]["version"] == version
    assert metadata.version("cbs") == version
    ours = [
        package
        for package in manifest("rust/Cargo.lock")["package"]
        if package["name"].startswith("cbs-")
    ]
    assert ours
    assert {package["version"] for package in ours} == {version}


def test_the_lock_of_rust_fits_its_manifests() -> None:
    subprocess.run(
        ["cargo", "metadata", "--locked", "--offline", "--format-version=1", "--no-deps"],
        cwd=ROOT / "rust",
        check=True,
        capture_output=True,
    )


def test_the_lock_of_python_names_an_exact_version_that_each_requirement_allows() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    locked = {canonicalize_name(name): Version(version) for name, version in pinned.items()}
    project = manifest("pyproject.toml")
    wanted = project["project"]["dependencies"] + project["build-system"]["requires"]
    extras = project["project"]["optional-dependencies"]
    for group in [*extras.values(), *project["dependency-groups"].values()]:
        wanted += group
    for text in wanted:
        requirement = Requirement(text)
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_the_driver_and_its_c_part_are_locked_to_one_version() -> None:
    text = (ROOT / "constraints.txt").read_text()
    versions = re.findall(r"^psycopg(?:-c)?==(.*)$", text, re.MULTILINE)
    assert len(versions) == 2
    assert len(set(versions)) == 1
