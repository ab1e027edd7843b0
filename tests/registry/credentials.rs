//! Names and passwords: where they are found, when they are sent, what is said when they are wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use onelayer::transport::{Access, RegistryError};

use crate::support::server::{Reply, Server};

use super::{Heard, QUIET, access, anonymous, expect_error, manifest, open, refusal, tag, whole};

/// `user:password` in base64.
pub(crate) fn basic(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}

/// A file with the credentials for `host`, as `podman login` writes it.
pub(crate) fn auth_file(folder: &Path, host: &str, user: &str, password: &str) -> PathBuf {
    let auths = serde_json::json!({"auths": {host: {"auth": basic(user, password)}}});
    written(folder, &auths.to_string())
}

pub(crate) fn written(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("auth.json");
    fs::write(&path, text).unwrap();
    path
}

pub(crate) fn challenge(header: &str) -> Reply {
    refusal(401, "UNAUTHORIZED", "authentication required").with("www-authenticate", header)
}

/// A registry that lets in who has this name and password.
fn guarded(user: &str, password: &str) -> Server {
    let expected = format!("Basic {}", basic(user, password));
    Server::new(move |request, _| match request.header("authorization") {
        Some(found) if found == expected => manifest(b"{}"),
        // Some echo what they got.
        found => {
            let told = format!("not with {}", found.unwrap_or("nothing"));
            refusal(401, "UNAUTHORIZED", &told).with("www-authenticate", "Basic realm=\"r\"")
        }
    })
}

fn with_file(file: PathBuf) -> Access {
    Access {
        authfile: Some(file),
        ..access()
    }
}

#[test]
fn credentials_are_sent_when_they_are_asked_for() {
    let server = guarded("me", "pass:word");
    let folder = tempfile::tempdir().unwrap();
    let file = auth_file(folder.path(), server.address(), "me", "pass:word");
    let registry = open(server.address(), &with_file(file), QUIET);
    assert!(registry.manifest(&tag("a")).is_ok());
    assert!(registry.manifest(&tag("b")).is_ok());
    let sent: Vec<bool> = (server.asked().iter())
        .map(|request| request.header("authorization").is_some())
        .collect();
    // Not before the first challenge, and with everything after it.
    assert_eq!(sent, [false, true, true]);
}

#[test]
fn credentials_that_were_not_asked_for_stay_at_home() {
    let server = Server::new(|_, _| manifest(b"{}"));
    let folder = tempfile::tempdir().unwrap();
    let file = auth_file(folder.path(), server.address(), "me", "secret");
    let registry = open(server.address(), &with_file(file), QUIET);
    assert!(registry.manifest(&tag("a")).is_ok());
    assert!(server.asked()[0].header("authorization").is_none());
}

