//! Packages, where they come from, and the manager's options.

use super::{Class, Code, Entry, codes};
use crate::diagnostic::Severity;

codes! {
    /// A package stands twice in one transaction.
    RepeatedPackage = "repeated-package", Semantic Error,
    cause: "
        A list of packages is one transaction, in which a package is installed once. One of the two is
        superfluous, or another package was meant.",
    example: r#"
        packages:
          repositories:
            - {id: os, baseurl: "https://mirror.example/os/", gpgkey: keys/os}
          install: [bash, python3, bash]
        "#,
    cure: "Remove one of the two, or correct its name.",
    instead: r#"
        packages:
          repositories:
            - {id: os, baseurl: "https://mirror.example/os/", gpgkey: keys/os}
          install: [bash, python3]
        "#;

    /// A package name would be taken for an option.
    PackageName = "package-name", Semantic Error,
    cause: "
        Names of packages reach the package manager as its arguments. One that begins with `-` would be
        an option there, and one that is empty or holds control characters names no package.",
    example: r#"
        packages:
          repositories:
            - {id: os, baseurl: "https://mirror.example/os/", gpgkey: keys/os}
          install: [bash, --nogpgcheck]
        "#,
    cure: "Write the name of a package. Options of the manager belong in `setopts`.",
    instead: r#"
        packages:
          repositories:
            - {id: os, baseurl: "https://mirror.example/os/", gpgkey: keys/os}
          setopts:
            install_weak_deps: false
          install: [bash]
        "#;

    /// Packages are to be installed and no repository is named.
    NoRepository = "no-repository", Semantic Error,
    cause: "
        The repositories of the host are never read: with them, the same recipe would give another
        image on another machine. So a recipe that installs packages names where they come from.",
    example: r#"
        packages:
          install: [bash]
        "#,
    cure: "Add `repositories`, each with an `id`, an address and the key that signs its packages.",
    instead: r#"
        packages:
          repositories:
            - id: os
              baseurl: https://mirror.example/os/
              gpgkey: keys/os
          install: [bash]
        "#;

    /// Two repositories have one id.
    DuplicateRepository = "duplicate-repository", Semantic Error,
    cause: "
        Options and messages tell repositories apart by their id, and the package manager would use
        one of the two without a word.",
    example: r#"
        packages:
          repositories:
            - {id: os, baseurl: "https://mirror.example/os/", gpgkey: keys/os}
            - {id: os, baseurl: "https://mirror.example/updates/", gpgkey: keys/os}
        "#,
    cure: "Give one of them another id.",
    instead: r#"
        packages:
          repositories:
            - {id: os, baseurl: "https://mirror.example/os/", gpgkey: keys/os}
            - {id: updates, baseurl: "https://mirror.example/updates/", gpgkey: keys/os}
        "#;

    /// A repository has no address, or an id that cannot be one.
    InvalidRepository = "invalid-repository", Semantic Error,
    cause: "
        A repository is found by `baseurl`, `mirrorlist` or `metalink`; at least one of them is needed.
        Its id becomes the name of a section and of folders, and so has only letters, digits, `-`, `_`,
        `.` and `:`.",
    example: r#"
        packages:
          repositories:
            - id: base os
              gpgkey: keys/os
        "#,
    cure: "Add the address, and give the repository a plain id.",
    instead: r#"
        packages:
          repositories:
            - id: base-os
              baseurl: https://mirror.example/os/
              gpgkey: keys/os
        "#;

    /// Signatures are checked and no key is named.
    MissingKeyFile = "missing-key-file", Semantic Error,
    cause: "
        The signature of every package is checked unless `gpgcheck` is `false`, and for that the key
        must be known. Keys of the host are never used.",
    example: r#"
        packages:
          repositories:
            - id: os
              baseurl: https://mirror.example/os/
        "#,
    cure: "Name the key in `gpgkey`: a file of the context, or an address.",
    instead: r#"
        packages:
          repositories:
            - id: os
              baseurl: https://mirror.example/os/
              gpgkey: keys/os
        "#;

    /// Signatures are not checked.
    UncheckedSignatures = "unchecked-signatures", Semantic Warning,
    cause: "
        With `gpgcheck: false` whoever can answer in the repository's place, or change a file in it,
        decides what enters the image.",
    example: r#"
        packages:
          repositories:
            - id: os
              baseurl: https://mirror.example/os/
              gpgcheck: false
        "#,
    cure: "Name the key in `gpgkey` and remove `gpgcheck: false`.",
    instead: r#"
        packages:
          repositories:
            - id: os
              baseurl: https://mirror.example/os/
              gpgkey: keys/os
        "#;

    /// No package manager knows the option.
    UnknownSetopt = "unknown-setopt", Semantic Warning,
    cause: "
        Package managers ignore options that they do not know, so a slip of the fingers would go
        unnoticed. An option of one repository is written `ID.OPTION`, with the id of a repository of
        the recipe.",
    example: r#"
        packages:
          setopts:
            instal_weak_deps: false
        "#,
    cure: "
        Write the option that the message proposes. If the manager does know it, say so at the end of
        the line: `# onelayer: allow unknown-setopt`.",
    instead: r#"
        packages:
          setopts:
            install_weak_deps: false
        "#;

    /// The option is set by onelayer itself.
    ReservedSetopt = "reserved-setopt", Semantic Error,
    cause: "
        The option decides where packages go, what is kept or which configuration is read. onelayer
        sets it, since otherwise an image could depend on the host, or the host be changed.",
    example: r#"
        packages:
          setopts:
            reposdir: /etc/yum.repos.d
        "#,
    cure: "Remove the option, or use the key of the recipe that the message names.",
    instead: r#"
        packages:
          repositories:
            - id: os
              baseurl: https://mirror.example/os/
              gpgkey: keys/os
        "#;

    /// Weak dependencies are installed.
    WeakDependencies = "weak-dependencies", Semantic Advice,
    cause: "
        Packages recommend others that they can do without, and dnf installs those too unless it is told
        not to. Images are often a third smaller without them.",
    example: r#"
        packages:
          repositories: [{id: base, baseurl: repository, gpgkey: key}]
          install: [bash]
        "#,
    cure: "
        Set `install_weak_deps` to `false`, or to `true` where the recommended packages are wanted.",
    instead: r#"
        packages:
          repositories: [{id: base, baseurl: repository, gpgkey: key}]
          setopts: {install_weak_deps: false}
          install: [bash]
        "#;
}
