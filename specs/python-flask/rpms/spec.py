"""Writes the spec file of a package whose tree already lies in the build root.

In: control fields and entries. Out: text. Nothing is read from the disk.
"""

from __future__ import annotations

import re

from . import departures
from .deb import Deb, Relation
from .tree import Entry, merged

TEMPLATE = """\
Name: {name}
{epoch}Version: {version}
Release: {release}
Summary: {summary}
License: see the copyright file
AutoReqProv: no
{tags}

%description
{description}

%install

{scriptlets}
%files
{files}
"""

MANUAL_SECTION = re.compile(r"man\d\w*$")
GLOB = re.compile(r'[*?\[\]{}\\"]')


def of_deb(deb: Deb, entries: list[Entry], virtual: set[str]) -> str:
    """The spec file of a Debian package; `virtual` are the names that some package provides without a version."""
    version = deb.version
    return render(
        name=deb.name,
        epoch=version.epoch,
        version=version.version,
        release=version.release or "0",
        summary=deb.summary(),
        description=deb.description(),
        tags=(["BuildArch: noarch"] if deb.any_architecture else []) + relations(deb, virtual),
        scriptlets=departures.SCRIPTLETS.get(deb.name, ""),
        files=[file_line(entry, deb.conffiles) for entry in entries],
    )


def of_filesystem(entries: list[Entry]) -> str:
    """The spec file of the package that holds the folders and links all others lie in."""
    return render(
        name="filesystem",
        epoch="",
        version="12",
        release="1",
        summary="The folders and links that every package lies in",
        description="The folders and links that every package lies in.",
        tags=["BuildArch: noarch"],
        scriptlets="",
        files=[file_line(entry, frozenset()) for entry in entries],
    )


def render(*, epoch: str, summary: str, description: str, tags: list[str], files: list[str], **fields: str) -> str:
    return TEMPLATE.format(
        epoch=f"Epoch: {epoch}\n" if epoch else "",
        summary=summary.replace("%", "%%"),
        description=description.replace("%", "%%"),
        tags="\n".join(tags),
        files="\n".join(files),
        **fields,
    )


def relations(deb: Deb, virtual: set[str]) -> list[str]:
    """The package's relations as tags."""
    tags = []
    for field, tag in [
        ("Pre-Depends", "Requires"),
        ("Depends", "Requires"),
        ("Recommends", "Recommends"),
        ("Suggests", "Suggests"),
        ("Enhances", "Enhances"),
        ("Provides", "Provides"),
    ]:
        tags += [f"{tag}: {alternatives(any_of)}" for any_of in deb.relations(field)]
    own = {one.name for one in deb.provides()}
    for field in ("Conflicts", "Breaks"):
        for any_of in deb.relations(field):
            # In Debian a relation with a version never meets a name that is provided without one, and a package
            # never conflicts with what itself provides; in RPM both do.
            if any_of[0].name not in own and not (any_of[0].version and any_of[0].name in virtual):
                tags.append(f"Conflicts: {any_of[0]}")
    for table, tag in [
        (departures.REQUIRES, "Requires"),
        (departures.PROVIDES, "Provides"),
        (departures.RECOMMENDS, "Recommends"),
    ]:
        tags += [f"{tag}: {name}" for name in table.get(deb.name, [])]
    return list(dict.fromkeys(tags))


def alternatives(any_of: list[Relation]) -> str:
    return str(any_of[0]) if len(any_of) == 1 else "(" + " or ".join(map(str, any_of)) + ")"


def file_line(entry: Entry, conffiles: frozenset[str]) -> str:
    """One line of %files."""
    mode = "-" if entry.kind == "link" else f"{entry.mode:04o}"
    words = [f"%attr({mode},{entry.user},{entry.group})"]
    if entry.kind == "directory":
        words.append("%dir")
    if language(entry.path):
        words.append(f"%lang({language(entry.path)})")
    if entry.path.startswith("/usr/share/doc/") and entry.path.endswith("/copyright"):
        words.append("%license")
    elif documentation(entry):
        words.append("%doc")
    elif entry.kind == "file" and entry.path in {merged(path) for path in conffiles}:
        words.append("%config(noreplace)")
    return " ".join([*words, quoted(entry.path)])


def language(path: str) -> str:
    """The language that a path serves, or nothing."""
    parts = path.split("/")
    if len(parts) < 5:
        return ""
    folder, name = "/".join(parts[:4]), parts[4]
    if folder == "/usr/share/locale" and name != "locale.alias":
        return name
    if folder == "/usr/lib/locale" and not name.startswith("C."):
        return name
    if folder == "/usr/share/man" and not MANUAL_SECTION.match(name):
        return name
    return ""


def documentation(entry: Entry) -> bool:
    """Whether `tsflags=nodocs` leaves it out; a package's own folder stays for its licence."""
    inside = entry.path.startswith(("/usr/share/doc/", "/usr/share/info/", "/usr/share/man/"))
    return inside and not (entry.kind == "directory" and entry.path.count("/") <= 4)


def quoted(path: str) -> str:
    """A path as %files wants it: it reads globs, and has no escape for them but the question mark."""
    text = path if path == "/usr/bin/[" else GLOB.sub("?", path)
    text = text.replace("%", "%%")
    return f'"{text}"' if " " in text else text
