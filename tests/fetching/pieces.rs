//! Downloads that break off and come in pieces.

use super::{build, expect_file, expect_told};
use crate::support::nasty::noise;
use crate::support::server::{Reply, Server};

#[test]
fn a_download_goes_on_where_it_broke_off() {
    let body = noise(300_000);
    let whole = body.clone();
    let server = Server::new(move |request, _| {
        let start = request.start().unwrap_or(0);
        let rest = &whole[start..];
        let mut reply = Reply::file(rest).with("etag", "\"v1\"");
        if request.start().is_some() {
            reply.status = 206;
            let range = format!("bytes {start}-{}/{}", whole.len() - 1, whole.len());
            reply = reply.with("content-range", &range);
        }
        reply.cut = (rest.len() > 100_000).then_some(100_000);
        reply
    });
    expect_file(build(&server, &body), &body);
    let asked = server.asked();
    let starts: Vec<_> = asked.iter().map(|asked| asked.start()).collect();
    assert_eq!(starts, [None, Some(100_000), Some(200_000)]);
    assert_eq!(asked[1].header("if-range"), Some("\"v1\""));
}

#[test]
fn a_server_without_ranges_starts_again() {
    let body = noise(300_000);
    let whole = body.clone();
    let server = Server::new(move |_, before| {
        let mut reply = Reply::file(&whole);
        reply.cut = (before == 0).then_some(100_000);
        reply
    });
    expect_file(build(&server, &body), &body);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn two_versions_of_a_file_are_not_put_together() {
    let body = noise(300_000);
    let whole = body.clone();
    let other = vec![b'x'; 300_000];
    let server = Server::new(move |request, before| match (before, request.start()) {
        (0, _) => Reply {
            cut: Some(100_000),
            ..Reply::file(&other)
        },
        (_, Some(start)) => Reply {
            status: 206,
            ..Reply::file(&whole[start..])
        }
        .with("content-range", &format!("bytes {start}-299999/300000")),
        _ => Reply::file(&whole),
    });
    expect_file(build(&server, &body), &body);
    let starts: Vec<_> = server.asked().iter().map(|asked| asked.start()).collect();
    assert_eq!(starts, [None, Some(100_000), None]);
}

#[test]
fn a_part_that_was_not_asked_for_is_not_taken() {
    let body = noise(300_000);
    let whole = body.clone();
    let server = Server::new(move |request, before| match (before, request.start()) {
        (0, _) => Reply {
            cut: Some(100_000),
            ..Reply::file(&whole)
        },
        (1, _) => Reply {
            status: 206,
            ..Reply::file(&whole[5..])
        }
        .with("content-range", "bytes 5-299999/300000"),
        (2, _) => Reply::status(416),
        _ => Reply::file(&whole),
    });
    let (_, outcome) = build(&server, &body);
    // The third request starts anew, so that 416 makes no sense to it.
    expect_told(outcome, &["the server answered 416"]);
    let starts: Vec<_> = server.asked().iter().map(|asked| asked.start()).collect();
    assert_eq!(starts, [None, Some(100_000), None]);
}
