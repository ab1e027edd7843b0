//! Stages, conditions and arguments, from the command line to the image.

use std::fs;

use serde_json::Value;

use super::support::workspace::{Workspace, run, tool_json};
use super::support::{require_root, require_tool};

/// The configuration of an image in the layout `out`.
fn config(workspace: &Workspace, layout: &str, tag: &str) -> Value {
    let image = format!("{}:{tag}", workspace.layout(layout));
    let inspect = ["inspect", "--format", "json", image.as_str()];
    tool_json(&mut workspace.command(&inspect))["config"].clone()
}

const STAGES: &str = r#"
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
fn arguments_choose_and_change_only_what_uses_them() {
    let workspace = Workspace::with(STAGES);
    let small = workspace.build(&["-o", "oci:out"]).digest();
    let again = workspace.build(&["-o", "oci:out", "--set", "FLAVOUR=small"]);
    assert_eq!(again.digest(), small);
    let large = workspace.build(&["-o", "oci:out", "--set", "FLAVOUR=large"]);
    assert!(
        large.stderr.contains("[1] done: cached"),
        "{}",
        large.stderr
    );
    assert!(
        large.stderr.contains("write: /etc/large"),
        "{}",
        large.stderr
    );
    assert_ne!(large.digest(), small);
    let newer = workspace.build(&["-o", "oci:out", "--set", "VERSION=2"]);
    assert_ne!(newer.digest(), small);
    for (set, message) in [
        ("FLAVOUR=huge", "argument `FLAVOUR` cannot be `huge`"),
        ("FLAVUOR=small", "the recipe has no argument `FLAVUOR`"),
    ] {
        let refused = workspace
            .build(&["-o", "oci:never", "--set", set])
            .expect(1);
        assert!(refused.stderr.contains(message), "{}", refused.stderr);
    }
    assert!(workspace.build(&["--set", "FLAVOUR"]).code == Some(2));
    assert!(!workspace.path("never").exists());
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
fn an_argument_that_is_required_must_be_chosen() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nargs: {A: {required: true}}\nsteps:\n  - write: /a\n    content: ${{ args.A }}\n",
    );
    let checked = run(&mut workspace.command(&["validate", "context"])).expect(0);
    assert!(checked.stderr.contains("no problems"), "{}", checked.stderr);
    for command in ["plan", "build"] {
        let refused = run(&mut workspace.command(&[command, "context"])).expect(1);
        assert!(
            refused.stderr.contains("missing-argument"),
            "{}",
            refused.stderr
        );
    }
    workspace
        .build(&["-o", "oci:out", "--set", "A=1"])
        .expect(0);
}

/// Ten stages that take some time each, and an image of them all.
fn many(command: &str) -> String {
    use std::fmt::Write as _;
    let mut recipe = "name: many\nbase: scratch\nstages:\n".to_owned();
    let mut steps = "steps:\n".to_owned();
    for number in 0..10 {
        write!(
            recipe,
            "  s{number}:\n    base: scratch\n    steps:\n      - copy: busybox\n        to: /bin/sh\n        \
             mode: '0755'\n      - run: {command}\n        env: {{NUMBER: {number}}}\n"
        )
        .unwrap();
        write!(
            steps,
            "  - copy: /number\n    from: stage:s{number}\n    to: /n{number}\n"
        )
        .unwrap();
    }
    recipe + &steps
}

#[test]
fn independent_stages_are_made_side_by_side_with_one_result() {
    if !require_root() {
        return;
    }
    let workspace = Workspace::with(&many("echo $NUMBER > /number"));
    if !super::command_line::copy_busybox(&workspace) {
        return;
    }
    let first = workspace.build(&["-o", "oci:one", "--no-cache"]).expect(0);
    // All of them begin alike: the first to come makes that step for the others.
    assert_eq!(
        first.stderr.matches("done: cached").count(),
        9,
        "{}",
        first.stderr
    );
    let first = first.digest();
    for _ in 0..3 {
        assert_eq!(
            workspace.build(&["-o", "oci:two", "--no-cache"]).digest(),
            first
        );
    }
}

