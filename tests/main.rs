//! All integration tests, in one binary; one module per subject.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod command_line;
mod diagnostics;
mod flask;
mod images;
mod layering;
mod schema;
mod support;
mod yaml_scalars;
