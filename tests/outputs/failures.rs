//! What goes wrong with several outputs leaves all of them as they were.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use onelayer::layer::Compression;
use onelayer::progress::Silent;
use onelayer::transport::{Access, Destinations, Reference, TransportError, Watch};
use onelayer::tree::Tree;

use crate::layouts::{entries, reference, small_tree};
use crate::support::twin::{Twin, kill};
use crate::support::workspace::{Workspace, require_root, require_tool, run};
use crate::support::{image, nasty, scratch};

use super::{RECIPE, assert_holds};

/// All places that are files.
fn places(folder: &Path) -> Vec<Reference> {
    let at = |name: &str| folder.join(name).display().to_string();
    vec![
        reference(&format!("docker-archive:{}:x:1", at("d.tar"))),
        reference(&format!("oci:{}:t", at("layout"))),
        reference(&format!("oci-archive:{}:t", at("o.tar"))),
        reference(&format!("rootfs:{}", at("root"))),
        reference(&format!("rootfs:{}", at("r.tar"))),
        reference(&format!("rootfs:{}", at("r.tar.zst"))),
    ]
}

#[test]
fn given_up_at_any_point_nothing_is_left() {
    let scratch = scratch();
    let tree = small_tree(scratch.path(), "x");
    let (bytes, layer) = image::layer(&tree, &image::options(1, Compression::default()));
    let out = scratch.path().join("out");
    fs::create_dir(&out).unwrap();
    let image = image::describe(vec![layer.clone()]);
    for point in 0..6_usize {
        // Asked so many times before it says stop.
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let cancel = || {
            asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= point.saturating_sub(3) * 4
        };
        let watch = Watch {
            reporter: &Silent,
            cancelled: &cancel,
        };
        let access = Access::default();
        let mut destinations = Destinations::open_with(&places(&out), &access, watch).unwrap();
        if point == 0 {
            continue;
        }
        let mut blob = destinations.blob().unwrap();
        std::io::Write::write_all(&mut blob, &bytes).unwrap();
        if point == 1 {
            continue;
        }
        destinations.add(blob, &layer.digest).unwrap();
        if point == 2 {
            continue;
        }
        let stopped = destinations.commit(&image).unwrap_err();
        assert!(
            matches!(stopped, TransportError::Cancelled),
            "{point}: {stopped}"
        );
        // A layout has blobs that nothing names, as after a crash.
        let left = entries(&out);
        let left: Vec<&String> = left.iter().filter(|name| *name != "layout").collect();
        assert!(left.is_empty(), "{point}: {left:?}");
        assert!(!out.join("layout/index.json").exists());
    }
    let mut destinations = Destinations::open(&places(&out)).unwrap();
    let mut blob = destinations.blob().unwrap();
    std::io::Write::write_all(&mut blob, &bytes).unwrap();
    destinations.add(blob, &layer.digest).unwrap();
    destinations.commit(&image).unwrap();
    assert_holds(
        &out,
        &["d.tar", "layout", "o.tar", "r.tar", "r.tar.zst", "root"],
    );
}

