//! Which steps run again.

use std::fs::File;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use crate::support::workspace::tool;

use super::{RECIPE, build, workspace};

#[test]
fn a_changed_step_runs_again_with_what_follows_it() {
    let workspace = workspace();
    let (ran, first) = build(&workspace, &[]);
    assert_eq!(ran, [1, 2, 3]);
    assert_eq!(build(&workspace, &[]), (vec![], first.clone()));

    workspace.write("recipe.yaml", &RECIPE.replace("'1'", "'2'"));
    let (ran, changed) = build(&workspace, &[]);
    assert_eq!(ran, [2, 3]);
    assert_ne!(changed, first);

    workspace.write("app/app.py", "print(2)\n");
    assert_eq!(build(&workspace, &[]).0, [1, 2, 3]);
    workspace.write("app/app.py", "print()\n");
    workspace.write("recipe.yaml", RECIPE);
    assert_eq!(build(&workspace, &[]), (vec![], first));
}

#[test]
fn times_comments_and_the_order_of_keys_change_nothing() {
    let workspace = workspace();
    let (_, first) = build(&workspace, &[]);
    let past = UNIX_EPOCH + Duration::from_secs(onelayer::store::now() - (1 << 30));
    let file = File::options()
        .write(true)
        .open(workspace.context().join("app/app.py"));
    file.unwrap().set_modified(past).unwrap();
    let other = RECIPE
        .replace(
            "  - copy: app\n    to: /app",
            "  # the program\n  - to: /app\n    copy: app",
        )
        .replace("name: kept\nbase: scratch\n", "base: scratch\nname: kept\n");
    assert_ne!(other, RECIPE);
    workspace.write("recipe.yaml", &other);
    assert_eq!(build(&workspace, &[]), (vec![], first));
}

#[test]
fn a_copy_of_the_store_is_as_good() {
    let workspace = workspace();
    let (_, first) = build(&workspace, &[]);
    // Other inodes, other times of inodes.
    tool(
        Command::new("cp")
            .arg("-a")
            .args([workspace.cache(), workspace.path("copy")]),
    );
    let copy = workspace.path("copy");
    let options = ["--cache-dir", copy.to_str().unwrap()];
    for _ in 0..2 {
        assert_eq!(build(&workspace, &options), (vec![], first.clone()));
    }
}

#[test]
fn a_store_of_an_older_layout_is_used_and_one_of_a_newer_one_refused() {
    let workspace = workspace();
    let (_, first) = build(&workspace, &[]);
    let version = workspace.cache().join("version");
    std::fs::write(&version, "1\n").unwrap();
    // As layout 1 kept them.
    let old = workspace.cache().join("steps").join("0".repeat(64));
    std::fs::create_dir_all(old.join("upper")).unwrap();
    assert_eq!(build(&workspace, &[]), (vec![], first));
    assert!(!old.exists());
    std::fs::write(&version, "3\n").unwrap();
    let refused = workspace.build(&["-o", "oci:out"]).expect(5);
    assert!(refused.stderr.contains("layout 3"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--cache-dir"), "{}", refused.stderr);
}
