//! Comments by which a recipe allows what would be warned about.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// A comment for onelayer is not understood.
    UnknownAllow = "unknown-allow", Semantic Warning,
    cause: "
        A comment that begins with `onelayer:` is read: `allow` and codes with commas between them,
        and nothing else. With a misspelt code it would allow nothing, and nobody would notice.",
    example: r#"
        steps:
          - run: echo Welcome # onelayer: allow emtpy-root
        "#,
    cure: "Write the code that the message proposes; `onelayer explain` lists all of them.",
    instead: r#"
        steps:
          - run: echo Welcome # onelayer: allow empty-root
        "#;

    /// A comment allows what is always an error.
    AllowedError = "allowed-error", Semantic Warning,
    cause: "
        Warnings and advice can be allowed. An error cannot: the recipe has no meaning, or the image
        would not be what it says.",
    example: r#"
        steps:
          # onelayer: allow duplicate-destination
          - write: /etc/motd
            content: Welcome
        "#,
    cure: "Remove the comment, and correct the error where there is one.",
    instead: r#"
        steps:
          - write: /etc/motd
            content: Welcome
        "#;

    /// A comment allows what does not occur.
    UnusedAllow = "unused-allow", Semantic Warning,
    cause: "
        A comment at the end of a line allows the code on that line, a comment on a line of its own on
        the next line that is no comment. There, nothing with this code is said any more. A comment
        that stayed would silence the next mistake.",
    example: r#"
        steps:
          - copy: rootfs
            to: /
          # onelayer: allow empty-root
          - run: echo Welcome
        "#,
    cure: "Remove the code from the comment, or move the comment to the line that is meant.",
    instead: r#"
        steps:
          - copy: rootfs
            to: /
          - run: echo Welcome
        "#;
}
