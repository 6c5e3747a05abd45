//! The log that the recorder writes; its format is at the top of `record.c`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One recorded call. A file or folder is named by its inode, a path is relative to the folder that
/// was watched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are named by what they are")]
pub enum Op {
    /// A file was created.
    Create { inode: u64, path: PathBuf },
    /// A folder was created.
    CreateFolder { inode: u64, path: PathBuf },
    /// A file got a further name.
    Link { inode: u64, path: PathBuf },
    /// A file was renamed, replacing what had the new name.
    Rename { from: PathBuf, to: PathBuf },
    /// A name was removed.
    Unlink { path: PathBuf },
    /// Bytes were written.
    Write { inode: u64, at: usize, bytes: Arc<[u8]> },
    /// The whole content was written.
    Replace { inode: u64, bytes: Arc<[u8]> },
    /// The size was set.
    Resize { inode: u64, size: usize },
    /// A file was synced.
    Sync { inode: u64 },
    /// A folder was synced.
    SyncFolder { inode: u64 },
    /// The program said something.
    Mark(String),
}

/// What a program did to a folder, in order.
#[derive(Debug, Clone)]
pub struct Log {
    /// The inode of the watched folder.
    pub root: u64,
    /// The calls.
    pub ops: Vec<Op>,
}

impl Log {
    /// Reads the recorder's file.
    ///
    /// # Panics
    /// On anything that the recorder does not write.
    pub(super) fn parse(root: u64, folder: &Path, bytes: &[u8]) -> Log {
        let mut reader = Reader { rest: bytes };
        let mut ops = Vec::new();
        while !reader.rest.is_empty() {
            ops.push(reader.op(folder));
        }
        Log { root, ops }
    }

    /// The same log without the syncs of folders.
    pub fn without_folder_syncs(&self) -> Log {
        let mut log = self.clone();
        log.ops.retain(|op| !matches!(op, Op::SyncFolder { .. }));
        log
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        taken
    }

    fn number(&mut self) -> u64 {
        u64::from_ne_bytes(self.take(8).try_into().expect("eight bytes"))
    }

    fn bytes(&mut self) -> &'a [u8] {
        let len = self.number() as usize;
        self.take(len)
    }

    fn op(&mut self, folder: &Path) -> Op {
        let kind = self.take(1)[0];
        let inode = self.number();
        let number = self.number() as usize;
        let (first, second) = (self.bytes(), self.bytes());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let path = |bytes: &[u8]| {
            let path = PathBuf::from(text(bytes));
            path.strip_prefix(folder).expect("inside the watched folder").to_path_buf()
        };
        match kind {
            b'C' => Op::Create { inode, path: path(first) },
            b'M' => Op::CreateFolder { inode, path: path(first) },
            b'L' => Op::Link { inode, path: path(first) },
            b'R' => {
                assert_eq!(number, 0, "renameat2 with flags is not modelled");
                Op::Rename { from: path(first), to: path(second) }
            }
            b'U' => Op::Unlink { path: path(first) },
            b'W' => Op::Write { inode, at: number, bytes: first.into() },
            b'P' => Op::Replace { inode, bytes: first.into() },
            b'T' => Op::Resize { inode, size: number },
            b'S' => Op::Sync { inode },
            b'D' => Op::SyncFolder { inode },
            b'A' => Op::Mark(text(first)),
            _ => panic!("unknown record {kind}"),
        }
    }
}
