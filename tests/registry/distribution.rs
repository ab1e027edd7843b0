//! A real registry, Debian's docker-registry, in all the ways in which it lets somebody in; and
//! skopeo, which must see what we wrote, as we must read what it wrote.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use onelayer::digest::Digest;
use onelayer::image::Descriptor;
use onelayer::transport::{Access, ManifestName, Mount, Registry, RegistryError};
use serde_json::{Value, json};

use crate::support::distribution::Distribution;
use crate::support::nasty::noise;
use crate::support::server::{Authority, Reply, Request, Server};
use crate::support::workspace::tool;
use crate::support::{require_tool, scratch};

use super::credentials::{auth_file, basic};
use super::{OCI_MANIFEST, QUIET, access, expect_error, layer, open, tag};

impl Distribution {
    fn open(&self, access: &Access) -> Registry<'static> {
        open(&self.host, access, QUIET)
    }
}

fn ready(tools: &[&str]) -> bool {
    tools
        .iter()
        .chain(&["docker-registry"])
        .all(|tool| require_tool(tool))
}

/// An image with one layer of noise, in the registry and in memory.
struct Pushed {
    layer: Vec<u8>,
    config: Vec<u8>,
    manifest: Vec<u8>,
}

fn image(size: usize) -> Pushed {
    // skopeo does not look into layers that it copies as they are.
    let layer = noise(size);
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [Digest::of(&layer).to_string()]},
    });
    let config = config.to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": Digest::of(&config).to_string(), "size": config.len(),
        },
        "layers": [{
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": Digest::of(&layer).to_string(), "size": layer.len(),
        }],
    });
    Pushed {
        layer,
        config,
        manifest: manifest.to_string().into_bytes(),
    }
}

fn send(registry: &Registry<'_>, bytes: &[u8]) -> Result<(), RegistryError> {
    let digest = Digest::of(bytes);
    assert!(!registry.has_blob(&digest)?);
    registry.upload(&digest, bytes.len() as u64, None, &mut || {
        Ok(Box::new(std::io::Cursor::new(bytes.to_vec())))
    })?;
    assert!(registry.has_blob(&digest)?);
    Ok(())
}

fn push(registry: &Registry<'_>, image: &Pushed, name: &str) -> Result<Digest, RegistryError> {
    send(registry, &image.layer)?;
    send(registry, &image.config)?;
    registry.put_manifest(&tag(name), OCI_MANIFEST, &image.manifest)
}

