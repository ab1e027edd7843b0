//! What is kept between builds: taken where it is right, made anew where it is not.

mod damage;
mod reuse;
mod several;
mod upkeep;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::workspace::{Workspace, run};

/// Three steps that need no privilege.
const RECIPE: &str = "name: kept
base: scratch
steps:
  - copy: app
    to: /app
  - write: /etc/version
    content: '1'
  - link: /version
    target: etc/version
";

fn workspace() -> Workspace {
    let workspace = Workspace::with(RECIPE);
    workspace.write("app/app.py", "print()\n");
    workspace.write("app/lib/data", &"data ".repeat(2000));
    workspace
}

/// Builds; which steps ran, and the digest.
#[track_caller]
fn build(workspace: &Workspace, options: &[&str]) -> (Vec<usize>, String) {
    let options = [&["--progress", "json", "-o", "oci:out"], options].concat();
    let built = workspace.build(&options).expect(0);
    let mut ran = Vec::new();
    for line in built.stderr.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["event"] == "step_finished" && event["cached"] == false {
            ran.push(usize::try_from(event["step"].as_u64().unwrap()).unwrap());
        }
    }
    (ran, built.digest())
}

/// `onelayer cache`, as JSON.
#[track_caller]
fn cache(workspace: &Workspace, words: &[&str], code: i32) -> Value {
    let words = [&["cache"], words, &["--format", "json"]].concat();
    let printed = run(&mut workspace.command(&words)).expect(code).stdout;
    serde_json::from_str(&printed).unwrap()
}

/// The folders of all change sets.
fn sets(workspace: &Workspace) -> Vec<PathBuf> {
    let found = fs::read_dir(workspace.cache().join("sets")).unwrap();
    found.map(|set| set.unwrap().path()).collect()
}

/// A path in the change set that has it.
#[track_caller]
fn kept(workspace: &Workspace, path: &str) -> PathBuf {
    let mut places = (sets(workspace).into_iter()).map(|set| set.join("upper").join(path));
    places.find(|path| path.exists()).unwrap()
}
