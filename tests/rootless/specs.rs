//! The examples are built by everybody.

use std::fs;

use super::{Caller, command, ready, workspace};
use crate::support;
use crate::support::workspace::{project, run, skipped};

const CALLERS: [Caller; 4] = [
    Caller::Subids,
    Caller::Single,
    Caller::Mapped,
    Caller::Container,
];

/// Root's image of the example, whoever builds it; `runs` says whether commands are run.
#[track_caller]
fn same_for_all(name: &str, runs: bool) {
    let workspace = workspace("");
    let context = workspace.context();
    fs::remove_dir_all(&context).unwrap();
    let folder = project("specs").join(name);
    let words = ["-r", "--no-preserve=ownership", folder.to_str().unwrap()];
    support::run("cp", &[&words[..], &[context.to_str().unwrap()]].concat());
    support::run("chmod", &["-R", "a+rX", context.to_str().unwrap()]);
    let mut options = vec!["--progress", "plain"];
    if let Ok(bundle) = std::env::var("SSL_CERT_FILE") {
        fs::copy(bundle, workspace.path("bundle.pem")).unwrap();
        options.extend(["--ca-bundle", "bundle.pem"]);
    }
    let expected = workspace
        .build(&[&options[..], &["-o", "oci:root"]].concat())
        .digest();
    for caller in CALLERS {
        let output = format!("oci:{caller:?}");
        let arguments = [&["build", "context", "-o", &output], &options[..]].concat();
        let built = run(&mut command(&workspace, caller, &arguments));
        let said = built.stderr.contains(caller.isolation());
        assert_eq!(said, runs, "{caller:?}: {}", built.stderr);
        assert_eq!(built.digest(), expected, "{name}: {caller:?}");
        // Each has several hundred megabytes.
        let cache = workspace.path(&format!("cache-{caller:?}"));
        fs::remove_dir_all(cache).unwrap();
    }
}

#[test]
fn hello_needs_no_namespace() {
    if ready() {
        same_for_all("hello", false);
    }
}

#[test]
fn web_needs_no_namespace() {
    if ready() {
        same_for_all("web", false);
    }
}

/// Hundreds of packages, and what pip fetches.
#[test]
fn python_and_flask_are_installed() {
    let made = project("specs/python-flask/repository/repodata");
    if ready()
        && ["dnf", "rpm"].into_iter().all(support::require_tool)
        && (made.is_dir() || skipped("specs/python-flask/repository, which repository.py makes"))
    {
        same_for_all("python-flask", true);
    }
}

/// Another example is to be built here, too.
#[test]
fn no_example_is_missing() {
    let folders = fs::read_dir(project("specs")).unwrap();
    let mut names: Vec<_> = folders.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["hello", "python-flask", "web"]);
}
