//! Destroying objects.

use strongroom_backend::{Result, step};

use crate::KmipClient;
use crate::enumerations::RevocationReasonCode;
use crate::failure::Effect;
use crate::locate::BATCH;
use crate::message::{AfterFailure, Outcome};
use crate::operations::{Destroy, Request, Revoke};

/// Destroys these objects. Those that are gone count as destroyed.
pub(crate) fn remove(client: &KmipClient, identifiers: &[String]) -> Result<()> {
    for some in identifiers.chunks(BATCH / 2) {
        let reason = RevocationReasonCode::CessationOfOperation;
        let revoke: Vec<_> = some.iter().map(|identifier| Revoke { identifier, reason }).collect();
        let destroy: Vec<_> = some.iter().map(|identifier| Destroy { identifier }).collect();
        let mut batch: Vec<&dyn Request> = Vec::with_capacity(2 * some.len());
        for (revoke, destroy) in revoke.iter().zip(&destroy) {
            // An Active object must be revoked first. One that is not, or has no state, refuses that,
            // and is destroyed all the same.
            batch.push(revoke);
            batch.push(destroy);
        }
        let response = client.batch(&batch, AfterFailure::Continue, Effect::SameTwice)?;
        for at in 0..some.len() {
            match response.result(2 * at + 1)? {
                Outcome::Refused(refusal) if !refusal.is_not_found() => {
                    return Err(refusal.into_error());
                }
                _ => {}
            }
        }
    }
    step("kmip.destroyed");
    Ok(())
}
