#!/usr/bin/env python3
"""Fetches the JSON Schema of SARIF 2.1.0, against which a test checks what onelayer writes.

The crate serde-sarif carries it; cargo gets the crate as it gets all others.
  In:  the file to write.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

MANIFEST = """
[package]
name = "sarif-schema"
version = "0.0.0"
edition = "2024"

[lib]
path = "nothing.rs"

[dependencies]
serde-sarif = "=0.8.0"
"""


def main() -> None:
    target = pathlib.Path(sys.argv[1])
    if target.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        manifest = pathlib.Path(folder, "Cargo.toml")
        manifest.write_text(MANIFEST)
        pathlib.Path(folder, "nothing.rs").touch()
        command = ["cargo", "metadata", "--quiet", "--format-version=1", "--manifest-path", manifest]
        metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    (crate,) = (package for package in metadata["packages"] if package["name"] == "serde-sarif")
    schema = pathlib.Path(crate["manifest_path"]).parent / "src/schema.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(schema.read_bytes())


main()
