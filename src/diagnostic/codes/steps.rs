//! Steps and settings that contradict each other or the image.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// Two steps write the same file.
    DuplicateDestination = "duplicate-destination", Semantic Error,
    cause: "
        Two steps give one file its content, and only the second would be seen in the image. Where a
        file is to be replaced on purpose, a `remove` step between the two says so. Folders are another
        matter: copies into one folder merge.",
    example: r#"
        steps:
          - write: /etc/motd
            content: Welcome
          - write: /etc/motd
            content: Hello
        "#,
    cure: "Remove one of the two steps, or correct one of the paths.",
    instead: r#"
        steps:
          - write: /etc/motd
            content: Hello
        "#;

    /// A name cannot be one of an environment variable or label.
    InvalidName = "invalid-name", Semantic Error,
    cause: "
        Environment variables are kept as `NAME=VALUE`, so a name that is empty or holds `=` would come
        out as another name. A label or annotation without a name cannot be asked for.",
    example: r#"
        config:
          env:
            PATH=/app/bin: ""
        "#,
    cure: "Write the name before the colon and the value after it.",
    instead: r#"
        config:
          env:
            PATH: /app/bin
        "#;

    /// A command runs where nothing can be run yet.
    EmptyRoot = "empty-root", Semantic Warning,
    cause: "
        With `base: scratch` the root is empty until a step fills it. A command needs a shell or a
        program in the root, and no step before this one has put any there.",
    example: r#"
        steps:
          - run: echo Welcome
        "#,
    cure: "Install packages or copy a root file system before it, or start from another base.",
    instead: r#"
        steps:
          - copy: rootfs
            to: /
          - run: echo Welcome
        "#;
}
