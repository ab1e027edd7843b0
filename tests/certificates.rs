//! Certificate authorities in the trust bundles of a root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::images::look;
use super::privilege::as_nobody;
use super::support::server::Authority;
use super::support::workspace::{Workspace, require_root, require_tool, run, tool};

/// Two authorities in the context, as `own.pem` (with text around it) and `other.crt`.
struct Authorities {
    own: Authority,
    other: Authority,
}

impl Authorities {
    fn new(workspace: &Workspace) -> Self {
        let own = Authority::new(&workspace.path("own"));
        let other = Authority::new(&workspace.path("other"));
        let pem = fs::read_to_string(own.file("ca.pem")).unwrap();
        let pem = pem.replace('\n', "\r\n");
        workspace.write(
            "own.pem",
            &format!("Subject: test authority\r\n{pem}trailer"),
        );
        let pem = fs::read_to_string(other.file("ca.pem")).unwrap();
        workspace.write("certs/other.crt", &pem);
        Self { own, other }
    }
}

/// Whether openssl trusts a server by this bundle alone.
fn is_trusted(bundle: &Path, authority: &Authority) -> bool {
    let verified = Command::new("openssl")
        .args(["verify", "-no-CApath", "-no-CAstore", "-CAfile"])
        .arg(bundle)
        .arg(authority.file("server.pem"))
        .output()
        .unwrap();
    verified.status.success()
}

fn count(path: &Path) -> usize {
    let text = fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.matches("-----BEGIN CERTIFICATE-----").count()
}

const SCRATCH: &str = "
name: x
base: scratch
steps:
  - certificates: [own.pem, certs/other.crt, own.pem]
";

#[test]
fn a_root_without_a_bundle_gets_one() {
    if !require_root() || !require_tool("umoci") || !require_tool("openssl") {
        return;
    }
    let workspace = Workspace::with(SCRATCH);
    let authorities = Authorities::new(&workspace);
    workspace.build(&["-o", "oci:out"]).expect(0);
    let root = workspace.unpack("out", "latest");
    let bundle = root.join("etc/ssl/certs/ca-certificates.crt");
    assert_eq!(
        look(&root, "etc/ssl/certs/ca-certificates.crt"),
        "f 0644 0:0"
    );
    assert_eq!(count(&bundle), 2);
    assert!(is_trusted(&bundle, &authorities.own));
    assert!(is_trusted(&bundle, &authorities.other));
    // The text around a certificate stays outside.
    assert!(!fs::read_to_string(&bundle).unwrap().contains("Subject"));
}

#[test]
fn an_ordinary_user_adds_the_same() {
    if !require_root() || !require_tool("setpriv") || !require_tool("openssl") {
        return;
    }
    let workspace = Workspace::with(SCRATCH);
    Authorities::new(&workspace);
    let own = as_nobody(&workspace, &["build", "context", "-o", "oci:user"]).digest();
    assert_eq!(
        own,
        workspace.build(&["-o", "oci:out", "--no-cache"]).digest()
    );
}

/// Bundles as distributions have them, and the folders of their tools.
const BUNDLES: &str = r#"
name: x
base: scratch
steps:
  - copy: bundle
    to: /etc/ssl/certs/ca-certificates.crt
    owner: "3:4"
    mode: "0444"
  - link: /etc/ssl/cert.pem
    target: certs/ca-certificates.crt
  - copy: bundle
    to: /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
  - link: /etc/pki/tls/certs/ca-bundle.crt
    target: /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
  - link: /etc/pki/tls/cert.pem
    target: certs/ca-bundle.crt
  - copy: bundle
    to: /var/lib/ca-certificates/ca-bundle.pem
  - link: /etc/ssl/ca-bundle.pem
    target: ../../var/lib/ca-certificates/ca-bundle.pem
  - directory: /usr/local/share/ca-certificates
  - directory: /etc/pki/ca-trust/source/anchors
  - certificates: [own.pem, certs/other.crt]
  - certificates: own.pem
"#;

#[test]
fn every_bundle_is_completed_once() {
    if !require_root() || !require_tool("umoci") || !require_tool("openssl") {
        return;
    }
    let workspace = Workspace::with(BUNDLES);
    let authorities = Authorities::new(&workspace);
    // One of them is there already, behind a comment and without an end of line.
    let other = fs::read_to_string(authorities.other.file("ca.pem")).unwrap();
    workspace.write("bundle", &format!("# caf\u{e9}\n{}", other.trim_end()));
    workspace.build(&["-o", "oci:out"]).expect(0);
    let root = workspace.unpack("out", "latest");
    let before = fs::read_to_string(workspace.context().join("bundle")).unwrap();
    for path in [
        "etc/ssl/certs/ca-certificates.crt",
        "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "var/lib/ca-certificates/ca-bundle.pem",
    ] {
        let bundle = root.join(path);
        assert_eq!(count(&bundle), 2, "{path}");
        assert!(
            fs::read_to_string(&bundle).unwrap().starts_with(&before),
            "{path}"
        );
        assert!(is_trusted(&bundle, &authorities.own), "{path}");
        assert!(is_trusted(&bundle, &authorities.other), "{path}");
    }
    assert_eq!(
        look(&root, "etc/ssl/certs/ca-certificates.crt"),
        "f 0444 3:4"
    );
    for link in [
        "etc/ssl/cert.pem",
        "etc/pki/tls/cert.pem",
        "etc/ssl/ca-bundle.pem",
    ] {
        assert!(look(&root, link).starts_with("-> "), "{link}");
    }
    for folder in [
        "usr/local/share/ca-certificates",
        "etc/pki/ca-trust/source/anchors",
    ] {
        let mut files: Vec<PathBuf> = (fs::read_dir(root.join(folder)).unwrap())
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let names: Vec<String> = (files.iter())
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(
            names[0].starts_with("other-") && names[0].ends_with(".crt"),
            "{names:?}"
        );
        assert!(
            names[1].starts_with("own-") && names[1].ends_with(".crt"),
            "{names:?}"
        );
        assert!(is_trusted(&files[1], &authorities.own));
        tool(
            Command::new("openssl")
                .args(["x509", "-noout", "-in"])
                .arg(&files[0]),
        );
    }
}

