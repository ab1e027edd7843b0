//! Whoever builds, owners and devices are those that root makes.

use super::{
    Caller, OWNERS, as_root, attributes, build, devices_of_packages_are_in_the_image, ready,
    recipe, same_as_root,
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
