//! The way to registries and the cache, as the command line and the environment say.

use std::path::PathBuf;

use onelayer::ops::{Registries, Tags};
use onelayer::sandbox::Cancel;
use onelayer::transport::Access;

use super::arguments::{CacheArguments, RegistryArguments};

impl RegistryArguments {
    /// What may be used on the way.
    pub(crate) fn access(&self) -> Access {
        let found = Access::from_variables(|name| std::env::var_os(name));
        Access {
            ca_bundle: self.ca_bundle.clone(),
            plain_http: self.plain_http,
            authfile: self.authfile.clone().or(found.authfile.clone()),
            ..found
        }
    }

    /// The same, with what is kept and who stops it.
    pub(crate) fn registries(
        &self,
        cache: Option<&CacheArguments>,
        cancel: Option<&Cancel>,
    ) -> Registries {
        Registries {
            access: self.access(),
            cache_directory: cache.and_then(CacheArguments::directory),
            cancel: cancel.cloned(),
            tags: Tags::default(),
        }
    }
}

impl CacheArguments {
    /// The folder that was named, else `$XDG_CACHE_HOME/onelayer`, else `~/.cache/onelayer` (XDG
    /// Base Directory Specification).
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        let absolute = |name| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let usual = || {
            absolute("XDG_CACHE_HOME")
                .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
                .map(|cache| cache.join("onelayer"))
        };
        self.cache_dir.clone().or_else(usual)
    }
}
