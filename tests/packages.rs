//! Packages from real repositories: signatures, what is left out, what arrives, where the database is.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::support::build::{Work, repositories, require_packages, run};
use crate::support::require_tool;

#[test]
fn a_package_with_the_right_signature_is_installed() {
    if !require_packages() {
        return;
    }
    let work = Work::new();
    work.recipe("signatures/right", "  install: [tiny]\n", "");
    let root = work.build_and_unpack();
    assert_eq!(read(&root.join("usr/share/tiny/tiny")), "tiny\n");
}

#[test]
fn a_package_with_another_signature_or_none_is_refused() {
    if !require_packages() {
        return;
    }
    for (repository, word) in [
        ("other", "GPG check FAILED"),
        ("unsigned", "is not signed"),
        ("tampered", "GPG check FAILED"),
    ] {
        let work = Work::new();
        work.recipe(
            &format!("signatures/{repository}"),
            "  install: [tiny]\n",
            "",
        );
        let built = work.build();
        assert_eq!(built.status, Some(3), "{repository}: {}", built.errors);
        assert!(
            built.errors.contains(word),
            "{repository}: {}",
            built.errors
        );
        assert!(!work.has_image());
    }
}

#[test]
fn unchecked_signatures_are_warned_of() {
    if !require_packages() {
        return;
    }
    let work = Work::new();
    work.recipe_text(
        "name: test\nbase: scratch\npackages:\n  repositories:\n    - id: tests\n      \
         baseurl: repositories/signatures/unsigned\n      gpgcheck: false\n  install: [tiny]\n",
    );
    let built = work.build();
    assert_eq!(built.status, Some(0), "{}", built.errors);
    assert!(
        built.errors.contains("unchecked-signatures"),
        "{}",
        built.errors
    );
}

#[test]
fn languages_and_documents_are_left_out() {
    if !require_packages() {
        return;
    }
    for section in [
        "  languages: [en_US]\n  setopts: {tsflags: nodocs}\n",
        "  setopts: {tsflags: nodocs, override_install_langs: en_US.utf8}\n",
    ] {
        let work = Work::new();
        work.recipe(
            "languages",
            &format!("{section}  install: [languages]\n"),
            "",
        );
        let root = work.build_and_unpack();
        let has = |path: &str| root.join(path).exists();
        assert!(has("usr/share/locale/en_US/LC_MESSAGES/languages.mo"));
        for language in ["de", "en_GB", "fr", "pt_BR"] {
            assert!(
                !has(&format!("usr/share/locale/{language}")),
                "{section}: {language}"
            );
        }
        assert!(has("usr/share/languages/any"));
        assert!(has("usr/share/doc/languages/LICENSE"));
        assert!(!has("usr/share/doc/languages/README"));
        assert!(!has("usr/share/man/man1/languages.1"));
        assert!(!has("usr/share/man/de"));
    }
}

#[test]
fn without_a_choice_all_languages_and_documents_are_there() {
    if !require_packages() {
        return;
    }
    let work = Work::new();
    work.recipe("languages", "  install: [languages]\n", "");
    let root = work.build_and_unpack();
    for language in ["de", "en", "en_US", "en_GB", "fr", "pt_BR"] {
        let file = format!("usr/share/locale/{language}/LC_MESSAGES/languages.mo");
        assert_eq!(read(&root.join(file)), format!("{language}\n"));
    }
    assert!(root.join("usr/share/doc/languages/README").exists());
    assert!(root.join("usr/share/man/de/man1/languages.1").exists());
}