#[test]
fn a_failing_stage_stops_the_others_and_is_the_one_that_is_named() {
    if !require_root() {
        return;
    }
    let workspace = Workspace::with(&many("if [ $NUMBER = 0 ]; then exit 7; fi; sleep 60"));
    if !super::command_line::copy_busybox(&workspace) {
        return;
    }
    let started = std::time::Instant::now();
    let failed = workspace.build(&["-o", "oci:out"]).expect(3);
    assert!(failed.stderr.contains("exit status 7"), "{}", failed.stderr);
    // Two of the sleeps in turn would take two minutes.
    assert!(started.elapsed().as_secs() < 50, "{}", failed.stderr);
    assert!(!workspace.path("out").join("index.json").exists());
}

#[test]
fn limits_keep_a_large_image_from_being_written() {
    let recipe = |limits: &str| {
        format!(
            "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\nlimits: {{{limits}}}\n"
        )
    };
    for (limits, message) in [
        (
            "layer_entries: 1",
            "the image has 2 entries, more than the 1 of `limits.layer_entries`",
        ),
        (
            "image_size: 100B",
            "more than the 100 of `limits.image_size`",
        ),
    ] {
        let workspace = Workspace::with(&recipe(limits));
        let refused = workspace.build(&["-o", "oci:out"]).expect(3);
        assert!(refused.stderr.contains(message), "{}", refused.stderr);
        assert!(!workspace.path("out").join("index.json").exists());
    }
    let workspace = Workspace::with(&recipe("image_size: 1MiB, layer_entries: 2"));
    workspace.build(&["-o", "oci:out"]).expect(0);
}

#[test]
fn what_is_not_carried_out_is_refused_before_any_work() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\nchecks:\n  - file: /a\noutput: {compression: zstd}\n",
    );
    run(&mut workspace.command(&["plan", "context"])).expect(0);
    let refused = workspace.build(&["-o", "oci:out"]).expect(1);
    assert_eq!(
        refused.stderr.matches("not-carried-out").count(),
        2,
        "{}",
        refused.stderr
    );
    assert!(!workspace.path("out").exists() && !workspace.cache().exists());
}

#[test]
fn what_is_not_carried_out_may_stand_in_steps_and_stages_that_are_not_made() {
    let workspace = Workspace::with(
        r#"
name: x
base: scratch
args: {MORE: false}
stages:
  more: {base: "docker://x@sha256:0", checks: [{file: /a}]}
steps:
  - write: /a
    content: a
  - packages: {upgrade: true, manager: apt, run_in: "stage:more"}
    when: args.MORE
  - run: make
    mounts: [{tmpfs: /tmp/x}]
    when: args.MORE
  - copy: /a
    from: stage:more
    to: /b
    when: args.MORE
  - copy: missing
    to: /missing
    when: args.MORE
"#,
    );
    workspace.build(&["-o", "oci:out"]).expect(0);
    let refused = run(&mut workspace.command(&["build", "context", "--set", "MORE=true"]));
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
}

#[test]
fn another_platform_needs_no_emulation_where_nothing_runs() {
    let other = if cfg!(target_arch = "aarch64") {
        "amd64"
    } else {
        "arm64"
    };
    let recipe = |step: &str| {
        format!(
            "name: x\nbase: scratch\nplatforms: [linux/{other}]\nsteps:\n  - write: /bin/sh\n    content: ${{{{ platform.arch }}}}\n{step}"
        )
    };
    let workspace = Workspace::with(&recipe(""));
    workspace.build(&["-o", "oci:out"]).expect(0);
    let image = format!("{}:latest", workspace.layout("out"));
    let found = tool_json(&mut workspace.command(&["inspect", "--format", "json", &image]));
    assert_eq!(found["platform"]["architecture"], other, "{found}");
    let workspace = Workspace::with(&recipe("  - run: echo\n"));
    let refused = workspace.build(&["-o", "oci:out"]).expect(1);
    assert!(
        refused.stderr.contains("not-carried-out"),
        "{}",
        refused.stderr
    );
}

