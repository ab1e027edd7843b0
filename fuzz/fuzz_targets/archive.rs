//! Archives that a step unpacks: what they hold ends in their folder or nowhere, and what comes out
//! can be written as a layer.
//!
//! The first byte says how it is unpacked, and whether a tar's checksums are put right.
#![no_main]

use onelayer::layer::{Compression, Options, squash};
use onelayer::progress::Silent;
use onelayer_fuzz::{Workplace, content, with_tar_checksums};

const PLACE: &str = "opt/x";
/// Where a link of the root leads, which is the root's business.
const BESIDE: &str = "srv";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((how, archive)) = bytes.split_first() else {
        return;
    };
    let repaired = (how & 4 != 0).then(|| with_tar_checksums(archive));
    let archive = repaired.as_deref().unwrap_or(archive);
    let place = Workplace::new();
    let digest = place.fetched(archive);
    let strip = how & 3;
    let mode = if how & 8 != 0 {
        "    mode: u+rwX,o=\n"
    } else {
        ""
    };
    let recipe = format!(
        "name: x\nbase: scratch\nsteps:\n\
         \x20 - write: /etc/kept\n    content: kept\n\
         \x20 - directory: /{PLACE}/folder\n\
         \x20 - directory: /{BESIDE}\n\
         \x20 - link: /{PLACE}/beside\n    target: /{BESIDE}\n\
         \x20 - fetch: http://127.0.0.1:9/x\n    sha256: {digest}\n    to: /{PLACE}\n    \
         extract: true\n    strip: {strip}\n{mode}"
    );
    let Ok(tree) = place.carry_out(&recipe) else {
        return;
    };
    for entry in tree.iter() {
        let path = String::from_utf8_lossy(&entry.path);
        let below = |folder: &str| {
            let rest = path.strip_prefix(folder);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let expected = ["", "etc", "etc/kept", "opt"].contains(&&*path);
        assert!(expected || below(PLACE) || below(BESIDE), "{entry:?}");
        assert!(!expected || entry.rank < 5, "{entry:?}");
    }
    assert_eq!(content(&tree, "etc/kept").as_deref(), Some(&b"kept"[..]));
    // Files with holes may be as long as they like.
    let sizes = tree.iter().map(|entry| match entry.kind {
        onelayer::tree::Kind::File { size, .. } => size,
        _ => 0,
    });
    if sizes.fold(0, u64::saturating_add) < 1 << 20 {
        let options = Options {
            compression: Compression::default(),
            threads: std::num::NonZero::new(1),
            ..Options::default()
        };
        squash(&tree, &options, std::io::sink(), &Silent).expect("it can be a layer");
    }
});
