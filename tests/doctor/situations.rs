//! Six situations, and in each a build that shows whether `doctor` was right.

use serde_json::Value;

use super::situation::{Place, Situation, found};

#[test]
fn root_can_do_everything() {
    let Some(place) = Place::new(Situation::Root) else {
        return;
    };
    let report = place.truth();
    assert_eq!(report["isolation"], "root");
    assert_eq!(found(&report, "user")["state"], "ok");
    for name in ["isolation", "overlay", "cache"] {
        assert_eq!(found(&report, name)["state"], "ok", "{report:#}");
    }
}

#[test]
fn a_user_with_subordinate_ids() {
    let Some(place) = Place::new(Situation::Subids) else {
        return;
    };
    let report = place.truth();
    assert_eq!(found(&report, "user")["state"], "ok");
    let ids = found(&report, "subordinate-ids");
    assert_eq!(ids["state"], "ok", "{ids}");
    assert_eq!(ids["found"], "65536 users, 65536 groups");
    assert_eq!(found(&report, "id-mapping")["state"], "ok");
    assert_eq!(report["isolation"], "subids", "{report:#}");
}

#[test]
fn a_user_without_subordinate_ids() {
    let Some(place) = Place::new(Situation::NoSubids) else {
        return;
    };
    let report = place.truth();
    let ids = found(&report, "subordinate-ids");
    assert_eq!(ids["state"], "missing", "{ids}");
    assert_eq!(
        ids["cure"],
        "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 nobody"
    );
    assert_eq!(report["isolation"], "single", "{report:#}");
    // What would make it more exact is what the ids lack.
    let isolation = found(&report, "isolation");
    assert_eq!(isolation["state"], "limited");
    assert_eq!(isolation["cure"], ids["cure"]);
}

#[test]
fn a_user_without_the_programs_that_map_ids() {
    let Some(place) = Place::new(Situation::NoMapping) else {
        return;
    };
    let report = place.truth();
    assert_eq!(found(&report, "subordinate-ids")["state"], "ok");
    let mapping = found(&report, "id-mapping");
    assert_eq!(mapping["state"], "missing", "{mapping}");
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if release.lines().any(|line| line == "ID=debian") {
        assert_eq!(mapping["cure"], "sudo apt-get install uidmap");
    }
    assert_eq!(report["isolation"], "single", "{report:#}");
    assert_eq!(found(&report, "isolation")["cure"], mapping["cure"]);
}

#[test]
fn nobody_may_make_user_namespaces() {
    let Some(place) = Place::new(Situation::NoNamespaces) else {
        return;
    };
    let report = place.truth();
    assert_eq!(report["isolation"], Value::Null);
    let namespaces = found(&report, "user-namespaces");
    assert_eq!(namespaces["state"], "missing");
    let text = namespaces["found"].as_str().unwrap();
    assert!(text.contains("user.max_user_namespaces is 0"), "{text}");
    assert_eq!(
        namespaces["cure"],
        "sysctl -w user.max_user_namespaces=65536"
    );
    let isolation = found(&report, "isolation");
    assert_eq!(isolation["state"], "missing");
    assert_eq!(isolation["cure"], namespaces["cure"]);
    let user = found(&report, "user");
    assert_eq!(user["state"], "limited");
    assert!(
        user["found"]
            .as_str()
            .unwrap()
            .contains("1 id, uid 0 outside"),
        "{user}"
    );
    // What needs no commands is built all the same.
    place.workspace.write("recipe.yaml", WRITES);
    let told = place.onelayer(&["doctor", "context"]).expect(0);
    assert!(
        told.stdout.ends_with("`context` can be built here\n"),
        "{}",
        told.stdout
    );
    place
        .onelayer(&["build", "context", "-o", "oci:out"])
        .expect(0);
}

