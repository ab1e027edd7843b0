//! Running the program as its users do, in a folder of its own.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use super::{require_root, require_tool, skip as skipped};

/// A folder in the repository.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A temporary folder with a recipe in `context/` and everything that the program writes.
pub(crate) struct Workspace {
    folder: TempDir,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("context")).unwrap();
        Self { folder }
    }

    /// With `recipe` as `recipe.yaml`.
    pub(crate) fn with(recipe: &str) -> Self {
        let workspace = Self::new();
        workspace.write("recipe.yaml", recipe);
        workspace
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of the recipe.
    pub(crate) fn context(&self) -> PathBuf {
        self.path("context")
    }

    /// Where builds keep their results.
    pub(crate) fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    /// Writes a file of the context, with its folders.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.context().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `oci:` and the path of `name`.
    pub(crate) fn layout(&self, name: &str) -> String {
        format!("oci:{}", self.path(name).display())
    }

    /// The program as it would be typed in the temporary folder.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onelayer"));
        self.settle(&mut command);
        command.args(arguments);
        command
    }

    /// The program below `wrapper`, whose last word runs what follows it.
    pub(crate) fn below<S: AsRef<OsStr>>(&self, wrapper: &[&str], arguments: &[S]) -> Command {
        let mut command = Command::new(wrapper[0]);
        self.settle(&mut command);
        (command.args(&wrapper[1..]))
            .arg(env!("CARGO_BIN_EXE_onelayer"))
            .args(arguments);
        command
    }

    fn settle(&self, command: &mut Command) {
        (command.current_dir(self.folder.path()))
            .env("ONELAYER_CACHE_DIR", self.cache())
            .env_remove("ONELAYER_CA_BUNDLE");
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
    }

    /// Builds the recipe in `context/`.
    pub(crate) fn build(&self, options: &[&str]) -> Outcome {
        let mut arguments = vec!["build", "context"];
        arguments.extend(options);
        run(&mut self.command(&arguments))
    }

    /// Builds a recipe of the repository.
    pub(crate) fn build_spec(&self, recipe: &str, options: &[&str]) -> Outcome {
        let recipe = project(recipe);
        let mut arguments = vec!["build", recipe.to_str().unwrap()];
        arguments.extend(options);
        run(&mut self.command(&arguments))
    }

    /// What a shell script prints that uses podman, buildah or skopeo, with its state in the temporary
    /// folder and what this host needs for it.
    #[track_caller]
    pub(crate) fn podman(&self, script: &str) -> String {
        let settings = project("specs/python-flask/machine.sh");
        let script = format!("set -eu; . '{}'; {script}", settings.display());
        let mut shell = Command::new("sh");
        self.settle(&mut shell);
        tool((shell.args(["-c", &script])).env("WORK", self.containers()))
    }

    /// Where podman and buildah keep their state.
    pub(crate) fn containers(&self) -> PathBuf {
        self.path("containers")
    }

    /// Unpacks an image with umoci; the root is in the folder that is returned.
    pub(crate) fn unpack(&self, layout: &str, tag: &str) -> PathBuf {
        let bundle = self.path(&format!("bundle-{layout}-{tag}"));
        let image = format!("{}:{tag}", self.path(layout).display());
        tool(
            Command::new("umoci")
                .args(["unpack", "--image", &image])
                .arg(&bundle),
        );
        bundle.join("rootfs")
    }
}

impl Drop for Workspace {
    /// Containers and their mounts would outlive the folder.
    fn drop(&mut self) {
        if !self.containers().exists() {
            return;
        }
        let settings = project("specs/python-flask/machine.sh");
        let script = format!(
            ". '{}'; podman rm --all --force --time 0; buildah rm --all; \
             umount --lazy \"$WORK\"/storage/overlay/*/merged \"$WORK/storage/overlay\"",
            settings.display()
        );
        // What is not there cannot be removed, and nothing depends on it.
        let _ = (Command::new("sh").args(["-c", &script]))
            .env("WORK", self.containers())
            .output();
    }
}

/// What a command left.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Fails unless the exit status is `code`.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    /// The manifest's digest of a build that has worked.
    #[track_caller]
    pub(crate) fn digest(self) -> String {
        let built = self.expect(0);
        let line = built.stdout.lines().next().unwrap();
        line.rsplit_once('@').unwrap().1.to_owned()
    }
}

pub(crate) fn run(command: &mut Command) -> Outcome {
    command.output().unwrap().into()
}

/// As [`run`], with something on standard input.
pub(crate) fn run_with_input(command: &mut Command, input: &[u8]) -> Outcome {
    let mut child = (command.stdin(Stdio::piped()).stdout(Stdio::piped()))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The command may have seen enough before all is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap().into()
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Standard output of another program, which must end well.
#[track_caller]
pub(crate) fn tool(command: &mut Command) -> String {
    run(command).expect(0).stdout
}

/// The digits that `sha256sum` or `sha512sum` prints.
pub(crate) fn sum(program: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    let printed = tool(Command::new(program).arg(path));
    printed.split(' ').next().unwrap().to_owned()
}

/// Standard output of another program as JSON.
#[track_caller]
pub(crate) fn tool_json(command: &mut Command) -> Value {
    serde_json::from_str(&tool(command)).unwrap()
}

/// Compares `text` with a file below `tests`; `ONELAYER_UPDATE=1` writes it anew.
#[track_caller]
pub(crate) fn golden(file: &str, text: &str) {
    let path = project("tests").join(file);
    if std::env::var_os("ONELAYER_UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == text,
        "{file} changed; `ONELAYER_UPDATE=1 cargo test` accepts:\n{text}"
    );
}
