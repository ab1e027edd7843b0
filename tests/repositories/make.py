#!/usr/bin/python3
"""Makes the small RPM repositories that tests install from.

    make.py OUTPUT

In:  the .spec files beside this script, busybox, gcc. The head of each says what the package is for.
Out: OUTPUT/NAME/ for each, a yum repository that needs no other, signed as the last column says; and the
     public keys OUTPUT/RPM-GPG-KEY-right and OUTPUT/RPM-GPG-KEY-other.

    hostile              scriptlets that try to leave the root: see hostile/         right
    languages            %lang, %doc, capabilities, owners, links, releases          right
    failing              scriptlets that fail or hang, requirements nobody provides  right
    signatures/right     the package `tiny`                                          right
    signatures/other     the same package                                            other
    signatures/unsigned  the same package                                            none
    signatures/tampered  the same package, one byte changed after it was signed      right

Every repository but signatures/* also holds base/: `filesystem-lite` (folders, merged-/usr links, users) and
`busybox` (a static shell as /bin/sh, with links for its commands). A second run does nothing when nothing changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parent.parent / "specs" / "python-flask"
sys.path.insert(0, str(TOOLS))
sys.dont_write_bytecode = True

from rpms import tools  # noqa: E402

REPOSITORIES = ["hostile", "languages", "failing"]
OWNERS = {name: f"onelayer tests, {name} key <{name}@onelayer.invalid>" for name in ("right", "other")}


def main() -> int:
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} OUTPUT", file=sys.stderr)
        return 2
    output = Path(sys.argv[1]).absolute()
    output.parent.mkdir(parents=True, exist_ok=True)
    with open(output.with_name(output.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made_by = output / "made-by"
        if made_by.exists() and made_by.read_text() == digest_of_sources():
            return 0
        with tempfile.TemporaryDirectory(prefix=f"{output.name}.", dir=output.parent) as folder:
            new = Path(folder, "new")
            make(new, Path(folder))
            (new / "made-by").write_text(digest_of_sources())
            if output.exists():
                output.rename(Path(folder, "old"))
            new.rename(output)
    return 0


def digest_of_sources() -> str:
    digest = hashlib.sha256()
    for file in sorted([Path(__file__), *HERE.rglob("*.spec"), *(TOOLS / "rpms").glob("*.py")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def make(output: Path, work: Path) -> None:
    """Builds every package once, and lays the repositories out of them."""
    specs = sorted(HERE.rglob("*.spec"))
    with ThreadPoolExecutor(2) as pool:
        packages = dict(zip(specs, pool.map(lambda spec: build(spec, work), specs)))

    def take(folder: str, repository: str) -> list[Path]:
        home = output / repository / "packages"
        home.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(packages[spec], home)) for spec in specs if spec.parent.name == folder]

    signed: dict[str, list[Path]] = {"right": [], "other": []}
    for name in REPOSITORIES:
        signed["right"] += take("base", name) + take(name, name)
    signed["right"] += take("signatures", "signatures/right")
    signed["other"] += take("signatures", "signatures/other")
    take("signatures", "signatures/unsigned")
    tampered = take("signatures", "signatures/tampered")
    signed["right"] += tampered

    for name, owner in OWNERS.items():
        with tools.keyring(work / f"{name}.asc", owner) as environment:
            tools.sign(signed[name], owner, environment, 2)
            tools.export(output / f"RPM-GPG-KEY-{name}", environment)
    for package in tampered:
        content = bytearray(package.read_bytes())
        content[-1] ^= 1
        package.write_bytes(content)
    for repository in sorted(output.rglob("packages")):
        tools.index(repository.parent)


def build(spec: Path, work: Path) -> Path:
    """Builds one spec, whose %install section makes all its files."""
    folder = Path(tempfile.mkdtemp(prefix=f"{spec.stem}.", dir=work))
    (folder / "root").mkdir()
    (folder / "rpmbuild").mkdir()
    return tools.build(spec.read_text(), folder / "root", folder / "rpmbuild", payload="w1.gzdio")


if __name__ == "__main__":
    os.umask(0o022)
    try:
        sys.exit(main())
    except tools.ToolError as error:
        sys.exit(f"make.py: {error}")
