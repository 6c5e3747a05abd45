//! Files with secrets in them that more people can read than should.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::exit;

/// The permissions to read, of the group and of everybody.
const OTHERS_READ: u32 = 0o044;

/// Warns of a file that others than its owner can read. Pipes and descriptors are nobody's concern.
pub(crate) fn warn_if_exposed(what: &str, file: &Path) {
    // A file that cannot be looked at cannot be read either, and that error comes next.
    let Ok(found) = std::fs::metadata(file) else { return };
    let mode = found.permissions().mode();
    if found.is_file() && mode & OTHERS_READ != 0 {
        let file = file.display();
        exit::warn(&format!("others can read the {what} in {file}: run `chmod 600 {file}`"));
    }
}
