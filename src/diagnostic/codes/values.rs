//! Arguments, expressions and conditions.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// An expression cannot be read.
    InvalidExpression = "invalid-expression", Semantic Error,
    cause: "
        Between `${{` and `}}` stands one name: `args.NAME`, `platform.os`, `platform.arch`,
        `platform.variant` or `base.env.NAME`. Arguments themselves are plain values: their defaults and
        options cannot depend on anything, and no value can depend on itself.",
    example: r#"
        args:
          VERSION: "1.0"
        steps:
          - write: /version
            content: ${{ VERSION }}
        "#,
    cure: "Write the whole name. For the characters themselves write `$${{`.",
    instead: r#"
        args:
          VERSION: "1.0"
        steps:
          - write: /version
            content: ${{ args.VERSION }}
        "#;

    /// An expression breaks a list or mapping in brackets.
    UnquotedExpression = "unquoted-expression", Semantic Error,
    cause: "
        In YAML, braces within brackets begin a mapping, so an expression there ends the text that it
        should be part of. Outside of brackets it can stand without quotes.",
    example: r#"
        args:
          PORT: 5000
        config:
          cmd: [serve, ${{ args.PORT }}]
        "#,
    cure: "Put the text with the expression in quotes.",
    instead: r#"
        args:
          PORT: 5000
        config:
          cmd: [serve, "${{ args.PORT }}"]
        "#;

    /// An argument does not exist.
    UnknownArgument = "unknown-argument", Semantic Error,
    cause: "
        Every argument is declared in `args`, with a default or as required, so that a reader sees what
        can be chosen and a misspelt name is found. This holds for expressions, for conditions, and for
        `--set`.",
    example: r#"
        args:
          VERSION: "1.0"
        steps:
          - write: /version
            content: ${{ args.VERSOIN }}
        "#,
    cure: "Write the name that the message proposes, or declare the argument in `args`.",
    instead: r#"
        args:
          VERSION: "1.0"
        steps:
          - write: /version
            content: ${{ args.VERSION }}
        "#;

    /// An argument has no value.
    MissingArgument = "missing-argument", Semantic Error,
    cause: "
        The recipe requires that whoever plans or builds it chooses a value. Checking alone needs none:
        what depends on the value is then left open.",
    example: r#"
        args:
          VERSION: {required: true}
        steps:
          - write: /version
            content: ${{ args.VERSION }}
        "#,
    cure: "Choose a value with `--set NAME=VALUE`, or give the argument a default.",
    instead: r#"
        args:
          VERSION: "1.0"
        steps:
          - write: /version
            content: ${{ args.VERSION }}
        "#;

    /// An argument is declared or chosen in a way that cannot be.
    InvalidArgument = "invalid-argument", Semantic Error,
    cause: "
        An argument has a name of letters, digits, `_` and `-`. It either has a default or is required,
        never both. With `options`, its default and what `--set` chooses are among them.",
    example: r#"
        args:
          FLAVOUR: {default: large, options: [small, medium]}
        steps:
          - write: /flavour
            content: ${{ args.FLAVOUR }}
        "#,
    cure: "Correct the declaration, or choose one of the options.",
    instead: r#"
        args:
          FLAVOUR: {default: small, options: [small, medium]}
        steps:
          - write: /flavour
            content: ${{ args.FLAVOUR }}
        "#;

    /// An argument is declared and never used.
    UnusedArgument = "unused-argument", Semantic Warning,
    cause: "
        Whoever builds with `--set` would choose a value and see no effect. Often the name is misspelt
        where it is used, or written as a variable of the shell.",
    example: r#"
        args:
          VERSION: "1.0"
        steps:
          - write: /version
            content: "1.0"
        "#,
    cure: "Use the argument as `${{ args.NAME }}` or in a condition, or remove it.",
    instead: r#"
        args:
          VERSION: "1.0"
        steps:
          - write: /version
            content: ${{ args.VERSION }}
        "#;

    /// The shell's spelling is used for an argument.
    ShellStyleArgument = "shell-style-argument", Semantic Advice,
    cause: "
        `${NAME}` belongs to the shell that runs a script, and onelayer leaves it as it is. The recipe
        has an argument of that name, which nothing gives to the shell, so the variable is probably
        empty.",
    example: r#"
        args:
          VERSION: "1.0"
        steps:
          - write: /banner
            content: version ${VERSION} (${{ args.VERSION }})
        "#,
    cure: "Write `${{ args.NAME }}` for the argument, or set a variable of that name in `env`.",
    instead: r#"
        args:
          VERSION: "1.0"
        steps:
          - write: /banner
            content: version ${{ args.VERSION }}
        "#;

    /// A base has no such variable.
    UnknownVariable = "unknown-variable", Semantic Error,
    cause: "
        `base.env.NAME` is a variable that the configuration of the base sets for its containers.
        `scratch` has none; a stage has those of its `config.env` and those of its own base.",
    example: r#"
        steps:
          - write: /path
            content: ${{ base.env.PATH }}
        "#,
    cure: "Write the value itself, or set the variable in the `config.env` of the stage.",
    instead: r#"
        steps:
          - write: /path
            content: /usr/bin
        "#;

    /// A condition is neither true nor false.
    InvalidCondition = "invalid-condition", Semantic Error,
    cause: "
        A value that stands alone in `when` must be `true` or `false`. Any other value has to be
        compared with something.",
    example: r#"
        args:
          FLAVOUR: small
        steps:
          - write: /flavour
            content: small
            when: args.FLAVOUR
        "#,
    cure: "Compare the value.",
    instead: r#"
        args:
          FLAVOUR: small
        steps:
          - write: /flavour
            content: small
            when: args.FLAVOUR == "small"
        "#;
}
