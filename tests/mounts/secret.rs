//! Secrets: where a command finds them, and what is refused before any work.

use std::fs;

use super::{listing, rewrite, seen, unpacked, with_shell};
use crate::support::workspace::{Workspace, run};

#[test]
fn a_secret_is_a_file_of_the_steps_user_or_a_variable() {
    let Some(workspace) = with_shell(
        "
  - accounts: {users: [{name: app, uid: 1234}]}
  - run: mkdir -p /out /root && chmod 777 /out
  - run: stat -c '%n %a %u %s' /run/secrets/token /root/.netrc > /out/seen; cat /run/secrets/token >> /out/seen; chmod 666 /out/seen
    mounts: [{secret: token}, {secret: token, target: /root/.netrc, mode: '0440'}]
  - run: cat /deep/in/a/file >> /out/seen; echo $TOKEN >> /out/seen
    user: app
    env: {TOKEN: wrong}
    mounts: [{secret: token, target: /deep/in/a/file}, {secret: variable, env: TOKEN}]
  - run: if (echo x > /run/secrets/token) 2> /dev/null || rm /run/secrets/token 2> /dev/null; then false; fi
    mounts: [{secret: token}]
  - run: env | grep -c TOKEN >> /out/seen || true; ls /run/secrets >> /out/seen 2>&1 || true
    mounts: [{secret: absent, required: false}, {secret: none, env: TOKEN, required: false}]
  - run: mv /out/seen /seen && rmdir /out
",
    ) else {
        return;
    };
    fs::write(workspace.path("token"), "va\nlue\n").unwrap();
    let mut command = workspace.command(&[
        "build",
        "context",
        "-o",
        "oci:out",
        "--secret",
        "id=token,src=token",
        "--secret",
        "id=variable",
    ]);
    run(command.env("variable", "from outside")).expect(0);
    let root = unpacked(&workspace);
    let text = fs::read_to_string(root.join("seen")).unwrap();
    assert_eq!(
        text,
        "/run/secrets/token 400 0 7\n/root/.netrc 440 0 7\nva\nlue\nva\nlue\nfrom outside\n0\n\
         ls: /run/secrets: No such file or directory\n"
    );
    let listing = listing(&root);
    for path in ["deep", "root/.netrc", "run"] {
        assert!(!listing.contains(&path.to_owned()), "{listing:?}");
    }
}

#[test]
fn a_secret_that_is_not_there_stops_the_build_before_all_work() {
    let recipe = "name: x\nbase: scratch\nsteps:\n  - run: [/program]\n    mounts: [{secret: token}]\n  - write: /a\n    content: a\n";
    let workspace = Workspace::with(recipe);
    if !crate::support::require_root() {
        return;
    }
    let folder = workspace.context();
    let folder = format!("id=token,src={}", folder.display());
    for (options, code, told) in [
        (vec![], 2, "step 1 needs the secret `token`: run: /program"),
        (
            vec!["--secret", "id=tokem,src=context/recipe.yaml"],
            2,
            "step 1 needs the secret `token`",
        ),
        (
            vec!["--secret", "id=token"],
            2,
            "the variable `token` of the secret `token` is not set",
        ),
        (
            vec!["--secret", "id=token,src=missing"],
            5,
            "cannot read the secret `token` from `missing`",
        ),
        (vec!["--secret", &folder], 5, "cannot read the secret"),
        (
            vec!["--secret", "id=token,src=a", "--secret", "id=token,src=b"],
            2,
            "the secret `token` is given twice",
        ),
        (
            vec!["--secret", "id=token,src=large"],
            2,
            "the secret `token` is larger than 1048576 bytes",
        ),
        (vec!["--secret", "hunter2"], 2, "`--secret` wants fields"),
    ] {
        fs::write(workspace.path("large"), vec![b'x'; (1 << 20) + 1]).unwrap();
        let options = [vec!["-o", "oci:out"], options].concat();
        let refused = workspace.build(&options).expect(code);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
        assert!(refused.stderr.contains("help: "), "{}", refused.stderr);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
        assert!(!workspace.cache().exists() && !workspace.path("out").exists());
    }
}

