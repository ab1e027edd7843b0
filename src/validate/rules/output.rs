//! Compression and its levels, and the time that the image shows.

use std::ops::RangeInclusive;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{Compression, Format};
use crate::validate::Subject;

/// The first second of the year 9999; images name times of four-digit years (RFC 3339).
const NO_TIME: u64 = 253_370_764_800;
const GZIP_LEVELS: RangeInclusive<u8> = 1..=12;
const ZSTD_LEVELS: RangeInclusive<u8> = 1..=22;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let output = &subject.recipe.output;
    let compression = output.compression;
    if output.source_date_epoch.is_some_and(|time| time >= NO_TIME) {
        let span = subject.value(&["output".into(), "source_date_epoch".into()]);
        found.push(
            Diagnostic::new(Code::InvalidValue, "no image can show such a time")
                .label(span, "this time")
                .help("write seconds since 1970, up to the year 9998"),
        );
    }
    if subject.is_lost(&["output".into()], "compression") {
        return;
    }
    if output.format == Format::Docker
        && !subject.is_lost(&["output".into()], "format")
        && matches!(compression, Compression::Zstd | Compression::ZstdChunked)
    {
        found.push(
            Diagnostic::new(
                Code::InvalidValue,
                "images in docker's format have no zstd layers",
            )
            .label(
                subject.value(&["output".into(), "compression".into()]),
                "not in this format",
            )
            .help("write `gzip` or `none`, or `format: oci`"),
        );
    }
    let Some(level) = output.level else {
        return;
    };
    let span = subject.value(&["output".into(), "level".into()]);
    let (name, levels) = match compression {
        Compression::Gzip => ("gzip", GZIP_LEVELS),
        Compression::Zstd | Compression::ZstdChunked => ("zstd", ZSTD_LEVELS),
        Compression::None => {
            found.push(
                Diagnostic::new(Code::UnusedValue, "the level is not used")
                    .label(span, "without effect")
                    .help("remove it: compression is `none`"),
            );
            return;
        }
    };
    if !levels.contains(&level) {
        found.push(
            Diagnostic::new(Code::InvalidValue, format!("{name} has no level {level}"))
                .label(span, "this level")
                .help(format!(
                    "write a level from {} to {}",
                    levels.start(),
                    levels.end()
                )),
        );
    }
}
