//! Archives that `docker save` and skopeo write, and such as nobody does.

use std::fs;
use std::process::Command;

use serde_json::json;

use super::documents::refuse;
use super::entry::{Entry, layer};
use super::layout::{config, digest, expect_refused, image, publish};
use super::unpacked::{assert_same, unpacked};
use crate::support::workspace::{Workspace, require_root, require_tool, run, tool};
use crate::unpacking::member::{archive, hard, link, member};

const RECIPE: &str =
    "name: x\nbase: docker-archive:base.tar\noutput: {source_date_epoch: 4000000000}\n";

/// A workspace with an archive of one layer, listed as `listed`, and `more` members.
fn saved(listed: &str, more: &[Vec<u8>]) -> Workspace {
    let workspace = Workspace::with(RECIPE);
    let tar = layer(&[Entry::file("a", "a")]);
    let config = config(&[digest(&tar)]).to_string();
    let list = json!([{"Config": "config.json", "RepoTags": ["x:1"], "Layers": [listed]}]);
    let members = [
        member(b"layer.tar", b'0', b"", &tar),
        member(b"config.json", b'0', b"", config.as_bytes()),
        member(b"manifest.json", b'0', b"", list.to_string().as_bytes()),
    ];
    let bytes = archive(&[&members[..], more].concat());
    fs::write(workspace.context().join("base.tar"), bytes).unwrap();
    workspace
}

#[test]
fn layers_may_be_links_to_other_members() {
    for (listed, more) in [
        ("layer.tar", link("id/layer.tar", "../layer.tar")),
        ("id/layer.tar", link("id/layer.tar", "../layer.tar")),
        ("id/layer.tar", link("./id/layer.tar", "./.././layer.tar")),
        ("id/layer.tar", hard("id/layer.tar", "layer.tar")),
        // Links that nobody names may lead anywhere.
        ("layer.tar", link("id/layer.tar", "/etc/passwd")),
        ("layer.tar", link("id/layer.tar", "../../x")),
        ("layer.tar", link("id/layer.tar", "nowhere")),
    ] {
        let workspace = saved(listed, &[more]);
        workspace.build(&["-o", "oci:out"]).expect(0);
        let mut copy = workspace.command(&["copy", "docker-archive:context/base.tar", "oci:c"]);
        run(&mut copy).expect(0);
    }
}

#[test]
fn what_is_outside_or_twice_is_refused() {
    for (what, listed, more) in [
        ("outside", "../../x", vec![]),
        ("absolute", "/etc/passwd", vec![]),
        ("missing", "other.tar", vec![]),
        ("folder", "", vec![]),
        ("link out", "l", vec![link("l", "../../../etc/passwd")]),
        ("absolute link", "l", vec![link("l", "/etc/passwd")]),
        ("dangling", "l", vec![link("l", "nowhere")]),
        ("link to itself", "l", vec![link("l", "l")]),
        (
            "two steps",
            "l",
            vec![link("l", "m"), link("m", "layer.tar")],
        ),
    ] {
        let workspace = saved(listed, &more);
        // As with a tag that is not there: the recipe names what the archive does not have.
        refuse(
            &workspace,
            what,
            1,
            &[
                "`base.tar` has no file",
                &format!("`{listed}`"),
                "manifest.json",
                "help: write the archive again",
            ],
        );
    }
    for (what, more) in [
        ("twice", vec![member(b"layer.tar", b'0', b"", b"x")]),
        ("twice, once a link", vec![link("layer.tar", "config.json")]),
        (
            "a second list",
            vec![member(b"./manifest.json", b'0', b"", b"[]")],
        ),
        ("a device", vec![member(b"d", b'3', b"", b"")]),
    ] {
        let workspace = saved("layer.tar", &more);
        expect_refused(&workspace, what, 5, &["base.tar"]);
    }
    // An archive of the other kind has no links at all.
    let workspace = Workspace::with("name: x\nbase: oci-archive:base.tar\n");
    let bytes = archive(&[link("index.json", "x"), member(b"x", b'0', b"", b"{}")]);
    fs::write(workspace.context().join("base.tar"), bytes).unwrap();
    expect_refused(&workspace, "links", 5, &["base.tar", "`index.json`"]);
}

