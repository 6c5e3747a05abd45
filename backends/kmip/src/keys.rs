//! The key backend: root keys in a KMIP server.

use std::sync::Arc;

use strongroom_backend::{
    Error, ErrorKind, Health, KeyBackend, KeyPurpose, ProjectId, Result, RootKeyId, SecretBytes,
    StoreId, WrapContext, random_bytes,
};
use strongroom_crypto::Sealing;

use crate::capabilities::FOR_ROOT_KEYS;
use crate::enumerations::{Operation, usage};
use crate::message::Failed;
use crate::operations::{Decrypt, Encrypt, Get};
use crate::reasons::Refusal;
use crate::root_keys::RootKeys;
use crate::wrapped_key::{self, IV, KEY};
use crate::{KmipClient, Namespace};

/// As the software keyring wraps, for root keys that are fetched.
const WRAPPED_KEY: Sealing = Sealing::new("wrapped key", b"SRW1", "strongroom/wrap/1", 0);

/// Where root keys are used. Never chosen at run time: the one is not as good as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootKeyUse {
    /// In the server, which encrypts and decrypts with AES-GCM: the key never leaves it. Needs KMIP 1.4.
    InServer,
    /// Fetched from the server and used in this process, for servers that do not encrypt. The key is
    /// then as safe as one in a keyring file while a process uses it.
    Fetched,
}

/// Root keys in a KMIP server.
pub struct KmipKeys {
    keys: RootKeys,
    root_key_use: RootKeyUse,
}

impl KmipKeys {
    /// The root keys of one namespace. Connects when it is first used.
    pub fn new(
        client: Arc<KmipClient>,
        namespace: Namespace,
        root_key_use: RootKeyUse,
    ) -> KmipKeys {
        let mask = match root_key_use {
            RootKeyUse::InServer => usage::ENCRYPT | usage::DECRYPT,
            RootKeyUse::Fetched => usage::ENCRYPT | usage::DECRYPT | usage::EXPORT,
        };
        KmipKeys { keys: RootKeys::new(client, namespace, mask), root_key_use }
    }

    fn encrypt(&self, root: &RootKeyId, data: &SecretBytes) -> Result<Vec<u8>> {
        let iv: [u8; IV] = random_bytes()?;
        let encrypted = self
            .keys
            .with(root, |identifier| self.keys.client.ask(&Encrypt { identifier, data, iv: &iv }));
        wrapped_key::seal(&iv, &encrypted.map_err(not_of_the_data)?)
    }

    fn decrypt(&self, root: &RootKeyId, blob: &[u8]) -> Result<SecretBytes, Failed> {
        let parts = wrapped_key::parts(blob)?;
        let decrypted = self.keys.with(root, |identifier| {
            let decrypt = Decrypt { identifier, data: parts.data, iv: parts.iv, tag: parts.tag };
            self.keys.client.ask(&decrypt)
        });
        decrypted.map_err(not_of_the_data)
    }

    /// Decrypts, and finds out what a refusal means. Servers do not tell a wrong tag from a fault of
    /// their own, so they are asked to do what must work, and then once more: the fault may be over. If
    /// that does not work, its error is the answer: nothing is known of the wrapped key.
    fn decrypt_or_tell_why(&self, root: &RootKeyId, blob: &[u8]) -> Result<SecretBytes> {
        let refusal = match self.decrypt(root, blob) {
            Err(Failed::Refused(refusal)) if may_be_the_tag(&refusal) => refusal,
            done => return Ok(done?),
        };
        self.rehearse(root).map_err(|error| at_fault(error, &refusal))?;
        match self.decrypt(root, blob) {
            Err(Failed::Refused(refusal)) if may_be_the_tag(&refusal) => {
                let native = refusal.into_error().native().unwrap_or_default().to_string();
                let why = "it was altered, or wrapped under another key";
                Err(wrapped_key::corrupt(why).with_native(native))
            }
            done => Ok(done?),
        }
    }

    /// Has the server encrypt something, and decrypt it again.
    fn rehearse(&self, root: &RootKeyId) -> Result<()> {
        let (probe, context) = (SecretBytes::random(KEY)?, probe_context());
        let blob = self.encrypt(root, &wrapped_key::plaintext(&probe, &context)?)?;
        let back = wrapped_key::key_in(self.decrypt(root, &blob)?, &context)?;
        if back.equals(&probe) { Ok(()) } else { Err(wrapped_key::corrupt("it is another key")) }
    }

