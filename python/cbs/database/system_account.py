"""Which system account PostgreSQL runs under, and whether it can reach its files.

PostgreSQL refuses to run as root. Started by root, the embedded server runs under an unprivileged
account of its own, and files that this account cannot reach (a checkout below /root, say) get a
reachable twin below `ROOT_DIR`; the permissions of existing folders are never widened.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from cbs.errors import DatabaseError

ACCOUNT_NAME = "cbs-postgres"
ROOT_DIR = Path("/var/lib/cbs")


class SystemAccount(NamedTuple):
    """A user of the operating system."""

    name: str
    user_id: int
    group_id: int

    @property
    def is_current(self) -> bool:
        """Whether this process runs under it already."""
        return self.user_id == os.geteuid()

    def can_enter(self, path: Path) -> bool:
        """Whether it can traverse or execute `path`, asked of the kernel under its own rights."""
        if self.is_current:
            return os.access(path, os.X_OK)
        answer = subprocess.run(
            ["/usr/bin/test", "-x", path],
            cwd="/",
            check=False,
            user=self.user_id,
            group=self.group_id,
            extra_groups=[],
        )
        return answer.returncode == 0

    def spawn(
        self, command: Sequence[str | Path], environment: Mapping[str, str], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Start `command` under this account, in a session of its own, writing to `log`."""
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment,
            umask=0o077,
            start_new_session=True,
            user=None if self.is_current else self.user_id,
            group=None if self.is_current else self.group_id,
            extra_groups=None if self.is_current else [],
        )

    def own(self, path: Path) -> None:
        """Give it `path`."""
        if not self.is_current:
            os.chown(path, self.user_id, self.group_id)


def account_for(cluster: Path) -> SystemAccount:
    """The account that runs the server over `cluster`, which need not exist yet.

    Ourselves, unless we are root: then the owner of the cluster, or else an account made for it.
    """
    if cluster.exists():
        owner_id = cluster.stat().st_uid
        if os.geteuid() not in (0, owner_id):
            raise DatabaseError(
                f"the data folder {cluster} belongs to {_name_of(owner_id)}; start as that user, "
                "or set CBS_DATA_DIR to a folder of your own"
            )
        if owner_id != 0:
            return _account(pwd.getpwuid(owner_id))
    if os.geteuid() != 0:
        try:
            return _account(pwd.getpwuid(os.geteuid()))
        except KeyError:
            raise DatabaseError(
                f"user id {os.geteuid()} has no entry in /etc/passwd, which PostgreSQL needs"
            ) from None
    return _own_account()


def _own_account() -> SystemAccount:
    try:
        return _account(pwd.getpwnam(ACCOUNT_NAME))
    except KeyError:
        pass  # The first start as root on this machine makes it.
    command = [
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
        "--home-dir",
        "/nonexistent",
        ACCOUNT_NAME,
    ]
    try:
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        said = made.stderr.strip()
    except FileNotFoundError:
        said = "useradd is missing: apt-get install passwd"
    try:
        return _account(pwd.getpwnam(ACCOUNT_NAME))
    except KeyError:
        raise DatabaseError(
            f"PostgreSQL cannot run as root and the account {ACCOUNT_NAME} "
            f"cannot be made ({said}); start as a plain user"
        ) from None


def reachable_dir(wanted: Path, account: SystemAccount) -> Path:
    """Make the folder `wanted` and give it to `account`; returns where it really is.

    Where `account` cannot reach `wanted`, that becomes a link to a new folder below `ROOT_DIR`.
    """
    try:
        if not wanted.exists():
            wanted.parent.mkdir(parents=True, exist_ok=True)
            if account.can_enter(wanted.parent.resolve()):
                wanted.mkdir(mode=0o700)
            else:
                _make_twin(wanted)
        real = wanted.resolve()
        account.own(real)
    except OSError as error:
        raise DatabaseError(
            f"the data folder {wanted} cannot be made: {error.strerror}; "
            "set CBS_DATA_DIR to a folder that you may write to"
        ) from None
    if not account.can_enter(real):
        raise DatabaseError(
            f"{account.name}, the user that PostgreSQL runs as, cannot reach the data folder "
            f"{real}; set CBS_DATA_DIR to another folder"
        )
    return real


def reachable_binaries(bin_dir: Path, account: SystemAccount) -> Path:
    """A folder with the programs of `bin_dir` that `account` can execute."""
    if account.can_enter(bin_dir / "postgres"):
        return bin_dir
    program = (bin_dir / "postgres").stat()
    identity = f"{bin_dir}:{program.st_size}:{program.st_mtime_ns}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
    twin = ROOT_DIR / f"binaries-{digest}"
    installation = bin_dir.parent
    if not twin.exists():
        _copy_installation(installation, twin)
    return twin / installation.parent.name / installation.name / "bin"


def _make_twin(wanted: Path) -> None:
    ROOT_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)
    if wanted.is_symlink():
        # The folder that the link named was removed: begin afresh.
        wanted.unlink()
    wanted.symlink_to(tempfile.mkdtemp(prefix="data-", dir=ROOT_DIR))


def _copy_installation(source: Path, target: Path) -> None:
    """Copy an installation as a whole or not at all, readable to everybody whatever the umask.

    A wheel keeps shared libraries in `<package>.libs` beside the package and its programs look
    for them there, so the copy has the same shape.
    """
    ROOT_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="copy-", dir=ROOT_DIR))
    try:
        package = source.parent
        for part in ("bin", "lib", "share"):
            copy = draft / package.name / source.name / part
            shutil.copytree(source / part, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.chmod(0o755)
        for path in draft.rglob("*"):
            if not path.is_symlink():
                executable = path.is_dir() or path.stat().st_mode & 0o100
                path.chmod(0o755 if executable else 0o644)
        try:
            draft.rename(target)
        except OSError:
            # Another start was faster with the same copy.
            if not target.exists():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _account(entry: pwd.struct_passwd) -> SystemAccount:
    return SystemAccount(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _name_of(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user id {user_id}"
