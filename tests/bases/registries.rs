//! Registries that answer with documents that nobody should write: as refused as in a layout.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::documents::{refuse, tar};
use super::layout::{CONFIG, INDEX, LAYER, MANIFEST, config, digest, guarded, manifest};
use crate::support::server::{Reply, Server};
use crate::support::workspace::Workspace;

/// Documents and layers by digest, and what the tag answers.
#[derive(Default)]
struct Answers {
    blobs: BTreeMap<String, Vec<u8>>,
}

impl Answers {
    fn add(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        self.blobs.insert(digest(bytes), bytes.to_vec());
        json!({"mediaType": media_type, "digest": digest(bytes), "size": bytes.len()})
    }

    /// An image whose manifest is changed by `change`.
    fn image(&mut self, change: impl FnOnce(&mut Value)) -> Value {
        let layers = [self.add(LAYER, &tar())];
        let config = config(&[digest(&tar())]).to_string();
        let mut manifest = manifest(&self.add(CONFIG, config.as_bytes()), &layers);
        change(&mut manifest);
        manifest
    }

    /// A registry that says of every document that it is `media_type`.
    fn serve(self, media_type: &str, document: &Value) -> (Server, Workspace) {
        let (kind, document) = (media_type.to_owned(), document.to_string());
        let server = Server::new(move |request, _| {
            let name = request.target.rsplit('/').next().unwrap_or_default();
            let is_manifest = request.target.contains("/manifests/");
            match self.blobs.get(name) {
                Some(bytes) if is_manifest => Reply::file(bytes).with("content-type", MANIFEST),
                Some(bytes) => Reply::file(bytes),
                None if is_manifest && name == "t" => {
                    Reply::file(document.as_bytes()).with("content-type", &kind)
                }
                None if request.target == "/v2/" => Reply::file(b"{}"),
                None => Reply::status(404),
            }
        });
        let recipe = format!("name: x\nbase: docker://{}/team/app:t\n", server.address());
        (server, Workspace::with(&recipe))
    }
}

#[test]
fn what_a_registry_says_of_a_document_is_what_the_document_says() {
    type Change = fn(&mut Value);
    let as_it_is: Change = |_| {};
    for (what, kind, change, expected) in [
        (
            "an index as manifest",
            MANIFEST,
            (|found| found["mediaType"] = json!(INDEX)) as Change,
            "calls itself",
        ),
        ("a manifest as index", INDEX, as_it_is, "calls itself"),
        (
            "both",
            MANIFEST,
            |found| found["manifests"] = json!([]),
            "both `manifests` and `layers`",
        ),
        (
            "the first schema",
            "application/vnd.docker.distribution.manifest.v1+json",
            as_it_is,
            "schema 2",
        ),
        ("a page", "text/html", as_it_is, "`text/html`"),
        (
            "a digest",
            MANIFEST,
            |found| found["config"]["digest"] = json!("sha256:../../x"),
            "Invalid encoded value",
        ),
        (
            "a size",
            MANIFEST,
            |found| found["config"]["size"] = json!(1_u64 << 40),
            "larger than",
        ),
        (
            "a size that is too small",
            MANIFEST,
            |found| found["config"]["size"] = json!(7),
            "more than the announced 7 bytes",
        ),
        (
            "a layer's size",
            MANIFEST,
            |found| found["layers"][0]["size"] = json!(7),
            "cannot bring layer",
        ),
        (
            "other layers",
            MANIFEST,
            |found| found["layers"] = json!([]),
            "0 layers",
        ),
    ] {
        let mut answers = Answers::default();
        let document = answers.image(change);
        let (_server, workspace) = answers.serve(kind, &document);
        refuse(&workspace, what, 5, &["127.0.0.1", expected]);
    }
}

#[test]
fn an_index_of_a_registry_leads_to_what_it_names() {
    let index =
        |found: Value| json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [found]});
    let other = digest(b"other");
    for (what, code, change, expected) in [
        ("another document", 5, json!({"size": 7}), "manifest"),
        ("nothing", 1, json!({"digest": other}), "has no"),
        (
            "another platform",
            1,
            json!({"platform": {"os": "linux", "architecture": "s390x"}}),
            "only for: linux/s390x",
        ),
        (
            "another type",
            5,
            json!({"mediaType": "application/json"}),
            "application/json",
        ),
    ] {
        let mut answers = Answers::default();
        let manifest = answers.image(|_| {}).to_string();
        let mut found = answers.add(MANIFEST, manifest.as_bytes());
        for (key, value) in change.as_object().unwrap() {
            found[key] = value.clone();
        }
        let (_server, workspace) = answers.serve(INDEX, &index(found));
        refuse(&workspace, what, code, &["127.0.0.1", expected]);
    }
}

/// Whoever names an address in a descriptor would learn who asks, and with which password.
#[test]
fn addresses_in_descriptors_are_never_asked() {
    let elsewhere = Server::with(&tar());
    let url = elsewhere.url("/layer");
    for is_there in [true, false] {
        let mut answers = Answers::default();
        let url = url.clone();
        let document = answers.image(move |found| {
            found["layers"][0]["urls"] = json!([url]);
            found["layers"][0]["mediaType"] =
                json!("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
        });
        if !is_there {
            answers.blobs.remove(&digest(&tar()));
        }
        let (_server, workspace) = answers.serve(MANIFEST, &document);
        match is_there {
            true => drop(guarded(&workspace).expect(0)),
            false => refuse(
                &workspace,
                "a foreign layer",
                5,
                &["127.0.0.1", &digest(&tar())],
            ),
        }
    }
    assert_eq!(elsewhere.asked().len(), 0);
}
