//! Files from the network: that they come, from where, and what servers may not do.

mod connection;
mod pieces;
mod progress;
mod replies;
mod store;

use std::fs;

use super::images::look;
use super::privilege::as_nobody;
use super::support::nasty::noise;
use super::support::server::Server;
use super::support::workspace::{Outcome, Workspace, require_root, require_tool, sum};

pub(crate) fn recipe(url: &str, body: &[u8], rest: &str) -> String {
    let digest = sum("sha256sum", body);
    format!(
        "name: x\nbase: scratch\nsteps:\n  - fetch: {url}\n    sha256: {digest}\n    to: /file\n{rest}"
    )
}

pub(crate) fn build(server: &Server, body: &[u8]) -> (Workspace, Outcome) {
    let workspace = Workspace::with(&recipe(&server.url("/f"), body, ""));
    let outcome = workspace.build(&["-o", "oci:out"]);
    (workspace, outcome)
}

/// Fails unless the image is the one that holds `body` alone.
#[track_caller]
pub(crate) fn expect_file(built: (Workspace, Outcome), body: &[u8]) {
    let (workspace, outcome) = built;
    outcome.expect(0);
    if require_root() && require_tool("umoci") {
        let root = workspace.unpack("out", "latest");
        assert!(fs::read(root.join("file")).unwrap() == body);
    }
}

#[track_caller]
pub(crate) fn expect_told(outcome: Outcome, parts: &[&str]) {
    let told = outcome.expect(3);
    assert_eq!(told.stdout, "");
    for part in parts {
        assert!(told.stderr.contains(part), "no `{part}`:\n{}", told.stderr);
    }
}

#[test]
fn a_file_gets_its_name_owner_and_mode() {
    if !require_root() || !require_tool("umoci") {
        return;
    }
    let body = noise(200_000);
    let server = Server::with(&body);
    let (sha256, sha512) = (sum("sha256sum", &body), sum("sha512sum", &body));
    let text = format!(
        "
name: x
base: scratch
steps:
  - directory: /real
  - link: /alias
    target: real
  - fetch: {}
    sha256: {sha256}
    to: /usr/bin/tool
    owner: '7:8'
    mode: '0755'
  - fetch: {}
    sha512: {sha512}
    to: /alias/
    mode: u+x
  - fetch: {}
    sha512: SHA512:
    to: /plain
",
        server.url("/x"),
        server.url("/some/tool%201.bin?raw=1"),
        server.url("/y"),
    );
    let text = text.replace(
        "SHA512:",
        &format!("{{linux/{}: {sha512}}}", architecture()),
    );
    let workspace = Workspace::with(&text);
    let built = workspace.build(&["-o", "oci:out"]).expect(0);
    assert!(!built.stderr.contains("warning"), "{}", built.stderr);
    let root = workspace.unpack("out", "latest");
    for (path, expected) in [
        ("usr/bin/tool", "f 0755 7:8"),
        ("real/tool 1.bin", "f 0744 0:0"),
        ("plain", "f 0644 0:0"),
        ("alias", "-> real 0:0"),
    ] {
        assert_eq!(look(&root, path), expected, "{path}");
    }
    for path in ["usr/bin/tool", "real/tool 1.bin", "plain"] {
        assert!(fs::read(root.join(path)).unwrap() == body, "{path}");
    }
    // SHA-256 and SHA-512 are kept apart; the same file is asked for once by each.
    let asked: Vec<String> = server
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(asked, ["/x", "/some/tool%201.bin?raw=1"]);
    let agent = server.asked()[0].header("user-agent").unwrap().to_owned();
    assert!(agent.starts_with("onelayer/"), "{agent}");
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[test]
fn an_ordinary_user_fetches_the_same_image() {
    if !require_root() || !require_tool("setpriv") {
        return;
    }
    let body = noise(1000);
    let server = Server::with(&body);
    let recipe = recipe(
        &server.url("/f"),
        &body,
        "    owner: '7:8'\n    mode: '4755'\n",
    );
    let workspace = Workspace::with(&recipe);
    let own = as_nobody(&workspace, &["build", "context", "-o", "oci:own"]).digest();
    let root = Workspace::with(&recipe).build(&["-o", "oci:out"]);
    assert_eq!(own, root.digest());
}

#[test]
fn an_address_without_a_name_is_told_before_it_is_asked() {
    let server = Server::with(b"x");
    for path in ["/", "/folder/", "/%2e%2e", "/a%2fb"] {
        let text = recipe(&server.url(path), b"x", "").replace("to: /file", "to: /folder/");
        let outcome = Workspace::with(&text).build(&["-o", "oci:out"]);
        expect_told(
            outcome,
            &[
                "does not end in a name for the file",
                "help: name the file in `to`",
            ],
        );
    }
    assert_eq!(server.asked().len(), 0);
}
