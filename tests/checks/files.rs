//! Checks of single paths.

use super::refused;
use crate::support::workspace::Workspace;

const STEPS: &str = "name: x
base: scratch
steps:
  - accounts: {groups: [{name: www, gid: 80}], users: [{name: app, uid: 1234, group: www}]}
  - {write: /srv/page, content: \"<p>Welcome</p>\\n\", owner: 'app:www', mode: '0640'}
  - {write: /bin/tool, content: tool, mode: '4755', capabilities: cap_net_bind_service+ep}
  - {directory: /var/data, mode: '1777'}
  - {link: /current, target: srv/page}
  - {link: /dangling, target: /nowhere}
  - {link: /web, target: srv}
";

/// Pairs of a check and of what it finds wrong; nothing if it holds.
const CHECKS: &[(&str, &str)] = &[
    ("file: /srv/page", ""),
    ("file: /web/page", ""),
    (
        "file: /srv/page, type: file, mode: '0640', owner: app:www, contains: [Welcome, '</p>']",
        "",
    ),
    ("file: /srv/page, owner: '1234'", ""),
    ("file: /srv/page, owner: '1234:80', executable: false", ""),
    ("file: /srv/page, mode: g+r", ""),
    (
        "file: /srv/page, mode: o+r",
        "its mode is 0640, expected o+r",
    ),
    (
        "file: /srv/page, mode: '0644'",
        "its mode is 0640, expected 0644",
    ),
    (
        "file: /srv/page, owner: root",
        "its owner is 1234:80, expected root",
    ),
    (
        "file: /srv/page, owner: 'app:8'",
        "its owner is 1234:80, expected app:8",
    ),
    (
        "file: /srv/page, contains: [Welcome, welcome]",
        "it does not contain `welcome`",
    ),
    (
        "file: /srv/page, executable: true",
        "nobody can execute it: its mode is 0640",
    ),
    (
        "file: /srv/page, type: directory",
        "it is a file, expected a folder",
    ),
    (
        "file: /srv/page, capabilities: cap_chown+ep",
        "it has no capabilities, expected",
    ),
    (
        "file: /bin/tool, mode: '4755', executable: true, capabilities: cap_net_bind_service+ep",
        "",
    ),
    (
        "file: /bin/tool, mode: '0755'",
        "its mode is 4755, expected 0755",
    ),
    (
        "file: /bin/tool, executable: false",
        "somebody can execute it: its mode is 4755",
    ),
    (
        "file: /bin/tool, capabilities: cap_chown+ep",
        "it has other capabilities, expected",
    ),
    ("file: /var/data, type: directory, mode: '1777'", ""),
    (
        "file: /var/data, contains: x",
        "it is a folder, and holds no text",
    ),
    ("file: /current, type: symlink", ""),
    ("file: /dangling, type: symlink", ""),
    (
        "file: /current, type: file",
        "it is a symbolic link, expected a file",
    ),
    (
        "file: /current, contains: Welcome",
        "it is a symbolic link, and holds no text",
    ),
    ("file: /srv/none", "it is not there"),
    ("file: /srv/page/below", "it is not there"),
    ("absent: /srv/none", ""),
    ("absent: [/none, '/srv/*.html', '/*/none']", ""),
    ("absent: '/srv/*'", "`/srv/page` is there"),
    ("absent: /dangling", "`/dangling` is there"),
];

#[test]
fn a_file_is_looked_at_as_the_image_has_it() {
    let mut recipe = format!("{STEPS}checks:\n");
    for (check, _) in CHECKS {
        recipe += &format!("  - {{{check}}}\n");
    }
    let workspace = Workspace::with(&recipe);
    let failed = refused(&workspace, &[]).stderr;
    for (index, (check, problem)) in CHECKS.iter().enumerate() {
        let place = format!("[check {}/{}]", index + 1, CHECKS.len());
        let lines: Vec<&str> = failed
            .lines()
            .filter(|line| line.starts_with(&place))
            .collect();
        if problem.is_empty() {
            assert!(
                lines.len() == 1 && lines[0].contains(": holds"),
                "{check}: {lines:?}"
            );
        } else {
            assert!(
                lines.len() == 2 && lines[0].contains(": failed"),
                "{check}: {lines:?}"
            );
            assert!(lines[1].contains(problem), "{check}: {lines:?}");
        }
    }
    let wrong = CHECKS
        .iter()
        .filter(|(_, problem)| !problem.is_empty())
        .count();
    let told = format!("{wrong} of {} checks failed", CHECKS.len());
    assert!(failed.contains(&told), "{failed}");
}

#[test]
fn a_text_is_found_wherever_it_stands_in_a_large_file() {
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nsteps:\n  - {copy: large, to: /large}\nchecks:\n  - {file: /large, \
         contains: [over the edge, the very end]}\n  - {file: /large, contains: [over the end]}\n",
    );
    // The first text lies on both sides of a mebibyte.
    let mut text = "x".repeat((1 << 20) - 6);
    text += "over the edge";
    text += &"y".repeat(3 << 20);
    text += "the very end";
    workspace.write("large", &text);
    refused(
        &workspace,
        &[
            "[check 1/2] file: /large: holds",
            "it does not contain `over the end`",
        ],
    );
}

#[test]
fn names_that_should_not_be_there_are_told_but_not_thousands() {
    let mut recipe = "name: x\nbase: scratch\nsteps:\n".to_owned();
    for number in 0..9 {
        recipe += &format!("  - {{write: /tmp/{number}, content: ''}}\n");
    }
    let workspace = Workspace::with(&format!("{recipe}checks: [{{absent: '/tmp/*'}}]\n"));
    let failed = refused(&workspace, &["`/tmp/4` is there", "and 4 more"]);
    assert!(
        !failed.stderr.contains("`/tmp/5` is there"),
        "{}",
        failed.stderr
    );
}
