//! What an output's spelling leaves to the recipe: name and tags.

use crate::transport::failure::ParseReferenceError;

use super::{ImageName, Reference, Tag};

impl Reference {
    /// Reads where an image of the recipe `name` goes. What `text` does not say comes from the
    /// recipe:
    ///
    /// | spelling | means |
    /// |---|---|
    /// | `oci:DIR` | `oci:DIR:TAG`, for each of `tags` |
    /// | `oci-archive:FILE` | `oci-archive:FILE:TAG` with the first of `tags`: an archive has one |
    /// | `docker-archive:FILE` | `docker-archive:FILE:NAME:TAG`, for each of `tags` |
    /// | `docker-archive:FILE:NAME`, `docker-daemon:NAME`, `containers-storage:NAME`, `docker://NAME` | with `:TAG`, for each of `tags` |
    ///
    /// # Errors
    /// When `text` is no reference, or a tag is none in the grammar of the place: those of
    /// layouts may hold slashes and more, which names of docker may not.
    pub fn outputs(
        text: &str,
        name: &str,
        tags: &[String],
    ) -> Result<Vec<Self>, ParseReferenceError> {
        let parsed: Self = text.parse()?;
        let layout_tags = || tags.iter().map(|tag| tag.parse::<Tag>());
        let tagged = |name: &ImageName| -> Result<Vec<ImageName>, ParseReferenceError> {
            match is_tagged(text) {
                true => Ok(vec![name.clone()]),
                false => tags.iter().map(|tag| name.with_tag(tag)).collect(),
            }
        };
        Ok(match parsed {
            Self::Oci {
                directory,
                tag: None,
            } => layout_tags()
                .map(|tag| {
                    let directory = directory.clone();
                    let tag = Some(tag?);
                    Ok(Self::Oci { directory, tag })
                })
                .collect::<Result<_, _>>()?,
            Self::OciArchive { file, tag: None } => {
                let tag = layout_tags().next().transpose()?;
                vec![Self::OciArchive { file, tag }]
            }
            Self::DockerArchive { file, name: given } => {
                let names = match given {
                    Some(name) => tagged(&name)?,
                    None => {
                        let name: ImageName = name.parse()?;
                        let names = tags.iter().map(|tag| name.with_tag(tag));
                        names.collect::<Result<_, _>>()?
                    }
                };
                let archive = |name| Self::DockerArchive {
                    file: file.clone(),
                    name: Some(name),
                };
                names.into_iter().map(archive).collect()
            }
            Self::DockerDaemon(name) => all(&tagged(&name)?, Self::DockerDaemon),
            Self::ContainersStorage(name) => all(&tagged(&name)?, Self::ContainersStorage),
            Self::Docker(name) => all(&tagged(&name)?, Self::Docker),
            whole @ (Self::Oci { .. } | Self::OciArchive { .. } | Self::Rootfs(_)) => vec![whole],
        })
    }
}

fn all(names: &[ImageName], make: fn(ImageName) -> Reference) -> Vec<Reference> {
    names.iter().cloned().map(make).collect()
}

/// Whether the name that ends `text` has a tag or a digest: only the last component of a name can.
/// The component of a name without folders begins behind the transport, or behind an archive's
/// path.
fn is_tagged(text: &str) -> bool {
    let place = text.split_once(':').map_or("", |(_, place)| place);
    let name = match text.starts_with("docker-archive:") {
        true => place.split_once(':').map_or("", |(_, name)| name),
        false => place,
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    last.contains([':', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(text: &str) -> Vec<String> {
        let tags = ["1".to_owned(), "2".to_owned()];
        let outputs = Reference::outputs(text, "demo", &tags).unwrap();
        outputs.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_left_out_is_the_recipes() {
        for (text, expected) in [
            ("oci:out", &["oci:out:1", "oci:out:2"][..]),
            ("oci:out:x", &["oci:out:x"]),
            ("oci-archive:a.tar", &["oci-archive:a.tar:1"]),
            ("oci-archive:a.tar:x", &["oci-archive:a.tar:x"]),
            (
                "docker-archive:a/b.tar",
                &[
                    "docker-archive:a/b.tar:docker.io/library/demo:1",
                    "docker-archive:a/b.tar:docker.io/library/demo:2",
                ],
            ),
            (
                "docker-archive:a.tar:x.example:5000/y",
                &[
                    "docker-archive:a.tar:x.example:5000/y:1",
                    "docker-archive:a.tar:x.example:5000/y:2",
                ],
            ),
            (
                "docker-archive:a.tar:y:z",
                &["docker-archive:a.tar:docker.io/library/y:z"],
            ),
            (
                "docker-daemon:y",
                &[
                    "docker-daemon:docker.io/library/y:1",
                    "docker-daemon:docker.io/library/y:2",
                ],
            ),
            (
                "containers-storage:localhost:5000/y:latest",
                &["containers-storage:localhost:5000/y:latest"],
            ),
            (
                "docker://localhost:5000/y",
                &["docker://localhost:5000/y:1", "docker://localhost:5000/y:2"],
            ),
            ("rootfs:out.tar", &["rootfs:out.tar"]),
        ] {
            assert_eq!(outputs(text), expected, "{text}");
        }
    }

    #[test]
    fn tags_of_layouts_are_not_all_tags_of_names() {
        let tags = ["a/b".to_owned()];
        let read = |text: &str| Reference::outputs(text, "demo", &tags);
        assert!(read("oci:out").is_ok());
        for text in ["docker-daemon:x", "docker-archive:x.tar", "docker://x"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
