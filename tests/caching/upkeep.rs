//! `onelayer cache`.

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use crate::support::workspace::run;

use super::{build, cache, sets, workspace};

/// What the steps among the entries are called, in four letters.
fn titles(report: &serde_json::Value) -> Vec<String> {
    let entries = report["entries"].as_array().unwrap().iter();
    let mut titles: Vec<String> = entries
        .filter(|entry| entry["kind"] == "step")
        .map(|entry| entry["title"].as_str().unwrap()[..4].to_owned())
        .collect();
    titles.sort();
    titles
}

#[test]
fn what_is_kept_is_listed() {
    let workspace = workspace();
    assert_eq!(
        cache(&workspace, &["ls"], 0)["entries"],
        serde_json::json!([])
    );
    build(&workspace, &[]);
    let listed = cache(&workspace, &["ls"], 0);
    assert_eq!(titles(&listed), ["copy", "link", "writ"]);
    let entries = listed["entries"].as_array().unwrap();
    let steps = entries.iter().filter(|entry| entry["kind"] == "step");
    let sizes = steps.map(|entry| entry["size"].as_u64().unwrap());
    assert_eq!(sizes.sum::<u64>(), 8 + 10_000 + 1);
    let parts = entries.iter().filter(|entry| entry["kind"] == "layer");
    assert!(parts.count() > 1, "{listed}");
    let recipe = workspace.context().join("recipe.yaml");
    let recipe = std::fs::canonicalize(recipe).unwrap();
    assert_eq!(listed["entries"][0]["recipe"], recipe.to_str().unwrap());
    let text = run(&mut workspace.command(&["cache", "ls"]))
        .expect(0)
        .stdout;
    assert!(
        text.contains("copy: app to /app") && text.contains("total "),
        "{text}"
    );
}

#[test]
fn what_is_old_too_much_or_of_a_recipe_is_pruned() {
    let workspace = workspace();
    let (_, first) = build(&workspace, &[]);
    run(&mut workspace.command(&["cache", "prune"])).expect(2);
    let prune = |words: &[&str]| cache(&workspace, &[&["prune"], words].concat(), 0);
    assert_eq!(titles(&prune(&["--older-than", "7d"])), [] as [String; 0]);
    let week = UNIX_EPOCH + Duration::from_secs(onelayer::store::now() - 8 * 86_400);
    let old = sets(&workspace)
        .into_iter()
        .find(|set| set.join("upper/app").exists());
    let lock = File::options().write(true).open(old.unwrap().join("lock"));
    lock.unwrap().set_modified(week).unwrap();
    assert_eq!(
        titles(&prune(&["--older-than", "7d", "--dry-run"])),
        ["copy"]
    );
    assert_eq!(titles(&prune(&["--older-than", "7d"])), ["copy"]);
    assert_eq!(build(&workspace, &[]), (vec![1], first.clone()));
    let freed = prune(&["--max-size", "9kB"]);
    assert!(freed["size"].as_u64().unwrap() >= 1010, "{freed}");
    assert_eq!(titles(&prune(&["--recipe", "other"])), [] as [String; 0]);
    build(&workspace, &[]);
    assert_eq!(
        titles(&prune(&["--recipe", "kept"])),
        ["copy", "link", "writ"]
    );
    build(&workspace, &[]);
    assert_eq!(
        titles(&prune(&["--recipe", "context"])),
        ["copy", "link", "writ"]
    );
    build(&workspace, &[]);
    assert_eq!(titles(&prune(&["--all"])), ["copy", "link", "writ"]);
    assert!(sets(&workspace).is_empty());
    assert_eq!(build(&workspace, &[]), (vec![1, 2, 3], first));
}

#[test]
fn what_is_in_use_stays() {
    let workspace = workspace();
    build(&workspace, &[]);
    // As a build that runs has it.
    let held: Vec<File> = (sets(&workspace).iter())
        .map(|set| {
            let lock = File::open(set.join("lock")).unwrap();
            lock.lock_shared().unwrap();
            lock
        })
        .collect();
    let pruned = cache(&workspace, &["prune", "--all"], 0);
    assert_eq!((titles(&pruned).len(), &pruned["others"]), (0, &3.into()));
    drop(held);
    assert_eq!(titles(&cache(&workspace, &["prune", "--all"], 0)).len(), 3);
}
