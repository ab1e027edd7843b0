//! Builds without root: the image is root's, whichever namespace a user can have.
//!
//! One file per isolation. Users with subordinate ids have them from files that only their own mount
//! namespace sees: nothing of the host is changed.

mod calls;
mod choice;
mod containers;
mod containers_hostile;
mod containers_specs;
mod forged;
mod hostile;
mod lifecycle;
mod mounts;
mod none;
mod owners;
mod python;
mod shell;
mod single;
mod specs;
mod subids;
mod suite;
mod users;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use crate::support::build::repositories;
use crate::support::workspace::{Outcome, Workspace, require_root, require_tool, run};

const NOBODY: u32 = 65534;

/// Becomes an ordinary user.
const USER: &str = "setpriv --reuid 65534 --regid 65534 --clear-groups";

/// What a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A user with 65535 subordinate ids.
    Subids,
    /// A user without.
    Single,
    /// A user of a container that forbids namespaces: none more may be made.
    Forbidden,
    /// Root of a container: without the capability to mount.
    Container,
    /// Who called `unshare --map-root-user`: root of a single id.
    Mapped,
}

impl Caller {
    /// A shell script that runs its arguments as the caller; `$IDS` is a line of subuid(5).
    fn script(self) -> String {
        match self {
            Caller::Subids => format!(
                "exec unshare --mount sh -c 'mount --bind \"$IDS\" /etc/subuid && \
                 mount --bind \"$IDS\" /etc/subgid && exec {USER} \"$@\"' sh \"$@\""
            ),
            Caller::Single => format!(
                "exec unshare --mount sh -c 'mount --bind /dev/null /etc/subuid && \
                 exec {USER} \"$@\"' sh \"$@\""
            ),
            Caller::Forbidden => "exec unshare --user --map-root-user sh -c \
                 'echo 0 > /proc/sys/user/max_user_namespaces && \
                 exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"' sh \"$@\""
                .to_owned(),
            Caller::Container => {
                "exec setpriv --bounding-set=-sys_admin --inh-caps=-all \"$@\"".to_owned()
            }
            Caller::Mapped => "exec unshare --user --map-root-user \"$@\"".to_owned(),
        }
    }

    /// What the build says about isolation.
    fn isolation(self) -> &'static str {
        match self {
            Caller::Subids | Caller::Container => "isolation: subids",
            Caller::Single | Caller::Mapped => "isolation: single",
            Caller::Forbidden => "error",
        }
    }
}

/// Whether such callers can be made here: busybox is what recipes run.
pub(crate) fn ready() -> bool {
    let tools = ["unshare", "setpriv", "newuidmap", "busybox"];
    // A host without these files has no users with subordinate ids to begin with.
    require_root() && tools.into_iter().all(require_tool) && subid_files()
}

fn subid_files() -> bool {
    ["/etc/subuid", "/etc/subgid"]
        .iter()
        .all(|path| Path::new(path).exists() || crate::support::skip(&format!("file {path}")))
}

/// A workspace whose owner is the caller, with busybox in its context.
pub(crate) fn workspace(recipe: &str) -> Workspace {
    let workspace = Workspace::with(recipe);
    fs::copy("/bin/busybox", workspace.context().join("busybox")).unwrap();
    let folder = workspace.path("");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    // The build folder may be out of the user's reach.
    fs::copy(env!("CARGO_BIN_EXE_onelayer"), workspace.path("onelayer")).unwrap();
    fs::write(workspace.path("ids"), "nobody:300000:65536\n").unwrap();
    workspace
}

/// The program, as `caller` runs it in the workspace.
pub(crate) fn command(workspace: &Workspace, caller: Caller, arguments: &[&str]) -> Command {
    let folder = workspace.path("");
    let owner = match caller {
        Caller::Subids | Caller::Single => NOBODY,
        _ => 0,
    };
    chown(&folder, Some(owner), Some(owner)).unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", &caller.script(), "sh"])
        .arg(folder.join("onelayer"))
        .args(arguments)
        .current_dir(&folder)
        .env("IDS", workspace.path("ids"))
        .env_remove("ONELAYER_ISOLATION")
        // Each caller has a cache of its own, as each has a home.
        .env(
            "ONELAYER_CACHE_DIR",
            folder.join(format!("cache-{caller:?}")),
        );
    command
}

/// Runs the program as `caller`.
pub(crate) fn onelayer(workspace: &Workspace, caller: Caller, arguments: &[&str]) -> Outcome {
    run(&mut command(workspace, caller, arguments))
}

/// Builds as `caller`, who must be told about the isolation; the digest.
#[track_caller]
pub(crate) fn build(workspace: &Workspace, caller: Caller) -> String {
    let output = format!("oci:{caller:?}");
    let arguments = ["build", "context", "--progress", "plain", "-o", &output];
    let built = onelayer(workspace, caller, &arguments);
    let said = built
        .stderr
        .lines()
        .filter(|line| line.starts_with("isolation: "));
    let said: Vec<&str> = said.collect();
    assert!(
        said.len() == 1 && said[0].starts_with(caller.isolation()),
        "{caller:?}: {}",
        built.stderr
    );
    built.digest()
}

