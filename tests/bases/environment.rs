//! What a base says about itself: which part of it an image inherits, and what steps see of it.

use std::fs;

use serde_json::{Value, json};

use super::documents::{refuse, tar};
use super::layout::{CONFIG, LAYER, MANIFEST, blob, digest, document, manifest, publish};
use crate::command_line::copy_busybox;
use crate::support::workspace::{Workspace, require_root, require_tool, run, tool_json};

/// A recipe's folder with an image whose `config` is this, and more of the configuration.
fn with(recipe: &str, config: Value, more: Value) -> Workspace {
    let workspace = Workspace::with(recipe);
    let layout = workspace.context().join("base");
    let mut whole = json!({
        "architecture": "amd64", "os": "linux", "config": config,
        "rootfs": {"type": "layers", "diff_ids": [digest(&tar())]},
    });
    for (key, value) in more.as_object().unwrap() {
        whole[key] = value.clone();
    }
    let config = document(&layout, CONFIG, &whole);
    let layers = [blob(&layout, LAYER, &tar())];
    publish(
        &layout,
        document(&layout, MANIFEST, &manifest(&config, &layers)),
    );
    workspace
}

/// Everything that a configuration can say.
fn full() -> Value {
    json!({
        "User": "ghost:70000",
        "Env": ["PATH=/own/bin", "A=1", "B=x=y", "A=2"],
        "Entrypoint": ["/own/bin/program", "--flag"],
        "Cmd": ["argument"],
        "WorkingDir": "/work",
        "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
        "Volumes": {"/data": {}},
        "Labels": {"own": "label", "org.opencontainers.image.title": "base"},
        "StopSignal": "SIGINT",
        "Healthcheck": {
            "Test": ["CMD", "true"], "Interval": 1_500_000_000_u64, "Timeout": 0, "Retries": 3,
        },
    })
}

/// What a docker archive's image says about itself.
#[track_caller]
fn built(workspace: &Workspace) -> (Value, Value) {
    workspace.build(&["-o", "docker-archive:out.tar"]).expect(0);
    let words = ["inspect", "--format", "json", "docker-archive:out.tar"];
    let shown = tool_json(&mut workspace.command(&words));
    fs::remove_file(workspace.path("out.tar")).unwrap();
    (shown["config"].clone(), shown["author"].clone())
}

const DOCKER: &str = "name: x\nbase: oci:base:t\noutput: {format: docker}\n";

/// The same as `full` says it, in the words of `inspect`.
fn shown() -> Value {
    json!({
        "user": "ghost:70000",
        "env": {"PATH": "/own/bin", "A": "2", "B": "x=y"},
        "entrypoint": ["/own/bin/program", "--flag"],
        "cmd": ["argument"],
        "working_dir": "/work",
        "exposed_ports": ["53/udp", "80/tcp"],
        "volumes": ["/data"],
        "labels": {"own": "label"},
        "stop_signal": "SIGINT",
        "healthcheck": {"test": ["CMD", "true"], "interval": 2_000_000_000_u64, "retries": 3},
    })
}

#[test]
fn an_image_inherits_what_the_recipe_asks_for() {
    let keys = [
        ("user", "user"),
        ("env", "env"),
        ("entrypoint", "entrypoint"),
        ("cmd", "cmd"),
        ("workdir", "working_dir"),
        ("exposed_ports", "exposed_ports"),
        ("volumes", "volumes"),
        ("labels", "labels"),
        ("stop_signal", "stop_signal"),
        ("healthcheck", "healthcheck"),
        ("author", ""),
    ];
    let workspace = with(DOCKER, full(), json!({"author": "who made the base"}));
    let inheriting = |what: &str| {
        let recipe = format!("{DOCKER}config: {{inherit: {what}}}\n");
        workspace.write("recipe.yaml", &recipe);
        built(&workspace)
    };
    let author = json!("who made the base");
    assert_eq!(built(&workspace), (shown(), author.clone()));
    assert_eq!(inheriting("all"), (shown(), author.clone()));
    assert_eq!(inheriting("none"), (json!({}), Value::Null));
    assert_eq!(inheriting("[]"), (json!({}), Value::Null));
    for (key, name) in keys {
        let mut expected = json!({});
        let mut by = Value::Null;
        match name {
            "" => by = author.clone(),
            // Who asks for labels by name gets all of them.
            "labels" => expected[name] = full()["Labels"].clone(),
            name => expected[name] = shown()[name].clone(),
        }
        assert_eq!(inheriting(&format!("[{key}]")), (expected, by), "{key}");
    }
}

