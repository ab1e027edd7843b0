//! A way to a server on the loopback device that can be blocked or cut after a number of bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the server.
    Up,
    /// To its client.
    Down,
}

/// What becomes of the connections when the bytes are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing more comes or goes.
    Block,
    /// The one that used them up ends; others, and new ones, work.
    Break,
    /// All end, and new ones too.
    End,
}

#[derive(Default)]
struct State {
    /// Bytes that went each way, since [`Relay::after`].
    gone: [u64; 2],
    limit: Option<(Way, u64, Then)>,
    /// The limit was reached.
    reached: bool,
    ended: bool,
}

/// A second address of a server; it ends when it is dropped.
pub(crate) struct Relay {
    /// `HOST:PORT`.
    pub(crate) host: String,
    state: Arc<Mutex<State>>,
    accepting: Option<JoinHandle<()>>,
}

impl Relay {
    /// To the server at `to`, without a limit.
    pub(crate) fn new(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, to) = (state.clone(), to.to_owned());
        let accepting = thread::spawn(move || {
            for client in listener.incoming() {
                if locked(&shared).ended {
                    return;
                }
                let Ok(client) = client else { continue };
                let is_over = {
                    let state = locked(&shared);
                    state.reached && matches!(state.limit, Some((_, _, Then::End)))
                };
                if is_over {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&to) else {
                    continue;
                };
                for (way, from, to) in [(Way::Up, &client, &server), (Way::Down, &server, &client)]
                {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let state = shared.clone();
                    thread::spawn(move || {
                        pass(way, &from, &to, &state);
                        let _ = from.shutdown(Shutdown::Both);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Self {
            host,
            state,
            accepting: Some(accepting),
        }
    }

    /// From now on `then` happens after so many bytes that way.
    pub(crate) fn after(&self, way: Way, bytes: u64, then: Then) {
        let mut state = locked(&self.state);
        state.gone = [0, 0];
        state.limit = Some((way, bytes, then));
        state.reached = false;
    }

    /// From now on all comes and goes; connections that are blocked end. How many bytes went each
    /// way since the last such call.
    pub(crate) fn open(&self) -> [u64; 2] {
        let mut state = locked(&self.state);
        state.limit = None;
        state.reached = false;
        std::mem::take(&mut state.gone)
    }

    /// Waits until the limit is reached.
    #[track_caller]
    pub(crate) fn wait(&self) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.is_reached() {
            assert!(Instant::now() < end, "the limit was never reached");
            sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn is_reached(&self) -> bool {
        locked(&self.state).reached
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        locked(&self.state).ended = true;
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(&self.host);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes on what comes, until there is nothing more or the limit ends it.
fn pass(way: Way, mut from: &TcpStream, mut to: &TcpStream, state: &Mutex<State>) -> Option<()> {
    // The wish to end is looked at also while nothing comes.
    from.set_read_timeout(Some(Duration::from_millis(50)))
        .ok()?;
    let mut block = [0; 4096];
    loop {
        let length = match from.read(&mut block) {
            Ok(0) => return None,
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => 0,
            Err(_) => return None,
        };
        let mut sent = 0;
        loop {
            let (some, then) = locked(state).take(way, (length - sent) as u64);
            let end = sent + usize::try_from(some).unwrap();
            to.write_all(&block[sent..end]).ok()?;
            sent = end;
            match then {
                Some(Then::Block) => {
                    // Afterwards it is as if they had been lost.
                    while locked(state).is_blocked() {
                        sleep(Duration::from_millis(5));
                    }
                    return None;
                }
                Some(_) => return None,
                None if sent == length => break,
                None => {}
            }
        }
    }
}

impl State {
    fn is_blocked(&self) -> bool {
        self.reached && !self.ended
    }

    /// How many of so many bytes may go now, and what becomes of the connection behind them.
    fn take(&mut self, way: Way, wanted: u64) -> (u64, Option<Then>) {
        let gone = &mut self.gone[way as usize];
        if self.ended {
            return (0, Some(Then::End));
        }
        match self.limit {
            Some((_, _, then @ (Then::Block | Then::End))) if self.reached => (0, Some(then)),
            Some((limited, most, then)) if limited == way && !self.reached => {
                let some = wanted.min(most - *gone);
                *gone += some;
                let is_reached = *gone == most && wanted > 0;
                self.reached = is_reached;
                (some, is_reached.then_some(then))
            }
            _ => {
                *gone += wanted;
                (wanted, None)
            }
        }
    }
}
