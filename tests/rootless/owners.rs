//! Whoever builds, owners and devices are those that root makes.

use super::{
    Caller, OWNERS, as_root, attributes, build, devices_of_packages_are_in_the_image, onelayer,
    packages, ready, recipe, same_as_root,
};

#[test]
fn every_owner_is_the_one_that_root_makes() {
    if !ready() {
        return;
    }
    for caller in [
        Caller::Subids,
        Caller::Container,
        Caller::Single,
        Caller::Mapped,
    ] {
        same_as_root(&recipe(OWNERS), caller);
    }
}

#[test]
fn packages_are_the_ones_that_root_installs() {
    if !ready() {
        return;
    }
    let Some(workspace) = attributes() else {
        return;
    };
    let expected = as_root(&workspace);
    for caller in [Caller::Subids, Caller::Single] {
        assert_eq!(build(&workspace, caller), expected, "{caller:?}");
    }
}

#[test]
fn devices_are_recorded() {
    if ready() {
        for caller in [Caller::Subids, Caller::Single] {
            devices_of_packages_are_in_the_image(caller);
        }
    }
}

/// What package managers give away they give by calls, which is all that is needed: every owner of
/// the package is in the image, whoever installs it.
#[test]
fn what_packages_give_to_others_is_theirs() {
    if !ready() {
        return;
    }
    let steps = "steps:\n  - run: [/usr/bin/busybox, chown, '9:10', /opt/given/settings]\n";
    let Some(workspace) = packages("languages", "[[busybox], [given]]", steps) else {
        return;
    };
    let list = |arguments: &[&str], caller: Option<Caller>, archive: &str| {
        let output = format!("rootfs:{archive}");
        let arguments = [arguments, &["-o", &output]].concat();
        match caller {
            None => workspace.build(&arguments[2..]).expect(0),
            Some(caller) => onelayer(&workspace, caller, &arguments).expect(0),
        };
        let path = workspace.path(archive);
        let words = ["--numeric-owner", "-tvf", path.to_str().unwrap()];
        let listed = String::from_utf8(crate::support::run("tar", &words).stdout).unwrap();
        let lines = listed.lines().filter(|line| line.contains("opt/given"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let arguments = ["build", "context"];
    let expected = list(&arguments, None, "root.tar");
    for part in ["opt/given/link -> plain", "70000/1234", " 9/10 "] {
        let is_there = expected.iter().any(|line| line.contains(part));
        assert!(is_there, "no `{part}`: {expected:#?}");
    }
    let digest = as_root(&workspace);
    for caller in [Caller::Single, Caller::Mapped, Caller::Subids] {
        let found = list(&arguments, Some(caller), &format!("{caller:?}.tar"));
        assert_eq!(found, expected, "{caller:?}");
        assert_eq!(build(&workspace, caller), digest, "{caller:?}");
    }
}
