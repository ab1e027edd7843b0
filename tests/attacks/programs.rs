//! What programs of steps try: more rights than they were given, and what others have.

use std::fs;
use std::os::unix::fs::chown;

use super::Attack;
use crate::support::workspace::{Outcome, require_tool, run};

#[test]
fn who_owns_a_program_gives_no_rights_to_who_runs_it() {
    // `su` of busybox works for nobody whom the mode of the file has not made root.
    let steps = "
  - copy: busybox
    to: /rooted/busybox
    mode: '6755'
  - directory: /d
    mode: '0777'
  - run: /rooted/busybox su -c 'echo evil > /d/evil' 2> /d/told || true; id -u > /d/id; grep NoNewPrivs /proc/self/status >> /d/id
    user: app
  - run: grep -q 'must be suid' /d/told; rm /d/told; stat -c %a /rooted/busybox >> /d/id
";
    let Some(attack) = Attack::new(steps) else {
        return;
    };
    let digests = attack.try_all().into_iter().take(2).map(Outcome::digest);
    let digests: Vec<String> = digests.collect();
    // With one id every user is root, as docs/rootless.md says, and `su` is told so.
    assert_eq!(digests[0], digests[1]);
    let root = attack.workspace.unpack("None", "latest");
    let seen = fs::read_to_string(root.join("d/id")).unwrap();
    assert_eq!(seen, "1000\nNoNewPrivs:\t1\n6755\n");
    assert!(!root.join("d/evil").exists());
}

#[test]
fn the_environment_of_a_step_is_the_recipes_alone() {
    let steps = "
  - run: cat /proc/$$/environ > /seen; true
  - directory: /d
    mode: '0777'
  - run: cat /proc/$$/environ > /d/seen; true
    user: app
    env: {OWN: '1'}
  - run: cat /proc/$$/environ > /seen-with-network; true
    network: host
config:
  env: {OF_THE_IMAGE: '1'}
";
    let Some(attack) = Attack::new(steps) else {
        return;
    };
    let root = attack.contained();
    let seen = |name: &str| {
        let text = fs::read_to_string(root.join(name)).unwrap();
        let mut variables: Vec<&str> = text.split_terminator('\0').collect();
        variables.sort_unstable();
        variables.join("\n")
    };
    let expected = "HOME=/root\nLANG=C.UTF-8\nPATH=/bin\nPYTHONDONTWRITEBYTECODE=1\nPYTHONHASHSEED=0\nSOURCE_DATE_EPOCH=0";
    assert_eq!(seen("seen"), expected);
    let app = "HOME=/root\nLANG=C.UTF-8\nOWN=1\nPATH=/bin\nPYTHONDONTWRITEBYTECODE=1\nPYTHONHASHSEED=0\nSOURCE_DATE_EPOCH=0";
    assert_eq!(seen("d/seen"), app);
    let proxies = |line: &&str| !line.to_lowercase().contains("_proxy=");
    let with_network = seen("seen-with-network");
    let with_network: Vec<&str> = with_network.lines().filter(proxies).collect();
    assert_eq!(with_network.join("\n"), expected);
}

#[test]
fn a_stage_side_by_side_does_not_see_the_secrets_of_another() {
    let root = "    base: scratch
    steps:
      - copy: busybox
        to: /bin/busybox
      - run: [/bin/busybox, --install, -s, /bin]
";
    let steps = format!(
        "  - copy: /held
    from: stage:holder
    to: /held
  - copy: /seen
    from: stage:seeker
    to: /seen
stages:
  holder:
{root}      - run: grep -q secret /s; sleep 3; echo yes > /held
        mounts: [{{secret: s, target: /s}}, {{secret: s, env: TOKEN}}]
  seeker:
{root}      - run: |
          for i in 1 2 3 4 5 6; do
            cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/root/s /s /run/* /tmp/* 2>/dev/null || true
            sleep 0.5
          done | grep -c 'v[a]lue of' > /seen || true
"
    );
    let Some(attack) = Attack::new(&steps) else {
        return;
    };
    let root = attack.contained();
    assert_eq!(fs::read_to_string(root.join("held")).unwrap(), "yes\n");
    assert_eq!(fs::read_to_string(root.join("seen")).unwrap(), "0\n");
}

#[test]
fn the_program_that_builds_cannot_be_written_also_by_its_owner() {
    let steps = "
  - run: |
      for exe in /proc/1/exe /proc/$PPID/exe; do
        (exec 3<$exe; for i in 1 2 3; do (echo evil > /proc/self/fd/3) && echo wrote >> /seen; done) || true
        (exec 3<>$exe && echo wrote >> /seen) || true
        (echo evil > $exe) && echo wrote >> /seen || true
        (echo evil >> $exe) && echo wrote >> /seen || true
        (cp /bin/busybox $exe) && echo wrote >> /seen || true
      done 2>/dev/null
      echo end >> /seen
";
    let Some(attack) = Attack::new(steps) else {
        return;
    };
    let installed = attack.workspace.path("onelayer");
    chown(&installed, Some(65534), Some(65534)).unwrap();
    let before = (
        fs::read(&installed).unwrap(),
        fs::read(env!("CARGO_BIN_EXE_onelayer")).unwrap(),
    );
    let root = attack.contained();
    assert_eq!(fs::read_to_string(root.join("seen")).unwrap(), "end\n");
    let after = (
        fs::read(&installed).unwrap(),
        fs::read(env!("CARGO_BIN_EXE_onelayer")).unwrap(),
    );
    assert!(before == after);
}

#[test]
fn a_kernel_without_filters_is_told_and_one_without_landlock_builds_the_same() {
    if !require_tool("strace") {
        return;
    }
    let archive = "stages: {archived: {base: 'rootfs:tree.tar'}}\n";
    let steps = format!(
        "  - copy: /f\n    from: stage:archived\n    to: /f\n  - run: touch /made\n{archive}"
    );
    let Some(attack) = Attack::new(&steps) else {
        return;
    };
    let context = attack.workspace.context();
    fs::write(context.join("f"), "f").unwrap();
    let mut tar = std::process::Command::new("tar");
    crate::support::workspace::tool(tar.args(["-cf", "tree.tar", "f"]).current_dir(&context));
    let build = |fault: &str, cache: &str| {
        let inject = format!("inject={fault}");
        let strace = ["strace", "-f", "-qq", "-o", "trace", "-e", &inject];
        let words = ["build", "context", "-o", "oci:out", "--cache-dir", cache];
        let outcome = run(&mut attack.workspace.below(&strace, &words));
        let trace = fs::read_to_string(attack.workspace.path("trace")).unwrap();
        assert!(trace.contains("INJECTED"), "{fault}: nothing failed");
        outcome
    };
    let digest = attack.workspace.build(&["-o", "oci:plain"]).digest();
    for error in ["ENOSYS", "EOPNOTSUPP"] {
        let fault = format!("landlock_create_ruleset:error={error}");
        assert_eq!(build(&fault, &format!("cache-{error}")).digest(), digest);
    }
    for error in ["ENOSYS", "EINVAL"] {
        let refused = build(&format!("seccomp:error={error}"), "cache-seccomp").expect(4);
        let told = "cannot filter system calls";
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("CONFIG_SECCOMP_FILTER"),
            "{}",
            refused.stderr
        );
    }
}
