//! Mounts and checks are the same for everybody.

use super::{Caller, ready, recipe, workspace};
use crate::support::workspace::{Workspace, run};

const STEPS: &str = "
  - run: mkdir -p /opt/tool && echo tool > /opt/tool/file && chown 5:6 /opt/tool/file && chmod 640 /opt/tool/file
  - run: |
      cat /run/secrets/token > /dev/null
      stat -c '%a' /run/secrets/token >> /seen
      echo \"${#TOKEN}\" >> /seen
      stat -c '%n %a %Y' /src/file >> /seen
      if touch /src/new 2> /dev/null; then exit 1; fi
      echo x > /w/new; echo x >> /cache/log; echo x > /scratch/file
    mounts:
      - {secret: token}
      - {secret: token, env: TOKEN}
      - {bind: src, target: /src}
      - {bind: src, target: /w, writable: true}
      - {cache: own, target: /cache}
      - {tmpfs: /scratch, size: 1MiB}
  - run: cat /run/secrets/token > /tmp/token; echo x > /cache/of-the-user; test \"$(cat /src/file)\" = text
    user: '1000:1000'
    mounts: [{secret: token}, {cache: own, target: /cache}, {bind: src, target: /src}]
checks:
  - {run: cat, stdin: text, expect: {stdout: {equals: text}}}
  - {run: 'true', user: '1000', expect: {stdout: {empty: true}}}
  - {run: echo x > /new; rm /seen}
  - {file: /opt/tool/file, owner: '5:6', mode: '0640'}
  - {file: /seen, contains: /src/file 644 0}
  - {absent: [/new, /scratch, /cache, /w, /src]}
";

const BUILD: [&str; 7] = [
    "build",
    "context",
    "--progress",
    "plain",
    "--secret",
    "id=token,src=token",
    "-o",
];

fn built(workspace: &Workspace, caller: Option<Caller>) -> String {
    let output = format!("oci:{caller:?}");
    let words = [&BUILD[..], &[&output]].concat();
    let outcome = match caller {
        None => run(&mut workspace.command(&words)),
        Some(caller) => super::onelayer(workspace, caller, &words),
    };
    assert!(!outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
    outcome.digest()
}

#[test]
fn everybody_has_the_image_of_root() {
    if !ready() {
        return;
    }
    let workspace = workspace(&recipe(STEPS));
    workspace.write("src/file", "text");
    std::fs::write(workspace.path("token"), "hunter2").unwrap();
    let expected = built(&workspace, None);
    for caller in [
        Caller::Subids,
        Caller::Container,
        Caller::Single,
        Caller::Mapped,
    ] {
        assert_eq!(built(&workspace, Some(caller)), expected, "{caller:?}");
    }
}

#[test]
fn rpm_answers_everybody() {
    if !ready() {
        return;
    }
    let checks = "checks:\n  - package: busybox\n  - package: missing\n";
    let Some(workspace) = super::packages("languages", "[[busybox]]", checks) else {
        return;
    };
    for caller in [Caller::Subids, Caller::Single] {
        let failed = super::onelayer(&workspace, caller, &["build", "context", "-o", "oci:out"]);
        let failed = failed.expect(3);
        for part in [
            "[check 1/2] package: busybox: holds",
            "[check 2/2] `missing` is not installed",
        ] {
            assert!(
                failed.stderr.contains(part),
                "{caller:?}: {}",
                failed.stderr
            );
        }
    }
}
