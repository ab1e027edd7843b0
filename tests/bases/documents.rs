//! Documents of images that nobody should write: refused at their place, with nothing written.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::entry::{Entry, layer};
use super::layout::{
    CONFIG, LAYER, MANIFEST, RECIPE, blob, config, digest, document, guarded, image, manifest,
    publish, publish_all,
};
use crate::command_line::names;
use crate::support::workspace::Workspace;
use crate::unpacking::member::archive;

/// A layer of one file.
pub(super) fn tar() -> Vec<u8> {
    layer(&[Entry::file("x", "x")])
}

/// Makes an archive of the layout in `context/base`, and a recipe that starts from it.
pub(super) fn archived(workspace: &Workspace) {
    let base = workspace.context().join("base");
    let mut members = Vec::new();
    let mut add = |name: String| {
        let bytes = fs::read(base.join(&name)).unwrap();
        members.push(Entry::file(&name, "").with(&bytes).bytes());
    };
    for name in names(&base.join("blobs/sha256")) {
        add(format!("blobs/sha256/{name}"));
    }
    for name in ["index.json", "oci-layout"] {
        add(name.to_owned());
    }
    fs::write(workspace.context().join("base.tar"), archive(&members)).unwrap();
    workspace.write(
        "recipe.yaml",
        &RECIPE.replace("oci:base:t", "oci-archive:base.tar:t"),
    );
}

/// Fails unless the base is refused with all of `parts` in the message, and nothing is written.
#[track_caller]
pub(super) fn refuse(workspace: &Workspace, what: &str, code: i32, parts: &[&str]) {
    let told = guarded(workspace);
    assert_eq!(told.code, Some(code), "{what}: {}", told.stderr);
    assert_eq!(told.stdout, "", "{what}");
    let plain = |text: &str| -> String {
        let marks = |c: &char| !c.is_whitespace() && *c != '│';
        text.chars().filter(marks).collect()
    };
    let message = plain(&told.stderr);
    for part in parts {
        let found = message.contains(&plain(part));
        assert!(found, "{what}: no `{part}` in {}", told.stderr);
    }
    let controls = |c: char| c.is_control() && c != '\n';
    assert!(!told.stderr.contains(controls), "{what}: {told:?}");
    let left = names(&workspace.path(""));
    let left: Vec<_> = left.iter().filter(|name| *name != "cache").collect();
    assert_eq!(left, ["canary", "context"], "{what}");
}

/// As [`refuse`], for what `make` writes as a layout, and for the same in an archive.
#[track_caller]
pub(super) fn refused(what: &str, code: i32, parts: &[&str], make: impl FnOnce(&Path)) {
    let workspace = Workspace::with(RECIPE);
    make(&workspace.context().join("base"));
    refuse(
        &workspace,
        what,
        code,
        &[&["base", "help: "], parts].concat(),
    );
    archived(&workspace);
    refuse(
        &workspace,
        what,
        code,
        &[&["base.tar", "help: "], parts].concat(),
    );
}

/// An image whose manifest is changed by `change` before it is described.
pub(super) fn with_manifest(layout: &Path, change: impl FnOnce(&mut Value)) {
    let tar = tar();
    let config = document(layout, CONFIG, &config(&[digest(&tar)]));
    let mut manifest = manifest(&config, &[blob(layout, LAYER, &tar)]);
    change(&mut manifest);
    publish(layout, document(layout, MANIFEST, &manifest));
}

/// An image whose configuration is changed by `change` before it is described.
pub(super) fn with_config(layout: &Path, change: impl FnOnce(&mut Value)) {
    let tar = tar();
    let mut config = config(&[digest(&tar)]);
    change(&mut config);
    let config = document(layout, CONFIG, &config);
    let layers = [blob(layout, LAYER, &tar)];
    publish(
        layout,
        document(layout, MANIFEST, &manifest(&config, &layers)),
    );
}

/// An image whose manifest is this text.
fn with_text(layout: &Path, text: &[u8]) {
    publish(layout, blob(layout, MANIFEST, text));
}

