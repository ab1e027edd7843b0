//! The small languages inside a recipe's values: what is read can be written and read again, and a
//! mode stays one whatever it changes.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use onelayer::digest::Digest;
use onelayer::recipe::{
    AbsolutePath, AccountName, Condition, Duration, FileCapabilities, LanguageVersion, Mode, Name,
    Owner, Part, Platform, Port, Reference, RunIn, Sha256, Sha512, Signal, Size, Source, Tag,
    Template,
};
use onelayer::transport;

fn round<T: FromStr + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let again = value.to_string().parse().ok();
    assert_eq!(again.as_ref(), Some(&value), "{text:?}");
    Some(value)
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(mode) = round::<Mode>(text) {
        for current in [0, 0o644, 0o755, 0o7777] {
            assert!(mode.apply(current, false) <= 0o7777);
            assert!(mode.apply(current, true) <= 0o7777);
        }
    }
    if let Some(template) = Template::parse(text) {
        let mut end = 0;
        for part in template.parts() {
            if let Part::Expression(expression) = part {
                assert!(expression.range.start >= end);
                end = expression.range.end;
                assert!(text.get(expression.range.clone()).is_some());
            }
        }
    }
    round::<AbsolutePath>(text);
    round::<AccountName>(text);
    round::<Condition>(text);
    round::<Digest>(text);
    round::<Duration>(text);
    round::<FileCapabilities>(text);
    round::<LanguageVersion>(text);
    round::<Name>(text);
    round::<Owner>(text);
    round::<Platform>(text);
    round::<Port>(text);
    round::<Reference>(text);
    round::<RunIn>(text);
    round::<Sha256>(text);
    round::<Sha512>(text);
    round::<Signal>(text);
    round::<Size>(text);
    round::<Source>(text);
    round::<Tag>(text);
    round::<transport::Reference>(text);
});
