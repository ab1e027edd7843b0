//! A small HTTP server on the loopback device that can misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::workspace::tool;

/// What a client asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// As in the first line: a path, or for a proxy an address.
    pub(crate) target: String,
    pub(crate) method: String,
    headers: Vec<(String, String)>,
    /// Of as many bytes as `content-length` says.
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// Where the asked range begins.
    pub(crate) fn start(&self) -> Option<usize> {
        let range = self.header("range")?.strip_prefix("bytes=")?;
        range.strip_suffix('-')?.parse().ok()
    }
}

/// What it gets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// `content-length` is added unless it is here, or `chunked`.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) chunked: bool,
    /// The connection ends after so many bytes of the body.
    pub(crate) cut: Option<usize>,
    /// Nothing comes after the cut, but the connection stays.
    pub(crate) stall: bool,
}

impl Reply {
    pub(crate) fn file(body: &[u8]) -> Self {
        Self {
            status: 200,
            body: body.to_vec(),
            ..Self::default()
        }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).with("location", to)
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// The server; it ends when it is dropped.
pub(crate) struct Server {
    address: String,
    asked: Arc<Mutex<Vec<Request>>>,
    ended: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

type Answer = dyn Fn(&Request, usize) -> Reply + Send + Sync;

impl Server {
    /// Answers with `answer`, which is told how many requests came before.
    pub(crate) fn new(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(answer), None)
    }

    /// One file at every path.
    pub(crate) fn with(body: &[u8]) -> Self {
        let body = body.to_vec();
        Self::new(move |_, _| Reply::file(&body))
    }

    /// With TLS, by a certificate that `authority` has signed.
    pub(crate) fn encrypted(
        authority: &Authority,
        answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(Arc::new(answer), Some(authority.server()))
    }

    fn start(answer: Arc<Answer>, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let (log, end) = (asked.clone(), ended.clone());
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (answer, log, end) = (answer.clone(), log.clone(), end.clone());
                let tls = tls.clone();
                // A client that goes away is none of our business.
                thread::spawn(move || {
                    let patience = Some(Duration::from_secs(20));
                    let _ = stream.set_read_timeout(patience);
                    let _ = stream.set_write_timeout(patience);
                    match tls {
                        None => converse(stream, &*answer, &log, &end),
                        Some(tls) => {
                            let connection = ServerConnection::new(tls).unwrap();
                            converse(StreamOwned::new(connection, stream), &*answer, &log, &end)
                        }
                    }
                });
            }
        });
        Self {
            address,
            asked,
            ended,
            accepting: Some(accepting),
        }
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The address of a path on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What was asked for so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(&self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn converse<S: Read + Write>(
    stream: S,
    answer: &Answer,
    log: &Mutex<Vec<Request>>,
    ended: &AtomicBool,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    // Whoever says hello in TLS here is not kept waiting.
    if stream.fill_buf().ok()?.first() == Some(&0x16) {
        return None;
    }
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request {
        target,
        method,
        headers,
        body: Vec::new(),
    };
    let length = request.header("content-length").map(str::parse);
    if let Some(Ok(length)) = length {
        request.body = vec![0; length];
        if request.header("expect").is_some() {
            let answer = b"HTTP/1.1 100 Continue\r\n\r\n";
            stream.get_mut().write_all(answer).ok()?;
            stream.get_mut().flush().ok()?;
        }
        stream.read_exact(&mut request.body).ok()?;
    }
    let before = {
        let mut log = log.lock().unwrap();
        log.push(request.clone());
        log.len() - 1
    };
    let reply = answer(&request, before);
    if request.method == "CONNECT" && reply.status == 200 {
        // A proxy: this server stands for all others.
        stream
            .get_mut()
            .write_all(b"HTTP/1.1 200 Text\r\n\r\n")
            .ok()?;
        return converse(stream.into_inner(), answer, log, ended);
    }
    let mut head = format!("HTTP/1.1 {} Text\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let has_length = reply
        .headers
        .iter()
        .any(|(name, _)| *name == "content-length");
    if reply.chunked {
        head.push_str("transfer-encoding: chunked\r\n");
    } else if !has_length {
        head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    head.push_str("\r\n");
    let body = &reply.body[..reply.cut.unwrap_or(reply.body.len())];
    let stream = stream.get_mut();
    stream.write_all(head.as_bytes()).ok()?;
    if reply.chunked {
        for chunk in body.chunks(1000) {
            write!(stream, "{:x}\r\n", chunk.len()).ok()?;
            stream.write_all(chunk).ok()?;
            stream.write_all(b"\r\n").ok()?;
        }
        if reply.cut.is_none() {
            stream.write_all(b"0\r\n\r\n").ok()?;
        }
    } else {
        stream.write_all(body).ok()?;
    }
    stream.flush().ok()?;
    let mut patience = 200;
    while reply.stall && patience > 0 && !ended.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(100));
        patience -= 1;
    }
    Some(())
}

/// A certificate authority of its own, made by openssl, with a server's certificate.
pub(crate) struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// Makes one in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let script = "
            set -e
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 \
                -subj '/CN=test authority' -addext 'basicConstraints=critical,CA:TRUE'
            openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr \
                -subj /CN=127.0.0.1
            printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\\nbasicConstraints=CA:FALSE\\n' >ext
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
                -days 2 -extfile ext -out server.pem
        ";
        tool(Command::new("sh").args(["-c", script]).current_dir(folder));
        Self {
            folder: folder.to_owned(),
        }
    }

    /// A file of the authority: `ca.pem`, `ca.key`, `server.pem`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn server(&self) -> Arc<ServerConfig> {
        let chain = CertificateDer::from_pem_file(self.file("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.file("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
        Arc::new(config)
    }
}
