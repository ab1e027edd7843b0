//! A real registry, Debian's docker-registry.

use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::workspace::tool;

/// A registry of its own; it ends when it is dropped.
pub(crate) struct Distribution {
    pub(crate) folder: TempDir,
    /// `HOST:PORT`.
    pub(crate) host: String,
    process: Child,
}

impl Distribution {
    /// Starts one with `settings` besides storage and address, in JSON (which is YAML).
    pub(crate) fn new(folder: TempDir, settings: Value) -> Self {
        // A port that was free a moment ago; who takes it meanwhile makes the start fail.
        for _ in 0..5 {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let host = free.local_addr().unwrap().to_string();
            drop(free);
            let mut all = json!({
                "version": "0.1",
                "log": {"level": "error"},
                "storage": {"filesystem": {"rootdirectory": folder.path().join("storage")}},
                "http": {"addr": host, "secret": "not one"},
            });
            for (key, value) in settings.as_object().unwrap() {
                match key.as_str() {
                    "tls" => all["http"]["tls"] = value.clone(),
                    key => all[key] = value.clone(),
                }
            }
            let config = folder.path().join("config.yml");
            fs::write(&config, all.to_string()).unwrap();
            let log = fs::File::create(folder.path().join("log")).unwrap();
            let mut process = Command::new("docker-registry")
                .arg("serve")
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap();
            let end = Instant::now() + Duration::from_secs(20);
            while Instant::now() < end && process.try_wait().unwrap().is_none() {
                if TcpStream::connect(&host).is_ok() {
                    return Self {
                        folder,
                        host,
                        process,
                    };
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = process.kill().and_then(|()| process.wait());
        }
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        panic!("the registry does not start:\n{log}");
    }

    /// Runs skopeo with its own idea of how to get in.
    #[track_caller]
    pub(crate) fn skopeo(&self, arguments: &[&str]) -> String {
        let mut skopeo = Command::new("skopeo");
        skopeo.arg("--insecure-policy").args(arguments);
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
            skopeo.env_remove(name);
        }
        tool(&mut skopeo)
    }

    /// The requests so far that are about repositories, `METHOD TARGET` each.
    pub(crate) fn requests(&self) -> Vec<String> {
        // An answer may be read before it is written down.
        std::thread::sleep(Duration::from_millis(200));
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
        let asked = log.lines().filter_map(|line| line.split('"').nth(1));
        let asked = asked.filter_map(|request| request.strip_suffix(" HTTP/1.1"));
        let of_repositories =
            asked.filter(|request| request.contains(" /v2/") && !request.ends_with(" /v2/"));
        of_repositories.map(str::to_owned).collect()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Distribution {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
