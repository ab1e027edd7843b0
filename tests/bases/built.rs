//! Bases as docker, podman, buildah and umoci build them, wherever they keep them: the root is the
//! one that umoci unpacks and the one that podman shows.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::support::distribution::Distribution;
use crate::support::dockerd::Dockerd;
use crate::support::listing::{Listing, list};
use crate::support::workspace::{Workspace, require_root, require_tool, run, tool};
use crate::support::{engines_mount, scratch};

use super::unpacked::{assert_same, timeless, unpacked};

/// What images are made of: `root.tar` has all kinds of entries.
const FILES: &str = r#"
mkdir -p tree/d/gone/deep tree/d/opaque tree/etc tree/m/kind folder/sub; cd tree
echo one > d/one; chown 3:4 d/one; chmod 4755 d/one; ln d/one d/same; ln -s one d/link
ln -s /nowhere d/dangling; echo f > d/gone/deep/f; echo old > d/opaque/old; echo k > d/kind
echo z > m/kind/z; mkfifo d/fifo; chmod 1777 m; chown 70000:5 etc; chmod 750 etc
echo a > etc/attribute; setfattr -n user.one -v two etc/attribute
echo c > d/capable; chmod 755 d/capable; setcap cap_net_raw+ep d/capable; echo h > d/high
chown 3000000:3000001 d/high; printf n > "$(printf 'd/\351\n')"
find . -exec touch -h -d @1600000000.123456789 '{}' +
tar --xattrs --xattrs-include='*' -cf ../root.tar .; cd ..
echo two > two; echo f > folder/sub/f; chmod 600 folder/sub/f; cp "$(command -v busybox)" busybox
"#;

/// What takes away and replaces some of it.
const CHANGES: [&str; 2] = [
    "rm -rf /d/gone /d/two /d/link",
    "rm -rf /d/opaque /d/kind /m/kind; mkdir /d/opaque /d/kind; echo n > /d/opaque/new; \
     echo n > /m/kind; chmod 700 /etc; mv /d/one /d/moved; ln -s /d /l; echo l > /l/through; \
     ln /d/moved /m/again; chown 5:6 /d/high; ln -s moved /d/link",
];

/// A folder with the files and a Dockerfile in it.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let folder = workspace.path("image");
    fs::create_dir(&folder).unwrap();
    let mut shell = Command::new("sh");
    tool(shell.args(["-euc", FILES]).current_dir(&folder));
    let runs = CHANGES.map(|change| {
        let change = change
            .replace("rm ", "busybox rm ")
            .replace("; ", "; busybox ");
        let change = change.replace("busybox echo", "echo");
        format!("RUN {}\n", json!(["/bin/busybox", "sh", "-c", change]))
    });
    let text = format!(
        "FROM scratch\nADD root.tar /\nCOPY busybox /bin/busybox\nCOPY --chown=3:4 two /d/two\n\
         COPY folder /d/\nENV A=b PATH=/bin\nLABEL l=m\n{}ENTRYPOINT [\"/d/moved\"]\n",
        runs.concat()
    );
    fs::write(folder.join("Dockerfile"), text).unwrap();
    workspace
}

fn ready(tools: &[&str]) -> bool {
    let common = ["skopeo", "umoci", "podman", "busybox", "setfattr", "setcap"];
    require_root() && common.iter().chain(tools).all(|tool| require_tool(tool))
}

/// A registry that takes images from all.
fn registry() -> Option<Distribution> {
    require_tool("docker-registry").then(|| Distribution::new(scratch(), json!({})))
}

/// What podman shows of the image that the layout `seen:t` holds.
fn shown_by_podman(workspace: &Workspace) -> Listing {
    let image = workspace.layout("seen:t");
    let root = workspace.podman(&format!(
        "skopeo copy -q '{image}' containers-storage:localhost/seen:t; \
         podman image mount localhost/seen:t"
    ));
    let mut found = timeless(list(root.trim().as_ref()));
    // Its storage makes every root 0555, whatever the layers say.
    found.remove(&b""[..]);
    found
}

