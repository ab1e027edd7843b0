//! Files in the INI form that dnf reads (dnf.conf(5)).

use super::PackagesError;

/// A configuration under construction.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    text: String,
    section: String,
}

impl Configuration {
    /// Begins a section.
    pub(super) fn section(&mut self, name: &str) -> Result<(), PackagesError> {
        self.check("section", name)?;
        self.text.push_str(&format!("[{name}]\n"));
        self.section = name.to_owned();
        Ok(())
    }

    /// Adds an option to the section.
    pub(super) fn option(&mut self, name: &str, value: &str) -> Result<(), PackagesError> {
        self.check(name, name)?;
        self.check(name, value)?;
        self.text.push_str(&format!("{name}={value}\n"));
        Ok(())
    }

    /// The file's text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A line break in a value would begin an option of its own.
    fn check(&self, option: &str, value: &str) -> Result<(), PackagesError> {
        if value.contains(|c: char| c.is_control()) {
            return Err(PackagesError::Value {
                option: option.escape_debug().to_string(),
                section: self.section.clone(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_begin_an_option() {
        let mut configuration = Configuration::default();
        configuration.section("main").unwrap();
        configuration.option("best", "1").unwrap();
        assert!(configuration.option("name", "x\ngpgcheck=0").is_err());
        assert_eq!(configuration.text(), "[main]\nbest=1\n");
    }
}
