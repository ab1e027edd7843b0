//! Blobs that come: counted and hashed on their way, resumed where they broke off
//! ([distribution-spec, "Pulling blobs"]).
//!
//! [distribution-spec, "Pulling blobs"]: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-blobs

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Instant;

use ureq::http::Method;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE, RANGE, TRANSFER_ENCODING};

use crate::digest::{Digest, Hasher};
use crate::image::Descriptor;
use crate::progress::Event;

use super::attempts::{Attempts, failure};
use super::client::{Answer, Wish};
use super::exchange::{Body, PATIENCE, Said};
use super::failure::{RegistryError, Trouble};
use super::scope::Scope;
use super::{Registry, Shared};

/// Who gets so far, in bytes, has all attempts again.
const PROGRESS: u64 = 1 << 20;

/// The bytes of a blob.
///
/// Reading to the end fails unless they are the announced ones: the last of them are given out when
/// the digest is known to be right. A byte too many fails as well, without the rest being waited
/// for. [`RegistryError::in_io`] finds what a failure of [`Read`] was.
pub struct Blob<'a> {
    shared: Arc<Shared<'a>>,
    digest: Digest,
    size: u64,
    /// Taken when all bytes were there.
    hasher: Option<Hasher>,
    /// Bytes that came, and where the present connection began.
    done: u64,
    begun: u64,
    /// Bytes that come again, since the server begins earlier than asked.
    skip: u64,
    answer: Option<Answer>,
    attempts: Attempts,
    /// The server knows no ranges.
    only_whole: bool,
    block: Vec<u8>,
    at: usize,
    told: Instant,
    end: Option<End>,
}

#[derive(Clone, Copy)]
enum End {
    Complete,
    Failed,
}

impl<'a> Registry<'a> {
    /// Opens a blob of the repository. The bytes are read while they come.
    ///
    /// A descriptor's `urls` are not followed: layers that lie outside of registries are refused.
    ///
    /// # Errors
    /// When there is none, or it does not come, or has another size.
    pub fn blob(&self, descriptor: &Descriptor) -> Result<Blob<'a>, RegistryError> {
        let shared = self.0.clone();
        let mut blob = Blob {
            digest: descriptor.digest,
            size: descriptor.size,
            hasher: Some(Hasher::new()),
            done: 0,
            begun: 0,
            skip: 0,
            answer: None,
            attempts: shared.client.attempts(),
            only_whole: false,
            block: Vec::new(),
            at: 0,
            told: Instant::now(),
            end: None,
            shared,
        };
        match blob.connect() {
            Err(RegistryError::Missing { repository, .. })
                if is_foreign(&descriptor.media_type) =>
            {
                return Err(RegistryError::Foreign {
                    repository,
                    digest: descriptor.digest,
                    media_type: descriptor.media_type.clone(),
                });
            }
            connected => connected?,
        }
        blob.check_whole()?;
        Ok(blob)
    }
}

/// Whether a layer may lie where only its `urls` say ([image-spec, "Non-Distributable Layers"]).
///
/// [image-spec, "Non-Distributable Layers"]: https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#non-distributable-layers
fn is_foreign(media_type: &str) -> bool {
    media_type.contains(".nondistributable.") || media_type.contains(".foreign.")
}

