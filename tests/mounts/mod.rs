//! What commands see besides the root: each kind of mount, with what may go wrong.

mod bind;
mod cache;
mod hostile;
mod options;
mod secret;
mod tmpfs;
mod traces;

use std::fs;
use std::path::Path;

use crate::command_line::copy_busybox;
use crate::support::workspace::{Workspace, require_root, require_tool};

/// A workspace whose root has a shell, and whose other steps are `steps`. `None` where no command
/// can be run.
fn with_shell(steps: &str) -> Option<Workspace> {
    if !require_root() || !require_tool("umoci") {
        return None;
    }
    let workspace = Workspace::new();
    rewrite(&workspace, steps);
    copy_busybox(&workspace).then_some(workspace)
}

/// Gives the recipe other steps.
fn rewrite(workspace: &Workspace, steps: &str) {
    let recipe = format!(
        "name: x\nbase: scratch\nsteps:\n  - copy: busybox\n    to: /bin/sh\n    mode: '0755'\n{steps}"
    );
    workspace.write("recipe.yaml", &recipe);
}

/// Builds and gives the text of `/seen` in the image.
#[track_caller]
fn seen(workspace: &Workspace, options: &[&str]) -> String {
    let options = [&["-o", "oci:out"], options].concat();
    workspace.build(&options).expect(0);
    let root = unpacked(workspace);
    fs::read_to_string(root.join("seen")).unwrap()
}

/// The root of the image that was built last.
fn unpacked(workspace: &Workspace) -> std::path::PathBuf {
    let _ = fs::remove_dir_all(workspace.path("bundle-out-latest"));
    workspace.unpack("out", "latest")
}

/// Everything in a root, without the shell.
fn listing(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.symlink_metadata().unwrap().is_dir() {
                left.push(path.clone());
            }
            let path = path.strip_prefix(root).unwrap().to_str().unwrap();
            found.push(path.to_owned());
        }
    }
    found.retain(|path| !path.starts_with("bin"));
    found.sort();
    found
}
