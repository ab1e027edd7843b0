//! Tokens: where they are fetched, with what, how long they are kept, and where they do not go.

use std::sync::Arc;

use onelayer::digest::Digest;
use onelayer::transport::{Access, Mount, RegistryError};

use crate::support::require_tool;
use crate::support::server::{Authority, Reply, Request, Server};

use super::credentials::{auth_file, basic, challenge, written};
use super::{QUIET, access, anonymous, asked, expect_error, manifest, open, refusal, tag, whole};

/// A token server that gives `give(request, how many before)`.
fn issuer(give: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Arc<Server> {
    Arc::new(Server::new(give))
}

fn token(value: &str) -> Reply {
    Reply::file(
        serde_json::json!({"token": value, "expires_in": 300})
            .to_string()
            .as_bytes(),
    )
}

/// A registry that sends to `realm` unless it sees a token that `accepts`.
fn registry(
    realm: &str,
    accepts: impl Fn(&Request, &str) -> bool + Send + Sync + 'static,
) -> Server {
    let header = format!(
        "Bearer realm=\"{realm}\",service=\"reg\",scope=\"repository:team/app:pull\",error=\"x\""
    );
    Server::new(move |request, _| {
        let sent = request.header("authorization").unwrap_or_default();
        match sent.strip_prefix("Bearer ") {
            Some(token) if accepts(request, token) => match &*request.method {
                "POST" => Reply::status(202).with("location", "/v2/team/app/blobs/uploads/1"),
                "HEAD" => Reply::status(404),
                "PUT" => Reply::status(201),
                _ => manifest(b"{}"),
            },
            _ => challenge(&header),
        }
    })
}

#[test]
fn a_token_is_fetched_once_and_kept_by_what_it_allows() {
    let issuer = issuer(|request, _| token(&format!("t-{}", request.target.contains("push"))));
    let server = registry(&issuer.url("/token?a=b"), |request, token| {
        token
            == if request.method == "GET" {
                "t-false"
            } else {
                "t-true"
            }
    });
    let registry = anonymous(&server);
    assert!(registry.manifest(&tag("a")).is_ok());
    assert!(registry.manifest(&tag("b")).is_ok());
    assert!(!registry.has_blob(&Digest::of(b"x")).unwrap());
    assert!(!registry.has_blob(&Digest::of(b"y")).unwrap());
    assert!(registry.manifest(&tag("c")).is_ok());
    let pull = "/token?a=b&service=reg&scope=repository%3Ateam%2Fapp%3Apull";
    let push = "&scope=repository%3Ateam%2Fapp%3Apull%2Cpush";
    let asked = asked(&issuer);
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], format!("GET {pull}&client_id=onelayer"));
    assert!(asked[1].contains(push), "{asked:?}");
    assert!(issuer.asked()[0].header("authorization").is_none());
    // Two challenges, five answers.
    assert_eq!(server.asked().len(), 7);
}

#[test]
fn a_mount_asks_for_both_repositories() {
    let issuer = issuer(|_, _| token("t"));
    let server = registry(&issuer.url("/token"), |_, token| token == "t");
    let registry_ = anonymous(&server);
    let mounted = registry_.mount(&Digest::of(b"x"), "other/base");
    assert!(matches!(mounted, Ok(Mount::Send(Some(_)))));
    let target = asked(&issuer).remove(0);
    for scope in ["team%2Fapp%3Apull%2Cpush", "other%2Fbase%3Apull&"] {
        assert!(
            target.contains(&format!("scope=repository%3A{scope}")),
            "{target}"
        );
    }
    // What allows both allows to send into the session that came instead.
    let Ok(Mount::Send(session)) = mounted else {
        panic!("nothing to send");
    };
    let mut open = || Ok(Box::new(&b"x"[..]) as Box<dyn std::io::Read>);
    registry_
        .upload(&Digest::of(b"x"), 1, session, &mut open)
        .unwrap();
    assert_eq!((issuer.asked().len(), server.asked().len()), (1, 3));
}

