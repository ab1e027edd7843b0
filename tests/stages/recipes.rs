//! Recipes that start from other recipes.

use std::fs;

use crate::support::workspace::{Workspace, run};

const BASE: &str = "name: base
base: scratch
stages:
  tools:
    base: scratch
    steps:
      - copy: files
        to: /tools
config:
  env: {GREETING: hello}
  user: '65534'
  labels: {kept: 'yes', org.opencontainers.image.title: base}
steps:
  - copy: /tools
    from: stage:tools
    to: /opt
";

/// A workspace with that recipe in `context/base`.
fn workspace(recipe: &str) -> Workspace {
    let workspace = Workspace::with(recipe);
    workspace.write("base/recipe.yaml", BASE);
    workspace.write("base/files/tool", "a tool");
    workspace
}

#[test]
fn a_recipe_starts_from_what_another_one_builds() {
    let workspace = workspace(
        "name: app
base: recipe:base
steps:
  - write: /greeting
    content: ${{ base.env.GREETING }}
    when: base.env.GREETING != ''
",
    );
    let built = workspace.build(&["-o", "oci:out"]);
    assert!(
        built.stderr.contains("[3/3] write: /greeting"),
        "{}",
        built.stderr
    );
    built.expect(0);
    let root = workspace.unpack("out", "latest");
    assert_eq!(fs::read_to_string(root.join("opt/tool")).unwrap(), "a tool");
    assert_eq!(fs::read_to_string(root.join("greeting")).unwrap(), "hello");
    let inspect = ["inspect", "--format", "json", "oci:out"];
    let seen = run(&mut workspace.command(&inspect)).expect(0).stdout;
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["config"]["user"], "65534");
    assert_eq!(seen["config"]["env"]["GREETING"], "hello");
    let labels = serde_json::json!({"kept": "yes"});
    assert_eq!(seen["config"]["labels"], labels);
}

#[test]
fn it_is_built_once_for_all_and_again_when_it_changes() {
    let stages = "name: app
base: recipe:base
stages:
  one: {base: 'recipe:base', steps: [{write: /one, content: '1'}]}
  two: {base: 'recipe:./base/recipe.yaml', steps: [{write: /two, content: '2'}]}
steps:
  - {copy: /one, from: 'stage:one', to: /one}
  - {copy: /two, from: 'stage:two', to: /two}
";
    let workspace = workspace(stages);
    let built = workspace.build(&["-o", "oci:out"]);
    let made = built
        .stderr
        .lines()
        .filter(|line| line.ends_with(" s") && line.contains("done"));
    // Two steps of the other recipe, one each of the stages, two of the image; the second spelling
    // of the path finds what the first has made.
    assert_eq!(made.count(), 6, "{}", built.stderr);
    let first = built.digest();
    let again = workspace.build(&["-o", "oci:out"]);
    assert!(!again.stderr.contains("done: 0"), "{}", again.stderr);
    assert_eq!(again.digest(), first);
    workspace.write("base/files/tool", "another tool");
    assert_ne!(workspace.build(&["-o", "oci:out"]).digest(), first);
}

#[test]
fn what_is_wrong_there_is_told_there() {
    let workspace = workspace("name: app\nbase: recipe:base\nsteps: [{directory: /d}]\n");
    workspace.write("base/recipe.yaml", "name: base\nbase: scratch\nstep: []\n");
    let refused = workspace.build(&["-o", "oci:out"]).expect(1);
    assert!(
        refused.stderr.contains("base/recipe.yaml:3:1"),
        "{}",
        refused.stderr
    );
    workspace.write(
        "base/recipe.yaml",
        "name: base\nbase: scratch\npackages: {upgrade: true}\nsteps: [{directory: /d}]\n",
    );
    let refused = workspace.build(&["-o", "oci:out"]).expect(1);
    assert!(
        refused.stderr.contains("not-carried-out"),
        "{}",
        refused.stderr
    );
    workspace.write("base/recipe.yaml", "name: base\nbase: recipe:..\n");
    let refused = workspace.build(&["-o", "oci:out"]).expect(1);
    assert!(
        refused.stderr.contains("recipe-unusable"),
        "{}",
        refused.stderr
    );
    assert!(!workspace.path("out").exists());
}
