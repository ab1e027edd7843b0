//! Users and groups in a root's own files.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::images::look;
use super::privilege::as_nobody;
use super::support::workspace::{Outcome, Workspace, require_root, require_tool, tool};

/// The lines of a file of the root.
fn lines(root: &Path, path: &str) -> Vec<String> {
    let text = fs::read_to_string(root.join(path)).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What shadow's own checks say of the root's files.
fn check(root: &Path) {
    for program in ["pwck", "grpck"] {
        if require_tool(program) {
            let folder = root.to_str().unwrap();
            tool(Command::new(program).args(["-r", "-R", folder]));
        }
    }
}

const SCRATCH: &str = "
name: x
base: scratch
steps:
  - accounts:
      groups:
        - {name: web, members: [app, root]}
        - {name: fixed, gid: 1500}
        - {name: daemons, system: true}
      users:
        - {name: root, uid: 0, home: /root, shell: /bin/sh, comment: the super user}
        - {name: app, groups: [fixed, daemons]}
        - {name: other, uid: 1000}
        - {name: worker, system: true, group: daemons}
        - {name: worker2, system: true, home: /var/lib/worker2, create_home: true}
  - write: /bin/sh
    content: ''
    mode: '0755'
  - write: /sbin/nologin
    content: ''
    mode: '0755'
  - write: /data
    content: ''
    owner: app:web
";

#[test]
fn a_root_without_any_gets_all_files() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let workspace = Workspace::with(SCRATCH);
    let built = workspace.build(&["-o", "oci:out"]).expect(0);
    assert!(!built.stderr.contains("warning"), "{}", built.stderr);
    let root = workspace.unpack("out", "latest");
    assert_eq!(
        lines(&root, "etc/passwd"),
        [
            "root:x:0:0:the super user:/root:/bin/sh",
            // 1000 is promised to the user below, with its group; 1001 is the first group.
            "app:x:1002:1002::/home/app:/sbin/nologin",
            "other:x:1000:1000::/home/other:/sbin/nologin",
            "worker:x:100:100::/:/sbin/nologin",
            "worker2:x:101:101::/var/lib/worker2:/sbin/nologin",
        ]
    );
    assert_eq!(
        lines(&root, "etc/group"),
        [
            "web:x:1001:app,root",
            "fixed:x:1500:app",
            "daemons:x:100:app",
            "root:x:0:",
            "app:x:1002:",
            "other:x:1000:",
            "worker2:x:101:",
        ]
    );
    assert_eq!(lines(&root, "etc/shadow")[1], "app:!:::::::");
    assert_eq!(lines(&root, "etc/gshadow")[0], "web:!::app,root");
    for (path, expected) in [
        ("etc/passwd", "f 0644 0:0"),
        ("etc/group", "f 0644 0:0"),
        ("etc/shadow", "f 0600 0:0"),
        ("etc/gshadow", "f 0600 0:0"),
        ("root", "d 0700 0:0"),
        ("home", "d 0755 0:0"),
        ("home/app", "d 0700 1002:1002"),
        ("var/lib", "d 0755 0:0"),
        ("var/lib/worker2", "d 0700 101:101"),
        ("data", "f 0644 1002:1001"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
    check(&root);
}

#[test]
fn an_ordinary_user_makes_the_same_accounts() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let workspace = Workspace::with(SCRATCH);
    let own = as_nobody(&workspace, &["build", "context", "-o", "oci:own"]).digest();
    let root = Workspace::with(SCRATCH).build(&["-o", "oci:out"]);
    assert_eq!(own, root.digest());
}

/// As a small base has it: no shadow files, a comment, NIS, no end of line, links.
const BASE: &str = r#"
name: x
base: scratch
steps:
  - copy: base
    to: /
    owner: "0:5"
    mode: keep
  - link: /etc/passwd
    target: ../usr/lib/users
  - accounts:
      groups:
        - {name: staff, members: [app]}
        - {name: new}
      users:
        - {name: www, uid: 33, groups: [staff, new, staff], home: /var/www, shell: /bin/false}
        - {name: app, group: staff, comment: Grüße}
  - when: platform.os == "linux"
    accounts:
      groups: [{name: staff, gid: 50}, {name: new, members: [www]}]
      users: [{name: app, groups: [new]}, {name: late, home: /var/www}]
"#;

#[test]
fn what_the_root_has_stays_as_it_is() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let workspace = Workspace::with(BASE);
    let passwd =
        b"# users\nroot:x:0:0:root:/root:/bin/sh\n\nwww:*:33:33:l\xe9:/var/www:/bin/false\n\
        nobody:x:65534:65534\n+@remote::::::";
    let folder = workspace.context().join("base");
    for path in ["usr/lib", "etc", "var/www"] {
        fs::create_dir_all(folder.join(path)).unwrap();
    }
    fs::write(folder.join("usr/lib/users"), passwd).unwrap();
    workspace.write("base/etc/group", "root:x:0:\nstaff:x:50:root\nwww:x:33:");
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(
        folder.join("usr/lib/users"),
        fs::Permissions::from_mode(0o604),
    )
    .unwrap();
    workspace.build(&["-o", "oci:out"]).expect(0);
    let root = workspace.unpack("out", "latest");
    assert_eq!(
        fs::read(root.join("usr/lib/users"))
            .unwrap()
            .escape_ascii()
            .to_string()
            .replace("\\n", "\n"),
        "# users\nroot:x:0:0:root:/root:/bin/sh\n\nwww:*:33:33:l\\xe9:/var/www:/bin/false\n\
         nobody:x:65534:65534\n\
         app:!:1000:50:Gr\\xc3\\xbc\\xc3\\x9fe:/home/app:/sbin/nologin\n\
         late:!:1001:1001::/var/www:/sbin/nologin\n+@remote::::::"
    );
    assert_eq!(
        lines(&root, "etc/group"),
        [
            "root:x:0:",
            "staff:x:50:root,www,app",
            "www:x:33:",
            "new:!:1000:www,app",
            "late:!:1001:",
        ]
    );
    for (path, expected) in [
        ("etc/passwd", "-> ../usr/lib/users 0:0"),
        ("usr/lib/users", "f 0604 0:5"),
        ("etc/shadow", "entity not found"),
        ("etc/gshadow", "entity not found"),
        ("home/app", "d 0700 1000:50"),
        // One that is there stays.
        ("var/www", "d 0755 0:5"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
}

/// The end of a failed build of these steps.
fn told(steps: &str) -> String {
    let workspace = Workspace::with(&format!("name: x\nbase: scratch\nsteps:\n{steps}"));
    let outcome: Outcome = workspace.build(&["-o", "oci:out"]).expect(3);
    assert_eq!(outcome.stdout, "");
    outcome.stderr
}

const ROOT: &str = "
  - write: /etc/passwd
    content: |
      root:x:0:0::/root:/bin/sh
      app:x:1000:7::/srv:/bin/sh
  - write: /etc/group
    content: |
      root:x:0:
      seven:x:7:
      other:x:1001:
";

#[test]
fn contradictions_name_both_sides() {
    for (accounts, expected) in [
        (
            "users: [{name: app, uid: 1001}]",
            "the root has user `app` with uid `1000`, the recipe says `1001`",
        ),
        (
            "users: [{name: app, group: other}]",
            "the root has user `app` with gid `7`, the recipe says `1001`",
        ),
        (
            "users: [{name: app, home: /home/app}]",
            "with home `/srv`, the recipe says `/home/app`",
        ),
        (
            "users: [{name: app, shell: /bin/bash}]",
            "with shell `/bin/sh`, the recipe says `/bin/bash`",
        ),
        (
            "users: [{name: app, comment: me}]",
            "with comment ``, the recipe says `me`",
        ),
        (
            "groups: [{name: seven, gid: 8}]",
            "the root has group `seven` with gid `7`, the recipe says `8`",
        ),
        (
            "users: [{name: new, uid: 1000, group: seven}]",
            "uid 1000 of `new` is that of `app` in the root",
        ),
        (
            "groups: [{name: new, gid: 7}]",
            "gid 7 of `new` is that of `seven` in the root",
        ),
        (
            "users: [{name: new, uid: 1001}]",
            "gid 1001 of `new` is that of `other` in the root",
        ),
        (
            "users: [{name: new, group: nobody}]",
            "group `nobody`, which `new` names, is neither",
        ),
        (
            "users: [{name: new, groups: [nobody]}]",
            "group `nobody`, which `new` names, is neither",
        ),
        (
            "groups: [{name: new, members: [nobody]}]",
            "user `nobody`, which `new` names, is neither",
        ),
        (
            "users: [{name: new, comment: 'a:b'}]",
            "the comment of user `new` holds a `:`",
        ),
        (
            "users: [{name: new, comment: \"a\\nroot2::0:0::/:/bin/sh\"}]",
            "the comment of user `new` holds",
        ),
        (
            "users: [{name: new, home: '/a:b'}]",
            "the home of user `new` holds a `:`",
        ),
        (
            "users: [{name: new, home: /etc/passwd}]",
            "`/etc/passwd`, home of user `new`, is no folder",
        ),
    ] {
        let stderr = told(&format!("{ROOT}  - accounts: {{{accounts}}}\n"));
        assert!(
            stderr.contains(expected),
            "{accounts}\nno `{expected}`:\n{stderr}"
        );
        assert!(stderr.contains("help: "), "{stderr}");
    }
}

#[test]
fn files_that_are_none_are_refused() {
    let accounts = "  - accounts: {users: [{name: app}]}\n";
    for (steps, expected) in [
        (
            "  - directory: /etc/passwd\n",
            "`/etc/passwd` in the root is no regular file",
        ),
        (
            "  - link: /etc/group\n    target: /dev\n  - directory: /dev\n",
            "`/dev` in the root is no regular file",
        ),
        ("  - link: /etc/passwd\n    target: passwd\n", "too many"),
        (
            "  - link: /etc/group\n    target: ../etc/passwd\n",
            "`/etc/passwd` in the root is two of the lists",
        ),
    ] {
        let stderr = told(&format!("{steps}{accounts}"));
        assert!(stderr.contains(expected), "no `{expected}`:\n{stderr}");
    }
    // Longer than any list of users.
    let workspace = Workspace::with(&format!(
        "name: x\nbase: scratch\nsteps:\n  - copy: large\n    to: /etc/passwd\n{accounts}"
    ));
    let large = fs::File::create(workspace.context().join("large")).unwrap();
    large.set_len((16 << 20) + 1).unwrap();
    let outcome = workspace.build(&["-o", "oci:out"]).expect(3);
    assert!(
        outcome
            .stderr
            .contains("`/etc/passwd` in the root has more than 16777216 bytes"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_full_range_is_told() {
    let ids: String = (100..1000)
        .map(|id| format!("      u{id}:x:{id}:0::/:/bin/sh\n"))
        .collect();
    let steps = format!(
        "  - write: /etc/passwd\n    content: |\n{ids}  - accounts: {{users: [{{name: app, system: true}}]}}\n"
    );
    let stderr = told(&steps);
    assert!(
        stderr.contains("no uid between 100 and 999 is free for `app`"),
        "{stderr}"
    );
}
