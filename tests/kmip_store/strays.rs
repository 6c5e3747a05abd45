//! Objects that belong to no version, and those that belong to another store.

use strongroom::DoctorOptions;
use strongroom_backend::{Locator, Reference, Shelf, host_micros};

use crate::support::{Site, get, put};

#[test]
fn doctor_removes_strays_and_leaves_the_objects_of_another_store_alone() {
    let site = Site::new();
    let (store, other) = (site.object_store("one"), site.object_store("other"));
    put(&store.session(), "web1/key", b"of one");
    put(&other.session(), "web1/key", b"of the other");
    // As puts leave them that are killed before they write metadata: two of ours, one of theirs.
    let stray = |shelf: &dyn Shelf| -> Locator {
        shelf.put(Reference::at(host_micros()).unwrap(), b"never read".to_vec()).unwrap()
    };
    let (ours, theirs) = (site.shelf("one"), site.shelf("other"));
    stray(&ours);
    stray(&ours);
    stray(&theirs);
    let count = |shelf: &dyn Shelf| shelf.list(None, 100).unwrap().len();
    assert_eq!((count(&ours), count(&theirs)), (3, 2));

    let repair = DoctorOptions { repair: true, ..DoctorOptions::default() };
    let found = store.doctor(&repair, &mut |_| {}).unwrap();
    assert_eq!((found.strays, found.strays_left), (2, 2), "they may be puts under way: {found:?}");
    put(&store.session(), "web1/other", b"written since");
    let found = store.doctor(&repair, &mut |_| {}).unwrap();
    assert_eq!((found.strays, found.strays_removed), (2, 2), "{found:?}");
    assert!(found.damaged.is_empty(), "{found:?}");

    assert_eq!((count(&ours), count(&theirs)), (2, 2));
    assert_eq!(get(&store.session(), "web1/key"), b"of one");
    assert_eq!(get(&other.session(), "web1/key"), b"of the other");
    assert_eq!(other.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap().strays, 1);
}
