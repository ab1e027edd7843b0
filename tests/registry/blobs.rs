//! Blobs as they come: whole, in pieces, too long, too short, never.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use onelayer::digest::Digest;
use onelayer::image::Descriptor;
use onelayer::progress::Silent;
use onelayer::transport::{RegistryError, Watch};

use crate::support::LONG;
use crate::support::nasty::noise;
use crate::support::server::{Reply, Request, Server};

use super::{Heard, access, anonymous, asked, expect_error, layer, open, refusal};

/// Reads the layer that `descriptor` names.
fn read(server: &Server, descriptor: &Descriptor) -> Result<Vec<u8>, RegistryError> {
    let mut blob = anonymous(server).blob(descriptor)?;
    let mut bytes = Vec::new();
    match blob.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => {
            // An error is not forgotten.
            assert!(blob.read(&mut [0]).is_err());
            Err(RegistryError::in_io(error).unwrap())
        }
    }
}

/// What a server with ranges gives.
fn ranged(request: &Request, body: &[u8]) -> Reply {
    match request.start() {
        None => Reply::file(body),
        Some(start) => Reply {
            status: 206,
            ..Reply::file(&body[start..]).with(
                "content-range",
                &format!("bytes {start}-{}/{}", body.len() - 1, body.len()),
            )
        },
    }
}

fn starts(server: &Server) -> Vec<Option<usize>> {
    server.asked().iter().map(Request::start).collect()
}

#[test]
fn a_blob_comes_and_its_progress_is_told() {
    let body = noise(3 << 20);
    let server = Server::with(&body);
    let heard = Heard::default();
    let registry = open(server.address(), &access(), heard.watch());
    let mut bytes = Vec::new();
    let mut blob = registry.blob(&layer(&body)).unwrap();
    blob.read_to_end(&mut bytes).unwrap();
    assert!(bytes == body);
    let path = format!("GET /v2/team/app/blobs/{}", Digest::of(&body));
    assert_eq!(asked(&server), [path]);
    assert_eq!(heard.all().last().unwrap(), "pulled 3145728 of 3145728");
}

#[test]
fn an_empty_blob_is_a_blob() {
    let server = Server::with(b"");
    assert_eq!(read(&server, &layer(b"")).unwrap(), b"");
    let wrong = Descriptor {
        digest: Digest::of(b"x"),
        ..layer(b"")
    };
    expect_error(read(&server, &wrong), &["does not match its digest"]);
}

#[test]
fn blobs_may_be_read_by_other_threads() {
    let body = noise(200_000);
    let server = Server::with(&body);
    let registry = anonymous(&server);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut blob = registry.blob(&layer(&body)).unwrap();
            let body = &body;
            scope.spawn(move || {
                let mut bytes = Vec::new();
                blob.read_to_end(&mut bytes).unwrap();
                assert!(bytes == *body);
            });
        }
    });
}

#[test]
fn what_broke_off_goes_on_where_it_was() {
    let body = noise(400_000);
    let whole = body.clone();
    let server = Server::new(move |request, before| Reply {
        cut: (before < 2).then_some(150_000),
        ..ranged(request, &body)
    });
    assert!(read(&server, &layer(&whole)).unwrap() == whole);
    assert_eq!(starts(&server), [None, Some(150_000), Some(300_000)]);
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let body = noise(400_000);
    let whole = body.clone();
    let server = Server::new(move |_, before| Reply {
        cut: (before < 2).then_some(150_000 * (before + 1)),
        ..Reply::file(&body)
    });
    assert!(read(&server, &layer(&whole)).unwrap() == whole);
    assert_eq!(starts(&server), [None, Some(150_000), Some(300_000)]);
}

#[test]
fn ranges_that_were_not_asked_for_are_put_right() {
    let body = noise(400_000);
    // Earlier than asked: what came already is left out.
    let whole = body.clone();
    let server = Server::new(move |request, before| match (before, request.start()) {
        (0, _) => Reply {
            cut: Some(150_000),
            ..Reply::file(&whole)
        },
        _ => Reply {
            status: 206,
            ..Reply::file(&whole[100_000..]).with("content-range", "bytes 100000-399999/400000")
        },
    });
    assert!(read(&server, &layer(&body)).unwrap() == body);
    // Later, nowhere, or refused: the whole is asked for.
    for wrong in ["bytes 200000-399999/400000", "nonsense", ""] {
        let whole = body.clone();
        let server = Server::new(move |request, before| match (before, request.start()) {
            (0, _) => Reply {
                cut: Some(150_000),
                ..Reply::file(&whole)
            },
            (_, Some(_)) if wrong.is_empty() => Reply::status(416),
            (_, Some(_)) => Reply {
                status: 206,
                ..Reply::file(&whole[200_000..]).with("content-range", wrong)
            },
            (_, None) => Reply::file(&whole),
        });
        assert!(read(&server, &layer(&body)).unwrap() == body, "{wrong}");
        assert_eq!(starts(&server), [None, Some(150_000), None]);
    }
}

#[test]
fn a_rest_of_another_blob_is_found_out() {
    let body = noise(400_000);
    let whole = body.clone();
    let server = Server::new(move |request, before| match before {
        0 => Reply {
            cut: Some(150_000),
            ..Reply::file(&whole)
        },
        _ => ranged(request, &vec![7; 400_000]),
    });
    expect_error(read(&server, &layer(&body)), &["does not match its digest"]);
}

