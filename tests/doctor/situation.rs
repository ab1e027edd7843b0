//! Surroundings that a build may find itself in. What they lack is hidden in a mount namespace, and
//! nothing of the host is changed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::command_line::copy_busybox;
use crate::support::workspace::{Outcome, Workspace, project, require_root, require_tool, run};

const NOBODY: u32 = 65534;

/// Becomes an ordinary user.
const USER: &str = "setpriv --reuid 65534 --regid 65534 --clear-groups";

/// Runs one command in its root.
pub(crate) const RUNS: &str = "
name: x
base: scratch
steps:
  - copy: busybox
    to: /bin/busybox
    mode: '0755'
  - run: [/bin/busybox, touch, /made]
";

/// Where a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Situation {
    /// As root.
    Root,
    /// As a user with 65536 subordinate ids.
    Subids,
    /// As a user without.
    NoSubids,
    /// As a user with subordinate ids that nothing can map.
    NoMapping,
    /// As root of a user namespace, without capabilities, that forbids others.
    NoNamespaces,
    /// As root of a user namespace with one id.
    Mapped,
    /// As root, with a cache on an overlay.
    OnOverlay,
    /// As root of a container as podman makes it by default.
    Container,
    /// The same, with all of `/proc`.
    Unmasked,
    /// As root of a container with `--privileged`.
    Privileged,
}

impl Situation {
    /// A shell script that runs its arguments.
    fn script(self) -> String {
        let user = |hide: &str| {
            format!(
                "exec unshare --mount --propagation private sh -c 'mount --bind \"$IDS\" /etc/subuid && \
                 mount --bind \"$IDS\" /etc/subgid && {hide} exec {USER} \"$@\"' sh \"$@\""
            )
        };
        match self {
            Situation::Root => "exec \"$@\"".to_owned(),
            Situation::Subids | Situation::NoSubids => user(""),
            Situation::NoMapping => user(
                "for program in newuidmap newgidmap; do \
                 mount --bind /dev/null \"$(command -v $program)\"; done &&",
            ),
            Situation::NoNamespaces => "exec unshare --user --map-root-user sh -c \
                 'echo 0 > /proc/sys/user/max_user_namespaces && \
                 exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"' sh \"$@\""
                .to_owned(),
            Situation::Mapped => "exec unshare --user --map-root-user \"$@\"".to_owned(),
            Situation::OnOverlay => "exec unshare --mount --propagation private sh -c \
                 'mkdir \"$ROOT/lower\" \"$ROOT/upper\" \"$ROOT/work\" \"$ROOT/merged\"; \
                 mount -t overlay -o \"lowerdir=$ROOT/lower,upperdir=$ROOT/upper,workdir=$ROOT/work\" \
                 overlay \"$ROOT/merged\" && export ONELAYER_CACHE_DIR=\"$ROOT/merged/cache\" && \
                 exec \"$@\"' sh \"$@\""
                .to_owned(),
            Situation::Container => container(""),
            Situation::Unmasked => container("--security-opt unmask=ALL"),
            Situation::Privileged => container("--privileged"),
        }
    }

    fn is_user(self) -> bool {
        matches!(
            self,
            Situation::Subids | Situation::NoSubids | Situation::NoMapping
        )
    }

    fn is_container(self) -> bool {
        matches!(
            self,
            Situation::Container | Situation::Unmasked | Situation::Privileged
        )
    }

    /// Whether it can be made here.
    fn is_ready(self) -> bool {
        let tools: &[&str] = match self {
            Situation::Root => &[],
            Situation::NoNamespaces | Situation::Mapped => &["unshare", "setpriv"],
            Situation::OnOverlay => &["unshare"],
            _ if self.is_container() => &["podman"],
            _ => &["unshare", "setpriv", "newuidmap", "newgidmap"],
        };
        let files = ["/etc/subuid", "/etc/subgid"];
        require_root()
            && tools.iter().all(|tool| require_tool(tool))
            // A file can only hide one that is there.
            && (!self.is_user() || files.iter().all(|path| {
                fs::exists(path).unwrap() || crate::support::skip(&format!("file {path}"))
            }))
    }
}

/// podman with the host's programs as its root, and the workspace where it is on the host.
fn container(options: &str) -> String {
    let settings = project("specs/python-flask/machine.sh");
    format!(
        "set -eu; FOLDER=$PWD; . '{}'; exec podman run --rm --network none {options} --workdir \"$FOLDER\" \
         --env ONELAYER_CACHE_DIR --env PATH --volume /usr:/usr:ro --volume \"$FOLDER:$FOLDER\" \
         --rootfs \"$ROOT\" \"$@\"",
        settings.display()
    )
}

