//! The program as scripts see it: exit statuses, what is printed where, what is left behind.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde_json::Value;

use super::support::workspace::{Workspace, golden, project, require_root, run, skipped};

const WRITE: &str = "
name: x
base: scratch
steps:
  - write: /a
    content: a
";

pub(crate) const RUN: &str = "
name: x
base: scratch
steps:
  - copy: busybox
    to: /bin/sh
    mode: '0755'
  - run: echo first; echo second >&2; exit 7
";

/// Whether `text` is the name of a SHA-256 digest.
fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64
            && hex
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

pub(crate) fn copy_busybox(workspace: &Workspace) -> bool {
    for place in ["/usr/bin/busybox", "/bin/busybox"] {
        if Path::new(place).is_file() {
            fs::copy(place, workspace.context().join("busybox")).unwrap();
            return true;
        }
    }
    skipped("busybox")
}

/// Names in a folder, in order; none if it is missing.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_build_prints_one_line() {
    let workspace = Workspace::with(WRITE);
    let built = workspace.build(&["-o", "oci:out"]).expect(0);
    let (name, digest) = (built.stdout.strip_suffix('\n').unwrap())
        .split_once('@')
        .unwrap();
    assert_eq!(name, "oci:out:latest");
    assert!(is_digest(digest), "{digest}");
    let hex = digest.strip_prefix("sha256:").unwrap();
    assert!(workspace.path("out/blobs/sha256").join(hex).is_file());
}

#[test]
fn without_an_output_the_image_goes_to_out() {
    let workspace = Workspace::with(WRITE);
    let built = workspace.build(&[]).expect(0);
    assert!(built.stdout.starts_with("oci:out/x:latest@"), "{built:?}");
    assert!(workspace.path("out/x/oci-layout").is_file());
}

#[test]
fn json_is_one_object() {
    let workspace = Workspace::with(WRITE);
    let digest = workspace.build(&["-o", "oci:out"]).digest();
    let built = workspace.build(&["-o", "oci:out", "--json"]).expect(0);
    assert_eq!(built.stdout.lines().count(), 1);
    let json: Value = serde_json::from_str(&built.stdout).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["digest"], digest);
    assert_eq!(json["outputs"], serde_json::json!(["oci:out:latest"]));
    assert!(is_digest(json["diff_id"].as_str().unwrap()));
    assert!(json["layer_size"].as_u64().unwrap() > 0);
    assert!(json["uncompressed_size"].as_u64().unwrap() >= 1024);
}

#[test]
fn quiet_prints_nothing_but_the_result() {
    let workspace = Workspace::with(WRITE);
    let built = workspace.build(&["-o", "oci:out", "--progress", "quiet"]);
    assert_eq!(built.expect(0).stderr, "");
}

