//! Registries: scripted ones that misbehave, and a real one.

mod blobs;
pub(crate) mod credentials;
mod distribution;
mod manifests;
mod redirects;
mod tokens;
mod uploads;

use std::error::Error;
use std::sync::Mutex;
use std::time::Duration;

use onelayer::digest::Digest;
use onelayer::image::Descriptor;
use onelayer::progress::{Event, Reporter, Silent};
use onelayer::transport::{Access, ManifestName, Registry, RegistryError, Retry, Watch};

use crate::support::server::{Reply, Request, Server};

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const REPOSITORY: &str = "team/app";

/// Goes on, and tells nobody.
pub(crate) const QUIET: Watch<'static> = Watch {
    cancelled: &|| false,
    reporter: &Silent,
};

/// No credentials, and little patience.
pub(crate) fn access() -> Access {
    Access {
        retry: Retry {
            attempts: 3,
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_millis(400),
        },
        ..Access::default()
    }
}

/// The repository `team/app` of the registry at `host`.
pub(crate) fn open<'a>(host: &str, access: &Access, watch: Watch<'a>) -> Registry<'a> {
    let name = format!("{host}/{REPOSITORY}:latest").parse().unwrap();
    Registry::open(&name, access, watch).unwrap()
}

/// The same, without credentials.
pub(crate) fn anonymous(server: &Server) -> Registry<'static> {
    open(server.address(), &access(), QUIET)
}

pub(crate) fn tag(tag: &str) -> ManifestName {
    ManifestName::Tag(tag.to_owned())
}

/// A layer.
pub(crate) fn layer(bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
        annotations: Default::default(),
        platform: None,
    }
}

/// An answer that holds a manifest, with its digest.
pub(crate) fn manifest(bytes: &[u8]) -> Reply {
    Reply::file(bytes)
        .with("content-type", OCI_MANIFEST)
        .with("docker-content-digest", &Digest::of(bytes).to_string())
}

/// An answer with the errors of the specification.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({"errors": [{"code": code, "message": message}]});
    Reply {
        body: body.to_string().into_bytes(),
        ..Reply::status(status)
    }
}

/// The error with all its sources and what it advises.
pub(crate) fn whole(error: &RegistryError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    if let Some(help) = error.help() {
        text.push_str(&format!("; {help}"));
    }
    text
}

#[track_caller]
pub(crate) fn expect_error<T>(result: Result<T, RegistryError>, parts: &[&str]) -> RegistryError {
    let error = result.err().unwrap();
    let text = whole(&error);
    for part in parts {
        assert!(text.contains(part), "no `{part}`: {text}");
    }
    error
}

/// `METHOD TARGET` of all requests.
pub(crate) fn asked(server: &Server) -> Vec<String> {
    let line = |request: &Request| format!("{} {}", request.method, request.target);
    server.asked().iter().map(line).collect()
}

/// Keeps warnings and the progress of blobs.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn watch(&self) -> Watch<'_> {
        Watch {
            cancelled: &|| false,
            reporter: self,
        }
    }
}

impl Reporter for Heard {
    fn report(&self, event: &Event<'_>) {
        let line = match event {
            Event::Warning { message } => (*message).to_owned(),
            Event::Pulling { done, total, .. } => format!("pulled {done} of {total}"),
            Event::Pushing { done, total, .. } => format!("pushed {done} of {total}"),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}
