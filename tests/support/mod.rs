//! What tests share: asking for privileges and tools.

use std::path::Path;

/// Whether this process is root; if not, the test is skipped visibly.
pub(crate) fn require_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let root = status
        .lines()
        .any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"));
    root || skipped("needs root")
}

/// Whether the program `name` is in the `PATH`; if not, the test is skipped visibly.
pub(crate) fn require_tool(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| Path::new(&folder).join(name).is_file());
    found || skipped(&format!("needs the program `{name}`"))
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skipped(reason: &str) -> bool {
    assert!(
        std::env::var_os("ONELAYER_REQUIRE_ALL").is_none_or(|value| value != "1"),
        "ONELAYER_REQUIRE_ALL=1, but this test {reason}"
    );
    eprintln!("SKIPPED: {reason}");
    false
}