#[test]
fn what_a_recipe_says_is_added_or_comes_instead() {
    for (said, changed) in [
        (
            "env: {A: null, C: '3', B: new}",
            json!({"env": {"PATH": "/own/bin", "B": "new", "C": "3"}}),
        ),
        (
            "labels: {own: {unset: true}, more: m}",
            json!({"labels": {"more": "m"}}),
        ),
        (
            "exposed_ports: [80, 443]",
            json!({"exposed_ports": ["443/tcp", "53/udp", "80/tcp"]}),
        ),
        ("volumes: [/more]", json!({"volumes": ["/data", "/more"]})),
        ("cmd: [other]", json!({"cmd": ["other"]})),
        // Arguments were meant for the program.
        (
            "entrypoint: [/other]",
            json!({"entrypoint": ["/other"], "cmd": null}),
        ),
        (
            "entrypoint: [/other], cmd: [own]",
            json!({"entrypoint": ["/other"], "cmd": ["own"]}),
        ),
        ("user: '5:6'", json!({"user": "5:6"})),
        ("workdir: /other", json!({"working_dir": "/other"})),
        ("stop_signal: SIGTERM", json!({"stop_signal": "SIGTERM"})),
        (
            "healthcheck: {test: [sh], interval: 10s}",
            json!({"healthcheck": {"test": ["CMD", "sh"], "interval": 10_000_000_000_u64}}),
        ),
    ] {
        let recipe = format!("{DOCKER}config: {{{said}}}\n");
        let mut expected = shown();
        for (key, value) in changed.as_object().unwrap() {
            match value {
                Value::Null => drop(expected.as_object_mut().unwrap().remove(key)),
                value => expected[key] = value.clone(),
            }
        }
        assert_eq!(
            built(&with(&recipe, full(), json!({}))).0,
            expected,
            "{said}"
        );
    }
}

#[test]
fn steps_see_the_environment_and_nothing_else() {
    if !require_root() {
        return;
    }
    let recipe = "
name: x
base: oci:base:t
steps:
  - write: /seen
    content: ${{ base.env.A }} of ${{ base.env.PATH }}
  - copy: busybox
    to: /own/bin/sh
    mode: '0755'
  - copy: busybox
    to: /own/bin/cat
    mode: '0755'
  - copy: busybox
    to: /bin/sh
    mode: '0755'
  - run: echo \"$A $B $PATH $HOME $(pwd)\" >/ran; cat /seen /ran >/both
  - run: echo \"$A\" >/other
    env: {A: own}
config: {user: '0'}
";
    let workspace = with(recipe, full(), json!({}));
    if !copy_busybox(&workspace) || !require_tool("umoci") {
        return;
    }
    workspace.build(&["-o", "oci:out"]).expect(0);
    let root = workspace.unpack("out", "latest");
    let text = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    // Neither user nor folder of the base are those of steps.
    assert_eq!(text("both"), "2 of /own/bin2 x=y /own/bin /root /\n");
    assert_eq!(text("other"), "own\n");
}

#[test]
fn a_variable_that_the_base_does_not_set_is_told() {
    for (config, name) in [
        (json!({}), "A"),
        (json!({"Env": null}), "A"),
        (json!({"Env": ["AB=1", "=A"]}), "A"),
    ] {
        let recipe = format!(
            "name: x\nbase: oci:base:t\nsteps:\n  - write: /a\n    content: ${{{{ base.env.{name} }}}}\n"
        );
        let workspace = with(&recipe, config, json!({}));
        let parts = ["unknown-variable", "has no variable `A`", "help: "];
        refuse(&workspace, name, 1, &parts);
    }
}

