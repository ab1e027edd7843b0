//! Manifests as they come: what they may be, and what registries may say of them.

use onelayer::digest::Digest;
use onelayer::transport::{ManifestName, RegistryError};

use crate::support::server::{Reply, Server};

use super::{
    OCI_MANIFEST, QUIET, access, anonymous, asked, expect_error, manifest, open, refusal, tag,
};

const DOCUMENT: &[u8] = br#"{"schemaVersion":2}"#;

/// What comes of an answer to everything.
#[track_caller]
fn refused(reply: Reply, parts: &[&str]) -> RegistryError {
    let server = Server::new(move |_, _| reply.clone());
    expect_error(anonymous(&server).manifest(&tag("latest")), parts)
}

#[test]
fn a_manifest_comes_by_tag_and_by_digest() {
    let server = Server::new(|_, _| manifest(DOCUMENT));
    let registry = anonymous(&server);
    let digest = Digest::of(DOCUMENT);
    for name in [tag("latest"), ManifestName::Digest(digest)] {
        let fetched = registry.manifest(&name).unwrap();
        assert_eq!(
            (&*fetched.bytes, &*fetched.media_type, fetched.digest),
            (DOCUMENT, OCI_MANIFEST, digest)
        );
    }
    assert_eq!(
        asked(&server),
        [
            "GET /v2/team/app/manifests/latest".to_owned(),
            format!("GET /v2/team/app/manifests/{digest}"),
        ]
    );
    let request = server.asked().remove(0);
    assert!(request.header("authorization").is_none());
    let accepted = request.header("accept").unwrap();
    for kind in [
        "oci.image.manifest.v1",
        "oci.image.index.v1",
        "manifest.v2",
        "manifest.list.v2",
    ] {
        assert!(accepted.contains(kind), "{accepted}");
    }
}

#[test]
fn a_media_type_may_have_parameters() {
    let kind = "application/vnd.docker.distribution.manifest.list.v2+JSON; charset=utf-8";
    let server = Server::new(move |_, _| Reply::file(DOCUMENT).with("content-type", kind));
    let fetched = anonymous(&server).manifest(&tag("latest")).unwrap();
    assert_eq!(
        fetched.media_type,
        kind.split(';').next().unwrap().to_lowercase()
    );
}

#[test]
fn other_media_types_are_refused_by_name() {
    let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    refused(
        Reply::file(DOCUMENT).with("content-type", old),
        &[old, "schema 2"],
    );
    refused(
        Reply::file(DOCUMENT).with("content-type", "text/html"),
        &["`text/html`"],
    );
    refused(Reply::file(DOCUMENT), &["`none`"]);
}

#[test]
fn digests_are_computed_and_believed_to_nobody() {
    let other = Digest::of(b"other");
    let lie = Reply::file(DOCUMENT)
        .with("content-type", OCI_MANIFEST)
        .with("docker-content-digest", &other.to_string());
    let found = Digest::of(DOCUMENT).to_string();
    refused(lie.clone(), &["the manifest", &other.to_string(), &found]);
    // A lie that agrees with what was asked for.
    let server = Server::new(move |_, _| lie.clone());
    let wanted = anonymous(&server).manifest(&ManifestName::Digest(other));
    expect_error(wanted, &["does not match its digest", &found]);
    let wrong = Reply::file(DOCUMENT)
        .with("content-type", OCI_MANIFEST)
        .with("docker-content-digest", "sha256:../../x");
    refused(wrong, &["`Docker-Content-Digest` is no digest"]);
    // One that cannot be computed here says nothing.
    let sha512 = format!("sha512:{}", "0".repeat(128));
    let server = Server::new(move |_, _| {
        Reply::file(DOCUMENT)
            .with("content-type", OCI_MANIFEST)
            .with("docker-content-digest", &sha512)
    });
    assert!(anonymous(&server).manifest(&tag("latest")).is_ok());
}

