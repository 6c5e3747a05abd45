//! How many encryptions this process may still ask devices for, under grants that are durable.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use strongroom_backend::ProjectId;

/// What is left of the grants that this process took.
#[derive(Default)]
pub(crate) struct DeviceGrants {
    left: Mutex<HashMap<(ProjectId, u32), u64>>,
}

impl DeviceGrants {
    /// Uses up one encryption. False when a new grant is needed.
    pub(crate) fn take(&self, project: ProjectId, generation: u32) -> bool {
        match self.left().get_mut(&(project, generation)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Adds a grant, and drops what is left for older generations: nothing new is encrypted there.
    pub(crate) fn add(&self, project: ProjectId, generation: u32, count: u64) {
        let mut left = self.left();
        left.retain(|(owner, of), left| *left > 0 && (*owner != project || *of >= generation));
        *left.entry((project, generation)).or_default() += count;
    }

    fn left(&self) -> MutexGuard<'_, HashMap<(ProjectId, u32), u64>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_used_up_by_as_many_encryptions() {
        let (grants, project) = (DeviceGrants::default(), ProjectId::random().unwrap());
        assert!(!grants.take(project, 1));
        grants.add(project, 1, 2);
        assert!(grants.take(project, 1) && grants.take(project, 1) && !grants.take(project, 1));
    }

    #[test]
    fn a_grant_is_of_one_generation() {
        let (grants, project) = (DeviceGrants::default(), ProjectId::random().unwrap());
        grants.add(project, 1, 5);
        assert!(!grants.take(project, 2));
        grants.add(project, 2, 5);
        assert!(grants.take(project, 2) && !grants.take(project, 1));
    }
}
