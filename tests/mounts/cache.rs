//! Folders that are kept between builds.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use super::{listing, rewrite, seen, unpacked, with_shell};
use crate::command_line::processes_with;
use crate::support::{LONG, within};

const COUNT: &str = "
  - run: echo x >> /var/cache/own/log; wc -l < /var/cache/own/log > /seen
    mounts: [{cache: own, target: /var/cache/own}]
";

#[test]
fn a_cache_survives_builds_and_never_enters_the_image() {
    let Some(workspace) = with_shell(COUNT) else {
        return;
    };
    assert_eq!(seen(&workspace, &[]), "1\n");
    assert_eq!(listing(&unpacked(&workspace)), ["seen"]);
    assert_eq!(seen(&workspace, &["--no-cache"]), "2\n");
    // A step that is found again does not run again.
    assert_eq!(seen(&workspace, &[]), "2\n");
    // Another recipe has the same cache, and another name another one.
    rewrite(&workspace, &COUNT.replace("/var/cache/own", "/c"));
    assert_eq!(seen(&workspace, &[]), "3\n");
    rewrite(&workspace, &COUNT.replace("cache: own", "cache: other"));
    assert_eq!(seen(&workspace, &[]), "1\n");
    let caches = fs::read_dir(workspace.cache().join("caches")).unwrap();
    for entry in caches {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.len() == 64 && !name.contains("own"), "{name}");
    }
}

#[test]
fn contents_are_in_no_key() {
    let Some(workspace) = with_shell(COUNT) else {
        return;
    };
    let plan = || {
        let plan = ["plan", "context", "--format", "json"];
        crate::support::workspace::run(&mut workspace.command(&plan)).expect(0)
    };
    let before = plan().stdout;
    seen(&workspace, &[]);
    assert_eq!(plan().stdout, before);
}

#[test]
fn a_cache_has_the_mode_of_the_recipe_and_the_user_of_the_step() {
    let Some(workspace) = with_shell(
        "
  - run: mkdir /out && chmod 777 /out
  - run: stat -c '%a %u:%g' /c > /out/seen; echo x > /c/file
    user: '7:8'
    mounts: [{cache: a, target: /c, mode: '0750'}]
  - run: stat -c '%a %u:%g' /c /c/file >> /out/seen
    mounts: [{cache: a, target: /c}]
  - run: mv /out/seen /seen
",
    ) else {
        return;
    };
    assert_eq!(seen(&workspace, &[]), "750 7:8\n755 0:0\n644 7:8\n");
}

