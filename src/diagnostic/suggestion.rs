//! "Did you mean".

/// The candidate that differs from `word` by a slip of the fingers, if there is one.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted = word.to_lowercase();
    let longest = wanted.chars().count();
    candidates
        .into_iter()
        // Distances take time in the product of both lengths, and are never below the difference.
        .filter(|candidate| {
            let length = candidate.chars().count();
            length.abs_diff(longest) <= (length.max(longest) / 3).max(1)
        })
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| {
            let length = longest.max(candidate.chars().count());
            *distance <= (length / 3).max(1) && *distance < length
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let keys = ["entrypoint", "env", "user", "a"];
        assert_eq!(nearest("entypoint", keys), Some("entrypoint"));
        assert_eq!(nearest("evn", keys), Some("env"));
        assert_eq!(nearest("User", keys), Some("user"));
        assert_eq!(nearest("healthcheck", keys), None);
        assert_eq!(nearest("b", keys), None);
        assert_eq!(nearest("", keys), None);
    }
}
