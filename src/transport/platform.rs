//! Which of an index's images is for a platform.

use crate::image::{Descriptor, Platform};

/// The manifests for `wanted`, the best first: of one architecture, the variant that was asked for
/// or, where that is not there, the nearest that runs on it. A descriptor that names no platform
/// is for every one, and comes last.
///
/// Variants are understood as containerd does ([platforms]): `arm` alone is `arm/v7`, `arm64` is
/// `arm64/v8`, `amd64` is `amd64/v1`, and a machine runs what was made for an earlier variant.
///
/// [platforms]: https://github.com/containerd/platforms/blob/v1.0.0/compare.go
pub(super) fn matching(manifests: Vec<Descriptor>, wanted: Option<&Platform>) -> Vec<Descriptor> {
    let Some(wanted) = wanted else {
        return manifests;
    };
    let rank = |found: &Descriptor| match &found.platform {
        None => Some(u32::MAX),
        Some(found) => distance(found, wanted),
    };
    let mut ranked: Vec<(u32, Descriptor)> = (manifests.into_iter())
        .filter_map(|found| Some((rank(&found)?, found)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let best = ranked.first().map(|(rank, _)| *rank);
    ranked
        .into_iter()
        .filter(|(rank, _)| Some(*rank) == best)
        .map(|(_, found)| found)
        .collect()
}

/// How far `found` is from `wanted`, none if it does not run there.
fn distance(found: &Platform, wanted: &Platform) -> Option<u32> {
    if (&found.os, &found.architecture) != (&wanted.os, &wanted.architecture) {
        return None;
    }
    match (variant(found), variant(wanted)) {
        (Some(found), Some(wanted)) => wanted.checked_sub(found),
        // Variants of other architectures have no order.
        _ if found.variant == wanted.variant => Some(0),
        _ if wanted.variant.is_none() => Some(1),
        _ => None,
    }
}

/// The number of a variant, with the one that is meant where none is named.
fn variant(platform: &Platform) -> Option<u32> {
    let usual = match platform.architecture.as_str() {
        "amd64" => "v1",
        "arm" => "v7",
        "arm64" => "v8",
        _ => return None,
    };
    let name = platform.variant.as_deref().filter(|name| !name.is_empty());
    name.unwrap_or(usual).strip_prefix('v')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        let mut parts = text.split('/').map(str::to_owned);
        Platform {
            os: parts.next().unwrap(),
            architecture: parts.next().unwrap(),
            variant: parts.next(),
        }
    }

    fn chosen(index: &[&str], wanted: &str) -> Vec<String> {
        let manifests = index.iter().map(|name| Descriptor {
            media_type: String::new(),
            digest: crate::digest::Digest::of(name),
            size: 0,
            annotations: [("name".to_owned(), (*name).to_owned())].into(),
            platform: (!name.is_empty()).then(|| platform(name)),
        });
        let found = matching(manifests.collect(), Some(&platform(wanted)));
        let names = found.iter().map(|found| found.annotations["name"].clone());
        names.collect()
    }

    #[test]
    fn the_nearest_variant_is_taken() {
        let all = [
            "linux/amd64",
            "linux/arm/v5",
            "linux/arm/v6",
            "linux/arm/v7",
            "linux/arm64/v8",
            "linux/s390x",
            "unknown/unknown",
        ];
        for (wanted, found) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/amd64/v3", "linux/amd64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/v7", "linux/arm/v7"),
            ("linux/arm/v6", "linux/arm/v6"),
            ("linux/arm/v8", "linux/arm/v7"),
            ("linux/arm64", "linux/arm64/v8"),
            ("linux/arm64/v9", "linux/arm64/v8"),
            ("linux/s390x", "linux/s390x"),
        ] {
            assert_eq!(chosen(&all, wanted), [found], "{wanted}");
        }
        assert!(chosen(&all, "linux/riscv64").is_empty());
        assert!(chosen(&["linux/arm/v7"], "linux/arm/v6").is_empty());
        assert_eq!(chosen(&["", "linux/amd64"], "linux/amd64"), ["linux/amd64"]);
        assert_eq!(chosen(&["", "linux/arm"], "linux/amd64"), [""]);
        let twice = ["linux/amd64", "linux/amd64"];
        assert_eq!(chosen(&twice, "linux/amd64").len(), 2);
    }
}
