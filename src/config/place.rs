//! Where a database is: the path of a file, or a connection string.

/// The keys with which a connection string of the form `key=value` begins here.
const KEYS: [&str; 18] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "environment",
    "host",
    "options",
    "passfile",
    "password",
    "pooler",
    "port",
    "schema",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "user",
];

/// Whether this is a connection string of PostgreSQL rather than the path of a file.
pub fn is_postgres(place: &str) -> bool {
    let place = place.trim_start();
    let is_url = ["postgres://", "postgresql://"].iter().any(|scheme| place.starts_with(scheme));
    let first = place.split_once('=').map(|(key, _)| key.trim_end());
    is_url || first.is_some_and(|key| KEYS.contains(&key)) || has_password(place)
}

/// A path is shown and made: nothing with a password in it may be taken for one.
fn has_password(place: &str) -> bool {
    place.match_indices('=').any(|(at, _)| place[..at].trim_end().ends_with("password"))
}

/// Whether this is a connection string with a password in it. Where that is not clear, it has one.
pub fn holds_password(place: &str) -> bool {
    if !is_postgres(place) {
        return false;
    }
    let authority = place.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next());
    let user = authority.flatten().and_then(|authority| authority.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.contains(':')) || place.contains("password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_is_told_from_a_path() {
        for place in [
            "postgres://u@h/d",
            "postgresql:///d",
            "host=/run user=x",
            "user = x host=y",
            "password=x host=y",
            "sslmode=require host=y",
            "schema=s host=y",
            "hostaddr=::1 password = x",
        ] {
            assert!(is_postgres(place), "{place}");
        }
        for place in ["metadata.db", "/a/b=c/m.db", "data=1.db", "./host=1.db", "postgres.db"] {
            assert!(!is_postgres(place), "{place}");
        }
    }

    #[test]
    fn a_password_is_noticed_in_either_form() {
        for place in ["postgres://u:p@h/d", "postgres://u@h/d?password=p", "host=h password = p"] {
            assert!(holds_password(place), "{place}");
        }
        for place in ["postgres://u@h:5432/d", "host=h passfile=/p", "/u:p@h/password"] {
            assert!(!holds_password(place), "{place}");
        }
    }
}
