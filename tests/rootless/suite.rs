//! All that the tests of the sandbox show for root holds in namespaces too.

use std::process::Command;

use super::ready;
use crate::support::workspace::run;

/// Runs the tests of the sandbox below `wrapper`, but for those of `other`.
#[track_caller]
fn holds(wrapper: &str, other: &[&str]) {
    if !ready() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let ids = folder.path().join("ids");
    std::fs::write(&ids, "root:0:65536\n").unwrap();
    let mut tests = Command::new("sh");
    tests
        .args(["-c", wrapper, "sh"])
        .arg(std::env::current_exe().unwrap())
        .arg("sandbox::")
        .env("IDS", &ids);
    for test in other {
        tests.args(["--skip", test]);
    }
    let told = run(&mut tests).expect(0);
    let passed = told.stdout.rsplit_once("test result: ok. ");
    let passed = passed.and_then(|(_, rest)| rest.split(' ').next()?.parse::<usize>().ok());
    assert!(passed.is_some_and(|passed| passed >= 50), "{}", told.stdout);
}

/// The tests look for processes that are left; those of tests beside them are none of theirs, nor are their sockets.
const OWN: &str = "--mount --net --pid --fork --kill-child --mount-proc";

/// An ordinary user has another one to become.
const USERS: [&str; 1] = ["an_ordinary_user_is_told_what_is_needed"];
/// Files stand for devices, and can be opened.
const DEVICES: [&str; 1] = ["devices_are_few_and_new_ones_are_dead"];
/// There is no other user.
const OTHERS: [&str; 3] = [
    "capabilities_are_the_eleven",
    "users_are_those_of_the_root",
    "a_secret_is_for_its_owner_and_cannot_be_changed",
];

#[test]
fn the_sandbox_holds_with_many_ids() {
    let wrapper = format!(
        "exec unshare --mount sh -c 'mount --bind \"$IDS\" /etc/subuid && \
         mount --bind \"$IDS\" /etc/subgid && exec unshare --user --map-users=0,0,65536 \
         --map-groups=0,0,65536 --setuid 0 --setgid 0 {OWN} \"$@\"' sh \"$@\""
    );
    holds(&wrapper, &DEVICES);
}

#[test]
fn the_sandbox_holds_with_one_id() {
    let other = [&USERS[..], &DEVICES, &OTHERS].concat();
    let wrapper = format!("exec unshare --user --map-root-user {OWN} \"$@\"");
    holds(&wrapper, &other);
}