#[test]
fn blobs_are_what_their_descriptors_say() {
    let flip = |mut bytes: Vec<u8>| {
        bytes[9] ^= 1;
        bytes
    };
    let longer = |bytes: Vec<u8>| [bytes, vec![b' ']].concat();
    let shorter = |bytes: Vec<u8>| bytes[..bytes.len() - 1].to_vec();
    type Change<'a> = &'a dyn Fn(Vec<u8>) -> Vec<u8>;
    let changes: [(Change<'_>, &str); 3] = [
        (&flip, "digest"),
        (&longer, "does not have the announced"),
        (&shorter, "does not have the announced"),
    ];
    for part in ["manifest", "configuration", "layer"] {
        let mut found = String::new();
        let mut spoil = |layout: &Path, change: &dyn Fn(&Path)| {
            let mut name = [String::new(), String::new(), digest(&tar())];
            with_manifest(layout, |manifest| {
                name[0] = digest(manifest.to_string().as_bytes());
                name[1] = manifest["config"]["digest"].as_str().unwrap().to_owned();
            });
            let name = match part {
                "manifest" => &name[0],
                "configuration" => &name[1],
                _ => &name[2],
            };
            found.clone_from(name);
            change(&layout.join("blobs/sha256").join(&name["sha256:".len()..]));
        };
        for (change, word) in changes {
            refused(part, 5, &[part, word], |layout| {
                spoil(layout, &|path| {
                    fs::write(path, change(fs::read(path).unwrap())).unwrap();
                });
            });
        }
        // What is not there at all is the choice of whoever named the base, but for layers, which are
        // looked for by builds alone.
        let code = if part == "layer" { 5 } else { 1 };
        refused(part, code, &["has no blob"], |layout| {
            spoil(layout, &|path| fs::remove_file(path).unwrap());
        });
    }
}

#[test]
fn sizes_are_numbers_of_bytes() {
    for size in [
        json!(-1),
        json!(1u64 << 63),
        json!("7"),
        json!(1.5),
        json!(null),
        json!(0),
        json!(1),
        json!(1 << 20),
    ] {
        let what = format!("a size of {size}");
        refused(&what, 5, &[], |layout| {
            with_manifest(layout, |manifest| manifest["config"]["size"] = size.clone());
        });
        refused(&what, 5, &[], |layout| {
            with_manifest(layout, |manifest| {
                manifest["layers"][0]["size"] = size.clone();
            });
        });
        refused(&what, 5, &[], |layout| {
            let mut found = image(layout, &[tar()]);
            found["size"] = size.clone();
            publish(layout, found);
        });
    }
}

#[test]
fn digests_are_digests() {
    let hex = "ab".repeat(32);
    for digest in [
        "sha256:../../../etc/passwd".to_owned(),
        format!("sha256:{}", hex.to_uppercase()),
        format!("SHA256:{hex}"),
        format!("sha256:{}", &hex[2..]),
        format!("sha256:{hex}ab"),
        format!("sha256:{}/", &hex[1..]),
        format!("sha256: {}", &hex[1..]),
        format!("sha256:{}\u{0}", &hex[1..]),
        format!("sha512:{hex}{hex}"),
        format!("md5:{}", &hex[..32]),
        hex.clone(),
        "sha256:".to_owned(),
        String::new(),
    ] {
        let named = |what: &str| format!("{digest:?} of the {what}");
        refused(&named("configuration"), 5, &["manifest"], |layout| {
            with_manifest(layout, |found| found["config"]["digest"] = json!(digest));
        });
        refused(&named("layer"), 5, &["manifest"], |layout| {
            with_manifest(layout, |found| found["layers"][0]["digest"] = json!(digest));
        });
        refused(&named("manifest"), 5, &["index"], |layout| {
            let mut found = image(layout, &[tar()]);
            found["digest"] = json!(digest);
            publish(layout, found);
        });
        refused(&named("diff_id"), 5, &["configuration"], |layout| {
            with_config(layout, |found| {
                found["rootfs"]["diff_ids"][0] = json!(digest);
            });
        });
    }
}

#[test]
fn layers_are_those_of_the_configuration() {
    let other = digest(b"other");
    let own = digest(&tar());
    refused("another diff_id", 5, &[&own], |layout| {
        with_config(layout, |found| {
            found["rootfs"]["diff_ids"][0] = json!(other)
        });
    });
    for (what, ids) in [("none", json!([])), ("too many", json!([own, own]))] {
        refused(what, 5, &["layers", "configuration"], |layout| {
            with_config(layout, |found| found["rootfs"]["diff_ids"] = ids.clone());
        });
    }
    for (what, value) in [("no rootfs", json!(null)), ("no list", json!({}))] {
        refused(what, 5, &["configuration"], |layout| {
            with_config(layout, |found| found["rootfs"] = value.clone());
        });
    }
}

#[test]
fn json_is_json() {
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let digest = digest(b"x");
    let config = json!({"mediaType": CONFIG, "digest": digest, "size": 1});
    for (what, text) in [
        ("nothing", Vec::new()),
        ("text", b"not found".to_vec()),
        ("a list", b"[]".to_vec()),
        ("nested", deep.clone()),
        ("nested in a key", [b"{\"a\":", &deep[..], b"}"].concat()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("trailing text", b"{} {}".to_vec()),
        ("no UTF-8", b"{\"\xff\":1}".to_vec()),
        (
            "a key twice",
            format!(
                "{{\"schemaVersion\":2,\"config\":{config},\"config\":{config},\"layers\":[]}}"
            )
            .into_bytes(),
        ),
        (
            "a key twice in a descriptor",
            format!(
                "{{\"schemaVersion\":2,\"config\":{{\"mediaType\":\"{CONFIG}\",\"digest\":\
                 \"{digest}\",\"digest\":\"{digest}\",\"size\":1}},\"layers\":[]}}"
            )
            .into_bytes(),
        ),
    ] {
        refused(what, 5, &["the manifest is not valid"], |layout| {
            with_text(layout, &text);
        });
        refused(what, 5, &["index"], |layout| {
            image(layout, &[tar()]);
            publish_all(layout, &[]);
            fs::write(layout.join("index.json"), &text).unwrap();
        });
    }
    refused("five MiB", 5, &["manifest", "larger than"], |layout| {
        with_text(layout, &vec![b' '; 5 << 20]);
    });
    refused("a long list", 5, &["index", "larger than"], |layout| {
        image(layout, &[tar()]);
        publish_all(layout, &[]);
        // Nothing of it is read.
        let list = fs::File::create(layout.join("index.json")).unwrap();
        list.set_len(5 << 20).unwrap();
    });
}

#[test]
fn layouts_are_of_the_first_version() {
    for mark in [
        "",
        "{}",
        "[]",
        r#"{"imageLayoutVersion":1}"#,
        r#"{"imageLayoutVersion":"2.0.0"}"#,
        r#"{"imageLayoutVersion":"10"}"#,
    ] {
        refused(mark, 5, &["oci-layout"], |layout| {
            publish(layout, image(layout, &[tar()]));
            fs::write(layout.join("oci-layout"), mark).unwrap();
        });
    }
}

#[test]
fn members_of_archives_stay_inside() {
    for name in ["../index.json", "/index.json", "x/../index.json"] {
        let workspace = Workspace::with(RECIPE);
        let layout = workspace.context().join("base");
        publish(&layout, image(&layout, &[tar()]));
        archived(&workspace);
        // The list is under a name that leads to it, and nowhere else.
        let list = fs::read(layout.join("index.json")).unwrap();
        let bytes = archive(&[Entry::file(name, "").with(&list).bytes()]);
        fs::write(workspace.context().join("base.tar"), bytes).unwrap();
        refuse(&workspace, name, 1, &["`base.tar` has no `index.json`"]);
    }
}
