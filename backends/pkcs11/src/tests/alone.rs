//! A process for each test.

/// A test that has a process of its own.
macro_rules! test_alone {
    ($(#[$doc:meta])* fn $name:ident() $body:block) => {
        $(#[$doc])*
        #[test]
        fn $name() {
            let path = concat!(module_path!(), "::", stringify!($name));
            // The test's name begins after the crate's.
            let (_, name) = path.split_once("::").unwrap();
            crate::harness::in_own_process(name, || $body);
        }
    };
}
pub(super) use test_alone;
