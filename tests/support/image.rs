//! From a directory to an image, for tests that need one.

use std::collections::BTreeMap;
use std::path::Path;

use onelayer::image::{self, Config, Description, Format, Image, Platform};
use onelayer::layer::{self, Compression, Layer, Options};
use onelayer::progress::Silent;
use onelayer::transport::Destinations;
use onelayer::tree::{self, Marks, Tree, Upper, WalkOptions};

use super::nasty::EPOCH;

/// The tree of a plain directory.
pub(crate) fn tree(directory: &Path) -> Tree {
    let options = WalkOptions {
        marks: Marks::None,
        ..WalkOptions::default()
    };
    let changes = tree::walk(&Upper::open(directory).unwrap(), &options).unwrap();
    let mut tree = Tree::new();
    tree.apply(changes, 0);
    tree
}

/// The options that tests use, with `threads`.
pub(crate) fn options(threads: usize, compression: Compression) -> Options<'static> {
    Options {
        threads: threads.try_into().ok(),
        source_date_epoch: EPOCH,
        compression,
        ..Options::default()
    }
}

/// The bytes of a layer and what is known about them.
pub(crate) fn layer(tree: &Tree, options: &Options<'_>) -> (Vec<u8>, Layer) {
    let mut blob = Vec::new();
    let layer = layer::squash(tree, options, &mut blob, &Silent).unwrap();
    (blob, layer)
}

/// An image around `layers`.
pub(crate) fn describe(layers: Vec<Layer>) -> Image {
    let description = Description {
        platform: Platform {
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            variant: None,
        },
        created: EPOCH,
        author: Some("Example Team".to_owned()),
        created_by: Some("test".to_owned()),
        config: Config {
            cmd: Some(vec!["/bin/sh".to_owned()]),
            env: BTreeMap::from([("A".to_owned(), "b=c".to_owned())]),
            exposed_ports: ["80/tcp".to_owned()].into(),
            labels: BTreeMap::from([
                ("z".to_owned(), "1".to_owned()),
                ("a".to_owned(), "2".to_owned()),
            ]),
            ..Config::default()
        },
        annotations: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
        history: Vec::new(),
        comment: None,
        format: Format::Oci,
    };
    image::assemble(layers, &description).unwrap()
}

/// Writes `tree` as an image to every one of `references`.
pub(crate) fn write(tree: &Tree, references: &[&str]) -> Image {
    let references: Vec<_> = references
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let mut destinations = Destinations::open(&references).unwrap();
    let mut blob = destinations.blob().unwrap();
    let options = options(2, Compression::default());
    let layer = layer::squash(tree, &options, &mut blob, &Silent).unwrap();
    destinations.add(blob, &layer.digest).unwrap();
    let image = describe(vec![layer]);
    destinations.commit(&image).unwrap();
    image
}
