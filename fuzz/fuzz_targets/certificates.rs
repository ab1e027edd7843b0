//! Certificates of the context and the bundle of the root, as two parts: the bundle keeps what it
//! has, and the same certificates added twice change nothing the second time.
#![no_main]

use onelayer_fuzz::{Workplace, content, parts};

const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
const STEP: &str = "  - certificates: own.pem\n";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let [Some(own), bundle] = parts::<2>(bytes) else {
        return;
    };
    let place = Workplace::new();
    place.write("own.pem", own);
    let mut recipe = "name: x\nbase: scratch\nsteps:\n  \
                      - directory: /usr/local/share/ca-certificates\n"
        .to_owned();
    if let Some(bundle) = bundle {
        place.write("bundle", bundle);
        recipe += &format!("  - copy: bundle\n    to: /{BUNDLE}\n");
    }
    recipe += STEP;
    let Ok(once) = place.carry_out(&recipe) else {
        return;
    };
    let after = content(&once, BUNDLE).expect("it was made");
    assert!(after.starts_with(bundle.unwrap_or_default()));
    assert!(
        once.children(b"usr/local/share/ca-certificates")
            .next()
            .is_some()
    );
    let twice = place
        .carry_out(&(recipe + STEP))
        .expect("it was possible once");
    assert_eq!(content(&twice, BUNDLE), Some(after));
});