/// The list, and nothing but a layer and a configuration.
fn listing(list: &str) -> Workspace {
    let workspace = Workspace::with(RECIPE);
    let tar = layer(&[Entry::file("a", "a")]);
    let config = config(&[digest(&tar)]).to_string();
    let members = [
        member(b"manifest.json", b'0', b"", list.as_bytes()),
        member(b"config.json", b'0', b"", config.as_bytes()),
        member(b"layer.tar", b'0', b"", &tar),
        member(b"text", b'0', b"", b"text"),
    ];
    fs::write(workspace.context().join("base.tar"), archive(&members)).unwrap();
    workspace
}

#[test]
fn lists_are_read_strictly() {
    let image = r#"{"Config":"config.json","RepoTags":null,"Layers":["layer.tar"]}"#;
    let named = |name: &str| image.replace("null", &format!("[\"{name}\"]"));
    listing(&format!("[{image}]"))
        .build(&["-o", "oci:out"])
        .expect(0);
    for (what, code, list, parts) in [
        ("nothing", 5, String::new(), &["manifest.json"][..]),
        ("an object", 5, image.to_owned(), &["manifest.json"]),
        ("text", 5, "[7]".to_owned(), &["manifest.json"]),
        ("no image", 1, "[]".to_owned(), &["has no image"]),
        (
            "two without a name",
            1,
            format!("[{image},{image}]"),
            &["2 images that match"],
        ),
        (
            "two names",
            1,
            format!("[{},{}]", named("a:1"), named("b:2")),
            &["2 images", "docker.io/library/a:1", "docker.io/library/b:2"],
        ),
        (
            "a configuration outside",
            1,
            format!("[{}]", image.replace("config.json", "../../etc/passwd")),
            &["`../../etc/passwd`", "manifest.json"],
        ),
        (
            "no configuration",
            1,
            format!("[{}]", image.replace("config.json", "\\u001b[2Jx")),
            &["manifest.json"],
        ),
        (
            "a configuration that is none",
            5,
            format!("[{}]", image.replace("config.json", "text")),
            &["the configuration is not valid"],
        ),
        (
            "a layer too many",
            5,
            format!("[{}]", image.replace("[\"l", "[\"layer.tar\",\"l")),
            &["2 layers, the configuration 1"],
        ),
        (
            "no layers",
            5,
            format!("[{}]", image.replace("\"layer.tar\"", "")),
            &["0 layers, the configuration 1"],
        ),
        (
            "another layer",
            5,
            format!("[{}]", image.replace("layer.tar", "text")),
            &["its bytes have the digest"],
        ),
        (
            "a key twice",
            5,
            format!(
                "[{}]",
                image.replace("\"Config", "\"Config\":\"text\",\"Config")
            ),
            &["manifest.json"],
        ),
    ] {
        refuse(
            &listing(&list),
            what,
            code,
            &[&["base.tar", "help: "], parts].concat(),
        );
    }
    let workspace = listing(&format!("[{}]", named("x:1")));
    let asked = RECIPE.replace("base.tar", "base.tar:y:1");
    workspace.write("recipe.yaml", &asked);
    refuse(&workspace, "another name", 1, &["docker.io/library/y:1"]);
}

#[test]
fn what_skopeo_saves_is_read() {
    if !require_root() || !["skopeo", "umoci"].into_iter().all(require_tool) {
        return;
    }
    let workspace = Workspace::with(RECIPE);
    let layers = [
        layer(&[Entry::file("a", "a"), Entry::file("b", "b")]),
        layer(&[Entry::file(".wh.a", ""), Entry::link("c", "b")]),
    ];
    let layout = workspace.path("base");
    publish(&layout, image(&layout, &layers));
    let saved = workspace.context().join("base.tar");
    tool(
        Command::new("skopeo")
            .args(["copy", &format!("oci:{}:t", layout.display())])
            .arg(format!("docker-archive:{}:name:tag", saved.display())),
    );
    let archive = "docker-archive:context/base.tar";
    run(&mut workspace.command(&["copy", archive, "oci:copied:t"])).expect(0);
    workspace.build(&["-o", "oci:out:t"]).expect(0);
    let expected = unpacked(&workspace, "base:t");
    assert_same("copy", &expected, &unpacked(&workspace, "copied:t"));
    assert_same("build", &expected, &unpacked(&workspace, "out:t"));
}
