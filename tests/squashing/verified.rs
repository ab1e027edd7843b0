//! `build --verify`: the layer is made from nothing as well, and compared.

use std::fs;

use crate::support::workspace::Workspace;

const RECIPE: &str = "name: x\nbase: scratch\nsteps:\n  - copy: app\n    to: /app\n  - write: /last\n    content: one\n";

#[test]
fn a_layer_that_goes_on_from_a_wrong_state_is_not_written() {
    let work = Workspace::with(RECIPE);
    fs::create_dir(work.context().join("app")).unwrap();
    fs::write(work.context().join("app/a"), "a".repeat(5000)).unwrap();
    let first = work.build(&["-o", "oci:out", "--verify"]).digest();
    assert_eq!(work.build(&["-o", "oci:out", "--verify"]).digest(), first);

    // Somebody with the right to write there, who knows the sums: the part of another file.
    let parts = work.cache().join("layers/parts");
    let sizes = |entry: fs::DirEntry| (entry.metadata().unwrap().len(), entry.path());
    let mut found: Vec<_> = fs::read_dir(parts)
        .unwrap()
        .map(|entry| sizes(entry.unwrap()))
        .collect();
    found.sort();
    let ((length, smaller), (_, larger)) = (&found[0], &found[1]);
    let mut bytes = fs::read(larger).unwrap();
    bytes.truncate(usize::try_from(*length).unwrap() - 4);
    bytes[20] ^= 1;
    let sum = crc32(&bytes).to_le_bytes();
    fs::write(smaller, [bytes.as_slice(), &sum].concat()).unwrap();
    let refused = work.build(&["-o", "oci:other", "--verify"]).expect(5);
    assert!(
        refused
            .stderr
            .contains("what the cache keeps of layers is wrong"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("--no-cache"), "{}", refused.stderr);
    assert!(!work.path("other/index.json").exists());
    assert_eq!(
        work.build(&["-o", "oci:other", "--no-cache", "--verify"])
            .digest(),
        first
    );
    assert_eq!(work.build(&["-o", "oci:other", "--verify"]).digest(), first);
}

/// As RFC 1952, section 8, has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    })
}
