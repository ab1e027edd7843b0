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
    timeless(list(&root))
}

/// Without the times of directories.
pub(crate) fn timeless(mut listing: Listing) -> Listing {
    let folders = listing.values_mut();
    for line in folders.filter(|line| line.starts_with("Directory ")) {
        let words: Vec<&str> = line.split(' ').collect();
        *line = [&words[..3], &words[4..]].concat().join(" ");
    }
    listing
}

/// Fails unless two roots are the same.
#[track_caller]
pub(crate) fn assert_same(what: &str, expected: &Listing, found: &Listing) {
    let different = differences(expected, found);
    assert!(different.is_empty(), "{what}:\n{different}");
}
