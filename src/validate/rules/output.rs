//! What this version can write.

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::Compression;
use crate::validate::Subject;

const GZIP_LEVELS: std::ops::RangeInclusive<u8> = 1..=12;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let output = &subject.recipe.output;
    let compression = output.compression;
    if subject.is_lost(&["output".into()], "compression") {
        return;
    }
    match compression {
        Compression::Gzip => {
            if let Some(level) = output.level
                && !GZIP_LEVELS.contains(&level)
            {
                found.push(
                    Diagnostic::error(Code::InvalidValue, format!("gzip has no level {level}"))
                        .label(
                            subject.value(&["output".into(), "level".into()]),
                            "this level",
                        )
                        .help("write a level from 1 to 12"),
                );
            }
        }
        Compression::None => {
            if output.level.is_some() {
                found.push(
                    Diagnostic::warning(Code::UnusedValue, "the level is not used")
                        .label(
                            subject.value(&["output".into(), "level".into()]),
                            "without effect",
                        )
                        .help("remove it: compression is `none`"),
                );
            }
        }
        Compression::Zstd | Compression::ZstdChunked => found.push(
            Diagnostic::error(
                Code::NotCarriedOut,
                format!("compression `{compression}` is not carried out by this version"),
            )
            .label(
                subject.value(&["output".into(), "compression".into()]),
                "this compression",
            )
            .help("write `gzip` or `none`"),
        ),
    }
}