#[test]
fn a_tag_that_moves_is_one_image_or_the_other() {
    let (first, second) = (b"{\"first\": 1}", b"{\"second\": 2}");
    let server = Server::new(move |_, before| match before {
        0 => manifest(first),
        _ => manifest(second),
    });
    let registry = anonymous(&server);
    let old = registry.manifest(&tag("latest")).unwrap();
    let new = registry.manifest(&tag("latest")).unwrap();
    assert_eq!((old.digest, &*old.bytes), (Digest::of(first), &first[..]));
    assert_eq!((new.digest, &*new.bytes), (Digest::of(second), &second[..]));
    // By its digest the old one comes, or nothing.
    let again = registry.manifest(&ManifestName::Digest(old.digest));
    expect_error(again, &["does not match its digest"]);
}

#[test]
fn documents_have_a_largest_size() {
    let limit = "larger than 4194304 bytes";
    let big = vec![b' '; 5 << 20];
    refused(
        Reply::file(&big).with("content-type", OCI_MANIFEST),
        &[limit],
    );
    // Without end, as far as anybody who reads it can tell.
    let endless = Reply {
        chunked: true,
        ..Reply::file(&big).with("content-type", OCI_MANIFEST)
    };
    refused(endless, &[limit]);
    let most = vec![b' '; 4 << 20];
    let server = Server::new(move |_, _| manifest(&most));
    let fetched = anonymous(&server).manifest(&tag("latest")).unwrap();
    assert_eq!(fetched.bytes.len(), 4 << 20);
}

#[test]
fn what_is_not_there_is_named_with_what_the_registry_says() {
    let told = refusal(404, "MANIFEST_UNKNOWN", "no\u{1b}[31m\nsuch manifest");
    let error = refused(
        told,
        &[
            "/team/app` has no manifest `latest`",
            "no\\u{1b}[31m such manifest (MANIFEST_UNKNOWN)",
        ],
    );
    assert!(matches!(error, RegistryError::Missing { .. }));
    refused(
        Reply::file(b"<html>").with("content-type", "text/html"),
        &["`text/html`"],
    );
    refused(Reply::status(204), &["204"]);
    refused(Reply::status(418), &["answered 418"]);
}

#[test]
fn a_registry_in_trouble_is_asked_again() {
    let server = Server::new(|_, before| match before {
        0 => refusal(503, "UNAVAILABLE", "soon"),
        1 => Reply::status(429).with("retry-after", "3600"),
        _ => manifest(DOCUMENT),
    });
    assert!(anonymous(&server).manifest(&tag("latest")).is_ok());
    assert_eq!(server.asked().len(), 3);
    let error = refused(
        refusal(503, "UNAVAILABLE", "maintenance"),
        &[
            "answered 503, tried 3 times: maintenance (UNAVAILABLE)",
            "later",
        ],
    );
    assert!(matches!(error, RegistryError::Status { status: 503, .. }));
    // A cut in the middle of a manifest.
    let server = Server::new(|_, before| Reply {
        cut: (before == 0).then_some(3),
        ..manifest(DOCUMENT)
    });
    assert!(anonymous(&server).manifest(&tag("latest")).is_ok());
}

#[test]
fn nobody_at_home_is_told_with_the_address() {
    for (was_there, attempts) in [(false, 3), (true, 5)] {
        let server = Server::new(|_, _| manifest(DOCUMENT));
        let mut access = access();
        access.retry.attempts = 5;
        let registry = open(server.address(), &access, QUIET);
        let url = format!("http://{}/v2/team/app/manifests/latest", server.address());
        // Who has answered before may come back.
        if was_there {
            registry.manifest(&tag("latest")).unwrap();
        }
        drop(server);
        let tried = format!("tried {attempts} times");
        let error = expect_error(registry.manifest(&tag("latest")), &[&url, &tried]);
        let RegistryError::Transfer { attempts: made, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(made, attempts);
    }
}

#[test]
fn what_is_no_tag_is_not_asked_for() {
    let server = Server::new(|_, _| manifest(DOCUMENT));
    for wrong in ["../../x", "a b", "", "a/b", "a?x=y", "\u{1b}[31m"] {
        expect_error(anonymous(&server).manifest(&tag(wrong)), &["is not a tag"]);
    }
    assert_eq!(asked(&server), Vec::<String>::new());
}
