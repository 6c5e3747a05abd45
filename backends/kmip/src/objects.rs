//! Payloads as objects of the server: put, got, removed, listed and adopted, each in a file of its own.
//! What they hold is the business of [`KmipShelf`](crate::KmipShelf) and
//! [`KmipObjects`](crate::KmipObjects).

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use strongroom_backend::Reference;

use crate::marker::MarkerPlace;
use crate::turns::Turns;
use crate::{KmipClient, Namespace};

/// The objects of one namespace.
pub(crate) struct Objects {
    pub(crate) client: Arc<KmipClient>,
    pub(crate) namespace: Namespace,
    pub(crate) turns: Turns,
    /// Whether the server has refused Application Specific Information.
    pub(crate) plain_names: AtomicBool,
    /// What the pages of a list have in common: identifiers, and the references in their names.
    pub(crate) listed: Mutex<BTreeMap<String, Option<Reference>>>,
    /// Where the marker is that was read last.
    pub(crate) marker_read: Mutex<Option<MarkerPlace>>,
}

impl Objects {
    pub(crate) fn new(client: Arc<KmipClient>, namespace: Namespace) -> Objects {
        Objects {
            client,
            namespace,
            turns: Turns::default(),
            plain_names: AtomicBool::new(false),
            listed: Mutex::default(),
            marker_read: Mutex::default(),
        }
    }
}
