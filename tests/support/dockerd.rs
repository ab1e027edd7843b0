//! A running docker.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::skip;
use super::workspace::{require_root, require_tool};

/// A docker of the test's own, without network and with its state in a temporary folder.
pub(crate) struct Dockerd {
    folder: TempDir,
    process: Child,
}

impl Dockerd {
    /// None, and a line that says so, where it does not run.
    pub(crate) fn start() -> Option<Self> {
        if !require_root()
            || !["dockerd", "docker"]
                .map(require_tool)
                .iter()
                .all(|found| *found)
        {
            return None;
        }
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let log = File::create(at("log")).unwrap();
        let process = Command::new("dockerd")
            .args(["--iptables=false", "--ip6tables=false", "--bridge=none"])
            .args(["--storage-driver=vfs", "--data-root", &at("data")])
            .args(["--exec-root", &at("exec"), "--pidfile", &at("pid")])
            .args(["--host", &format!("unix://{}", at("socket"))])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut daemon = Self { folder, process };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            let mut version = daemon.docker(&["version"]);
            if version.output().unwrap().status.success() {
                return Some(daemon);
            }
            if daemon.process.try_wait().unwrap().is_some() {
                break;
            }
            sleep(Duration::from_millis(200));
        }
        let log = fs::read_to_string(daemon.folder.path().join("log")).unwrap();
        let last = log.lines().last().unwrap_or_default().to_owned();
        skip(&format!("a running dockerd: {last}"));
        None
    }

    /// As `DOCKER_HOST` has it.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}/socket", self.folder.path().display())
    }

    /// A path in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its command line.
    pub(crate) fn docker(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(arguments).env("DOCKER_HOST", self.host());
        command
    }
}

impl Drop for Dockerd {
    /// By its own number; it ends its containerd with it.
    fn drop(&mut self) {
        let mut kill = Command::new("kill");
        let _ = kill
            .arg("-TERM")
            .arg(self.process.id().to_string())
            .status();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if let Ok(Some(_)) = self.process.try_wait() {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
