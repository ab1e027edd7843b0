//! Which isolation is taken, and what is said about it.

use serde_json::{Value, json};

use super::{Caller, command, onelayer, ready, recipe, workspace};
use crate::support::workspace::{Outcome, Workspace, run};

fn events(told: &Outcome) -> Vec<Value> {
    let lines = told.stderr.lines();
    let events = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events
        .filter(|event| event["event"] == "isolation")
        .collect()
}

const JSON: [&str; 6] = ["build", "context", "--progress", "json", "-o", "oci:out"];

fn lab() -> Workspace {
    workspace(&recipe("  - run: touch /x\n"))
}

#[test]
fn the_most_exact_isolation_is_taken_and_reported() {
    if !ready() {
        return;
    }
    let workspace = lab();
    let root = workspace.build(&["--progress", "json", "-o", "oci:root"]);
    let expected =
        json!({ "event": "isolation", "isolation": "root", "reason": null, "processes": "own" });
    assert_eq!(events(&root), [expected]);
    let told = onelayer(&workspace, Caller::Subids, &JSON).expect(0);
    let expected =
        json!({ "event": "isolation", "isolation": "subids", "reason": null, "processes": "own" });
    assert_eq!(events(&told), [expected]);
    let told = onelayer(&workspace, Caller::Single, &JSON).expect(0);
    let reason = "/etc/subuid has no 65535 ids for `nobody`";
    let expected = json!({ "event": "isolation", "isolation": "single", "reason": reason, "processes": "own" });
    assert_eq!(events(&told), [expected]);
}

#[test]
fn an_isolation_can_be_asked_for() {
    if !ready() {
        return;
    }
    let workspace = lab();
    let mut digests = Vec::new();
    for (caller, wanted) in [
        (Caller::Subids, "single"),
        (Caller::Subids, "subids"),
        (Caller::Container, "single"),
    ] {
        let output = format!("oci:{caller:?}-{wanted}");
        let arguments = ["build", "context", "--progress", "json", "-o", &output];
        let mut build = command(&workspace, caller, &arguments);
        let built = run(build.env("ONELAYER_ISOLATION", wanted));
        assert_eq!(events(&built)[0]["isolation"], wanted, "{caller:?}");
        digests.push(built.digest());
    }
    for wanted in ["root", "subids", "single"] {
        let output = format!("oci:root-{wanted}");
        let arguments = ["--isolation", wanted, "--progress", "json", "-o", &output];
        let built = workspace.build(&arguments);
        assert_eq!(events(&built)[0]["isolation"], wanted);
        digests.push(built.digest());
    }
    assert!(
        digests.iter().all(|digest| *digest == digests[0]),
        "{digests:?}"
    );
}

#[test]
fn what_cannot_be_had_is_refused() {
    if !ready() {
        return;
    }
    let workspace = lab();
    for (wanted, parts) in [
        (
            "root",
            &["this user is not root", "help: run it as root"][..],
        ),
        (
            "subids",
            &[
                "/etc/subuid has no 65535 ids for `nobody`",
                "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 nobody",
            ],
        ),
    ] {
        let arguments = ["build", "context", "--isolation", wanted];
        let told = onelayer(&workspace, Caller::Single, &arguments).expect(4);
        assert_eq!(told.stdout, "");
        for part in parts {
            assert!(told.stderr.contains(part), "no `{part}`:\n{}", told.stderr);
        }
    }
}

/// A number works as well as a name, and too few ids are as good as none.
#[test]
fn ids_are_found_as_the_system_writes_them() {
    if !ready() {
        return;
    }
    let workspace = lab();
    for (line, isolation) in [
        ("65534:300000:65535\n", "subids"),
        ("other:1:9\nnobody:300000:65536\n", "subids"),
        ("nobody:300000:65534\n", "single"),
        ("nobody:300000\n", "single"),
    ] {
        std::fs::write(workspace.path("ids"), line).unwrap();
        let told = onelayer(&workspace, Caller::Subids, &JSON).expect(0);
        assert_eq!(events(&told)[0]["isolation"], isolation, "{line}");
    }
}
