//! The documents say what the code does.

use std::collections::BTreeMap;
use std::path::Path;

use strongroom::ErrorKind;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The cells of each line that is a row of a table.
fn rows(markdown: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some(inside.split('|').map(|cell| cell.trim().to_owned()).collect())
    };
    markdown.lines().filter_map(cells).collect()
}

/// Number and name of each error that a document lists.
fn listed_errors(markdown: &str) -> Vec<(u8, String)> {
    let row = |cells: Vec<String>| Some((cells.first()?.parse().ok()?, cells.get(1)?.clone()));
    rows(markdown).into_iter().filter_map(row).collect()
}

#[test]
fn the_table_of_errors_is_the_enum() {
    let kinds: Vec<_> = ErrorKind::ALL.iter().map(|k| (k.number(), k.name().to_owned())).collect();
    let text = document("docs/errors.md");
    assert_eq!(listed_errors(&text), kinds);
    // A number that moved, and a line that is missing, would be noticed.
    assert_ne!(listed_errors(&text.replace("| 60 | corrupt", "| 61 | corrupt")), kinds);
    assert_ne!(listed_errors(&text.replace("| 60 | corrupt", "60 corrupt")), kinds);
}

/// The columns under the MAC of each table, as format.md lists them.
fn documented_columns(markdown: &str) -> BTreeMap<String, Vec<String>> {
    let section =
        markdown.split("\n## ").find(|s| s.starts_with("4. Metadata")).expect("section 4");
    let table = section.split("| table | columns").nth(1).expect("the table of columns");
    let table = table.split("\n\n").next().expect("its rows");
    let named = |cells: Vec<String>| {
        let name = cells[0].strip_prefix('`')?.strip_suffix('`')?.to_owned();
        let column = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
        Some((name, cells[1].split(',').map(column).collect()))
    };
    rows(table).into_iter().filter_map(named).collect()
}

/// The columns of each table that the migrations make.
fn created_columns(sql: &str) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for statement in sql.split("CREATE TABLE ").skip(1) {
        let (name, rest) = statement.split_once(" (").expect("a list of columns");
        let (body, _) = rest.split_once("\n)").expect("its end");
        let column = |line: &str| line.split_whitespace().next().map(str::to_owned);
        let columns = body.lines().filter(|line| !line.trim().starts_with("PRIMARY KEY"));
        tables.insert(name.to_owned(), columns.filter_map(column).collect());
    }
    tables
}

/// The tables that carry a MAC, without the two columns that each of them ends with.
fn authenticated_columns(sql: &str) -> BTreeMap<String, Vec<String>> {
    let mut tables = created_columns(sql);
    tables.retain(|_, columns| columns.iter().any(|column| column == "mac"));
    for (name, columns) in &mut tables {
        let end = columns.split_off(columns.len() - 2);
        assert_eq!(end, ["row_version", "mac"], "{name}");
    }
    tables
}

fn migrations() -> String {
    migrations_in("src/metadata/migrations")
}

fn migrations_in(folder: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn the_format_lists_the_columns_of_every_authenticated_table() {
    let (text, sql) = (document("docs/format.md"), migrations());
    assert_eq!(documented_columns(&text), authenticated_columns(&sql));
    // An order that differs, and a column that is missing, would be noticed.
    let swapped = text.replace("store_id, epoch, created_at", "epoch, store_id, created_at");
    assert_ne!(documented_columns(&swapped), authenticated_columns(&sql));
    let shorter = sql.replace("    name_hash    BLOB    NOT NULL,\n", "");
    assert_ne!(documented_columns(&text), authenticated_columns(&shorter));
}

#[test]
fn postgresql_has_the_same_tables_and_columns_as_sqlite() {
    let (sqlite, postgres) = (migrations(), migrations_in("src/metadata/migrations/postgres"));
    assert_eq!(created_columns(&postgres), created_columns(&sqlite));
    let shorter = postgres.replace("    granted     bigint NOT NULL,\n", "");
    assert_ne!(created_columns(&shorter), created_columns(&sqlite));
}

#[test]
fn only_claims_are_not_authenticated() {
    let sql = migrations();
    let mut all = created_columns(&sql);
    all.retain(|name, _| !authenticated_columns(&sql).contains_key(name));
    let claims = ["reference", "state"].map(str::to_owned).to_vec();
    assert_eq!(all, BTreeMap::from([("claims".to_owned(), claims)]));
}

#[test]
fn the_changelog_names_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    let names = |line: &str| {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        words.map(|word| word.trim_matches('.')).any(|word| word == version)
    };
    assert!(document("CHANGELOG.md").lines().any(names), "{version}");
    assert!(!names("## [10.1.01]") && names("To become 0.1.0.") == (version == "0.1.0"));
}
