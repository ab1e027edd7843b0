//! Bases that come from a registry, and then do not.

use std::fs;
use std::path::PathBuf;

use crate::bases::layout;
use crate::layouts::entries;
use crate::support::distribution::Distribution;
use crate::support::relay::{Relay, Then, Way};
use crate::support::workspace::{Outcome, Workspace, run};

use super::{assert_blobs_whole, interrupt, large_layers, ready, registry, send, started};

/// A registry with `team/base:1`, and a way to it that can be cut.
struct Far {
    server: Distribution,
    relay: Relay,
    workspace: Workspace,
}

const OUT: [&str; 4] = ["build", "context", "-o", "oci:out"];

impl Far {
    fn new() -> Self {
        let workspace = Workspace::new();
        let folder = workspace.path("base");
        layout::publish(&folder, layout::image(&folder, &large_layers("")));
        let server = registry();
        send(&server, &workspace, "base", "team/base:1");
        Self {
            relay: Relay::new(&server.host),
            server,
            workspace,
        }
    }

    /// The image of it on a cache that has nothing.
    fn build_anew(&self, layers: &str) -> Outcome {
        self.write(layers);
        self.forget();
        self.workspace.build(&["-o", "oci:out"]).expect(0)
    }

    fn write(&self, layers: &str) {
        let text = format!(
            "name: app\nbase: docker://{}/team/base:1\nsteps: [{{write: /new, content: x}}]\n\
             output: {{layers: {layers}}}\n",
            self.relay.host
        );
        self.workspace.write("recipe.yaml", &text);
    }

    /// Removes the cache and what was built.
    fn forget(&self) {
        for path in [self.workspace.cache(), self.workspace.path("out")] {
            if path.exists() {
                fs::remove_dir_all(path).unwrap();
            }
        }
    }

    /// Blobs in the cache.
    fn blobs(&self) -> Vec<PathBuf> {
        let folder = self.workspace.cache().join("blobs/sha256");
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

#[test]
fn a_pull_that_is_interrupted_at_any_byte_leaves_nothing() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    const MOMENTS: u64 = 9;
    let far = Far::new();
    let mut kept = 0;
    for layers in ["one", "on-base"] {
        far.relay.open();
        let digest = far.build_anew(layers).digest();
        let [_, all] = far.relay.open();
        assert!(all > 900_000, "{all}");
        for moment in 0..MOMENTS {
            for signal in ["-INT", "-KILL"] {
                far.forget();
                let bytes = all * moment / MOMENTS + 1;
                far.relay.after(Way::Down, bytes, Then::Block);
                let child = started(&far.workspace, &OUT);
                far.relay.wait();
                interrupt(&far.workspace, child, signal);
                let out = far.workspace.path("out");
                // Nobody is left to remove the folder after SIGKILL.
                let is_there = match signal {
                    "-KILL" => out.join("index.json").exists(),
                    _ => out.exists(),
                };
                assert!(!is_there, "{bytes} of {all}, {signal}");
                kept += assert_blobs_whole(&far.workspace);
                far.relay.open();
                let again = far.workspace.build(&["-o", "oci:out"]).digest();
                assert_eq!(again, digest, "{layers}: {bytes} of {all}, {signal}");
                let found: Vec<String> = entries(&out).into_iter().collect();
                assert_eq!(found, ["blobs", "index.json", "oci-layout"]);
                super::assert_nothing_half_done(&far.workspace);
            }
        }
    }
    // What came whole before is not asked for again.
    assert!(kept > 0);
}

#[test]
fn a_connection_that_is_lost_for_good_is_told_with_layer_and_registry() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    let far = Far::new();
    let digest = far.build_anew("one").digest();
    let [_, all] = far.relay.open();
    far.forget();
    far.relay.after(Way::Down, all / 2, Then::End);
    let told = far.workspace.build(&["-o", "oci:out"]).expect(5);
    // As the registry has them: skopeo compressed them on the way.
    let there = format!("docker://{}/team/base:1", far.server.host);
    let raw = (far.server).skopeo(&["inspect", "--raw", "--tls-verify=false", &there]);
    let raw: serde_json::Value = serde_json::from_str(&raw).unwrap();
    let layers = raw["layers"].as_array().unwrap();
    let is_named =
        |layer: &serde_json::Value| told.stderr.contains(layer["digest"].as_str().unwrap());
    assert!(layers.iter().any(is_named), "{}", told.stderr);
    assert!(told.stderr.contains(&far.relay.host), "{}", told.stderr);
    assert!(!far.workspace.path("out").exists());
    super::assert_nothing_half_done(&far.workspace);
    far.relay.open();
    assert_eq!(far.workspace.build(&["-o", "oci:out"]).digest(), digest);
}

