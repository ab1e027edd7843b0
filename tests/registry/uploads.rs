//! What is sent: blobs in one request, mounts, manifests.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use onelayer::digest::Digest;
use onelayer::transport::{ManifestName, Mount, RegistryError, Session};

use crate::support::nasty::noise;
use crate::support::server::{Reply, Request, Server};

use super::{Heard, OCI_MANIFEST, access, anonymous, asked, expect_error, open, refusal, tag};

fn upload(server: &Server, session: Option<Session>, bytes: &[u8]) -> Result<(), RegistryError> {
    let mut open = || Ok(Box::new(io::Cursor::new(bytes.to_vec())) as Box<dyn Read>);
    let size = bytes.len() as u64;
    anonymous(server).upload(&Digest::of(bytes), size, session, &mut open)
}

fn accepted(location: &str) -> Reply {
    Reply::status(202).with("location", location)
}

/// The bodies of all PUT.
fn put(server: &Server) -> Vec<Request> {
    (server.asked().into_iter())
        .filter(|request| request.method == "PUT")
        .collect()
}

#[test]
fn a_blob_is_sent_in_one_request() {
    let body = noise(3_000_000);
    let server = Server::new(|request, _| match &*request.method {
        "POST" => accepted("/v2/team/app/blobs/uploads/id?_state=a%3Db%2F"),
        _ => Reply::status(201),
    });
    let heard = Heard::default();
    let registry = open(server.address(), &access(), heard.watch());
    let digest = Digest::of(&body);
    let bytes = body.clone();
    registry
        .upload(&digest, 3_000_000, None, &mut || {
            Ok(Box::new(io::Cursor::new(bytes.clone())))
        })
        .unwrap();
    let hex = digest.hex();
    assert_eq!(
        asked(&server),
        [
            "POST /v2/team/app/blobs/uploads/".to_owned(),
            format!("PUT /v2/team/app/blobs/uploads/id?_state=a%3Db%2F&digest=sha256%3A{hex}"),
        ]
    );
    let requests = server.asked();
    assert_eq!(requests[0].header("content-length"), Some("0"));
    assert_eq!(requests[1].header("content-length"), Some("3000000"));
    assert_eq!(
        requests[1].header("content-type"),
        Some("application/octet-stream")
    );
    assert!(requests[1].header("transfer-encoding").is_none());
    assert!(requests[1].body == body);
    assert_eq!(heard.all().last().unwrap(), "pushed 3000000 of 3000000");
    // An empty one too.
    assert!(upload(&server, None, b"").is_ok());
}

#[test]
fn a_session_may_be_on_another_host() {
    let storage = Server::new(|_, _| Reply::status(201));
    let to = storage.url("/up/id");
    let server = Server::new(move |_, _| accepted(&to));
    upload(&server, None, b"bytes").unwrap();
    assert_eq!(put(&storage)[0].body, b"bytes");
    let digest = Digest::of(b"bytes").hex();
    assert_eq!(
        put(&storage)[0].target,
        format!("/up/id?digest=sha256%3A{digest}")
    );
    let server = Server::new(|_, _| accepted("id"));
    expect_error(upload(&server, None, b"x"), &["202 is no answer"]);
    assert!(
        put(&server)[0]
            .target
            .starts_with("/v2/team/app/blobs/uploads/id?digest=")
    );
    for (location, part) in [
        ("http://me:word@127.0.0.1/x", "credentials"),
        ("gopher://x", "neither https nor http"),
    ] {
        let server = Server::new(move |_, _| accepted(location));
        expect_error(upload(&server, None, b"x"), &[part]);
    }
    let server = Server::new(|_, _| Reply::status(202));
    expect_error(upload(&server, None, b"x"), &["202 without `Location`"]);
}

#[test]
fn what_failed_is_sent_again_from_the_start() {
    let body = noise(200_000);
    let server = Server::new(|request, before| match (&*request.method, before) {
        ("POST", 0) => Reply::status(503),
        ("POST", _) => accepted(&format!("/up/{before}")),
        ("PUT", 2) => refusal(500, "UNKNOWN", "disk"),
        _ => Reply::status(201),
    });
    upload(&server, None, &body).unwrap();
    let sent: Vec<String> = put(&server)
        .into_iter()
        .map(|request| request.target)
        .collect();
    assert!(sent.len() == 2 && sent[0].starts_with("/up/1?") && sent[1].starts_with("/up/3?"));
    assert!(put(&server)[1].body == body);
    // A session that has gone is replaced.
    let server = Server::new(|request, before| match (&*request.method, before) {
        ("POST", _) => accepted("/up/x"),
        ("PUT", 1) => refusal(404, "BLOB_UPLOAD_UNKNOWN", "gone"),
        _ => Reply::status(201),
    });
    upload(&server, None, &body).unwrap();
    assert_eq!(put(&server).len(), 2);
}

#[test]
fn what_the_registry_does_not_take_is_told() {
    let answer = |reply: Reply| {
        Server::new(move |request, _| match &*request.method {
            "POST" => accepted("/up"),
            _ => reply.clone(),
        })
    };
    let server = answer(refusal(
        400,
        "DIGEST_INVALID",
        "provided digest did not match",
    ));
    let error = expect_error(
        upload(&server, None, b"x"),
        &["answered 400", "(DIGEST_INVALID)"],
    );
    assert!(!error.to_string().contains("tried"), "{error}");
    expect_error(
        upload(&answer(Reply::status(413)), None, b"x"),
        &["413", "split the layer"],
    );
    let other = Digest::of(b"y").to_string();
    let lie = Reply::status(201).with("docker-content-digest", &other);
    expect_error(
        upload(&answer(lie), None, b"x"),
        &["the blob", "does not match", &other],
    );
}