#[test]
fn two_outputs_at_one_path_are_refused() {
    let scratch = scratch();
    let out = |transport: &str, name: &str| {
        reference(&format!("{transport}:{}/{name}", scratch.path().display()))
    };
    for pair in [
        [out("oci", "x"), out("rootfs", "x")],
        [out("oci-archive", "x.tar"), out("docker-archive", "x.tar")],
        [out("docker-archive", "x.tar"), out("rootfs", "./x.tar")],
        [out("rootfs", "x"), out("rootfs", "x")],
    ] {
        let refused = Destinations::open(&pair).err().unwrap();
        assert!(
            matches!(refused, TransportError::SameOutput { .. }),
            "{pair:?}"
        );
        assert_eq!(entries(scratch.path()).len(), 0);
    }
    let names = [
        out("docker-archive", "x.tar:a:1"),
        out("docker-archive", "x.tar:b:1"),
    ];
    assert!(Destinations::open(&names).is_ok());
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    let workspace = Workspace::with(RECIPE);
    let disk = workspace.path("disk");
    fs::create_dir(&disk).unwrap();
    fs::write(workspace.context().join("noise"), nasty::noise(3 << 20)).unwrap();
    // The first build is small; the second has a layer that fits once, but not thrice.
    let script = format!(
        "set -e; disk='{}'; mount -t tmpfs -o size=8m tmpfs \"$disk\"
         \"$@\"
         (cd \"$disk\"; find . | sort; cat d.tar l/index.json r.tar | sha256sum) > before
         printf '  - copy: noise\\n    to: /noise\\n' > extra
         sed -i '/0600/r extra' context/recipe.yaml
         code=0; \"$@\" || code=$?
         (cd \"$disk\"; find . -path ./l/blobs -prune -o -print | sort; \
          cat d.tar l/index.json r.tar | sha256sum) > after
         sed -i '/blobs/d' before after; cmp before after; exit $code",
        disk.display()
    );
    let outputs = [
        "build",
        "context",
        "-o",
        "oci:disk/l:t",
        "-o",
        "docker-archive:disk/d.tar:x:1",
        "-o",
        "rootfs:disk/r.tar",
    ];
    let wrapper = ["unshare", "--mount", "sh", "-c", &script, "sh"];
    let told = run(&mut workspace.below(&wrapper, &outputs)).expect(5);
    assert!(told.stderr.contains("No space left"), "{}", told.stderr);
    assert_eq!(told.stdout.lines().count(), 3, "{}", told.stdout);
}

#[test]
fn a_directory_that_does_not_fit_is_not_there() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    let workspace = Workspace::with(RECIPE);
    fs::write(workspace.context().join("noise"), nasty::noise(3 << 20)).unwrap();
    let recipe = RECIPE.replace("config:", "  - copy: noise\n    to: /noise\nconfig:");
    workspace.write("recipe.yaml", &recipe);
    let disk = workspace.path("disk");
    fs::create_dir(&disk).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=4m tmpfs '{}'; \"$@\"; code=$?; ls -A disk; exit $code",
        disk.display()
    );
    let wrapper = ["unshare", "--mount", "sh", "-c", &script, "sh"];
    let outputs = ["build", "context", "-o", "rootfs:disk/root"];
    let told = run(&mut workspace.below(&wrapper, &outputs)).expect(5);
    assert!(told.stderr.contains("No space left"), "{}", told.stderr);
    assert_eq!(told.stdout, "");
}

/// Writes a new image to every place in `out`, again and again.
fn write_on(folder: &Path) {
    let root = folder.join("tree");
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("noise"), nasty::noise(2 << 20)).unwrap();
    for round in 0_u32.. {
        fs::write(root.join("round"), round.to_string()).unwrap();
        write_everywhere(&image::tree(&root), &folder.join("out"));
    }
}

/// Whatever was there before.
fn write_everywhere(tree: &Tree, out: &Path) {
    let _ = fs::remove_dir_all(out.join("root"));
    let places: Vec<String> = places(out).iter().map(ToString::to_string).collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    image::write(tree, &places);
}

#[test]
fn killed_at_any_time_every_output_is_whole() {
    let twin = Twin::of(killed_at_any_time_every_output_is_whole);
    if let Some(folder) = twin.folder() {
        return write_on(&folder);
    }
    let scratch = scratch();
    let out = scratch.path().join("out");
    fs::create_dir(&out).unwrap();
    for round in 0..15_u64 {
        let victim = twin.start(scratch.path());
        thread::sleep(Duration::from_millis(60 + round * 37 % 300));
        kill(victim);
        for archive in ["d.tar", "o.tar", "r.tar"] {
            let path = out.join(archive);
            if path.exists() {
                crate::support::run("tar", &["-tf", path.to_str().unwrap()]);
            }
        }
        if out.join("root").exists() {
            assert_holds(&out.join("root"), &["noise", "round"]);
        }
    }
    write_everywhere(&small_tree(scratch.path(), "last"), &out);
    // The next writer has removed what the killed ones left.
    let expected = ["d.tar", "layout", "o.tar", "r.tar", "r.tar.zst", "root"];
    assert_holds(&out, &expected);
}