#[test]
fn a_value_that_no_variable_holds_is_refused_and_a_file_takes_it() {
    let variable = "  - run: 'true'\n    mounts: [{secret: s, env: S}]\n";
    let Some(workspace) = with_shell(variable) else {
        return;
    };
    let mut large = b"first\0second\n".to_vec();
    large.resize(1 << 20, b'z');
    fs::write(workspace.path("nul"), &large[..13]).unwrap();
    fs::write(workspace.path("large"), &large).unwrap();
    fs::write(workspace.path("wide"), vec![b'z'; 128 << 10]).unwrap();
    for (file, told) in [
        ("nul", "and it holds a NUL byte"),
        (
            "wide",
            "larger than 131069 bytes, the most that a variable holds",
        ),
    ] {
        let option = format!("id=s,src={file}");
        let refused = workspace
            .build(&["-o", "oci:out", "--secret", &option])
            .expect(2);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
    rewrite(
        &workspace,
        "  - run: sha256sum < /run/secrets/s > /seen\n    mounts: [{secret: s}]\n",
    );
    let expected = crate::support::workspace::sum("sha256sum", &large);
    let text = seen(&workspace, &["--secret", "id=s,src=large"]);
    assert_eq!(text, format!("{expected}  -\n"));
}

#[test]
fn the_id_is_in_the_key_and_the_value_is_not() {
    let Some(workspace) = with_shell(
        "  - run: echo made; cat /proc/sys/kernel/random/uuid > /seen\n    mounts: [{secret: token}]\n",
    ) else {
        return;
    };
    fs::write(workspace.path("one"), "one value").unwrap();
    fs::write(workspace.path("two"), "two values").unwrap();
    let first = seen(&workspace, &["--secret", "id=token,src=one"]);
    assert_eq!(seen(&workspace, &["--secret", "id=token,src=two"]), first);
    rewrite(
        &workspace,
        "  - run: echo made; cat /proc/sys/kernel/random/uuid > /seen\n    mounts: [{secret: other}]\n",
    );
    let other = seen(&workspace, &["--secret", "id=other,src=one"]);
    assert_ne!(other, first);
}

#[test]
fn one_that_no_step_takes_is_told() {
    let workspace =
        Workspace::with("name: x\nbase: scratch\nsteps:\n  - write: /a\n    content: a\n");
    let built = workspace.build(&["-o", "oci:out", "--secret", "id=x,src=missing"]);
    let told = "warning: no step takes the secret `x`";
    assert!(built.stderr.contains(told), "{}", built.stderr);
    built.expect(0);
}

#[test]
fn output_shows_no_secret_in_any_form_of_progress() {
    let Some(workspace) = with_shell(
        "
  - run: |
      set -x
      echo before; cat /run/secrets/key; echo \"a${TOKEN}b\" >&2; printf '%065530d%s\\n' 1 \"$TOKEN\"
      : \"$TOKEN\"
      exit 3
    mounts: [{secret: key}, {secret: token, env: TOKEN}]
",
    ) else {
        return;
    };
    fs::write(
        workspace.path("key"),
        "-----BEGIN KEY-----\nAAAAsecretBBBB\n-----END KEY-----\n",
    )
    .unwrap();
    for progress in ["plain", "json", "quiet", "tty"] {
        let mut command = workspace.command(&[
            "build",
            "context",
            "-o",
            "oci:out",
            "--progress",
            progress,
            "--secret",
            "id=key,src=key",
            "--secret",
            "id=token,env=OWN",
        ]);
        let failed = run(command.env("OWN", "hunter2-hunter2")).expect(3);
        for value in ["hunter2", "AAAAsecret", "BEGIN KEY"] {
            assert!(
                !failed.stderr.contains(value),
                "{progress}: {}",
                failed.stderr
            );
        }
        assert!(
            failed.stderr.contains("a***b"),
            "{progress}: {}",
            failed.stderr
        );
        assert!(
            failed.stderr.contains("before"),
            "{progress}: {}",
            failed.stderr
        );
    }
}
