//! A tag that means another image from one request to the next: what is made is of one image.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::bases::entry::{Entry, layer};
use crate::bases::layout;
use crate::support::server::{Reply, Request, Server};
use crate::support::workspace::{Workspace, run, tool, tool_json};

use super::{document, manifest};

/// What the tag means: the last of them from its turn on.
type Turns = Vec<Value>;

/// A registry of the layout `base`, whose only tag means one image after the other.
fn registry(layout: &Path, turns: Turns) -> Server {
    let layout = layout.to_owned();
    let asked = AtomicUsize::new(0);
    Server::new(move |request, _| {
        let last = request.target.rsplit('/').next().unwrap();
        let mut reply = if last == "t" {
            // HEAD is a turn of its own.
            let turn = asked.fetch_add(1, Ordering::SeqCst);
            blob(&layout, turns.get(turn).unwrap_or(&turns[turns.len() - 1]))
        } else {
            let bytes = fs::read(
                layout
                    .join("blobs/sha256")
                    .join(last.replace("sha256:", "")),
            );
            match bytes {
                Ok(bytes) => typed(&bytes),
                Err(_) => Reply::status(404),
            }
        };
        if request.method == "HEAD" {
            let length = reply.body.len().to_string();
            reply = reply.with("content-length", &length);
            reply.cut = Some(0);
        }
        reply
    })
}

fn blob(layout: &Path, descriptor: &Value) -> Reply {
    let hex = descriptor["digest"]
        .as_str()
        .unwrap()
        .replace("sha256:", "");
    typed(&fs::read(layout.join("blobs/sha256").join(hex)).unwrap())
}

/// With the media type that a document says it is of.
fn typed(bytes: &[u8]) -> Reply {
    let said: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let media_type = said["mediaType"]
        .as_str()
        .unwrap_or("application/octet-stream");
    Reply::file(bytes).with("content-type", media_type)
}

/// An image of two layers that say which one it is.
fn image(layout: &Path, mark: &str) -> Value {
    let one = Entry::file("mark", mark);
    let two = [Entry::folder("d/"), Entry::file(format!("d/{mark}"), mark)];
    layout::image(layout, &[layer(&[one]), layer(&two)])
}

fn digest(descriptor: &Value) -> String {
    descriptor["digest"].as_str().unwrap().to_owned()
}

/// How often the tag was asked for.
fn times(server: &Server) -> usize {
    let is_tag = |request: &&Request| request.target.ends_with("/manifests/t");
    server.asked().iter().filter(is_tag).count()
}

fn recipe(server: &Server, rest: &str) -> String {
    let host = server.address();
    format!("name: app\nbase: docker://{host}/team/base:t\n{rest}")
}

#[test]
fn an_image_is_that_of_the_manifest_that_was_read() {
    let workspace = Workspace::new();
    let folder = workspace.path("base");
    let (first, second) = (image(&folder, "first"), image(&folder, "second"));
    for layers in ["one", "on-base"] {
        let server = registry(&folder, vec![first.clone(), second.clone()]);
        let rest = format!("output: {{layers: {layers}}}\n");
        workspace.write("recipe.yaml", &recipe(&server, &rest));
        for (turn, (mark, other, base)) in
            [("first", "second", &first), ("second", "first", &second)]
                .into_iter()
                .enumerate()
        {
            let out = format!("out-{layers}-{mark}");
            workspace
                .build(&[
                    "-o",
                    &format!("oci:{out}:t"),
                    "-o",
                    &format!("rootfs:{out}-root"),
                ])
                .expect(0);
            let root = workspace.path(&format!("{out}-root"));
            assert_eq!(fs::read_to_string(root.join("mark")).unwrap(), mark);
            assert!(root.join("d").join(mark).exists());
            assert!(!root.join("d").join(other).exists());
            let made = manifest(&workspace, &out);
            let named = &made["annotations"]["org.opencontainers.image.base.digest"];
            assert_eq!(*named, base["digest"]);
            // Planning and building, it is asked for once.
            assert_eq!(times(&server), turn + 1);
            if layers == "on-base" {
                let below = document(&workspace, "base", &base["digest"]);
                let kept = &made["layers"].as_array().unwrap()[..2];
                let digests = |layers: &[Value]| layers.iter().map(digest).collect::<Vec<_>>();
                assert_eq!(digests(kept), digests(below["layers"].as_array().unwrap()));
            }
        }
    }
}

