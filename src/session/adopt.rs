//! Adopting objects that others made.

use strongroom_backend::PayloadType;

use super::Session;
use super::put::{Kept, PAYLOAD_LIMIT};
use crate::{Error, ErrorKind, PutOptions, PutReceipt, Result, SecretPath, SecretType};

impl Session {
    /// Makes an object that others made, where the project's backend keeps its own, the newest version of
    /// a secret. `identifier` is what the backend's server calls it: on a KMIP server its Unique
    /// Identifier. Only backends that keep payloads as they are can do that; `Unsupported` on others.
    ///
    /// The object is read, never written, and stays whose it was: to destroy the version or to erase the
    /// secret lets go of it, and whoever made it destroys it. From then on the version opens as long as
    /// the server hands out the very object with the very bytes. A new secret is of the object's type.
    ///
    /// Errors: as [`put`](Self::put); `NotFound` when there is no such object for this client, `Denied`
    /// when the server does not let this client have it; `NotActive` when its state is neither Pre-Active
    /// nor Active; `Conflict` when a store made it, or when it is a key or certificate and the secret is
    /// something else.
    ///
    /// ```no_run
    /// use strongroom::{Config, PutOptions, Store};
    ///
    /// let session = Store::open(&Config::find(None)?)?.session();
    /// session.adopt(&"web1/luks".parse()?, "8f14e45f-ceea-467f", &PutOptions::default())?;
    /// # Ok::<(), strongroom::Error>(())
    /// ```
    pub fn adopt(
        &self,
        path: &SecretPath,
        identifier: &str,
        options: &PutOptions,
    ) -> Result<PutReceipt> {
        self.operation("adopt", || {
            self.put_kept(path, options, &|slot, _, plan| {
                let adopted = slot.call("adopt", |backend| backend.adopt(identifier))?;
                check_size(identifier, adopted.size)?;
                let secret_type = type_of(identifier, adopted.payload_type, plan.secret_type)?;
                Ok(Kept { locator: adopted.locator, size: adopted.size, secret_type })
            })
        })
    }
}

fn check_size(identifier: &str, size: usize) -> Result<()> {
    if (1..=PAYLOAD_LIMIT).contains(&size) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TooLarge,
        format!("the object {identifier} has {size} bytes"),
        format!("adopt one of 1 to {PAYLOAD_LIMIT} bytes"),
    ))
}

/// The type of a secret with this object. Text and opaque bytes may be anything, a key is a key.
fn type_of(identifier: &str, found: PayloadType, wanted: Option<SecretType>) -> Result<SecretType> {
    let found = SecretType::of_payload(found);
    match (wanted, found) {
        (None, _) => Ok(found),
        (Some(wanted), SecretType::Passphrase | SecretType::Opaque) => Ok(wanted),
        (Some(wanted), _) if wanted == found => Ok(wanted),
        (Some(wanted), _) => Err(Error::new(
            ErrorKind::Conflict,
            format!("the object {identifier} is a {found}, not a {wanted}"),
            "use another name, or another object",
        )),
    }
}
