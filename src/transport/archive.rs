//! Writing an image layout as one tar.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::digest::Digest;
use crate::image::Release;

use super::blob::{BlobWriter, Blobs, Finished, Place};
use super::destination::Destination;
use super::failure::TransportError;
use super::index::TagIndex;
use super::reference::Tag;
use super::staging::Staging;
use super::tape::Tape;
use super::watch::Watch;
use super::{BLOBS, INDEX_FILE, LAYOUT_FILE, LAYOUT_MARK};

/// An archive that takes one image and appears under its name when it is complete.
///
/// The layer is written straight into the archive: its header is filled in afterwards, when size
/// and digest are known. Equal images give equal archives.
pub(super) struct ArchiveWriter {
    staging: Staging,
    path: PathBuf,
    tag: Option<Tag>,
    state: State,
}

/// The blobs among the members, with offset and size.
type Members = BTreeMap<Digest, (u64, u64)>;

enum State {
    /// Members are added.
    Open(Tape, Members),
    Complete(NamedTempFile),
    Gone,
}

impl ArchiveWriter {
    /// Begins the archive that will be at `path`.
    pub(super) fn open(path: &Path, tag: Option<Tag>) -> Result<Self, TransportError> {
        let staging = Staging::beside(path)?;
        let mut tape = Tape::new(staging.file()?, path);
        tape.member(LAYOUT_FILE, LAYOUT_MARK.as_bytes())?;
        let mut name = String::new();
        for part in BLOBS.split('/') {
            name.push_str(part);
            name.push('/');
            tape.directory(&name)?;
        }
        Ok(Self {
            staging,
            path: path.to_owned(),
            tag,
            state: State::Open(tape, Members::new()),
        })
    }

    fn tape(&mut self) -> Result<(&mut Tape, &mut Members), TransportError> {
        match &mut self.state {
            State::Open(tape, blobs) => Ok((tape, blobs)),
            _ => Err(TransportError::ForeignBlob),
        }
    }
}

impl Destination for ArchiveWriter {
    fn streams(&self) -> bool {
        true
    }

    /// Starts a member whose name and size are not known yet.
    fn blob(&mut self) -> Result<BlobWriter, TransportError> {
        let (archive, header) = self.tape()?.0.begin_member()?;
        Ok(BlobWriter(Place::Member { archive, header }))
    }

    fn finish(&mut self, place: Place, digest: &Digest) -> Result<Finished, TransportError> {
        let Place::Member { header, .. } = place else {
            return Err(TransportError::ForeignBlob);
        };
        let (tape, blobs) = self.tape()?;
        let (offset, size) = match blobs.get(digest) {
            // Two layers may be the same blob; a member's name must not come twice.
            Some(found) => {
                tape.drop_member(header)?;
                *found
            }
            None => tape.end_member(header, &blob_name(digest))?,
        };
        blobs.insert(*digest, (offset, size));
        Ok(Finished {
            file: tape.reopen()?,
            offset,
            size,
            origin: None,
            expected: None,
        })
    }

    fn copy(&mut self, digest: &Digest, from: &Finished) -> Result<(), TransportError> {
        let path = self.path.clone();
        let (tape, blobs) = self.tape()?;
        if blobs.insert(*digest, (0, from.size)).is_some() {
            return Ok(());
        }
        tape.copy(
            &blob_name(digest),
            from.size,
            from.reader().map_err(TransportError::io("read", path))?,
        )
    }

    /// Writes the documents and ends the archive.
    fn prepare(
        &mut self,
        release: &Release,
        _: &Blobs,
        watch: &Watch<'_>,
    ) -> Result<(), TransportError> {
        watch.check()?;
        let State::Open(mut tape, _) = std::mem::replace(&mut self.state, State::Gone) else {
            return Err(TransportError::ForeignBlob);
        };
        let mut written = BTreeSet::new();
        for document in release.documents() {
            if written.insert(document.digest) {
                tape.member(&blob_name(&document.digest), &document.bytes)?;
            }
        }
        let mut index = TagIndex::new();
        index.set(self.tag.as_ref(), release.document());
        let bytes = index.to_bytes().map_err(|source| TransportError::Index {
            path: self.path.clone(),
            source,
        })?;
        tape.member(INDEX_FILE, &bytes)?;
        self.state = State::Complete(tape.end()?);
        Ok(())
    }

    fn publish(&mut self, _: &Release, _: &Watch<'_>) -> Result<(), TransportError> {
        match std::mem::replace(&mut self.state, State::Gone) {
            State::Complete(file) => self.staging.publish(file, &self.path),
            _ => Err(TransportError::ForeignBlob),
        }
    }
}

fn blob_name(digest: &Digest) -> String {
    format!("{BLOBS}/{}", digest.hex())
}
