//! Files that decide what the store trusts must not be in others' hands.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use strongroom_backend::file_error;

use crate::{Error, ErrorKind, Result};

const WRITABLE_BY_OTHERS: u32 = 0o022;
const ROOT: u32 = 0;

/// Refuses a file that anybody but its owner can write, or that belongs to somebody who is neither
/// this user nor root.
pub(crate) fn check_not_writable_by_others(path: &Path) -> Result<()> {
    let metadata = std::fs::metadata(path).map_err(|e| file_error("read", path, e))?;
    let me = rustix::process::geteuid().as_raw();
    let (what, next) = if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        ("can be written by others", format!("run `chmod go-w {}`", path.display()))
    } else if metadata.uid() != me && metadata.uid() != ROOT && me != ROOT {
        ("belongs to another user", "use a config of your own".to_owned())
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Config, format!("{} {what}", path.display()), next))
}
