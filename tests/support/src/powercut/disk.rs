//! A folder on a disk: what is durable, and what is not yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::survival::{Chooser, Fate};
use super::{Image, Log, Op, Survival};

/// The unit that a disk writes as a whole.
const SECTOR: usize = 512;

/// A file or folder, by the order of creation; inodes are used again, these are not.
type Node = usize;
type Names = BTreeMap<String, Node>;

const ROOT: Node = 0;

/// The state of the watched folder after some prefix of a log.
pub struct Disk {
    position: usize,
    nodes: Vec<Content>,
    by_inode: HashMap<u64, Node>,
    /// A folder in which everything is durable at once.
    spared: Option<PathBuf>,
    spared_nodes: BTreeSet<Node>,
    /// Changes of names that no sync of their folder has made durable, in order.
    names: Vec<NameChange>,
}

enum Content {
    File { durable: Vec<u8>, pending: Vec<(usize, Change)> },
    Folder { durable: Names, live: Names },
}

/// An unsynced change of a file.
enum Change {
    Write { at: usize, bytes: Arc<[u8]> },
    Resize(usize),
}

/// An unsynced change of a folder: a rename sets two names at once.
struct NameChange {
    position: usize,
    folder: Node,
    sets: Vec<(String, Option<Node>)>,
}

impl Disk {
    /// The watched folder before the log begins: empty.
    pub fn new(log: &Log) -> Disk {
        Disk {
            position: 0,
            nodes: vec![Content::Folder { durable: Names::new(), live: Names::new() }],
            by_inode: HashMap::from([(log.root, ROOT)]),
            spared: None,
            spared_nodes: BTreeSet::new(),
            names: Vec::new(),
        }
    }

    /// From now on, what the program did in this folder, which it made itself, survives each power cut: it
    /// stands for a device beside the disk.
    pub fn sparing(mut self, folder: &Path) -> Disk {
        self.spared = Some(folder.to_path_buf());
        self
    }

    /// The disk after the whole log.
    pub fn replay(log: &Log) -> Disk {
        let mut disk = Disk::new(log);
        log.ops.iter().for_each(|op| disk.apply(op));
        disk
    }