#[test]
fn a_wrong_password_is_said_to_be_one() {
    let server = guarded("me", "right");
    let folder = tempfile::tempdir().unwrap();
    let file = auth_file(folder.path(), server.address(), "me", "hunter2222");
    let registry = open(server.address(), &with_file(file.clone()), QUIET);
    let named = format!("does not accept the credentials from `{}`", file.display());
    let login = format!("log in again: `podman login {}`", server.address());
    let error = expect_error(
        registry.manifest(&tag("a")),
        &[&named, &login, "not with Basic ***"],
    );
    assert!(matches!(error, RegistryError::WrongCredentials { .. }));
    let text = format!("{} {error:?}", whole(&error));
    for secret in ["hunter2222", &basic("me", "hunter2222")] {
        assert!(!text.contains(secret), "{text}");
    }
    // Once without, once with: more would lock an account.
    assert_eq!(server.asked().len(), 2);
    expect_error(registry.manifest(&tag("b")), &[&named]);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn no_credentials_are_said_to_be_missing() {
    let server = guarded("me", "right");
    let error = expect_error(
        anonymous(&server).manifest(&tag("a")),
        &[
            "/team/app` wants credentials, and none were found",
            "`podman login 127.0.0.1:",
        ],
    );
    assert!(matches!(error, RegistryError::NoCredentials { .. }));
    // For another registry there may be some.
    let folder = tempfile::tempdir().unwrap();
    let file = auth_file(folder.path(), "other.example", "me", "right");
    let registry = open(server.address(), &with_file(file), QUIET);
    expect_error(registry.manifest(&tag("a")), &["none were found"]);
    assert!(
        server
            .asked()
            .iter()
            .all(|request| request.header("authorization").is_none())
    );
}

#[test]
fn access_that_is_denied_is_told_apart() {
    let server = Server::new(|request, _| match request.header("authorization") {
        None => challenge("Basic realm=x"),
        Some(_) => refusal(403, "DENIED", "not yours"),
    });
    let folder = tempfile::tempdir().unwrap();
    let file = auth_file(folder.path(), server.address(), "me", "right");
    let registry = open(server.address(), &with_file(file), QUIET);
    let parts = &[
        "/team/app` may not be read with the credentials from",
        "not yours (DENIED)",
    ];
    expect_error(registry.manifest(&tag("a")), parts);
    let put = registry.put_manifest(&tag("a"), super::OCI_MANIFEST, b"{}");
    expect_error(put, &["may not be written"]);
    let server = Server::new(|_, _| refusal(403, "DENIED", "not yours"));
    let parts = &["may not be read without credentials", "podman login"];
    expect_error(anonymous(&server).manifest(&tag("a")), parts);
}

#[test]
fn ways_that_are_not_known_are_named() {
    for (header, part) in [
        (
            "Negotiate, Digest realm=x",
            "in no way that is known: negotiate, digest",
        ),
        ("", "it names none"),
        ("Bearer service=x", "known: bearer"),
    ] {
        let server = Server::new(move |_, _| challenge(header));
        expect_error(anonymous(&server).manifest(&tag("a")), &[part]);
    }
}

#[test]
fn files_are_looked_at_in_their_order() {
    let server = guarded("me", "right");
    let folder = tempfile::tempdir().unwrap();
    let [first, second, third] = ["1", "2", "3"].map(|name| {
        let folder = folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    });
    let files = vec![
        folder.path().join("none/auth.json"),
        auth_file(&first, "other.example", "x", "y"),
        auth_file(
            &second,
            &format!("{}/team", server.address()),
            "me",
            "right",
        ),
        auth_file(&third, server.address(), "me", "wrong"),
    ];
    let access = Access {
        auth_files: files.clone(),
        ..access()
    };
    let registry = open(server.address(), &access, QUIET);
    assert!(registry.manifest(&tag("a")).is_ok());
    // The one that was named must be there, and is the only one.
    let only = Access {
        authfile: Some(files[0].clone()),
        ..access
    };
    let registry = open(server.address(), &only, QUIET);
    let parts = &[
        "cannot read credentials from",
        "none/auth.json",
        "it does not exist",
    ];
    expect_error(registry.manifest(&tag("a")), parts);
    let damaged = with_file(written(&first, "{\"auths\": 7}"));
    let registry = open(server.address(), &damaged, QUIET);
    expect_error(
        registry.manifest(&tag("a")),
        &["1/auth.json", "line 1, column"],
    );
}

/// A folder with a program for credentials.
fn program(folder: &Path, name: &str, script: &str) -> Access {
    let path = folder.join(format!("docker-credential-{name}"));
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Access {
        program_folders: Some(folder.into()),
        ..access()
    }
}

#[test]
fn programs_are_asked_as_docker_asks_them() {
    let server = guarded("me", "right");
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        [ "$1" = get ] || exit 1
        cat > "$(dirname "$0")/asked"
        echo '{"ServerURL": "x", "Username": "me", "Secret": "right"}'"#;
    for key in ["credsStore", "credHelpers"] {
        let value = match key {
            "credsStore" => serde_json::json!("test"),
            _ => serde_json::json!({server.address(): "test"}),
        };
        let file = written(folder.path(), &serde_json::json!({key: value}).to_string());
        let access = Access {
            authfile: Some(file),
            ..program(folder.path(), "test", script)
        };
        let registry = open(server.address(), &access, QUIET);
        assert!(registry.manifest(&tag("a")).is_ok());
        let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
        assert_eq!(asked, server.address());
    }
}

#[test]
fn programs_that_do_not_work_are_told_of_and_passed_over() {
    let server = guarded("me", "right");
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), r#"{"credsStore": "test"}"#);
    for (script, said) in [
        (
            Some("echo 'no \x1b[31m bus'; exit 1"),
            Some("failed: no \\u{1b}[31m bus"),
        ),
        (Some("echo secret"), Some("prints no credentials")),
        (
            Some("echo credentials not found in native keychain; exit 1"),
            None,
        ),
        (None, Some("is not there")),
    ] {
        let access = match script {
            Some(script) => program(folder.path(), "test", script),
            None => Access {
                program_folders: Some(folder.path().join("none").into()),
                ..access()
            },
        };
        let access = Access {
            authfile: Some(file.clone()),
            ..access
        };
        let heard = Heard::default();
        let registry = open(server.address(), &access, heard.watch());
        expect_error(registry.manifest(&tag("a")), &["none were found"]);
        let heard = heard.all();
        assert_eq!(heard.len(), usize::from(said.is_some()), "{heard:?}");
        if let Some(said) = said {
            assert!(heard[0].contains("`docker-credential-test`"), "{heard:?}");
            assert!(
                heard[0].contains(said) && !heard[0].contains("secret"),
                "{heard:?}"
            );
        }
    }
    // A name that is a path is no name.
    let file = written(folder.path(), r#"{"credsStore": "x/../../evil"}"#);
    let access = Access {
        authfile: Some(file),
        ..program(folder.path(), "test", "exit 0")
    };
    let heard = Heard::default();
    let registry = open(server.address(), &access, heard.watch());
    expect_error(registry.manifest(&tag("a")), &["none were found"]);
    assert!(heard.all()[0].contains("is not there"));
}
