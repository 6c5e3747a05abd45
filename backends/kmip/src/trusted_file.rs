//! Files that say whom we believe and who we are: nobody else may write them.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use strongroom_backend::{Error, ErrorKind, Result};

/// Bits of the mode: what group and others may not do with a file that is trusted.
const WRITE: u32 = 0o022;
/// What they may not do with one that is secret: a group may read it.
const WRITE_OR_OTHERS: u32 = 0o027;

const ROOT: u32 = 0;

/// Refuses a file that somebody else than its user, or root, can write.
pub(crate) fn check_trusted(path: &Path, metadata: &Metadata) -> Result<()> {
    check(path, metadata, WRITE, "others can write", "chmod go-w")
}

/// Refuses one that others can read, too.
pub(crate) fn check_secret(path: &Path, metadata: &Metadata) -> Result<()> {
    check(
        path,
        metadata,
        WRITE_OR_OTHERS,
        "everyone can read, or others can write,",
        "chmod g-w,o=",
    )
}

fn check(path: &Path, metadata: &Metadata, denied: u32, who: &str, mend: &str) -> Result<()> {
    let file = path.display();
    if metadata.mode() & denied != 0 {
        let next = format!("run `{mend} {file}`");
        return Err(Error::new(ErrorKind::Config, format!("{who} {file}"), next));
    }
    let me = rustix::process::geteuid().as_raw();
    if ![me, ROOT].contains(&metadata.uid()) {
        let what = format!("{file} belongs to another user");
        return Err(Error::new(ErrorKind::Config, what, "use one of your own, or of root"));
    }
    Ok(())
}
