//! Files as code hosts name them.

use std::path::{Component, Path};

/// A file's path from `directory` on, if it is in there; the path itself otherwise. Code hosts
/// compare it with the paths of a repository, so `./` is left out.
pub(super) fn relative(name: &str, directory: &Path) -> String {
    let path = Path::new(name);
    let path = path.strip_prefix(directory).unwrap_or(path);
    let parts = path
        .components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| part.as_os_str());
    let path: std::path::PathBuf = parts.collect();
    path.to_string_lossy().into_owned()
}

/// The path as a URI (RFC 3986): absolute ones with the scheme `file`.
pub(super) fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let mut uri = scheme.to_owned();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_from_the_directory_on() {
        let directory = Path::new("/home/user/project");
        for (name, expected) in [
            ("a/recipe.yaml", "a/recipe.yaml"),
            ("./a/./recipe.yaml", "a/recipe.yaml"),
            ("/home/user/project/a.yaml", "a.yaml"),
            ("/elsewhere/a.yaml", "/elsewhere/a.yaml"),
            ("../a.yaml", "../a.yaml"),
            ("<stdin>", "<stdin>"),
        ] {
            assert_eq!(relative(name, directory), expected);
        }
    }

    #[test]
    fn uris_are_encoded() {
        assert_eq!(uri("a/b c#1%é:.yaml"), "a/b%20c%231%25%C3%A9%3A.yaml");
        assert_eq!(uri("/a"), "file:///a");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
    }
}
