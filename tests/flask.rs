//! The demonstration: `specs/python-flask` against the shell script that it replaces.
//!
//! Needs root, the script's tools, the repository that `repository.py` makes, and PyPI.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::support::workspace::{
    Outcome, Workspace, project, require_root, require_tool, run, skipped, tool, tool_json,
};

const SPEC: &str = "specs/python-flask";
const IMAGE: &str = "localhost/flask";

/// Whether this host can build the image and look at it.
fn possible(tools: &[&str]) -> bool {
    require_root()
        && ["dnf", "rpm"]
            .iter()
            .chain(tools)
            .all(|name| require_tool(name))
        && (project(SPEC).join("repository/repodata").is_dir()
            || skipped("specs/python-flask/repository, which repository.py makes"))
}

/// Options that every build has: the output, and certificates of the caller's own.
fn options() -> Vec<String> {
    let mut options = vec!["-o".to_owned(), "oci:out".to_owned()];
    if let Ok(bundle) = std::env::var("SSL_CERT_FILE") {
        options.extend(["--ca-bundle".to_owned(), bundle]);
    }
    options
}

fn build(workspace: &Workspace) -> Outcome {
    let options = options();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    workspace.build_spec(SPEC, &options)
}

#[test]
fn the_image_says_what_the_recipe_says() {
    let _engines = crate::support::engines_mount();
    if !possible(&["skopeo", "podman"]) {
        return;
    }
    let workspace = Workspace::new();
    let digest = build(&workspace).digest();

    let mut inspect = Command::new("skopeo");
    inspect.args(["inspect", &workspace.layout("out:latest")]);
    let found = tool_json(&mut inspect);
    assert_eq!(found["Digest"], digest);
    assert_eq!(found["Layers"].as_array().unwrap().len(), 1);
    assert_eq!(found["Labels"], json!({ "name": "python3-flask-demo" }));

    let mut inspect = Command::new("skopeo");
    inspect.args(["inspect", "--config", &workspace.layout("out:latest")]);
    let found = tool_json(&mut inspect);
    assert_eq!(found["author"], "onelayer authors");
    assert_eq!(found["config"]["Entrypoint"], json!(["/entrypoint.sh"]));
    assert_eq!(found["config"]["ExposedPorts"], json!({ "5000/tcp": {} }));
    assert_eq!(found["rootfs"]["diff_ids"].as_array().unwrap().len(), 1);

    let load = format!(
        "skopeo --insecure-policy copy --quiet '{}' containers-storage:{IMAGE} >&2; \
         podman inspect {IMAGE}",
        workspace.layout("out:latest")
    );
    let found: serde_json::Value = serde_json::from_str(&workspace.podman(&load)).unwrap();
    assert_eq!(found[0]["Config"]["Entrypoint"], json!(["/entrypoint.sh"]));
    assert_eq!(found[0]["Author"], "onelayer authors");
    assert_eq!(found[0]["RootFS"]["Layers"].as_array().unwrap().len(), 1);
    let history = found[0]["History"].as_array().unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0]["created_by"], "onelayer");

    // And it serves its page.
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let container = workspace.podman(&format!(
        "podman run --detach --publish 127.0.0.1:{port}:5000 {IMAGE}"
    ));
    let answer = get(port);
    assert!(answer.contains("Web App with Python Flask!"), "{answer}");
    workspace.podman(&format!("podman rm --force --time 0 {container}"));
}

/// What a web server answers, which has half a minute to start.
fn get(port: u16) -> String {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let mut answer = String::new();
        let asked = TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
            stream.read_to_string(&mut answer)
        });
        if asked.is_ok() && answer.contains("200 OK") {
            return answer;
        }
        assert!(Instant::now() < end, "no answer: {asked:?} {answer}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn rpm_finds_every_package_as_it_was_installed() {
    if !possible(&["umoci"]) {
        return;
    }
    let workspace = Workspace::new();
    build(&workspace).expect(0);
    let root = workspace.unpack("out", "latest");
    let rpm = |arguments: &[&str]| {
        let mut rpm = Command::new("rpm");
        rpm.args(["--root", root.to_str().unwrap()]);
        rpm.args(["--dbpath", "/var/lib/rpm"]).args(arguments);
        run(&mut rpm)
    };
    let installed = rpm(&["-qa", "--qf", "%{NAME}\n"]).expect(0).stdout;
    let installed: BTreeSet<&str> = installed.lines().collect();
    for name in ["bash", "coreutils", "python3", "python3-pip"] {
        assert!(installed.contains(name), "{installed:?}");
    }
    assert!(installed.len() > 20, "{installed:?}");
    // Documents are left out by `tsflags: nodocs`, languages by `override_install_langs`; rpm knows
    // both. Times are clamped, and no file of a package is newer.
    let changed = rpm(&["-Va"]);
    assert_eq!(changed.stdout, "", "{}", changed.stderr);
    assert_eq!(changed.code, Some(0));
}

#[test]
fn another_place_gives_the_same_image() {
    let _engines = crate::support::engines_mount();
    if !possible(&["unshare"]) {
        return;
    }
    let digest = build(&Workspace::new()).digest();

    // Another folder, host name, time zone, language, umask and number of threads, other modes of
    // the inputs, and nothing kept.
    let workspace = Workspace::new();
    let copy = workspace.path("somewhere/else");
    fs::create_dir_all(&copy).unwrap();
    let script = "umask 077; cp -r \"$0/.\" \"$1\"";
    let mut copied = Command::new("sh");
    tool(copied.args(["-c", script]).arg(project(SPEC)).arg(&copy));
    let mut arguments = vec!["build".to_owned(), copy.display().to_string()];
    arguments.extend(options());
    arguments.extend(["--threads".to_owned(), "5".to_owned()]);
    let script = "hostname elsewhere; umask 077; exec \"$@\"";
    let mut command = workspace.below(&["unshare", "--uts", "sh", "-c", script, "sh"], &arguments);
    command
        .env("TZ", "Pacific/Kiritimati")
        .env("LANG", "de_DE.UTF-8")
        .env("HOME", workspace.path(""));
    assert_eq!(run(&mut command).digest(), digest);
}

