//! Shells in the root of a step: what they see, what stays, how they and their terminal end.
//!
//! Roots hold a static busybox and nothing of the network; terminals are made by the tests.

mod failure;
mod hostile;
mod terminal;
mod view;

use std::fs;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, spawn};

use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;

use crate::support::workspace::Workspace;
use crate::support::{LONG, require_root, require_tool, within};

const RECIPE: &str = r#"name: shells
base: scratch
steps:
  - copy: busybox
    to: /bin/busybox
    mode: "0755"
  - link: /bin/sh
    target: busybox
  - name: first
    run: echo one > /one
    workdir: /bin
    env: {HELLO: world}
  - name: second
    run: echo two > /two
"#;

pub(crate) fn ready() -> bool {
    require_root() && require_tool("busybox")
}

/// A workspace with the recipe and busybox.
pub(crate) fn workspace(recipe: &str) -> Workspace {
    let work = Workspace::with(recipe);
    let folders = std::env::var_os("PATH").unwrap();
    let busybox: Option<PathBuf> = std::env::split_paths(&folders)
        .map(|folder| folder.join("busybox"))
        .find(|program| program.is_file());
    fs::copy(busybox.unwrap(), work.context().join("busybox")).unwrap();
    work
}

/// What a process on a terminal wrote so far and how the terminal was.
pub(crate) struct Session {
    child: Child,
    typed: Option<File>,
    shown: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    hung_up: Arc<AtomicBool>,
    slave: Option<OwnedFd>,
    before: Termios,
}

impl Session {
    /// Starts `command` on a terminal of 33 rows and 99 columns, as the leader of its session.
    pub(crate) fn start(command: Command) -> Session {
        let size = Winsize {
            ws_row: 33,
            ws_col: 99,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pair = openpty(Some(&size), None).unwrap();
        // Nobody else is to keep the terminal open.
        for end in [&pair.master, &pair.slave] {
            rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC).unwrap();
        }
        let before = tcgetattr(&pair.slave).unwrap();
        // `setsid --ctty` makes standard input the terminal that the session controls.
        let mut wrapped = Command::new("setsid");
        wrapped.env("TERM", "dumb");
        wrapped
            .args(["--ctty", "--wait"])
            .arg(command.get_program());
        wrapped.args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            wrapped.current_dir(folder);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => wrapped.env(name, value),
                None => wrapped.env_remove(name),
            };
        }
        let stream = || Stdio::from(pair.slave.try_clone().unwrap());
        let child = wrapped
            .stdin(stream())
            .stdout(stream())
            .stderr(stream())
            .spawn()
            .unwrap();
        let typed = File::from(pair.master);
        let mut master = typed.try_clone().unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let kept = shown.clone();
        let hung_up = Arc::new(AtomicBool::new(false));
        let stop = hung_up.clone();
        let reader = spawn(move || {
            let mut block = [0; 4096];
            loop {
                let mut fds = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
                if poll(&mut fds, 50u16) == Ok(0) {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    continue;
                }
                match master.read(&mut block) {
                    Ok(count @ 1..) => kept.lock().unwrap().extend_from_slice(&block[..count]),
                    _ => return,
                }
            }
        });
        Session {
            child,
            typed: Some(typed),
            shown,
            reader: Some(reader),
            hung_up,
            slave: Some(pair.slave),
            before,
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.typed
            .as_mut()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    /// Waits until the terminal shows `text`.
    pub(crate) fn expect(&self, text: &str) {
        let seen = within(LONG, || self.text().contains(text));
        assert!(seen, "never saw `{text}` in:\n{}", self.text());
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.onelayer()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// The process of onelayer itself: `setsid` becomes it unless it had to fork.
    fn onelayer(&self) -> u32 {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap();
        let name = fs::read_to_string(format!("/proc/{own}/comm")).unwrap();
        match children.split_whitespace().next() {
            Some(child) if name.trim() == "setsid" => child.parse().unwrap(),
            _ => own,
        }
    }

    /// Closes the terminal.
    fn hang_up(&mut self) {
        self.hung_up.store(true, Ordering::SeqCst);
        self.reader.take().unwrap().join().unwrap();
        drop((self.slave.take(), self.typed.take()));
    }

    /// Waits for the end, and gives its status and all that was shown.
    pub(crate) fn finish(mut self) -> (ExitStatus, String) {
        let mut status = None;
        let ended = within(LONG, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended, "it does not end:\n{}", self.text());
        if let Some(slave) = &self.slave {
            let after = tcgetattr(slave).unwrap();
            assert_eq!(after, self.before, "the terminal is as it was");
        }
        self.hung_up.store(true, Ordering::SeqCst);
        drop((self.slave.take(), self.typed.take()));
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        (status.unwrap(), self.text())
    }
}

/// Processes on this host whose last arguments are those of `mark`, each with a NUL between.
pub(crate) fn marked(mark: &str) -> usize {
    // Other tests' numbers may begin like this one.
    let mark = format!("{mark}\0");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| fs::read(process.path().join("cmdline")).ok())
        .filter(|line| line.ends_with(mark.as_bytes()))
        .count()
}
