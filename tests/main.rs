//! All integration tests, in one binary; one module per subject.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod diagnostics;
mod hostile;
mod layering;
mod lifecycle;
mod packages;
mod schema;
mod support;
mod yaml_scalars;
