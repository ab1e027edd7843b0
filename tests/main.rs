//! All integration tests, in one binary; one module per subject.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod archives;
mod changes;
mod layering;
mod support;
