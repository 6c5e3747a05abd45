//! Which payloads there are.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use strongroom_backend::{Reference, Result};

use crate::attributes::Attribute;
use crate::locate::{attributes_of, locate};
use crate::objects::Objects;
use crate::ttlv::Tag;

impl Objects {
    /// Up to `limit` references after `after`. The names are asked for once for all pages.
    pub(crate) fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>> {
        let group = self.namespace.payloads();
        let there = locate(&self.client, &[Attribute::ObjectGroup(&group)])?;
        // A copy: others list meanwhile, and nobody waits for another's calls to the server.
        let mut listed = match after {
            Some(_) => self.listed().clone(),
            None => BTreeMap::new(),
        };
        listed.retain(|identifier, _| there.binary_search(identifier).is_ok());
        let new: Vec<String> =
            there.into_iter().filter(|identifier| !listed.contains_key(identifier)).collect();
        let found = attributes_of(&self.client, &new, &[Tag::NAME, Tag::STATE])?;
        for (identifier, found) in new.into_iter().zip(found) {
            let names = found.map(|found| found.names).unwrap_or_default();
            let reference = names.iter().find_map(|name| self.namespace.reference_in(name));
            listed.insert(identifier, reference);
        }
        let mut page: Vec<Reference> = listed.values().flatten().copied().collect();
        page.sort_unstable();
        page.dedup();
        page.retain(|reference| after.is_none_or(|after| *reference > after));
        page.truncate(limit);
        *self.listed() = listed;
        Ok(page)
    }

    fn listed(&self) -> MutexGuard<'_, BTreeMap<String, Option<Reference>>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