fn read(registry: &Registry<'_>, descriptor: &Descriptor) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut blob = registry.blob(descriptor).unwrap();
    blob.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_is_pushed_is_what_skopeo_pulls() {
    if !ready(&["skopeo"]) {
        return;
    }
    let server = Distribution::new(scratch(), json!({}));
    // TLS is tried, not spoken, and so plain http is, on this machine.
    let registry = server.open(&access());
    let image = image(12_000_000);
    let digest = push(&registry, &image, "v1").unwrap();
    assert_eq!(digest, Digest::of(&image.manifest));
    let from = format!("docker://{}/team/app:v1", server.host);
    let to = format!("dir:{}", server.path("pulled"));
    server.skopeo(&["copy", "--quiet", "--src-tls-verify=false", &from, &to]);
    let pulled = server.folder.path().join("pulled");
    assert_eq!(
        fs::read(pulled.join("manifest.json")).unwrap(),
        image.manifest
    );
    assert!(fs::read(pulled.join(Digest::of(&image.layer).hex())).unwrap() == image.layer);
    let seen = server.skopeo(&[
        "inspect",
        "--tls-verify=false",
        "--format={{.Digest}}",
        &from,
    ]);
    assert_eq!(seen.trim(), digest.to_string());
    // And back again.
    let fetched = registry.manifest(&ManifestName::Digest(digest)).unwrap();
    assert_eq!(
        (&*fetched.media_type, &fetched.bytes),
        (OCI_MANIFEST, &image.manifest)
    );
    assert!(read(&registry, &layer(&image.layer)) == image.layer);
    expect_error(
        registry.manifest(&tag("v2")),
        &["has no manifest `v2`", "(MANIFEST_UNKNOWN)"],
    );
    expect_error(
        registry.blob(&layer(b"not there")),
        &["has no blob", "(BLOB_UNKNOWN)"],
    );
}

#[test]
fn what_skopeo_pushes_is_read() {
    if !ready(&["skopeo"]) {
        return;
    }
    let server = Distribution::new(scratch(), json!({}));
    let image = image(100_000);
    push(&server.open(&access()), &image, "v1").unwrap();
    let from = format!("docker://{}/team/app:v1", server.host);
    for (format, kind) in [
        (
            "v2s2",
            "application/vnd.docker.distribution.manifest.v2+json",
        ),
        ("oci", OCI_MANIFEST),
    ] {
        let to = format!("docker://{}/team/app:{format}", server.host);
        let told = server.path("digest");
        server.skopeo(&[
            "copy",
            "--quiet",
            "--src-tls-verify=false",
            "--dest-tls-verify=false",
            "--format",
            format,
            "--digestfile",
            &told,
            &from,
            &to,
        ]);
        let fetched = server.open(&access()).manifest(&tag(format)).unwrap();
        assert_eq!(fetched.media_type, kind);
        assert_eq!(
            fs::read_to_string(&told).unwrap().trim(),
            fetched.digest.to_string()
        );
        let document: Value = serde_json::from_slice(&fetched.bytes).unwrap();
        let descriptor = |found: &Value| Descriptor {
            media_type: found["mediaType"].as_str().unwrap().to_owned(),
            digest: found["digest"].as_str().unwrap().parse().unwrap(),
            size: found["size"].as_u64().unwrap(),
            annotations: Default::default(),
            platform: None,
        };
        let registry = server.open(&access());
        read(&registry, &descriptor(&document["config"]));
        for found in document["layers"].as_array().unwrap() {
            read(&registry, &descriptor(found));
        }
    }
}

#[test]
fn a_blob_is_mounted_from_another_repository() {
    if !ready(&[]) {
        return;
    }
    let server = Distribution::new(scratch(), json!({}));
    let bytes = noise(50_000);
    let digest = Digest::of(&bytes);
    send(&server.open(&access()), &bytes).unwrap();
    let name = format!("{}/other:1", server.host).parse().unwrap();
    let other = Registry::open(&name, &access(), QUIET).unwrap();
    assert!(!other.has_blob(&digest).unwrap());
    assert!(matches!(
        other.mount(&digest, "team/app"),
        Ok(Mount::Mounted)
    ));
    assert!(read(&other, &layer(&bytes)) == bytes);
    // What is nowhere goes into the session that came.
    let bytes = noise(60_000);
    let digest = Digest::of(&bytes);
    let Ok(Mount::Send(session)) = other.mount(&digest, "team/app") else {
        panic!("nothing to send");
    };
    assert!(session.is_some());
    (other.upload(&digest, 60_000, session, &mut || {
        Ok(Box::new(std::io::Cursor::new(bytes.clone())))
    }))
    .unwrap();
    assert!(other.has_blob(&digest).unwrap());
}

#[test]
fn bytes_that_do_not_have_the_digest_are_not_taken() {
    if !ready(&[]) {
        return;
    }
    let server = Distribution::new(scratch(), json!({}));
    let registry = server.open(&access());
    let sent = registry.upload(&Digest::of(b"other"), 5, None, &mut || {
        Ok(Box::new(&b"bytes"[..]))
    });
    expect_error(sent, &["answered 400", "(DIGEST_INVALID)"]);
    let image = image(10);
    let put = registry.put_manifest(&tag("v1"), OCI_MANIFEST, &image.manifest);
    expect_error(put, &["(MANIFEST_BLOB_UNKNOWN)"]);
}

#[test]
fn a_password_file_lets_in_who_is_in_it() {
    if !ready(&["htpasswd"]) {
        return;
    }
    let folder = scratch();
    let users = tool(Command::new("htpasswd").args(["-Bbn", "me", "right"]));
    fs::write(folder.path().join("users"), users).unwrap();
    let path = folder.path().join("users");
    let auth = json!({"auth": {"htpasswd": {"realm": "r", "path": path}}});
    let server = Distribution::new(folder, auth);
    let files = scratch();
    let with = |password: &str| Access {
        authfile: Some(auth_file(files.path(), &server.host, "me", password)),
        ..access()
    };
    let image = image(100_000);
    let registry = server.open(&with("right"));
    push(&registry, &image, "v1").unwrap();
    assert!(read(&registry, &layer(&image.layer)) == image.layer);
    let wrong = server.open(&with("wrong")).manifest(&tag("v1"));
    expect_error(
        wrong,
        &["does not accept the credentials from", "podman login"],
    );
    let nobody = server.open(&access()).manifest(&tag("v1"));
    expect_error(
        nobody,
        &["wants credentials, and none were found", "(UNAUTHORIZED)"],
    );
}

#[test]
fn a_private_authority_is_trusted_when_it_is_named() {
    if !ready(&["openssl", "skopeo"]) {
        return;
    }
    let folder = scratch();
    let authority = Authority::new(&folder.path().join("authority"));
    let tls = json!({"tls": {
        "certificate": authority.file("server.pem"), "key": authority.file("server.key"),
    }});
    let server = Distribution::new(folder, tls);
    let access = Access {
        ca_bundle: Some(authority.file("ca.pem")),
        ..access()
    };
    let image = image(3_000_000);
    let digest = push(&server.open(&access), &image, "v1").unwrap();
    let trusted = server.folder.path().join("trusted");
    fs::create_dir(&trusted).unwrap();
    fs::copy(authority.file("ca.pem"), trusted.join("ca.crt")).unwrap();
    let seen = server.skopeo(&[
        "inspect",
        "--format={{.Digest}}",
        "--cert-dir",
        trusted.to_str().unwrap(),
        &format!("docker://{}/team/app:v1", server.host),
    ]);
    assert_eq!(seen.trim(), digest.to_string());
    let untrusted = Access {
        ca_bundle: None,
        plain_http: true,
        ..access
    };
    let error = expect_error(
        server.open(&untrusted).manifest(&tag("v1")),
        &["`--ca-bundle`"],
    );
    assert!(matches!(error, RegistryError::Tls { .. }));
}

/// Signs tokens as a registry with `auth: token` wants them ([RFC 7515], with the certificate in
/// the header), for whom it knows, in the repositories that are theirs.
///
/// [RFC 7515]: https://www.rfc-editor.org/rfc/rfc7515
#[expect(
    clippy::disallowed_methods,
    reason = "tokens of a real registry expire by the clock"
)]
fn issue(folder: &Path, request: &Request) -> Reply {
    let user = match request.header("authorization") {
        None => None,
        Some(found) if found == format!("Basic {}", basic("me", "right")) => Some("me"),
        Some(_) => return Reply::status(401),
    };
    let (_, query) = request.target.split_once('?').unwrap();
    let decoded = query
        .replace("%3A", ":")
        .replace("%2F", "/")
        .replace("%2C", ",");
    let scopes = decoded
        .split('&')
        .filter_map(|pair| pair.strip_prefix("scope="));
    let granted: Vec<Value> = scopes
        .map(|scope| {
            let parts: Vec<&str> = scope.split(':').collect();
            let theirs: &[&str] = match (user, parts[1]) {
                (Some(_), "team/app") => &["pull", "push"],
                (_, "team/app" | "public") => &["pull"],
                _ => &[],
            };
            let actions: Vec<&str> = (parts[2].split(','))
                .filter(|action| theirs.contains(action))
                .collect();
            json!({"type": parts[0], "name": parts[1], "actions": actions})
        })
        .collect();
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let certificate = fs::read_to_string(folder.join("token.pem")).unwrap();
    let der: String = certificate
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    assert!(STANDARD.decode(&der).is_ok());
    let header = json!({"typ": "JWT", "alg": "RS256", "x5c": [der]});
    let claims = json!({
        "iss": "issuer", "sub": user.unwrap_or_default(), "aud": "reg", "jti": "1",
        "iat": now - 5, "nbf": now - 5, "exp": now + 300, "access": granted,
    });
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let file = tempfile::NamedTempFile::new_in(folder).unwrap();
    fs::write(file.path(), &signed).unwrap();
    let output = Command::new("openssl")
        .args(["dgst", "-sha256", "-sign"])
        .arg(folder.join("token.key"))
        .arg(file.path())
        .output()
        .unwrap();
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(output.stdout));
    Reply::file(
        json!({"token": token, "expires_in": 300})
            .to_string()
            .as_bytes(),
    )
}

