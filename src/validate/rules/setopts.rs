//! Options of the package manager.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::syntax::PathSegment;
use crate::validate::Subject;

/// Options that onelayer sets itself, with what to do instead.
const RESERVED: [(&str, &str); 12] = [
    (
        "installroot",
        "remove it: packages always go into the image's root",
    ),
    (
        "cachedir",
        "remove it: onelayer keeps the cache; `--cache-dir` moves it",
    ),
    (
        "persistdir",
        "remove it: onelayer keeps the manager's state",
    ),
    ("logdir", "remove it: logs never reach the image"),
    ("reposdir", "write the repositories in `repositories`"),
    (
        "varsdir",
        "write the values where the variables stand, or use `releasever` and `arch`",
    ),
    (
        "config_file_path",
        "write each of the file's options in `setopts`",
    ),
    ("plugins", "remove it: plugins of the host never run"),
    ("pluginpath", "remove it: plugins of the host never run"),
    (
        "gpgcheck",
        "write `gpgcheck` in the repository that is meant",
    ),
    ("releasever", "write `releasever` in `packages`"),
    (
        "keepcache",
        "remove it: onelayer keeps the cache; `clean` says what stays in the root",
    ),
];

/// Options of `[main]` and of repositories: dnf.conf(5) of dnf and dnf5, yum.conf(5).
const KNOWN: &str = "\
allow_downgrade allow_vendor_change alwaysprompt arch assumeno assumeyes autocheck_running_kernel \
autosavets bandwidth basearch baseurl best bugtracker_url build_cache bypass_signature_check \
cacheonly check_config_file_age clean_requirements_on_remove color color_list_available_downgrade \
color_list_available_install color_list_available_reinstall color_list_available_upgrade \
color_list_installed_extra color_list_installed_newer color_list_installed_older \
color_list_installed_reinstall color_search_match color_update_installed color_update_local \
color_update_remote commands_history comment cost countme debug_solver debuglevel \
defaultyes deltarpm deltarpm_percentage destdir diskspacecheck distroverpkg downloadonly enabled \
enabled_metadata enablegroups errorlevel exactarch exactarchlist exclude exclude_from_weak \
exclude_from_weak_autodetect excludeenvs excludegroups excludepkgs exit_on_lock fastestmirror \
filterlists_enabled gpgkey gpgkey_dns_verification group_command group_package_types \
groupremove_leaf_only history_list_view history_record history_record_packages http_caching \
ignorearch ignoreos includepkgs install_weak_deps installonly_limit installonlypkgs ip_resolve \
kernelpkgnames localpkg_gpgcheck lock_retries log_compress log_rotate log_size logfilelevel \
max_parallel_downloads max_retries mdpolicy mediaid metadata_expire metadata_timer_sync metalink \
minrate mirrorlist mirrorlist_expire module_hotfixes module_obsoletes module_platform_id \
module_stream_switch modules multilib_policy name obsoletes optional_metadata_types \
override_install_langs password persistence pkg_gpgcheck plugin_conf_path \
pluginconfpath priority protect_running_kernel protected_multilib protected_packages proxy \
proxy_auth_method proxy_password proxy_sslcacert proxy_sslclientcert proxy_sslclientkey \
proxy_sslverify proxy_username query_install_excludes recent repo_gpgcheck requires_policy \
reset_nice retries rpmverbosity shell_exit_status showdupesfromrepos skip_broken \
skip_if_unavailable skip_missing_names_on_install skip_missing_names_on_update skip_unavailable \
ssl_check_cert_permissions sslcacert sslcertpasswd sslclientcert sslclientkey sslverify \
sslverifystatus strict syslog_device syslog_ident system_cachedir system_state_dir throttle timeout \
tmprepoconflicts transformdb tsflags type ui_repoid_vars upgrade_group_objects_upgrade upgrade_requirements_on_install \
usercache use_host_config user_agent username usr_drift_protected_paths vars zchunk";

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let known: BTreeSet<&str> = KNOWN.split_ascii_whitespace().collect();
    for (path, packages) in subject.packages() {
        let ids = || {
            packages
                .repositories
                .iter()
                .map(|repository| repository.id.as_str())
        };
        let all_known = !subject.is_lost(&path, "repositories");
        for name in packages.setopts.keys() {
            let mut place: Vec<PathSegment> = path.clone();
            place.extend(["setopts".into(), name.as_str().into()]);
            let span = subject.document.key_span(&place);
            // An id may hold dots, an option never does.
            let (repository, option) = match name.rsplit_once('.') {
                Some((repository, option)) => (Some(repository), option),
                None => (None, name.as_str()),
            };
            let reserved = RESERVED.iter().find(|(reserved, _)| *reserved == option);
            if let Some((_, help)) = reserved {
                found.push(
                    Diagnostic::new(
                        Code::ReservedSetopt,
                        format!("option `{option}` is set by onelayer itself"),
                    )
                    .label(span, "this option")
                    .help(*help),
                );
            } else if !known.contains(option) {
                let meant = nearest(option, known.iter().copied());
                found.push(
                    Diagnostic::new(
                        Code::UnknownSetopt,
                        format!(
                            "option `{}` is known to no package manager",
                            option.escape_debug()
                        ),
                    )
                    .label(span, "this option")
                    .help(match meant {
                        Some(meant) => format!("write `{meant}` if that is meant"),
                        None => "remove it, or look it up in dnf.conf(5)".to_owned(),
                    }),
                );
            } else if let Some(repository) = repository
                && all_known
                && !ids().any(|id| id == repository)
            {
                found.push(
                    Diagnostic::new(
                        Code::UnknownSetopt,
                        format!(
                            "no repository `{}` is in the recipe",
                            repository.escape_debug()
                        ),
                    )
                    .label(span, "this option")
                    .help(match nearest(repository, ids()) {
                        Some(meant) => format!("write `{meant}.{option}` if that is meant"),
                        None => format!("write the id of a repository before `.{option}`"),
                    }),
                );
            }
        }
    }
}
