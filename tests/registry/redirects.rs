//! Where answers may lead, and who may come along.

use std::io::Read;
use std::sync::Arc;

use onelayer::digest::Digest;
use onelayer::transport::{Access, RegistryError};

use crate::support::nasty::noise;
use crate::support::require_tool;
use crate::support::server::{Authority, Reply, Server};

use super::credentials::{auth_file, challenge};
use super::{Heard, QUIET, access, anonymous, asked, expect_error, layer, open, tag};

#[test]
fn storage_elsewhere_gets_no_credentials() {
    let body = noise(100_000);
    let storage = Server::with(&body);
    let to = storage.url("/bucket/x?X-Signature=secret&y=%2F");
    let server = Server::new(move |request, _| match request.header("authorization") {
        None => challenge("Basic realm=x"),
        Some(_) => Reply {
            status: 307,
            ..Reply::redirect(&to)
        },
    });
    let folder = tempfile::tempdir().unwrap();
    let access = Access {
        authfile: Some(auth_file(
            folder.path(),
            server.address(),
            "me",
            "secret word",
        )),
        ..access()
    };
    let registry = open(server.address(), &access, QUIET);
    let mut bytes = Vec::new();
    let mut blob = registry.blob(&layer(&body)).unwrap();
    blob.read_to_end(&mut bytes).unwrap();
    assert!(bytes == body);
    assert_eq!(asked(&storage), ["GET /bucket/x?X-Signature=secret&y=%2F"]);
    assert!(storage.asked()[0].header("authorization").is_none());
    // To itself the registry may lead with them: it sees them anyway.
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_registry_elsewhere_that_speaks_no_tls_needs_leave() {
    let proxy = Server::new(|request, _| match &*request.method {
        "CONNECT" => Reply::status(200),
        _ => super::manifest(b"{}"),
    });
    let proxies = ["http_proxy", "https_proxy"].map(|name| (name.to_owned(), proxy.url("")));
    let folder = tempfile::tempdir().unwrap();
    let careful = Access {
        proxies: proxies.to_vec(),
        authfile: Some(auth_file(
            folder.path(),
            "registry.invalid:5000",
            "me",
            "right",
        )),
        ..access()
    };
    let registry = open("registry.invalid:5000", &careful, QUIET);
    expect_error(
        registry.manifest(&tag("x")),
        &["https://registry.invalid:5000"],
    );
    let is_tunnel = |line: &String| line == "CONNECT registry.invalid:5000";
    assert!(asked(&proxy).iter().all(is_tunnel), "{:?}", asked(&proxy));
    let allowed = Access {
        plain_http: true,
        ..careful
    };
    let server =
        Server::new(
            |request, _| match (&*request.method, request.header("authorization")) {
                ("CONNECT", _) => Reply::status(200),
                (_, None) => challenge("Basic realm=x"),
                _ => super::manifest(b"{}"),
            },
        );
    let proxies = ["http_proxy", "https_proxy"].map(|name| (name.to_owned(), server.url("")));
    let allowed = Access {
        proxies: proxies.to_vec(),
        ..allowed
    };
    let heard = Heard::default();
    let registry = open("registry.invalid:5000", &allowed, heard.watch());
    assert!(registry.manifest(&tag("x")).is_ok());
    let warning = "credentials for `registry.invalid:5000` are sent without encryption";
    assert_eq!(heard.all(), [warning]);
}

#[test]
fn proxies_are_for_other_machines() {
    let dead = "http://127.0.0.1:1".to_owned();
    let server = Server::new(|_, _| super::manifest(b"{}"));
    let proxies = ["http_proxy", "https_proxy"].map(|name| (name.to_owned(), dead.clone()));
    let access = Access {
        proxies: proxies.to_vec(),
        ..access()
    };
    let registry = open(server.address(), &access, QUIET);
    assert!(registry.manifest(&tag("x")).is_ok());
    // This one stands for all others.
    let proxy = Server::new(|request, _| match &*request.method {
        "CONNECT" => Reply::status(200),
        _ => super::manifest(b"{}"),
    });
    let access = Access {
        plain_http: true,
        proxies: vec![("http_proxy".to_owned(), proxy.url(""))],
        ..access
    };
    let registry = open("registry.invalid", &access, QUIET);
    assert!(registry.manifest(&tag("x")).is_ok());
    let target = "GET http://registry.invalid/v2/team/app/manifests/x";
    assert!(
        asked(&proxy)
            .iter()
            .any(|line| line == target || line.ends_with("registry.invalid:80")),
        "{:?}",
        asked(&proxy)
    );
}

#[test]
fn a_refusal_of_the_storage_is_its_own() {
    let storage = Server::new(|_, _| challenge("Basic realm=\"give me\""));
    let to = storage.url("/x?signature=secret");
    let server = Server::new(move |_, _| Reply::redirect(&to));
    let error = expect_error(
        anonymous(&server).blob(&layer(b"x")),
        &["answered 401", "/x`"],
    );
    assert!(!error.to_string().contains("secret"), "{error}");
    assert_eq!(storage.asked().len(), 1);
}

#[test]
fn encryption_is_not_given_up_on_the_way() {
    if !require_tool("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    let plain = Server::with(b"x");
    let to = plain.url("/x?secret");
    let server = Server::encrypted(&authority, move |_, _| Reply::redirect(&to));
    let access = Access {
        ca_bundle: Some(authority.file("ca.pem")),
        // Of no use here: TLS is spoken.
        plain_http: true,
        ..access()
    };
    let registry = open(server.address(), &access, QUIET);
    let blob = registry.blob(&layer(b"x"));
    let error = expect_error(blob, &["which is not encrypted", &plain.url("/x`")]);
    assert!(matches!(error, RegistryError::Downgrade { .. }));
    assert_eq!(asked(&plain), Vec::<String>::new());
}

#[test]
fn an_unknown_authority_is_refused_and_a_named_one_trusted() {
    if !require_tool("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    let server = Server::encrypted(&authority, |_, _| super::manifest(b"{}"));
    // Not even on this machine is http tried in its place.
    let registry = open(server.address(), &access(), QUIET);
    let error = expect_error(registry.manifest(&tag("x")), &["https://", "`--ca-bundle`"]);
    assert!(matches!(error, RegistryError::Tls { .. }));
    let access = Access {
        ca_bundle: Some(authority.file("ca.pem")),
        ..access()
    };
    let registry = open(server.address(), &access, QUIET);
    assert!(registry.manifest(&tag("x")).is_ok());
}

#[test]
fn places_that_are_none_are_refused() {
    for (location, part) in [
        ("http://me:word@127.0.0.1:1/x", "it has credentials in it"),
        ("ftp://127.0.0.1/x", "neither https nor http"),
        ("//", "leads to"),
    ] {
        let server = Server::new(move |_, _| Reply::redirect(location));
        let error = expect_error(anonymous(&server).manifest(&tag("x")), &[part]);
        assert!(!error.to_string().contains("word"), "{error}");
    }
    let server = Server::new(|_, _| Reply::status(302));
    expect_error(
        anonymous(&server).manifest(&tag("x")),
        &["302 without `Location`"],
    );
}

#[test]
fn a_circle_ends() {
    let server = Server::new(|_, _| Reply::redirect("/again?a=b"));
    let blob = anonymous(&server).blob(&layer(b"x"));
    expect_error(blob, &["leads on more than 10 times"]);
    assert_eq!(server.asked().len(), 11);
}

#[test]
fn what_is_sent_does_not_go_elsewhere() {
    let elsewhere = Arc::new(Server::new(|_, _| Reply::status(201)));
    let to = elsewhere.url("/x");
    let server = Server::new(move |_, _| Reply {
        status: 307,
        ..Reply::redirect(&to)
    });
    let registry = anonymous(&server);
    let put = registry.put_manifest(&tag("x"), super::OCI_MANIFEST, b"{}");
    expect_error(put, &["goes to the registry only"]);
    let upload = registry.upload(&Digest::of(b"x"), 1, None, &mut || Ok(Box::new(&b"x"[..])));
    expect_error(upload, &["goes to the registry only"]);
    assert_eq!(asked(&elsewhere), Vec::<String>::new());
}
