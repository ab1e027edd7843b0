"""What the RPM packages have that their Debian packages do not, and the reverse.

Maintainer scripts are not carried over: they need dpkg. This is the short list of their results, and of
an RPM distribution's customs, that a root file system cannot do without.
"""

from __future__ import annotations

import os
from pathlib import Path

from .tree import EPOCH, Entry

# Relations that nobody declares: Debian's essential packages are taken for granted there.
REQUIRES = {
    "base-files": ["filesystem", "base-passwd", "libc-bin"],
    "libc6": ["filesystem"],
}
PROVIDES = {"bash": ["/bin/sh", "/usr/bin/sh"]}

# Stands in for the C library's weak dependency on all language packs in RPM distributions.
RECOMMENDS = {"libc-bin": ["locales-all"]}

# Runs once at the end of a transaction that brought libraries, as the C library's package does elsewhere.
SCRIPTLETS = {"libc-bin": "%transfiletriggerin -P 2000000 -- /usr/lib\n/usr/sbin/ldconfig\n"}

# bash is /bin/sh, as on RPM distributions; and their pip installs into the system without being asked twice.
LEFT_OUT = {("dash", "sh"), ("dash", "sh.1.gz")}
LEFT_OUT_EVERYWHERE = {"EXTERNALLY-MANAGED"}

COPIES = {
    "base-passwd": {
        "/usr/share/base-passwd/passwd.master": "/etc/passwd",
        "/usr/share/base-passwd/group.master": "/etc/group",
    },
    "base-files": {"/usr/share/base-files/profile": "/etc/profile"},
    "libc-bin": {"/usr/share/libc-bin/nsswitch.conf": "/etc/nsswitch.conf"},
}

# The one package that has no Debian counterpart: the folders and links that every other one lies in.
FILESYSTEM_FOLDERS = {
    "/boot": 0o755, "/dev": 0o755, "/etc": 0o755, "/home": 0o755, "/media": 0o755, "/mnt": 0o755, "/opt": 0o755,
    "/proc": 0o555, "/root": 0o700, "/run": 0o755, "/srv": 0o755, "/sys": 0o555, "/tmp": 0o1777, "/usr": 0o755,
    "/usr/bin": 0o755, "/usr/lib": 0o755, "/usr/lib64": 0o755, "/usr/local": 0o755, "/usr/local/bin": 0o755,
    "/usr/local/lib": 0o755, "/usr/sbin": 0o755, "/usr/share": 0o755, "/usr/share/doc": 0o755,
    "/usr/share/info": 0o755, "/usr/share/locale": 0o755, "/usr/share/man": 0o755, "/var": 0o755,
    "/var/cache": 0o755, "/var/lib": 0o755, "/var/log": 0o755, "/var/tmp": 0o1777,
}
FILESYSTEM_LINKS = {
    "/bin": "usr/bin", "/lib": "usr/lib", "/lib64": "usr/lib64", "/sbin": "usr/sbin",
    "/var/lock": "../run/lock", "/var/run": "../run",
}


def filesystem(root: Path) -> list[Entry]:
    """Lays out the `filesystem` package under `root`."""
    for path in FILESYSTEM_FOLDERS:
        (root / path[1:]).mkdir(parents=True)
    for path, target in FILESYSTEM_LINKS.items():
        (root / path[1:]).symlink_to(target)
    folders = [Entry(path, "directory", mode) for path, mode in FILESYSTEM_FOLDERS.items()]
    return sorted(folders + [Entry(path, "link") for path in FILESYSTEM_LINKS])


def depart(package: str, entries: list[Entry], root: Path) -> list[Entry]:
    """Applies this page to an unpacked package."""
    kept = []
    for entry in entries:
        name = os.path.basename(entry.path)
        if (package, name) in LEFT_OUT or name in LEFT_OUT_EVERYWHERE:
            (root / entry.path[1:]).unlink()
        elif entry.path not in FILESYSTEM_FOLDERS and entry.path not in FILESYSTEM_LINKS:
            kept.append(entry)
    for source, target in COPIES.get(package, {}).items():
        if (root / source[1:]).exists():
            kept.append(write(root, target, (root / source[1:]).read_bytes()))
    if package == "bash":
        (root / "usr/bin/sh").symlink_to("bash")
        kept.append(Entry("/usr/bin/sh", "link"))
    if package == "ca-certificates":
        certificates = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
        bundle = b"".join(file.read_bytes().rstrip(b"\n") + b"\n" for file in certificates)
        kept.append(write(root, "/etc/ssl/certs/ca-certificates.crt", bundle))
    return sorted(kept)


def write(root: Path, path: str, content: bytes) -> Entry:
    """Adds a file to the package."""
    target = root / path[1:]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    target.chmod(0o644)
    os.utime(target, (EPOCH, EPOCH))
    return Entry(path, "file")
