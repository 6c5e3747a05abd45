//! What a config or caller asks for, and this build is without.

use crate::{Error, ErrorKind};

/// `Unsupported`: there is no `what` without this feature.
pub(crate) fn not_built(what: &str, feature: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("this build of Strongroom has no {what}"),
        format!("build it with the feature `{feature}`"),
    )
}
