//! All integration tests, in one binary; one module per subject.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

mod accounts;
mod agreement;
mod allowances;
mod archives;
mod attacks;
mod bases;
mod caching;
mod capabilities;
mod certificates;
mod changes;
mod checks;
mod command_line;
mod conversion;
mod crowds;
mod diagnostics;
mod doctor;
mod editors;
mod emulation;
mod explanations;
mod faults;
mod fetching;
mod fixtures;
mod flask;
mod foreign_images;
mod formats;
mod formatting;
mod hostile;
mod hostile_recipes;
mod images;
mod init;
mod layering;
mod layouts;
mod lifecycle;
mod mounts;
mod moving;
mod outputs;
mod packages;
mod places;
mod privilege;
mod reading;
mod registry;
mod resolving;
mod rootfs;
mod rootless;
mod sandbox;
mod scarcity;
mod schema;
mod shell;
mod squashing;
mod stages;
mod steps;
mod support;
mod terminal;
mod unpacking;
mod validating;
