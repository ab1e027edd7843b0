//! A download: bytes of a server, counted and hashed while they come.
//!
//! A thread of its own reads from the connection, so that a wish to stop is heard while nothing
//! comes. What broke off is tried again, from where it broke off if the server can do that.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderName, StatusCode};

use crate::digest::{Checksum, ChecksumHasher};
use crate::progress::{Event, Reporter};
use crate::sandbox::Cancel;

use super::FetchError;

/// A file larger than this does not belong into an image.
pub(super) const MOST_BYTES: u64 = 16 << 30;
/// How often a server may lead on.
pub(super) const MOST_REDIRECTS: u32 = 10;
/// How often a file is asked for.
const ATTEMPTS: u32 = 5;
/// Before the second time; doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

const BLOCK: usize = 1 << 16;
/// How soon a wish to stop is heard.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is to come from where.
pub(super) struct Download<'a> {
    pub(super) url: &'a str,
    pub(super) expected: &'a Checksum,
    pub(super) most: u64,
    pub(super) cancel: &'a Cancel,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) step: usize,
}

/// Why a download ended.
pub(super) enum End {
    Failed(FetchError),
    Cancelled,
}

impl From<FetchError> for End {
    fn from(error: FetchError) -> Self {
        Self::Failed(error)
    }
}

/// What is there so far.
struct Partial<'a> {
    file: &'a mut File,
    hasher: ChecksumHasher,
    length: u64,
    /// What the server calls this version of the file.
    version: Option<String>,
    resumed: bool,
}

/// How one attempt ended that was not the last word.
struct Broken {
    error: FetchError,
    pause: Option<Duration>,
}

enum Attempt {
    Complete,
    Broken(Broken),
}

/// What the reading thread tells.
enum Message {
    Head(StatusCode, Box<HeaderMap>),
    Bytes(Vec<u8>),
    Complete,
    Failed(ureq::Error),
}

