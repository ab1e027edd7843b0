//! Keys and values that the language does not have.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// No such key exists here.
    UnknownKey = "unknown-key", Shape Error,
    cause: "
        The mapping does not know the key. A misspelt key that were passed over would leave its value
        out of the image without a word. Keys of the top level that begin with `x-` are yours: onelayer
        ignores them.",
    example: r#"
        config:
          entypoint: [/app]
        "#,
    cure: "Use the key that the message proposes, or move the key to the mapping that knows it.",
    instead: r#"
        config:
          entrypoint: [/app]
        "#;

    /// A key that must be there is not.
    MissingKey = "missing-key", Shape Error,
    cause: "
        The mapping means nothing without the key: a recipe has a `name` and a `base`, a `copy` says
        where `to`. An empty file lacks all of them.",
    example: r#"
        steps:
          - copy: app
        "#,
    cure: "Add the key.",
    instead: r#"
        steps:
          - copy: app
            to: /app
        "#;

    /// A value has the wrong type.
    WrongType = "wrong-type", Shape Error,
    cause: "
        The key takes text where a number was written, a list where text was written, and so on. YAML
        reads `3.10` without quotes as the number 3.1 and `true` as a boolean; onelayer does not guess
        which of the two was meant. `yes`, `no`, `on` and `off` are text. A key with nothing after it
        has no value.",
    example: r#"
        description: 3.10
        config:
          cmd: /app
        "#,
    cure: "Put text in quotes and a list in brackets; write booleans as `true` and `false`.",
    instead: r#"
        description: "3.10"
        config:
          cmd: [/app]
        "#;

    /// A value has the right type and makes no sense.
    InvalidValue = "invalid-value", Semantic Error,
    cause: "
        The value is not one of those that the key knows: another word than the listed ones, a mode
        that is not octal, a port above 65535, a relative path where an absolute one is needed.",
    example: r#"
        steps:
          - write: etc/motd
            content: Welcome
            mode: 0644
        "#,
    cure: "
        Write a value of the form that the message names. Modes are in quotes, since YAML would read
        the digits as a decimal number.",
    instead: r#"
        steps:
          - write: /etc/motd
            content: Welcome
            mode: "0644"
        "#;

    /// A value is written that nothing uses.
    UnusedValue = "unused-value", Semantic Warning,
    cause: "
        Another value of the recipe makes this one void, so the image would be the same without it.
        That is rarely what was meant.",
    example: r#"
        output:
          compression: none
          level: 9
        "#,
    cure: "Remove the value, or change the one that makes it void.",
    instead: r#"
        output:
          compression: gzip
          level: 9
        "#;

    /// A step has no key that names its kind.
    UnknownStep = "unknown-step", Shape Error,
    cause: "
        One key of a step says what it does (`run`, `copy`, `write`, …); its options stand beside it.
        None of the keys of this step is such a kind.",
    example: r#"
        steps:
          - cpoy: app
            to: /app
        "#,
    cure: "Write the kind that the message proposes, or add the key of the kind that is meant.",
    instead: r#"
        steps:
          - copy: app
            to: /app
        "#;

    /// A step has two keys that name its kind.
    AmbiguousStep = "ambiguous-step", Shape Error,
    cause: "
        A step does one thing. With two kinds in one step it would be unclear which comes first, and to
        which of them the options belong.",
    example: r#"
        steps:
          - copy: app
            to: /app
            write: /etc/motd
            content: Welcome
        "#,
    cure: "Write two steps, in the order in which they shall run.",
    instead: r#"
        steps:
          - copy: app
            to: /app
          - write: /etc/motd
            content: Welcome
        "#;

    /// Part of the language that this version does not carry out.
    NotCarriedOut = "not-carried-out", Semantic Error,
    cause: "
        The recipe is right, and this version of onelayer cannot do what it asks for. It says so before
        anything runs rather than build an image that lacks a part.",
    example: r#"
        output:
          compression: "zstd:chunked"
        "#,
    cure: "Write what the message proposes, or use a version that carries it out.",
    instead: r#"
        output:
          compression: gzip
        "#;
}
