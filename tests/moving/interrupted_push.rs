//! Images that are on their way to a registry, and then are not.

use std::fs;

use crate::bases::layout;
use crate::support::distribution::Distribution;
use crate::support::relay::{Relay, Then, Way};
use crate::support::workspace::{Workspace, run};

use super::{interrupt, large_layers, ready, registry, seen, started};

const MOMENTS: u64 = 6;

/// A way of pushing: what comes before the place, by what the workspace has.
const WAYS: [&[&str]; 2] = [&["build", "context", "-o"], &["copy", "oci:context/base:t"]];

/// A recipe on a base of several layers, which are all to be sent.
fn workspace() -> Workspace {
    let workspace = Workspace::with(
        "name: app\nbase: oci:base:t\nsteps: [{write: /new, content: x}]\n\
         output: {layers: on-base}\n",
    );
    let folder = workspace.context().join("base");
    layout::publish(&folder, layout::image(&folder, &large_layers("new")));
    workspace
}

/// The tags of a repository; none if there is no such repository.
fn tags(server: &Distribution, repository: &str) -> Vec<String> {
    let folder = format!("storage/docker/registry/v2/repositories/{repository}/_manifests/tags");
    match fs::read_dir(server.folder.path().join(folder)) {
        Ok(entries) => entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect(),
        Err(_) => Vec::new(),
    }
}

/// All of an image as skopeo pulls it, which checks every blob.
#[track_caller]
fn assert_pulled(server: &Distribution, workspace: &Workspace, name: &str, digest: &str) {
    let from = format!("docker://{}/{name}", server.host);
    let to = workspace.path("pulled");
    let to = format!("dir:{}", to.display());
    server.skopeo(&["copy", "--quiet", "--src-tls-verify=false", &from, &to]);
    fs::remove_dir_all(workspace.path("pulled")).unwrap();
    assert_eq!(seen(server, name), digest);
}

/// A command that sends to `place`.
fn words<'w>(way: &[&'w str], place: &'w str) -> Vec<&'w str> {
    [way, &[place]].concat()
}

#[test]
fn a_push_that_is_interrupted_at_any_byte_shows_nothing() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    let (server, workspace) = (registry(), workspace());
    let relay = Relay::new(&server.host);
    for (number, way) in WAYS.iter().enumerate() {
        let place = |repository: &str| format!("docker://{}/{repository}:1", relay.host);
        let whole = place(&format!("whole{number}/app"));
        relay.open();
        let digest = run(&mut workspace.command(&words(way, &whole))).digest();
        let [all, _] = relay.open();
        assert!(all > 900_000, "{all}");
        // The last moment is within the manifest.
        let moments = (0..MOMENTS).map(|moment| all * moment / MOMENTS + 1);
        for bytes in moments.chain([all - 100]) {
            for signal in ["-INT", "-KILL"] {
                let repository = format!("cut{number}/{bytes}{}", signal.to_lowercase());
                let place = place(&repository);
                relay.after(Way::Up, bytes, Then::Block);
                let child = started(&workspace, &words(way, &place));
                relay.wait();
                interrupt(&workspace, child, signal);
                relay.open();
                let tags = tags(&server, &repository);
                assert!(tags.is_empty(), "{tags:?}: {bytes} of {all}, {signal}");
                let again = run(&mut workspace.command(&words(way, &place))).digest();
                assert_eq!(again, digest);
                assert_pulled(&server, &workspace, &format!("{repository}:1"), &digest);
            }
        }
    }
}

#[test]
fn a_tag_means_the_old_image_until_all_of_the_new_one_is_there() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    let (server, workspace) = (registry(), workspace());
    let relay = Relay::new(&server.host);
    let old = Workspace::with("name: old\nbase: scratch\nsteps: [{write: /old, content: x}]\n");
    for (number, way) in WAYS.iter().enumerate() {
        for (bytes, signal) in [(100_000, "-INT"), (700_000, "-KILL"), (600_000, "-LOST")] {
            let name = format!("team{number}/app{}:1", signal.to_lowercase());
            let place = format!("docker://{}/{name}", relay.host);
            let before = old.build(&["-o", &place]).digest();
            if signal == "-LOST" {
                relay.after(Way::Up, bytes, Then::End);
                let told = run(&mut workspace.command(&words(way, &place))).expect(5);
                assert!(told.stderr.contains(&relay.host), "{}", told.stderr);
                assert_eq!(told.stdout, "");
                assert!(relay.is_reached());
            } else {
                relay.after(Way::Up, bytes, Then::Block);
                let child = started(&workspace, &words(way, &place));
                relay.wait();
                interrupt(&workspace, child, signal);
            }
            relay.open();
            assert_pulled(&server, &workspace, &name, &before);
            // A connection that only breaks is taken up again.
            relay.after(Way::Up, 200_000, Then::Break);
            let digest = run(&mut workspace.command(&words(way, &place))).digest();
            assert!(relay.is_reached());
            assert_ne!(digest, before);
            assert_pulled(&server, &workspace, &name, &digest);
            relay.open();
        }
    }
}