#[test]
fn a_large_blob_is_not_sent_to_who_refuses_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let refusing = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let answer = "HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(answer.as_bytes()).unwrap();
        // Then it goes, as most do.
        let patience = Some(Duration::from_millis(500));
        stream.set_read_timeout(patience).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        (String::from_utf8(head).unwrap(), rest.len())
    });
    let to = format!("http://{at}/up");
    let server = Server::new(move |_, _| accepted(&to));
    let error = upload(&server, None, &noise(30_000_000));
    expect_error(error, &["answered 413", "split the layer"]);
    let (head, sent) = refusing.join().unwrap();
    assert!(
        head.to_lowercase().contains("expect: 100-continue"),
        "{head}"
    );
    assert_eq!(sent, 0);
}

#[test]
fn a_source_with_other_bytes_is_found_out() {
    let server = Server::new(|request, _| match &*request.method {
        "POST" => accepted("/up"),
        _ => Reply::status(201),
    });
    let registry = anonymous(&server);
    for size in [4, 6] {
        let sent = registry.upload(&Digest::of(b"bytes"), size, None, &mut || {
            Ok(Box::new(&b"bytes"[..]))
        });
        expect_error(sent, &["cannot read blob", &format!("the {size} bytes")]);
    }
    let sent = registry.upload(&Digest::of(b"x"), 1, None, &mut || {
        Err(io::Error::from(io::ErrorKind::NotFound))
    });
    let error = expect_error(sent, &["cannot read blob"]);
    assert!(matches!(error, RegistryError::Source { .. }));
}

#[test]
fn a_blob_is_mounted_or_goes_into_the_session_that_came() {
    let digest = Digest::of(b"x");
    let server = Server::new(|_, _| Reply::status(201));
    let mounted = anonymous(&server).mount(&digest, "other/base").unwrap();
    assert!(matches!(mounted, Mount::Mounted));
    let target = format!(
        "POST /v2/team/app/blobs/uploads/?mount=sha256%3A{}&from=other%2Fbase",
        digest.hex()
    );
    assert_eq!(asked(&server), [target]);
    let server = Server::new(|request, _| match &*request.method {
        "POST" => accepted("/up/7"),
        _ => Reply::status(201),
    });
    let Ok(Mount::Send(session)) = anonymous(&server).mount(&digest, "other/base") else {
        panic!("nothing to send");
    };
    upload(&server, session, b"x").unwrap();
    assert_eq!(server.asked().len(), 2);
    assert!(put(&server)[0].target.starts_with("/up/7?"));
    // Who may not read there sends.
    let server = Server::new(|_, _| refusal(403, "DENIED", "no"));
    let mounted = anonymous(&server).mount(&digest, "other/base");
    assert!(matches!(mounted, Ok(Mount::Send(None))));
}

#[test]
fn a_blob_that_is_there_is_seen() {
    let there = Digest::of(b"there");
    let server = Server::new(
        move |request, _| match request.target.contains(&there.hex()) {
            true => Reply::status(200),
            false => Reply::status(404),
        },
    );
    let registry = anonymous(&server);
    assert!(registry.has_blob(&there).unwrap());
    assert!(!registry.has_blob(&Digest::of(b"not")).unwrap());
    assert!(
        server
            .asked()
            .iter()
            .all(|request| request.method == "HEAD")
    );
}

#[test]
fn a_manifest_is_put_by_tag_or_digest() {
    let document = b"{\"schemaVersion\": 2}";
    let digest = Digest::of(document);
    let server = Server::new(move |_, _| {
        Reply::status(201).with("docker-content-digest", &digest.to_string())
    });
    let registry = anonymous(&server);
    for name in [tag("v1"), ManifestName::Digest(digest)] {
        let put = registry
            .put_manifest(&name, OCI_MANIFEST, document)
            .unwrap();
        assert_eq!(put, digest);
    }
    let request = server.asked().remove(0);
    assert_eq!(
        (&*request.method, &*request.target),
        ("PUT", "/v2/team/app/manifests/v1")
    );
    assert_eq!(request.header("content-type"), Some(OCI_MANIFEST));
    assert_eq!(request.body, document);
    let other = ManifestName::Digest(Digest::of(b"other"));
    let put = registry.put_manifest(&other, OCI_MANIFEST, document);
    expect_error(put, &["does not match its digest"]);
    assert_eq!(server.asked().len(), 2);
    // The registry has made another one of it.
    let put = registry.put_manifest(&tag("v2"), OCI_MANIFEST, b"{}");
    expect_error(
        put,
        &["the manifest", "does not match", &digest.to_string()],
    );
    let server = Server::new(|_, _| refusal(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown"));
    let put = anonymous(&server).put_manifest(&tag("v"), OCI_MANIFEST, b"{}");
    expect_error(put, &["answered 400: blob unknown (MANIFEST_BLOB_UNKNOWN)"]);
}