impl Download<'_> {
    /// Brings the file into `file`, which is empty.
    pub(super) fn run(&self, agent: &Agent, file: &mut File) -> Result<(), End> {
        let mut partial = Partial {
            file,
            hasher: self.expected.hasher(),
            length: 0,
            version: None,
            resumed: false,
        };
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let broken = match self.attempt(agent, &mut partial, attempt)? {
                Attempt::Broken(broken) => broken,
                Attempt::Complete => match self.check(&mut partial) {
                    Ok(()) => return Ok(()),
                    // The server may have put two versions of the file together.
                    Err(error) if partial.resumed => {
                        self.restart(&mut partial)?;
                        Broken { error, pause: None }
                    }
                    Err(error) => return Err(error.into()),
                },
            };
            if attempt == ATTEMPTS {
                return Err(broken.error.into());
            }
            self.wait(broken.pause.unwrap_or(pause).min(LONGEST_PAUSE))?;
            pause *= 2;
            attempt += 1;
        }
    }

    fn check(&self, partial: &mut Partial<'_>) -> Result<(), FetchError> {
        let found = partial.hasher.clone().finish();
        if found == *self.expected {
            return Ok(());
        }
        Err(FetchError::Checksum {
            url: self.url.to_owned(),
            expected: Box::new(self.expected.clone()),
            found: Box::new(found),
            size: partial.length,
        })
    }

    fn attempt(
        &self,
        agent: &Agent,
        partial: &mut Partial<'_>,
        number: u32,
    ) -> Result<Attempt, End> {
        let messages = self.ask(agent, partial);
        let mut told = Instant::now();
        let mut total = None;
        loop {
            let message = match messages.recv_timeout(PATIENCE) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) if self.cancel.is_cancelled() => {
                    return Err(End::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => {
                    Message::Failed(ureq::Error::Io(io::Error::other("the connection was lost")))
                }
            };
            if self.cancel.is_cancelled() {
                return Err(End::Cancelled);
            }
            match message {
                Message::Head(status, headers) => {
                    if let Some(broken) = self.head(status, &headers, partial)? {
                        return Ok(Attempt::Broken(broken));
                    }
                    total = length(&headers).map(|rest| partial.length.saturating_add(rest));
                    if total.is_some_and(|total| total > self.most) {
                        return Err(self.too_large().into());
                    }
                }
                Message::Bytes(bytes) => {
                    partial.length += bytes.len() as u64;
                    if partial.length > self.most {
                        return Err(self.too_large().into());
                    }
                    partial.hasher.update(&bytes);
                    (partial.file.write_all(&bytes)).map_err(|error| self.disk(error))?;
                    if told.elapsed() >= PATIENCE {
                        told = Instant::now();
                        self.tell(partial.length, total);
                    }
                }
                Message::Complete => match total {
                    Some(total) if total > partial.length => {
                        let missing = total - partial.length;
                        let cut = format!("the connection ended {missing} bytes too early");
                        return Ok(Attempt::Broken(self.broken(cut.into(), number)));
                    }
                    _ => {
                        self.tell(partial.length, Some(partial.length));
                        return Ok(Attempt::Complete);
                    }
                },
                Message::Failed(error) => {
                    return self.failed(error, number).map(Attempt::Broken);
                }
            }
        }
    }

    /// Asks for what is missing, on a thread that ends when nobody listens any more.
    fn ask(&self, agent: &Agent, partial: &Partial<'_>) -> Receiver<Message> {
        let mut request = agent.get(self.url);
        if partial.length > 0 {
            request = request.header(RANGE, format!("bytes={}-", partial.length));
            if let Some(version) = &partial.version {
                request = request.header(IF_RANGE, version);
            }
        }
        let (sender, receiver) = mpsc::sync_channel(8);
        let broken = sender.clone();
        let asking = thread::Builder::new().spawn(move || {
            if let Err(error) = read(request, &sender) {
                let _ = sender.send(Message::Failed(error));
            }
        });
        if let Err(error) = asking {
            let _ = broken.send(Message::Failed(ureq::Error::Io(error)));
        }
        receiver
    }

    /// Decides by the answer's head where its bytes go.
    fn head(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        partial: &mut Partial<'_>,
    ) -> Result<Option<Broken>, End> {
        let error = FetchError::Status {
            url: self.url.to_owned(),
            status: status.as_u16(),
            reason: status.canonical_reason(),
        };
        match status.as_u16() {
            206 if partial.length > 0 => {
                if starts_at(headers) != Some(partial.length) {
                    self.restart(partial)?;
                    return Ok(Some(Broken { error, pause: None }));
                }
                partial.resumed = true;
            }
            200 => {
                self.restart(partial)?;
                // A weak tag does not promise the same bytes.
                let tag = header(headers, ETAG).filter(|tag| !tag.starts_with("W/"));
                partial.version = tag.map(str::to_owned);
            }
            // Nothing is left of the file that was begun.
            416 if partial.length > 0 => {
                self.restart(partial)?;
                return Ok(Some(Broken { error, pause: None }));
            }
            408 | 425 | 429 | 500 | 502 | 503 | 504 => {
                let seconds = header(headers, RETRY_AFTER).and_then(|text| text.parse().ok());
                let pause = seconds.map(Duration::from_secs);
                return Ok(Some(Broken { error, pause }));
            }
            _ => return Err(error.into()),
        }
        Ok(None)
    }

    /// Begins anew.
    fn restart(&self, partial: &mut Partial<'_>) -> Result<(), FetchError> {
        partial.hasher = self.expected.hasher();
        (partial.length, partial.resumed, partial.version) = (0, false, None);
        let empty = partial.file.set_len(0);
        (empty.and_then(|()| partial.file.seek(SeekFrom::Start(0))))
            .map(drop)
            .map_err(|error| self.disk(error))
    }

    /// Whether an error is worth another attempt.
    fn failed(&self, error: ureq::Error, number: u32) -> Result<Broken, End> {
        let url = self.url.to_owned();
        Err(End::Failed(match error {
            ureq::Error::RequireHttpsOnly(to) => FetchError::Downgrade { url, to },
            ureq::Error::TooManyRedirects => FetchError::Redirects {
                url,
                most: MOST_REDIRECTS,
            },
            ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::ConnectionFailed
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::Protocol(_) => return Ok(self.broken(error.into(), number)),
            other => self.broken(other.into(), number).error,
        }))
    }

    fn broken(&self, source: Box<dyn std::error::Error + Send + Sync>, attempts: u32) -> Broken {
        let url = self.url.to_owned();
        let error = FetchError::Transfer {
            url,
            attempts,
            source,
        };
        Broken { error, pause: None }
    }

    fn too_large(&self) -> FetchError {
        FetchError::TooLarge {
            url: self.url.to_owned(),
            most: self.most,
        }
    }

    fn disk(&self, source: io::Error) -> FetchError {
        FetchError::Store {
            url: self.url.to_owned(),
            source,
        }
    }

    fn tell(&self, done: u64, total: Option<u64>) {
        self.reporter.report(&Event::Fetching {
            step: self.step,
            done,
            total,
        });
    }

    fn wait(&self, pause: Duration) -> Result<(), End> {
        let end = Instant::now() + pause;
        loop {
            if self.cancel.is_cancelled() {
                return Err(End::Cancelled);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(PATIENCE));
        }
    }
}

/// Reads an answer; ends early when nobody listens any more.
fn read(
    request: ureq::RequestBuilder<ureq::typestate::WithoutBody>,
    sender: &SyncSender<Message>,
) -> Result<(), ureq::Error> {
    let (head, body) = request.call()?.into_parts();
    let is_body = matches!(head.status.as_u16(), 200 | 206);
    if sender
        .send(Message::Head(head.status, Box::new(head.headers)))
        .is_err()
        || !is_body
    {
        return Ok(());
    }
    let mut body = body.into_reader();
    loop {
        let mut bytes = vec![0; BLOCK];
        let length = match body.read(&mut bytes) {
            Ok(0) => {
                let _ = sender.send(Message::Complete);
                return Ok(());
            }
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        bytes.truncate(length);
        if sender.send(Message::Bytes(bytes)).is_err() {
            return Ok(());
        }
    }
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn length(headers: &HeaderMap) -> Option<u64> {
    header(headers, CONTENT_LENGTH)?.parse().ok()
}

/// Where the bytes of a partial answer belong: `bytes 100-199/200`.
fn starts_at(headers: &HeaderMap) -> Option<u64> {
    let range = header(headers, CONTENT_RANGE)?.strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}
