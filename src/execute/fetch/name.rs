//! The name that an address gives to its file.

/// The last part of the path of `url`, with `%XX` decoded; none if that is no name for a file.
pub(super) fn of(url: &str) -> Option<Vec<u8>> {
    let rest = url.split_once("://")?.1;
    let path = rest.split(['?', '#']).next()?;
    let last = path.split_once('/')?.1.rsplit('/').next()?;
    let mut name = Vec::with_capacity(last.len());
    let mut bytes = last.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            name.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(bytes.next()?)? * 16 + digit(bytes.next()?)?;
        name.push(u8::try_from(value).ok()?);
    }
    let strange = |byte: &u8| *byte == b'/' || byte.is_ascii_control();
    let is_name = !matches!(&*name, b"" | b"." | b"..")
        && name.len() <= 255
        && !name.iter().any(strange)
        && std::str::from_utf8(&name).is_ok();
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_or_none() {
        for (url, name) in [
            ("https://a/tool.tar.gz", Some("tool.tar.gz")),
            ("https://a/x/tool%201.zip?raw=1#top", Some("tool 1.zip")),
            ("https://a:8/caf%c3%a9", Some("caf\u{e9}")),
            ("https://a", None),
            ("https://a/", None),
            ("https://a/x/", None),
            ("https://a/..", None),
            ("https://a/%2e%2e", None),
            ("https://a/x%2fy", None),
            ("https://a/x%00", None),
            ("https://a/x%0ay", None),
            ("https://a/x%ff", None),
            ("https://a/x%", None),
            ("https://a/x%+1", None),
            ("https://a?x=/name", None),
        ] {
            let found = of(url);
            assert_eq!(found.as_deref(), name.map(str::as_bytes), "{url}");
        }
    }
}