#[test]
fn set_user_id_files_links_and_pipes_stay_in_the_cache() {
    let Some(workspace) = with_shell(
        "
  - run: |
      cp /bin/sh /c/sh; chmod 4755 /c/sh; ln -s /etc/passwd /c/link; ln -s / /c/root
      mkfifo /c/pipe; mkdir -p /c/a/b; chmod 0 /c/a
    mounts: [{cache: nasty, target: /c}]
  - run: |
      stat -c '%n %a %F' /c/sh /c/link /c/pipe /c/a > /seen
      readlink -f /c/root/seen >> /seen; grep -o ' /c [a-z,]*' /proc/self/mounts >> /seen || true
      grep -c nosuid,nodev /proc/self/mounts > /dev/null
    mounts: [{cache: nasty, target: /c}]
",
    ) else {
        return;
    };
    let text = seen(&workspace, &[]);
    assert!(
        text.starts_with(
            "/c/sh 4755 regular file\n/c/link 777 symbolic link\n/c/pipe 644 fifo\n/c/a 0 directory\n\
             /seen\n"
        ),
        "{text}"
    );
    assert_eq!(listing(&unpacked(&workspace)), ["seen"]);
    // Nobody else reaches the files.
    let mode = fs::metadata(workspace.cache())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

/// What takes a while with a cache, and shows whether anybody else had it meanwhile.
const ALONE: &str = "
  - run: test ! -e /c/busy; touch /c/busy; sleep 1; rm /c/busy; echo $NUMBER >> /c/log
    env: {NUMBER: '@'}
    mounts: [{cache: shared, target: /c}]
";

#[test]
fn two_builds_take_turns() {
    let Some(workspace) = with_shell("") else {
        return;
    };
    let mut builds = Vec::new();
    for number in 0..3 {
        rewrite(&workspace, &ALONE.replace('@', &number.to_string()));
        let folder = workspace.path(&format!("context-{number}"));
        fs::create_dir(&folder).unwrap();
        for name in ["recipe.yaml", "busybox"] {
            fs::copy(workspace.context().join(name), folder.join(name)).unwrap();
        }
        let words = ["build", folder.to_str().unwrap(), "-o", "oci:out"];
        let mut command = workspace.command(&words);
        builds.push(command.stderr(Stdio::piped()).spawn().unwrap());
    }
    let mut told = String::new();
    for build in builds {
        let ended = build.wait_with_output().unwrap();
        told += &String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{told}");
    }
    let waiting = "waiting for the cache `shared`, which another step uses";
    assert!(told.contains(waiting), "{told}");
}

#[test]
fn stages_of_one_build_take_turns_whatever_their_order() {
    let Some(workspace) = with_shell("") else {
        return;
    };
    let stage = |name: &str, first: &str, second: &str| {
        format!(
            "  {name}:
    base: scratch
    steps:
      - copy: busybox
        to: /bin/sh
        mode: '0755'
      - run: test ! -e /1/busy; touch /1/busy; sleep 1; rm /1/busy; echo {name} > /made
        mounts: [{{cache: {first}, target: /1}}, {{cache: {second}, target: /2}}]
"
        )
    };
    let stages = stage("a", "x", "y") + &stage("b", "y", "x");
    let recipe = format!(
        "name: x\nbase: scratch\nstages:\n{stages}steps:\n  - {{copy: /made, from: 'stage:a', to: /a}}\n  \
         - {{copy: /made, from: 'stage:b', to: /b}}\n"
    );
    workspace.write("recipe.yaml", &recipe);
    workspace.build(&["-o", "oci:out"]).expect(0);
    assert_eq!(listing(&unpacked(&workspace)), ["a", "b"]);
}

#[test]
fn who_waits_can_be_stopped_and_who_is_killed_leaves_the_cache_free() {
    let Some(workspace) = with_shell("") else {
        return;
    };
    let mark = format!("{}", 700_000 + std::process::id());
    let long = format!(
        "  - run: echo x > /c/half; sleep {mark}\n    mounts: [{{cache: held, target: /c}}]\n"
    );
    rewrite(&workspace, &long);
    let mut command = workspace.command(&["build", "context", "-o", "oci:out"]);
    let mut holder = command.stderr(Stdio::null()).spawn().unwrap();
    assert!(within(LONG, || !processes_with(&mark).is_empty()));

    rewrite(
        &workspace,
        "  - run: cat /c/half > /seen\n    mounts: [{cache: held, target: /c}]\n",
    );
    let words = ["build", "context", "-o", "oci:out"];
    let mut command = workspace.command(&words);
    let mut waiter = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(waiter.stderr.take().unwrap()).lines();
    assert!(told.any(|line| line.unwrap().contains("waiting for the cache `held`")));
    crate::support::run("kill", &["-INT", &waiter.id().to_string()]);
    // The holder would go on for days.
    assert_eq!(waiter.wait().unwrap().code(), Some(130));

    holder.kill().unwrap();
    holder.wait().unwrap();
    // The kernel ends the sandbox and lets go of the lock; what was written is there.
    assert_eq!(seen(&workspace, &[]), "x\n");
    assert!(within(LONG, || processes_with(&mark).is_empty()));
    assert_eq!(
        fs::read_dir(workspace.cache().join("drafts"))
            .unwrap()
            .count(),
        0
    );
}
