//! One layer on those of the base: the same root, by what changed alone.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::bases::unpacked::timeless;
use crate::support::listing::{Listing, differences, list};
use crate::support::workspace::{Workspace, tool};

use super::{document, manifest, ready, registry, send};

/// Later than everything in the base.
const EPOCH: &str = "1800000000";

/// Makes `base:t` by umoci, of two layers whose times are all different.
const BASE: &str = r#"
umask 022; mkdir lower upper; cd lower
mkdir -p kept folder/deleted/a recreated/sub mode to-file to-link opt/sub etc
echo kept > kept/file; echo before > overwritten; : > deleted; : > folder/deleted/a/b
echo old > recreated/old; echo old > recreated/sub/old; : > mode/inside; echo f > to-folder
: > to-file/inside; : > to-link/inside; ln -s kept link-to-folder; ln -s kept/file link-to-file
echo a > opt/sub/a; chmod 700 opt; echo c > etc/conf; ln -s conf etc/link
echo h > etc/hard; ln etc/hard opt/hard; chown 70000:5 opt/sub/a; setfattr -n user.a -v b etc
cd ../upper; mkdir -p kept recreated; echo 2 > kept/second; echo 2 > recreated/newer
touch .wh.nothing; cd ..
time=1600000000
find lower upper | sort -r | while read -r path; do
    time=$((time + 1000)); touch -h -d "@$time" "$path"
done
umoci init --layout base; umoci new --image base:t
for layer in lower upper; do
    tar --xattrs -cf $layer.tar -C $layer .; umoci raw add-layer --image base:t $layer.tar
done
umoci config --image base:t --config.env A=b --author me
"#;

/// The first of them in a stage, where there is one.
const CHANGES: [&str; 2] = [
    "
  - {write: /added/deep/file, content: added}
  - {write: /overwritten, content: after, mode: '0600'}
  - remove: [/deleted, /folder/deleted, /recreated, /to-folder, /to-file, /to-link]
  - {write: /made/in/the/stage, content: x}
  - {write: /opt/sub/b, content: b}
",
    "
  - remove: [/link-to-folder, /link-to-file, /opt/sub/a, /made/in/the]
  - {directory: /recreated, mode: '0700'}
  - {write: /recreated/new, content: new}
  - {permissions: /mode, mode: '2750', owner: '7:8'}
  - {write: /to-folder/inside, content: inside}
  - {write: /to-file, content: a file}
  - {link: /to-link, target: kept}
  - {write: /link-to-folder/inside, content: inside}
  - {write: /link-to-file, content: a file}
  - {write: /etc/conf, content: other}
",
];

/// A workspace with the base.
fn with_base() -> Option<Workspace> {
    if !ready(&["umoci", "skopeo", "setfattr", "tar"]) {
        return None;
    }
    let workspace = Workspace::new();
    let mut shell = Command::new("sh");
    tool(shell.args(["-euc", BASE]).current_dir(workspace.path("")));
    Some(workspace)
}

/// Builds the same changes in both ways, as `one` and `above`: on the place `base`, or on a stage
/// that stands there.
fn build_both(workspace: &Workspace, base: &str, has_stage: bool) {
    let [first, second] = CHANGES;
    let body = match has_stage {
        true => format!(
            "base: stage:below\nstages:\n  below:\n    base: {base}\n    steps:{}\nsteps:{second}",
            first.replace("\n  ", "\n      ")
        ),
        false => format!("base: {base}\nsteps:{}{}", first.trim_end(), second),
    };
    for (layers, output) in [("one", "oci:one"), ("on-base", "oci:above")] {
        let text =
            format!("name: x\n{body}output:\n  layers: {layers}\n  source_date_epoch: {EPOCH}\n");
        workspace.write("recipe.yaml", &text);
        workspace.build(&["-o", output]).expect(0);
    }
}

fn root(workspace: &Workspace, image: &str) -> Listing {
    let to = workspace.path(&format!("root-{image}"));
    if to.exists() {
        std::fs::remove_dir_all(&to).unwrap();
    }
    let tag = if image == "base" { "t" } else { "latest" };
    let image = format!("{}:{tag}", workspace.path(image).display());
    let mut umoci = Command::new("umoci");
    tool(umoci.args(["raw", "unpack", "--image", &image]).arg(&to));
    list(&to)
}

