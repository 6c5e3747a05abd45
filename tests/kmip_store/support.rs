//! Stores on a KMIP server of the test's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use strongroom::{
    GetOptions, KeyConfig, KmipConfig, Layout, PutOptions, RootKeyUse, SecretBytes, SecretPath,
    Session, Store,
};
use strongroom_kmip::harness::PyKmip;
use strongroom_kmip::{KmipClient, KmipShelf, Namespace};
use strongroom_test_support::fast_folder;
use tempfile::TempDir;

/// A server, and a folder for stores.
pub(crate) struct Site {
    pub(crate) server: PyKmip,
    folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Site {
        Site { server: PyKmip::start(), folder: fast_folder() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The server as the config of the store `name` describes it.
    pub(crate) fn config(&self, name: &str) -> KmipConfig {
        let settings = self.server.settings();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        KmipConfig {
            servers: vec![self.server.address().to_string()],
            namespace: name.to_owned(),
            ca: text(&settings.tls.ca),
            certificate: text(&settings.tls.certificate),
            private_key: text(&settings.tls.key),
            // No operation may fail because the machine is busy.
            call_timeout: Some(60),
            ..KmipConfig::default()
        }
    }

    fn layout(&self, name: &str, root_key: RootKeyUse) -> Layout {
        let key = KeyConfig::Kmip { server: Box::new(self.config(name)), root_key };
        Layout { key: Some(key), ..Layout::in_folder(&self.folder().join(name)) }
    }

    /// A new store in the folder `name` whose root key is on the server.
    pub(crate) fn store(&self, name: &str, root_key: RootKeyUse) -> Store {
        Store::create(&self.layout(name, root_key)).unwrap()
    }

    /// A new store in the folder `name` whose payloads are objects of the server, too.
    pub(crate) fn object_store(&self, name: &str) -> Store {
        let layout = self.layout(name, RootKeyUse::InServer);
        Store::create(&Layout { objects: true, ..layout }).unwrap()
    }

    /// A new store in the folder `name` with a keyring.
    pub(crate) fn software_store(&self, name: &str) -> Store {
        Store::create(&Layout::in_folder(&self.folder().join(name))).unwrap()
    }

    pub(crate) fn config_file(&self, name: &str) -> PathBuf {
        self.folder().join(name).join("strongroom.toml")
    }

    pub(crate) fn open(&self, name: &str) -> strongroom::Result<Store> {
        Store::open(&self.config_file(name))
    }

    /// Changes a store's config.
    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let text = std::fs::read_to_string(self.config_file(name)).unwrap();
        std::fs::write(self.config_file(name), change(text)).unwrap();
    }

    /// Adds the server to a store's config as `[keys.NAME]`.
    pub(crate) fn name_the_server(&self, name: &str, key_backend: &str, root_key: &str) {
        let KmipConfig { servers, ca, certificate, private_key, .. } = self.config(name);
        let table = format!(
            "\n[keys.{key_backend}]\nkind = \"kmip\"\nservers = {servers:?}\nnamespace = {name:?}\n\
             ca = {ca:?}\ncertificate = {certificate:?}\nprivate_key = {private_key:?}\n\
             root_key = {root_key:?}\n",
        );
        self.edit(name, |text| text + &table);
    }

    /// The objects of the store `name`, without the store.
    pub(crate) fn shelf(&self, name: &str) -> KmipShelf {
        let client = Arc::new(KmipClient::new(self.server.settings()).unwrap());
        KmipShelf::new(client, Namespace::new(name).unwrap())
    }
}

pub(crate) fn path(text: &str) -> SecretPath {
    text.parse().unwrap()
}

pub(crate) fn put(session: &Session, name: &str, payload: &[u8]) -> u32 {
    let payload = SecretBytes::copy_of(payload).unwrap();
    session.put(&path(name), &payload, &PutOptions::default()).unwrap().version
}

pub(crate) fn get(session: &Session, name: &str) -> Vec<u8> {
    session.get(&path(name)).unwrap().to_vec()
}

pub(crate) fn get_version(session: &Session, name: &str, version: u32) -> Vec<u8> {
    let options = GetOptions { version: Some(version), ..GetOptions::default() };
    session.get_with(&path(name), &options).unwrap().payload.to_vec()
}