    fn fetch(&self, root: &RootKeyId) -> Result<SecretBytes> {
        let got = self.keys.with(root, |identifier| self.keys.client.ask(&Get { identifier }));
        let key = got.map_err(not_of_the_data)?;
        if key.len() == KEY {
            return Ok(key);
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("the root key {root} has {} bytes instead of {KEY}", key.len()),
            "use a key that `strongroom keys` made",
        ))
    }

    fn test(&self) -> Result<Vec<Health>> {
        let roots = self.keys.list()?;
        let (probe, context) = (SecretBytes::random(KEY)?, probe_context());
        let mut findings = Vec::new();
        for root in &roots {
            match self.wrap(root, &probe, &context).and_then(|b| self.unwrap(root, &b, &context)) {
                Ok(back) if back.equals(&probe) => {}
                Ok(_) => findings.push(Health::error(
                    "kmip keys",
                    format!("the root key {root} does not give back what it wrapped"),
                )),
                Err(error) => findings.push(Health::error("kmip keys", error.to_string())),
            }
        }
        if findings.is_empty() {
            let (server, version) = self.keys.client.version()?;
            let found = format!("{} usable in {server}, KMIP {version}", roots.len());
            findings.push(Health::ok("kmip keys", found));
        }
        if self.root_key_use == RootKeyUse::Fetched {
            findings.push(Health::warning(
                "kmip keys",
                "root keys are fetched and used in this process: they are software-held",
            ));
        }
        findings.extend(self.keys.client.certificate_health());
        Ok(findings)
    }
}

impl KeyBackend for KmipKeys {
    fn kind(&self) -> &'static str {
        "kmip"
    }

    fn binds_context(&self) -> bool {
        true
    }

    fn check_root_key(&self, root: &RootKeyId) -> Result<Vec<Health>> {
        self.keys.check(root)
    }

    fn root_keys(&self) -> Result<Vec<RootKeyId>> {
        self.keys.list()
    }

    fn create_root_key(&self, id: &RootKeyId) -> Result<()> {
        let (used, next): (&[_], _) = match self.root_key_use {
            RootKeyUse::InServer => (
                &[Operation::Encrypt, Operation::Decrypt],
                "set root_key = \"fetched\" for a server that cannot encrypt, or use another",
            ),
            RootKeyUse::Fetched => (&[Operation::Get], "use another server"),
        };
        self.keys.client.require(&[&FOR_ROOT_KEYS, used].concat(), next)?;
        self.keys.create(id)
    }

    fn wrap(&self, root: &RootKeyId, key: &SecretBytes, context: &WrapContext) -> Result<Vec<u8>> {
        let plaintext = wrapped_key::plaintext(key, context)?;
        match self.root_key_use {
            RootKeyUse::InServer => self.encrypt(root, &plaintext),
            RootKeyUse::Fetched => {
                WRAPPED_KEY.seal(&self.fetch(root)?, &[], &[&context.to_bytes()], key)
            }
        }
    }

    fn unwrap(&self, root: &RootKeyId, blob: &[u8], context: &WrapContext) -> Result<SecretBytes> {
        let key = match self.root_key_use {
            RootKeyUse::InServer => {
                wrapped_key::key_in(self.decrypt_or_tell_why(root, blob)?, context)?
            }
            RootKeyUse::Fetched => {
                WRAPPED_KEY.open(&self.fetch(root)?, &[&context.to_bytes()], blob)?
            }
        };
        if key.len() == KEY {
            return Ok(key);
        }
        Err(wrapped_key::corrupt(&format!("it holds {} bytes", key.len())))
    }

    fn health(&self) -> Vec<Health> {
        self.test().unwrap_or_else(|e| vec![Health::error("kmip keys", e.to_string())])
    }
}

/// What a server says that cannot be understood tells of the server, not of what it was given.
fn not_of_the_data(failed: Failed) -> Failed {
    match failed {
        Failed::Error(error) if error.kind() == ErrorKind::Corrupt => {
            let next = "look into the server's log; update it";
            let error = Error::new(ErrorKind::Unavailable, error.what().to_string(), next);
            Failed::Error(error)
        }
        other => other,
    }
}

/// The error of a server that fails at what it has just made itself, with what it said before.
fn at_fault(error: Error, refusal: &Refusal) -> Error {
    if error.kind() != ErrorKind::Corrupt {
        return error;
    }
    let native = refusal.clone().into_error().native().unwrap_or_default().to_string();
    Error::new(
        ErrorKind::Unavailable,
        "the KMIP server does not decrypt what it has just encrypted",
        "look into the server's log, and try again",
    )
    .with_native(native)
}

/// Whether a server may say this of a wrong tag.
fn may_be_the_tag(refusal: &Refusal) -> bool {
    !matches!(
        refusal.kind(),
        ErrorKind::NotFound
            | ErrorKind::Unauthenticated
            | ErrorKind::Denied
            | ErrorKind::NotActive
            | ErrorKind::Quota
    )
}

fn probe_context() -> WrapContext {
    WrapContext {
        store: StoreId::from_bytes([0; 16]),
        project: ProjectId::STORE,
        generation: 1,
        purpose: KeyPurpose::CheckValue,
    }
}
