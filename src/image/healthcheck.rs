//! How an engine finds out whether a container is well.

use serde::{Deserialize, Serialize};

/// The `Healthcheck` of docker's image configuration ([moby's image-spec v1.2][spec], "Container
/// RunConfig Field Descriptions"), which the OCI image-spec does not have. Times are in
/// nanoseconds; 0, and what is missing, is the engine's default.
///
/// [spec]: https://github.com/moby/docker-image-spec/blob/v1.2.0/v1.2.md
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all(serialize = "snake_case", deserialize = "PascalCase"),
    default
)]
pub struct Healthcheck {
    /// `CMD` or `CMD-SHELL`, and the command; `NONE` for no check at all.
    pub test: Vec<String>,
    /// Time between two checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<u64>,
    /// Time after which a check has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Time after the start in which failures do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_period: Option<u64>,
    /// Failures in a row after which the container is not well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u64>,
}

impl Healthcheck {
    /// The object of the configuration.
    pub(super) fn to_json(&self) -> serde_json::Value {
        let mut members = serde_json::Map::new();
        members.insert("Test".to_owned(), self.test.clone().into());
        let numbers = [
            ("Interval", self.interval),
            ("Timeout", self.timeout),
            ("StartPeriod", self.start_period),
            ("Retries", self.retries),
        ];
        for (key, number) in numbers {
            if let Some(number) = number {
                members.insert(key.to_owned(), number.into());
            }
        }
        members.into()
    }
}
