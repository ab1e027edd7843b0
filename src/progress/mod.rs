//! What a long operation tells while it works.
//!
//! The library emits [`Event`]s to a [`Reporter`] and knows nothing of terminals; the command line
//! turns them into bars, lines or JSON.

use std::time::Duration;

use serde::Serialize;

/// One thing that happened. Serialises to one object with an `event` key.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event<'a> {
    /// Commands will be run; once, before all steps.
    Isolation {
        /// How they are kept from the host: `root`, `subids` or `single`.
        isolation: &'a str,
        /// Why not in a more exact way, if that is so.
        reason: Option<&'a str>,
        /// What they see of other processes: `own` for their own alone, or `all`.
        processes: &'a str,
    },
    /// What a root starts from, or takes files from, is unpacked.
    BaseStarted {
        /// As the recipe names it.
        base: &'a str,
    },
    /// It is there.
    BaseFinished {
        /// As the recipe names it.
        base: &'a str,
        /// Whether it was found in the store, so that nothing was read.
        cached: bool,
        /// Wall time.
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
    },
    /// A step of the plan begins.
    StepStarted {
        /// Number of the step, from 1.
        step: usize,
        /// How many steps the plan has.
        of: usize,
        /// What the step does, in one line.
        title: &'a str,
    },
    /// A step printed a line (without its end of line).
    StepOutput {
        /// Number of the step, from 1.
        step: usize,
        /// The line; bytes that are no UTF-8 are replaced.
        line: &'a str,
    },
    /// A step waits for a cache that another one uses.
    StepWaiting {
        /// Number of the step, from 1.
        step: usize,
        /// Name of the cache.
        cache: &'a str,
    },
    /// Another build makes the same step, or unpacks the same root, at this moment.
    MakerAwaited {
        /// Number of the step, from 1; none for what a root starts from.
        step: Option<usize>,
        /// Which process that is, and what it builds.
        maker: &'a str,
    },
    /// A file comes from the network.
    Fetching {
        /// Number of the step, from 1.
        step: usize,
        /// Bytes that are there.
        done: u64,
        /// Bytes in all, where the server tells.
        total: Option<u64>,
    },
    /// A blob comes from a registry.
    Pulling {
        /// Digest of the blob.
        blob: &'a str,
        /// Bytes that are there.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// A blob goes to a registry.
    Pushing {
        /// Digest of the blob.
        blob: &'a str,
        /// Bytes that went so far.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// A step is done.
    StepFinished {
        /// Number of the step, from 1.
        step: usize,
        /// Whether its change set was found in the store, so that nothing ran.
        cached: bool,
        /// Wall time.
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
    },
    /// A check of a finished root begins.
    CheckStarted {
        /// Number of the check, from 1.
        check: usize,
        /// How many checks the root has.
        of: usize,
        /// The stage; none for the image itself.
        stage: Option<&'a str>,
        /// What is looked at, in one line.
        title: &'a str,
    },
    /// A check is made.
    CheckFinished {
        /// Number of the check, from 1.
        check: usize,
        /// How many checks the root has.
        of: usize,
        /// The stage; none for the image itself.
        stage: Option<&'a str>,
        /// What was looked at, in one line.
        title: &'a str,
        /// Whether it holds.
        passed: bool,
        /// What is wrong, if it does not.
        problems: &'a [String],
        /// Wall time.
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
    },
    /// Something the user should know, though the build goes on.
    Warning {
        /// In one line.
        message: &'a str,
    },
    /// The layer grows.
    Squashing {
        /// Bytes of the uncompressed layer done so far.
        done: u64,
        /// Bytes of the uncompressed layer in all.
        total: u64,
    },
    /// The layer is complete.
    Squashed {
        /// Entries in the layer.
        entries: usize,
        /// Bytes of the uncompressed layer.
        uncompressed: u64,
        /// Bytes of the compressed blob.
        compressed: u64,
        /// Of these, bytes that an earlier layer left.
        kept: u64,
        /// Wall time.
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
    },
    /// An image was written to one of its destinations.
    Written {
        /// The destination, as containers-transports(5) spells it.
        destination: &'a str,
    },
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Receives events, from any thread.
pub trait Reporter: Sync {
    /// Takes one event; must return soon, since the work waits for it.
    fn report(&self, event: &Event<'_>);
}

/// A reporter that drops everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _: &Event<'_>) {}
}
