//! One image in every place and form that other programs write: it is one base.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::support::engines_mount;
use crate::support::workspace::{Workspace, require_root, require_tool, tool, tool_json};

/// Where skopeo puts the image, in the words of skopeo and of a recipe.
const PLACES: [(&str, &str); 4] = [
    ("oci:plain:t", ""),
    ("oci-archive:image.tar:t", ""),
    ("docker-archive:docker.tar:x:t", ""),
    ("oci:zstd:t", "--dest-compress-format zstd"),
];

/// A recipe's folder with an image of two layers by buildah in all of [`PLACES`].
fn by_buildah() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("image/one", "one");
    workspace.write("image/two", "two");
    workspace.write(
        "image/Containerfile",
        "FROM scratch\nCOPY one /d/one\nCOPY --chown=3:4 --chmod=4755 two /d/e/two\n",
    );
    let copies: String = (PLACES.iter())
        .map(|(place, options)| {
            format!("skopeo copy -q {options} containers-storage:localhost/x:t {place}; ")
        })
        .collect();
    workspace.podman(&format!(
        "buildah bud -q --isolation chroot --layers -t localhost/x:t context/image; \
         cd context; {copies}"
    ));
    workspace
}

fn recipe(base: &str) -> String {
    format!("name: x\nbase: {base}\noutput: {{source_date_epoch: 4000000000}}\n")
}

/// Digest of the only layer's tar. The manifest says which base it was, too.
fn diff_id(workspace: &Workspace) -> String {
    let image = format!("oci:{}:t", workspace.path("out").display());
    let config = tool_json(Command::new("skopeo").args(["inspect", "--config", &image]));
    let diff_ids = config["rootfs"]["diff_ids"].as_array().unwrap();
    assert_eq!(diff_ids.len(), 1);
    diff_ids[0].as_str().unwrap().to_owned()
}

fn ready() -> bool {
    require_root() && require_tool("buildah") && require_tool("skopeo")
}

#[test]
fn an_image_is_one_base_wherever_it_is() {
    if !ready() {
        return;
    }
    let _mounting = engines_mount();
    let workspace = by_buildah();
    let mut digests = BTreeSet::new();
    for (place, _) in PLACES {
        workspace.write("recipe.yaml", &recipe(place));
        // Nothing of what another place gave is known.
        let cache = workspace.cache();
        if cache.exists() {
            fs::remove_dir_all(&cache).unwrap();
        }
        let first = workspace.build(&["-o", "oci:out:t"]).expect(0);
        assert!(
            !first.stderr.contains("[base] done: cached"),
            "{place}: {}",
            first.stderr
        );
        let digest = first.digest();
        let second = workspace.build(&["-o", "oci:out:t"]).expect(0);
        assert!(
            second.stderr.contains("[base] done: cached"),
            "{place}: {}",
            second.stderr
        );
        assert_eq!(second.digest(), digest, "{place}");
        digests.insert(diff_id(&workspace));
    }
    assert_eq!(digests.len(), 1, "{digests:?}");
    let root = workspace.unpack("out", "t");
    for (name, content) in [("one", "one"), ("e/two", "two")] {
        let found = fs::read_to_string(root.join("d").join(name)).unwrap();
        assert_eq!(found, content);
    }
}

#[test]
fn files_come_from_an_image_as_from_a_stage_on_it() {
    if !ready() {
        return;
    }
    let _mounting = engines_mount();
    let workspace = by_buildah();
    let mut digests = BTreeSet::new();
    let copy = "    to: /copied/\noutput: {source_date_epoch: 4000000000}\n";
    for (from, stages) in [
        ("oci:plain:t", ""),
        ("stage:made", "stages:\n  made:\n    base: oci:plain:t\n"),
    ] {
        let text = format!(
            "name: x\n{stages}base: scratch\nsteps:\n  - copy: /d\n    from: {from}\n{copy}"
        );
        workspace.write("recipe.yaml", &text);
        digests.insert(workspace.build(&["-o", "oci:out:t"]).digest());
    }
    assert_eq!(digests.len(), 1, "{digests:?}");
}

#[test]
fn a_root_is_one_base_packed_or_not() {
    if !require_root() || !require_tool("tar") || !require_tool("zstd") {
        return;
    }
    let make = "mkdir -p tree/d/e; cd tree; echo one > d/one; echo two > d/e/two; \
         chmod 4755 d/one; chown 3:4 d/e/two; ln -s one d/link; ln d/one d/same; mkfifo d/fifo; ";
    let pack = "find . -exec touch -h -d @1600000000 '{}' +; \
         tar -cf ../tree.tar .; tar -czf ../tree.tar.gz .; tar --zstd -cf ../tree.tar.zst .";
    let plain = "name: x\nbase: rootfs:";
    // A directory has no times of its own.
    let timed = "\noutput: {source_date_epoch: 4000000000}\n";
    let all = ["tree", "tree.tar", "tree.tar.gz", "tree.tar.zst"];
    for (end, names) in [("\n", &all[..]), (timed, &all[1..])] {
        let workspace = Workspace::new();
        let script = format!("{make}{pack}");
        tool(
            Command::new("sh")
                .args(["-euc", &script])
                .current_dir(workspace.context()),
        );
        let mut digests = BTreeSet::new();
        for name in names {
            workspace.write("recipe.yaml", &format!("{plain}{name}{end}"));
            if workspace.cache().exists() {
                fs::remove_dir_all(workspace.cache()).unwrap();
            }
            digests.insert(workspace.build(&["-o", "oci:out:t"]).digest());
        }
        assert_eq!(digests.len(), 1, "{names:?}: {digests:?}");
    }
}
