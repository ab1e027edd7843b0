"""Reads a Debian package: its control fields, and its relations and versions in RPM's words.

In: a path to a .deb. Out: `Deb`, which knows nothing of the disk once read.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

RELATION = re.compile(
    r"(?P<name>[a-zA-Z0-9.+-]+)(:\w+)?\s*(\((?P<operator><<|<=|=|>=|>>)\s*(?P<version>[^)\s]+)\))?"
)
OPERATORS = {"<<": "<", "<=": "<=", "=": "=", ">=": ">=", ">>": ">"}


@dataclass(frozen=True)
class Version:
    """A Debian version as RPM orders it."""

    epoch: str
    version: str
    release: str

    @classmethod
    def parse(cls, text: str) -> Version:
        epoch, rest = text.split(":", 1) if ":" in text else ("", text)
        version, release = rest.rsplit("-", 1) if "-" in rest else (rest, "")
        # RPM allows no hyphen in a version; a caret sorts where Debian's hyphen does: `12-2021` below `12.2`.
        return cls(epoch, version.replace("-", "^"), release)

    def __str__(self) -> str:
        epoch = f"{self.epoch}:" if self.epoch else ""
        release = f"-{self.release}" if self.release else ""
        return f"{epoch}{self.version}{release}"


@dataclass(frozen=True)
class Relation:
    """One alternative of one relation, such as `libc6 (>= 2.36)`."""

    name: str
    operator: str
    version: Version | None

    @classmethod
    def parse(cls, text: str) -> Relation:
        match = RELATION.match(text.strip())
        if not match:
            raise ValueError(f"not a package relation: `{text}`")
        if not match["operator"]:
            return cls(match["name"], "", None)
        version, operator = Version.parse(match["version"]), OPERATORS[match["operator"]]
        if operator == ">" and not version.release:
            # To RPM a version without a release means any release, so nothing `2.36-…` is above `2.36`.
            operator = ">="
        return cls(match["name"], operator, version)

    def __str__(self) -> str:
        return f"{self.name} {self.operator} {self.version}" if self.version else self.name


@dataclass(frozen=True)
class Deb:
    """The control fields of one package."""

    path: Path
    fields: dict[str, str]
    conffiles: frozenset[str]

    @classmethod
    def read(cls, path: Path) -> Deb:
        control = subprocess.run(["dpkg-deb", "--field", path], check=True, capture_output=True, text=True).stdout
        fields: dict[str, str] = {}
        for name, value in re.findall(r"^([A-Za-z0-9-]+):[ \t]*(.*(?:\n[ \t].*)*)", control, re.MULTILINE):
            fields[name] = value
        # Most packages have no such file, and dpkg-deb then fails.
        listed = subprocess.run(["dpkg-deb", "--info", path, "conffiles"], capture_output=True, text=True)
        lines = listed.stdout.splitlines() if listed.returncode == 0 else []
        return cls(path, fields, frozenset(line for line in lines if line.startswith("/")))

    @property
    def name(self) -> str:
        return self.fields["Package"]

    @property
    def version(self) -> Version:
        return Version.parse(self.fields["Version"])

    @property
    def any_architecture(self) -> bool:
        return self.fields["Architecture"] == "all"

    def relations(self, field: str) -> list[list[Relation]]:
        """The relations of a field: all of the outer list, any of an inner one."""
        text = " ".join(self.fields.get(field, "").split())
        return [[Relation.parse(one) for one in any_of.split("|")] for any_of in text.split(",") if any_of.strip()]

    def provides(self) -> list[Relation]:
        return [one for any_of in self.relations("Provides") for one in any_of]

    def summary(self) -> str:
        return self.fields["Description"].split("\n")[0]

    def description(self) -> str:
        lines = [line.strip() for line in self.fields["Description"].split("\n")[1:]]
        return "\n".join("" if line == "." else line for line in lines) or self.summary()
