//! The backup file: a header, sections with a digest each, and a MAC over everything.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use strongroom_backend::{StoreId, file_error};
use strongroom_crypto::Mac;

use crate::{Error, ErrorKind, Result, Timestamp};

const MAGIC: &[u8; 4] = b"SRB1";
const FORMAT: u8 = 1;
const HOLDS_KEYS: u8 = 1;
const MAC_BYTES: u64 = 32;
const MOST_SECTIONS: u32 = 1_000;
const PIECE: usize = 64 * 1024;

/// The longest section that is read into memory: a config or a keyring.
const SMALL: u64 = 16 << 20;

/// What a backup file says of itself, before anything is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupInfo {
    /// The store that it is a copy of.
    pub store: StoreId,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether it holds the keys, under a passphrase.
    pub holds_keys: bool,
    pub(super) epoch: i64,
    pub(super) sections: u32,
}

/// Reads what a backup file says of itself: to know whether a passphrase will be needed.
pub fn backup_info(file: &Path) -> Result<BackupInfo> {
    Ok(Reader::open(file)?.info)
}

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum SectionKind {
    Config = 1,
    Metadata = 2,
    Shelf = 3,
    Keys = 4,
}

/// A section's lead.
pub(super) struct Section {
    pub(super) kind: SectionKind,
    pub(super) name: String,
    length: u64,
    digest: [u8; 32],
}

/// Writes a backup file, authenticating what it writes.
pub(super) struct Writer<'a> {
    path: &'a Path,
    file: File,
    mac: Mac,
    written: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn begin(
        path: &'a Path,
        file: File,
        mac: Mac,
        info: &BackupInfo,
    ) -> Result<Writer<'a>> {
        let mut writer = Writer { path, file, mac, written: 0 };
        writer.put(MAGIC)?;
        writer.put(&[FORMAT, if info.holds_keys { HOLDS_KEYS } else { 0 }, 0, 0])?;
        writer.put(info.store.as_bytes())?;
        writer.put(&info.epoch.to_be_bytes())?;
        writer.put(&info.made_at.micros().to_be_bytes())?;
        writer.put(&info.sections.to_be_bytes())?;
        Ok(writer)
    }

    /// A section whose content is at hand.
    pub(super) fn bytes(&mut self, kind: SectionKind, name: &str, content: &[u8]) -> Result<()> {
        self.lead(kind, name, content.len() as u64, Sha256::digest(content).into())?;
        self.put(content)
    }

    /// A section whose content is a file.
    pub(super) fn file(&mut self, kind: SectionKind, name: &str, content: &Path) -> Result<()> {
        let failed = |e| file_error("read", content, e);
        let mut hasher = Sha256::new();
        let length = in_pieces(File::open(content).map_err(failed)?, u64::MAX, |piece| {
            hasher.update(piece);
            Ok(())
        })
        .map_err(failed)?;
        self.lead(kind, name, length, hasher.finalize().into())?;
        let mut outcome = Ok(());
        in_pieces(File::open(content).map_err(failed)?, length, |piece| {
            if outcome.is_ok() {
                outcome = self.put(piece);
            }
            Ok(())
        })
        .map_err(failed)?;
        outcome
    }

    /// Appends the MAC and makes the file durable. Returns its length.
    pub(super) fn finish(mut self) -> Result<u64> {
        let mac = self.mac.finish();
        self.file
            .write_all(&mac)
            .and_then(|()| self.file.sync_all())
            .map_err(|e| file_error("write", self.path, e))?;
        self.written += MAC_BYTES;
        Ok(self.written)
    }

    fn lead(&mut self, kind: SectionKind, name: &str, length: u64, digest: [u8; 32]) -> Result<()> {
        self.put(&[kind as u8, name.len() as u8])?;
        self.put(name.as_bytes())?;
        self.put(&length.to_be_bytes())?;
        self.put(&digest)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.mac.update(bytes);
        self.written += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|e| file_error("write", self.path, e))
    }
}

/// Reads a backup file section by section.
pub(super) struct Reader {
    pub(super) info: BackupInfo,
    source: BufReader<File>,
    /// Of all that was read: the MAC is checked later, and must be that of the same bytes.
    hasher: Sha256,
    /// Bytes that sections can still take.
    left: u64,
    sections_left: u32,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Reader> {
        let file = File::open(path).map_err(|e| file_error("open", path, e))?;
        let length = file.metadata().map_err(|e| file_error("read", path, e))?.len();
        let mut reader = Reader {
            info: BackupInfo {
                store: StoreId::from_bytes([0; 16]),
                made_at: Timestamp::from_micros(0),
                holds_keys: false,
                epoch: 0,
                sections: 0,
            },
            source: BufReader::new(file),
            hasher: Sha256::new(),
            left: length.saturating_sub(MAC_BYTES),
            sections_left: 0,
        };
        reader.header()?;
        Ok(reader)
    }

