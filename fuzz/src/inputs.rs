//! A context that exists nowhere and always gives the same answers.

use std::io;

use onelayer::digest::Digest;
use onelayer::plan::{
    BytePath, ImageSettings, InputEntry, InputError, InputImage, InputKind, InputRecipe, InputSource,
    Inputs, PlannedLayer, RootfsKind,
};
use onelayer::recipe::Platform;

/// Answers by the bytes of the question alone.
pub struct Invented;

fn sum(text: &str) -> u32 {
    text.bytes().fold(7, |sum: u32, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    })
}

fn file(path: &str, text: &str) -> InputEntry {
    InputEntry {
        path: BytePath::from(path),
        kind: InputKind::File {
            digest: Digest::of(text.as_bytes()),
            size: text.len() as u64,
        },
        mode: if sum(text) % 2 == 0 { 0o100_755 } else { 0o640 },
        owner: (sum(text), 0),
    }
}

impl Inputs for Invented {
    fn sources(
        &self,
        pattern: &str,
        exclude: &[String],
        follow_links: bool,
    ) -> Result<Vec<InputSource>, InputError> {
        let context = "context".into();
        let pattern_text = pattern.to_owned();
        let source = |path: &str, entries| InputSource {
            path: BytePath::from(path),
            entries,
        };
        match sum(pattern) % 8 {
            0 => Err(InputError::Missing {
                pattern: pattern_text,
                context,
            }),
            1 => Err(InputError::Special {
                path: pattern_text,
                kind: "socket",
            }),
            2 => Err(InputError::Read {
                path: pattern_text,
                source: io::Error::other("invented"),
            }),
            3 | 4 => Ok(vec![source(pattern, vec![file("", pattern)])]),
            5 => {
                let folder = InputEntry {
                    kind: InputKind::Directory,
                    ..file("", pattern)
                };
                let link = InputEntry {
                    kind: InputKind::Symlink {
                        target: BytePath::from("../a"),
                    },
                    ..file("link", pattern)
                };
                let mut entries = vec![folder, file("a", pattern)];
                if !follow_links {
                    entries.push(link);
                }
                Ok(vec![source(pattern, entries)])
            }
            _ => Ok(vec![
                source("x/a", vec![file("", pattern)]),
                source(
                    "x/b",
                    vec![file("", exclude.first().map_or("", String::as_str))],
                ),
            ]),
        }
    }

    fn file(&self, path: &str) -> Result<Digest, InputError> {
        if sum(path) % 8 == 0 {
            return Err(InputError::Outside {
                path: path.to_owned(),
                context: "context".into(),
            });
        }
        Ok(Digest::of(path.as_bytes()))
    }

    fn rootfs(&self, path: &str) -> Result<(RootfsKind, Digest), InputError> {
        let kind = match sum(path) % 2 {
            0 => RootfsKind::Archive,
            _ => RootfsKind::Directory,
        };
        Ok((kind, self.file(path)?))
    }

    fn image(
        &self,
        reference: &str,
        digest: Option<Digest>,
        platform: &Platform,
    ) -> Result<InputImage, InputError> {
        if sum(reference) % 4 == 0 {
            return Err(InputError::Image {
                reference: reference.to_owned(),
                source: "invented".into(),
                help: None,
            });
        }
        let own = Digest::of(reference.as_bytes());
        Ok(InputImage {
            reference: reference.to_owned(),
            digest: digest.unwrap_or(own),
            platform: platform.to_string(),
            layers: vec![PlannedLayer {
                digest: own,
                size: 1,
                diff_id: own,
            }],
            settings: ImageSettings {
                env: [("PATH".to_owned(), reference.to_owned())].into(),
                ..ImageSettings::default()
            },
        })
    }

    fn recipe(&self, path: &str, _: &Platform) -> Result<InputRecipe, InputError> {
        Err(InputError::Recipe {
            path: path.to_owned(),
            source: "invented".into(),
        })
    }
}
