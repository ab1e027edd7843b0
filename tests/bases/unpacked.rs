//! What another tool makes of an image.

use std::process::Command;

use crate::support::listing::{Listing, differences, list};
use crate::support::workspace::{Workspace, tool};

/// What umoci unpacks from an image, without the times of directories: those change with what is
/// written in them, and a layer need not name them.
pub(crate) fn unpacked(workspace: &Workspace, layout: &str) -> Listing {
    let name = layout.rsplit('/').next().unwrap();
    let root = workspace.path(&format!("root-{}", name.replace(':', "-")));
    let image = workspace.path(layout).display().to_string();
    tool((Command::new("umoci").args(["raw", "unpack", "--image", &image])).arg(&root));
    let timeless = |line: String| match line.strip_prefix("Directory ") {
        Some(rest) => {
            let mut words: Vec<&str> = rest.split(' ').collect();
            words.remove(2);
            format!("Directory {}", words.join(" "))
        }
        None => line,
    };
    let found = list(&root).into_iter();
    found.map(|(path, line)| (path, timeless(line))).collect()
}

/// Fails unless two roots are the same.
#[track_caller]
pub(crate) fn assert_same(what: &str, expected: &Listing, found: &Listing) {
    let different = differences(expected, found);
    assert!(different.is_empty(), "{what}:\n{different}");
}
