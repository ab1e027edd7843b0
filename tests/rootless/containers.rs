//! In a container of podman's: of root, and of an ordinary user.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{OWNERS, as_root, attributes, ready, recipe, workspace};
use crate::support::engines_mount;
use crate::support::workspace::{Outcome, Workspace, require_tool};

/// What a build in a container says of `/proc`, if parts of that are covered.
pub(super) const COVERED: &str =
    "commands see the command lines of other processes, since parts of `/proc` are covered";

/// A root for containers, which see the host's programs.
pub(super) fn prepare(workspace: &Workspace) {
    let root = workspace.path("container");
    for name in ["usr", "etc", "proc", "sys", "dev", "tmp", "run"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    for name in ["bin", "sbin", "lib", "lib64"] {
        symlink(format!("usr/{name}"), root.join(name)).unwrap();
    }
    let cache = workspace.path("cache-of-containers");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
}

/// Builds in a container that is run with `options`.
pub(super) fn build(workspace: &Workspace, options: &str, output: &str) -> Outcome {
    build_below(workspace, options, "", output)
}

/// Runs `arguments` of the program in a container, as the last words of `wrapper` there.
pub(super) fn onelayer(
    workspace: &Workspace,
    (options, wrapper): (&str, &str),
    arguments: &str,
    output: &str,
) -> Outcome {
    let folder = workspace.path("");
    let folder = folder.display();
    let network = match options.contains("--network") {
        true => "",
        false => "--network none",
    };
    let script = format!(
        "podman run --rm {network} {options} --volume /usr:/usr:ro --volume {folder}:/build \
         --rootfs {folder}/container {wrapper} /build/onelayer {arguments} \
         > {folder}/{output}.out 2> {folder}/{output}.err || echo $?"
    );
    let code = workspace.podman(&script);
    let read = |end: &str| fs::read_to_string(workspace.path(&format!("{output}.{end}"))).unwrap();
    Outcome {
        code: Some(code.trim().parse().unwrap_or(0)),
        stdout: read("out"),
        stderr: read("err"),
    }
}

/// Builds in a container, below a program that runs its arguments.
pub(super) fn build_below(
    workspace: &Workspace,
    options: &str,
    wrapper: &str,
    output: &str,
) -> Outcome {
    let arguments = format!(
        "build /build/context --progress plain \
         --cache-dir /build/cache-of-containers/{output} \
         -o oci:/build/cache-of-containers/{output}-image"
    );
    onelayer(workspace, (options, wrapper), &arguments, output)
}

pub(super) fn possible() -> bool {
    ready() && require_tool("podman")
}

/// What the build says about isolation.
#[track_caller]
pub(super) fn isolation(built: &Outcome) -> &str {
    let said = built.stderr.lines();
    let mut said = said.filter_map(|line| line.strip_prefix("isolation: "));
    match (said.next(), said.next()) {
        (Some(line), None) => line,
        _ => panic!("{}", built.stderr),
    }
}

/// Builds in podman's default container: as root, as a user, and as root of a namespace in it.
#[track_caller]
fn same_in_default_containers(workspace: &Workspace) {
    prepare(workspace);
    let expected = as_root(workspace);
    for (name, options, wrapper, rung) in [
        ("root", "", "", "subids: "),
        ("user", "--user 1000", "", "single: "),
        ("mapped", "", "unshare --user --map-root-user", "single: "),
    ] {
        let built = build_below(workspace, options, wrapper, name);
        let said = isolation(&built);
        assert!(said.starts_with(rung) && said.contains(COVERED), "{said}");
        assert_eq!(built.digest(), expected, "{name}");
    }
}

#[test]
fn a_default_container_builds_the_same_image() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    // What programs look for in /proc is there as ever, and the command is process 2.
    let steps = "
  - run: |
      for name in cpuinfo filesystems meminfo mounts self/mountinfo stat sys/kernel/osrelease uptime; do
          test $(head -n 1 /proc/$name | wc -c) -gt 0; done
      for name in keys timer_list; do test $(cat /proc/$name | wc -c) = 0; done
      test $(ls /proc/acpi /sys/firmware 2> /dev/null | grep -v : | wc -w) = 0
      ! sh -c 'echo 1 > /proc/sys/vm/drop_caches' 2> /dev/null
      exec 9> /proc/self/fd/1
      readlink /proc/self/exe > /exe
      echo $$ > /number
";
    same_in_default_containers(&workspace(&recipe(&format!("{OWNERS}{steps}"))));
}

