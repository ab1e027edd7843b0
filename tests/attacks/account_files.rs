//! Lists of users in a root that are links to the host's, pipes, endless, or hold nonsense.

use std::fs;

use super::Attack;

const ACCOUNTS: &str = "  - accounts: {users: [{name: new, create_home: true}]}\n";

#[test]
fn lists_that_are_links_to_the_host_are_made_in_the_root() {
    for climb in ["", "../../../../../../../../.."] {
        let lists = ["passwd", "group", "shadow", "gshadow", "subuid"].map(|name| {
            format!("  - remove: /etc/{name}\n  - link: /etc/{name}\n    target: {climb}@/{name}\n")
        });
        let Some(attack) = Attack::new(&format!("{}{ACCOUNTS}", lists.concat())) else {
            return;
        };
        let root = attack.contained();
        let inside = attack.inside(&root);
        let passwd = fs::read_to_string(inside.join("passwd")).unwrap();
        assert!(
            passwd.contains("new:") && !passwd.contains("evil"),
            "{passwd}"
        );
        assert!(inside.join("group").is_file() && !inside.join("subuid").exists());
    }
}

#[test]
fn nobody_is_found_in_the_lists_of_the_host() {
    let link = "  - remove: /etc/passwd\n  - link: /etc/passwd\n    target: '@/passwd'\n";
    for (step, code) in [
        ("  - write: /x\n    content: ''\n    owner: evil\n", 3),
        (
            "  - run: 'true'\n    user: ev${{ args.X }}\nargs: {X: il}\n",
            3,
        ),
    ] {
        let Some(attack) = Attack::new(&format!("{link}{step}")) else {
            return;
        };
        attack.refused(code, "evil");
    }
}

#[test]
fn lists_that_are_none_are_neither_waited_for_nor_read_without_end() {
    let run = "  - run: 'true'\n    user: nobody-here\n";
    let owner = "  - write: /x\n    content: ''\n    owner: nobody-here\n";
    for (make, told) in [
        ("mkfifo /etc/passwd", "regular file"),
        ("mkdir /etc/passwd", "regular file"),
        ("truncate -s 4G /etc/passwd", ""),
    ] {
        for step in [run, owner, ACCOUNTS] {
            let steps = format!("  - run: rm /etc/passwd; {make}\n{step}");
            let Some(attack) = Attack::new(&steps) else {
                return;
            };
            attack.refused(3, "`/etc/passwd`");
            attack.refused(3, told);
        }
    }
}

#[test]
fn nonsense_in_a_list_gives_nobody_the_powers_of_root() {
    let list = "  - write: /etc/passwd\n    content: \"big:x:4294967295:0::/:\\nover:x:4294967296:0::/:\\n\
                neg:x:-1:0::/:\\nempty:x::0::/:\\n12:x:34:34::/:\\ntwice:x:5:5::/:\\ntwice:x:0:0::/:\\n\
                last:x:6:6::/:\"\n";
    for name in ["big", "over", "neg", "empty"] {
        for step in [
            format!("  - write: /x\n    content: ''\n    owner: {name}\n"),
            format!("  - run: 'true'\n    user: {name}\n"),
        ] {
            // The list of the recipe's first steps is replaced.
            let Some(attack) = Attack::new(&format!("  - remove: /etc/passwd\n{list}{step}"))
            else {
                return;
            };
            attack.refused(3, name);
        }
    }
    let steps = "  - write: /1\n    content: ''\n    owner: twice\n  - write: /2\n    content: ''\n    \
                 owner: last\n  - write: /3\n    content: ''\n    owner: 12\n";
    let Some(attack) = Attack::new(&format!("  - remove: /etc/passwd\n{list}{steps}")) else {
        return;
    };
    let root = attack.contained();
    for (file, owner) in [("1", "5:5"), ("2", "6:6"), ("3", "12:0")] {
        let look = crate::images::look(&root, file);
        assert!(look.ends_with(owner), "{file}: {look}");
    }
}
