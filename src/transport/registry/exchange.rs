//! One request and its answer, on a thread of its own, so that a wish to stop is heard while
//! nothing comes and nothing goes.

use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use ureq::http::header::{CONTENT_LENGTH, HeaderName};
use ureq::http::{HeaderMap, Method, Request, StatusCode};
use ureq::{Agent, SendBody};

use super::address::Address;
use super::failure::RegistryError;

const BLOCK: usize = 1 << 16;
/// Blocks that are under way, in either direction.
const WINDOW: usize = 4;
/// How soon a wish to stop is heard.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);
/// How long a registry may think about a blob that it has got: some copy it from one storage to
/// another before they answer.
const DIGESTION: Duration = Duration::from_secs(600);

/// What is asked of a server.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) address: &'a Address,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Body,
}

/// What goes with it.
#[derive(Clone)]
pub(super) enum Body {
    None,
    Bytes(Vec<u8>),
    /// So many bytes, handed over with [`Exchange::give`].
    Stream(u64),
}

/// What the thread tells.
pub(super) enum Said {
    /// Status and headers of the answer.
    Head(StatusCode, Box<HeaderMap>),
    /// The next bytes of the answer's body.
    Bytes(Vec<u8>),
    /// The answer's body is complete.
    End,
    /// A block of the request's body is wanted.
    Wants,
    /// It broke off.
    Failed(ureq::Error),
}

/// A request under way. The thread ends soon after this is dropped.
pub(super) struct Exchange {
    said: Receiver<Said>,
    /// Never full: a block is given when one is wanted.
    blocks: Option<SyncSender<Vec<u8>>>,
}

impl Exchange {
    pub(super) fn start(agent: &Agent, ask: Ask<'_>) -> Self {
        let (sender, said) = mpsc::sync_channel(2 * WINDOW);
        let (blocks, given) = mpsc::sync_channel(2 * WINDOW);
        let agent = agent.clone();
        let mut request = Request::builder()
            .method(ask.method)
            .uri(ask.address.whole());
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let body = ask.body;
        let streams = matches!(body, Body::Stream(_));
        let failed = sender.clone();
        let work = move || {
            let ended = match body {
                Body::None => carry_out(&agent, request, SendBody::none(), false, &sender),
                Body::Bytes(bytes) => {
                    let mut bytes = &*bytes;
                    request = request.header(CONTENT_LENGTH, bytes.len());
                    let body = SendBody::from_reader(&mut bytes);
                    carry_out(&agent, request, body, false, &sender)
                }
                Body::Stream(size) => {
                    request = request.header(CONTENT_LENGTH, size);
                    let mut blocks = Blocks::new(given, sender.clone());
                    let body = SendBody::from_reader(&mut blocks);
                    carry_out(&agent, request, body, true, &sender)
                }
            };
            if let Err(error) = ended {
                // Whoever asked may have gone.
                let _ = sender.send(Said::Failed(error));
            }
        };
        if let Err(error) = thread::Builder::new().name("registry".into()).spawn(work) {
            let _ = failed.try_send(Said::Failed(error.into()));
        }
        Self {
            said,
            blocks: streams.then_some(blocks),
        }
    }

    /// Waits for what comes next.
    pub(super) fn next(&self, cancelled: &dyn Fn() -> bool) -> Result<Said, RegistryError> {
        loop {
            if let Some(said) = self.soon(cancelled)? {
                return Ok(said);
            }
        }
    }

    /// What comes next, if it comes soon.
    pub(super) fn soon(&self, cancelled: &dyn Fn() -> bool) -> Result<Option<Said>, RegistryError> {
        let said = self.said.recv_timeout(PATIENCE);
        if cancelled() {
            return Err(RegistryError::Cancelled);
        }
        Ok(match said {
            Ok(said) => Some(said),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                let lost = io::Error::other("the connection was lost");
                Some(Said::Failed(lost.into()))
            }
        })
    }

    /// Hands a block of the request's body over; an empty one is the end.
    pub(super) fn give(&self, block: Vec<u8>) {
        if let Some(blocks) = &self.blocks {
            // A thread that ended has said why.
            let _ = blocks.try_send(block);
        }
    }
}

/// The body of a request that is handed over block by block.
struct Blocks {
    given: Receiver<Vec<u8>>,
    sender: SyncSender<Said>,
    begun: bool,
    block: Vec<u8>,
    at: usize,
}

impl Blocks {
    fn new(given: Receiver<Vec<u8>>, sender: SyncSender<Said>) -> Self {
        Self {
            given,
            sender,
            begun: false,
            block: Vec::new(),
            at: 0,
        }
    }
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            let gone = || io::Error::other("nobody sends any more");
            if !self.begun {
                self.begun = true;
                // Some in advance, so that reading and sending overlap.
                for _ in 1..WINDOW {
                    self.sender.send(Said::Wants).map_err(|_| gone())?;
                }
            }
            self.sender.send(Said::Wants).map_err(|_| gone())?;
            self.block = self.given.recv().map_err(|_| gone())?;
            self.at = 0;
        }
        let length = buffer.len().min(self.block.len() - self.at);
        buffer[..length].copy_from_slice(&self.block[self.at..][..length]);
        self.at += length;
        Ok(length)
    }
}

/// Reads the next block of `from`; an empty one is the end.
pub(super) fn block(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut block = vec![0; BLOCK];
    loop {
        match from.read(&mut block) {
            Ok(length) => {
                block.truncate(length);
                return Ok(block);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Sends the request and tells of the answer; ends early when nobody listens any more.
fn carry_out(
    agent: &Agent,
    request: ureq::http::request::Builder,
    body: SendBody<'_>,
    streams: bool,
    sender: &SyncSender<Said>,
) -> Result<(), ureq::Error> {
    let mut request = request.body(body)?;
    if streams {
        request = (agent.configure_request(request))
            .timeout_recv_response(Some(DIGESTION))
            .timeout_per_read(Some(DIGESTION))
            .build();
    }
    let (head, body) = agent.run(request)?.into_parts();
    let head = Said::Head(head.status, Box::new(head.headers));
    if sender.send(head).is_err() {
        return Ok(());
    }
    let mut body = body.into_reader();
    loop {
        let bytes = block(&mut body)?;
        let said = match bytes.is_empty() {
            true => Said::End,
            false => Said::Bytes(bytes),
        };
        let ends = matches!(said, Said::End);
        if sender.send(said).is_err() || ends {
            return Ok(());
        }
    }
}