    /// Carries out the next call of the log.
    ///
    /// # Panics
    /// On calls that are not modelled: a rename from one folder into another.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Create { inode, path } => {
                let file = Content::File { durable: Vec::new(), pending: Vec::new() };
                self.create(*inode, path, file);
            }
            Op::CreateFolder { inode, path } => {
                let folder = Content::Folder { durable: Names::new(), live: Names::new() };
                self.create(*inode, path, folder);
            }
            Op::Link { inode, path } => {
                let (folder, name) = self.locate(path);
                self.change_names(folder, vec![(name, Some(self.by_inode[inode]))]);
            }
            Op::Rename { from, to } => {
                let (folder, from) = self.locate(from);
                let (to_folder, to) = self.locate(to);
                assert_eq!(folder, to_folder, "a rename between folders is not modelled");
                let node = self.live(folder)[&from];
                self.change_names(folder, vec![(from, None), (to, Some(node))]);
            }
            Op::Unlink { path } => {
                let (folder, name) = self.locate(path);
                self.change_names(folder, vec![(name, None)]);
            }
            Op::Write { inode, at, bytes } => {
                self.change_file(*inode, Change::Write { at: *at, bytes: bytes.clone() });
            }
            Op::Replace { inode, bytes } => {
                self.change_file(*inode, Change::Write { at: 0, bytes: bytes.clone() });
                self.change_file(*inode, Change::Resize(bytes.len()));
            }
            Op::Resize { inode, size } => self.change_file(*inode, Change::Resize(*size)),
            Op::Sync { inode } => self.sync_file(self.by_inode[inode]),
            Op::SyncFolder { inode } => self.sync_folder(self.by_inode[inode]),
            Op::Mark(_) => {}
        }
        self.settle_spared();
        self.position += 1;
    }

    /// Whether a call changes the spared folder, of which this disk has seen the beginning.
    pub fn spares(&self, op: &Op) -> bool {
        let path = match op {
            Op::Write { inode, .. }
            | Op::Replace { inode, .. }
            | Op::Resize { inode, .. }
            | Op::Sync { inode }
            | Op::SyncFolder { inode } => {
                return self
                    .by_inode
                    .get(inode)
                    .is_some_and(|node| self.spared_nodes.contains(node));
            }
            Op::Create { path, .. }
            | Op::CreateFolder { path, .. }
            | Op::Link { path, .. }
            | Op::Unlink { path } => path,
            Op::Rename { to, .. } => to,
            Op::Mark(_) => return false,
        };
        self.spared.as_ref().is_some_and(|spared| path.starts_with(spared))
    }

    /// What the disk holds if the power fails now.
    pub fn after_cut(&self, survival: Survival) -> Image {
        let mut chooser = Chooser::new(survival);
        let mut folders: HashMap<Node, Names> = HashMap::new();
        for (node, content) in self.nodes.iter().enumerate() {
            if let Content::Folder { durable, .. } = content {
                folders.insert(node, durable.clone());
            }
        }
        for change in &self.names {
            if chooser.keeps_name(change.position) {
                set_names(folders.get_mut(&change.folder).expect("a folder"), &change.sets);
            }
        }
        let mut files = HashMap::new();
        for (node, content) in self.nodes.iter().enumerate() {
            if let Content::File { durable, pending } = content {
                files.insert(node, survivors(durable, pending, &mut chooser));
            }
        }
        let mut image = Image::default();
        collect(&mut image, Path::new(""), ROOT, &folders, &files);
        image
    }

    fn create(&mut self, inode: u64, path: &Path, content: Content) {
        let node = self.nodes.len();
        self.nodes.push(content);
        self.by_inode.insert(inode, node);
        let (folder, name) = self.locate(path);
        match &self.spared {
            Some(spared) if path == spared => {
                self.spared_nodes.insert(node);
                if let Content::Folder { durable, .. } = &mut self.nodes[folder] {
                    durable.insert(name.clone(), node);
                }
            }
            Some(spared) if path.starts_with(spared) => {
                self.spared_nodes.insert(node);
            }
            _ => {}
        }
        self.change_names(folder, vec![(name, Some(node))]);
    }

    /// Makes durable what was done in the spared folder.
    fn settle_spared(&mut self) {
        let spared = std::mem::take(&mut self.spared_nodes);
        for node in &spared {
            match self.nodes[*node] {
                Content::File { .. } => self.sync_file(*node),
                Content::Folder { .. } => self.sync_folder(*node),
            }
        }
        self.spared_nodes = spared;
    }

    /// The folder that a path is in, as the running program sees it, and the name there.
    fn locate(&self, path: &Path) -> (Node, String) {
        let mut parts: Vec<_> =
            path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let name = parts.pop().expect("a path inside the watched folder");
        let folder = parts.iter().fold(ROOT, |folder, part| self.live(folder)[part]);
        (folder, name)
    }

    fn live(&self, folder: Node) -> &Names {
        match &self.nodes[folder] {
            Content::Folder { live, .. } => live,
            Content::File { .. } => panic!("a path leads through a file"),
        }
    }

    fn change_names(&mut self, folder: Node, sets: Vec<(String, Option<Node>)>) {
        if let Content::Folder { live, .. } = &mut self.nodes[folder] {
            set_names(live, &sets);
        }
        self.names.push(NameChange { position: self.position, folder, sets });
    }

    fn change_file(&mut self, inode: u64, change: Change) {
        if let Content::File { pending, .. } = &mut self.nodes[self.by_inode[&inode]] {
            pending.push((self.position, change));
        }
    }

    fn sync_file(&mut self, node: Node) {
        if let Content::File { durable, pending } = &mut self.nodes[node] {
            pending.drain(..).for_each(|(_, change)| change.apply_to(durable));
        }
    }

    fn sync_folder(&mut self, node: Node) {
        if let Content::Folder { durable, .. } = &mut self.nodes[node] {
            for change in self.names.extract_if(.., |change| change.folder == node) {
                set_names(durable, &change.sets);
            }
        }
    }
}

impl Change {
    fn apply_to(&self, file: &mut Vec<u8>) {
        match self {
            Change::Write { at, bytes } => write_at(file, *at, bytes),
            Change::Resize(size) => file.resize(*size, 0),
        }
    }
}

fn set_names(names: &mut Names, sets: &[(String, Option<Node>)]) {
    for (name, node) in sets {
        match node {
            Some(node) => names.insert(name.clone(), *node),
            None => names.remove(name),
        };
    }
}

fn write_at(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[at..end].copy_from_slice(bytes);
}

/// The durable bytes with those pending changes on top that survive.
fn survivors(durable: &[u8], pending: &[(usize, Change)], chooser: &mut Chooser) -> Vec<u8> {
    let mut file = durable.to_vec();
    for (position, change) in pending {
        match (chooser.content(*position), change) {
            (Fate::Lost, _) => {}
            (Fate::Torn, Change::Write { at, bytes }) => tear(&mut file, *at, bytes, chooser),
            (Fate::Kept | Fate::Torn, change) => change.apply_to(&mut file),
        }
    }
    file
}

/// Writes some of the sectors. The size may grow although the bytes never came.
fn tear(file: &mut Vec<u8>, at: usize, bytes: &[u8], chooser: &mut Chooser) {
    let end = at + bytes.len();
    let mut start = at;
    while start < end {
        let stop = end.min((start / SECTOR + 1) * SECTOR);
        if chooser.random.chance(50) {
            write_at(file, start, &bytes[start - at..stop - at]);
        }
        start = stop;
    }
    if file.len() < end && chooser.random.chance(50) {
        file.resize(end, 0);
    }
}

fn collect(
    image: &mut Image,
    below: &Path,
    folder: Node,
    folders: &HashMap<Node, Names>,
    files: &HashMap<Node, Vec<u8>>,
) {
    for (name, node) in &folders[&folder] {
        let path = below.join(name);
        match files.get(node) {
            Some(bytes) => image.0.insert(path, Some(bytes.clone())),
            None => {
                collect(image, &path, *node, folders, files);
                image.0.insert(path, None)
            }
        };
    }
}
