//! The model of a disk, one promise after the other.

use std::collections::BTreeSet;
use std::path::Path;

use strongroom_test_support::powercut::{Disk, Image, Log, Op, Survival};

const ROOT: u64 = 1;
const FILE: u64 = 2;
const OTHER: u64 = 3;

fn create(inode: u64, path: &str) -> Op {
    Op::Create { inode, path: path.into() }
}

fn write(inode: u64, at: usize, bytes: &[u8]) -> Op {
    Op::Write { inode, at, bytes: bytes.into() }
}

fn rename(from: &str, to: &str) -> Op {
    Op::Rename { from: from.into(), to: to.into() }
}

fn sync(inode: u64) -> Op {
    Op::Sync { inode }
}

fn sync_folder(inode: u64) -> Op {
    Op::SyncFolder { inode }
}

/// What is there after these calls and a power cut.
fn after(ops: &[Op], survival: Survival) -> Image {
    Disk::replay(&Log { root: ROOT, ops: ops.to_vec() }).after_cut(survival)
}

/// Everything that may be there, as far as a thousand seeds find it.
fn possible(ops: &[Op]) -> Vec<Image> {
    let disk = Disk::replay(&Log { root: ROOT, ops: ops.to_vec() });
    (0..1_000).map(|seed| disk.after_cut(Survival::Some(seed))).collect()
}

#[test]
fn a_file_without_a_sync_of_its_folder_is_gone_although_its_bytes_are_synced() {
    let ops = [create(FILE, "f"), write(FILE, 0, b"bytes"), sync(FILE)];
    assert_eq!(after(&ops, Survival::Nothing), Image::default());
    assert_eq!(after(&ops, Survival::NamesOnly).file("f"), Some(&b"bytes"[..]));
}

#[test]
fn a_file_without_a_sync_of_its_own_is_empty_although_its_name_is_synced() {
    let ops = [create(FILE, "f"), write(FILE, 0, b"bytes"), sync_folder(ROOT)];
    assert_eq!(after(&ops, Survival::Nothing).file("f"), Some(&b""[..]));
    assert_eq!(after(&ops, Survival::ContentsOnly).file("f"), Some(&b"bytes"[..]));
}

#[test]
fn what_is_synced_survives_every_choice() {
    let ops = [create(FILE, "f"), write(FILE, 0, b"bytes"), sync(FILE), sync_folder(ROOT)];
    assert!(possible(&ops).iter().all(|image| image.file("f") == Some(b"bytes")));
    assert_eq!(after(&ops, Survival::Nothing).file("f"), Some(&b"bytes"[..]));
}

#[test]
fn a_sync_covers_what_came_before_it_alone() {
    let ops = [
        create(FILE, "f"),
        sync_folder(ROOT),
        write(FILE, 0, b"old"),
        sync(FILE),
        write(FILE, 0, b"new"),
        create(OTHER, "g"),
    ];
    let image = after(&ops, Survival::Nothing);
    assert_eq!((image.file("f"), image.file("g")), (Some(&b"old"[..]), None));
    let image = after(&ops, Survival::Everything);
    assert_eq!((image.file("f"), image.file("g")), (Some(&b"new"[..]), Some(&b""[..])));
    let image = after(&ops, Survival::UpTo(4));
    assert_eq!((image.file("f"), image.file("g")), (Some(&b"new"[..]), None));
}

#[test]
fn an_unsynced_rename_leaves_either_the_old_or_the_new_file_and_never_none() {
    let ops = [
        create(FILE, "f"),
        write(FILE, 0, b"old"),
        sync(FILE),
        create(OTHER, "t"),
        write(OTHER, 0, b"new"),
        sync(OTHER),
        sync_folder(ROOT),
        rename("t", "f"),
    ];
    assert_eq!(after(&ops, Survival::Nothing).file("f"), Some(&b"old"[..]));
    let seen: BTreeSet<_> = possible(&ops)
        .into_iter()
        .map(|image| (image.file("f").map(<[u8]>::to_vec), image.file("t").is_some()))
        .collect();
    let old = (Some(b"old".to_vec()), true);
    let new = (Some(b"new".to_vec()), false);
    assert_eq!(seen, BTreeSet::from([old, new]));
}

#[test]
fn an_unsynced_removal_may_bring_the_file_back_with_its_bytes() {
    let ops = [
        create(FILE, "f"),
        write(FILE, 0, b"bytes"),
        sync(FILE),
        sync_folder(ROOT),
        Op::Unlink { path: "f".into() },
    ];
    assert_eq!(after(&ops, Survival::Nothing).file("f"), Some(&b"bytes"[..]));
    assert_eq!(after(&ops, Survival::Everything), Image::default());
}

#[test]
fn a_further_name_shares_the_bytes_and_survives_the_first() {
    let ops = [
        create(FILE, "t"),
        write(FILE, 0, b"bytes"),
        sync(FILE),
        Op::Link { inode: FILE, path: "f".into() },
        Op::Unlink { path: "t".into() },
        sync_folder(ROOT),
    ];
    let image = after(&ops, Survival::Nothing);
    assert_eq!((image.file("f"), image.file("t")), (Some(&b"bytes"[..]), None));
}

