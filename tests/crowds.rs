//! Many builds at once, and places that are not what a build would like.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::command_line::{copy_busybox, processes_with};
use crate::layouts::entries;
use crate::support::workspace::{Workspace, require_root, require_tool, run, tool_json};
use crate::support::{LONG, mounts, within};

const RECIPE: &str = "
name: x
base: scratch
steps:
- copy: busybox
  to: /bin/sh
  mode: '0755'
- run: i=0; while [ $i -lt 50 ]; do echo $i > /f$i; i=$((i+1)); done
";

fn workspace() -> Option<Workspace> {
    let workspace = Workspace::with(RECIPE);
    (require_root() && copy_busybox(&workspace)).then_some(workspace)
}

/// The digest that a layout has for a tag.
fn digest_of(workspace: &Workspace, tag: &str) -> String {
    let name = format!("{}:{tag}", workspace.layout("out"));
    let found = tool_json(Command::new("skopeo").args(["inspect", &name]));
    found["Digest"].as_str().unwrap().to_owned()
}

#[test]
fn of_twenty_builds_in_one_place_those_that_live_are_right() {
    let _engines = crate::support::engines_rest();
    if !require_tool("skopeo") {
        return;
    }
    let Some(workspace) = workspace() else {
        return;
    };
    let digest = workspace.build(&["-o", "oci:first"]).digest();
    let before = mounts();
    let mut builds = Vec::new();
    for number in 0..20 {
        let output = format!("oci:out:t{number}");
        let mut words = vec!["build", "context", "-o", &output];
        // Half of them do everything anew, the others take what they find.
        words.extend((number % 2 == 0).then_some("--no-cache"));
        let mut command = workspace.command(&words);
        builds.push(
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        );
    }
    for (number, build) in builds.iter_mut().enumerate() {
        if number % 4 == 3 {
            sleep(Duration::from_millis(60));
            build.kill().unwrap();
        }
    }
    for (number, build) in builds.into_iter().enumerate() {
        let ended = build.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        match ended.status.code() {
            Some(0) => assert_eq!(digest_of(&workspace, &format!("t{number}")), digest),
            code => assert!(
                code.is_none() && number % 4 == 3,
                "{number}: {code:?} {told}"
            ),
        }
    }
    let own = workspace.path("").display().to_string();
    assert!(within(LONG, || processes_with(&own).is_empty()));
    assert_eq!(mounts(), before);
    let again = workspace.build(&["-o", "oci:out:again", "--no-cache"]);
    assert_eq!(again.digest(), digest);
    // Every tag that is there means the whole image.
    let index = fs::read_to_string(workspace.path("out/index.json")).unwrap();
    for number in 0..20 {
        let tag = format!("t{number}");
        if index.contains(&format!("\"{tag}\"")) {
            assert_eq!(digest_of(&workspace, &tag), digest);
        }
    }
    let mut drafts = entries(&workspace.cache().join("drafts"));
    drafts.retain(|name| !name.ends_with(".replaced"));
    assert!(drafts.is_empty(), "{drafts:?}");
}

#[test]
fn a_home_that_is_read_only_and_temporary_files_elsewhere_do_no_harm() {
    let Some(workspace) = workspace() else {
        return;
    };
    let outputs = [
        "-o",
        "oci:out",
        "-o",
        "docker-archive:out.tar",
        "-o",
        "rootfs:root.tar",
    ];
    let digest = workspace.build(&outputs[..2]).digest();
    let read = |name: &str| fs::read(workspace.path(name)).unwrap();
    let expected = {
        workspace.build(&outputs[2..]).expect(0);
        [read("out.tar"), read("root.tar")]
    };
    for name in ["home", "tmp"] {
        fs::create_dir(workspace.path(name)).unwrap();
    }
    for name in ["out.tar", "root.tar"] {
        fs::remove_file(workspace.path(name)).unwrap();
    }
    let path = |name: &str| workspace.path(name).display().to_string();
    let (home, temporary) = (path("home"), path("tmp"));
    let script = format!(
        "mount -t tmpfs -o noexec,nosuid,nodev none '{temporary}' && mount --bind '{home}' '{home}' && \
         mount -o remount,bind,ro '{home}' && export HOME='{home}' TMPDIR='{temporary}' && \
         unset XDG_CACHE_HOME && \"$@\"; status=$?; ls -A '{temporary}' >&2; exit $status"
    );
    let wrapper = ["unshare", "--mount", "sh", "-c", &script, "sh"];
    let build = [
        &["build", "context", "--no-cache", "--progress", "quiet"][..],
        &outputs,
    ]
    .concat();
    let built = run(&mut workspace.below(&wrapper, &build));
    assert_eq!(built.stderr, "");
    assert_eq!(built.digest(), digest);
    assert!([read("out.tar"), read("root.tar")] == expected);
    // Without a place of its own the cache would be in that home.
    let mut homeless = workspace.below(&wrapper, &build);
    let told = run(homeless.env_remove("ONELAYER_CACHE_DIR"))
        .expect(5)
        .stderr;
    assert!(
        told.contains(&home) && told.contains("Read-only file system"),
        "{told}"
    );
}
