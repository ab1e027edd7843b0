//! Whole documents: those of `tests/yaml` and `tests/toml`, all valid recipes and all of `specs`.

use std::fs;
use std::path::{Path, PathBuf};

use super::value::{Reading, ours, serde_yaml, shown, toml_crate};

/// Every file below a folder of the repository whose name ends in `.KIND`, in order.
fn documents(folder: &str, kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == kind) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The documents of which all readers must say the same.
pub(super) fn all(kind: &str) -> Vec<(PathBuf, String)> {
    let own = format!("tests/{kind}");
    ["specs", "tests/recipes/valid", "tests/plans", own.as_str()]
        .iter()
        .flat_map(|folder| documents(folder, kind))
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// What is wrong if the readings are not the same value.
fn difference(path: &Path, ours: &Reading, theirs: &Reading) -> Option<String> {
    if ours.is_ok() && ours == theirs {
        return None;
    }
    let show = |reading: &Reading| match reading {
        Ok(_) => shown(reading),
        Err(reason) => format!("refused: {reason}"),
    };
    let (own, other) = (show(ours), show(theirs));
    Some(format!("{}:\n  {own}\n  {other}", path.display()))
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn yaml_is_read_as_serde_yaml_reads_it() {
    let documents = all("yaml");
    assert!(documents.len() > 25, "{}", documents.len());
    let faults: Vec<String> = documents
        .iter()
        .filter_map(|(path, text)| difference(path, &ours("r.yaml", text), &serde_yaml(text)))
        .collect();
    assert_none(&faults);
}

#[test]
fn toml_is_read_as_its_own_deserializer_reads_it() {
    let documents = all("toml");
    assert!(documents.len() > 5, "{}", documents.len());
    let faults: Vec<String> = documents
        .iter()
        .filter_map(|(path, text)| difference(path, &ours("r.toml", text), &toml_crate(text)))
        .collect();
    assert_none(&faults);
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    let mut faults = Vec::new();
    for format in ["yaml", "toml"] {
        let name = format!("r.{format}");
        for (path, text) in all(format) {
            let plain = ours(&name, &text);
            let windows = text.replace('\n', "\r\n");
            let marked = format!("\u{feff}{windows}");
            for other in [format!("\u{feff}{text}"), windows, marked] {
                faults.extend(difference(&path, &ours(&name, &other), &plain));
            }
        }
    }
    assert_none(&faults);
}
