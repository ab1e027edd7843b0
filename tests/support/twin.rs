//! A test's second process: what is killed, or is another user, or lives in another namespace.
//!
//! The test starts itself again, and the process that is started does the other half. A function of
//! its own would be a test that is no test and has to be ignored. An example or a second program
//! would be missing or out of date where `cargo test --test tests` builds neither, and a program
//! would be installed with the product.

use std::any::type_name;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Which test a process is the twin of.
const TEST: &str = "ONELAYER_TEST_TWIN";
/// The folder that both processes of the test know.
const FOLDER: &str = "ONELAYER_TEST_FOLDER";

/// The other process of a test.
pub(crate) struct Twin {
    /// As the test program's `--exact` takes it.
    test: String,
    program: PathBuf,
}

impl Twin {
    /// `test` is the function that asks; its name is taken from it, so that it stays right when the
    /// function moves.
    pub(crate) fn of<T: Fn()>(_test: T) -> Self {
        let (_, test) = type_name::<T>().split_once("::").unwrap();
        Self {
            test: test.to_owned(),
            program: env::current_exe().unwrap(),
        }
    }

    /// The folder, if this process is the twin.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        let is_twin = env::var_os(TEST).is_some_and(|test| test == *self.test);
        is_twin.then(|| env::var_os(FOLDER).unwrap().into())
    }

    /// The twin's command line below `wrapper`, whose last word must run what follows it.
    pub(crate) fn below(&self, wrapper: &[OsString], folder: &Path) -> Command {
        let exact = ["--exact", &self.test].map(OsString::from);
        let words = [wrapper, &[self.program.clone().into()], &exact].concat();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command.env(TEST, &self.test).env(FOLDER, folder);
        command
    }

    /// Runs the twin as a user without privilege, who owns the folder. It must succeed.
    #[track_caller]
    pub(crate) fn expect_as_nobody(mut self, folder: &Path) {
        const NOBODY: u32 = 65534;
        chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
        // The build folder may be out of the user's reach.
        let program = folder.join("tests");
        fs::copy(&self.program, &program).unwrap();
        self.program = program;
        let mut command = self.below(&[], folder);
        expect(command.uid(NOBODY).gid(NOBODY));
    }

    /// Starts a twin that goes on until [`kill`] ends it.
    pub(crate) fn start(&self, folder: &Path) -> Child {
        let mut command = self.below(&[], folder);
        // What it has no time to remove goes with the folder.
        command.env("TMPDIR", folder);
        command.stdout(Stdio::null()).spawn().unwrap()
    }
}

/// Runs a twin that must succeed.
#[track_caller]
pub(crate) fn expect(command: &mut Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    // Without the number, a name that is no test's would pass as well.
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Kills a twin, which must not have ended before.
#[track_caller]
pub(crate) fn kill(mut twin: Child) {
    let ended = twin.try_wait().unwrap();
    assert!(ended.is_none(), "{ended:?}");
    twin.kill().unwrap();
    twin.wait().unwrap();
}
