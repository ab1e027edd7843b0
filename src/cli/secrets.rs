//! `--secret`, as `docker build` spells it.

use onelayer::ops::{SecretPlace, SecretSource};

/// The sources that the words name. What is wrong with a word is told without the word: it may be
/// the secret itself, written in the wrong place.
pub(crate) fn sources(words: &[String]) -> Result<Vec<SecretSource>, String> {
    words.iter().map(|word| source(word)).collect()
}

fn source(word: &str) -> Result<SecretSource, String> {
    let mut id = None;
    let mut place = None;
    let mut kind = None;
    for field in word.split(',') {
        let Some((key, value)) = field.split_once('=') else {
            return Err("`--secret` wants fields `KEY=VALUE` with commas between them".to_owned());
        };
        let value = value.to_owned();
        let is_new = match key {
            "id" => id.replace(value).is_none(),
            "src" | "source" => place.replace(SecretPlace::File(value.into())).is_none(),
            "env" => place.replace(SecretPlace::Variable(value)).is_none(),
            "type" if matches!(value.as_str(), "file" | "env") => kind.replace(value).is_none(),
            "type" => return Err("the `type` of a `--secret` is `file` or `env`".to_owned()),
            _ => {
                let keys = "the fields of `--secret` are `id`, `src`, `env` and `type`";
                return Err(keys.to_owned());
            }
        };
        if !is_new {
            return Err(format!(
                "`--secret` has two values for `{key}`, or `src` and `env`"
            ));
        }
    }
    let id = id.filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| "`--secret` has no `id`".to_owned())?;
    let place = match (place, kind.as_deref()) {
        // docker takes a `src` for the name of the variable if the type says so.
        (Some(SecretPlace::File(name)), Some("env")) => {
            SecretPlace::Variable(name.to_string_lossy().into_owned())
        }
        (None, Some("file")) => return Err(format!("the secret `{id}` has no `src`")),
        (Some(SecretPlace::Variable(_)), Some("file")) => {
            return Err(format!(
                "the secret `{id}` has an `env`, and its type is `file`"
            ));
        }
        (Some(place), _) => place,
        (None, _) => SecretPlace::Variable(id.clone()),
    };
    Ok(SecretSource { id, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_docker_is_read() {
        let file = || SecretPlace::File("a b/c".into());
        let variable = |name: &str| SecretPlace::Variable(name.to_owned());
        for (word, place) in [
            ("id=t,src=a b/c", file()),
            ("source=a b/c,id=t", file()),
            ("type=file,id=t,src=a b/c", file()),
            ("id=t,env=T", variable("T")),
            ("id=t,type=env,src=T", variable("T")),
            ("id=t,type=env", variable("t")),
            ("id=t", variable("t")),
        ] {
            let id = "t".to_owned();
            assert_eq!(source(word), Ok(SecretSource { id, place }), "{word}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_the_value() {
        for word in [
            "hunter2",
            "token=hunter2",
            "id=,src=hunter2",
            "src=hunter2",
            "id=a,id=hunter2",
            "id=a,src=hunter2,env=hunter2",
            "id=a,type=hunter2",
            "id=a,type=file",
            "id=a,type=file,env=hunter2",
        ] {
            let told = source(word).unwrap_err();
            assert!(!told.contains("hunter2"), "{word}: {told}");
        }
    }
}
