//! Where a database is: the path of a file, or a connection string.

/// The keys with which a connection string of the form `key=value` begins here.
const FIRST_KEYS: [&str; 6] = ["host", "port", "user", "dbname", "passfile", "environment"];

/// Whether this is a connection string of PostgreSQL rather than the path of a file.
pub(crate) fn is_postgres(place: &str) -> bool {
    let place = place.trim_start();
    let is_url = ["postgres://", "postgresql://"].iter().any(|scheme| place.starts_with(scheme));
    let first = place.split_once('=').map(|(key, _)| key.trim_end());
    is_url || first.is_some_and(|key| FIRST_KEYS.contains(&key))
}

#[cfg(test)]
mod tests {
    use super::is_postgres;

    #[test]
    fn a_connection_string_is_told_from_a_path() {
        for place in ["postgres://u@h/d", "postgresql:///d", "host=/run user=x", "user = x host=y"]
        {
            assert!(is_postgres(place), "{place}");
        }
        for place in ["metadata.db", "/a/b=c/m.db", "data=1.db", "./host=1.db", "postgres.db"] {
            assert!(!is_postgres(place), "{place}");
        }
    }
}
