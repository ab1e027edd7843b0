//! One image, or one for each of several platforms.

use oci_spec::image as spec;

use super::assemble::{Document, Image, value};
use super::config::Platform;
use super::descriptor::media_type;
use super::failure::ImageError;
use super::format::Format;

/// What is published under a name: an image, or an index of images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The images.
    pub images: Vec<Image>,
    /// The list of them, if they go by one name; none for a single image.
    pub index: Option<Document>,
    /// The manifest of the first.
    manifest: Document,
}

impl From<Image> for Release {
    fn from(image: Image) -> Self {
        Self {
            manifest: image.manifest.clone(),
            images: vec![image],
            index: None,
        }
    }
}

impl Release {
    /// Images that others put together, with their index; none without an image.
    pub fn of(images: Vec<Image>, index: Option<Document>) -> Option<Self> {
        let manifest = images.first()?.manifest.clone();
        Some(Self {
            images,
            index,
            manifest,
        })
    }

    /// Several images, each for a platform, in the order in which a reader shall look at them.
    /// Equal arguments give equal bytes.
    ///
    /// # Errors
    /// When the index cannot be written, or there is nothing to list.
    pub fn index(images: &[(Platform, Image)], format: Format) -> Result<Self, ImageError> {
        let build = |source| ImageError::Build {
            document: "index",
            source,
        };
        let mut manifests = Vec::new();
        for (platform, image) in images {
            let mut runs_on = spec::PlatformBuilder::default()
                .architecture(&*platform.architecture)
                .os(&*platform.os);
            if let Some(variant) = &platform.variant {
                runs_on = runs_on.variant(&**variant);
            }
            let manifest = &image.manifest;
            let descriptor = spec::DescriptorBuilder::default()
                .media_type(manifest.media_type)
                .digest(
                    (manifest.digest.to_string().parse::<spec::Digest>())
                        .expect("our digests are well-formed"),
                )
                .size(manifest.bytes.len() as u64)
                .platform(runs_on.build().map_err(build)?)
                .build()
                .map_err(build)?;
            manifests.push(descriptor);
        }
        let kind = match format {
            Format::Oci => media_type::INDEX,
            Format::Docker => media_type::DOCKER_INDEX,
        };
        let index = spec::ImageIndexBuilder::default()
            .schema_version(spec::SCHEMA_VERSION)
            .media_type(kind)
            .manifests(manifests)
            .build()
            .map_err(build)?;
        let index = Document::new(kind, "index", value("index", &index)?)?;
        let images = images.iter().map(|(_, image)| image.clone()).collect();
        Self::of(images, Some(index)).ok_or(ImageError::Empty)
    }

    /// Every document: configurations and manifests, and the index behind them.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        let of_images = self.images.iter();
        let of_images = of_images.flat_map(|image| [&image.config, &image.manifest]);
        of_images.chain(&self.index)
    }

    /// What the name means: the index, or the manifest of the only image.
    pub fn document(&self) -> &Document {
        self.index.as_ref().unwrap_or(&self.manifest)
    }
}
