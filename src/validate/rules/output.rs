//! Levels of compression.

use std::ops::RangeInclusive;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::Compression;
use crate::validate::Subject;

const GZIP_LEVELS: RangeInclusive<u8> = 1..=12;
const ZSTD_LEVELS: RangeInclusive<u8> = 1..=22;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let output = &subject.recipe.output;
    let compression = output.compression;
    if subject.is_lost(&["output".into()], "compression") {
        return;
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
