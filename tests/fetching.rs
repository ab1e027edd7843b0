//! Files from the network: that they come, from where, and what servers may not do.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::command_line::names;
use super::images::look;
use super::privilege::as_nobody;
use super::support::nasty::noise;
use super::support::server::{Authority, Reply, Server};
use super::support::workspace::{Outcome, Workspace, require_root, require_tool, run, tool};

/// The digits that `sha256sum` or `sha512sum` prints.
pub(crate) fn sum(program: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap();
    let printed = tool(Command::new(program).arg(path));
    printed.split(' ').next().unwrap().to_owned()
}

fn recipe(url: &str, body: &[u8], rest: &str) -> String {
    let digest = sum("sha256sum", body);
    format!(
        "name: x\nbase: scratch\nsteps:\n  - fetch: {url}\n    sha256: {digest}\n    to: /file\n{rest}"
    )
}

fn build(server: &Server, body: &[u8]) -> (Workspace, Outcome) {
    let workspace = Workspace::with(&recipe(&server.url("/f"), body, ""));
    let outcome = workspace.build(&["-o", "oci:out"]);
    (workspace, outcome)
}

/// Fails unless the image is the one that holds `body` alone.
#[track_caller]
fn expect_file(built: (Workspace, Outcome), body: &[u8]) {
    let (workspace, outcome) = built;
    outcome.expect(0);
    if require_root() && require_tool("umoci") {
        let root = workspace.unpack("out", "latest");
        assert!(fs::read(root.join("file")).unwrap() == body);
    }
}

#[track_caller]
fn expect_told(outcome: Outcome, parts: &[&str]) {
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
fn what_was_fetched_once_needs_no_network() {
    let body = noise(5000);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let first = workspace.build(&["-o", "oci:out"]).digest();
    drop(server);
    // Nothing listens at this address, and the recipe is another one.
    let moved = recipe("http://127.0.0.1:9/moved", &body, "    mode: '0600'\n");
    workspace.write("recipe.yaml", &moved);
    let second = workspace.build(&["-o", "oci:out", "--no-cache"]).digest();
    assert_ne!(first, second);
    let digest = sum("sha256sum", &body);
    let blobs = workspace.cache().join("blobs/sha256");
    assert_eq!(names(&blobs), [digest]);
}

#[test]
fn a_damaged_file_in_the_store_is_fetched_again() {
    let body = noise(5000);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let first = workspace.build(&["-o", "oci:out"]).digest();
    let blob = (workspace.cache().join("blobs/sha256")).join(sum("sha256sum", &body));
    let mut damaged = body.clone();
    damaged[2500] ^= 1;
    for what in ["flipped", "truncated", "folder", "link"] {
        fs::remove_file(&blob).unwrap();
        match what {
            "flipped" => fs::write(&blob, &damaged).unwrap(),
            "truncated" => fs::write(&blob, &body[..100]).unwrap(),
            "folder" => fs::create_dir_all(blob.join("x/y")).unwrap(),
            _ => std::os::unix::fs::symlink("/etc/passwd", &blob).unwrap(),
        }
        let again = workspace.build(&["-o", "oci:out", "--no-cache"]).digest();
        assert_eq!(first, again, "{what}");
        assert!(fs::read(&blob).unwrap() == body, "{what}");
    }
    assert_eq!(server.asked().len(), 5);
    // And without a server it is missed, not used.
    fs::write(&blob, &damaged).unwrap();
    drop(server);
    let outcome = workspace.build(&["-o", "oci:out", "--no-cache"]);
    expect_told(
        outcome,
        &["cannot fetch `http://127.0.0.1:", "tried 5 times"],
    );
}

#[test]
fn builds_side_by_side_may_all_find_a_damaged_file() {
    let body = noise(8 << 20);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let digest = workspace.build(&["-o", "oci:out"]).digest();
    let blob = (workspace.cache().join("blobs/sha256")).join(sum("sha256sum", &body));
    fs::write(&blob, &body[1..]).unwrap();
    let started: Vec<_> = (0..4)
        .map(|number| {
            let output = format!("oci:out{number}");
            (workspace.command(&["build", "context", "--no-cache", "-o", &output]))
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in started {
        let ended = child.wait_with_output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{told}");
        let printed = String::from_utf8(ended.stdout).unwrap();
        assert!(printed.trim_end().ends_with(&digest), "{printed}");
    }
}

/// Wherever it is that the disk is full, it is told as that, and nothing partial stays.
#[test]
fn a_full_disk_is_told_and_leaves_nothing_partial() {
    if !require_root() || !require_tool("unshare") {
        return;
    }
    let body = noise(3 << 20);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    fs::create_dir(workspace.cache()).unwrap();
    let cache = workspace.cache().display().to_string();
    // Once it is the download that does not fit, and once the file in the root.
    for (size, message, left) in [
        ("2m", "cannot store what comes from `http://127.0.0.1:", 0),
        ("5m", "cannot write `/file`", 1),
    ] {
        let script = format!(
            "mount -t tmpfs -o size={size} tmpfs '{cache}' && {{ \"$@\"; code=$?; }}
             echo $(ls '{cache}/blobs/sha256' | wc -l) $(ls '{cache}/drafts' '{cache}/steps' -A1 \
                | grep -vc -e ':$' -e '^$'); exit $code"
        );
        let told = run(&mut workspace.below(
            &["unshare", "--mount", "sh", "-c", &script, "sh"],
            &["build", "context", "-o", "oci:out"],
        ))
        .expect(5);
        assert!(told.stderr.contains(message), "{}", told.stderr);
        assert!(told.stderr.contains("No space left"), "{}", told.stderr);
        assert_eq!(told.stdout, format!("{left} 0\n"), "{}", told.stderr);
    }
}

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

#[test]
fn a_download_can_be_interrupted() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let body = noise(200_000);
    let whole = body.clone();
    let server = Server::new(move |_, _| Reply {
        cut: Some(100_000),
        stall: true,
        ..Reply::file(&whole)
    });
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let mut command = workspace.command(&["build", "context", "-o", "oci:out"]);
    let mut child = command
        .args(["--progress", "json"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    stderr.read_line(&mut told).unwrap();
    while server.asked().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let started = Instant::now();
    kill(
        Pid::from_raw(child.id().try_into().unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    stderr.read_to_string(&mut told).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{told}");
    assert!(started.elapsed() < Duration::from_secs(10));
    for left in ["drafts", "steps", "blobs/sha256"] {
        assert_eq!(names(&workspace.cache().join(left)), Vec::<String>::new());
    }
}

#[test]
fn progress_tells_bytes() {
    let body = noise(100_000);
    let server = Server::with(&body);
    let workspace = Workspace::with(&recipe(&server.url("/f"), &body, ""));
    let built = workspace
        .build(&["-o", "oci:out", "--progress", "json"])
        .expect(0);
    let events: Vec<Value> = (built.stderr.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|event: &Value| event["event"] == "fetching")
        .collect();
    let last = events.last().unwrap();
    assert_eq!(
        (&last["done"], &last["total"]),
        (&100_000.into(), &100_000.into())
    );
    assert_eq!(last["step"], 1);
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
