//! Replies of a server: other bytes, refusals, lengths that are lies, and the way to another place.

use std::time::{Duration, Instant};

use super::{build, expect_file, expect_told};
use crate::command_line::names;
use crate::support::nasty::noise;
use crate::support::server::{Reply, Server};
use crate::support::workspace::sum;

#[test]
fn other_bytes_are_refused_with_both_digests() {
    let body = noise(3000);
    let server = Server::with(b"something else");
    let (workspace, outcome) = build(&server, &body);
    let (expected, found) = (sum("sha256sum", &body), sum("sha256sum", b"something else"));
    expect_told(
        outcome,
        &[
            "step 1 of 1 failed: fetch: http://127.0.0.1:",
            &format!("expected sha256:{expected}\n"),
            &format!("found    sha256:{found} (14 bytes)"),
            "help: find out why the file changed",
        ],
    );
    assert_eq!(server.asked().len(), 1);
    assert_eq!(names(&workspace.path("out")), Vec::<String>::new());
    assert_eq!(
        names(&workspace.cache().join("blobs/sha256")),
        Vec::<String>::new()
    );
    assert_eq!(
        names(&workspace.cache().join("drafts")),
        Vec::<String>::new()
    );
}

#[test]
fn a_server_that_says_no_is_not_asked_again() {
    for (status, help) in [
        (404, "the file is no longer there"),
        (403, "needs no credentials"),
        (304, "build again later"),
    ] {
        let server = Server::new(move |_, _| Reply::status(status));
        let (_, outcome) = build(&server, b"x");
        expect_told(outcome, &[&format!("the server answered {status}"), help]);
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let body = noise(1000);
    for (status, after) in [(503, "0"), (429, "1"), (500, ""), (502, "Wed, 21 Oct 2015")] {
        let reply = Reply::file(&body);
        let server = Server::new(move |_, before| match before {
            0 => Reply::status(status).with("retry-after", after),
            _ => reply.clone(),
        });
        let started = Instant::now();
        expect_file(build(&server, &body), &body);
        assert_eq!(server.asked().len(), 2);
        let pause = Duration::from_secs(if after == "1" { 1 } else { 0 });
        assert!(started.elapsed() >= pause);
    }
    let server = Server::new(|_, _| Reply::status(503).with("retry-after", "0"));
    let (_, outcome) = build(&server, &body);
    expect_told(outcome, &["the server answered 503 (Service Unavailable)"]);
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn lengths_that_are_lies_do_no_harm() {
    let body = noise(2000);
    // Fewer bytes than announced, for ever.
    let cut = body.clone();
    let server = Server::new(move |_, _| {
        let mut reply = Reply::file(&cut).with("content-length", "3000");
        reply.headers.push(("accept-ranges", "none".to_owned()));
        reply
    });
    let (_, outcome) = build(&server, &body);
    expect_told(
        outcome,
        &["cannot fetch `http://127.0.0.1:", "tried 5 times"],
    );
    // More than anything has: told at once.
    let server = Server::new(|_, _| Reply::file(b"x").with("content-length", "17179869185"));
    let (_, outcome) = build(&server, &body);
    expect_told(outcome, &["has more than 17179869184 bytes"]);
    assert_eq!(server.asked().len(), 1);
    // More bytes than announced are not read.
    let more = noise(4000);
    let server = Server::new(move |_, _| Reply::file(&more).with("content-length", "2000"));
    expect_file(build(&server, &body), &body);
    for length in ["-1", "99999999999999999999", "12x"] {
        let server = Server::new(move |_, _| Reply::file(b"x").with("content-length", length));
        let (_, outcome) = build(&server, &body);
        outcome.expect(3);
    }
}

#[test]
fn a_body_of_unknown_length_comes_whole() {
    let body = noise(150_000);
    let whole = body.clone();
    let server = Server::new(move |_, before| Reply {
        chunked: true,
        cut: (before == 0).then_some(70_000),
        ..Reply::file(&whole)
    });
    expect_file(build(&server, &body), &body);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn compression_of_the_way_is_not_asked_for_and_not_undone() {
    let body = noise(2000);
    let whole = body.clone();
    let server = Server::new(move |_, _| Reply::file(&whole).with("content-encoding", "gzip"));
    expect_file(build(&server, &body), &body);
    assert_eq!(
        server.asked()[0].header("accept-encoding"),
        Some("identity")
    );
    assert_eq!(server.asked()[0].header("authorization"), None);
}

#[test]
fn redirects_are_followed_up_to_a_point() {
    let body = noise(1000);
    let whole = body.clone();
    let server = Server::new(move |request, _| match request.target.as_str() {
        "/f" => Reply::redirect("/a/b"),
        "/a/b" => Reply::redirect("c"),
        "/a/c" => Reply::file(&whole),
        _ => Reply::status(404),
    });
    expect_file(build(&server, &body), &body);

    let server = Server::new(|_, before| Reply::redirect(&format!("/{before}")));
    let (_, outcome) = build(&server, &body);
    expect_told(outcome, &["leads on more than 10 times"]);
    assert!(server.asked().len() <= 12);

    for to in ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "//"] {
        let server = Server::new(move |_, _| Reply::redirect(to));
        let (_, outcome) = build(&server, &body);
        expect_told(outcome, &["http://127.0.0.1:"]);
        assert!(server.asked().len() <= 12, "{to}");
    }
}
