//! Roots and commands that mean harm.

use std::fs;
use std::os::unix::fs::symlink;

use super::{listing, seen, unpacked, with_shell};
use crate::support::build::snapshot;
use crate::support::{engines_rest, mounts, scratch};

/// Mounts of every kind at `target`, each in a step of its own.
fn at(target: &str) -> String {
    let kinds = [
        format!("{{cache: c, target: {target}}}"),
        format!("{{secret: s, target: {target}/s}}"),
        format!("{{bind: src, target: {target}}}"),
        format!("{{bind: src, target: {target}, writable: true}}"),
        format!("{{tmpfs: {target}}}"),
    ];
    let steps = kinds.map(|mount| {
        // What is beside the secret would be in the image, and rightly so.
        let write = match mount.contains("secret") {
            true => "true".to_owned(),
            false => format!("echo x > {target}/made || true"),
        };
        format!("  - run: {write}; ls {target} >> /seen\n    mounts: [{mount}]\n")
    });
    steps.concat()
}

#[test]
fn links_of_the_root_lead_inside_the_root() {
    let _engines = engines_rest();
    let Some(workspace) = with_shell("") else {
        return;
    };
    // A folder of the host that a link of the root names by its own path.
    let folder = scratch();
    let canary = folder.path().join("canary");
    fs::create_dir(&canary).unwrap();
    fs::write(canary.join("file"), "host").unwrap();
    let outside = canary.display();
    let links = format!(
        "
  - link: /absolute
    target: {outside}
  - link: /climbing
    target: ../../../../../../../..{outside}
  - link: /loop
    target: loop
"
    );
    workspace.write("src/file", "");
    fs::write(workspace.path("secret"), "value of the secret").unwrap();
    let before = (snapshot(&canary), mounts());
    for target in ["/absolute", "/climbing", "/absolute/deeper"] {
        super::rewrite(&workspace, &format!("{links}{}", at(target)));
        let text = seen(&workspace, &["--secret", "id=s,src=secret"]);
        // Not even that what the host has there is seen.
        assert_eq!(text, "made\ns\nfile\nfile\nmade\nmade\n", "{target}");
        assert_eq!(
            listing(&unpacked(&workspace)),
            ["absolute", "climbing", "loop", "seen"],
            "{target}"
        );
    }
    super::rewrite(&workspace, &format!("{links}{}", at("/loop")));
    let failed = workspace.build(&["-o", "oci:out", "--secret", "id=s,src=secret"]);
    assert!(
        failed.stderr.contains("a loop of symbolic links"),
        "{}",
        failed.stderr
    );
    failed.expect(3);
    assert_eq!((snapshot(&canary), mounts()), before);
}

#[test]
fn a_mount_point_that_a_command_fills_stays_and_others_go() {
    let Some(workspace) = with_shell(
        "
  - run: echo x > /made/by/file; touch /seen
    mounts: [{tmpfs: /made/by/mount}, {cache: c, target: /also/made}]
",
    ) else {
        return;
    };
    assert_eq!(seen(&workspace, &[]), "");
    assert_eq!(
        listing(&unpacked(&workspace)),
        ["made", "made/by", "made/by/file", "seen"]
    );
}

#[test]
fn a_command_cannot_turn_its_mounts_into_others() {
    let Some(workspace) = with_shell(
        "
  - run: |
      for try in 'umount /c' 'umount /s' 'mount -o remount,rw /b' 'mount -t tmpfs x /c' 'rmdir /c' 'mv /c /d'; do
        if $try 2> /dev/null; then echo \"$try\" >> /seen; fi
      done
      touch /seen
    mounts: [{cache: c, target: /c}, {secret: s, target: /s}, {bind: src, target: /b}]
",
    ) else {
        return;
    };
    workspace.write("src/file", "");
    symlink("/etc", workspace.context().join("src/etc")).unwrap();
    fs::write(workspace.path("secret"), "value").unwrap();
    assert_eq!(seen(&workspace, &["--secret", "id=s,src=secret"]), "");
    assert_eq!(listing(&unpacked(&workspace)), ["seen"]);
}

#[test]
fn a_file_where_a_folder_is_mounted_is_told() {
    let Some(workspace) = with_shell(
        "  - write: /file\n    content: ''\n  - run: 'true'\n    mounts: [{cache: c, target: /file}]\n",
    ) else {
        return;
    };
    let failed = workspace.build(&["-o", "oci:out"]).expect(3);
    let told = "cannot mount on `/file`: it is a file in the root";
    assert!(failed.stderr.contains(told), "{}", failed.stderr);
}
