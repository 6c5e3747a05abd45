//! What a backup tool does that keeps its repositories' passphrases in a store of its own: make one when a
//! repository is created, fetch it when it is opened, replace it when it is changed.

use std::path::Path;

use strongroom::{
    Error, ErrorKind, Expect, GetOptions, Layout, PutOptions, Recipe, Result, SecretBytes,
    SecretPath, Session, Store,
};

/// The store in this folder, made if there is none yet.
fn open_or_create(folder: &Path) -> Result<Store> {
    let layout = Layout::in_folder(folder);
    match Store::create(&layout) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Store::open(&layout.config),
        created => created,
    }
}

/// The passphrase of a new repository. Two processes that create the same one get the same passphrase.
fn create(session: &Session, repository: &SecretPath) -> Result<SecretBytes> {
    let only_if_absent = PutOptions { expect: Expect::Absent, ..PutOptions::default() };
    match session.generate(repository, &Recipe::passphrase(), &only_if_absent) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    session.get(repository)
}

/// A new passphrase, to be set in the repository before the old one is forgotten there.
fn replace(session: &Session, repository: &SecretPath) -> Result<(SecretBytes, SecretBytes)> {
    let old = session.get_with(repository, &GetOptions::default())?;
    let nobody_was_faster =
        PutOptions { expect: Expect::Version(old.version), ..PutOptions::default() };
    session.generate(repository, &Recipe::passphrase(), &nobody_was_faster)?;
    Ok((old.payload, session.get(repository)?))
}

fn main() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("strongroom-example-{}", std::process::id()));
    let outcome = tour(&folder);
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

fn tour(folder: &Path) -> Result<()> {
    open_or_create(folder)?.close();
    let store = open_or_create(folder)?;
    let session = store.session();
    let repository: SecretPath = "web1/photos".parse()?;

    let first = create(&session, &repository)?;
    let again = create(&session, &repository)?;
    assert!(first.equals(&again));

    let (old, new) = replace(&session, &repository)?;
    assert!(old.equals(&first) && !new.equals(&first));

    // An archive on tape still needs the first one.
    let version_1 = GetOptions { version: Some(1), ..GetOptions::default() };
    assert!(session.get_with(&repository, &version_1)?.payload.equals(&first));

    // What the user chose goes in as it is.
    let offsite: SecretPath = "web1/offsite".parse()?;
    let chosen = SecretBytes::copy_of(b"correct horse battery staple")?;
    session.put(&offsite, &chosen, &PutOptions::default())?;
    assert!(session.get(&offsite)?.equals(&chosen));

    session.erase(&repository)?;
    let gone: Error = session.get(&repository).expect_err("it was erased");
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    store.close();
    Ok(())
}