#[test]
fn who_never_gets_on_gives_up() {
    let body = noise(400_000);
    let whole = body.clone();
    let server = Server::new(move |request, _| Reply {
        cut: Some(0),
        ..ranged(request, &whole)
    });
    expect_error(
        read(&server, &layer(&body)),
        &["no whole answer", "tried 3 times"],
    );
    assert_eq!(server.asked().len(), 3);
    // Who gets a mebibyte further each time does not.
    let long = noise(5 << 20);
    let whole = long.clone();
    let server = Server::new(move |request, _| Reply {
        cut: Some((whole.len() - request.start().unwrap_or(0)).min(1_100_000)),
        ..ranged(request, &whole)
    });
    assert!(read(&server, &layer(&long)).unwrap() == long);
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn one_byte_too_many_is_too_many() {
    let body = noise(100_000);
    let mut longer = body.clone();
    longer.push(0);
    for chunked in [false, true] {
        let longer = longer.clone();
        let server = Server::new(move |_, _| Reply {
            chunked,
            ..Reply::file(&longer)
        });
        let parts = &["has more than the announced 100000 bytes"];
        expect_error(read(&server, &layer(&body)), parts);
        assert_eq!(server.asked().len(), 1);
    }
    // Nor is an end awaited that does not come.
    let endless = vec![0; 20 << 20];
    let server = Server::new(move |_, _| Reply {
        chunked: true,
        cut: Some(endless.len()),
        stall: true,
        ..Reply::file(&endless)
    });
    let begun = Instant::now();
    let error = expect_error(read(&server, &layer(&body)), &[]);
    let is_found_out = matches!(
        error,
        RegistryError::Size { .. } | RegistryError::Digest { .. }
    );
    assert!(is_found_out && begun.elapsed() < LONG);
}

#[test]
fn too_few_bytes_are_too_few() {
    let body = noise(100_000);
    for chunked in [false, true] {
        let shorter = body[..99_999].to_vec();
        let server = Server::new(move |_, _| Reply {
            chunked,
            ..Reply::file(&shorter)
        });
        let parts = &["has fewer than the announced 100000 bytes"];
        expect_error(read(&server, &layer(&body)), parts);
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn other_bytes_are_never_given_out_as_a_whole() {
    let body = noise(100_000);
    let mut other = body.clone();
    other[99_999] ^= 1;
    let found = Digest::of(&other).to_string();
    let server = Server::with(&other);
    let mut blob = anonymous(&server).blob(&layer(&body)).unwrap();
    let mut bytes = Vec::new();
    let error = blob.read_to_end(&mut bytes).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert!(bytes.len() < body.len());
    let error = RegistryError::in_io(error).unwrap();
    expect_error::<()>(
        Err(error),
        &[&found, &Digest::of(&body).to_string(), "/blobs/sha256:"],
    );
}

#[test]
fn a_registry_in_trouble_is_left_alone_for_as_long_as_it_asks() {
    let body = noise(1000);
    let whole = body.clone();
    let server = Server::new(move |_, before| match before {
        // Longer than the longest pause of these tests.
        0 => Reply::status(429).with("retry-after", "100"),
        1 => Reply::status(503).with("retry-after", "0"),
        _ => Reply::file(&whole),
    });
    let begun = Instant::now();
    assert!(read(&server, &layer(&body)).unwrap() == body);
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(400) && took < LONG,
        "{took:?}"
    );
}

#[test]
fn a_wish_to_stop_is_heard_while_nothing_comes() {
    let body = noise(200_000);
    let whole = body.clone();
    let server = Server::new(move |request, _| match request.target.contains("blobs") {
        true => Reply {
            cut: Some(100_000),
            stall: true,
            ..Reply::file(&whole)
        },
        false => Reply::status(503).with("retry-after", "100"),
    });
    let stop = AtomicBool::new(false);
    let cancelled = || stop.load(Ordering::SeqCst);
    let watch = Watch {
        cancelled: &cancelled,
        reporter: &Silent,
    };
    let registry = open(server.address(), &access(), watch);
    let mut blob = registry.blob(&layer(&body)).unwrap();
    let mut bytes = vec![0; 100_000];
    blob.read_exact(&mut bytes).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            stop.store(true, Ordering::SeqCst);
        });
        let begun = Instant::now();
        let error = blob.read(&mut bytes).unwrap_err();
        assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
        let error = RegistryError::in_io(error).unwrap();
        assert!(matches!(error, RegistryError::Cancelled));
    });
    // And nothing begins any more.
    let error = registry.manifest(&super::tag("latest")).err().unwrap();
    assert!(matches!(error, RegistryError::Cancelled));
}

#[test]
fn what_is_not_there_is_named() {
    let body = b"x";
    let server = Server::new(|_, _| refusal(404, "BLOB_UNKNOWN", "blob unknown to registry"));
    let digest = Digest::of(body).to_string();
    let parts = &["/team/app` has no blob", &digest, "(BLOB_UNKNOWN)"];
    expect_error(read(&server, &layer(body)), parts);
    // Where it lies is not looked at.
    let foreign = Descriptor {
        media_type: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".to_owned(),
        ..layer(body)
    };
    expect_error(
        read(&server, &foreign),
        &["lies outside of the registry", ".foreign."],
    );
}
