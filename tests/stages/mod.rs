//! Stages, conditions and arguments, from the command line to the image.

mod arguments;
mod inputs;
mod refusals;
mod side_by_side;

use std::fs;

use serde_json::Value;

use super::support::workspace::{Workspace, run, tool_json};
use super::support::{require_root, require_tool};

/// The configuration of an image in the layout `out`.
pub(crate) fn config(workspace: &Workspace, layout: &str, tag: &str) -> Value {
    let image = format!("{}:{tag}", workspace.layout(layout));
    let inspect = ["inspect", "--format", "json", image.as_str()];
    tool_json(&mut workspace.command(&inspect))["config"].clone()
}

pub(crate) const STAGES: &str = r#"
name: stages
args:
  VERSION: "1.0"
  FLAVOUR: {default: small, options: [small, large]}
base: stage:runtime
stages:
  build:
    base: scratch
    steps:
      - write: /out/bin/app
        content: app ${{ args.VERSION }}
        mode: "4755"
      - write: /out/share/a.txt
        content: a
      - write: /out/share/deep/b.txt
        content: b
      - write: /out/share/deep/c.pyc
        content: c
      - link: /out/share/link
        target: deep/b.txt
      - link: /latest
        target: out/share
      - directory: /out/empty
        mode: "0700"
  runtime:
    base: scratch
    steps:
      - write: /etc/release
        content: runtime
    config:
      env: {PATH: /usr/bin, GONE: x}
      labels: {org.opencontainers.image.title: runtime, kept: "yes", gone: "yes"}
      cmd: [/etc/release]
      exposed_ports: [80]
  unused:
    base: scratch
    steps:
      - copy: missing
        to: /missing
