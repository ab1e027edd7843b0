//! Bases from a registry.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use serde_json::json;

use crate::registry::credentials::auth_file;
use crate::support::distribution::Distribution;
use crate::support::scratch;
use crate::support::server::Authority;
use crate::support::workspace::{Workspace, tool};

use super::{base, ready, registry, seen, send};

fn recipe(host: &str, name: &str) -> String {
    format!("name: app\nbase: docker://{host}/{name}\nsteps: [{{write: /new, content: x}}]\n")
}

#[test]
fn the_second_build_asks_for_the_tag_only() {
    if !ready(&["docker-registry", "skopeo", "umoci"]) {
        return;
    }
    let (server, workspace) = (registry(), Workspace::new());
    base(&workspace);
    send(&server, &workspace, "base", "team/base:1");
    workspace.write("recipe.yaml", &recipe(&server.host, "team/base:1"));
    let first = workspace.build(&["-o", "oci:out"]).digest();
    let before = server.requests();
    assert_eq!(workspace.build(&["-o", "oci:again"]).digest(), first);
    let asked = server.requests()[before.len()..].to_vec();
    assert_eq!(asked, ["GET /v2/team/base/manifests/1"]);
    // A digest needs nobody.
    let digest = seen(&server, "team/base:1");
    let name = format!("team/base@{digest}");
    workspace.write("recipe.yaml", &recipe(&server.host, &name));
    workspace.build(&["-o", "oci:pinned"]).expect(0);
    let before = server.requests();
    workspace.build(&["-o", "oci:pinned"]).expect(0);
    let asked = server.requests()[before.len()..].to_vec();
    assert!(asked.is_empty(), "{asked:#?}");
}

#[test]
fn credentials_and_authorities_are_those_that_are_named() {
    if !ready(&["docker-registry", "skopeo", "umoci", "openssl", "htpasswd"]) {
        return;
    }
    let (folder, workspace) = (scratch(), Workspace::new());
    let authority = Authority::new(&folder.path().join("authority"));
    let users = tool(Command::new("htpasswd").args(["-Bbn", "me", "right"]));
    fs::write(folder.path().join("users"), users).unwrap();
    let path = folder.path().join("users");
    let settings = json!({
        "tls": {"certificate": authority.file("server.pem"), "key": authority.file("server.key")},
        "auth": {"htpasswd": {"realm": "r", "path": path}},
    });
    let server = Distribution::new(folder, settings);
    base(&workspace);
    let from = format!("oci:{}", workspace.path("base").display());
    let to = format!("docker://{}/team/base:1", server.host);
    let words = [
        "copy",
        "--quiet",
        "--dest-tls-verify=false",
        "--dest-creds=me:right",
    ];
    server.skopeo(&[&words[..], &[&from, &to]].concat());
    workspace.write("recipe.yaml", &recipe(&server.host, "team/base:1"));
    let authorities = authority.file("ca.pem");
    let files = scratch();
    let build = |password: &str| {
        let file = auth_file(files.path(), &server.host, "me", password);
        let (file, trusted) = (file.to_str().unwrap(), authorities.to_str().unwrap());
        workspace.build(&["-o", "oci:out", "--authfile", file, "--ca-bundle", trusted])
    };
    build("right").expect(0);
    let refused = build("wrong").expect(5).stderr;
    let file = files.path().join("auth.json").display().to_string();
    assert!(refused.contains(&file), "{refused}");
    let refused = workspace.build(&["-o", "oci:out"]).expect(5).stderr;
    assert!(refused.contains("--ca-bundle"), "{refused}");
}

#[test]
fn what_is_not_there_is_told_where_it_is_named() {
    if !ready(&["docker-registry", "skopeo", "umoci"]) {
        return;
    }
    let (server, workspace) = (registry(), Workspace::new());
    base(&workspace);
    send(&server, &workspace, "base", "team/base:1");
    workspace.write("recipe.yaml", &recipe(&server.host, "team/base:2"));
    let told = workspace.build(&["-o", "oci:out"]).expect(1).stderr;
    assert!(
        told.contains("image-unusable") && told.contains("recipe.yaml:2:"),
        "{told}"
    );
    // Nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = free.local_addr().unwrap().to_string();
    drop(free);
    workspace.write("recipe.yaml", &recipe(&host, "team/base:1"));
    let told = workspace.build(&["-o", "oci:out"]).expect(5).stderr;
    assert!(
        told.contains(&host) && told.contains("tried 3 times"),
        "{told}"
    );
    assert!(!workspace.path("out").exists());
}
