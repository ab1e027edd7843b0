//! The connection: whose certificate is trusted, that encryption stays, and proxies.

use super::{expect_told, recipe};
use crate::support::nasty::noise;
use crate::support::server::{Authority, Reply, Server};
use crate::support::workspace::{Workspace, require_tool, run};

#[test]
fn an_unknown_authority_is_refused_and_a_named_one_trusted() {
    if !require_tool("openssl") {
        return;
    }
    let workspace = Workspace::new();
    let authority = Authority::new(&workspace.path("authority"));
    let body = noise(100_000);
    let whole = body.clone();
    let server = Server::encrypted(&authority, move |_, _| Reply::file(&whole));
    let url = format!("https://{}/f", server.address());
    workspace.write("recipe.yaml", &recipe(&url, &body, ""));
    let outcome = workspace.build(&["-o", "oci:out"]);
    expect_told(
        outcome,
        &[&format!("cannot fetch `{url}`"), "UnknownIssuer"],
    );

    let bundle = authority.file("ca.pem");
    let options = ["-o", "oci:out", "--ca-bundle", bundle.to_str().unwrap()];
    workspace.build(&options).expect(0);
    // A name that the certificate does not have.
    let other = Workspace::with(&recipe(&url.replace("127.0.0.1", "127.0.0.2"), &body, ""));
    other.build(&options).expect(3);
    // A bundle without certificates.
    let key = authority.file("ca.key");
    let other = Workspace::with(&recipe(&url, &body, ""));
    let outcome = other.build(&["-o", "oci:out", "--ca-bundle", key.to_str().unwrap()]);
    expect_told(outcome, &["cannot read certificates from", "ca.key"]);
}

#[test]
fn encryption_is_not_given_up_on_the_way() {
    if !require_tool("openssl") {
        return;
    }
    let body = noise(1000);
    let plain = Server::with(&body);
    let to = plain.url("/f");
    let workspace = Workspace::new();
    let authority = Authority::new(&workspace.path("authority"));
    let server = Server::encrypted(&authority, move |_, _| Reply::redirect(&to));
    let url = format!("https://{}/f", server.address());
    workspace.write("recipe.yaml", &recipe(&url, &body, ""));
    let bundle = authority.file("ca.pem");
    let bundle = ["-o", "oci:out", "--ca-bundle", bundle.to_str().unwrap()];
    expect_told(workspace.build(&bundle), &["which is not encrypted"]);
    assert_eq!(plain.asked().len(), 0);
    // The other way round is fine.
    let whole = body.clone();
    let server = Server::encrypted(&authority, move |_, _| Reply::file(&whole));
    let to = format!("https://{}/f", server.address());
    let plain = Server::new(move |_, _| Reply::redirect(&to));
    workspace.write("recipe.yaml", &recipe(&plain.url("/f"), &body, ""));
    workspace.build(&bundle).expect(0);
}

#[test]
fn a_proxy_is_used_as_the_caller_says() {
    let body = noise(1000);
    let proxy = Server::with(&body);
    let workspace = Workspace::with(&recipe("http://files.invalid/f", &body, ""));
    let mut command = workspace.command(&["build", "context", "-o", "oci:out"]);
    run(command.env("http_proxy", proxy.url(""))).expect(0);
    let asked: Vec<String> = (proxy.asked().into_iter())
        .map(|asked| format!("{} {}", asked.method, asked.target))
        .collect();
    assert_eq!(asked, ["CONNECT files.invalid:80", "GET /f"]);

    // Hosts that need none.
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let mut command = workspace.command(&["build", "context", "-o", "oci:out"]);
    command
        .env("http_proxy", proxy.url(""))
        .env("no_proxy", "127.0.0.1");
    run(&mut command).expect(0);
    assert_eq!((proxy.asked().len(), server.asked().len()), (2, 1));

    // Encrypted connections are passed through, not read.
    let workspace = Workspace::with(&recipe("https://files.invalid/f", &body, ""));
    let refusing = Server::new(|_, _| Reply::status(403));
    let mut command = workspace.command(&["build", "context", "-o", "oci:out"]);
    command.env("HTTPS_PROXY", refusing.url(""));
    run(&mut command).expect(3);
    assert!(
        refusing
            .asked()
            .iter()
            .all(|asked| asked.method == "CONNECT")
    );
    assert!(!refusing.asked().is_empty());
}