/// A folder with the recipe [`RUNS`], in a situation.
pub(crate) struct Place {
    pub(crate) workspace: Workspace,
    situation: Situation,
    /// The root of a container: what is mounted on it, as the container's own `/proc`, is not to be
    /// seen a second time in the workspace.
    root: TempDir,
}

impl Place {
    /// None if this host lacks what the situation is made with.
    pub(crate) fn new(situation: Situation) -> Option<Place> {
        let workspace = Workspace::with(RUNS);
        if !situation.is_ready() || !copy_busybox(&workspace) {
            return None;
        }
        let folder = workspace.path("");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        // The build folder may be out of the user's reach.
        fs::copy(env!("CARGO_BIN_EXE_onelayer"), workspace.path("onelayer")).unwrap();
        let ids = match situation {
            Situation::Subids | Situation::NoMapping => "nobody:300000:65536\n",
            _ => "",
        };
        fs::write(workspace.path("ids"), ids).unwrap();
        if situation.is_user() {
            chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let root = TempDir::new().unwrap();
        if situation.is_container() {
            let root = root.path();
            for name in ["usr", "etc", "proc", "sys", "dev", "tmp", "run"] {
                fs::create_dir_all(root.join(name)).unwrap();
            }
            for name in ["bin", "sbin", "lib", "lib64"] {
                symlink(format!("usr/{name}"), root.join(name)).unwrap();
            }
            fs::write(root.join("etc/os-release"), "ID=alpine\n").unwrap();
        }
        Some(Place {
            workspace,
            situation,
            root,
        })
    }

    /// Runs the program there.
    pub(crate) fn onelayer(&self, arguments: &[&str]) -> Outcome {
        let mut command = Command::new("sh");
        command
            .args(["-c", &self.situation.script(), "sh"])
            .arg(self.workspace.path("onelayer"))
            .args(arguments)
            .current_dir(self.workspace.path(""))
            .env("IDS", self.workspace.path("ids"))
            .env("ROOT", self.root.path())
            .env("WORK", self.workspace.containers())
            .env("ONELAYER_CACHE_DIR", self.workspace.cache())
            .env_remove("ONELAYER_ISOLATION");
        run(&mut command)
    }

    /// Asks about the recipe and builds it: both must say the same. What `doctor` said.
    #[track_caller]
    pub(crate) fn truth(&self) -> Value {
        self.truth_with(&[])
    }

    /// The same, with options that both take.
    #[track_caller]
    pub(crate) fn truth_with(&self, options: &[&str]) -> Value {
        let words = ["doctor", "context", "--format", "json"];
        let told = self.onelayer(&[&words[..], options].concat());
        let report: Value =
            serde_json::from_str(&told.stdout).unwrap_or_else(|_| panic!("{told:?}"));
        // Where it looked nothing is left, and nothing was made.
        let left = crate::command_line::names(&self.workspace.path(""));
        assert!(
            !left
                .iter()
                .any(|name| name == "cache" || name.starts_with(".onelayer")),
            "{left:?}"
        );
        let words = ["build", "context", "-o", "oci:out", "--progress", "json"];
        let built = self.onelayer(&[&words[..], options].concat());
        let what = format!("{:?}\n{report:#}\n{built:?}", self.situation);
        assert_eq!(told.code, built.code, "{what}");
        let can = report["recipe"]["builds"].as_bool().unwrap();
        assert_eq!(built.code, Some(if can { 0 } else { 4 }), "{what}");
        let builds = if can { "commands" } else { "files" };
        assert_eq!(report["builds"], builds, "{what}");
        assert_eq!(report["isolation"].is_string(), can, "{what}");
        let events = built
            .stderr
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let mut isolations = events.filter(|event: &Value| event["event"] == "isolation");
        if let Some(event) = isolations.next().filter(|_| can) {
            assert_eq!(report["isolation"], event["isolation"], "{what}");
        }
        let said = built
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("error: "));
        if let Some(said) = said.filter(|said| said.contains("they cannot be isolated: ")) {
            assert_eq!(report["recipe"]["reason"], said, "{what}");
        }
        report
    }
}

/// One examination of a report.
#[track_caller]
pub(crate) fn found<'a>(report: &'a Value, name: &str) -> &'a Value {
    let all = report["examinations"].as_array().unwrap();
    let found = all.iter().find(|found| found["name"] == name);
    found.unwrap_or_else(|| panic!("no `{name}`: {report:#}"))
}
