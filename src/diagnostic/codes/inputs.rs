//! Files beside the recipe.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// An input leads out of the context.
    InputOutside = "input-outside", Semantic Error,
    cause: "
        Sources are relative to the context (the recipe's folder, or that of `--context`) and may not
        leave it, be it by `..`, by an absolute path or through a link. So a recipe builds the same
        image wherever its folder lies, and takes nothing from the host that is not beside it.",
    example: r#"
        steps:
          - copy: ../elsewhere/app
            to: /app
        "#,
    cure: "
        Move the input into the context, or name a folder above with `--context` and write the path
        from there on.",
    instead: r#"
        steps:
          - copy: shared/app
            to: /app
        "#;

    /// An image to start from, or to copy from, cannot be used.
    ImageUnusable = "image-unusable", Semantic Error,
    cause: "
        The place that the reference names has no such image, none for the platform that is built,
        one with another digest, or the reference itself cannot be read. Paths in references start
        from the recipe's folder.",
    example: r#"
        base: oci:images:lates
    "#,
    cure: "
        Correct the reference, the digest or `platform`; `onelayer inspect` shows what is there.",
    instead: r#"
        base: oci:images:latest
    "#;

    /// Another recipe to start from cannot be used.
    RecipeUnusable = "recipe-unusable", Semantic Error,
    cause: "
        There is no recipe at the path behind `recipe:`, or the recipes start from one another in a
        ring. The path starts from the folder of the recipe that names it.",
    example: r#"
        base: recipe:nowhere
    "#,
    cure: "Correct the path, or let one of the recipes start from something else.",
    instead: r#"
        base: recipe:other
    "#;

    /// An input does not exist.
    InputMissing = "input-missing", Semantic Error,
    cause: "
        There is no such file in the context, or a glob matches none. Files that `.onelayerignore`
        names are not there as far as steps are concerned.",
    example: r#"
        steps:
          - copy: apq
            to: /app
        "#,
    cure: "Create the file, correct its name, or name the folder that holds it with `--context`.",
    instead: r#"
        steps:
          - copy: app
            to: /app
        "#;

    /// An input's glob cannot be read.
    InputPattern = "input-pattern", Semantic Error,
    cause: "
        A source with `*`, `?`, `[` or `{` is a glob: `*` and `?` stay within one name, `**` goes
        through folders, `[a-z]` is one of several characters, `{a,b}` one of several words. This one
        is incomplete.",
    example: r#"
        steps:
          - copy: "app[0-9"
            to: /app/
        "#,
    cure: "Close every bracket and brace. For a bracket in a file's name write `[[]`.",
    instead: r#"
        steps:
          - copy: "app[0-9]"
            to: /app/
        "#;

    /// An input is a socket, device or pipe.
    InputSpecial = "input-special", Semantic Error,
    cause: "
        Only files, folders and links are copied. A socket, device or pipe in the context is as a rule
        left behind by a program that runs there, and has no content that an image could hold.",
    example: r#"
        steps:
          - copy: server
            to: /server
        "#,
    cure: "Leave it out with `exclude`, or for all copies in `.onelayerignore`.",
    instead: r#"
        steps:
          - copy: server
            to: /server
            exclude: ["*.sock"]
        "#;

    /// An input cannot be read.
    InputUnreadable = "input-unreadable", Semantic Error,
    cause: "
        The input is there, and the system refuses to read it: its mode does not let this user do so,
        or it is a link that leads to itself.",
    example: r#"
        steps:
          - copy: secret
            to: /secret
        "#,
    cure: "Make the input readable for the user that builds, or leave it out.",
    instead: r#"
        steps:
          - copy: app
            to: /app
        "#;

    /// Several sources cannot become one file.
    CopyNeedsFolder = "copy-needs-folder", Semantic Error,
    cause: "
        A list or a glob can give several files, and `to` names one. As with `cp`, several files go
        into a folder, and a path is a folder where it ends in `/`.",
    example: r#"
        steps:
          - copy: [app, entrypoint.sh]
            to: /app
        "#,
    cure: "End the path with `/`, or copy one file.",
    instead: r#"
        steps:
          - copy: [app, entrypoint.sh]
            to: /app/
        "#;
}
