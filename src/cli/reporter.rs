//! Progress on standard error: bars, lines, JSON or nothing.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
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
    let _ = writeln!(std::io::stderr().lock(), "{text}");
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
            Event::StepStarted { step, of, title } => line(format_args!("[{step}/{of}] {title}")),
            Event::StepOutput { step, line: text } => line(format_args!("[{step}] {text}")),
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
            Event::Warning { message } => line(format_args!("warning: {message}")),
            Event::Fetching { step, done, total } => {
                if self.is_due() {
                    line(format_args!("[{step}] {}", so_far(*done, *total)));
                }
            }
            Event::Squashing { done, total } => {
                if self.is_due() {
                    line(format_args!("squashing: {}", so_far(*done, Some(*total))));
                }
            }
            Event::Squashed {
                entries,
                uncompressed,
                compressed,
                elapsed,
            } => line(format_args!(
                "squashed {entries} entries, {} to {}: {}",
                size(*uncompressed),
                size(*compressed),
                finished(false, *elapsed)
            )),
            Event::Written { destination } => line(format_args!("wrote {destination}")),
            _ => {}
        }
    }
}

/// A bar for the running step, finished steps above it.
struct Bars {
    bar: ProgressBar,
}

impl Bars {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }
}

impl Reporter for Bars {
    fn report(&self, event: &Event<'_>) {
        match event {
            Event::StepStarted { step, of, title } => {
                self.style("{spinner} {prefix} {wide_msg} {elapsed:>5}");
                self.bar.reset_elapsed();
                self.bar.set_prefix(format!("[{step}/{of}]"));
                self.bar.set_message((*title).to_owned());
                self.bar.println(format!("[{step}/{of}] {title}"));
            }
            Event::StepOutput { line, .. } => self.bar.set_message((*line).to_owned()),
            Event::Fetching { done, total, .. } => self.bar.set_message(so_far(*done, *total)),
            Event::StepFinished {
                step,
                cached,
                elapsed,
            } => {
                self.bar
                    .println(format!("[{step}] done: {}", finished(*cached, *elapsed)));
            }
            Event::Warning { message } => self.bar.println(format!("warning: {message}")),
            Event::Squashing { done, total } => {
                self.style("squashing [{wide_bar}] {decimal_bytes} of {decimal_total_bytes}");
                self.bar.set_length(*total);
                self.bar.set_position(*done);
            }
            Event::Squashed { .. } | Event::Written { .. } => {
                self.bar.suspend(|| Lines::default().report(event));
            }
            _ => {}
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// One JSON object a line.
struct Json;

impl Reporter for Json {
    fn report(&self, event: &Event<'_>) {
        if let Ok(json) = serde_json::to_string(event) {
            line(format_args!("{json}"));
        }
    }
}