impl Blob<'_> {
    /// Asks for what is missing, until an answer begins.
    fn connect(&mut self) -> Result<(), RegistryError> {
        loop {
            match self.attempt() {
                Ok(answer) => {
                    self.begun = self.done;
                    self.answer = Some(answer);
                    return Ok(());
                }
                Err(trouble) => self.pause(trouble)?,
            }
        }
    }

    fn pause(&mut self, trouble: Trouble) -> Result<(), RegistryError> {
        let pause = self.attempts.again(trouble)?;
        self.shared.client.wait(pause)
    }

    fn attempt(&mut self) -> Result<Answer, Trouble> {
        let shared = &self.shared;
        let address = shared.address(&format!("blobs/{}", self.digest));
        let resumes = self.done > 0 && !self.only_whole;
        let range = resumes.then(|| (RANGE, format!("bytes={}-", self.done)));
        let wish = Wish {
            method: Method::GET,
            address: &address,
            headers: range.as_slice(),
            body: Body::None,
        };
        let answer = shared.attempt(&wish, &Scope::pull(&shared.repository))?;
        let passing = |problem: &str| {
            let url = answer.address.to_string();
            let problem = problem.to_owned();
            Trouble::passing(RegistryError::Answer { url, problem }, None)
        };
        match answer.status.as_u16() {
            200 => {
                if let Some(length) = length(&answer)
                    && length != self.size
                {
                    return Err(self.size_is(&answer, length > self.size).into());
                }
                self.skip = self.done;
                Ok(answer)
            }
            206 if resumes => match starts_at(&answer) {
                Some(start) if start <= self.done => {
                    self.skip = self.done - start;
                    Ok(answer)
                }
                _ => {
                    self.only_whole = true;
                    Err(passing("it gives another range than was asked for"))
                }
            },
            416 if resumes => {
                self.only_whole = true;
                Err(passing("it does not give the rest of a blob"))
            }
            404 => Err(shared
                .missing(&answer, format!("blob {}", self.digest))?
                .into()),
            _ => Err(shared.unexpected(&answer).into()),
        }
    }

    /// Brings the next block; false at the end.
    fn advance(&mut self) -> Result<bool, RegistryError> {
        loop {
            let Some(answer) = &self.answer else {
                self.connect()?;
                continue;
            };
            match answer.exchange.next(self.shared.client.cancelled())? {
                Said::Bytes(bytes) => {
                    if self.take(bytes)? {
                        return Ok(true);
                    }
                }
                Said::End if self.done == self.size => return Ok(false),
                Said::End => {
                    let has_end = answer.header(&CONTENT_LENGTH).is_some()
                        || answer.header(&TRANSFER_ENCODING).is_some();
                    if has_end {
                        return Err(self.size_is(answer, false));
                    }
                    // Nothing but the end of the connection says that the answer is complete.
                    let cut = io::Error::from(io::ErrorKind::UnexpectedEof);
                    let trouble = failure(cut.into(), &answer.address);
                    self.answer = None;
                    self.pause(trouble)?;
                }
                // All bytes are there; how the connection ends is of no importance.
                Said::Failed(_) if self.done == self.size => return Ok(false),
                Said::Failed(error) => {
                    let trouble = failure(error, &answer.address);
                    self.answer = None;
                    self.pause(trouble)?;
                }
                Said::Head(..) | Said::Wants => {}
            }
        }
    }

    /// Takes bytes as they come; false if none of them are new.
    fn take(&mut self, mut bytes: Vec<u8>) -> Result<bool, RegistryError> {
        let known = self.skip.min(bytes.len() as u64);
        self.skip -= known;
        bytes.drain(..known as usize);
        if bytes.is_empty() {
            return Ok(false);
        }
        let length = bytes.len() as u64;
        if length > self.size - self.done {
            return Err(match &self.answer {
                Some(answer) => self.size_is(answer, true),
                None => RegistryError::Cancelled,
            });
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&bytes);
        }
        self.done += length;
        if self.done - self.begun >= PROGRESS {
            self.begun = self.done;
            self.attempts = self.shared.client.attempts();
        }
        self.check_whole()?;
        if self.told.elapsed() >= PATIENCE || self.done == self.size {
            self.told = Instant::now();
            self.shared.client.watch().reporter.report(&Event::Pulling {
                blob: &self.digest.to_string(),
                done: self.done,
                total: self.size,
            });
        }
        self.block = bytes;
        self.at = 0;
        Ok(true)
    }

    /// When all bytes are there: whether they are the right ones.
    fn check_whole(&mut self) -> Result<(), RegistryError> {
        if self.done < self.size {
            return Ok(());
        }
        let found = self.hasher.take().map_or(self.digest, Hasher::finish);
        if found == self.digest {
            return Ok(());
        }
        Err(RegistryError::Digest {
            url: (self.shared.address(&format!("blobs/{}", self.digest))).to_string(),
            what: "a blob",
            expected: self.digest,
            found,
        })
    }

    fn size_is(&self, answer: &Answer, more: bool) -> RegistryError {
        RegistryError::Size {
            url: answer.address.to_string(),
            digest: self.digest,
            size: self.size,
            more,
        }
    }
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.at == self.block.len() {
            match self.end {
                Some(End::Complete) => return Ok(0),
                Some(End::Failed) => return Err(io::Error::other("the blob broke off before")),
                None => {}
            }
            match self.advance() {
                Ok(true) => {}
                Ok(false) => {
                    self.end = Some(End::Complete);
                    self.answer = None;
                    return Ok(0);
                }
                Err(error) => {
                    self.end = Some(End::Failed);
                    self.answer = None;
                    return Err(error.into());
                }
            }
        }
        let length = buffer.len().min(self.block.len() - self.at);
        buffer[..length].copy_from_slice(&self.block[self.at..][..length]);
        self.at += length;
        Ok(length)
    }
}

impl From<RegistryError> for io::Error {
    /// [`io::ErrorKind::InvalidData`] if other bytes came than were announced.
    fn from(error: RegistryError) -> Self {
        let kind = match error {
            RegistryError::Digest { .. } | RegistryError::Size { .. } => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

impl RegistryError {
    /// What a failure while reading a [`Blob`] was; the failure itself if it was of another's.
    ///
    /// # Errors
    /// When `error` is from elsewhere.
    pub fn in_io(error: io::Error) -> Result<Self, io::Error> {
        error.downcast()
    }
}

fn length(answer: &Answer) -> Option<u64> {
    answer.header(&CONTENT_LENGTH)?.parse().ok()
}

/// Where the bytes of a partial answer belong: `bytes 100-199/200`.
fn starts_at(answer: &Answer) -> Option<u64> {
    let range = answer.header(&CONTENT_RANGE)?.strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}
