//! Steps without a process whose paths go through links to the host.

use std::fs;

use super::Attack;

const OUT: &str = "  - link: /out\n    target: '@'\n  - link: /up\n    target: ../../../../../../../..@\n  \
                   - link: /file\n    target: '@/file'\n";

#[test]
fn what_is_made_through_a_link_is_made_in_the_root() {
    let steps = format!(
        "{OUT}
  - write: /out/written
    content: x
    mode: '4755'
  - write: /up/folder/written
    content: x
    owner: '7:8'
  - copy: busybox
    to: /out/copied/
  - copy: busybox
    to: /up/file
  - directory: /out/folder/new
    mode: '0777'
  - link: /up/hard
    target: /out/written
    hard: true
  - permissions: /up/folder
    mode: '0700'
    owner: '9:9'
    recursive: true
  - permissions: /file
    owner: '5:5'
    mode: '0777'
  - accounts: {{users: [{{name: new, home: /out/home, create_home: true}}]}}
  - remove: [/out/written, '/up/f*/written']
"
    );
    let Some(attack) = Attack::new(&steps) else {
        return;
    };
    let root = attack.contained();
    let inside = attack.inside(&root);
    assert!(!inside.join("written").exists() && inside.join("hard").is_file());
    assert_eq!(crate::images::look(&inside, "folder"), "d 0700 9:9");
    assert!(inside.join("home").is_dir() && inside.join("copied/busybox").is_file());
}

#[test]
fn what_is_only_on_the_host_is_not_there() {
    for (step, code, told) in [
        (
            "  - link: /hard\n    target: /out/file\n    hard: true\n",
            3,
            "/out/file",
        ),
        (
            "checks:\n  - {file: /out/file, contains: evil}\n",
            3,
            "/out/file",
        ),
        ("checks:\n  - {file: /file, contains: evil}\n", 3, "/file"),
        ("  - run: cat /out/file\n", 3, "file"),
        (
            "  - run: cat /b\n    mounts: [{bind: /out/file, from: 'stage:s', target: /b}]\nstages:\n  s:\n    base: scratch\n    steps:\n      - link: /out\n        target: '@'\n",
            3,
            "there is no `/out/file` in `stage:s`",
        ),
        (
            "  - copy: /out/file\n    from: stage:s\n    to: /b\nstages:\n  s:\n    base: scratch\n    steps:\n      - link: /out\n        target: '@'\n",
            3,
            "out/file",
        ),
    ] {
        let Some(attack) = Attack::new(&format!("{OUT}{step}")) else {
            return;
        };
        attack.refused(code, told);
    }
}

#[test]
fn a_bind_of_a_stage_shows_its_links_as_links() {
    let steps = "
  - run: if cat /b/out/file /b/l; then exit 1; fi; echo x > /b/out2; readlink /b/out > /seen
    mounts: [{bind: /, from: 'stage:s', target: /b, writable: true}]
stages:
  s:
    base: scratch
    steps:
      - link: /out
        target: ../../../../../../../..@
      - link: /l
        target: /proc/1/root/etc/shadow
";
    if let Some(attack) = Attack::new(steps) {
        let seen = fs::read_to_string(attack.contained().join("seen")).unwrap();
        assert!(seen.starts_with("../../.."), "{seen}");
    }
}
