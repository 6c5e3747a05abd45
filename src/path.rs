//! How a secret is addressed: `PROJECT/NAME`.

use std::fmt;
use std::str::FromStr;

use crate::{Error, ErrorKind, Result};

/// The project of a name without a slash.
pub const DEFAULT_PROJECT: &str = "default";

/// The longest name of a project, in bytes.
pub const PROJECT_NAME_LIMIT: usize = 64;

/// The longest name of a secret, in bytes.
pub const SECRET_NAME_LIMIT: usize = 255;

/// The address of a secret: a project and a name in it.
///
/// Written `PROJECT/NAME`; a NAME without slash is in project `default`. Both consist of
/// `[A-Za-z0-9._@%+=-]`; a name may have segments separated by `/`. No segment is empty, `.` or
/// `..`, or starts with `-`. Names are case-sensitive and compared byte by byte.
///
/// ```
/// use strongroom::SecretPath;
///
/// let path: SecretPath = "web1/borg/repo-a".parse()?;
/// assert_eq!((path.project(), path.name()), ("web1", "borg/repo-a"));
/// assert_eq!("laptop".parse::<SecretPath>()?.to_string(), "default/laptop");
/// # Ok::<(), strongroom::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretPath {
    project: String,
    name: String,
}

impl SecretPath {
    /// The secret `name` in `project`. `InvalidArgument` when one of them breaks a rule.
    pub fn new(project: &str, name: &str) -> Result<SecretPath> {
        check_project_name(project)?;
        check_secret_name(name)?;
        Ok(SecretPath { project: project.to_owned(), name: name.to_owned() })
    }

    /// The project's name.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The secret's name in its project.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for SecretPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<SecretPath> {
        match text.split_once('/') {
            Some((project, name)) => SecretPath::new(project, name),
            None => SecretPath::new(DEFAULT_PROJECT, text),
        }
    }
}

impl fmt::Display for SecretPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.name)
    }
}

/// Checks the name of a project.
pub(crate) fn check_project_name(name: &str) -> Result<()> {
    check("project", name, PROJECT_NAME_LIMIT, [name].into_iter())
}

/// Checks the name of a secret.
pub(crate) fn check_secret_name(name: &str) -> Result<()> {
    check("secret", name, SECRET_NAME_LIMIT, name.split('/'))
}

/// Checks the beginning of names, by which a list is narrowed.
pub(crate) fn check_prefix(prefix: &str) -> Result<()> {
    let allowed = |c: char| c == '/' || is_allowed(c);
    if prefix.len() <= SECRET_NAME_LIMIT && prefix.chars().all(allowed) {
        return Ok(());
    }
    Err(invalid(format!("{prefix:?} is no beginning of a name")))
}

fn check<'a>(
    what: &str,
    name: &str,
    limit: usize,
    segments: impl Iterator<Item = &'a str>,
) -> Result<()> {
    if name.len() > limit {
        return Err(invalid(format!(
            "a {what} name of {} bytes is longer than {limit}",
            name.len()
        )));
    }
    for segment in segments {
        let problem = match segment {
            "" => "has an empty part",
            "." | ".." => "has a part . or ..",
            s if s.starts_with('-') => "has a part that starts with -",
            s if !s.chars().all(is_allowed) => "has a character that is not allowed",
            _ => continue,
        };
        return Err(invalid(format!("the {what} name {name:?} {problem}")));
    }
    Ok(())
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._@%+=-".contains(c)
}

fn invalid(what: String) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        what,
        "use PROJECT/NAME with parts of A-Z a-z 0-9 . _ @ % + = - separated by /",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_their_limits_are_accepted() {
        for (project, name) in [("a", "b"), ("A.b_c@d%e+f=g-h", "x/y/z"), (".x", "..y/a.-")] {
            SecretPath::new(project, name).unwrap();
        }
        SecretPath::new(&"p".repeat(64), &"n".repeat(255)).unwrap();
    }

    #[test]
    fn names_that_break_a_rule_are_refused() {
        let long_project = "p".repeat(65);
        let long_name = "n".repeat(256);
        for (project, name) in [
            ("", "a"),
            ("a", ""),
            ("a", "b//c"),
            ("a", "/b"),
            ("a", "b/"),
            ("a", "."),
            ("a", "b/.."),
            ("..", "b"),
            ("-a", "b"),
            ("a", "b/-c"),
            ("a b", "c"),
            ("a", "b\0"),
            ("a", "ü"),
            ("a/b", "c"),
            (&long_project, "a"),
            ("a", &long_name),
        ] {
            let error = SecretPath::new(project, name).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{project:?} {name:?}");
        }
    }
}