/// Bars cannot be drawn into a file; what they would stand below is told all the same.
#[test]
fn nothing_is_lost_where_bars_cannot_be_drawn() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nsteps:\n  - remove: /gone/*\n  - write: /x\n    content: x\n",
    );
    let built = workspace.build(&["-o", "oci:out", "--progress", "tty"]);
    let told = built.expect(0).stderr;
    for line in [
        "[1/2] remove: /gone/*\n",
        "warning: step 1: nothing in the root matches `/gone/*`\n",
        "[2] done: ",
    ] {
        assert!(told.contains(line), "no `{line}`:\n{told}");
    }
}

#[test]
fn progress_events_are_json_lines() {
    let workspace = Workspace::with(WRITE);
    let built = workspace.build(&["-o", "oci:out", "--progress", "json"]);
    let stderr = built.expect(0).stderr;
    assert!(!stderr.is_empty());
    for line in stderr.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

const TEN: &str = r#"version: 2
name: My App
base: scratch
packages:
  cleen: true
steps:
  - rnu: echo
  - run: echo
    copy: x
  - copy: app
  - copy: app
    to: app
    mode: 0755
config:
  cmd: /app
output:
  compression: gzp
"#;

#[test]
fn ten_mistakes_are_all_told_and_nothing_is_written() {
    let workspace = Workspace::with(TEN);
    let told = workspace.build(&["-o", "oci:out"]).expect(1);
    assert_eq!(told.stdout, "");
    let found: Vec<&str> = (told.stderr.split("─[context/recipe.yaml:").skip(1))
        .filter_map(|rest| rest.split(']').next())
        .collect();
    assert_eq!(
        found,
        [
            "1:10", "2:7", "5:3", "7:5", "9:5", "10:5", "12:9", "13:11", "15:8", "17:16"
        ],
        "{}",
        told.stderr
    );
    assert!(told.stderr.ends_with("\n10 errors\n"), "{}", told.stderr);
    assert_eq!(names(&workspace.path("")), ["context"]);

    let same = run(&mut workspace.command(&["validate", "--format", "json", "context"])).expect(1);
    let json: Value = serde_json::from_str(&same.stdout).unwrap();
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 10);
    assert_eq!(names(&workspace.path("")), ["context"]);
}

#[test]
fn missing_inputs_are_told_with_their_places() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nsteps:\n  - copy: one\n    to: /1\n  - copy: two\n    to: /2\n",
    );
    let told = workspace.build(&["-o", "oci:out"]).expect(1).stderr;
    assert!(told.contains("recipe.yaml:4:11"), "{told}");
    assert!(told.contains("recipe.yaml:6:11"), "{told}");
    assert!(told.ends_with("\n2 errors\n"), "{told}");
    assert_eq!(names(&workspace.path("")), ["context"]);
}

#[test]
fn a_wrong_command_line_is_2() {
    let workspace = Workspace::with(WRITE);
    for arguments in [
        &["biuld"][..],
        &["build", "--tag"],
        &["build", "context", "-o", "nowhere"],
        &["build", "context", "-o", "dir:place"],
        &["build", "context", "--tag", "a b"],
        &["build", "context", "--threads", "0"],
        &["inspect"],
    ] {
        let told = run(&mut workspace.command(arguments)).expect(2);
        assert_eq!(told.stdout, "", "{arguments:?}");
        assert!(told.stderr.contains("error:"), "{told:?}");
    }
    assert_eq!(names(&workspace.path("")), ["context"]);
}

#[test]
fn what_the_disk_refuses_is_5() {
    let workspace = Workspace::with(WRITE);
    fs::write(workspace.path("file"), "").unwrap();
    for arguments in [
        &["build", "nowhere"][..],
        &["build", "context", "-o", "oci:file/out"],
        &["build", "context", "-o", "oci:context"],
        &["build", "context", "--cache-dir", "file"],
        &["inspect", "oci:nowhere"],
    ] {
        let told = run(&mut workspace.command(arguments)).expect(5);
        assert_eq!(told.stdout, "", "{arguments:?}");
        assert!(told.stderr.contains("error: "), "{told:?}");
    }
}

#[test]
fn plans_are_what_their_files_say() {
    let workspace = Workspace::new();
    for (recipe, context, file) in [
        ("specs/hello", "specs/hello", "hello"),
        (
            "tests/plans/every_step",
            "tests/plans/every_step",
            "every_step",
        ),
        (
            "tests/recipes/valid/every_key.yaml",
            "tests/plans/every_key",
            "every_key",
        ),
        (
            "tests/recipes/valid/stages.toml",
            "tests/plans/every_key",
            "stages",
        ),
    ] {
        let (recipe, context) = (project(recipe), project(context));
        let recipe = recipe.to_str().unwrap();
        let context = context.to_str().unwrap();
        let plan = |format| {
            let arguments = ["plan", "--format", format, "--context", context, recipe];
            run(&mut workspace.command(&arguments)).expect(0).stdout
        };
        golden(&format!("plans/{file}.txt"), &plan("text"));
        golden(&format!("plans/{file}.mmd"), &plan("mermaid"));
        // The one thing that is the machine's.
        let mut json: Value = serde_json::from_str(&plan("json")).unwrap();
        json["config"]["architecture"] = "ARCHITECTURE".into();
        json["platform"] = "PLATFORM".into();
        let json = serde_json::to_string_pretty(&json).unwrap();
        golden(&format!("plans/{file}.json"), &format!("{json}\n"));
    }
    assert_eq!(names(&workspace.path("")), ["context"]);
}

#[test]
fn the_plan_of_the_flask_recipe_names_its_steps() {
    if !project("specs/python-flask/repository").is_dir() {
        skipped("specs/python-flask/repository");
        return;
    }
    let workspace = Workspace::new();
    let recipe = project("specs/python-flask");
    let plan = run(&mut workspace.command(&["plan", recipe.to_str().unwrap()])).expect(0);
    let lines: Vec<&str> = plan.stdout.lines().collect();
    assert_eq!(lines[0], "python3-flask-demo: 5 steps from scratch");
    assert!(
        plan.stdout
            .contains("packages: bash coreutils, then python3 python3-pip"),
        "{}",
        plan.stdout
    );
}

/// Mount points below `folder`.
fn mounts_below(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    fs::read_to_string("/proc/self/mountinfo")
        .unwrap()
        .lines()
        .filter(|line| line.contains(folder))
        .map(str::to_owned)
        .collect()
}

/// Processes that have `mark` in their environment or arguments.
pub(crate) fn processes_with(mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(Path::new("/proc")) {
        for file in ["environ", "cmdline"] {
            let text = fs::read(format!("/proc/{name}/{file}")).unwrap_or_default();
            if name.starts_with(|c: char| c.is_ascii_digit())
                && text
                    .windows(mark.len())
                    .any(|window| window == mark.as_bytes())
            {
                found.push(name.clone());
            }
        }
    }
    found
}

#[test]
fn a_failing_run_is_told_and_leaves_nothing() {
    if !require_root() {
        return;
    }
    let workspace = Workspace::with(RUN);
    if !copy_busybox(&workspace) {
        return;
    }
    let told = workspace.build(&["-o", "oci:out"]).expect(3);
    assert_eq!(told.stdout, "");
    for part in [
        "step 2 of 2 failed: run: echo first; echo second >&2; exit 7",
        "exit status 7",
        "| first",
        "| second",
    ] {
        assert!(told.stderr.contains(part), "no `{part}`:\n{}", told.stderr);
    }
    assert!(!workspace.path("out/index.json").exists());
    assert_eq!(names(&workspace.path("out")), Vec::<String>::new());
    assert_eq!(
        names(&workspace.cache().join("drafts")),
        Vec::<String>::new()
    );
    assert_eq!(names(&workspace.cache().join("steps")).len(), 1);
    assert_eq!(mounts_below(&workspace.path("")), Vec::<String>::new());
}

#[test]
fn a_failing_run_leaves_no_process() {
    if !require_root() {
        return;
    }
    let mark = format!("onelayer-mark-{}", std::process::id());
    let workspace = Workspace::with(&format!(
        "
name: x
base: scratch
steps:
  - copy: busybox
    to: /bin/sh
    mode: '0755'
  - run: |
      sh -c 'while true; do sleep 1; done' {mark} &
      trap '' TERM
      exit 9
"
    ));
    if !copy_busybox(&workspace) {
        return;
    }
    let told = workspace.build(&["-o", "oci:out"]).expect(3);
    assert!(told.stderr.contains("exit status 9"), "{}", told.stderr);
    assert_eq!(processes_with(&mark), Vec::<String>::new());
}

#[test]
fn a_failed_build_keeps_the_image_that_was_there() {
    if !require_root() {
        return;
    }
    let workspace = Workspace::with(WRITE);
    if !copy_busybox(&workspace) {
        return;
    }
    workspace.build(&["-o", "oci:out"]).expect(0);
    let before = fs::read(workspace.path("out/index.json")).unwrap();
    let blobs = names(&workspace.path("out/blobs/sha256"));
    workspace.write("recipe.yaml", RUN);
    workspace.build(&["-o", "oci:out"]).expect(3);
    assert_eq!(fs::read(workspace.path("out/index.json")).unwrap(), before);
    assert_eq!(names(&workspace.path("out/blobs/sha256")), blobs);
}

#[test]
fn an_interrupted_build_ends_in_order() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    if !require_root() {
        return;
    }
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let mark = format!("onelayer-{signal}-{}", std::process::id());
        let workspace = Workspace::with(&format!(
            "
name: x
base: scratch
steps:
  - copy: busybox
    to: /bin/sh
    mode: '0755'
  - run: 'echo running {mark}; while true; do true; done'
"
        ));
        if !copy_busybox(&workspace) {
            return;
        }
        let mut command = workspace.command(&["build", "context", "-o", "oci:out"]);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The step has begun when its output is seen.
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        while !told.contains("[2] running") {
            assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "{told}");
        }
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        stderr.read_to_string(&mut told).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{told}");
        assert_eq!(ended.stdout, b"");
        assert_eq!(names(&workspace.path("out")), Vec::<String>::new());
        assert_eq!(
            names(&workspace.cache().join("drafts")),
            Vec::<String>::new()
        );
        assert_eq!(mounts_below(&workspace.path("")), Vec::<String>::new());
        assert_eq!(processes_with(&mark), Vec::<String>::new());
    }
}

#[test]
fn a_timeout_ends_a_run() {
    if !require_root() {
        return;
    }
    let workspace = Workspace::with(
        "
name: x
base: scratch
steps:
  - copy: busybox
    to: /bin/sh
    mode: '0755'
  - run: while true; do true; done
    timeout: 1s
",
    );
    if !copy_busybox(&workspace) {
        return;
    }
    let told = workspace.build(&["-o", "oci:out"]).expect(3);
    assert!(told.stderr.contains("timeout"), "{}", told.stderr);
}