/// What a path is: type and mode, owner, group, device, names of the file, attributes.
#[derive(Debug, PartialEq)]
struct Found {
    mode: u32,
    owner: (u32, u32),
    device: u64,
    names: u64,
    attributes: BTreeMap<String, Vec<u8>>,
}

fn attributes(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut names = vec![0; 64 * 1024];
    let length = rustix::fs::llistxattr(path, &mut names[..]).unwrap();
    (names[..length].split(|byte| *byte == 0))
        .filter(|name| !name.is_empty())
        .map(|name| {
            let name = String::from_utf8(name.to_vec()).unwrap();
            let mut value = vec![0; 64 * 1024];
            let length = rustix::fs::lgetxattr(path, &*name, &mut value[..]).unwrap();
            value.truncate(length);
            (name, value)
        })
        .collect()
}

fn list(root: &Path) -> BTreeMap<PathBuf, Found> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let key = path.strip_prefix(root).unwrap().to_owned();
            let entry = Found {
                mode: metadata.mode(),
                owner: (metadata.uid(), metadata.gid()),
                device: metadata.rdev(),
                names: if metadata.is_dir() {
                    0
                } else {
                    metadata.nlink()
                },
                attributes: attributes(&path),
            };
            if metadata.is_dir() {
                folders.push(path);
            }
            found.insert(key, entry);
        }
    }
    found
}

/// What the script leaves behind and the recipe's image has not; with all that is below.
const LEFT_BY_THE_SCRIPT: [&str; 18] = [
    // buildah's own, while the container is mounted
    "etc/hostname",
    "etc/hosts",
    "etc/resolv.conf",
    "run/ca.crt",
    // dnf's module folder, downloads, history and logs
    "etc/dnf",
    "var/cache/dnf",
    "var/lib/dnf",
    "var/log/dnf.librepo.log",
    "var/log/dnf.log",
    "var/log/dnf.rpm.log",
    "var/log/hawkey.log",
    // ldconfig's memory of inodes and times
    "var/cache/ldconfig/aux-cache",
    // locks and journals of rpm's database, which is closed properly in the image
    "var/lib/rpm/.rpm.lock",
    "var/lib/rpm/rpmdb.sqlite-shm",
    "var/lib/rpm/rpmdb.sqlite-wal",
    // languages: dnf does not know `override_install_langs`, and the script's are all there
    "usr/lib/locale",
    "usr/share/locale",
    // written as pip ran, with the time of day in it; Python is told not to write it
    "usr/lib/python3.11/__pycache__/sitecustomize.cpython-311.pyc",
];

/// Same path and kind, other bytes: rpm's database has the time of installation.
const OTHER_CONTENT: [&str; 1] = ["var/lib/rpm/rpmdb.sqlite"];

/// PEP 552: flags, and the time and size of the source. pip writes sources with the time of day.
const PYC_HEADER: usize = 16;

fn content(path: &Path) -> Vec<u8> {
    let metadata = fs::symlink_metadata(path).unwrap();
    if metadata.is_symlink() {
        return fs::read_link(path).unwrap().as_os_str().as_bytes().to_vec();
    }
    if !metadata.is_file() {
        return Vec::new();
    }
    let mut bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "pyc") {
        bytes.drain(..PYC_HEADER);
    }
    bytes
}

#[test]
fn the_image_holds_what_the_script_makes() {
    let _engines = crate::support::engines_mount();
    if !possible(&["buildah", "umoci"]) {
        return;
    }
    let workspace = Workspace::new();
    build(&workspace).expect(0);
    let ours = workspace.unpack("out", "latest");

    let mut script = Command::new(project(SPEC).join("tutorial.sh"));
    (script.env("KEEP", "1"))
        .env("NAME", "flask")
        .env("WORK", workspace.containers());
    let printed = tool(&mut script);
    let (_, theirs) = printed.trim_end().rsplit_once(' ').unwrap();
    let theirs = Path::new(theirs);

    let our_list = list(&ours);
    let mut their_list = list(theirs);
    their_list.retain(|path, _| {
        let left = LEFT_BY_THE_SCRIPT.iter().any(|left| path.starts_with(left));
        our_list.contains_key(path) || !left
    });
    assert!(our_list.len() > 1000);
    let mut differences = Vec::new();
    let paths: BTreeSet<&PathBuf> = our_list.keys().chain(their_list.keys()).collect();
    for path in paths {
        match (our_list.get(path), their_list.get(path)) {
            (Some(our), Some(their)) if our != their => {
                differences.push(format!("{path:?}: {our:?}, not {their:?}"));
            }
            (Some(_), None) => differences.push(format!("{path:?}: only in the image")),
            (None, Some(_)) => differences.push(format!("{path:?}: only in the container")),
            _ if OTHER_CONTENT
                .iter()
                .any(|allowed| Path::new(allowed) == path) => {}
            _ if content(&ours.join(path)) != content(&theirs.join(path)) => {
                differences.push(format!("{path:?}: other content"));
            }
            _ => {}
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
