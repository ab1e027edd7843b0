//! Account files that a root brings, as parts: passwd, group, shadow, gshadow. Whatever they hold
//! stays, and the same users and groups made twice change nothing the second time.
#![no_main]

use onelayer_fuzz::{Workplace, content, parts};

const FILES: [&str; 4] = ["passwd", "group", "shadow", "gshadow"];

const STEP: &str = "  - accounts:
      groups:
        - { name: web, members: [app] }
        - { name: tape, system: true }
      users:
        - { name: app, groups: [web, tape], shell: /bin/sh, create_home: false }
        - { name: daemon, system: true, group: web }
";

/// Every line of `before` is in `after`, in its order; group lines may have got members.
fn assert_kept(before: &[u8], after: &[u8]) {
    let mut after = after.split(|byte| *byte == b'\n');
    for line in before.split(|byte| *byte == b'\n') {
        let is_kept = |other: &[u8]| {
            let added = other.strip_prefix(line);
            added.is_some_and(|added| matches!(added, [] | [b',' | b':', ..] | [b'a'..=b'z', ..]))
        };
        assert!(after.any(is_kept), "{}", line.escape_ascii());
    }
}

/// Carries out the step in a root with these files.
fn made(place: &Workplace, files: &[Option<Vec<u8>>; 4]) -> Option<[Option<Vec<u8>>; 4]> {
    let mut recipe = "name: x\nbase: scratch\nsteps:\n  - directory: /etc\n".to_owned();
    for (name, bytes) in FILES.into_iter().zip(files) {
        if let Some(bytes) = bytes {
            place.write(name, bytes);
            recipe += &format!("  - copy: {name}\n    to: /etc/{name}\n");
        }
    }
    let tree = place.carry_out(&(recipe + STEP)).ok()?;
    Some(FILES.map(|name| content(&tree, &format!("etc/{name}"))))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let before = parts::<4>(bytes).map(|part| part.map(<[u8]>::to_vec));
    let place = Workplace::new();
    let Some(after) = made(&place, &before) else {
        return;
    };
    for (before, after) in before.iter().zip(&after) {
        if let (Some(before), Some(after)) = (before, after) {
            assert_kept(before, after);
        }
    }
    assert_eq!(made(&place, &after).as_ref(), Some(&after));
});
