//! The architecture, held as a table: which module may import which, where each outside crate has
//! its home, how long a file may be and how it may not be called.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// module → the modules that it may import; a name that is missing here is an error.
const EDGES: &[(&str, &[&str])] = &[
    // vocabulary
    ("source", &[]),
    ("digest", &[]),
    ("progress", &[]),
    ("http", &[]),
    ("tar", &[]),
    // front half: recipe text to plan, without disk, clock or environment
    ("diagnostic", &["source", "digest"]),
    ("syntax", &["source", "diagnostic"]),
    ("recipe", &["source", "diagnostic", "syntax"]),
    ("schema", &["recipe"]),
    ("validate", &["source", "diagnostic", "syntax", "recipe"]),
    (
        "plan",
        &["source", "digest", "diagnostic", "recipe", "validate"],
    ),
    // the machine
    ("sandbox", &["tree"]),
    ("rootfs", &[]),
    ("tree", &["digest"]),
    ("packages", &["plan", "rootfs", "sandbox", "tree"]),
    ("store", &["digest", "rootfs", "tree"]),
    (
        "execute",
        &[
            "digest", "http", "packages", "plan", "progress", "rootfs", "sandbox", "store", "tar",
            "tree",
        ],
    ),
    // back half: a tree to an image; knows nothing of recipes
    ("layer", &["digest", "progress", "tree"]),
    ("image", &["digest", "layer"]),
    // `layer` for what a layer's digests are; `rootfs` for the output that is a directory, which is
    // unpacked beneath a handle; `progress` for what such a directory lacks.
    (
        "transport",
        &[
            "digest", "http", "image", "layer", "progress", "rootfs", "tar",
        ],
    ),
    // what this host can do for all of these: asks the machine, and is asked by `ops`
    ("doctor", &["diagnostic", "packages", "sandbox"]),
    // composition
    (
        "ops",
        &[
            "source",
            "digest",
            "progress",
            "diagnostic",
            "syntax",
            "recipe",
            "schema",
            "validate",
            "plan",
            "sandbox",
            // inputs are read beneath a handle, as everything else is
            "rootfs",
            "packages",
            "store",
            "tree",
            "execute",
            "layer",
            "image",
            "transport",
            "doctor",
        ],
    ),
];

/// outside crate → the folders (or files) below `src/` that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("granit_parser", &["syntax/"]),
    ("toml", &["syntax/"]),
    ("toml_parser", &["syntax/"]),
    ("toml_writer", &["syntax/"]),
    ("pretty_yaml", &["syntax/"]),
    ("regex_syntax", &["validate/"]),
    ("schemars", &["recipe/", "schema/"]),
    ("nix", &["sandbox/", "rootfs/", "tree/", "doctor/"]),
    (
        "rustix",
        &["sandbox/", "rootfs/", "tree/", "transport/", "doctor/"],
    ),
    ("tar", &["layer/", "tar/", "transport/", "execute/archive/"]),
    ("libdeflater", &["layer/"]),
    ("oci_spec", &["image/", "transport/"]),
    ("miette", &["diagnostic/", "cli/"]),
    ("clap", &["cli/", "main.rs"]),
    ("clap_complete", &["cli/"]),
    ("clap_mangen", &["cli/"]),
    ("indicatif", &["cli/"]),
    ("similar", &["cli/"]),
    ("signal_hook", &["cli/", "sandbox/"]),
    ("capctl", &["sandbox/"]),
    ("landlock", &["sandbox/"]),
    ("libc", &["sandbox/"]),
    ("ureq", &["http/", "execute/fetch/", "transport/registry/"]),
    ("rustls", &["transport/registry/"]),
    ("base64", &["transport/registry/"]),
    ("webpki_root_certs", &["http/"]),
    ("pem", &["execute/certificates/"]),
    ("memchr", &["execute/"]),
    ("regex", &["execute/"]),
    ("zip", &["execute/archive/"]),
    ("flate2", &["execute/archive/", "tar/", "transport/"]),
    ("zstd", &["layer/", "tar/", "transport/"]),
    ("lzma_rust2", &["tar/"]),
    ("bzip2", &["tar/"]),
];

const LONGEST_FILE: usize = 500;
const FORBIDDEN_NAMES: &[&str] = &["util", "utils", "helpers", "common", "misc", "manager"];
/// Folders that may hold `unsafe`.
const UNSAFE: &[&str] = &["sandbox/"];

struct File {
    /// Below `src/`.
    path: String,
    text: String,
}

impl File {
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Lines with comments and the contents of string literals cut off (roughly: enough for names).
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
    }
}