/// The upper layer of an overlay cannot be on an overlay, as a container's own folders are.
#[test]
fn a_cache_on_an_overlay() {
    let Some(place) = Place::new(Situation::OnOverlay) else {
        return;
    };
    let report = place.truth();
    let overlay = found(&report, "overlay");
    assert_eq!(overlay["state"], "missing", "{report:#}");
    // Another place, if this host has one.
    if let Some(cure) = overlay["cure"].as_str() {
        assert!(cure.starts_with("export ONELAYER_CACHE_DIR=/"), "{cure}");
        assert_eq!(found(&report, "isolation")["cure"], cure);
    }
    assert_eq!(report["isolation"], Value::Null);
    assert_eq!(found(&report, "cache")["state"], "ok");
}

/// Root in name: with one id, and with everything that can be done with it.
#[test]
fn root_of_a_user_namespace() {
    let Some(place) = Place::new(Situation::Mapped) else {
        return;
    };
    let report = place.truth();
    assert_eq!(report["isolation"], "single");
    let user = found(&report, "user");
    assert_eq!(user["state"], "limited");
    let text = user["found"].as_str().unwrap();
    assert!(
        text.ends_with("of a user namespace with 1 id, uid 0 outside"),
        "{text}"
    );
}

/// What is asked for is what is looked at.
#[test]
fn an_isolation_can_be_chosen() {
    for (situation, choice, expected) in [
        (Situation::Root, "single", Some("single")),
        (Situation::Root, "subids", Some("subids")),
        (Situation::Subids, "single", Some("single")),
        (Situation::Subids, "root", None),
        (Situation::NoSubids, "subids", None),
    ] {
        let Some(place) = Place::new(situation) else {
            return;
        };
        let report = place.truth_with(&["--isolation", choice]);
        let what = format!("{situation:?} {choice}");
        assert_eq!(report["isolation"].as_str(), expected, "{what}");
    }
}

const WRITES: &str = "
name: x
base: scratch
steps:
  - write: /a
    content: a
";

/// As podman makes one: root without the capability to mount, behind a seccomp filter.
#[test]
fn in_a_container() {
    let Some(place) = Place::new(Situation::Container) else {
        return;
    };
    let _engines = crate::support::engines_mount();
    let report = place.truth();
    let user = found(&report, "user");
    assert_eq!(user["state"], "limited");
    assert!(
        user["found"].as_str().unwrap().contains("SYS_ADMIN"),
        "{user}"
    );
    // Its commands see more than their own processes, which is told with the cure.
    assert_eq!(report["isolation"], "subids", "{report:#}");
    assert_eq!(found(&report, "user-namespaces")["state"], "ok");
    let isolation = found(&report, "isolation");
    assert_eq!(isolation["state"], "limited");
    let text = isolation["found"].as_str().unwrap();
    assert!(text.ends_with("; parts of `/proc` are covered"), "{text}");
    let meaning = isolation["meaning"].as_str().unwrap();
    assert!(meaning.contains("--security-opt unmask=ALL"), "{meaning}");
    // Of a distribution that has no dnf to install; /usr is the host's.
    let mapping = found(&report, "emulation");
    assert!(
        mapping["cure"]
            .as_str()
            .is_none_or(|cure| !cure.contains("apt-get")),
        "{mapping}"
    );
}

/// Then it can make user namespaces of the ids that it has.
#[test]
fn in_a_container_with_all_of_proc() {
    let Some(place) = Place::new(Situation::Unmasked) else {
        return;
    };
    let _engines = crate::support::engines_mount();
    let report = place.truth();
    assert_eq!(report["isolation"], "subids", "{report:#}");
    assert_eq!(found(&report, "isolation")["state"], "ok");
    assert_eq!(found(&report, "user")["state"], "limited");
    // Its own ids are enough.
    assert_eq!(found(&report, "subordinate-ids")["state"], "ok");
    assert_eq!(found(&report, "isolation")["cure"], Value::Null);
}

#[test]
fn in_a_container_with_every_privilege() {
    let Some(place) = Place::new(Situation::Privileged) else {
        return;
    };
    let _engines = crate::support::engines_mount();
    let report = place.truth();
    assert_eq!(report["isolation"], "root", "{report:#}");
    assert_eq!(found(&report, "user")["state"], "ok");
}
