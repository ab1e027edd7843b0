//! The header `WWW-Authenticate` of a registry: what was read and is written plainly is read as the
//! same.
#![no_main]

use onelayer::transport::Challenge;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let challenges = Challenge::parse(&String::from_utf8_lossy(bytes));
    let plain: Vec<String> = (challenges.iter())
        .map(|challenge| {
            let pairs = challenge.parameters.iter().map(|(name, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                format!("{name}=\"{value}\"")
            });
            format!("{} {}", challenge.scheme, pairs.collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert_eq!(Challenge::parse(&plain.join(", ")), challenges);
});
