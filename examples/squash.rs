//! Squashes a directory into an image with one layer: `squash DIR oci:OUT[:TAG] [THREADS]`.
//!
//! The whole back half in one page: list, merge, write the layer straight into the output,
//! describe, publish.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;

use onelayer::image::{self, Config, Description, Format, Platform};
use onelayer::layer::{self, Options};
use onelayer::progress::Silent;
use onelayer::transport::{Destinations, Reference};
use onelayer::tree::{self, Marks, Tree, Upper, WalkOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(directory), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("usage: squash DIR oci:OUT[:TAG] [THREADS]".into());
    };
    let threads = arguments.next().map(|text| text.parse()).transpose()?;
    let output: Reference = output.parse()?;

    let options = WalkOptions {
        marks: Marks::None,
        ..WalkOptions::default()
    };
    let mut tree = Tree::new();
    tree.apply(tree::walk(&Upper::open(directory)?, &options)?, 0);

    let mut destinations = Destinations::open(&[output])?;
    let mut blob = destinations.blob()?;
    let options = Options {
        threads,
        source_date_epoch: 1_700_000_000,
        ..Options::default()
    };
    let layer = layer::squash(&tree, &options, &mut blob, &Silent)?;
    destinations.add(blob, &layer.digest)?;

    let description = Description {
        platform: Platform {
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            variant: None,
        },
        created: options.source_date_epoch,
        author: None,
        created_by: Some("squash".to_owned()),
        config: Config::default(),
        annotations: BTreeMap::new(),
        history: Vec::new(),
        comment: None,
        format: Format::Oci,
    };
    let image = image::assemble(vec![layer], &description)?;
    destinations.commit(&image)?;
    Ok(())
}