/// The digest that root's build has.
#[track_caller]
pub(crate) fn as_root(workspace: &Workspace) -> String {
    workspace.build(&["-o", "oci:root"]).digest()
}

/// Fails unless `caller` builds the image that root builds.
#[track_caller]
pub(crate) fn same_as_root(recipe: &str, caller: Caller) {
    let workspace = workspace(recipe);
    let expected = as_root(&workspace);
    assert_eq!(build(&workspace, caller), expected, "{caller:?}");
}

/// A recipe whose root has busybox and a user `app`, with `steps` after that.
pub(crate) fn recipe(steps: &str) -> String {
    format!(
        "name: x
base: scratch
defaults:
  env:
    PATH: /bin
steps:
  - copy: busybox
    to: /bin/busybox
  - write: /etc/passwd
    content: |
      root:x:0:0::/root:/bin/sh
      app:x:1000:1000::/:/bin/sh
  - write: /etc/group
    content: |
      root:x:0:
      app:x:1000:
      extra:x:5000:app
  - run: [/bin/busybox, --install, -s, /bin]
{steps}"
    )
}

/// Owners, modes and kinds that only root can make, in one step after the other.
pub(crate) const OWNERS: &str = "
  - directory: /srv
    owner: '1000:5000'
    mode: '2775'
  - write: /srv/secret
    content: s
    owner: 1000
    mode: '0400'
  - write: /srv/closed
    content: c
    mode: '0000'
    owner: '200000:4294967294'
  - link: /srv/link
    target: secret
    owner: '7:8'
  - run: |
      test \"$(cat /srv/secret)\" = s
      mkdir -p /opt/a /opt/b
      echo 1 > /opt/a/one
      chown 1000:2000 /opt/a/one /opt/a
      chown :77 /opt/a/one
      cp -p /opt/a/one /opt/copied
      tar -c -f /opt/a/t -C /opt copied a/one
      tar -x -f /opt/a/t -C /srv
      rm /opt/a/t
      stat -c '%u:%g' /opt/a/one > /opt/shown
      chmod 4755 /opt/a/one
      echo 2 > /opt/a/two
      chmod 6755 /opt/a/two
      chown 12 /opt/a/two
      chown 300000:300001 /opt/b
      mkfifo /opt/pipe
      chown 5:6 /opt/pipe
      ln -s one /opt/a/link
      chown -h 7:8 /opt/a/link
      mv /opt/a/link /opt/a/moved
      ln -s a /opt/through
      chown 9 /opt/through/..
      cd /opt/b
      touch here
      chown 3:3 here ../b/here
      chmod 0000 /opt/b
      chown 0:0 /opt/a/two
  - run: |
      chmod 600 /srv/secret /srv/closed
      mv /opt/a/one /opt/renamed
      ln /opt/renamed /opt/linked
      rm -r /opt/a
      mkdir /opt/a
      echo more >> /srv/secret
  - permissions: /opt/renamed
    owner: '0:0'
  - permissions: /opt/linked
    mode: '0640'
  - run: touch /opt/renamed; mkdir -p /home/app; chown app:app /home/app
  - run: |
      touch /home/app/mine
      mkdir /home/app/folder
      ln -s mine /home/app/link
      echo x > /home/app/folder/file
    user: app
  - remove: /srv/closed
";

/// A context with a recipe that installs lists of packages of a repository, and has `steps` after
/// that; `None` if the tools are missing.
pub(crate) fn packages(repository: &str, lists: &str, steps: &str) -> Option<Workspace> {
    if !crate::support::build::require_packages() {
        return None;
    }
    let workspace = workspace(&format!(
        "name: x\nbase: scratch\npackages:\n{}  install: {lists}\n\
         {steps}",
        crate::support::build::source(repository, "  ")
    ));
    crate::support::run(
        "cp",
        &[
            "-r",
            "--no-preserve=ownership",
            repositories().to_str().unwrap(),
            workspace.context().join("repositories").to_str().unwrap(),
        ],
    );
    crate::support::run(
        "chmod",
        &["-R", "a+rX", workspace.context().to_str().unwrap()],
    );
    Some(workspace)
}

/// Packages of every attribute, and a step that changes one of their files.
pub(crate) fn attributes() -> Option<Workspace> {
    let steps = "steps:\n  - run: [/usr/bin/busybox, chmod, '0600', /opt/attributes/app]\n";
    packages("languages", "[[busybox], [attributes]]", steps)
}

/// No namespace has devices, and yet the image has.
#[track_caller]
pub(crate) fn devices_of_packages_are_in_the_image(caller: Caller) {
    let Some(workspace) = packages("languages", "[[busybox], [device]]", "") else {
        return;
    };
    let arguments = ["build", "context", "-o", "rootfs:root.tar"];
    onelayer(&workspace, caller, &arguments).expect(0);
    let archive = workspace.path("root.tar");
    let list = [
        "--numeric-owner",
        "-tvf",
        archive.to_str().unwrap(),
        "opt/null",
    ];
    let listed = String::from_utf8(crate::support::run("tar", &list).stdout).unwrap();
    let words: Vec<&str> = listed.split_whitespace().collect();
    assert_eq!(words[..3], ["crw-rw-rw-", "0/0", "1,3"], "{listed}");
}