#[test]
fn a_connection_that_breaks_is_taken_up_again() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    let far = Far::new();
    let digest = far.build_anew("on-base").digest();
    let [_, all] = far.relay.open();
    for moment in 0..5 {
        far.forget();
        far.relay
            .after(Way::Down, all * moment / 5 + 1, Then::Break);
        assert_eq!(far.workspace.build(&["-o", "oci:out"]).digest(), digest);
        assert!(far.relay.is_reached());
        super::assert_nothing_half_done(&far.workspace);
        let [_, again] = far.relay.open();
        // Only what was lost came twice, not a layer.
        assert!(again < all + 100_000, "{again} of {all}");
    }
}

#[test]
fn what_was_damaged_in_the_cache_comes_again() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    let far = Far::new();
    let digest = far.build_anew("on-base").digest();
    let blobs = far.blobs();
    // Three layers, the manifest and the configuration.
    assert_eq!(blobs.len(), 5);
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let other = |bytes: &[u8]| [&bytes[..bytes.len() - 1], b"\xff"].concat();
    let empty = |_: &[u8]| Vec::new();
    for damage in [&half as &dyn Fn(&[u8]) -> Vec<u8>, &other, &empty] {
        for keeps_steps in [true, false] {
            for blob in &blobs {
                let bytes = fs::read(blob).unwrap();
                fs::write(blob, damage(&bytes)).unwrap();
            }
            if !keeps_steps {
                fs::remove_dir_all(far.workspace.cache().join("steps")).unwrap();
            }
            fs::remove_dir_all(far.workspace.path("out")).unwrap();
            assert_eq!(far.workspace.build(&["-o", "oci:out"]).digest(), digest);
            assert_eq!(assert_blobs_whole(&far.workspace), 5);
            // Every blob of the image is read here.
            let there = far.workspace.layout("out:latest");
            let to = far.workspace.layout("read:latest");
            far.server.skopeo(&["copy", "--quiet", &there, &to]);
        }
    }
}

#[test]
fn a_copy_that_is_cut_off_shows_nothing() {
    if !ready(&["docker-registry", "skopeo"]) {
        return;
    }
    const MOMENTS: u64 = 4;
    let far = Far::new();
    let from = format!("docker://{}/team/base:1", far.relay.host);
    let words = ["copy", &from, "oci:copied:1"];
    let copy = || run(&mut far.workspace.command(&words));
    let copied = far.workspace.path("copied");
    let digest = copy().digest();
    let [_, all] = far.relay.open();
    assert_eq!(super::seen(&far.server, "team/base:1"), digest);
    for moment in 0..MOMENTS {
        let bytes = all * moment / MOMENTS + 1;
        for signal in ["-INT", "-KILL"] {
            fs::remove_dir_all(&copied).unwrap();
            far.relay.after(Way::Down, bytes, Then::Block);
            let child = started(&far.workspace, &words);
            far.relay.wait();
            interrupt(&far.workspace, child, signal);
            assert!(!copied.join("index.json").exists(), "{bytes} of {all}");
            far.relay.open();
            assert_eq!(copy().digest(), digest, "{bytes} of {all}, {signal}");
        }
        fs::remove_dir_all(&copied).unwrap();
        far.relay.after(Way::Down, bytes, Then::Break);
        assert_eq!(copy().digest(), digest, "{bytes} of {all}");
        assert!(far.relay.is_reached());
    }
    fs::remove_dir_all(&copied).unwrap();
    far.relay.after(Way::Down, all / 2, Then::End);
    let told = copy().expect(5);
    for part in ["cannot bring layer sha256:", &far.relay.host] {
        assert!(told.stderr.contains(part), "no `{part}`: {}", told.stderr);
    }
    assert!(!copied.join("index.json").exists());
}