/// What `tar` shows of the last layer of `above`, a line each, and the names in it.
fn last_layer(workspace: &Workspace) -> (String, BTreeSet<String>) {
    let layers = manifest(workspace, "above")["layers"].clone();
    let digest = layers.as_array().unwrap().last().unwrap()["digest"].clone();
    let hex = digest.as_str().unwrap().strip_prefix("sha256:").unwrap();
    let layer = workspace.path("above/blobs/sha256").join(hex);
    let listed = |option: &str| tool(Command::new("tar").arg(option).arg(&layer));
    let plain = |name: &str| {
        let name = name.strip_prefix("./").unwrap_or(name);
        name.trim_end_matches('/').to_owned()
    };
    let names = listed("-tzf").lines().map(plain).collect();
    (listed("-tvzf"), names)
}

/// Fails unless both images have the same root, with all times that can be equal. That of a folder
/// cannot: one layer shows `source_date_epoch` in every folder, and a layer on others only in those
/// that it names. All others have the base's.
#[track_caller]
fn assert_same_root(workspace: &Workspace) -> Listing {
    let [one, above, base] = ["one", "above", "base"].map(|image| root(workspace, image));
    let (expected, found) = (timeless(one.clone()), timeless(above.clone()));
    assert!(expected == found, "{}", differences(&expected, &found));
    let (_, named) = last_layer(workspace);
    let time = |line: &String| line.split(' ').nth(3).unwrap().to_owned();
    let mut kept = 0;
    for (path, line) in above
        .iter()
        .filter(|(_, line)| line.starts_with("Directory"))
    {
        let name = std::str::from_utf8(path).unwrap();
        let wanted = match named.contains(name) {
            true => EPOCH.to_owned(),
            false => time(&base[path]),
        };
        assert_eq!(time(line), wanted, "{name}");
        // Of the one layer umoci meets `mode/inside` before `mode/`. It makes that folder, and does
        // not put back the time of the one above.
        if !name.is_empty() {
            assert_eq!(time(&one[path]), EPOCH, "{name}");
        }
        kept += usize::from(!named.contains(name));
    }
    assert!(kept > 0);
    above
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// Fails unless layers and history of the base are those of the image, and one more is on them.
#[track_caller]
fn assert_layers_stay(workspace: &Workspace, are_blobs_kept: bool) {
    let documents = |layout: &str| {
        let manifest = manifest(workspace, layout);
        let config = document(workspace, layout, &manifest["config"]["digest"]);
        (manifest, config)
    };
    let (base, base_config) = documents("base");
    let (above, config) = documents("above");
    let ids = |config: &Value| array(&config["rootfs"]["diff_ids"]).to_vec();
    assert_eq!(array(&above["layers"]).len(), 3);
    assert_eq!(ids(&config)[..2], ids(&base_config));
    if are_blobs_kept {
        let digests = |manifest: &Value| {
            let layers = array(&manifest["layers"]).iter().take(2);
            layers
                .map(|layer| layer["digest"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(digests(&above), digests(&base));
    }
    let (before, after) = (array(&base_config["history"]), array(&config["history"]));
    assert_eq!(after[..before.len()], *before);
    let made: Vec<&Value> = (after.iter())
        .filter(|line| line["empty_layer"] != true)
        .collect();
    assert_eq!(made.len(), 3);
    assert_eq!(config["config"]["Env"][0], "A=b");
    assert_eq!(array(&documents("one").0["layers"]).len(), 1);
}

#[test]
fn the_root_is_that_of_one_layer_wherever_the_base_is() {
    let Some(workspace) = with_base() else { return };
    if !ready(&["docker-registry"]) {
        return;
    }
    let server = registry();
    send(&server, &workspace, "base", "team/base:t");
    let archive = format!(
        "docker-archive:{}:x:t",
        workspace.path("base.tar").display()
    );
    server.skopeo(&["copy", "--quiet", &workspace.layout("base:t"), &archive]);
    // Another recipe that stands on the image.
    workspace.write("below.yaml", "name: below\nbase: oci:../base:t\n");
    let far = format!("docker://{}/team/base:t", server.host);
    for (place, are_blobs_kept) in [
        ("oci:../base:t", true),
        (&*far, true),
        ("docker-archive:../base.tar", false),
        ("recipe:below.yaml", true),
    ] {
        for has_stage in [false, true] {
            build_both(&workspace, place, has_stage);
            let root = assert_same_root(&workspace);
            assert_layers_stay(&workspace, are_blobs_kept);
            let has = |path: &str| root.contains_key(path.as_bytes());
            for path in ["kept/second", "added/deep/file", "recreated/new", "made/in"] {
                assert!(has(path), "{place}: {path}");
            }
            for path in ["deleted", "recreated/old", "recreated/newer", "made/in/the"] {
                assert!(!has(path), "{place}: {path}");
            }
            assert!(root[&b"mode"[..]].starts_with("Directory 2750 7:8"));
        }
    }
}

#[test]
fn the_layer_has_what_changed_and_the_folders_on_the_way() {
    let Some(workspace) = with_base() else { return };
    for has_stage in [false, true] {
        build_both(&workspace, "oci:../base:t", has_stage);
        let (told, names) = last_layer(&workspace);
        for (mode, name) in [
            ("drwx------", " opt/"),
            ("drwxr-xr-x", " opt/sub/"),
            ("drwxr-s---", " mode/"),
            ("drwxr-xr-x", " folder/"),
            ("-", " .wh.deleted"),
            ("-", " folder/.wh.deleted"),
            ("-", " recreated/.wh.old"),
            ("-", " opt/sub/.wh.a"),
            ("-", " opt/sub/b"),
        ] {
            let is_there = |line: &str| {
                let mut words = line.splitn(2, " ");
                words.next().unwrap().starts_with(mode) && line.ends_with(name)
            };
            assert!(told.lines().any(is_there), "no `{mode}{name}`:\n{told}");
        }
        // What it did not touch, and what only a stage knew.
        for name in [
            "kept",
            "kept/file",
            "mode/inside",
            "etc/hard",
            "opt/hard",
            "etc/link",
        ] {
            assert!(!names.contains(name), "{name}: {told}");
        }
        assert!(
            !names.iter().any(|name| name.contains("made/in/")),
            "{told}"
        );
    }
}

#[test]
fn nothing_changed_is_an_empty_layer_on_top() {
    let Some(workspace) = with_base() else { return };
    let recipe = "name: x\nbase: oci:../base:t\noutput:\n  layers: on-base\n";
    workspace.write("recipe.yaml", recipe);
    workspace.build(&["-o", "oci:above"]).expect(0);
    let [mut base, mut above] = ["base", "above"].map(|image| root(&workspace, image));
    let (_, names) = last_layer(&workspace);
    // A tar is not empty: it has the root, with `source_date_epoch`.
    assert_eq!(names.into_iter().collect::<Vec<_>>(), [""]);
    for listing in [&mut base, &mut above] {
        listing.remove(&b""[..]);
    }
    assert!(base == above, "{}", differences(&base, &above));
}

/// A stage may start from nothing, and an archive has no layers: then there is one.
#[test]
fn without_layers_below_there_is_one() {
    if !ready(&["tar"]) {
        return;
    }
    let workspace = Workspace::new();
    workspace.write("tree/file", "x");
    for (base, stages) in [
        ("scratch", ""),
        ("rootfs:tree", ""),
        (
            "stage:below",
            "stages:\n  below:\n    base: scratch\n    steps: [{write: /a, content: a}]\n",
        ),
    ] {
        let mut digests = BTreeSet::new();
        for layers in ["one", "on-base"] {
            let text = format!(
                "name: x\nbase: {base}\n{stages}steps: [{{write: /new, content: x}}]\n\
                 output: {{layers: {layers}}}\n"
            );
            workspace.write("recipe.yaml", &text);
            digests.insert(workspace.build(&["-o", "oci:out"]).digest());
        }
        assert_eq!(digests.len(), 1, "{base}: {digests:?}");
    }
}
