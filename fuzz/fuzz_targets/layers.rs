//! Layers of a base, on top of one another: what they hold ends in the root or nowhere, and what
//! comes out can be written as a layer.
//!
//! The first byte says whether the checksums of tars are put right; parts are layers.
#![no_main]

use std::fs;

use onelayer::digest::Digest;
use onelayer::layer::{Options, squash};
use onelayer::progress::Silent;
use onelayer_fuzz::{Workplace, parts, with_tar_checksums};

/// Writes a blob of the layout.
fn blob(place: &Workplace, bytes: &[u8]) -> Digest {
    let digest = Digest::of(bytes);
    let blobs = place.path("context/images/blobs/sha256");
    fs::create_dir_all(&blobs).expect("the folder can be written to");
    fs::write(blobs.join(digest.hex()), bytes).expect("the folder can be written to");
    digest
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((how, bytes)) = bytes.split_first() else {
        return;
    };
    let place = Workplace::new();
    let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
    for part in parts::<3>(bytes).into_iter().flatten() {
        let repaired = (how & 1 != 0).then(|| with_tar_checksums(part));
        let tar = repaired.as_deref().unwrap_or(part);
        let digest = blob(&place, tar);
        layers.push(format!(
            r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{digest}","size":{}}}"#,
            tar.len()
        ));
        diff_ids.push(format!(r#""{digest}""#));
    }
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
        diff_ids.join(",")
    );
    let digest = blob(&place, config.as_bytes());
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":{}}},"layers":[{}]}}"#,
        config.len(),
        layers.join(",")
    );
    let digest = blob(&place, manifest.as_bytes());
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":{}}}]}}"#,
        manifest.len()
    );
    let images = place.path("context/images");
    fs::write(images.join("index.json"), index).expect("the folder can be written to");
    let recipe = "name: x\nbase: oci:images\nplatforms: [linux/amd64]\nsteps:\n  - write: /etc/kept\n    \
                  content: kept\n";
    let Ok(tree) = place.carry_out(recipe) else {
        return;
    };
    // Files with holes may be as long as they like.
    let sizes = tree.iter().map(|entry| match entry.kind {
        onelayer::tree::Kind::File { size, .. } => size,
        _ => 0,
    });
    if sizes.fold(0, u64::saturating_add) < 1 << 20 {
        let options = Options {
            threads: std::num::NonZero::new(1),
            ..Options::default()
        };
        squash(&tree, &options, std::io::sink(), &Silent).expect("it can be a layer");
    }
});
