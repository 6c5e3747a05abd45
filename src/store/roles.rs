//! The statements that make roles and schemas for a store in PostgreSQL.

use strongroom_postgres::{Environment, Settings};

use crate::config::is_postgres;
use crate::{Error, ErrorKind, Layout, Result};

const METADATA: &str = crate::metadata::POSTGRES_SCHEMA;
const SHELF: &str = strongroom_enveloped::POSTGRES_SCHEMA;

const HEAD: &str = "\
-- Run by psql as a superuser, once. Roles, databases and schemas that are there already are complained of
-- and left as they are. Then give each role a password with \\password ROLE, or let pg_hba.conf say how it
-- proves who it is. Nobody but these roles may connect to these databases afterwards.
";

/// See [`Layout::roles_sql`].
pub(crate) fn roles_sql(layout: &Layout) -> Result<String> {
    let mut places = Vec::new();
    for (place, schema) in [(&layout.metadata, METADATA), (&layout.shelf, SHELF)] {
        if let Some(place) = place.to_str().filter(|place| is_postgres(place)) {
            let settings = Settings::parse(place, Environment::Ignored)?.or_schema(schema);
            // The statements are for psql: nothing in a name may end their line.
            if settings.to_string().contains(char::is_control) {
                return Err(invalid(
                    "a name in a connection string has a control character",
                    "write user, database and hosts without line ends and tabs",
                ));
            }
            places.push(settings);
        }
    }
    match &places[..] {
        [] => Err(invalid(
            "no connection string of PostgreSQL is given",
            "give one with --metadata, --shelf or both",
        )),
        [one] => Ok(format!("{HEAD}{}", in_one_database(&[one]))),
        [a, b] if a.is_same_server(b) && a.user() == b.user() => Err(invalid(
            "metadata and shelf have the same role, which could read both",
            "name another user for one of them",
        )),
        [a, b]
            if a.is_same_server(b) && a.database() == b.database() && a.schema() == b.schema() =>
        {
            Err(invalid("metadata and shelf have the same schema", "name another for one of them"))
        }
        [a, b] if a.is_same_server(b) && a.database() == b.database() => {
            Ok(format!("{HEAD}{}", in_one_database(&[a, b])))
        }
        [a, b] if !a.is_same_server(b) => Err(invalid(
            "metadata and shelf are on two servers, for which one script cannot be",
            "print the statements for each alone: with --metadata, then with --shelf",
        )),
        [a, b, ..] => Ok(format!("{HEAD}{}{}", in_one_database(&[a]), in_one_database(&[b]))),
    }
}

fn in_one_database(places: &[&Settings]) -> String {
    let Some(first) = places.first() else { return String::new() };
    let database = quoted(first.database());
    let roles: Vec<String> = places.iter().map(|place| quoted(place.user())).collect();
    let mut sql = format!("\n-- {first}\n");
    for role in &roles {
        sql += &format!("CREATE ROLE {role} LOGIN;\n");
    }
    sql += &format!(
        "CREATE DATABASE {database};\n\
         REVOKE ALL ON DATABASE {database} FROM PUBLIC;\n\
         GRANT CONNECT ON DATABASE {database} TO {};\n\
         \\connect {database}\n\
         REVOKE ALL ON SCHEMA public FROM PUBLIC;\n",
        roles.join(", ")
    );
    for (place, role) in places.iter().zip(&roles) {
        sql += &format!("CREATE SCHEMA {} AUTHORIZATION {role};\n", quoted(place.schema()));
    }
    sql
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn invalid(what: &str, next: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, what, next)
}