#[test]
fn a_plan_names_the_image_that_was_read() {
    let workspace = Workspace::new();
    let folder = workspace.path("base");
    let turns = vec![image(&folder, "first"), image(&folder, "second")];
    let server = registry(&folder, turns.clone());
    workspace.write("recipe.yaml", &recipe(&server, ""));
    for turn in &turns {
        let shown = run(&mut workspace.command(&["plan", "context", "--format", "json"])).expect(0);
        assert!(shown.stdout.contains(&digest(turn)), "{}", shown.stdout);
    }
}

/// Two places of a recipe that say the same mean the same, in every platform of it.
#[test]
fn a_tag_means_one_image_throughout_a_recipe() {
    let workspace = Workspace::new();
    let folder = workspace.path("base");
    let index = |mark: &str| {
        let images: Vec<Value> = ["amd64", "arm64"]
            .map(|architecture| {
                let tar = layer(&[Entry::file(format!("{mark}-{architecture}"), mark)]);
                let mut config = layout::config(&[layout::digest(&tar)]);
                config["architecture"] = json!(architecture);
                let config = layout::document(&folder, layout::CONFIG, &config);
                let blob = layout::blob(&folder, layout::LAYER, &tar);
                let manifest = layout::manifest(&config, &[blob]);
                let mut image = layout::document(&folder, layout::MANIFEST, &manifest);
                image["platform"] = json!({"architecture": architecture, "os": "linux"});
                image
            })
            .into();
        let index = json!({"schemaVersion": 2, "mediaType": layout::INDEX, "manifests": images});
        layout::document(&folder, layout::INDEX, &index)
    };
    let turns = vec![index("first"), index("second")];
    let server = registry(&folder, turns.clone());
    let host = server.address();
    let rest = format!(
        "platforms: [linux/amd64, linux/arm64]\nsteps:\n  - copy: /\n    \
         from: docker://{host}/team/base:t\n    to: /copied/\n"
    );
    workspace.write("recipe.yaml", &recipe(&server, &rest));
    workspace.build(&["-o", "oci:out:t"]).expect(0);
    assert_eq!(times(&server), 1);
    let made = manifest(&workspace, "out");
    for image in made["manifests"].as_array().unwrap() {
        let architecture = image["platform"]["architecture"].as_str().unwrap();
        let image = document(&workspace, "out", &image["digest"]);
        let layer = digest(&image["layers"][0]).replace("sha256:", "");
        let layer = workspace.path("out/blobs/sha256").join(layer);
        let names = tool(Command::new("tar").arg("-tzf").arg(layer));
        let name = format!("first-{architecture}");
        let names: Vec<&str> = names.lines().filter(|name| !name.ends_with('/')).collect();
        assert_eq!(names, [name.clone(), format!("copied/{name}")]);
    }
}

/// A digest is one image, and the tag beside it another.
#[test]
fn a_digest_and_a_tag_are_both_what_they_say() {
    let workspace = Workspace::new();
    let folder = workspace.path("base");
    let (first, second) = (image(&folder, "first"), image(&folder, "second"));
    let server = registry(&folder, vec![second.clone()]);
    let host = server.address();
    let pinned = format!(
        "{{image: docker://{host}/team/base:t, digest: '{}'}}",
        digest(&first)
    );
    let tagged = format!("docker://{host}/team/base:t");
    for (base, stage, mark, copied) in [
        (&pinned, &tagged, "first", "second"),
        (&tagged, &pinned, "second", "first"),
    ] {
        let text = format!(
            "name: app\nbase: {base}\nstages:\n  other:\n    base: {stage}\nsteps:\n  \
             - copy: /mark\n    from: stage:other\n    to: /copied\n"
        );
        workspace.write("recipe.yaml", &text);
        let out = format!("rootfs:{mark}");
        workspace.build(&["-o", &out, "--no-cache"]).expect(0);
        let read = |name: &str| fs::read_to_string(workspace.path(mark).join(name)).unwrap();
        assert_eq!([read("mark"), read("copied")], [mark, copied]);
    }
}

#[test]
fn a_copy_is_of_what_was_read_first() {
    let workspace = Workspace::new();
    let folder = workspace.path("base");
    let turns = vec![image(&folder, "first"), image(&folder, "second")];
    let server = registry(&folder, turns.clone());
    let from = format!("docker://{}/team/base:t", server.address());
    for (number, turn) in turns.iter().enumerate() {
        let to = format!("oci:copy{number}:t");
        let told = tool_json(&mut workspace.command(&["copy", "--json", &from, &to]));
        assert_eq!(told["digest"], turn["digest"]);
        assert_eq!(times(&server), number + 1);
    }
}