#[test]
fn a_folder_needs_a_sync_of_the_folder_that_it_is_in() {
    let mut ops = vec![
        Op::CreateFolder { inode: 9, path: "d".into() },
        create(FILE, "d/f"),
        sync(FILE),
        sync_folder(9),
    ];
    assert_eq!(after(&ops, Survival::Nothing), Image::default());
    ops.push(sync_folder(ROOT));
    assert_eq!(after(&ops, Survival::Nothing).file("d/f"), Some(&b""[..]));
}

#[test]
fn a_write_is_torn_between_sectors_and_never_inside_one() {
    let ops = [
        create(FILE, "f"),
        write(FILE, 0, &[1; 2048]),
        sync(FILE),
        sync_folder(ROOT),
        write(FILE, 100, &[2; 1900]),
    ];
    let mut torn = 0;
    for image in possible(&ops) {
        let file = image.file("f").unwrap();
        assert_eq!(file.len(), 2048);
        let starts = [100, 512, 1024, 1536, 2000];
        let sectors: Vec<_> = starts.windows(2).map(|w| &file[w[0]..w[1]]).collect();
        assert!(sectors.iter().all(|s| s.iter().all(|b| *b == s[0])), "torn inside a sector");
        assert!(file[..100].iter().chain(&file[2000..]).all(|b| *b == 1));
        torn += usize::from(sectors.iter().any(|s| s[0] != sectors[0][0]));
    }
    assert!(torn > 50, "only {torn} of 1,000 images were torn");
}

#[test]
fn unsynced_writes_are_reordered() {
    let ops = [
        create(FILE, "f"),
        sync_folder(ROOT),
        write(FILE, 0, b"1"),
        write(FILE, 0, b"2"),
        write(FILE, 1, b"3"),
    ];
    let seen: BTreeSet<_> =
        possible(&ops).into_iter().map(|image| image.file("f").unwrap().to_vec()).collect();
    for expected in [&b""[..], b"1", b"2", b"13", b"23", b"\x003"] {
        assert!(seen.contains(expected), "{expected:?} never happened: {seen:?}");
    }
}

#[test]
fn an_unsynced_truncation_may_be_undone_and_a_size_may_come_without_its_bytes() {
    let ops = [
        create(FILE, "f"),
        write(FILE, 0, b"bytes"),
        sync(FILE),
        sync_folder(ROOT),
        Op::Resize { inode: FILE, size: 0 },
        write(FILE, 0, b"new"),
    ];
    let seen: BTreeSet<_> =
        possible(&ops).into_iter().map(|image| image.file("f").unwrap().to_vec()).collect();
    for expected in [&b""[..], b"bytes", b"new", b"newes", b"\0\0\0"] {
        assert!(seen.contains(expected), "{expected:?} never happened: {seen:?}");
    }
}

#[test]
fn an_inode_that_is_used_again_is_another_file() {
    let ops = [
        create(FILE, "f"),
        write(FILE, 0, b"old"),
        sync(FILE),
        sync_folder(ROOT),
        Op::Unlink { path: "f".into() },
        create(FILE, "g"),
        write(FILE, 0, b"new"),
    ];
    let image = after(&ops, Survival::Everything);
    assert_eq!((image.file("f"), image.file("g")), (None, Some(&b"new"[..])));
    assert_eq!(after(&ops, Survival::Nothing).file("f"), Some(&b"old"[..]));
}

#[test]
fn a_spared_folder_is_as_it_was_left_and_nothing_beside_it_is() {
    const FOLDER: u64 = 9;
    let in_device = Op::Replace { inode: FILE, bytes: b"long, then"[..].into() };
    let ops = [
        Op::CreateFolder { inode: FOLDER, path: "device".into() },
        create(FILE, "device/f"),
        in_device.clone(),
        Op::Replace { inode: FILE, bytes: b"short"[..].into() },
        create(OTHER, "beside"),
    ];
    let log = Log { root: ROOT, ops: ops.to_vec() };
    let mut disk = Disk::new(&log).sparing(Path::new("device"));
    ops.iter().for_each(|op| disk.apply(op));
    let image = disk.after_cut(Survival::Nothing);
    assert_eq!((image.file("device/f"), image.file("beside")), (Some(&b"short"[..]), None));
    assert!(disk.spares(&in_device) && !disk.spares(&write(OTHER, 0, b"x")));
    assert_eq!(after(&ops, Survival::Nothing), Image::default());
}

#[test]
fn an_image_is_written_and_read_back_as_it_is() {
    let folder = strongroom_test_support::fast_folder();
    let ops = [
        Op::CreateFolder { inode: 9, path: "d".into() },
        create(FILE, "d/f"),
        write(FILE, 3, b"x"),
    ];
    let image = after(&ops, Survival::Everything);
    image.write(folder.path());
    assert_eq!(Image::read(folder.path()), image);
    assert!(image.0.contains_key(Path::new("d")));
}
