//! Images that others wrote. The first byte says what follows it: one document, the documents of a
//! layout as parts, or a layout as tar.
#![no_main]

use std::fs;
use std::path::Path;

use onelayer::digest::Digest;
use onelayer::image::{
    Config, ConfigFile, Description, Index, Manifest, Platform, assemble, media_type,
};
use onelayer::transport::{Destinations, Reference, inspect};
use onelayer_fuzz::{Workplace, parts, with_tar_checksums};

fn platform() -> Platform {
    Platform {
        os: "linux".to_owned(),
        architecture: "amd64".to_owned(),
        variant: None,
    }
}

/// One document, read as each kind.
fn document(bytes: &[u8]) {
    for name in [media_type::INDEX, media_type::DOCKER_INDEX] {
        if let Ok(index) = Index::parse(bytes, name) {
            assert!(serde_json::to_string(&index).is_ok());
        }
    }
    let config = ConfigFile::parse(bytes);
    if let Ok(config) = &config {
        assert!(serde_json::to_string(config).is_ok());
    }
    for name in [media_type::MANIFEST, media_type::DOCKER_MANIFEST] {
        if let Ok(manifest) = Manifest::parse(bytes, name) {
            assert!(serde_json::to_string(&manifest).is_ok());
            if let Ok(config) = &config {
                let _ = config.check_layers(&manifest);
            }
        }
    }
}

/// Writes a blob and puts its digest and size where `text` has stand-ins for them.
fn blob(layout: &Path, bytes: &[u8], text: &[u8], name: &str, size: &str) -> Vec<u8> {
    let digest = Digest::of(bytes);
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("the folder can be written to");
    fs::write(blobs.join(digest.hex()), bytes).expect("the folder can be written to");
    // Texts that are no UTF-8 are no JSON either.
    String::from_utf8_lossy(text)
        .replace(name, &digest.to_string())
        .replace(size, &bytes.len().to_string())
        .into_bytes()
}

fn look(reference: &Reference) {
    for platform in [None, Some(platform())] {
        match inspect(reference, platform.as_ref()) {
            Ok(found) => assert!(serde_json::to_string(&found).is_ok()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// The tags and digests that an index lists.
fn listed(layout: &Path) -> Option<Vec<serde_json::Value>> {
    let bytes = fs::read(layout.join("index.json")).ok()?;
    let index: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    index.get("manifests")?.as_array().cloned()
}

fn tag(descriptor: &serde_json::Value) -> Option<&str> {
    let annotations = descriptor.get("annotations")?;
    annotations
        .get("org.opencontainers.image.ref.name")?
        .as_str()
}

/// Adds an image to the layout: its other images stay.
fn add(layout: &Path, reference: &Reference) {
    let before = listed(layout);
    let Ok(destinations) = Destinations::open(std::slice::from_ref(reference)) else {
        return;
    };
    let description = Description {
        platform: platform(),
        created: 0,
        author: None,
        created_by: None,
        config: Config::default(),
        annotations: Default::default(),
        history: Vec::new(),
        comment: None,
        format: Default::default(),
    };
    let image = assemble(Vec::new(), &description).expect("it can be described");
    if destinations.commit(&image).is_err() {
        return;
    }
    let after = listed(layout).expect("it was written");
    let others = |list: Vec<serde_json::Value>| -> Vec<serde_json::Value> {
        list.into_iter()
            .filter(|found| tag(found) != Some("t"))
            .collect()
    };
    assert_eq!(after.len(), others(after.clone()).len() + 1);
    assert_eq!(others(after), others(before.unwrap_or_default()));
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    if kind % 4 == 0 {
        return document(bytes);
    }
    let place = Workplace::new();
    if kind % 4 == 1 {
        let layout = place.path("layout");
        let [index, manifest, config] = parts::<3>(bytes).map(Option::unwrap_or_default);
        let manifest = blob(&layout, config, manifest, "sha256:config", "111111");
        let index = blob(&layout, &manifest, index, "sha256:manifest", "222222");
        let mark = r#"{"imageLayoutVersion":"1.0.0"}"#;
        fs::write(layout.join("oci-layout"), mark).expect("the folder can be written to");
        fs::write(layout.join("index.json"), index).expect("the folder can be written to");
        for tag in [None, Some("t".parse().expect("it is a tag"))] {
            let reference = Reference::Oci {
                directory: layout.clone(),
                tag,
            };
            look(&reference);
            if reference.tag().is_some() {
                add(&layout, &reference);
                look(&reference);
            }
        }
    } else {
        let repaired = (kind % 4 == 3).then(|| with_tar_checksums(bytes));
        place.write("x.tar", repaired.as_deref().unwrap_or(bytes));
        look(&Reference::OciArchive {
            file: place.path("context").join("x.tar"),
            tag: None,
        });
    }
});
