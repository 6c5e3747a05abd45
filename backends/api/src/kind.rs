//! The one table of error kinds. Rust, C, Python, exit codes and `docs/errors.md` are all checked
//! against it.

macro_rules! kinds {
    ($($(#[$doc:meta])* $number:literal $variant:ident $name:literal,)*) => {
        /// What went wrong, in a form that a caller can act on.
        ///
        /// Numbers are the same in Rust, C, Python and as exit codes of the command. They are
        /// never reused, and 1 and 101 are never ours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorKind {
            /// Every kind, in the order of its number.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$variant,)*];

            /// The number of this kind: 2 to 99.
            pub const fn number(self) -> u8 {
                match self { $(ErrorKind::$variant => $number,)* }
            }

            /// The name of this kind, as the documentation writes it.
            pub const fn name(self) -> &'static str {
                match self { $(ErrorKind::$variant => $name,)* }
            }

            /// The kind with this number, if there is one.
            pub const fn from_number(number: u8) -> Option<ErrorKind> {
                match number { $($number => Some(ErrorKind::$variant),)* _ => None }
            }
        }
    };
}

kinds! {
    /// An argument is not acceptable; nothing was done.
    2 InvalidArgument "invalid argument",
    /// No such project, secret, version, key or store.
    10 NotFound "not found",
    /// It exists already and would have been overwritten.
    11 AlreadyExists "already exists",
    /// The state of the thing does not allow this, or somebody else was faster.
    12 Conflict "conflict",
    /// The payload, or another input, is longer than its limit.
    13 TooLarge "too large",
    /// The caller's buffer is too small; the needed size is given.
    14 BufferTooSmall "buffer too small",
    /// This build, backend or medium cannot do it.
    15 Unsupported "unsupported",
    /// A limit on number or size of things is reached.
    16 Quota "quota",
    /// The principal may not do this, or a file may not be accessed.
    20 Denied "denied",
    /// The principal could not be identified.
    21 Unauthenticated "unauthenticated",
    /// The root key is not in memory.
    30 Sealed "sealed",
    /// The version's expiry date has passed.
    40 Expired "expired",
    /// The version is pre-active, deactivated or compromised.
    41 NotActive "not active",
    /// The version's payload was destroyed.
    42 Destroyed "destroyed",
    /// Accepted, but not finished; it will be finished later.
    43 Pending "pending",
    /// A part did not answer and the operation certainly had no effect.
    50 Unavailable "unavailable",
    /// Time ran out and the outcome is not known: read back.
    51 Timeout "timeout",
    /// The disk, database or token is full; nothing was changed.
    52 StorageFull "storage full",
    /// Stored data was altered, damaged or is missing.
    60 Corrupt "corrupt",
    /// The handle was opened by the parent of this process.
    70 Forked "forked",
    /// The config, or a file that it names, is not usable.
    80 Config "config",
    /// A fault in Strongroom itself.
    99 Internal "internal",
}

#[cfg(test)]
mod tests {
    use super::ErrorKind;

    #[test]
    fn numbers_are_unique_ascending_and_never_1_or_101() {
        let numbers: Vec<u8> = ErrorKind::ALL.iter().map(|k| k.number()).collect();
        assert!(numbers.windows(2).all(|w| w[0] < w[1]), "{numbers:?}");
        assert!(!numbers.contains(&1) && !numbers.contains(&101) && !numbers.contains(&0));
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::from_number(kind.number()), Some(*kind));
        }
    }
}