/// What is odd is kept as it is, or left out where nothing could use it; a terminal sees none of it.
#[test]
fn odd_configurations_do_no_harm() {
    let control = "\u{1b}[2J\u{7}\r\u{9b}31m";
    let null = json!({
        "User": null, "Env": null, "Entrypoint": null, "Cmd": null, "WorkingDir": null,
        "ExposedPorts": null, "Volumes": null, "Labels": null, "StopSignal": null,
        "Healthcheck": null,
    });
    let giant = "x".repeat(1 << 20);
    for (what, config, expected) in [
        ("nothing", json!(null), json!({})),
        ("all of it null", null, json!({})),
        (
            "all of it empty",
            json!({"User": "", "Env": [], "WorkingDir": "", "ExposedPorts": {}, "Labels": {}}),
            json!({}),
        ),
        (
            "an environment of no variables",
            json!({"Env": ["LONE", "=value", "", "A\u{0}=1", "B=\u{0}", "C="]}),
            json!({"env": {"LONE": "", "C": ""}}),
        ),
        (
            "control characters",
            json!({
                "Env": [format!("A{control}=b{control}")], "User": control,
                "Labels": {control: control}, "Entrypoint": [control], "Cmd": [control],
                "WorkingDir": control, "Volumes": {control: {}}, "StopSignal": control,
                "ExposedPorts": {control: {}},
            }),
            json!({
                "env": {format!("A{control}"): format!("b{control}")}, "user": control,
                "labels": {control: control}, "entrypoint": [control], "cmd": [control],
                "working_dir": control, "volumes": [control], "stop_signal": control,
                "exposed_ports": [control],
            }),
        ),
        (
            "a giant label",
            json!({"Labels": {"l": giant}}),
            json!({"labels": {"l": giant}}),
        ),
        (
            "a user that no system has",
            json!({"User": "4294967296:-1", "WorkingDir": "../../etc"}),
            json!({"user": "4294967296:-1", "working_dir": "../../etc"}),
        ),
    ] {
        let more = json!({
            "author": control,
            "created": control,
            "history": [{"created_by": control}, {"comment": control}, {"empty_layer": true}],
        });
        let workspace = with(DOCKER, config, more);
        let found = built(&workspace);
        assert_eq!(found, (expected, json!(control)), "{what}");
        for words in [
            &["plan", "context"][..],
            &["inspect", "oci:context/base:t"],
            &[
                "build",
                "context",
                "-o",
                "oci-archive:x.tar",
                "--progress",
                "plain",
            ],
        ] {
            let told = run(&mut workspace.command(words));
            let text = told.stdout + &told.stderr;
            let is_bad = |c: char| c.is_control() && c != '\n';
            assert!(!text.contains(is_bad), "{what}: {words:?}: {text:?}");
        }
    }
}

#[test]
fn configurations_of_another_shape_are_refused() {
    for config in [
        json!({"Env": {"A": "b"}}),
        json!({"Env": [1]}),
        json!({"Labels": ["a"]}),
        json!({"Entrypoint": "sh"}),
        json!({"User": 0}),
        json!({"Healthcheck": {"Test": "true"}}),
        json!({"Healthcheck": {"Interval": -1}}),
        json!([]),
        json!("x"),
    ] {
        let what = config.to_string();
        let workspace = with(DOCKER, config, json!({}));
        let parts = ["`base`", "the configuration is not valid", "help: "];
        refuse(&workspace, &what, 5, &parts);
    }
}

#[test]
fn the_history_tells_of_every_layer_whatever_the_base_says() {
    let recipe = "name: x\nbase: oci:base:t\noutput: {layers: on-base}\n";
    let empty = json!({"created_by": "ENV", "empty_layer": true});
    let layer = json!({"created_by": "COPY"});
    for (what, told, expected) in [
        ("none", json!(null), vec![Value::Null, Value::Null]),
        ("an empty list", json!([]), vec![Value::Null, Value::Null]),
        (
            "one too many",
            json!([layer, empty, layer]),
            vec![Value::Null, Value::Null],
        ),
        (
            "as many",
            json!([empty, layer, empty]),
            vec![json!("ENV"), json!("COPY"), json!("ENV"), Value::Null],
        ),
    ] {
        let workspace = with(recipe, json!({}), json!({"history": told}));
        workspace.build(&["-o", "oci:out"]).expect(0);
        let words = ["inspect", "--format", "json", "oci:out"];
        let shown = tool_json(&mut workspace.command(&words));
        let lines = shown["history"].as_array().unwrap().iter();
        let lines: Vec<Value> = lines.map(|line| line["created_by"].clone()).collect();
        assert_eq!(lines, expected, "{what}: {shown}");
    }
}