#[test]
fn attributes_of_every_kind_arrive_in_the_layer() {
    if !require_packages() || !require_tool("getcap") {
        return;
    }
    let work = Work::new();
    work.recipe("languages", "  install: [attributes]\n", "");
    let root = work.build_and_unpack();
    let folder = root.join("opt/attributes");
    for (name, mode, uid, gid) in [
        ("capable", 0o755, 0, 0),
        ("setuid", 0o4755, 0, 0),
        ("setgid", 0o2755, 0, 2),
        ("private", 0o640, 2, 2),
        ("app", 0o644, 1234, 1234),
        ("far", 0o644, 70000, 70000),
        ("empty", 0o755, 0, 0),
        ("sticky", 0o1777, 0, 0),
        ("shared", 0o2775, 0, 1234),
        ("nothing", 0o644, 0, 0),
        ("with space", 0o644, 0, 0),
        ("Grüße", 0o644, 0, 0),
    ] {
        let found = fs::metadata(folder.join(name)).unwrap();
        let seen = (
            found.permissions().mode() & 0o7777,
            found.uid(),
            found.gid(),
        );
        assert_eq!(seen, (mode, uid, gid), "{name}: {:o}", seen.0);
    }
    let node = |name: &str| fs::metadata(folder.join(name)).unwrap().ino();
    assert_eq!(node("one"), node("two"));
    assert_eq!(node("one"), node("three"));
    let link = |name: &str| fs::read_link(folder.join(name)).unwrap();
    assert_eq!(link("dangling"), Path::new("/nowhere/at/all"));
    assert_eq!(link("climbing"), Path::new("../../../../../../etc/passwd"));
    assert!(fs::metadata(folder.join("old")).unwrap().mtime() < 315_532_800);
    let capabilities = run("/usr/sbin/getcap", |getcap| getcap.arg("-r").arg(&root));
    assert_eq!(capabilities.lines().count(), 1, "{capabilities}");
    assert!(
        capabilities.contains("opt/attributes/capable cap_net_bind_service,cap_net_raw=ep"),
        "{capabilities}"
    );
}

#[test]
fn the_database_is_where_the_distribution_has_it() {
    if !require_packages() || !require_tool("sqlite3") {
        return;
    }
    for (release, folder, other) in [
        ("debian-release-lite", "var/lib/rpm", "usr/lib/sysimage"),
        ("fedora-release-lite", "usr/lib/sysimage/rpm", "root/.rpmdb"),
    ] {
        let work = Work::new();
        work.recipe(
            "languages",
            &format!("  install:\n    - [{release}]\n    - [languages]\n"),
            "",
        );
        let root = work.build_and_unpack();
        assert!(!root.join(other).exists(), "{release}");
        let names: Vec<String> = all(&root)
            .into_iter()
            .filter(|path| path.contains("rpmdb") || path.contains(".rpm.lock"))
            .collect();
        assert_eq!(names, [format!("{folder}/rpmdb.sqlite")], "{release}");

        // Bytes 18 and 19 of a SQLite file are 2 where it has a write-ahead log.
        let database = root.join(folder).join("rpmdb.sqlite");
        assert_eq!(fs::read(&database).unwrap()[18..20], [1, 1], "{release}");
        let check = run("sqlite3", |sqlite| {
            sqlite
                .arg("-readonly")
                .arg(&database)
                .arg("PRAGMA integrity_check")
        });
        assert_eq!(check, "ok\n", "{release}");
        let mut expected = ["filesystem-lite", release, "languages"];
        expected.sort_unstable();
        assert_eq!(installed(&root, folder), expected);
    }
}

#[test]
fn nothing_of_the_manager_is_left_in_the_layer() {
    if !require_packages() {
        return;
    }
    let work = Work::new();
    work.recipe("languages", "  install: [languages, busybox]\n", "");
    let root = work.build_and_unpack();
    let words = [
        "dnf",
        "yum",
        "hawkey",
        "history",
        ".lock",
        "onelayer",
        "libdnf",
        "buildroot",
    ];
    let left: Vec<String> = all(&root)
        .into_iter()
        .filter(|path| !path.starts_with("usr/bin/") && words.iter().any(|w| path.contains(w)))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    for folder in [
        "proc",
        "dev",
        "sys",
        "run",
        "tmp",
        "var/tmp",
        "var/log",
        "var/cache",
    ] {
        assert_eq!(
            fs::read_dir(root.join(folder)).unwrap().count(),
            0,
            "{folder}"
        );
    }
}

#[test]
fn configuration_in_the_root_is_not_the_managers() {
    if !require_packages() {
        return;
    }
    let work = Work::new();
    let packages = |name: &str| format!("      install: [{name}]\n");
    let source = crate::support::build::source("languages", "      ");
    let wrong = "[wrong]\\nname=wrong\\nbaseurl=file:///nowhere\\n";
    work.recipe_text(&format!(
        "name: test\nbase: scratch\nsteps:\n  - packages:\n{source}{}  - write: \
         /etc/yum.repos.d/wrong.repo\n    content: \"{wrong}\"\n  - write: /etc/dnf/dnf.conf\n    \
         content: \"[main]\\nexclude=languages\\n\"\n  - packages:\n{source}{}",
        packages("filesystem-lite"),
        packages("languages"),
    ));
    let root = work.build_and_unpack();
    assert!(root.join("usr/share/languages/any").exists());
    assert!(root.join("etc/yum.repos.d/wrong.repo").exists());
}

