//! The other options of commands: user, folder, variables, network, time.

use std::net::TcpListener;

use super::{seen, with_shell};
use crate::support::workspace::run;

#[test]
fn a_user_is_looked_up_in_the_root_itself() {
    let Some(workspace) = with_shell(
        "
  - accounts:
      groups: [{name: www, gid: 4001, members: [app]}, {name: own, gid: 4002}]
      users: [{name: app, uid: 4000, group: own}]
  - run: touch /seen; chmod 666 /seen
  - run: id -u >> /seen; id -g >> /seen; id -G >> /seen
    user: app
  - run: id -u >> /seen; id -g >> /seen
    user: app:www
  - run: id -u >> /seen; id -g >> /seen
    user: '70000:70001'
",
    ) else {
        return;
    };
    assert_eq!(
        seen(&workspace, &[]),
        "4000\n4002\n4002 4001\n4000\n4001\n70000\n70001\n"
    );
    // Not one of the host's.
    super::rewrite(&workspace, "  - run: id\n    user: daemon\n");
    let refused = workspace.build(&["-o", "oci:out"]).expect(1);
    let told = "no user `daemon` can be known here";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
}

#[test]
fn folder_shell_and_variables_are_those_of_the_step_above_the_defaults() {
    let Some(workspace) = with_shell(
        "
  - directory: /own
  - run: pwd > /seen; echo \"$A $B $HOME $SOURCE_DATE_EPOCH\" >> /seen; env | grep -c '^ONELAYER_TEST' >> /seen || true
    workdir: /own
    env: {A: step}
  - run: echo \"$0 $A $B\" >> /seen; pwd >> /seen
defaults:
  env: {A: default, B: 3.10}
  shell: [/bin/sh, -e, -c]
  workdir: /bin
output: {source_date_epoch: 7}
",
    ) else {
        return;
    };
    let mut command = workspace.command(&["build", "context", "-o", "oci:out"]);
    run(command.env("ONELAYER_TEST", "x").env("A", "caller")).expect(0);
    assert_eq!(
        seen(&workspace, &[]),
        "/own\nstep 3.10 /root 7\n0\n/bin/sh default 3.10\n/bin\n"
    );
    super::rewrite(&workspace, "  - run: pwd\n    workdir: /missing\n");
    let failed = workspace.build(&["-o", "oci:out"]);
    let told = "cannot enter the working directory `/missing`";
    assert!(failed.stderr.contains(told), "{}", failed.stderr);
    failed.expect(3);
}

#[test]
fn the_network_is_there_when_it_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Takes what comes and hangs up; ends with the tests.
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let Some(workspace) = with_shell(&format!(
        "
  - run: if nc -w 1 127.0.0.1 {port} < /dev/null; then echo reached > /seen; else echo none > /seen; fi
  - run: if nc -w 1 127.0.0.1 {port} < /dev/null; then echo reached >> /seen; fi; ls /etc >> /seen
    network: host
    mounts: [{{tmpfs: /etc}}]
  - run: ls /etc >> /seen 2> /dev/null || true
"
    )) else {
        return;
    };
    assert_eq!(seen(&workspace, &[]), "none\nreached\nhosts\nresolv.conf\n");
}

#[test]
fn proxies_and_certificates_are_for_steps_with_network_and_leave_no_trace() {
    const VARIABLES: &str =
        "echo \"$https_proxy $NO_PROXY $SSL_CERT_FILE $PIP_CERT $NODE_EXTRA_CA_CERTS\"";
    let Some(workspace) = with_shell(&format!(
        "
  - run: {VARIABLES} > /seen; test ! -e /run/onelayer; touch /seen
  - run: {VARIABLES} >> /seen; cat $SSL_CERT_FILE >> /seen
    network: host
    env: {{NO_PROXY: own}}
"
    )) else {
        return;
    };
    std::fs::write(workspace.path("ca.pem"), "certificates\n").unwrap();
    let plan = |bundle: bool| {
        let mut words = vec!["plan", "context", "--format", "json"];
        if bundle {
            words.extend(["--ca-bundle", "ca.pem"]);
        }
        run(workspace
            .command(&words)
            .env("https_proxy", "http://proxy.example:1"))
        .expect(0)
        .stdout
    };
    assert_eq!(plan(false), plan(true));
    let mut command =
        workspace.command(&["build", "context", "-o", "oci:out", "--ca-bundle", "ca.pem"]);
    command
        .env("https_proxy", "http://proxy.example:1")
        .env("NO_PROXY", "caller");
    run(&mut command).expect(0);
    let bundle = "/run/onelayer/ca-bundle.crt";
    assert_eq!(
        seen(&workspace, &[]),
        format!("    \nhttp://proxy.example:1 own {bundle} {bundle} {bundle}\ncertificates\n")
    );
    assert!(!super::listing(&super::unpacked(&workspace)).contains(&"run".to_owned()));
}

#[test]
fn a_command_that_takes_too_long_is_stopped_with_all_that_it_began() {
    let Some(workspace) = with_shell(
        "
  - run: trap '' TERM; sleep 600 & sleep 600
    mounts: [{cache: c, target: /c}]
defaults: {timeout: 1s}
",
    ) else {
        return;
    };
    let failed = workspace.build(&["-o", "oci:out"]).expect(3);
    assert!(
        failed.stderr.contains("the timeout was reached"),
        "{}",
        failed.stderr
    );
    // The cache is free again.
    super::rewrite(
        &workspace,
        "  - run: touch /seen\n    mounts: [{cache: c, target: /c}]\n",
    );
    assert_eq!(seen(&workspace, &[]), "");
}
