"""Runs the tools that make a repository: rpmbuild, gpg and rpmsign, createrepo_c.

All that they write depends on what goes in only: no clock, no host name, no user's settings.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .tree import EPOCH

# Signatures bear this time, so that the same key signs the same bytes alike.
SIGNED_AT = "20240101T000000!"


class ToolError(Exception):
    """A tool failed; the message ends with what it said."""


def run(command: list[str | Path], **options: object) -> str:
    """Runs a command and returns what it printed."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if done.returncode != 0:
        words = " ".join(map(str, command[:3]))
        raise ToolError(f"`{words} …` exited with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


def macros(values: dict[str, str]) -> list[str]:
    return [word for name, value in values.items() for word in ("--define", f"{name} {value}")]


def build(spec: str, root: Path, work: Path, payload: str = "w3.zstdio") -> Path:
    """Packs the tree at `root` as the spec says; `work` is an empty folder that takes the package."""
    (work / "package.spec").write_text(spec)
    defines = {
        "_topdir": str(work),
        "_rpmdir": str(work / "RPMS"),
        "_tmppath": str(work),
        "_dbpath": str(work / "database"),
        "_binary_payload": payload,
        "_buildhost": "localhost",
        "use_source_date_epoch_as_buildtime": "1",
        "clamp_mtime_to_source_date_epoch": "1",
        # The tree is there already: neither wipe it nor touch it after.
        "__spec_install_pre": "%{___build_pre}",
        "__spec_install_post": "%{nil}",
        "__spec_clean_body": "%{nil}",
        "debug_package": "%{nil}",
        "_build_id_links": "none",
        "_binaries_in_noarch_packages_terminate_build": "0",
    }
    (work / "BUILD").mkdir()
    environment = dict(os.environ, SOURCE_DATE_EPOCH=str(EPOCH), LC_ALL="C.UTF-8", TZ="UTC", HOME=str(work))
    command = ["rpmbuild", "-bb", "--nodeps", "--quiet", "--noclean", "--buildroot", root, *macros(defines)]
    run([*command, work / "package.spec"], env=environment)
    (package,) = (work / "RPMS").rglob("*.rpm")
    return package


@contextlib.contextmanager
def keyring(secret_key: Path, owner: str) -> Iterator[dict[str, str]]:
    """An environment in which gpg holds the key of this file, which is made when missing.

    The key ring itself lives in a folder with a short name: an agent's socket may not have a long one.
    """
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        environment = dict(os.environ, GNUPGHOME=home, LC_ALL="C.UTF-8")
        gpg = ["gpg", "--batch", "--quiet", "--yes", "--pinentry-mode", "loopback"]
        try:
            if secret_key.exists():
                run([*gpg, "--import", secret_key], env=environment)
            else:
                make = ["--faked-system-time", SIGNED_AT, "--passphrase", "", "--quick-generate-key"]
                run([*gpg, *make, owner, "rsa3072", "sign", "never"], env=environment)
                part = secret_key.with_suffix(".part")
                part.touch(mode=0o600)
                run([*gpg, "--armor", "--output", part, "--export-secret-keys"], env=environment)
                part.replace(secret_key)
            yield environment
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], env=environment, capture_output=True)


def export(public_key: Path, environment: dict[str, str]) -> None:
    """Writes the public key."""
    run(["gpg", "--batch", "--yes", "--armor", "--output", public_key, "--export"], env=environment)


def sign(packages: list[Path], owner: str, environment: dict[str, str], jobs: int) -> None:
    """Signs the packages in place."""
    defines = {
        "_gpg_name": owner,
        "_gpg_path": environment["GNUPGHOME"],
        "__gpg": "/usr/bin/gpg",
        "_gpg_sign_cmd_extra_args": f"--batch --faked-system-time {SIGNED_AT}",
    }
    parts = [part for part in (packages[number::jobs] for number in range(jobs)) if part]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda part: run(["rpmsign", "--addsign", *macros(defines), *part], env=environment), parts))


def index(folder: Path, environment: dict[str, str] | None = None) -> None:
    """Writes the repository's metadata, and signs it where a key is given."""
    for package in folder.rglob("*.rpm"):
        os.utime(package, (EPOCH, EPOCH))
    options = ["--quiet", "--no-database", "--general-compress-type=gz", "--workers=2"]
    run(["createrepo_c", *options, "--revision", str(EPOCH), "--set-timestamp-to-revision", folder])
    if environment:
        sign_command = ["gpg", "--batch", "--yes", "--armor", "--faked-system-time", SIGNED_AT, "--detach-sign"]
        run([*sign_command, folder / "repodata/repomd.xml"], env=environment)
