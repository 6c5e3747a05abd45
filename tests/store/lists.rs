//! Listing and describing.

use strongroom::{ErrorKind, ListOptions};

use crate::support::{fixture, kind, path};

#[test]
fn pages_cover_every_name_once_in_the_order_of_bytes() {
    let f = fixture();
    let mut names: Vec<String> = (0..25).map(|n| format!("dir/{n:02}")).collect();
    names.extend(["Z", "a", "a/b", "a-b", "dir2/x"].map(str::to_owned));
    for name in &names {
        f.put(&format!("p/{name}"), "x");
    }
    f.put("q/other", "x");
    names.sort_unstable();
    for limit in [1, 7, 30, 1_000] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let options = ListOptions { after, limit, ..Default::default() };
            let page = f.session.list("p", &options).unwrap();
            assert!(page.items.len() <= limit);
            seen.extend(page.items.into_iter().map(|info| info.name));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, names, "{limit}");
    }
}

#[test]
fn a_prefix_narrows_a_list() {
    let f = fixture();
    for name in ["a", "ab", "a/1", "a/2", "b", "a~"] {
        if name != "a~" {
            f.put(&format!("p/{name}"), "x");
        }
    }
    let list = |prefix: &str| -> Vec<String> {
        let options = ListOptions { prefix: prefix.into(), ..Default::default() };
        let page = f.session.list("p", &options).unwrap();
        page.items.into_iter().map(|info| info.name).collect()
    };
    assert_eq!(list("a/"), ["a/1", "a/2"]);
    assert_eq!(list("a"), ["a", "a/1", "a/2", "ab"]);
    assert_eq!(list("zz"), [""; 0]);
    let bad = ListOptions { prefix: "a b".into(), ..Default::default() };
    assert_eq!(kind(f.session.list("p", &bad)), ErrorKind::InvalidArgument);
    let none = ListOptions { limit: 0, ..Default::default() };
    assert_eq!(kind(f.session.list("p", &none)), ErrorKind::InvalidArgument);
    assert_eq!(kind(f.session.list("nowhere", &Default::default())), ErrorKind::NotFound);
}

#[test]
fn projects_are_listed_with_their_counts() {
    let f = fixture();
    f.put("b/1", "x");
    f.put("b/2", "x");
    f.put("a/1", "x");
    let page = f.session.projects(&ListOptions::default()).unwrap();
    let found: Vec<_> = page.items.iter().map(|p| (p.name.as_str(), p.secrets)).collect();
    assert_eq!(found, [("a", 1), ("b", 2)]);
    assert_eq!(page.next, None);
}

#[test]
fn what_is_not_there_is_not_found() {
    let f = fixture();
    f.put("a/b", "x");
    assert_eq!(kind(f.session.describe(&path("a/c"))), ErrorKind::NotFound);
    assert_eq!(kind(f.session.versions(&path("c/b"))), ErrorKind::NotFound);
    assert_eq!(kind(f.session.erase(&path("a/c"))), ErrorKind::NotFound);
    assert_eq!(kind(f.session.destroy(&path("a/b"), 9)), ErrorKind::NotFound);
    assert_eq!(kind(f.session.erase_project("c")), ErrorKind::NotFound);
    let error = f.get("a/c").unwrap_err();
    assert!(error.to_string().contains("a/c"), "{error}");
    assert!(error.next().contains("strongroom list a"), "{error}");
}
