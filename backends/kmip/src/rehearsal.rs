//! Whether payloads can be kept now, tried for real.

use strongroom_backend::{Error, ErrorKind, Health, Reference, Result, SecretBytes, host_micros};

use crate::enumerations::ObjectType;
use crate::getting::KnownBy;
use crate::managed_object::ManagedObject;
use crate::objects::Objects;
use crate::putting::Begin;

impl Objects {
    /// Puts, gets and removes an object, which leaves nothing behind.
    pub(crate) fn rehearse(&self, object_type: ObjectType) -> Result<()> {
        // Of now, as every other: what a crash leaves here is removed as a stray, once it is old enough.
        let reference = Reference::at(host_micros())?;
        let value = SecretBytes::random(32)?;
        let locator =
            self.put(reference, ManagedObject { object_type, value: &value }, Begin::Active)?;
        let same = self.get(reference, &locator, KnownBy::Name).map(|found| found.equals(&value));
        self.remove(&[(reference, locator)])?;
        if same? {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Corrupt,
            "the KMIP server gave back other bytes than it was given",
            "ask the server's operator",
        ))
    }

    /// Whether objects can be put, got and removed now, and new connections be made.
    pub(crate) fn health(&self, object_type: ObjectType) -> Vec<Health> {
        let told = self
            .kept_as(object_type)
            .and_then(|object_type| self.rehearse(object_type))
            .and_then(|()| self.client.version());
        let finding = match told {
            Ok((server, version)) => {
                Health::ok("kmip", format!("{server} keeps payloads, KMIP {version}"))
            }
            Err(error) => Health::error("kmip", error.to_string()),
        };
        std::iter::once(finding).chain(self.client.certificate_health()).collect()
    }
}
