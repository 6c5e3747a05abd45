//! The recorder sees what std does to files: the replayed log equals the real folder.

use std::fs::{self, File, OpenOptions};
use std::io::{IoSlice, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use strongroom_test_support::powercut::{Disk, Image, Log, Op, Survival, mark, record};
use strongroom_test_support::{THIS_PROGRAM, fast_folder};

const FOLDER: &str = "RECORDED_FOLDER";

/// Not a test of its own: the program that the others record, if one of them asks for it.
#[test]
fn program() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    use_files(Path::new(&folder)).unwrap();
}

fn use_files(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder.join("a/b"))?;
    let mut file = File::create(folder.join("a/b/written"))?;
    file.write_all(b"one, two")?;
    file.seek(SeekFrom::Start(2))?;
    file.write_all(b"NE")?;
    file.write_all_at(b"at thirty", 30)?;
    file.set_len(35)?;
    file.sync_all()?;
    drop(file);
    mark("written");
    fs::write(folder.join("replaced"), "long content")?;
    fs::write(folder.join("replaced"), "short")?;
    let mut appended = OpenOptions::new().append(true).open(folder.join("replaced"))?;
    let written = appended.write_vectored(&[IoSlice::new(b""), IoSlice::new(b" and more")])?;
    assert_eq!(written, " and more".len());
    appended.sync_data()?;
    fs::copy(folder.join("replaced"), folder.join("copied"))?;
    fs::rename(folder.join("replaced"), folder.join("renamed"))?;
    fs::hard_link(folder.join("renamed"), folder.join("a/linked"))?;
    fs::write(folder.join("removed"), "x")?;
    fs::remove_file(folder.join("removed"))?;
    fs::create_dir_all(folder.join("c/d"))?;
    fs::write(folder.join("c/d/e"), "x")?;
    fs::remove_dir_all(folder.join("c"))?;
    File::open(folder)?.sync_all()?;
    mark("synced");
    OpenOptions::new().write(true).open(folder.join("copied"))?.write_all(b"late")?;
    Ok(())
}

fn recorded() -> (tempfile::TempDir, Log) {
    let folder = fast_folder();
    let mut command = Command::new(THIS_PROGRAM);
    command.args(["--exact", "program"]).env(FOLDER, folder.path().canonicalize().unwrap());
    let log = record(command, folder.path());
    (folder, log)
}

#[test]
fn the_whole_log_gives_the_folder_as_it_is() {
    let (folder, log) = recorded();
    let image = Disk::replay(&log).after_cut(Survival::Everything);
    assert_eq!(image, Image::read(folder.path()));
    assert_eq!(image.file("renamed"), Some(&b"short and more"[..]));
}

#[test]
fn syncs_and_marks_stand_where_they_happened() {
    let (_folder, log) = recorded();
    let position = |op: &Op| log.ops.iter().position(|other| other == op).unwrap();
    let Op::Create { inode, .. } = *log
        .ops
        .iter()
        .find(|op| matches!(op, Op::Create { path, .. } if path.ends_with("written")))
        .unwrap()
    else {
        unreachable!("only a creation was looked for")
    };
    let sync = position(&Op::Sync { inode });
    assert_eq!(position(&Op::Mark("written".into())), sync + 1);
    let folder_sync = position(&Op::SyncFolder { inode: log.root });
    assert_eq!(position(&Op::Mark("synced".into())), folder_sync + 1);
}

#[test]
fn only_what_was_synced_survives_the_worst_cut() {
    let (_folder, log) = recorded();
    let image = Disk::replay(&log).after_cut(Survival::Nothing);
    // The root was synced, the folder `a` below it never: its name is there, what is in it is not.
    assert_eq!(image.file("renamed"), Some(&b"short and more"[..]));
    assert_eq!(image.file("a/b/written"), None);
    assert_eq!(image.file("copied"), Some(&b""[..]));
    assert_eq!(image.file("removed"), None);
}
