//! A folder's content, as a value.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The files and folders below a folder. `None` stands for a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Image(pub BTreeMap<PathBuf, Option<Vec<u8>>>);

impl Image {
    /// Reads a real folder.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn read(folder: &Path) -> Image {
        let mut image = Image::default();
        image.read_below(folder, Path::new(""));
        image
    }

    fn read_below(&mut self, folder: &Path, below: &Path) {
        for entry in fs::read_dir(folder.join(below)).expect("a folder that can be read") {
            let entry = entry.expect("a folder that can be read");
            let path = below.join(entry.file_name());
            if entry.file_type().expect("a file type").is_dir() {
                self.0.insert(path.clone(), None);
                self.read_below(folder, &path);
            } else {
                let bytes = fs::read(entry.path()).expect("a file that can be read");
                self.0.insert(path, Some(bytes));
            }
        }
    }

    /// Writes it into an empty folder, for the owner's eyes only.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, folder: &Path) {
        for (path, content) in &self.0 {
            let path = folder.join(path);
            match content {
                None => fs::DirBuilder::new().mode(0o700).create(path).expect("a new folder"),
                Some(bytes) => {
                    let mut options = fs::OpenOptions::new();
                    options.write(true).create_new(true).mode(0o600);
                    let mut file = options.open(path).expect("a new file");
                    std::io::Write::write_all(&mut file, bytes).expect("a file written");
                }
            }
        }
    }

    /// The content of the file at `path`.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.0.get(Path::new(path))?.as_deref()
    }

    /// Tells equal images from others, well enough to skip what was seen before.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}
