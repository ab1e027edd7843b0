//! Images as other programs see them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::support::workspace::{
    Workspace, require_root, require_tool, run, skipped, tool, tool_json,
};

fn index(workspace: &Workspace, layout: &str) -> BTreeMap<String, String> {
    let text = fs::read(workspace.path(layout).join("index.json")).unwrap();
    let index: Value = serde_json::from_slice(&text).unwrap();
    (index["manifests"].as_array().unwrap().iter())
        .map(|manifest| {
            let name = &manifest["annotations"]["org.opencontainers.image.ref.name"];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(name), text(&manifest["digest"]))
        })
        .collect()
}

fn recipe(content: &str) -> String {
    format!("name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: {content}\n")
}

#[test]
fn yaml_and_toml_give_one_image() {
    let workspace = Workspace::new();
    let yaml = workspace.build_spec("specs/hello/recipe.yaml", &["-o", "oci:yaml"]);
    let toml = workspace.build_spec("specs/hello/recipe.toml", &["-o", "oci:toml"]);
    assert_eq!(yaml.digest(), toml.digest());
}

#[test]
fn a_build_without_the_cache_gives_the_same_image() {
    let workspace = Workspace::new();
    let first = workspace
        .build_spec("specs/hello", &["-o", "oci:one"])
        .digest();
    let kept = workspace
        .build_spec("specs/hello", &["-o", "oci:two"])
        .digest();
    let again = workspace.build_spec("specs/hello", &["-o", "oci:three", "--no-cache"]);
    assert_eq!(first, kept);
    assert_eq!(first, again.digest());
}

