//! The way to a server: certificates, proxies, timeouts.
//!
//! In go the address and what of the caller's surroundings may be used, out comes a client that
//! knows no credentials and reads nothing from the environment. Whom to trust is the host's
//! business: its own bundle of certificates counts; a host without one gets Mozilla's, which are
//! part of the program. The caller's `--ca-bundle` is trusted beside them.

mod client;
mod failure;
mod proxy;

pub use client::{Redirects, client};
pub use failure::HttpError;