/// Builds on the same image in several places, with variables that lead to them.
#[track_caller]
fn assert_bases(workspace: &Workspace, places: &[String], variables: &[(&str, String)]) {
    let by_umoci = unpacked(workspace, "seen:t");
    let by_podman = shown_by_podman(workspace);
    let mut digests = Vec::new();
    for place in places {
        for layers in ["one", "on-base"] {
            let text = format!(
                "name: x\nbase: {place}\noutput: {{source_date_epoch: 4000000000, \
                 layers: {layers}}}\n"
            );
            workspace.write("recipe.yaml", &text);
            let out = format!("out{}", digests.len());
            let words = ["build", "context", "-o", &format!("oci:{out}:t")];
            let mut command = workspace.command(&words);
            command.envs(variables.iter().map(|(name, value)| (name, value)));
            // Nothing is known of what another place gave.
            command.arg("--no-cache");
            digests.push(run(&mut command).digest());
            let mut found = unpacked(workspace, &format!("{out}:t"));
            let what = format!("{place}, {layers}, as umoci sees it");
            assert_same(&what, &by_umoci, &found);
            let what = format!("{place}, {layers}, as podman sees it");
            found.remove(&b""[..]);
            assert_same(&what, &by_podman, &found);
        }
    }
    // The comparisons are of something.
    for (name, start) in [
        (&b"d/moved"[..], "RegularFile 4755 3:4 1600000000 4 bytes"),
        (b"d/high", "RegularFile 644 5:6 1600000000"),
        (b"etc", "Directory 700 70000:5"),
        (b"l/through", ""),
        (b"d/through", "RegularFile"),
        (b"m/kind", "RegularFile"),
    ] {
        match by_umoci.get(name) {
            Some(line) => assert!(line.starts_with(start) && !start.is_empty(), "{line}"),
            None => assert_eq!(start, "", "{}", name.escape_ascii()),
        }
    }
    for gone in ["d/gone", "d/two", "d/opaque/old", "d/one", "m/kind/z"] {
        assert!(!by_umoci.contains_key(gone.as_bytes()), "{gone}");
    }
}

/// Copies an image into the layout `seen:t`, for umoci and podman.
fn see(workspace: &Workspace, from: &str, variables: &str) {
    let to = workspace.layout("seen:t");
    workspace.podman(&format!(
        "{variables} skopeo copy -q --src-tls-verify=false {from} '{to}'"
    ));
}

#[test]
fn docker_builds_a_base() {
    if !ready(&[]) {
        return;
    }
    let _engines = engines_mount();
    let (Some(daemon), Some(server)) = (Dockerd::start(), registry()) else {
        return;
    };
    let workspace = workspace();
    let folder = workspace.path("image").display().to_string();
    let name = format!("{}/team/x:t", server.host);
    let words = [
        "build",
        "--quiet",
        "--network=none",
        "--tag",
        &name,
        &folder,
    ];
    // The other builder is a program of its own.
    tool(daemon.docker(&words).env("DOCKER_BUILDKIT", "0"));
    tool(&mut daemon.docker(&["push", "--quiet", &name]));
    let saved = workspace.context().join("saved.tar").display().to_string();
    tool(&mut daemon.docker(&["save", "--output", &saved, &name]));
    see(&workspace, &format!("docker-archive:{saved}"), "");
    let places = [
        format!("docker-daemon:{name}"),
        "docker-archive:saved.tar".to_owned(),
        format!("docker://{name}"),
    ];
    assert_bases(&workspace, &places, &[("DOCKER_HOST", daemon.host())]);
}

#[test]
fn buildah_and_podman_build_a_base() {
    if !ready(&["buildah"]) {
        return;
    }
    let _engines = engines_mount();
    let Some(server) = registry() else { return };
    for (number, build) in [
        "buildah build --layers --format docker",
        "podman build --layers",
        "podman build --squash-all",
    ]
    .iter()
    .enumerate()
    {
        let workspace = workspace();
        let there = format!("{}/team/x{number}:t", server.host);
        workspace.podman(&format!(
            "{build} -q --isolation chroot -t localhost/x:t image; \
             podman push -q --tls-verify=false localhost/x:t {there}; \
             podman save -q --format docker-archive -o context/saved.tar localhost/x:t"
        ));
        see(&workspace, "containers-storage:localhost/x:t", "");
        let places = [
            "containers-storage:localhost/x:t".to_owned(),
            "docker-archive:saved.tar".to_owned(),
            format!("docker://{there}"),
        ];
        let settings = workspace.containers().join("storage.conf");
        let settings = settings.display().to_string();
        assert_bases(
            &workspace,
            &places,
            &[("CONTAINERS_STORAGE_CONF", settings)],
        );
    }
}

#[test]
fn umoci_repacks_a_base() {
    if !ready(&["chroot"]) {
        return;
    }
    let _engines = engines_mount();
    let Some(server) = registry() else { return };
    let workspace = workspace();
    let changes = CHANGES
        .join("; ")
        .replace(" /", " $ROOT/")
        .replace("ln -s $ROOT/d", "ln -s /d");
    let script = format!(
        "set -eu; umoci init --layout seen; umoci new --image seen:t
         umoci raw add-layer --image seen:t image/root.tar
         umoci insert --image seen:t image/two /d/two; umoci insert --image seen:t image/folder /d
         umoci insert --image seen:t image/busybox /bin/busybox
         umoci unpack --image seen:t bundle; ROOT=$PWD/bundle/rootfs
         {}; umoci repack --image seen:t bundle; cp -r seen context/layout",
        changes.replace("echo l > $ROOT/l/through", "echo l > $ROOT/d/through")
    );
    let mut shell = Command::new("sh");
    tool(shell.args(["-c", &script]).current_dir(workspace.path("")));
    let there = format!("docker://{}/team/x:t", server.host);
    let words = ["copy", "--quiet", "--dest-tls-verify=false"];
    server.skopeo(&[&words[..], &[&workspace.layout("seen:t"), &there]].concat());
    let places = ["oci:layout:t".to_owned(), there];
    assert_bases(&workspace, &places, &[]);
}
