//! Caches whose contents lead elsewhere, and names of caches that are paths.

use std::fs;

use super::Attack;
use crate::rootless::{self, Caller};

#[test]
fn links_in_a_cache_lead_a_later_step_nowhere() {
    let steps = "
  - run: rm -rf /c/*; ln -s /etc /c/etc; ln -s /new /c/new; ln -s @ /c/out; ln -s ../../../../../../..@ /c/up; mkfifo /c/pipe
    mounts: [{cache: c, target: /c}]
  - run: for f in /c/etc/passwd /c/new/s /c/out/file /c/up/folder/file; do grep -q secret $f; done; echo x > /c/up/made
    mounts:
      - {cache: c, target: /c}
      - {secret: s, target: /c/etc/passwd}
      - {secret: s, target: /c/new/s}
      - {secret: s, target: /c/out/file}
      - {secret: s, target: /c/up/folder/file}
  - run: cp -a /c/out /copied; cp -a /c/etc/. /etc-copied; rm -r /c/out/
    mounts: [{cache: c, target: /c}]
";
    let Some(attack) = Attack::new(&steps.replace("; rm -r /c/out/", "")) else {
        return;
    };
    let root = attack.contained();
    let inside = attack.inside(&root);
    assert_eq!(fs::read_to_string(inside.join("made")).unwrap(), "x\n");
    assert!(!inside.join("file").exists() && !root.join("new").exists());
    assert!(
        fs::symlink_metadata(root.join("copied"))
            .unwrap()
            .is_symlink()
    );
    let passwd = fs::read_to_string(root.join("etc/passwd")).unwrap();
    assert!(
        passwd.contains("app:") && !passwd.contains("secret"),
        "{passwd}"
    );
}

#[test]
fn names_that_are_paths_are_refused() {
    let long = "x".repeat(10 << 10);
    for name in ["'../..'", "/", "''", "a/b", "\"a\\0b\"", "..", ".", "'@'"] {
        for kind in ["cache", "secret"] {
            let step = format!("  - run: 'true'\n    mounts: [{{{kind}: {name}, target: /c}}]\n");
            let Some(attack) = Attack::new(&step) else {
                return;
            };
            attack.refused(1, "cannot be the name of a");
        }
    }
    let steps = format!(
        "  - run: test ! -e /c/x; touch /c/x; touch /seen\n    mounts: [{{cache: {long}, target: /c}}]\n"
    );
    if let Some(attack) = Attack::new(&steps) {
        assert!(attack.contained().join("seen").exists());
    }
}

#[test]
fn one_cache_twice_in_a_step_is_not_waited_for_and_case_counts() {
    let steps = "
  - run: echo x > /1/x; test -e /2/x; test ! -e /3/x; touch /seen
    timeout: 60s
    mounts: [{cache: same, target: /1}, {cache: same, target: /2}, {cache: SAME, target: /3}]
";
    if let Some(attack) = Attack::new(steps) {
        assert!(attack.contained().join("seen").exists());
    }
}

#[test]
fn a_cache_of_another_owner_is_told_and_nothing_is_changed_in_it() {
    let Some(attack) = Attack::new("  - run: touch /made\n") else {
        return;
    };
    // That of root, which anybody may read.
    let cache = attack.workspace.path("cache-of-root");
    let cache = cache.to_str().unwrap();
    let digest = attack.workspace.build(&["--cache-dir", cache]).digest();
    let before = crate::support::build::snapshot(std::path::Path::new(cache));
    for caller in [Caller::Subids, Caller::Single] {
        let words = ["build", "context", "--cache-dir", cache, "-o", "oci:other"];
        let refused = rootless::onelayer(&attack.workspace, caller, &words);
        assert!(matches!(refused.code, Some(3..=5)), "{refused:?}");
        assert!(refused.stderr.contains(cache), "{}", refused.stderr);
        assert!(refused.stderr.contains("--cache-dir"), "{}", refused.stderr);
        assert!(!attack.workspace.path("other").exists());
    }
    let after = crate::support::build::snapshot(std::path::Path::new(cache));
    assert!(before == after);
    let again = attack
        .workspace
        .build(&["--cache-dir", cache, "-o", "oci:again"]);
    assert_eq!(again.digest(), digest);
}
