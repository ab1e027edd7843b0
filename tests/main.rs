//! All integration tests, in one binary; one module per subject.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod archives;
mod changes;
mod foreign_images;
mod layering;
mod layouts;
mod resolving;
mod support;