    fn header(&mut self) -> Result<()> {
        let magic: [u8; 4] = self.take()?;
        if magic != *MAGIC {
            return Err(damaged("it is not a Strongroom backup"));
        }
        let [format, flags, reserved @ ..]: [u8; 4] = self.take()?;
        if format != FORMAT || flags & !HOLDS_KEYS != 0 || reserved != [0, 0] {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the backup is of format {format} with flags {flags:#04x}"),
                "use a newer Strongroom",
            ));
        }
        self.info.holds_keys = flags & HOLDS_KEYS != 0;
        self.info.store = StoreId::from_bytes(self.take()?);
        self.info.epoch = i64::from_be_bytes(self.take()?);
        self.info.made_at = Timestamp::from_micros(i64::from_be_bytes(self.take()?));
        self.info.sections = u32::from_be_bytes(self.take()?);
        if self.info.sections > MOST_SECTIONS {
            return Err(damaged("it has too many sections"));
        }
        self.sections_left = self.info.sections;
        Ok(())
    }

    /// The next section's lead; its content must be read before the one after it.
    pub(super) fn next(&mut self) -> Result<Option<Section>> {
        if self.sections_left == 0 {
            return match self.left {
                0 => Ok(None),
                _ => Err(damaged("something follows its last section")),
            };
        }
        self.sections_left -= 1;
        let [kind, name_length] = self.take()?;
        let kind = match kind {
            1 => SectionKind::Config,
            2 => SectionKind::Metadata,
            3 => SectionKind::Shelf,
            4 => SectionKind::Keys,
            _ => return Err(damaged("it has a section of an unknown kind")),
        };
        let mut name = vec![0; usize::from(name_length)];
        self.fill(&mut name)?;
        let name = String::from_utf8(name).map_err(|_| damaged("a name is not UTF-8"))?;
        let length = u64::from_be_bytes(self.take()?);
        let digest = self.take()?;
        if length > self.left {
            return Err(damaged("it is cut short"));
        }
        Ok(Some(Section { kind, name, length, digest }))
    }

    /// The content of a small section.
    pub(super) fn content(&mut self, section: &Section) -> Result<Vec<u8>> {
        if section.length > SMALL {
            return Err(damaged("a section is larger than it can be"));
        }
        let mut bytes = vec![0; section.length as usize];
        self.fill(&mut bytes)?;
        match Sha256::digest(&bytes)[..] == section.digest {
            true => Ok(bytes),
            false => Err(altered(section)),
        }
    }

    /// Writes the content of a section to a new file.
    pub(super) fn content_to(&mut self, section: &Section, path: &Path) -> Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let failed = |e| file_error("write", path, e);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        let mut hasher = Sha256::new();
        let whole = &mut self.hasher;
        let copied = in_pieces(&mut self.source, section.length, |piece| {
            hasher.update(piece);
            whole.update(piece);
            file.write_all(piece)
        })
        .map_err(failed)?;
        self.left -= copied;
        if copied != section.length || hasher.finalize()[..] != section.digest {
            return Err(altered(section));
        }
        file.sync_all().map_err(failed)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        let length = bytes.len() as u64;
        self.left = self.left.checked_sub(length).ok_or_else(|| damaged("it is cut short"))?;
        self.source.read_exact(bytes).map_err(|_| damaged("it cannot be read to its end"))?;
        self.hasher.update(bytes);
        Ok(())
    }

    /// The digest of everything but the MAC, once the last section was read.
    pub(super) fn digest(self) -> Digest {
        Digest(self.hasher.finalize().into())
    }
}

/// The digest of a whole backup file, its MAC left out.
pub(super) struct Digest([u8; 32]);

/// Checks the MAC at the end of a backup file, and that the file is still the one of this digest.
pub(super) fn verify(path: &Path, digest: &Digest, mut mac: Mac) -> Result<()> {
    let failed = |e| file_error("read", path, e);
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let mut hasher = Sha256::new();
    in_pieces(&mut file, length.saturating_sub(MAC_BYTES), |piece| {
        mac.update(piece);
        hasher.update(piece);
        Ok(())
    })
    .map_err(failed)?;
    let mut stored = Vec::new();
    file.read_to_end(&mut stored).map_err(failed)?;
    match mac.verify(&stored) && hasher.finalize()[..] == digest.0 {
        true => Ok(()),
        false => Err(damaged("it was altered, or these are not its store's keys")),
    }
}

/// Hands up to `limit` bytes of `source` to `each`, piece by piece; returns how many there were.
fn in_pieces(
    source: impl Read,
    limit: u64,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut source = source.take(limit);
    let mut piece = vec![0; PIECE];
    let mut total = 0;
    loop {
        match source.read(&mut piece) {
            Ok(0) => return Ok(total),
            Ok(count) => {
                each(&piece[..count])?;
                total += count as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

fn altered(section: &Section) -> Error {
    damaged(&format!("its section {:?} {} was altered", section.kind, section.name))
}

pub(super) fn damaged(what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the backup cannot be used: {what}"),
        "use another copy of the backup; nothing was written",
    )
}
