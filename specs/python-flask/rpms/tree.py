"""Unpacks a Debian package the way an RPM distribution lays files out.

In: a .deb and an empty folder. Out: the folder filled, and one `Entry` per path with what the spec file
must say of it. Owners and modes come from the archive, not from the disk, so that no root is needed.

Three things differ from the archive: everything of /bin, /sbin and /lib* lies under /usr; no file is newer
than `EPOCH`; Python modules are compiled, as RPM distributions do when they build a package and Debian
does when it installs one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

# The recipe's `source_date_epoch`. A .pyc file records the time of its .py file: were one newer than this,
# clamping the layer's times would make it stale.
EPOCH = 1_780_000_000

# Compiled for the interpreter that the packages hold, which is the system's and not another on PATH.
PYTHON = "/usr/bin/python3"

MERGED = re.compile(r"^/(bin|sbin|lib|lib32|lib64|libx32)(?=/|$)")
MODULES = re.compile(r"^/usr/lib/python3(\.\d+)?/.*\.py$")


@dataclass(frozen=True, order=True)
class Entry:
    """One path of a package."""

    path: str
    kind: str
    mode: int = 0o644
    user: str = "root"
    group: str = "root"


def merged(path: str) -> str:
    """The path in a file system whose /bin, /sbin and /lib* are links into /usr."""
    return MERGED.sub(r"/usr/\1", path)


def unpack(deb: Path, root: Path) -> list[Entry]:
    """Unpacks the archive under `root`."""
    entries: dict[str, Entry] = {}
    process = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE)
    with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
        for member in archive:
            path = merged("/" + os.path.normpath(member.name).lstrip("./"))
            if path != "/":
                entries.setdefault(path, place(archive, member, path, root))
    if process.wait() != 0:
        raise RuntimeError(f"{deb.name}: dpkg-deb failed")
    return sorted(entries.values())


def place(archive: tarfile.TarFile, member: tarfile.TarInfo, path: str, root: Path) -> Entry:
    """Writes one member of the archive."""
    target = root / path[1:]
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.isdir():
        target.mkdir(exist_ok=True)
        return Entry(path, "directory", member.mode, member.uname or "root", member.gname or "root")
    if member.issym():
        target.symlink_to(member.linkname)
        return Entry(path, "link")
    if member.islnk():
        os.link(root / merged("/" + os.path.normpath(member.linkname))[1:], target)
    elif member.isreg():
        with open(target, "wb") as file:
            shutil.copyfileobj(archive.extractfile(member), file, 1 << 20)
        target.chmod(member.mode)
        os.utime(target, (EPOCH, min(member.mtime, EPOCH)))
    else:
        raise RuntimeError(f"{path}: neither file, link nor directory")
    return Entry(path, "file", member.mode, member.uname or "root", member.gname or "root")


def compile_modules(entries: list[Entry], root: Path) -> list[Entry]:
    """Compiles the package's Python modules; returns the new paths.

    A module that does not compile is one for another Python, or a test's; it stays as it is.
    """
    sources = [entry for entry in entries if entry.kind == "file" and MODULES.match(entry.path)]
    if not sources:
        return []
    command = [PYTHON, "-I", "-m", "compileall", "-q", "-s", str(root), "-p", "/"]
    command += ["--invalidation-mode", "timestamp", "-i", "-"]
    names = "".join(f"{root}{entry.path}\n" for entry in sources)
    subprocess.run(command, input=names, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made: dict[str, Entry] = {}
    for folder in sorted({os.path.dirname(entry.path) for entry in sources}):
        cache = root / folder[1:] / "__pycache__"
        for file in sorted(cache.glob("*.pyc")):
            os.utime(file, (EPOCH, EPOCH))
            made[f"{folder}/__pycache__/{file.name}"] = Entry(f"{folder}/__pycache__/{file.name}", "file")
        if cache.is_dir():
            made[f"{folder}/__pycache__"] = Entry(f"{folder}/__pycache__", "directory", 0o755)
    return sorted(made.values())


def settle(entries: list[Entry], root: Path) -> None:
    """Gives every folder the same time: the archive's is lost where folders were merged or made."""
    for entry in entries:
        if entry.kind == "directory":
            os.utime(root / entry.path[1:], (EPOCH, EPOCH))
