//! A server that stands in for the first one, and does not have all that the first one has.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use strongroom_backend::{
    Backend, ErrorKind, KeyBackend, KeyPurpose, Marker, ProjectId, RootKeyId, SecretBytes, StoreId,
    WrapContext,
};
use strongroom_kmip::{KmipClient, KmipKeys, KmipSettings, Namespace, RootKeyUse};

use super::answers::address;
use super::kmip::{Said, operation};
use super::server::TestServer;
use super::{Site, objects};

/// A server that has nothing, alone or behind one that nobody answers for, and how often it was asked
/// to make something.
fn empty(site: &Site, behind_another: bool) -> (TestServer, KmipSettings, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let counted = made.clone();
    let (server, mut settings) = site.answered(move |asked| match asked.operation {
        operation::REGISTER | operation::CREATE => {
            counted.fetch_add(1, Ordering::SeqCst);
            Said::Done(&["57"])
        }
        operation::LOCATE if asked.together == 1 => Said::Done(&[]),
        _ => Said::Done(&["57"]),
    });
    if behind_another {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        settings.servers.insert(0, address(closed.port()));
    }
    (server, settings, made)
}

fn keys(settings: KmipSettings) -> KmipKeys {
    let client = Arc::new(KmipClient::new(settings).unwrap());
    KmipKeys::new(client, Namespace::new("test").unwrap(), RootKeyUse::InServer)
}

#[test]
fn a_marker_is_not_missing_because_a_stand_in_does_not_have_it() {
    let site = Site::new();
    let marker = Marker { store: StoreId::random().unwrap(), epoch: 1 };
    for behind_another in [false, true] {
        let (_server, settings, made) = empty(&site, behind_another);
        let objects = objects(settings);
        let (read, replaced) = (objects.marker(), objects.set_marker(Some(marker), marker));
        let (replaced, written) = (replaced.unwrap_err(), objects.set_marker(None, marker));
        if behind_another {
            let errors = [read.unwrap_err(), replaced, written.unwrap_err()];
            assert!(errors.iter().all(|e| e.kind() == ErrorKind::Unavailable), "{errors:?}");
            assert_eq!(made.load(Ordering::SeqCst), 0, "the first may have one");
        } else {
            assert_eq!(read.unwrap(), None);
            assert_eq!(replaced.kind(), ErrorKind::Conflict);
            written.unwrap();
        }
    }
}

#[test]
fn a_root_key_is_not_missing_because_a_stand_in_does_not_have_it() {
    let site = Site::new();
    let root = RootKeyId::new("root-1").unwrap();
    let context = WrapContext {
        store: StoreId::random().unwrap(),
        project: ProjectId::STORE,
        generation: 1,
        purpose: KeyPurpose::CheckValue,
    };
    let key = SecretBytes::random(32).unwrap();
    for (behind_another, kind) in [(false, ErrorKind::NotFound), (true, ErrorKind::Unavailable)] {
        let (_server, settings, made) = empty(&site, behind_another);
        let keys = keys(settings);
        assert_eq!(keys.wrap(&root, &key, &context).unwrap_err().kind(), kind);
        assert_eq!(keys.check_root_key(&root).unwrap_err().kind(), kind);
        let created = keys.create_root_key(&root);
        assert_eq!(made.load(Ordering::SeqCst), usize::from(!behind_another), "{created:?}");
        match behind_another {
            false => created.unwrap(),
            true => assert_eq!(created.unwrap_err().kind(), kind),
        }
    }
}
