//! What is wrong before a recipe has any meaning: the text itself.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// The text is no YAML or TOML.
    Syntax = "syntax", Semantic Error,
    cause: "
        Something in the text breaks the rules of YAML (1.2) or TOML (1.0), or uses a part of YAML that
        recipes leave out: tags of one's own, several documents in one file, keys that are lists or
        mappings. What follows the place cannot be read until it is corrected.",
    example: r#"
        config:
          cmd: [/app, "--listen
        "#,
    cure: "
        Close every quote and bracket, and give the keys of one mapping the same indentation. Text that
        begins with a bracket, `*`, `&`, `!`, `%` or `@`, or that holds `: ` or ` #`, wants quotes.",
    instead: r#"
        config:
          cmd: [/app, "--listen"]
        "#;

    /// The text is larger, deeper or expands further than a recipe may.
    Budget = "budget", Semantic Error,
    cause: "
        A recipe has at most 1 MiB, 100000 keys and values with every use of an anchor counted in full,
        and 64 levels of lists and mappings inside each other. Without these limits a few lines of
        anchors could fill all memory.",
    example: r#"
        x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
        x-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
        x-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
        x-d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
        x-e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
        x-f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
        "#,
    cure: "
        Put large content into files beside the recipe and `copy` them; use an anchor for what is
        really repeated.",
    instead: r#"
        x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
        x-b: &b [*a, *a, *a]
        "#;

    /// A key stands twice in one mapping.
    DuplicateKey = "duplicate-key", Semantic Error,
    cause: "
        A mapping has each of its keys once. Readers of YAML disagree on which of two values counts, so
        neither is taken.",
    example: r#"
        config:
          workdir: /app
          workdir: /srv
        "#,
    cure: "Remove one of the two, or write both values where one key takes a list.",
    instead: r#"
        config:
          workdir: /app
        "#;
}