#[test]
fn a_default_container_installs_the_same_packages() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    if let Some(workspace) = attributes() {
        same_in_default_containers(&workspace);
    }
}

/// The engine's options that make it the full isolation again, and none where none is left.
#[test]
fn the_reason_and_the_cure_are_named() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    let workspace = workspace(&recipe("  - run: echo x\n"));
    prepare(&workspace);
    fs::write(workspace.path("no-clones.json"), denying("open_tree")).unwrap();
    fs::write(workspace.path("no-spaces.json"), denying("unshare")).unwrap();
    let profile = |name: &str| {
        let path = workspace.path(name);
        format!("--security-opt seccomp={}", path.display())
    };
    for (name, options, parts) in [
        (
            "powerless",
            "--cap-drop all".to_owned(),
            &["help: run it as an ordinary user, or with the capability SETFCAP"][..],
        ),
        (
            "clones",
            profile("no-clones.json"),
            &[
                "cannot mount `/proc` in a user namespace",
                "help: start the container with `--security-opt unmask=ALL`",
            ],
        ),
        (
            "spaces",
            profile("no-spaces.json"),
            &[
                "cannot make a user namespace",
                "help: this process is under a seccomp profile",
            ],
        ),
    ] {
        let told = build(&workspace, &options, name).expect(4);
        assert_eq!(told.stdout, "");
        for part in parts {
            assert!(told.stderr.contains(part), "no `{part}`:\n{}", told.stderr);
        }
    }
}

/// A profile for system calls that forbids one.
fn denying(call: &str) -> String {
    format!(
        r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{{"names":["{call}"],"action":"SCMP_ACT_ERRNO"}}]}}"#
    )
}

#[test]
fn a_container_with_its_own_proc_builds_the_same_image() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    let workspace = workspace(&recipe(OWNERS));
    prepare(&workspace);
    let expected = as_root(&workspace);
    for (name, options, rung) in [
        ("root", "--security-opt unmask=ALL", "subids"),
        ("user", "--security-opt unmask=ALL --user 1000", "single"),
        ("privileged", "--privileged", "root"),
    ] {
        let built = build(&workspace, options, name);
        let said = isolation(&built);
        assert!(said.starts_with(rung) && !said.contains(COVERED), "{said}");
        assert_eq!(built.digest(), expected, "{name}");
    }
}

/// Kills the builder, or its guard, while a command runs, and says what is left of all three.
const KILL: &str = r#"
list() {
    for folder in /proc/[0-9]*; do
        echo "${folder#/proc/} $(tr '\0' ' ' < $folder/cmdline)"
    done 2> /dev/null | grep -E '^[0-9]+ (onelayer __sandbox|/build/onelayer build|/bin/busybox sleep)'
}
"$@" &
builder=$!
waited=0
until list | grep -q ' /bin/busybox sleep 77.5'; do
    waited=$((waited + 1)); test $waited -lt 200; sleep .1
done
case $KILLED in
    builder) kill -KILL $builder ;;
    guard) kill -KILL "$(list | sort -n | sed -n 's/ onelayer __sandbox.*//p' | head -n 1)" ;;
esac
wait $builder || true
waited=0
while list > /tmp/left; do
    waited=$((waited + 1)); test $waited -lt 100; sleep .1
done
"#;

#[test]
fn nothing_outlives_the_builder() {
    let _engines = engines_mount();
    if !possible() {
        return;
    }
    let workspace = workspace(&recipe("  - run: [/bin/busybox, sleep, '77.5']\n"));
    prepare(&workspace);
    fs::write(workspace.path("kill"), KILL).unwrap();
    for (name, options) in [("root", ""), ("user", "--user 1000")] {
        for killed in ["builder", "guard"] {
            let output = format!("{name}-{killed}");
            let options = format!("{options} --env KILLED={killed} --tmpfs /tmp:mode=1777");
            build_below(&workspace, &options, "sh -e /build/kill", &output).expect(0);
        }
    }
}
