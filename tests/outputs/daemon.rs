//! A running docker.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::dockerd::Dockerd;
use crate::support::workspace::{Workspace, require_tool, run, tool};
use crate::support::{LONG, within};

use super::{RECIPE, config_digest};

#[test]
fn docker_has_the_image_under_every_name() {
    let _engines = crate::support::engines_mount();
    let Some(daemon) = Dockerd::start() else {
        return;
    };
    let workspace = Workspace::with(RECIPE);
    let outputs = [
        "-o",
        "docker-daemon:demo",
        "-o",
        "docker-daemon:x.example/other:9",
        "-o",
        "docker-archive:d.tar:archived:1",
        "-o",
        "oci:out",
    ];
    let arguments = [&["build", "context"], &outputs[..]].concat();
    let temporary = workspace.path("tmp");
    fs::create_dir(&temporary).unwrap();
    let built = run(workspace
        .command(&arguments)
        .env("DOCKER_HOST", daemon.host())
        .env("TMPDIR", &temporary))
    .expect(0);
    let first = built.stdout.lines().next().unwrap();
    assert!(first.starts_with("docker-daemon:docker.io/library/demo:1@sha256:"));
    super::assert_holds(&temporary, &[]);

    let config = config_digest(&workspace, "out");
    let archive = workspace.path("d.tar").display().to_string();
    tool(&mut daemon.docker(&["load", "--quiet", "--input", &archive]));
    for name in ["demo:1", "demo:two", "x.example/other:9", "archived:1"] {
        let id = tool(&mut daemon.docker(&["image", "inspect", "--format", "{{.Id}}", name]));
        assert_eq!(id.trim(), config, "{name}");
    }
    // What is in it is what was built.
    let saved = workspace.path("saved.tar").display().to_string();
    tool(&mut daemon.docker(&["save", "--output", &saved, "demo:1"]));
    let mut layer = Command::new("sh");
    layer.args([
        "-c",
        "tar -xOf \"$0\" --wildcards '*/layer.tar' | tar -xO message",
        &saved,
    ]);
    assert_eq!(tool(&mut layer), "from the layer");
    containerd_imports(&daemon, &archive);
    docker_knows_the_health_check(&daemon);
}

/// Later dockers keep images in containerd alone, which has a reader of its own.
fn containerd_imports(daemon: &Dockerd, archive: &str) {
    if !require_tool("ctr") {
        return;
    }
    let socket = daemon.path("exec/containerd/containerd.sock");
    let ctr = |arguments: &[&str]| {
        let mut command = Command::new("ctr");
        tool(command.arg("--address").arg(&socket).args(arguments))
    };
    ctr(&["images", "import", archive]);
    let names = ctr(&["images", "ls", "--quiet"]);
    assert_eq!(names.trim(), "docker.io/library/archived:1");
}

fn docker_knows_the_health_check(daemon: &Dockerd) {
    let workspace = Workspace::with(super::docker_format::RECIPE);
    let mut build = workspace.command(&["build", "context", "-o", "docker-daemon:checked"]);
    run(build.env("DOCKER_HOST", daemon.host())).expect(0);
    let format = "{{.Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}}";
    let image = ["image", "inspect", "--format", format, "checked"];
    assert_eq!(
        tool(&mut daemon.docker(&image)).trim(),
        "[CMD /check now] 1m30s"
    );
}

#[test]
fn a_host_without_docker_is_told_before_any_work() {
    let workspace = Workspace::with(RECIPE);
    let mut command = workspace.command(&["build", "context", "-o", "docker-daemon:x"]);
    let told = run(command.env("PATH", workspace.path("nothing"))).expect(4);
    for part in ["without the program `docker`", "help: install docker"] {
        assert!(told.stderr.contains(part), "{}", told.stderr);
    }
    super::assert_holds(&workspace.path(""), &["context"]);
}

/// A program called `docker` that is a shell script.
fn stand_in(workspace: &Workspace, script: &str) -> PathBuf {
    let tools = workspace.path("tools");
    fs::create_dir(&tools).unwrap();
    // Written by another process: a file that this one has open for writing, or a child that another
    // test has just forked, cannot be run.
    let mut write = Command::new("sh");
    write.args([
        "-c",
        "printf '#!/bin/sh\n%s\n' \"$1\" > \"$0\" && chmod 755 \"$0\"",
    ]);
    tool(write.arg(tools.join("docker")).arg(script));
    tools
}

#[test]
fn a_docker_that_does_not_answer_is_told_before_any_work() {
    let workspace = Workspace::with(RECIPE);
    let script = "printf 'nobody \\033[1mhere\\n' >&2; exit 1";
    let tools = stand_in(&workspace, script);
    let mut command = workspace.command(&["build", "context", "-o", "docker-daemon:x"]);
    let told = run(command.env("PATH", tools)).expect(4);
    for part in [
        "finds no running docker: nobody  [1mhere",
        "help: start docker",
    ] {
        assert!(told.stderr.contains(part), "{}", told.stderr);
    }
    super::assert_holds(&workspace.path(""), &["context", "tools"]);
}

#[test]
fn an_interrupt_ends_the_tool() {
    let workspace = Workspace::with(RECIPE);
    let script = "
        case $1 in version) exit 0 ;; esac
        trap 'echo ended > \"$MARKS/ended\"; exit 1' TERM
        echo $$ > \"$MARKS/begun\"
        cat > \"$MARKS/input\"
        while :; do /bin/sleep 0.05; done";
    let tools = stand_in(&workspace, script);
    let marks = workspace.path("marks");
    fs::create_dir(&marks).unwrap();
    let temporary = workspace.path("tmp");
    fs::create_dir(&temporary).unwrap();
    let outputs = ["build", "context", "-o", "docker-daemon:x", "-o", "oci:out"];
    let mut child = workspace
        .command(&outputs)
        .env("PATH", format!("{}:/bin", tools.display()))
        .env("MARKS", &marks)
        .env("TMPDIR", &temporary)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let loads = within(LONG, || marks.join("input").exists());
    assert!(loads, "never loaded");
    let number = child.id().to_string();
    tool(Command::new("kill").args(["-INT", &number]));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // Its standard input was closed, it was asked to end, and no output shows anything.
    super::assert_holds(&marks, &["begun", "ended", "input"]);
    assert_eq!(fs::read(marks.join("input")).unwrap(), b"");
    assert!(!workspace.path("out/index.json").exists());
    super::assert_holds(&temporary, &[]);
}
