//! Checks that run a command.

use std::process::Stdio;

use super::{refused, rewrite, with_shell};
use crate::command_line::{names, processes_with};
use crate::support::workspace::{Workspace, run};
use crate::support::{LONG, within};

#[test]
fn a_command_sees_what_a_container_of_the_image_would() {
    let Some(workspace) = with_shell(
        "
  - accounts: {groups: [{name: www, gid: 81}], users: [{name: app, uid: 80, group: www, home: /home/app}]}
checks:
  - {run: pwd, expect: {stdout: {equals: /srv}}}
  - {run: id -u; id -g, expect: {stdout: {equals: \"80\\n81\\n\"}}}
  - {run: id -u, user: '0', expect: {stdout: {equals: '0'}}}
  - {run: echo $OWN $MORE $HOME, env: {MORE: check}, expect: {stdout: {equals: image check /home/app}}}
  - {run: echo $HOME, user: '0', expect: {stdout: {equals: /root}}}
  - {run: echo $HOME, user: '80', expect: {stdout: {equals: /home/app}}}
  - {run: echo $HOME, user: '81', env: {HOME: /own}, expect: {stdout: {equals: /own}}}
  - {run: echo $HOME, user: '81', expect: {stdout: {equals: /}}}
  - {run: [/bin/sh, -c, 'read line; echo \"<$line>\"'], stdin: \"text\\nmore\\n\", expect: {stdout: <text>}}
  - {run: wc -c, expect: {stdout: {matches: '^ *0$'}}}
  - {run: env, expect: {stdout: {contains: ['PATH=/usr/local/sbin:'], matches: '^OWN=image$'}}}
  - {run: nc -w 1 127.0.0.1 1, expect: {exit: 1, stderr: {empty: false}}}
config: {user: app, workdir: /srv, env: {OWN: image}}
",
    ) else {
        return;
    };
    workspace.build(&["-o", "oci:out"]).expect(0);
    // Steps have an environment of their own.
    let mut plan = workspace.command(&["plan", "context", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&run(&mut plan).expect(0).stdout).unwrap();
    assert_eq!(plan["checks"][0]["user"], "app");
    assert_eq!(plan["checks"][0]["workdir"], "/srv");
}

#[test]
fn status_and_output_are_compared_and_shown() {
    let Some(workspace) = with_shell(
        "checks:
  - {run: echo one; echo two >&2; exit 7}
  - {run: exit 7, expect: {exit: 7}}
  - {run: echo 3.11; echo more, expect: {stdout: {matches: ['^[0-9.]+$', '(?s)^3.*more'], contains: more}}}
  - {run: echo 3.x, expect: {stdout: {matches: '^[0-9.]+$'}}}
  - {run: echo text, expect: {stdout: other}}
  - {run: echo text >&2, expect: {stdout: {empty: true}, stderr: {equals: text}}}
  - {run: 'true', expect: {stdout: {empty: false}}}
  - {run: kill -9 $$}
  - {run: [/missing]}
  - {run: 'true', user: '70000'}
  - {run: printf 'a\\nb\\n', expect: {stdout: {equals: \"a\\nb\"}}}
  - {run: echo é, expect: {stdout: {equals: e}}}
",
    ) else {
        return;
    };
    let failed = refused(
        &workspace,
        &[
            "exit status 7, expected 0",
            "    standard output:\n    | one\n    standard error:\n    | two",
            "[check 2/12] run: exit 7: holds",
            "[check 3/12] run: echo 3.11; echo more: holds",
            "standard output does not match `^[0-9.]+$`",
            "standard output does not contain `other`",
            "[check 6/12] run: echo text >&2: holds",
            "standard output is empty",
            "killed by signal 9, expected 0",
            "command `/missing` not found in the root",
            "[check 10/12] run: true: holds",
            ": holds",
            "standard output is not `e`",
            "7 of 12 checks failed",
        ],
    );
    assert!(
        failed.stderr.contains("[check 11/12] run: printf"),
        "{}",
        failed.stderr
    );
}

#[test]
fn nothing_that_a_check_writes_reaches_the_image_or_the_next_check() {
    let steps = "  - {write: /data/file, content: text}\n";
    let Some(workspace) = with_shell(steps) else {
        return;
    };
    let digest = workspace.build(&["-o", "oci:out"]).digest();
    let checks = "
checks:
  - run: echo more > /data/file; rm /bin/sh; echo new > /new; chmod 700 /
  - {run: 'test ! -e /new && cat /data/file', expect: {stdout: {equals: text}}}
  - {file: /data/file, contains: text}
  - {absent: /new}
";
    rewrite(&workspace, &format!("{steps}{checks}"));
    let again = workspace.build(&["-o", "oci:out", "--no-cache"]);
    assert_eq!(again.digest(), digest);
    // This one sweeps what the steps of the other replaced.
    assert_eq!(workspace.build(&["-o", "oci:out"]).digest(), digest);
    assert_eq!(
        names(&workspace.cache().join("drafts")),
        Vec::<String>::new()
    );
}

#[test]
fn endless_output_is_bounded() {
    let Some(workspace) = with_shell(
        "checks:
  - {run: head -c 300000000 /dev/zero | tr '\\0' x, expect: {stdout: xxx}}
  - {run: head -c 1048576 /dev/zero | tr '\\0' y, expect: {stdout: yyy}}
  - {run: head -c 3000000 /dev/zero}
",
    ) else {
        return;
    };
    refused(
        &workspace,
        &[
            "standard output is longer than 1048576 bytes",
            "1 of 3 checks failed",
        ],
    );
}

#[test]
fn a_check_can_be_interrupted_and_leaves_nothing() {
    let mark = format!("{}", 800_000 + std::process::id());
    let Some(workspace) = with_shell(&format!("checks:\n  - run: sleep {mark} & sleep {mark}\n"))
    else {
        return;
    };
    let mut command = workspace.command(&["build", "context", "-o", "oci:out"]);
    let mut build = command.stderr(Stdio::null()).spawn().unwrap();
    assert!(within(LONG, || !processes_with(&mark).is_empty()));
    crate::support::run("kill", &["-TERM", &build.id().to_string()]);
    assert_eq!(build.wait().unwrap().code(), Some(143));
    assert_eq!(processes_with(&mark), Vec::<String>::new());
    assert_eq!(
        names(&workspace.cache().join("drafts")),
        Vec::<String>::new()
    );
    assert!(!workspace.path("out").join("index.json").exists());
}

#[test]
fn without_privilege_a_command_is_refused_before_all_work() {
    if !crate::support::require_root() || !crate::support::require_tool("setpriv") {
        return;
    }
    let workspace = Workspace::with(
        "name: x\nbase: scratch\nsteps:\n  - {copy: file, to: /bin/sh, mode: '0755'}\nchecks: [{run: 'true'}]\n",
    );
    workspace.write("file", "");
    let words = ["build", "context", "-o", "oci:out", "--isolation=root"];
    let refused = crate::privilege::as_nobody(&workspace, &words);
    assert!(
        refused.stderr.contains("cannot be isolated"),
        "{}",
        refused.stderr
    );
    refused.expect(4);
    assert!(!workspace.cache().exists());
}