#[test]
fn two_tags_name_one_image() {
    let workspace = Workspace::with(&recipe("a"));
    let built = workspace
        .build(&["-o", "oci:out", "-t", "one", "-t", "two"])
        .expect(0);
    let names: Vec<&str> = (built.stdout.lines())
        .map(|line| line.split_once('@').unwrap().0)
        .collect();
    assert_eq!(names, ["oci:out:one", "oci:out:two"]);
    let index = index(&workspace, "out");
    assert_eq!(index.keys().collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(index["one"], index["two"]);
    assert_eq!(index["one"], built.digest());
}

#[test]
fn another_tag_stays_and_the_same_is_replaced() {
    let workspace = Workspace::with(&recipe("a"));
    let first = workspace.build(&["-o", "oci:out:old"]).digest();
    let second = workspace.build(&["-o", "oci:out:new"]).digest();
    assert_eq!(first, second);
    workspace.write("recipe.yaml", &recipe("b"));
    let third = workspace.build(&["-o", "oci:out:new"]).digest();
    assert_ne!(first, third);
    let expected = [("new".to_owned(), third), ("old".to_owned(), first)];
    assert_eq!(index(&workspace, "out"), expected.into());
}

#[test]
fn a_folder_that_is_no_layout_is_refused() {
    let workspace = Workspace::with(&recipe("a"));
    fs::create_dir(workspace.path("out")).unwrap();
    fs::write(workspace.path("out/mine"), "mine").unwrap();
    let told = workspace.build(&["-o", "oci:out"]).expect(5);
    assert!(
        told.stderr.contains("neither empty nor an image layout"),
        "{}",
        told.stderr
    );
    let left: Vec<_> = fs::read_dir(workspace.path("out")).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(fs::read(workspace.path("out/mine")).unwrap(), b"mine");
    // Before any work.
    assert!(!workspace.cache().exists());
}

#[test]
fn an_archive_holds_its_own_tag_alone() {
    let workspace = Workspace::with(&recipe("a"));
    let one = ["-o", "oci-archive:one.tar:one"];
    let two = ["-o", "oci-archive:two.tar:two"];
    workspace.build(&[one, two].concat()).expect(0);
    for (name, both) in [("one.tar", one), ("two.tar", two)] {
        let together = fs::read(workspace.path(name)).unwrap();
        workspace.build(&both).expect(0);
        assert!(
            together == fs::read(workspace.path(name)).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn an_archive_does_not_replace_a_folder() {
    let workspace = Workspace::with(&recipe("a"));
    fs::create_dir(workspace.path("out")).unwrap();
    let told = workspace.build(&["-o", "oci-archive:out"]).expect(5);
    assert!(
        told.stderr.contains("not a regular file"),
        "{}",
        told.stderr
    );
    assert!(!workspace.cache().exists());
}

#[test]
fn folder_and_archive_hold_the_same_image() {
    let workspace = Workspace::new();
    let options = ["-o", "oci:out", "-o", "oci-archive:out.tar:v1"];
    let built = workspace.build_spec("specs/hello", &options).expect(0);
    let names: Vec<&str> = (built.stdout.lines())
        .map(|line| line.split_once('@').unwrap().0)
        .collect();
    assert_eq!(names, ["oci:out:latest", "oci-archive:out.tar:v1"]);
    let digest = built.digest();
    if !require_tool("skopeo") {
        return;
    }
    for image in ["oci:out:latest", "oci-archive:out.tar:v1"] {
        let mut inspect = Command::new("skopeo");
        inspect
            .args(["inspect", image])
            .current_dir(workspace.path(""));
        let found = tool_json(&mut inspect);
        assert_eq!(found["Digest"], digest);
        assert_eq!(found["Layers"].as_array().unwrap().len(), 1);
        assert_eq!(
            found["Labels"],
            json!({ "org.opencontainers.image.title": "hello" })
        );
        assert_eq!(found["Created"], "1970-01-01T00:00:00Z");
    }
    // The archive itself is the same bytes again.
    let once = fs::read(workspace.path("out.tar")).unwrap();
    workspace.build_spec("specs/hello", &options).expect(0);
    assert!(once == fs::read(workspace.path("out.tar")).unwrap());
}

#[test]
fn the_layer_is_what_the_documents_promise() {
    let workspace = Workspace::new();
    let built = workspace
        .build_spec("specs/hello", &["-o", "oci:out", "--json"])
        .expect(0);
    let built: Value = serde_json::from_str(&built.stdout).unwrap();
    let blob = |digest: &Value| {
        let hex = digest.as_str().unwrap().strip_prefix("sha256:").unwrap();
        let path = workspace.path("out/blobs/sha256").join(hex);
        let sum = tool(Command::new("sha256sum").arg(&path));
        assert!(sum.starts_with(hex), "{sum}");
        path
    };
    let manifest: Value =
        serde_json::from_slice(&fs::read(blob(&built["digest"])).unwrap()).unwrap();
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1);
    let layer = blob(&layers[0]["digest"]);
    assert_eq!(layers[0]["size"], fs::metadata(&layer).unwrap().len());
    assert_eq!(layers[0]["size"], built["layer_size"]);
    let config: Value =
        serde_json::from_slice(&fs::read(blob(&manifest["config"]["digest"])).unwrap()).unwrap();
    assert_eq!(config["rootfs"]["diff_ids"], json!([built["diff_id"]]));
    let mut unpacked = Command::new("sh");
    unpacked
        .args(["-c", "gzip -dc \"$0\" | sha256sum"])
        .arg(layer);
    let sum = tool(&mut unpacked);
    assert!(
        built["diff_id"]
            .as_str()
            .unwrap()
            .ends_with(sum.split(' ').next().unwrap())
    );
    // Three documents and blobs, and nothing else.
    assert_eq!(
        fs::read_dir(workspace.path("out/blobs/sha256"))
            .unwrap()
            .count(),
        3
    );
}

#[test]
fn the_validator_of_the_specification_is_content() {
    if !require_tool("oci-image-tool") {
        return;
    }
    let workspace = Workspace::new();
    workspace
        .build_spec("specs/hello", &["-o", "oci:out"])
        .expect(0);
    let mut validate = Command::new("oci-image-tool");
    validate.args(["validate", "--type", "image", "--ref", "name=latest"]);
    tool(validate.arg(workspace.path("out")));
}

#[test]
fn skopeo_copies_without_a_change() {
    if !require_tool("skopeo") {
        return;
    }
    let workspace = Workspace::new();
    let digest = workspace
        .build_spec("specs/hello", &["-o", "oci:out"])
        .digest();
    let mut copy = Command::new("skopeo");
    copy.args(["--insecure-policy", "copy", "--quiet"]);
    tool(copy.args([
        workspace.layout("out:latest"),
        workspace.layout("copy:other"),
    ]));
    assert_eq!(
        index(&workspace, "copy"),
        [("other".to_owned(), digest)].into()
    );
}

#[test]
fn inspect_reads_what_build_wrote() {
    let workspace = Workspace::new();
    let digest = workspace
        .build_spec("specs/hello", &["-o", "oci:out"])
        .digest();
    let shown = run(&mut workspace.command(&["inspect", "oci:out:latest"])).expect(0);
    assert!(shown.stdout.contains(&digest), "{}", shown.stdout);
    let shown = run(&mut workspace.command(&["inspect", "--format", "json", "oci:out"])).expect(0);
    let json: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert!(json.to_string().contains(&digest), "{json}");
}

/// Type, mode, owner, group and link text of what is at `path`.
pub(crate) fn look(root: &Path, path: &str) -> String {
    let place = root.join(path);
    let found = match fs::symlink_metadata(&place) {
        Ok(found) => found,
        Err(error) => return error.kind().to_string(),
    };
    let (uid, gid) = (found.uid(), found.gid());
    let mode = found.mode() & 0o7777;
    if found.is_symlink() {
        let target = fs::read_link(place).unwrap();
        return format!("-> {} {uid}:{gid}", target.display());
    }
    let kind = if found.is_dir() { "d" } else { "f" };
    format!("{kind} {mode:04o} {uid}:{gid}")
}

const EFFECTS: &str = r#"
name: effects
base: scratch
steps:
  - write: /etc/passwd
    content: |
      root:x:0:0::/root:/bin/sh
      app:x:1001:1002::/home/app:/bin/sh
  - write: /etc/group
    content: |
      root:x:0:
      web:x:33:app
  # write
  - write: /plain
    content: text
  - write: /secret
    content: ""
    mode: "0600"
    owner: app:web
  - write: /setuid
    content: ""
    mode: "4755"
    owner: app
  # directory
  - directory: /deep/er/est
    mode: "2770"
    owner: "7:web"
  - directory: /sticky
    mode: "1777"
  # copy
  - copy: tree
    to: /copied
  - copy: tree
    to: /kept
    mode: keep
    directory_mode: keep
    owner: keep
  - copy: tree
    to: /set
    owner: app:web
    mode: "0640"
    directory_mode: "0750"
  - copy: tree
    to: /filtered
    exclude: ["*.txt"]
  - copy: tree/run
    to: /bin/
    mode: "0755"
  - copy: [tree/run, tree/a.txt]
    to: /several/
  - write: /copied/a.txt
    content: replaced
  # links
  - link: /relative
    target: plain
  - link: /dangling
    target: ../nowhere
    owner: app
  - link: /hard
    target: /plain
    hard: true
  # a link to a folder is a folder for everything that is put below it
  - directory: /real
  - link: /alias
    target: real
  - write: /alias/written
    content: here
  - copy: tree/run
    to: /alias/
  - directory: /alias/sub
  # remove
  - write: /gone/one
    content: ""
  - write: /gone/two.tmp
    content: ""
  - write: /gone/three.tmp
    content: ""
  - remove: /gone/*.tmp
  - remove: [/sticky, /filtered/sub]
  - link: /points
    target: plain
  - remove: /points
  # permissions
  - write: /p/f
    content: ""
  - write: /p/x
    content: ""
    mode: "0711"
  - directory: /p/d/e
  - link: /p/l
    target: f
  - permissions: /p
    owner: app:web
    mode: u=rwX,go=rX
    recursive: true
  - write: /q/f
    content: ""
  - permissions: [/q]
    mode: "0700"
"#;

#[test]
fn every_step_has_its_effect() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let workspace = Workspace::with(EFFECTS);
    workspace.write("tree/a.txt", "a");
    workspace.write("tree/sub/b.txt", "b");
    workspace.write("tree/run", "#!/bin/sh\n");
    let mode = |name: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        let path = workspace.context().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("tree", 0o711);
    mode("tree/sub", 0o1777);
    mode("tree/a.txt", 0o600);
    mode("tree/sub/b.txt", 0o444);
    mode("tree/run", 0o750);
    std::os::unix::fs::lchown(workspace.context().join("tree/a.txt"), Some(5), Some(6)).unwrap();
    std::os::unix::fs::symlink("a.txt", workspace.context().join("tree/link")).unwrap();

    workspace.build(&["-o", "oci:out"]).expect(0);
    let root = workspace.unpack("out", "latest");
    let expected = [
        ("plain", "f 0644 0:0"),
        ("secret", "f 0600 1001:33"),
        ("setuid", "f 4755 1001:1002"),
        ("deep", "d 0755 0:0"),
        ("deep/er", "d 0755 0:0"),
        ("deep/er/est", "d 2770 7:33"),
        ("sticky", "entity not found"),
        ("copied", "d 0755 0:0"),
        ("copied/sub", "d 0755 0:0"),
        ("copied/a.txt", "f 0644 0:0"),
        ("copied/sub/b.txt", "f 0644 0:0"),
        ("copied/run", "f 0755 0:0"),
        ("copied/link", "-> a.txt 0:0"),
        ("kept", "d 0711 0:0"),
        ("kept/sub", "d 1777 0:0"),
        ("kept/a.txt", "f 0600 5:6"),
        ("kept/sub/b.txt", "f 0444 0:0"),
        ("kept/run", "f 0750 0:0"),
        ("set", "d 0750 1001:33"),
        ("set/sub", "d 0750 1001:33"),
        ("set/run", "f 0640 1001:33"),
        ("set/link", "-> a.txt 1001:33"),
        ("filtered/run", "f 0755 0:0"),
        ("filtered/a.txt", "entity not found"),
        ("filtered/sub", "entity not found"),
        ("bin/run", "f 0755 0:0"),
        ("several/run", "f 0755 0:0"),
        ("several/a.txt", "f 0644 0:0"),
        ("relative", "-> plain 0:0"),
        ("dangling", "-> ../nowhere 1001:1002"),
        ("hard", "f 0644 0:0"),
        ("alias", "-> real 0:0"),
        ("real/written", "f 0644 0:0"),
        ("real/run", "f 0755 0:0"),
        ("real/sub", "d 0755 0:0"),
        ("gone", "d 0755 0:0"),
        ("gone/one", "f 0644 0:0"),
        ("gone/two.tmp", "entity not found"),
        ("gone/three.tmp", "entity not found"),
        ("points", "entity not found"),
        ("p", "d 0755 1001:33"),
        ("p/d", "d 0755 1001:33"),
        ("p/d/e", "d 0755 1001:33"),
        ("p/f", "f 0644 1001:33"),
        ("p/x", "f 0755 1001:33"),
        ("p/l", "-> f 1001:33"),
        ("q", "d 0700 0:0"),
        ("q/f", "f 0644 0:0"),
    ];
    let found: Vec<(&str, String)> = (expected.iter())
        .map(|(path, _)| (*path, look(&root, path)))
        .collect();
    let expected: Vec<(&str, String)> = (expected.iter())
        .map(|(path, text)| (*path, (*text).to_owned()))
        .collect();
    assert_eq!(found, expected);

    assert_eq!(fs::read(root.join("plain")).unwrap(), b"text");
    assert_eq!(fs::read(root.join("copied/a.txt")).unwrap(), b"replaced");
    assert_eq!(fs::read(root.join("real/written")).unwrap(), b"here");
    let inode = |path: &str| fs::metadata(root.join(path)).unwrap().ino();
    assert_eq!(inode("plain"), inode("hard"));
    // Every time is the recipe's.
    for path in ["plain", "copied", "copied/a.txt", "deep/er"] {
        assert_eq!(fs::metadata(root.join(path)).unwrap().mtime(), 0, "{path}");
    }
}

#[test]
fn podman_runs_an_image() {
    let _engines = crate::support::engines_mount();
    if !require_root() || !require_tool("podman") {
        return;
    }
    let workspace = Workspace::with(
        "
name: x
base: scratch
steps:
  - copy: busybox
    to: /bin/busybox
    mode: '0755'
  - write: /message
    content: from the layer
config:
  entrypoint: [/bin/busybox]
  cmd: [cat, /message]
",
    );
    if fs::copy("/bin/busybox", workspace.context().join("busybox")).is_err() {
        skipped("busybox");
        return;
    }
    workspace.build(&["-o", "oci-archive:out.tar:v1"]).expect(0);
    let archive = workspace.path("out.tar");
    let loaded = workspace.podman(&format!(
        "podman load --quiet --input '{}'",
        archive.display()
    ));
    let name = loaded.trim().rsplit_once(": ").unwrap().1.to_owned();
    let printed = workspace.podman(&format!("podman run --rm --network none '{name}'"));
    assert_eq!(printed, "from the layer");
}