steps:
  - copy: /out/bin/app
    from: stage:build
    to: /usr/bin/
  - copy: /out/bin/app
    from: stage:build
    to: /usr/bin/kept
    mode: keep
  - copy: latest
    from: stage:build
    to: /srv
    exclude: ["**/*.pyc"]
  - copy: /out/share/*.txt
    from: stage:build
    to: /globbed/
    owner: "7:8"
    mode: "0600"
  - copy: /out
    from: stage:build
    to: /all
    follow_links: true
    directory_mode: keep
  - write: /etc/large
    content: large
    when: args.FLAVOUR == "large"
  - write: /etc/small
    content: small in ${{ base.env.PATH }}
    when: args.FLAVOUR != "large" and not (platform.os != "linux")
config:
  env: {GONE: null, VERSION: "${{ args.VERSION }}"}
  labels: {gone: {unset: true}}
  entrypoint: [/usr/bin/app]
"#;

#[test]
fn an_image_takes_from_its_stages_what_the_recipe_says() {
    if !require_tool("umoci") || !require_root() {
        return;
    }
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let workspace = Workspace::with(STAGES);
    let built = workspace.build(&["-o", "oci:out"]).expect(0);
    assert!(!built.stderr.contains("/missing"), "{}", built.stderr);
    let root = workspace.unpack("out", "latest");
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let mode = |path: &str| {
        fs::symlink_metadata(root.join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777
    };
    assert_eq!(text("etc/release"), "runtime");
    assert_eq!(text("usr/bin/app"), "app 1.0");
    assert_eq!((mode("usr/bin/app"), mode("usr/bin/kept")), (0o755, 0o4755));
    // The source itself is followed, what is in it is not.
    assert_eq!(text("srv/a.txt"), "a");
    assert_eq!(text("srv/deep/b.txt"), "b");
    assert_eq!(
        fs::read_link(root.join("srv/link")).unwrap().to_str(),
        Some("deep/b.txt")
    );
    assert!(!root.join("srv/deep/c.pyc").exists());
    let globbed = fs::metadata(root.join("globbed/a.txt")).unwrap();
    assert_eq!(
        (globbed.uid(), globbed.gid(), mode("globbed/a.txt")),
        (7, 8, 0o600)
    );
    assert!(!root.join("globbed/deep").exists());
    assert_eq!(text("all/share/link"), "b");
    assert!(!root.join("all/share/link").is_symlink());
    assert_eq!(
        (mode("all"), mode("all/empty"), mode("all/bin")),
        (0o755, 0o700, 0o755)
    );
    assert_eq!(text("etc/small"), "small in /usr/bin");
    assert!(!root.join("etc/large").exists());
    assert!(!root.join("out").exists());
    let config = config(&workspace, "out", "latest");
    assert_eq!(
        config["env"],
        serde_json::json!({ "PATH": "/usr/bin", "VERSION": "1.0" })
    );
    assert_eq!(config["labels"], serde_json::json!({ "kept": "yes" }));
    assert_eq!(config["entrypoint"], serde_json::json!(["/usr/bin/app"]));
    // The base's arguments belong to the base's program.
    assert_eq!(config["cmd"], Value::Null);
    assert_eq!(config["exposed_ports"], serde_json::json!(["80/tcp"]));
}

#[test]
fn a_stage_can_be_the_target() {
    let workspace = Workspace::with(STAGES);
    workspace
        .build(&["-o", "oci:out", "--target", "runtime"])
        .expect(0);
    let config = config(&workspace, "out", "latest");
    assert_eq!(config["cmd"], serde_json::json!(["/etc/release"]));
    assert_eq!(
        config["labels"]["org.opencontainers.image.title"],
        "runtime"
    );
    let planned = [
        "plan",
        "context",
        "--target",
        "unused",
        "--deny",
        "unused-stage",
    ];
    let planned = run(&mut workspace.command(&planned)).stderr;
    assert!(!planned.contains("unused-stage"), "{planned}");
    let unknown = workspace.build(&["--target", "runtim"]).expect(2);
    assert!(
        unknown
            .stderr
            .contains("write `--target runtime` if that is meant"),
        "{}",
        unknown.stderr
    );
    // A stage that is not needed is not even looked at, until it is the target.
    let missing = workspace.build(&["--target", "unused"]).expect(1);
    assert!(
        missing.stderr.contains("input-missing"),
        "{}",
        missing.stderr
    );
}

#[test]
fn keys_of_steps_know_what_a_stage_is_and_not_what_it_is_called() {
    let recipe = |name: &str, content: &str| {
        format!(
            r#"
name: {name}
base: scratch
stages:
  {name}:
    base: scratch
    steps:
      - write: /a
        content: {content}
        name: {name}
steps:
  - copy: /a
    from: stage:{name}
    to: /b
  - packages: {{run_in: stage:{name}, install: [bash], repositories: [{{id: a, mirrorlist: "https://x/", gpgcheck: false}}]}}
  - run: /b
    mounts:
      - bind: /a
        from: stage:{name}
        target: /mnt
config: {{cmd: ["{name}"]}}
"#
        )
    };
    let keys = |recipe: &str| {
        let workspace = Workspace::with(recipe);
        let plan = ["plan", "context", "--format", "json"];
        let plan = tool_json(&mut workspace.command(&plan));
        let keys = |steps: &Value| -> Vec<Value> {
            let steps = steps.as_array().unwrap().iter();
            steps.map(|step| step["key"].clone()).collect()
        };
        [keys(&plan["stages"][0]["steps"]), keys(&plan["steps"])].concat()
    };
    let one = keys(&recipe("one", "a"));
    assert_eq!(one.len(), 4);
    assert_eq!(keys(&recipe("two", "a")), one);
    let other = keys(&recipe("one", "b"));
    assert!(one.iter().zip(other).all(|(one, other)| *one != other));
}

#[test]
fn arguments_of_the_base_come_with_another_program_only_if_asked_for() {
    for (inherit, cmd) in [
        ("all", Value::Null),
        ("[env]", Value::Null),
        ("[cmd]", serde_json::json!(["--help"])),
    ] {
        let workspace = Workspace::with(&format!(
            "name: x\nbase: stage:a\nstages:\n  a:\n    base: scratch\n    config: {{cmd: [--help]}}\nsteps:\n  \
             - write: /a\n    content: a\nconfig: {{entrypoint: [/a], inherit: {inherit}}}\n"
        ));
        let plan = ["plan", "context", "--format", "json"];
        let plan = tool_json(&mut workspace.command(&plan));
        assert_eq!(plan["config"]["cmd"], cmd, "{inherit}");
    }
}
