//! The recipes of `specs`, in podman's default container.

use std::process::Command;

use super::containers::{COVERED, isolation, onelayer, possible, prepare};
use super::workspace;
use crate::support::engines_mount;
use crate::support::workspace::{Workspace, project, skipped, tool};

/// Root's image, as root of a container and as a user in one; whether its commands are isolated.
#[track_caller]
fn same_in_containers(spec: &str, options: &str, more: &str, runs: bool) {
    let workspace: Workspace = workspace("");
    prepare(&workspace);
    let script =
        "rm -r \"$1\" && cp -r \"$0\" \"$1\" && rm -rf \"$1\"/*.work && chmod -R a+rX \"$1\"";
    let mut copied = Command::new("sh");
    (copied.args(["-c", script]).arg(project(spec))).arg(workspace.context());
    tool(&mut copied);
    let more_words: Vec<&str> = more.split_whitespace().collect();
    let expected = workspace.build(&[&["-o", "oci:root"], &more_words[..]].concat());
    let expected = expected.digest();
    for (name, user) in [("root", ""), ("user", "--user 1000")] {
        let arguments = format!(
            "build /build/context {more} --progress plain \
             --cache-dir /build/cache-of-containers/{name} \
             -o oci:/build/cache-of-containers/{name}-image"
        );
        let options = format!("{options} {user}");
        let built = onelayer(&workspace, (&options, ""), &arguments, name);
        assert_eq!(
            built.stderr.contains("isolation: "),
            runs,
            "{}",
            built.stderr
        );
        if runs {
            assert!(isolation(&built).contains(COVERED), "{}", built.stderr);
        }
        assert_eq!(built.digest(), expected, "{spec}: {name}");
    }
}

#[test]
fn what_runs_nothing_is_the_same() {
    let _engines = engines_mount();
    if possible() {
        same_in_containers("specs/hello", "", "", false);
        same_in_containers("specs/web", "", "", false);
    }
}

#[test]
fn packages_and_pip_are_the_same() {
    let _engines = engines_mount();
    if !possible() || !crate::support::build::require_packages() {
        return;
    }
    if !project("specs/python-flask/repository/repodata").is_dir() {
        skipped("specs/python-flask/repository, which repository.py makes");
        return;
    }
    // With the certificates and the network of the host.
    let (options, more) = match std::env::var("SSL_CERT_FILE") {
        Ok(bundle) => (
            format!("--network host --volume {bundle}:{bundle}:ro"),
            format!("--ca-bundle {bundle}"),
        ),
        Err(_) => ("--network host".to_owned(), String::new()),
    };
    same_in_containers("specs/python-flask", &options, &more, true);
}
