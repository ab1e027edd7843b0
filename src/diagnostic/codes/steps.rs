//! Steps and settings that contradict each other or the image.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// Two steps write the same file.
    DuplicateDestination = "duplicate-destination", Semantic Error,
    cause: "
        Two steps give one file its content, and only the second would be seen in the image. Where a
        file is to be replaced on purpose, a `remove` step between the two says so; what a command
        between them may have used can be replaced as well. Folders are another matter: copies into
        one folder merge.",
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

    /// A file is removed before it is written.
    RemovedTooEarly = "removed-too-early", Semantic Warning,
    cause: "
        Steps are made in the order in which they stand. When this one runs, nothing can be at the path
        yet; a later step writes it, and it stays in the image.",
    example: r#"
        steps:
          - remove: /tmp.txt
          - write: /tmp.txt
            content: x
        "#,
    cure: "Move the `remove` behind the step that writes.",
    instead: r#"
        steps:
          - write: /tmp.txt
            content: x
          - remove: /tmp.txt
        "#;

    /// No step makes the program that the image starts.
    UnmadeProgram = "unmade-program", Semantic Warning,
    cause: "
        `entrypoint` (or `cmd` without one) names a path in the image, and no step of the recipe can
        have put anything there. A container would end at once, without a program.",
    example: r#"
        steps:
          - copy: run.sh
            to: /run.sh
            mode: "0755"
        config:
          entrypoint: [/start.sh]
        "#,
    cure: "Copy or install the program, or correct the path.",
    instead: r#"
        steps:
          - copy: run.sh
            to: /run.sh
            mode: "0755"
        config:
          entrypoint: [/run.sh]
        "#;

    /// A file from the network has no digest.
    MissingChecksum = "missing-checksum", Semantic Error,
    cause: "
        Whoever answers at an address could send anything, today or tomorrow. With a digest, exactly one
        file is accepted, and it is fetched only once.",
    example: r#"
        steps:
          - fetch: https://example.com/tool
            to: /usr/bin/tool
        "#,
    cure: "
        Add `sha256` or `sha512` with the digest of the file, for each platform if it has several.",
    instead: r#"
        steps:
          - fetch: https://example.com/tool
            to: /usr/bin/tool
            sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        "#;

    /// A mount cannot be.
    InvalidMount = "invalid-mount", Semantic Error,
    cause: "
        Two mounts of one command cannot be at the same place, nothing can be mounted over the root
        itself, a mount shows one file or folder, and a secret is either a file or a variable.",
    example: r#"
        steps:
          - copy: rootfs
            to: /
          - run: make
            mounts:
              - cache: objects
                target: /cache
              - tmpfs: /cache
        "#,
    cure: "Give each mount a place of its own.",
    instead: r#"
        steps:
          - copy: rootfs
            to: /
          - run: make
            mounts:
              - cache: objects
                target: /cache
              - tmpfs: /scratch
        "#;

    /// A label is not what its name means.
    ReservedLabel = "reserved-label", Semantic Warning,
    cause: "
        Names that begin with `org.opencontainers.` are defined by the OCI image-spec: which there are,
        and what their values are. Scanners and registries would look for the right one and not find it.",
    example: r#"
        config:
          labels:
            org.opencontainers.image.licence: MIT
        "#,
    cure: "Write the name or value that the message proposes, or use a domain of your own.",
    instead: r#"
        config:
          labels:
            org.opencontainers.image.licenses: MIT
        "#;

    /// An item stands twice in a list.
    RepeatedItem = "repeated-item", Semantic Warning,
    cause: "
        A platform or tag that stands twice has the same effect as one that stands once. One of the two
        was probably meant to be another.",
    example: r#"
        output:
          tags: [latest, latest]
        "#,
    cure: "Remove one of the two, or correct it.",
    instead: r#"
        output:
          tags: [latest, "1.0"]
        "#;
}
