//! Users and groups: made once, known where they are named.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::recipe::{OrKeep, Owner, Principal, Scope, Step};
use crate::source::Span;
use crate::syntax::PathSegment;
use crate::validate::Subject;
use crate::validate::sketch::Sketch;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scope in subject.scopes() {
        declared(subject, &scope, found);
        let mut named = Vec::new();
        let end = Sketch::walk(subject, &scope, |sketch, step, place| {
            for (owner, key) in owners(step) {
                if subject.is_read(place, key) {
                    named.extend(unknown(subject, sketch, owner, subject.below(place, key)));
                }
            }
        });
        let config = scope.at(&["config".into()]);
        if let Some(user) = &scope.config.user
            && subject.is_read(&config, "user")
        {
            named.extend(unknown(subject, &end, user, subject.below(&config, "user")));
        }
        found.append(&mut named);
    }
}

/// Owners that a step names, with their keys.
fn owners(step: &Step) -> Vec<(&Owner, &'static str)> {
    let owner = match step {
        Step::Copy(copy) => match &copy.owner {
            Some(OrKeep::Set(owner)) => Some(owner),
            _ => None,
        },
        Step::Write(write) => write.owner.as_ref(),
        Step::Fetch(fetch) => fetch.owner.as_ref(),
        Step::Link(link) => link.owner.as_ref(),
        Step::Directory(directory) => directory.owner.as_ref(),
        Step::Permissions(permissions) => permissions.owner.as_ref(),
        _ => None,
    };
    let user = match step {
        Step::Run(run) => run.user.as_ref(),
        _ => None,
    };
    let owner = owner.map(|owner| (owner, "owner"));
    owner
        .into_iter()
        .chain(user.map(|user| (user, "user")))
        .collect()
}

/// What to say about the names of an owner that nothing can have made.
fn unknown(subject: &Subject<'_>, sketch: &Sketch, owner: &Owner, span: Span) -> Vec<Diagnostic> {
    let say = |kind: &str, name: &str, meant: Option<&str>| {
        Diagnostic::new(
            Code::UnknownAccount,
            format!("no {kind} `{name}` can be known here"),
        )
        .label(span, format!("unknown {kind}"))
        .help(match meant {
            Some(meant) => format!("write `{meant}` if that is meant"),
            None => "use a number, or make it before with `accounts`".to_owned(),
        })
    };
    let mut found = Vec::new();
    if let Principal::Name(name) = &owner.user
        && !sketch.may_have_user(name)
    {
        found.push(say(
            "user",
            name,
            subject.values.nearest(name, sketch.users()),
        ));
    }
    if let Some(Principal::Name(name)) = &owner.group
        && !sketch.may_have_group(name)
    {
        found.push(say(
            "group",
            name,
            subject.values.nearest(name, sketch.groups()),
        ));
    }
    found
}

/// Where names and numbers of one kind were taken first.
#[derive(Default)]
struct Taken<'r> {
    names: BTreeMap<&'r str, Span>,
    numbers: BTreeMap<u32, Span>,
}

impl<'r> Taken<'r> {
    fn take(
        &mut self,
        kind: &str,
        name: (&'r str, Span),
        number: Option<(u32, Span)>,
        found: &mut Vec<Diagnostic>,
    ) {
        let mut twice = |what: String, span: Span, first: Span| {
            found.push(
                Diagnostic::new(Code::DuplicateAccount, what)
                    .label(span, "here again")
                    .label(first, "here first")
                    .help("remove one of the two, or give it another name and number"),
            );
        };
        match self.names.get(name.0) {
            Some(first) => twice(format!("{kind} `{}` is made twice", name.0), name.1, *first),
            None => {
                self.names.insert(name.0, name.1);
            }
        }
        if let Some((number, span)) = number {
            match self.numbers.get(&number) {
                Some(first) => twice(
                    format!("two {kind}s have the number {number}"),
                    span,
                    *first,
                ),
                None => {
                    self.numbers.insert(number, span);
                }
            }
        }
    }
}

fn declared(subject: &Subject<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) {
    let (mut users, mut groups) = (Taken::default(), Taken::default());
    for (index, step) in scope.steps.iter().enumerate() {
        let Step::Accounts(step) = step else {
            continue;
        };
        // Of two steps under conditions one may be the only one that is made.
        if step.when.is_some() {
            continue;
        }
        let at = |list: &str, item: usize| -> Vec<PathSegment> {
            let below: [PathSegment; 3] = ["accounts".into(), list.into(), item.into()];
            [scope.step(index).as_slice(), &below].concat()
        };
        for (item, group) in step.accounts.groups.iter().enumerate() {
            let place = at("groups", item);
            number(subject, group.gid, &place, "gid", found);
            if subject.is_read(&place, "name") {
                let name = (group.name.as_str(), subject.below(&place, "name"));
                let gid = group.gid.map(|gid| (gid, subject.below(&place, "gid")));
                groups.take("group", name, gid, found);
            }
        }
        for (item, user) in step.accounts.users.iter().enumerate() {
            let place = at("users", item);
            number(subject, user.uid, &place, "uid", found);
            if subject.is_read(&place, "name") {
                let name = (user.name.as_str(), subject.below(&place, "name"));
                let uid = user.uid.map(|uid| (uid, subject.below(&place, "uid")));
                users.take("user", name, uid, found);
            }
        }
    }
}

fn number(
    subject: &Subject<'_>,
    id: Option<u32>,
    place: &[PathSegment],
    key: &str,
    found: &mut Vec<Diagnostic>,
) {
    if id == Some(u32::MAX) {
        found.push(
            Diagnostic::new(
                Code::InvalidValue,
                format!("`{}` means no id at all to the kernel", u32::MAX),
            )
            .label(subject.below(place, key), "this number")
            .help(format!("use a number up to {}", u32::MAX - 1)),
        );
    }
}
