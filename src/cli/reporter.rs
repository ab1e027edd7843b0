//! Progress on standard error: bars, lines, JSON or nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use onelayer::diagnostic::{harmless, harmless_json};
use onelayer::progress::{Event, Reporter, Silent};

use super::arguments::Progress;
use super::terminal::Terminal;

/// The reporter that was asked for, or that fits the terminal.
pub(crate) fn reporter(progress: Progress, terminal: Terminal) -> Box<dyn Reporter> {
    match progress {
        Progress::Auto if terminal.interactive => Box::new(Bars::new()),
        Progress::Tty => Box::new(Bars::new()),
        Progress::Auto | Progress::Plain => Box::new(Lines::default()),
        Progress::Json => Box::new(Json),
        Progress::Quiet => Box::new(Silent),
    }
}

/// Writes a line; a closed standard error is no reason to stop a build.
fn line(text: std::fmt::Arguments<'_>) {
    let text = text.to_string();
    let _ = writeln!(std::io::stderr().lock(), "{}", shown(&text));
}

/// A text as it is shown: names and output are anybody's, and must not act on a terminal. A file or a
/// pipe gets what was said.
fn shown(text: &str) -> Cow<'_, str> {
    match std::io::stderr().is_terminal() {
        true => harmless(text),
        false => Cow::Borrowed(text),
    }
}

/// A line of a step's output; on a terminal, of what the step wrote over (after a carriage return)
/// the last text.
fn output(line: &str) -> &str {
    match std::io::stderr().is_terminal() {
        true => {
            let mut pieces = line.rsplit('\r');
            pieces.find(|piece| !piece.is_empty()).unwrap_or_default()
        }
        false => line,
    }
}

/// `1.2 MB`, as disks and networks count.
fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

/// The line that ends a step or the squash.
fn finished(cached: bool, elapsed: Duration) -> String {
    if cached {
        "cached".to_owned()
    } else {
        format!("{:.1} s", elapsed.as_secs_f64())
    }
}

/// What a step waits for.
fn waiting(cache: &str) -> String {
    format!("waiting for the cache `{cache}`, which another step uses")
}

/// Who makes what this build needs, too.
fn awaited(maker: &str) -> String {
    format!("waiting for {maker}, to make the same")
}

/// One line an event.
#[derive(Default)]
struct Lines {
    /// When the last line about something that grows was printed.
    grown: Mutex<Option<Instant>>,
}

/// Between two lines about a growing layer or file.
const INTERVAL: Duration = Duration::from_secs(2);

