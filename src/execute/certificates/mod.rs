//! The step that adds certificate authorities.
//!
//! Programs look for them in one file with all of them, the trust bundle; distributions disagree
//! where it is, and some have it under several names. Each bundle that the root has gets what it
//! lacks. Where the root has the folder from which the distribution's own tool makes its bundle
//! (update-ca-certificates(8), update-ca-trust(8)), the certificates are put there as well, so
//! that they survive its next run. Java's key stores and the links of openssl-rehash(1) are not
//! made: both are the tools' own business.

mod error;
mod pem_file;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;

use crate::digest::Digest;
use crate::plan::{CertificateFile, CertificatesAction};
use crate::tree::{Kind, Tree};

use super::ExecuteError;
use super::editor::{Editor, Ownership};
use super::error::shown;
use super::input;

pub use error::CertificatesError;
use pem_file::Certificate;

/// Where a bundle may be. The first is made in a root without any.
const BUNDLES: [&str; 7] = [
    // Debian, Alpine, Arch, and what Go and OpenSSL of the others try too.
    "etc/ssl/certs/ca-certificates.crt",
    // Fedora and its descendants: the file, and its older names.
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/pki/tls/cert.pem",
    // SUSE.
    "etc/ssl/ca-bundle.pem",
    "var/lib/ca-certificates/ca-bundle.pem",
    // Alpine and the BSDs.
    "etc/ssl/cert.pem",
];

/// Where tools look for certificates that their distribution did not bring.
const ANCHORS: [&str; 4] = [
    // Debian, Alpine.
    "usr/local/share/ca-certificates",
    // Fedora and its descendants.
    "etc/pki/ca-trust/source/anchors",
    // SUSE.
    "etc/pki/trust/anchors",
    // Arch.
    "etc/ca-certificates/trust-source/anchors",
];

/// A larger file holds no certificates.
const LARGEST: u64 = 16 << 20;

/// Adds the certificates.
pub(super) fn certificates(
    action: &CertificatesAction,
    context: &Path,
    editor: &mut Editor,
) -> Result<(), ExecuteError> {
    let mut added: Vec<Certificate> = Vec::new();
    for file in &action.files {
        let pem = read(file, context)?;
        for certificate in pem_file::parse(&file.path, &pem)? {
            // Two files may hold the same one.
            if added.iter().all(|other| other.der != certificate.der) {
                added.push(certificate);
            }
        }
    }
    let mut bundles = BTreeSet::new();
    for path in BUNDLES {
        if let Some(path) = bundle(editor.tree(), path)? {
            bundles.insert(path);
        }
    }
    if bundles.is_empty() {
        bundles.insert(editor.tree().resolve(BUNDLES[0].as_bytes())?.path);
    }
    for path in bundles {
        add(&path, &added, editor)?;
    }
    for folder in ANCHORS {
        let found = editor.tree().resolve(folder.as_bytes())?;
        if found.entry.is_some_and(crate::tree::Entry::is_directory) {
            for certificate in &added {
                let name = format!("/{}", certificate.name()).into_bytes();
                let path = [found.path.as_slice(), &name].concat();
                write(&path, certificate.pem().as_bytes(), editor)?;
            }
        }
    }
    Ok(())
}

/// Reads a file of the context, which must still be what was planned.
fn read(file: &CertificateFile, context: &Path) -> Result<Vec<u8>, ExecuteError> {
    let mut pem = Vec::new();
    let from = input::open(context, Path::new(&file.path))?;
    let read = from.take(LARGEST + 1).read_to_end(&mut pem);
    read.map_err(|source| ExecuteError::Input {
        path: file.path.clone(),
        source,
    })?;
    if pem.len() as u64 > LARGEST {
        let path = file.path.clone();
        return Err(CertificatesError::TooLarge { path }.into());
    }
    if Digest::of(&pem) != file.digest {
        let path = file.path.clone();
        return Err(ExecuteError::InputChanged { path });
    }
    Ok(pem)
}

/// The file that `path` leads to, if it leads to anything.
fn bundle(tree: &Tree, path: &str) -> Result<Option<Vec<u8>>, ExecuteError> {
    let found = tree.resolve(path.as_bytes())?;
    match found.entry.map(|entry| &entry.kind) {
        None => Ok(None),
        Some(Kind::File { size, .. }) if *size <= LARGEST => Ok(Some(found.path)),
        Some(Kind::File { .. }) => Err(CertificatesError::TooLarge {
            path: format!("/{path}"),
        }
        .into()),
        Some(_) => Err(CertificatesError::NotAFile {
            path: format!("/{path}"),
        }
        .into()),
    }
}

/// Adds to the bundle at `path` what it lacks.
fn add(path: &[u8], added: &[Certificate], editor: &mut Editor) -> Result<(), ExecuteError> {
    let mut text = Vec::new();
    if let Some(entry) = editor.tree().get(path)
        && let Some(file) = entry.open()?
    {
        let read = file.take(LARGEST).read_to_end(&mut text);
        read.map_err(|source| ExecuteError::Input {
            path: shown(path),
            source,
        })?;
    }
    let known = pem_file::known(&text);
    let missing: Vec<&Certificate> = (added.iter())
        .filter(|certificate| !known.contains(&certificate.der))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
    for certificate in missing {
        text.extend_from_slice(certificate.pem().as_bytes());
    }
    write(path, &text, editor)
}

/// Writes a file; one that is there keeps its owner and mode.
fn write(path: &[u8], text: &[u8], editor: &mut Editor) -> Result<(), ExecuteError> {
    let found = editor.ownership(path)?;
    let wanted = found.unwrap_or(Ownership {
        uid: 0,
        gid: 0,
        mode: 0o644,
    });
    let mut file = editor.file(path, wanted)?;
    file.write_all(text).map_err(|source| ExecuteError::Write {
        path: shown(path),
        source,
    })?;
    drop(file);
    editor.seal(path, wanted)
}
