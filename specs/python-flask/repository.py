#!/usr/bin/python3
"""Makes the yum repository that this folder's recipe installs from.

    repository.py [--without-weak] [--refresh] [--jobs N] [--output DIR]

There is no yum repository in a box, so this makes a real one: the packages that Debian's archive has for
bash, coreutils, python3 and python3-pip with all that they depend on, rewritten as RPM packages, signed with
a throw-away key and indexed. Names, sizes and dependencies are therefore Debian's. `rpms/departures.py`
lists what differs.

In:  the archive that apt is configured for.
Out: repository/       the packages, their metadata, and RPM-GPG-KEY-onelayer-demo
     repository.work/  what a second run need not do again: downloads, unsigned packages, the secret key

A finished repository is kept until these scripts change or --refresh asks apt again. The folder appears by
one rename, so a run that was killed leaves the old one or none.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rpms import departures, spec, tools, tree
from rpms.deb import Deb

HERE = Path(__file__).resolve().parent
KEY_OWNER = "onelayer demo <demo@onelayer.invalid>"
PUBLIC_KEY = "RPM-GPG-KEY-onelayer-demo"

WANTED = ["bash", "coreutils", "python3", "python3-pip"]
# Essential in Debian, where nothing depends on them.
BASE = ["base-files", "base-passwd", "dash", "libc-bin", "ncurses-base", "netbase"]
# What RPM distributions install along with the C library unless told not to.
LANGUAGES = ["libc-l10n", "locales", "locales-all"]

ENGLISH = dict(os.environ, LC_ALL="C.UTF-8")


def main() -> int:
    options = arguments()
    os.umask(0o022)
    work = options.output.with_name(options.output.name + ".work")
    work.mkdir(parents=True, exist_ok=True)
    with open(work / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = time.monotonic()
        sources = digest_of_sources()
        if not options.refresh and finished(options, sources):
            return 0
        try:
            count = make(options, work, sources)
        except tools.ToolError as error:
            print(f"repository: {error}", file=sys.stderr)
            return 1
    print(f"repository: {count} packages in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Makes the yum repository that this folder's recipe installs from.")
    parser.add_argument("--without-weak", action="store_true", help="leave out what is only recommended")
    parser.add_argument("--refresh", action="store_true", help="ask apt again for what the packages are")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path, default=HERE / "repository")
    options = parser.parse_args()
    options.output = options.output.absolute()
    return options


def digest_of_sources() -> str:
    """What the packages depend on beside the archive: these scripts."""
    digest = hashlib.sha256()
    for file in [HERE / "repository.py", *sorted((HERE / "rpms").glob("*.py"))]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def stamp(sources: str, without_weak: bool) -> str:
    return f"{sources} {'required' if without_weak else 'recommended'}\n"


def finished(options: argparse.Namespace, sources: str) -> bool:
    """Whether the repository is there and has at least what is asked for."""
    try:
        found = (options.output / "made-by").read_text()
    except FileNotFoundError:
        return False
    return found == stamp(sources, False) or found == stamp(sources, options.without_weak)


def make(options: argparse.Namespace, work: Path, sources: str) -> int:
    """Makes the repository; returns the number of packages."""
    for left in [*work.glob("build-*"), *work.glob("next-*")]:
        shutil.rmtree(left)
    debs = [Deb.read(path) for path in download(options.without_weak, work / "debs")]
    virtual = {one.name for deb in debs for one in deb.provides() if not one.version}

    done = work / "rpms" / sources
    for other in (work / "rpms").glob("*"):
        if other != done:
            shutil.rmtree(other)
    done.mkdir(parents=True, exist_ok=True)
    # The largest first, so that none is left over at the end.
    order = sorted(debs, key=lambda deb: -deb.path.stat().st_size)
    with ThreadPoolExecutor(options.jobs) as pool:
        packages = [pool.submit(convert, deb, virtual, work, done) for deb in order]
        packages.append(pool.submit(filesystem, work, done))
        built = [package.result() for package in packages]

    publish(built, work, options, sources)
    return len(built)


def download(without_weak: bool, folder: Path) -> list[Path]:
    """Downloads what apt would install on an empty machine, after asking for newer lists where it must."""
    folder.mkdir(exist_ok=True)
    try:
        return fetch(closure(without_weak), folder)
    except tools.ToolError:
        tools.run(["apt-get", "--quiet", "update"], env=ENGLISH)
        return fetch(closure(without_weak), folder)


def closure(without_weak: bool) -> list[tuple[str, str, str]]:
    """Name, version and architecture of each package that apt would install on an empty machine."""
    names = WANTED + BASE + ([] if without_weak else LANGUAGES)
    empty = ["-o", "Dir::State::status=/dev/null", "-o", f"APT::Install-Recommends={not without_weak}"]
    planned = tools.run(["apt-get", *empty, "--simulate", "install", *names], env=ENGLISH)
    return re.findall(r"^Inst (\S+) \((\S+) .*\[(\w+)\]\)", planned, re.MULTILINE)


def fetch(packages: list[tuple[str, str, str]], folder: Path) -> list[Path]:
    """Downloads packages; apt checks them, and those that are there already too."""
    command = ["apt-get", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", "--quiet", "download"]
    tools.run([*command, *(f"{name}={version}" for name, version, _ in packages)], cwd=folder, env=ENGLISH)
    return [folder / f"{name}_{version.replace(':', '%3a')}_{arch}.deb" for name, version, arch in packages]


def convert(deb: Deb, virtual: set[str], work: Path, done: Path) -> Path:
    """Rewrites one package."""

    def fill(root: Path) -> str:
        entries = departures.depart(deb.name, tree.unpack(deb.path, root), root)
        entries = sorted(entries + tree.compile_modules(entries, root))
        tree.settle(entries, root)
        return spec.of_deb(deb, entries, virtual)

    return build(fill, done / deb.path.stem, work)


def filesystem(work: Path, done: Path) -> Path:
    """Makes the package that the archive has no counterpart of."""

    def fill(root: Path) -> str:
        entries = departures.filesystem(root)
        tree.settle(entries, root)
        return spec.of_filesystem(entries)

    return build(fill, done / "filesystem", work)


def build(fill: Callable[[Path], str], home: Path, work: Path) -> Path:
    """Builds a package of the tree and the spec that `fill` makes, unless an earlier run did.

    It is the only file of the folder `home`, which appears when the package is whole.
    """
    if not home.exists():
        with tempfile.TemporaryDirectory(prefix="build-", dir=work) as folder:
            root, workshop = Path(folder, "root"), Path(folder, "rpmbuild")
            root.mkdir()
            workshop.mkdir()
            tools.build(fill(root), root, workshop).parent.rename(home)
    return next(home.iterdir())


def publish(built: list[Path], work: Path, options: argparse.Namespace, sources: str) -> None:
    """Signs and indexes copies of the packages, and puts the folder in place."""
    with tempfile.TemporaryDirectory(prefix="next-", dir=work) as folder:
        new = Path(folder, "repository")
        (new / "packages").mkdir(parents=True)
        packages = [Path(shutil.copy(package, new / "packages")) for package in sorted(built)]
        with tools.keyring(work / "secret-key.asc", KEY_OWNER) as environment:
            tools.sign(packages, KEY_OWNER, environment, options.jobs)
            tools.index(new, environment)
            tools.export(new / PUBLIC_KEY, environment)
        (new / "made-by").write_text(stamp(sources, options.without_weak))
        if options.output.exists():
            options.output.rename(Path(folder, "old"))
        new.rename(options.output)


if __name__ == "__main__":
    sys.exit(main())