#[test]
fn line_ends_of_a_checkout_do_not_matter() {
    let toml = "name = \"x\"\nbase = \"scratch\"\n\n[[steps]]\nwrite = \"/a\"\ncontent = '''\nfirst\nsecond\n'''\n\n\
                [[steps]]\nwrite = \"/b\"\ncontent = \"\"\"\nfirst\\r\nsecond\\u0000\\r\\n\"\"\"\n";
    let yaml = "name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: |\n      first\n      second\n  \
                - write: /b\n    content: \"first\\r\\nsecond\\0\\r\\n\"\n";
    let workspace = Workspace::new();
    let digest = |name: &str, text: &str| {
        workspace.write(name, text);
        let recipe = format!("context/{name}");
        run(&mut workspace.command(&["build", recipe.as_str(), "-o", "oci:out"])).digest()
    };
    let expected = digest("recipe.yaml", yaml);
    assert_eq!(
        digest("windows.yaml", &yaml.replace('\n', "\r\n")),
        expected
    );
    assert_eq!(digest("recipe.toml", toml), expected);
    assert_eq!(
        digest("windows.toml", &toml.replace('\n', "\r\n")),
        expected
    );
}

#[test]
fn what_init_writes_for_editors_is_no_input() {
    let workspace = Workspace::with("name: x\nbase: scratch\nsteps:\n  - copy: .\n    to: /\n");
    let without = workspace.build(&["-o", "oci:out"]).digest();
    workspace.write(".onelayer/recipe.schema.json", "{}");
    assert_eq!(workspace.build(&["-o", "oci:out"]).digest(), without);
    workspace.write(".onelayerignore", "!/.onelayer/\n/.onelayerignore\n");
    assert_ne!(workspace.build(&["-o", "oci:out"]).digest(), without);
}

#[test]
fn a_condition_that_waits_for_an_image_is_not_taken_to_hold() {
    let workspace = Workspace::with(
        "name: x\nbase: docker://x@sha256:0\nsteps:\n  - write: /a\n    content: a\n    when: base.env.A == \"b\"\n  \
         - write: /b\n    content: b\n    when: base.env.A == \"b\" or platform.os == \"linux\"\n",
    );
    run(&mut workspace.command(&["validate", "context"])).expect(0);
    let refused = run(&mut workspace.command(&["plan", "context"])).expect(1);
    assert_eq!(
        refused.stderr.matches("not-carried-out").count(),
        1,
        "{}",
        refused.stderr
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
fn expressions_are_replaced_in_whatever_is_called_like_a_condition() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nargs: {A: text}\nsteps:\n  - write: /a\n    content: a\n    when: args.A == \"text\"\nconfig:\n  labels: {when: \"${{ args.A }}\"}\n",
    );
    workspace.build(&["-o", "oci:out"]).expect(0);
    let config = config(&workspace, "out", "latest");
    assert_eq!(config["labels"]["when"], "text");
}

#[test]
fn an_argument_may_have_the_characters_of_an_expression() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nargs:\n  A: $${{ b }}\n  C: {default: \"$${{\", options: [a, \"$${{\"]}\nsteps:\n  \
         - write: /a\n    content: ${{ args.A }}${{ args.C }}$${{ args.A }}\n",
    );
    let plan = ["plan", "context", "--format", "json"];
    let plan = tool_json(&mut workspace.command(&plan));
    assert_eq!(
        plan["steps"][0]["action"]["content"],
        "${{ b }}${{${{ args.A }}"
    );
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
