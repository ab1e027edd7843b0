//! Stages and what an image is made from.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// A stage does not exist.
    UnknownStage = "unknown-stage", Semantic Error,
    cause: "
        `stage:NAME` names a key of `stages`. Stages may stand in any order.",
    example: r#"
        base: stage:tools
        stages:
          tool:
            base: scratch
        "#,
    cure: "Write the name that the message proposes, or add the stage.",
    instead: r#"
        base: stage:tool
        stages:
          tool:
            base: scratch
        "#;

    /// Stages are made from each other.
    StageCycle = "stage-cycle", Semantic Error,
    cause: "
        Each stage is finished before another starts from it or copies from it. In a ring none could be
        the first.",
    example: r#"
        base: stage:one
        stages:
          one:
            base: stage:two
          two:
            base: stage:one
        "#,
    cure: "Take what both need into a third stage.",
    instead: r#"
        base: stage:one
        stages:
          one:
            base: stage:two
          two:
            base: scratch
        "#;

    /// A stage is never used.
    UnusedStage = "unused-stage", Semantic Warning,
    cause: "
        Neither the image nor another stage starts from it or copies from it, so it is only built as
        `--target`.",
    example: r#"
        stages:
          tools:
            base: scratch
        "#,
    cure: "Use it, remove it, or allow the warning if it is meant for `--target`.",
    instead: r#"
        base: stage:tools
        stages:
          tools:
            base: scratch
        "#;

    /// An image is named without a digest.
    UnpinnedImage = "unpinned-image", Semantic Warning,
    cause: "
        A tag can be moved to another image at any time, and then the same recipe gives another result.
        A digest names one image for ever.",
    example: r#"
        base: debian:12
        "#,
    cure: "Add the digest, or allow the warning where the newest image is wanted.",
    instead: r#"
        base: debian@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        "#;
}