#[test]
fn tokens_let_in_who_may_do_what() {
    if !ready(&["openssl"]) {
        return;
    }
    let folder = scratch();
    let make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout token.key -out token.pem -days 2 \
                -subj /CN=issuer";
    tool(
        Command::new("sh")
            .args(["-c", make])
            .current_dir(folder.path()),
    );
    let path = folder.path().to_owned();
    let issuer = Arc::new(Server::new(move |request, _| issue(&path, request)));
    let auth = json!({"auth": {"token": {
        "realm": issuer.url("/token"), "service": "reg", "issuer": "issuer",
        "rootcertbundle": folder.path().join("token.pem"),
    }}});
    let server = Distribution::new(folder, auth);
    let files = scratch();
    let with = |password: &str| Access {
        authfile: Some(auth_file(files.path(), &server.host, "me", password)),
        ..access()
    };
    let image = image(200_000);
    let registry = server.open(&with("right"));
    let digest = push(&registry, &image, "v1").unwrap();
    // Everybody may read here.
    let nobody = server.open(&access());
    assert_eq!(nobody.manifest(&tag("v1")).unwrap().digest, digest);
    let put = nobody.put_manifest(&tag("v2"), OCI_MANIFEST, &image.manifest);
    expect_error(put, &["wants credentials, and none were found"]);
    let wrong = server.open(&with("wrong")).manifest(&tag("v1"));
    expect_error(wrong, &["does not accept the credentials"]);
    // Somebody else's.
    let name = format!("{}/private/app:1", server.host).parse().unwrap();
    let private = Registry::open(&name, &with("right"), QUIET).unwrap();
    let parts = &["/private/app` may not be written with the credentials from"];
    expect_error(send(&private, b"x"), parts);
    // A mount needs both scopes; without the second the blob is sent.
    assert!(registry.has_blob(&Digest::of(&image.layer)).unwrap());
    let mounted = registry.mount(&Digest::of(&image.layer), "team/app");
    assert!(matches!(mounted, Ok(Mount::Mounted)));
    let mounted = registry.mount(&Digest::of(b"x"), "private/app");
    assert!(matches!(mounted, Ok(Mount::Send(_))));
}