#[test]
fn each_list_is_a_transaction() {
    if !require_packages() {
        return;
    }
    let work = Work::new();
    work.recipe(
        "languages",
        "  install:\n    - [busybox]\n    - [languages]\n",
        "",
    );
    let built = work.build();
    assert_eq!(built.status, Some(0), "{}", built.errors);
    assert_eq!(
        built.errors.matches("Running transaction\n").count(),
        2,
        "{}",
        built.errors
    );
}

#[test]
fn the_managers_word_on_what_is_missing_is_shown() {
    if !require_packages() {
        return;
    }
    let work = Work::new();
    work.recipe("failing", "  install: [missing-requirement]\n", "");
    let built = work.build();
    assert_eq!(built.status, Some(3), "{}", built.errors);
    let (_, error) = built
        .errors
        .split_once("error: step 1 of 1 failed")
        .unwrap();
    assert!(
        error.contains("nothing provides nobody-provides-this"),
        "{error}"
    );
    assert!(!work.has_image());
}

#[test]
fn a_scriptlet_that_refuses_fails_the_step() {
    if !require_packages() {
        return;
    }
    let work = Work::new();
    work.recipe("failing", "  install: [failing-before]\n", "");
    let built = work.build();
    assert_eq!(built.status, Some(3), "{}", built.errors);
    assert!(built.errors.contains("failing-before"), "{}", built.errors);
}

#[test]
fn packages_are_downloaded_once() {
    if !require_packages() {
        return;
    }
    let server = Server::start(repositories().join("languages"));
    let work = Work::new();
    let recipe = |more: &str| {
        work.recipe_text(&format!(
            "name: test\nbase: scratch\npackages:\n  repositories:\n    - id: tests\n      baseurl: \
             {}\n      gpgkey: repositories/RPM-GPG-KEY-right\n  install: [languages{more}]\n",
            server.address
        ));
    };
    recipe("");
    let built = work.build();
    assert_eq!(built.status, Some(0), "{}", built.errors);
    assert_eq!(server.take(".rpm"), 2);
    let kept = all(&work.cache().join("packages/dnf"));
    assert_eq!(
        kept.iter().filter(|path| path.ends_with(".rpm")).count(),
        2,
        "{kept:?}"
    );

    let again = work.build();
    assert_eq!(again.status, Some(0), "{}", again.errors);
    assert_eq!(server.take(""), 0, "a build from the cache asks nobody");

    recipe(", busybox");
    let more = work.build();
    assert_eq!(more.status, Some(0), "{}", more.errors);
    assert_eq!(server.take(".rpm"), 1, "only what is new");
}

/// A server of files that remembers what was asked for.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(folder: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away is its own affair.
                let _ = answer(stream.unwrap(), &folder, &log);
            }
        });
        Self { address, asked }
    }

    /// How many of the requests since the last call end with `suffix`.
    fn take(&self, suffix: &str) -> usize {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.iter().filter(|path| path.ends_with(suffix)).count()
    }
}

fn answer(mut stream: TcpStream, folder: &Path, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let path = first
        .split(' ')
        .nth(1)
        .unwrap_or("/")
        .trim_start_matches('/');
    log.lock().unwrap().push(path.to_owned());
    match fs::read(folder.join(path)) {
        Ok(content) => {
            let length = content.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            )?;
            stream.write_all(&content)
        }
        Err(_) => write!(
            stream,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    }
}

/// Names of the packages that the database in `folder` of `root` lists, which nobody can write to.
fn installed(root: &Path, folder: &str) -> Vec<String> {
    let names = run("unshare", |unshare| {
        unshare
            .args(["--mount", "sh", "-ec"])
            .arg("mount --bind \"$1\" \"$1\"; mount -o remount,bind,ro \"$1\"; rpm --dbpath \"$1\" -qa --qf '%{NAME}\\n'")
            .arg("sh")
            .arg(root.join(folder))
    });
    let mut names: Vec<String> = names.lines().map(str::to_owned).collect();
    names.retain(|name| name != "gpg-pubkey");
    names.sort();
    names
}

/// Every path below `root`, relative to it.
fn all(root: &Path) -> Vec<String> {
    let found = run("find", |find| {
        find.arg(root).args(["-mindepth", "1", "-printf", "%P\\n"])
    });
    let mut paths: Vec<String> = found.lines().map(str::to_owned).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