fn source_files() -> Vec<File> {
    fn collect(folder: &Path, top: &Path, files: &mut Vec<File>) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                collect(&path, top, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(File {
                    path: path.strip_prefix(top).unwrap().to_str().unwrap().to_owned(),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&top, &top, &mut files);
    files
}

/// Identifiers that follow `needle` in `line`.
fn names_after<'a>(line: &'a str, needle: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    line.match_indices(needle).map(move |(at, _)| {
        let rest = &line[at + needle.len()..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        rest.split_at(end)
    })
}

fn assert_none(what: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let edges: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let mut faults = Vec::new();
    for file in source_files() {
        let module = file.module();
        if module == "lib" {
            continue;
        }
        let binary = matches!(module, "main" | "cli");
        let prefix = if binary { "onelayer::" } else { "crate::" };
        let allowed = edges.get(module).copied();
        if allowed.is_none() && !binary {
            faults.push(format!(
                "src/{}: module `{module}` is not in the table",
                file.path
            ));
            continue;
        }
        for (number, line) in file.code() {
            if line.contains("super::super::") {
                faults.push(format!("src/{}:{number}: super::super", file.path));
            }
            for (name, rest) in names_after(line, prefix) {
                if name.is_empty() {
                    faults.push(format!(
                        "src/{}:{number}: import one module a line",
                        file.path
                    ));
                } else if name != module && allowed.is_some_and(|allowed| !allowed.contains(&name))
                {
                    faults.push(format!(
                        "src/{}:{number}: `{module}` may not import `{name}` (allowed: {})",
                        file.path,
                        allowed.unwrap_or_default().join(", ")
                    ));
                }
                let inner = rest.strip_prefix("::").unwrap_or_default();
                let next: String = inner
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let is_module = next.starts_with(|c: char| c.is_lowercase())
                    && inner[next.len()..].starts_with("::");
                if name != module && is_module {
                    faults.push(format!(
                        "src/{}:{number}: reach `{name}` through its root, not `{name}::{next}`",
                        file.path
                    ));
                }
            }
        }
    }
    assert_none("imports against the architecture", faults);
}

#[test]
fn the_table_has_no_cycle() {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    loop {
        let ready: Vec<&str> = EDGES
            .iter()
            .filter(|(module, needs)| {
                !done.contains(module) && needs.iter().all(|n| done.contains(n))
            })
            .map(|(module, _)| *module)
            .collect();
        if ready.is_empty() {
            break;
        }
        done.extend(ready);
    }
    let stuck: Vec<String> = EDGES
        .iter()
        .filter(|(module, _)| !done.contains(module))
        .map(|(module, _)| (*module).to_owned())
        .collect();
    assert_none("modules that import each other", stuck);
}

#[test]
fn outside_crates_have_one_home() {
    let mut faults = Vec::new();
    for file in source_files() {
        for (name, homes) in HOMES {
            if homes.iter().any(|home| file.path.starts_with(home)) {
                continue;
            }
            for (number, line) in file.code() {
                for (at, _) in line.match_indices(&format!("{name}::")) {
                    let before = line[..at].chars().next_back();
                    if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                        faults.push(format!(
                            "src/{}:{number}: `{name}` belongs in {}",
                            file.path,
                            homes.join(", ")
                        ));
                    }
                }
            }
        }
    }
    assert_none("outside crates away from home", faults);
}

#[test]
fn unsafe_code_stays_in_the_sandbox() {
    let mut faults = Vec::new();
    for file in source_files() {
        if UNSAFE.iter().any(|home| file.path.starts_with(home)) {
            continue;
        }
        for (number, line) in file.code() {
            if line.contains("unsafe ") || line.contains("allow(unsafe_code)") {
                faults.push(format!("src/{}:{number}", file.path));
            }
        }
    }
    assert_none("`unsafe` outside src/sandbox/", faults);
}

#[test]
fn files_are_short_and_named_for_what_they_hold() {
    let mut faults = Vec::new();
    for file in source_files() {
        let lines = file.text.lines().count();
        if lines > LONGEST_FILE {
            faults.push(format!(
                "src/{}: {lines} lines, at most {LONGEST_FILE}",
                file.path
            ));
        }
        for part in file.path.trim_end_matches(".rs").split('/') {
            if FORBIDDEN_NAMES.contains(&part) {
                faults.push(format!("src/{}: `{part}` says nothing", file.path));
            }
        }
    }
    assert_none("files", faults);
}

#[test]
fn every_file_is_declared() {
    let files = source_files();
    let mut faults = Vec::new();
    for file in &files {
        let path = file
            .path
            .trim_end_matches("/mod.rs")
            .trim_end_matches(".rs");
        if matches!(path, "lib" | "main") {
            continue;
        }
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let declared = files.iter().any(|other| {
            let is_parent = if parent.is_empty() {
                matches!(other.path.as_str(), "lib.rs" | "main.rs")
            } else {
                other.path == format!("{parent}/mod.rs") || other.path == format!("{parent}.rs")
            };
            is_parent
                && other
                    .code()
                    .any(|(_, line)| line.trim_end().ends_with(&format!("mod {name};")))
        });
        if !declared {
            faults.push(format!("src/{}: no `mod {name};`", file.path));
        }
    }
    assert_none("files that are never compiled", faults);
}