#[test]
fn what_is_no_certificate_is_refused() {
    if !require_tool("openssl") {
        return;
    }
    let workspace = Workspace::with("name: x\nbase: scratch\nsteps:\n  - certificates: file.pem\n");
    let authority = Authority::new(&workspace.path("authority"));
    let pem = fs::read_to_string(authority.file("ca.pem")).unwrap();
    let key = fs::read_to_string(authority.file("ca.key")).unwrap();
    let request = fs::read_to_string(authority.file("server.csr")).unwrap();
    let encrypted = tool(
        Command::new("openssl")
            .args(["pkey", "-aes128", "-passout", "pass:x", "-in"])
            .arg(authority.file("ca.key")),
    );
    let mut flipped = pem.clone();
    flipped.replace_range(100..101, "*");
    for (what, text, expected) in [
        (
            "nothing",
            String::new(),
            "`file.pem` holds no certificate in PEM form",
        ),
        (
            "text",
            "hello\n".to_owned(),
            "`file.pem` holds no certificate in PEM form",
        ),
        ("a key", key.clone(), "`file.pem` holds a private key"),
        (
            "a key behind",
            format!("{pem}{key}"),
            "`file.pem` holds a private key",
        ),
        (
            "an encrypted key",
            format!("{pem}{encrypted}"),
            "`file.pem` holds a private key",
        ),
        (
            "a cut key",
            format!("{pem}{}", &key[..200]),
            "`file.pem` holds a private key",
        ),
        (
            "a request",
            request,
            "`file.pem` holds a `CERTIFICATE REQUEST`",
        ),
        (
            "a trusted certificate",
            pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
            "holds a `TRUSTED CERTIFICATE`, which is no certificate",
        ),
        (
            "a cut certificate",
            pem[..300].to_owned(),
            "PEM block 1 of `file.pem` is damaged",
        ),
        (
            "half of two",
            format!("{pem}{}", &pem[..300]),
            "PEM block 2 of `file.pem` is damaged",
        ),
        (
            "a wrong digit",
            flipped,
            "PEM block 1 of `file.pem` is damaged",
        ),
        (
            "something else inside",
            "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n".to_owned(),
            "PEM block 1 of `file.pem` is damaged",
        ),
    ] {
        workspace.write("file.pem", &text);
        let told = workspace.build(&["-o", "oci:out"]).expect(3);
        assert!(
            told.stderr.contains(expected),
            "{what}: no `{expected}`:\n{}",
            told.stderr
        );
        assert!(told.stderr.contains("help: "), "{what}");
    }
}

#[test]
fn a_bundle_that_is_no_file_is_told() {
    if !require_tool("openssl") {
        return;
    }
    let workspace = Workspace::with(
        "
name: x
base: scratch
steps:
  - directory: /etc/ssl/cert.pem
  - certificates: own.pem
",
    );
    Authorities::new(&workspace);
    let told = workspace.build(&["-o", "oci:out"]).expect(3);
    let expected = "`/etc/ssl/cert.pem` in the root is no regular file";
    assert!(told.stderr.contains(expected), "{}", told.stderr);
}

/// Nobody ever writes into it.
#[test]
fn a_pipe_is_not_waited_for() {
    if !require_tool("mkfifo") || !require_tool("timeout") {
        return;
    }
    let workspace = Workspace::with("name: x\nbase: scratch\nsteps:\n  - certificates: pipe.pem\n");
    tool(Command::new("mkfifo").arg(workspace.context().join("pipe.pem")));
    let mut command = workspace.below(&["timeout", "20"], &["build", "context", "-o", "oci:out"]);
    let told = run(&mut command).expect(1);
    assert!(
        told.stderr.contains("cannot read `pipe.pem`"),
        "{}",
        told.stderr
    );
    assert!(told.stderr.contains("it is a pipe"), "{}", told.stderr);
    let ignore = workspace.context().join(".onelayerignore");
    tool(Command::new("mkfifo").arg(ignore));
    let mut command = workspace.below(&["timeout", "20"], &["build", "context", "-o", "oci:out"]);
    let told = run(&mut command).expect(5);
    let expected = "`.onelayerignore` is no regular file";
    assert!(told.stderr.contains(expected), "{}", told.stderr);
}

#[test]
fn the_key_follows_the_content() {
    if !require_tool("openssl") {
        return;
    }
    let workspace = Workspace::with(SCRATCH);
    let authorities = Authorities::new(&workspace);
    let first = workspace.build(&["-o", "oci:out"]).digest();
    assert_eq!(first, workspace.build(&["-o", "oci:out"]).digest());
    let other = fs::read_to_string(authorities.other.file("ca.pem")).unwrap();
    workspace.write("own.pem", &other);
    assert_ne!(first, workspace.build(&["-o", "oci:out"]).digest());
}