#[test]
fn a_password_goes_to_the_token_server_and_not_to_the_registry() {
    let expected = format!("Basic {}", basic("m&e", "right"));
    let issuer = issuer(move |request, _| match request.header("authorization") {
        Some(found) if found == expected => token("t"),
        _ => Reply {
            status: 401,
            ..Reply::file(br#"{"details": "incorrect username or password"}"#)
        },
    });
    let server = registry(&issuer.url("/token"), |_, token| token == "t");
    let folder = tempfile::tempdir().unwrap();
    let with = |password: &str| Access {
        authfile: Some(auth_file(folder.path(), server.address(), "m&e", password)),
        ..access()
    };
    assert!(
        open(server.address(), &with("right"), QUIET)
            .manifest(&tag("a"))
            .is_ok()
    );
    assert!(asked(&issuer)[0].contains("&account=m%26e"));
    let sent = |request: &Request| request.header("authorization").map(str::to_owned);
    assert_eq!(
        server.asked().iter().filter_map(sent).collect::<Vec<_>>(),
        ["Bearer t"]
    );
    let wrong = open(server.address(), &with("wrong"), QUIET).manifest(&tag("a"));
    let parts = &[
        "does not accept the credentials from `",
        "incorrect username or password",
    ];
    let error = expect_error(wrong, parts);
    assert!(matches!(error, RegistryError::WrongCredentials { .. }));
    assert_eq!(issuer.asked().len(), 2);
}

#[test]
fn an_identity_token_is_exchanged_in_a_form() {
    let issuer = issuer(|request, _| {
        let form = String::from_utf8(request.body.clone()).unwrap();
        match (
            &*request.method,
            form.contains("refresh_token=id%2Ftok%3D&")
                || form.ends_with("refresh_token=id%2Ftok%3D"),
        ) {
            ("POST", true) => Reply::file(br#"{"access_token": "t", "refresh_token": "new"}"#),
            _ => Reply::status(400),
        }
    });
    let server = registry(&issuer.url("/token"), |_, token| token == "t");
    let folder = tempfile::tempdir().unwrap();
    let with = |identity: &str| {
        let entry = serde_json::json!({"auth": basic("me", ""), "identitytoken": identity});
        let auths = serde_json::json!({"auths": {server.address(): entry}});
        Access {
            authfile: Some(written(folder.path(), &auths.to_string())),
            ..access()
        }
    };
    assert!(
        open(server.address(), &with("id/tok="), QUIET)
            .manifest(&tag("a"))
            .is_ok()
    );
    let request = issuer.asked().remove(0);
    assert!(request.header("authorization").is_none());
    let form = String::from_utf8(request.body.clone()).unwrap();
    for part in [
        "grant_type=refresh_token",
        "service=reg",
        "client_id=onelayer",
        "scope=repository%3Ateam%2Fapp%3Apull",
    ] {
        assert!(form.split('&').any(|found| found == part), "{form}");
    }
    let wrong = open(server.address(), &with("old-token"), QUIET).manifest(&tag("a"));
    let error = expect_error(wrong, &["does not accept the credentials"]);
    assert!(!format!("{} {error:?}", whole(&error)).contains("old-token"));
}

#[test]
fn a_token_that_is_refused_is_renewed_once() {
    // As after the registry's key was changed: the old one is no longer good.
    let issuer_ = issuer(|_, before| token(&format!("t{before}")));
    let server = registry(&issuer_.url("/token"), |request, token| {
        (request.target.ends_with("/a") && token == "t0") || token == "t1"
    });
    let registry_ = anonymous(&server);
    assert!(registry_.manifest(&tag("a")).is_ok());
    assert!(registry_.manifest(&tag("b")).is_ok());
    assert_eq!(issuer_.asked().len(), 2);
    // One that is never good enough ends it.
    let issuer_ = issuer(|_, _| token("t"));
    let server = registry(&issuer_.url("/token"), |_, _| false);
    let error = expect_error(anonymous(&server).manifest(&tag("a")), &["none were found"]);
    assert!(matches!(error, RegistryError::NoCredentials { .. }));
    assert_eq!((server.asked().len(), issuer_.asked().len()), (2, 1));
    let folder = tempfile::tempdir().unwrap();
    let access = Access {
        authfile: Some(auth_file(folder.path(), server.address(), "me", "right")),
        ..access()
    };
    let denied = open(server.address(), &access, QUIET).manifest(&tag("a"));
    let error = expect_error(denied, &["may not be read with the credentials from"]);
    assert!(matches!(error, RegistryError::Denied { .. }));
}

#[test]
fn a_token_server_in_trouble_is_asked_again() {
    let issuer = issuer(|_, before| match before {
        0 => Reply::status(503),
        1 => Reply::status(429).with("retry-after", "0"),
        _ => token("t"),
    });
    let server = registry(&issuer.url("/token"), |_, token| token == "t");
    assert!(anonymous(&server).manifest(&tag("a")).is_ok());
    assert_eq!(issuer.asked().len(), 3);
}

#[test]
fn what_is_no_token_is_refused() {
    for (reply, part) in [
        (Reply::file(b"<html>"), "not in its form"),
        (Reply::file(br#"{"token": ""}"#), "holds none"),
        (token("a\r\nx: y"), "characters that no token has"),
        (token(&"x".repeat(2 << 20)), "too large"),
        (
            refusal(500, "UNKNOWN", "broken"),
            "answered 500, tried 3 times: broken",
        ),
        (refusal(418, "UNKNOWN", "teapot"), "answered 418"),
        (
            refusal(403, "DENIED", "no pulls"),
            "none were found for it: no pulls (DENIED)",
        ),
    ] {
        let issuer = issuer(move |_, _| reply.clone());
        let server = registry(&issuer.url("/token"), |_, _| true);
        expect_error(anonymous(&server).manifest(&tag("a")), &[part]);
    }
}

#[test]
fn credentials_go_to_no_realm_that_is_not_encrypted() {
    if !require_tool("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    let issuer = issuer(|_, _| token("t"));
    let header = format!("Bearer realm=\"{}\"", issuer.url("/token"));
    let server = Server::encrypted(&authority, move |_, _| challenge(&header));
    let access = Access {
        ca_bundle: Some(authority.file("ca.pem")),
        authfile: Some(auth_file(folder.path(), server.address(), "me", "right")),
        plain_http: true,
        ..access()
    };
    let registry = open(server.address(), &access, QUIET);
    let parts = &["for a token: it is not encrypted", "http://127.0.0.1"];
    expect_error(registry.manifest(&tag("a")), parts);
    assert_eq!(asked(&issuer), Vec::<String>::new());
}

#[test]
fn realms_that_are_none_are_refused() {
    for (realm, part) in [
        ("http://me:hunter22@127.0.0.1/", "it has credentials in it"),
        ("ftp://127.0.0.1/", "neither https nor http"),
        ("", "it is no address"),
        // Another machine, without encryption, for the sake of one that is this one.
        ("http://registry.invalid/token", "it is not encrypted"),
    ] {
        let header = format!("Bearer realm=\"{realm}\"");
        let server = Server::new(move |_, _| challenge(&header));
        let error = expect_error(anonymous(&server).manifest(&tag("a")), &[part]);
        assert!(!error.to_string().contains("hunter22"), "{error}");
    }
}

#[test]
fn a_realm_that_leads_on_takes_no_credentials_along() {
    let thief = issuer(|_, _| token("t"));
    let to = thief.url("/steal");
    let issuer = issuer(move |_, _| Reply::redirect(&to));
    let server = registry(&issuer.url("/token"), |_, token| token == "t");
    let folder = tempfile::tempdir().unwrap();
    let access = Access {
        authfile: Some(auth_file(folder.path(), server.address(), "me", "right")),
        ..access()
    };
    let registry = open(server.address(), &access, QUIET);
    assert!(registry.manifest(&tag("a")).is_ok());
    assert!(issuer.asked()[0].header("authorization").is_some());
    assert!(thief.asked()[0].header("authorization").is_none());
    // A token in a form is not sent on at all.
    let auths = serde_json::json!({"auths": {server.address(): {"identitytoken": "tok"}}});
    let access = Access {
        authfile: Some(written(folder.path(), &auths.to_string())),
        ..access
    };
    let registry = open(server.address(), &access, QUIET);
    expect_error(registry.manifest(&tag("a")), &["goes to the registry only"]);
    assert_eq!(thief.asked().len(), 1);
}
