//! The host's Python in a root of its own: it can say all that a C library can.

use std::fs;
use std::os::unix::fs::symlink;

use super::{ready, workspace};
use crate::support;
use crate::support::workspace::Workspace;

const PYTHON: &str = "/usr/bin/python3";

/// A workspace whose recipe runs `script`; none if there is no Python.
pub(crate) fn python(script: &str) -> Option<Workspace> {
    if !ready() || !support::require_tool(PYTHON) {
        return None;
    }
    let lines = script
        .trim()
        .lines()
        .map(|line| format!("        {line}\n"));
    let workspace = workspace(&format!(
        "name: x\nbase: rootfs:root\nsteps:\n  - run:\n      - {PYTHON}\n      - -c\n      - |\n{}",
        lines.collect::<String>()
    ));
    let root = workspace.context().join("root");
    fs::create_dir_all(root.join("usr")).unwrap();
    for name in ["bin", "lib", "lib64"] {
        symlink(format!("usr/{name}"), root.join(name)).unwrap();
    }
    let list = "import sys, os, sysconfig; print(os.path.realpath(sys.executable)); \
                print(sysconfig.get_path('stdlib'))";
    let found = support::run(PYTHON, &["-c", list]);
    let found = String::from_utf8(found.stdout).unwrap();
    let (program, library) = found.trim().split_once('\n').unwrap();
    let script = format!(
        "set -e
         cd '{root}'
         mkdir -p usr/bin usr/lib usr/lib64 .{library}
         cp {program} usr/bin/python3
         cp {library}/*.py .{library}
         for name in encodings collections re ctypes lib-dynload; do
             cp -r {library}/$name .{library} || true; done
         for file in {program} {library}/lib-dynload/_ctypes*.so; do
             ldd \"$file\" | grep -o '/[^ ]*'; done | sort -u | while read -r file; do
                 mkdir -p \".$(dirname \"$file\")\"; cp -L \"$file\" \".$file\"; done
         find . -name __pycache__ -prune -exec rm -r '{{}}' ';'
         chown -R 65534:65534 .
         chmod -R a+rX .",
        root = root.display()
    );
    support::run("sh", &["-c", &script]);
    Some(workspace)
}