impl Lines {
    /// Whether it is time for another line about something that grows.
    fn is_due(&self) -> bool {
        let mut last = self.grown.lock().unwrap_or_else(|e| e.into_inner());
        let due = last.get_or_insert_with(Instant::now).elapsed() >= INTERVAL;
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}

/// How commands are kept from the host, in words.
fn isolated(isolation: &str, reason: Option<&str>, processes: &str) -> String {
    let meaning = match isolation {
        "root" => "root",
        "subids" => "subids: a user namespace with subordinate ids",
        _ => "single: a user namespace with one id, other owners are recorded",
    };
    let mut text = match reason {
        None => meaning.to_owned(),
        Some(reason) => format!("{meaning} ({reason})"),
    };
    if processes == "all" {
        text.push_str(
            "; commands see the command lines of other processes, since parts of `/proc` are covered \
             (docs/rootless.md)",
        );
    }
    text
}

/// How much of something is there.
fn so_far(done: u64, total: Option<u64>) -> String {
    match total {
        Some(total) => format!("{} of {}", size(done), size(total)),
        None => size(done),
    }
}

impl Reporter for Lines {
    fn report(&self, event: &Event<'_>) {
        match event {
            Event::Isolation {
                isolation,
                reason,
                processes,
            } => line(format_args!(
                "isolation: {}",
                isolated(isolation, *reason, processes)
            )),
            Event::BaseStarted { base } => line(format_args!("[base] {base}")),
            Event::BaseFinished {
                cached, elapsed, ..
            } => line(format_args!("[base] done: {}", finished(*cached, *elapsed))),
            Event::StepStarted { step, of, title } => line(format_args!("[{step}/{of}] {title}")),
            Event::StepOutput { step, line: text } => {
                line(format_args!("[{step}] {}", output(text)))
            }
            Event::StepFinished {
                step,
                cached,
                elapsed,
            } => {
                line(format_args!(
                    "[{step}] done: {}",
                    finished(*cached, *elapsed)
                ));
            }
            Event::StepWaiting { step, cache } => {
                line(format_args!("[{step}] {}", waiting(cache)));
            }
            Event::MakerAwaited { step, maker } => {
                let place = step.map_or_else(|| "base".to_owned(), |step| step.to_string());
                line(format_args!("[{place}] {}", awaited(maker)));
            }
            Event::CheckFinished {
                check,
                of,
                stage,
                title,
                passed,
                problems,
                elapsed,
            } => {
                let place = stage.map_or_else(String::new, |stage| format!("{stage} "));
                let how = if *passed { "holds" } else { "failed" };
                let time = finished(false, *elapsed);
                line(format_args!(
                    "[check {place}{check}/{of}] {title}: {how}, {time}"
                ));
                for problem in *problems {
                    line(format_args!("[check {place}{check}/{of}] {problem}"));
                }
            }
            Event::Warning { message } => line(format_args!("warning: {message}")),
            Event::Fetching { step, done, total } if self.is_due() => {
                line(format_args!("[{step}] {}", so_far(*done, *total)));
            }
            Event::Squashing { done, total } if self.is_due() => {
                line(format_args!("squashing: {}", so_far(*done, Some(*total))));
            }
            Event::Squashed {
                entries,
                uncompressed,
                compressed,
                kept,
                elapsed,
            } => {
                let kept = match kept {
                    0 => String::new(),
                    kept => format!(" ({} kept)", size(*kept)),
                };
                line(format_args!(
                    "squashed {entries} entries, {} to {}{kept}: {}",
                    size(*uncompressed),
                    size(*compressed),
                    finished(false, *elapsed)
                ));
            }
            Event::Written { destination } => line(format_args!("wrote {destination}")),
            _ => {}
        }
    }
}

/// A bar for each running step, finished steps above them.
struct Bars {
    all: MultiProgress,
    running: Arc<Mutex<Running>>,
}

/// Bars by the numbers of the steps; 0 is the squash.
type Running = BTreeMap<usize, ProgressBar>;

/// Between two pictures of what turns.
const TICK: Duration = Duration::from_millis(120);

/// Turns the bars until their owner is gone. Without a thread to do that they stand still: those of
/// each bar's own, which the library can make, panic then.
fn turn(running: &Arc<Mutex<Running>>) {
    let running = Arc::downgrade(running);
    let turning = move || {
        while let Some(running) = running.upgrade() {
            for bar in lock(&running).values() {
                bar.tick();
            }
            drop(running);
            thread::sleep(TICK);
        }
    };
    let _ = thread::Builder::new().spawn(turning);
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

const SQUASH: usize = 0;
/// What checks share: the bar shows the last one that began.
const CHECK: usize = usize::MAX;

impl Bars {
    fn new() -> Self {
        let running = Arc::default();
        turn(&running);
        Self {
            all: MultiProgress::new(),
            running,
        }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        lock(&self.running)
    }

    /// The bar of a step, a new one if it has none.
    fn bar(&self, step: usize, template: &str) -> ProgressBar {
        let mut running = self.running();
        let bar = running.entry(step).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        bar.clone()
    }

    fn end(&self, step: usize) {
        if let Some(bar) = self.running().remove(&step) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }

    /// A line above all bars; a closed standard error is no reason to stop a build.
    fn line(&self, text: String) {
        // Bars that were asked for and cannot be drawn, as into a file, take no lines.
        if self.all.is_hidden() {
            line(format_args!("{text}"));
        } else {
            let _ = self.all.println(harmless(&text));
        }
    }
}

impl Reporter for Bars {
    fn report(&self, event: &Event<'_>) {
        const STEP: &str = "{spinner} {prefix} {wide_msg} {elapsed:>5}";
        match event {
            Event::StepStarted { step, of, title } => {
                let bar = self.bar(*step, STEP);
                bar.set_prefix(format!("[{step}/{of}]"));
                bar.set_message(harmless(title).into_owned());
                self.line(format!("[{step}/{of}] {title}"));
            }
            Event::StepOutput { step, line } => self
                .bar(*step, STEP)
                .set_message(harmless(output(line)).into_owned()),
            Event::StepWaiting { step, cache } => {
                self.bar(*step, STEP).set_message(waiting(cache));
            }
            Event::MakerAwaited {
                step: Some(step),
                maker,
            } => self.bar(*step, STEP).set_message(awaited(maker)),
            Event::Fetching { step, done, total } => {
                self.bar(*step, STEP).set_message(so_far(*done, *total));
            }
            Event::StepFinished {
                step,
                cached,
                elapsed,
            } => {
                self.end(*step);
                self.line(format!("[{step}] done: {}", finished(*cached, *elapsed)));
            }
            Event::Warning { message } => self.line(format!("warning: {message}")),
            Event::Isolation { .. } => self.all.suspend(|| Lines::default().report(event)),
            Event::Squashing { done, total } => {
                let bar = self.bar(
                    SQUASH,
                    "squashing [{wide_bar}] {decimal_bytes} of {decimal_total_bytes}",
                );
                bar.set_length(*total);
                bar.set_position(*done);
            }
            Event::CheckStarted { of, title, .. } => {
                let bar = self.bar(CHECK, STEP);
                bar.set_prefix(format!("[check of {of}]"));
                bar.set_message(harmless(title).into_owned());
            }
            Event::CheckFinished { .. } => {
                self.end(CHECK);
                self.all.suspend(|| Lines::default().report(event));
            }
            Event::Squashed { .. } | Event::Written { .. } => {
                self.end(SQUASH);
                self.all.suspend(|| Lines::default().report(event));
            }
            _ => {}
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        // What runs when a build fails or is stopped.
        for bar in std::mem::take(&mut *self.running()).into_values() {
            bar.finish_and_clear();
        }
    }
}

/// One JSON object a line.
struct Json;

impl Reporter for Json {
    fn report(&self, event: &Event<'_>) {
        if let Ok(json) = serde_json::to_string(event) {
            // Also where somebody looks on.
            line(format_args!("{}", harmless_json(&json)));
        }
    }
}
