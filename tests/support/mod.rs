//! What tests share: asking for what the host must have, running tools, listing directories.

pub(crate) mod build;
pub(crate) mod distribution;
pub(crate) mod dockerd;
pub(crate) mod documents;
pub(crate) mod image;
pub(crate) mod listing;
pub(crate) mod nasty;
pub(crate) mod relay;
pub(crate) mod server;
pub(crate) mod twin;
pub(crate) mod workspace;

use std::env;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Who may change the host's mount table: container engines do, onelayer must not.
static HOST_MOUNTS: RwLock<()> = RwLock::new(());

/// Held by a test that has a container engine mount something on the host.
pub(crate) fn engines_mount() -> RwLockReadGuard<'static, ()> {
    HOST_MOUNTS.read().unwrap_or_else(PoisonError::into_inner)
}

/// Held by a test that compares the host's mount table before and after: no engine is at work.
pub(crate) fn engines_rest() -> RwLockWriteGuard<'static, ()> {
    HOST_MOUNTS.write().unwrap_or_else(PoisonError::into_inner)
}

/// The host's mounts, but those of container engines, which other people on this host may use
/// meanwhile: their storage and network namespaces.
pub(crate) fn mounts() -> Vec<String> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let of_an_engine = |line: &&str| {
        let point = line.split(' ').nth(4).unwrap_or_default();
        let ends = ["/overlay", "/merged", "/netns", "/shm"];
        ends.iter().any(|end| point.ends_with(end)) || point.contains("/netns/")
    };
    let others = table.lines().filter(|line| !of_an_engine(line));
    others.map(str::to_owned).collect()
}

/// Whether the test runs as root; says so if not, and fails under `ONELAYER_REQUIRE_ALL=1`.
pub(crate) fn require_root() -> bool {
    rustix::process::geteuid().is_root() || skip("root")
}

/// Whether `name` is on the path; says so if not, and fails under `ONELAYER_REQUIRE_ALL=1`.
pub(crate) fn require_tool(name: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(name).is_file())
        || skip(&format!("tool {name}"))
}

/// Says that the running test is skipped and why; gives `false`.
#[expect(clippy::print_stderr, reason = "a skipped test must be visible")]
pub(crate) fn skip(missing: &str) -> bool {
    let test = std::thread::current();
    let message = format!("SKIPPED: {}: {missing}", test.name().unwrap_or("a test"));
    assert!(
        env::var_os("ONELAYER_REQUIRE_ALL").is_none_or(|value| value != "1"),
        "{message}"
    );
    eprintln!("{message}");
    false
}

/// How long anything may take that must come: machines are slow at times.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Asks again and again until it is so, for as long as `limit`; whether it is.
pub(crate) fn within(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if done() {
            return true;
        }
        sleep(Duration::from_millis(20));
    }
    done()
}

/// A directory on a disk (not in memory, where attributes and overlays may be missing).
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Runs a program that must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Output {
    run_in(Path::new("/"), program, arguments)
}

/// Runs a program that must succeed, in `directory`.
pub(crate) fn run_in(directory: &Path, program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
