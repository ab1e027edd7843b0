//! A text to a plan, with invented inputs: a plan comes out or a reason, and the same twice.
#![no_main]

use onelayer::plan::{HostPlatform, plan};
use onelayer::validate::resolve;
use onelayer_fuzz::Invented;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(file) = onelayer_fuzz::either(bytes) else {
        return;
    };
    let Some(recipe) = resolve(&file, &onelayer_fuzz::settings()).recipe else {
        return;
    };
    let host = HostPlatform {
        machine: "x86_64".to_owned(),
    };
    let planned = plan(&recipe, None, &Invented, &host);
    if let Err(diagnostics) = &planned {
        assert!(!diagnostics.is_empty());
        onelayer_fuzz::assert_sound(&file, diagnostics);
    }
    assert_eq!(plan(&recipe, None, &Invented, &host), planned);
});
