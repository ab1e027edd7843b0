//! Whoever builds, owners and devices are those that root makes.

use super::python::python;
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

#[test]
fn lists_that_name_others_leave_the_bits_that_root_gets() {
    let script = r#"
import os, struct
none = 0xffffffff
def acl(path, *entries, kind='access', **how):
    value = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in entries)
    os.setxattr(path, 'system.posix_acl_' + kind, value, **how)
def full(user, mask):
    return (1, 6, none), (2, 7, user), (4, 0, none), (8, 5, 5000), (16, mask, none), (32, 4, none)
os.mkdir('/w')
for number, user in enumerate([1000, 65000, 0]):
    open(f'/w/f{number}', 'w').close()
    acl(f'/w/f{number}', *full(user, 7 - number))
    assert os.stat(f'/w/f{number}').st_mode & 0o777 == 0o604 | (7 - number) << 3
file = open('/w/open', 'w')
acl(file.fileno(), *full(1000, 2))
os.symlink('f0', '/w/link')
acl('/w/link', *full(1000, 1))
os.mkdir('/w/d')
acl('/w/d', *full(1000, 3), kind='default')
open('/w/d/inherits', 'w').close()
for wrong in [((2, 7, 1000),), ((99, 7, 1000), (2, 7, 1000))]:
    try:
        acl('/w/f0', *wrong)
        raise SystemExit('a list that is none was taken')
    except OSError as error:
        assert error.errno == 22, error
try:
    acl('/w/missing', *full(1000, 7))
    raise SystemExit('a missing file was taken')
except OSError as error:
    assert error.errno == 2, error
"#;
    let Some(work) = python(script) else {
        return;
    };
    let expected = as_root(&work);
    // The root's files are an ordinary user's.
    for caller in [Caller::Single, Caller::Subids] {
        assert_eq!(build(&work, caller), expected, "{caller:?}");
    }
}
