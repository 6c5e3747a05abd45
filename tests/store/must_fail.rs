//! Metadata that was changed behind the store's back decides nothing.

use strongroom::{ErrorKind, SecretPath, Session, Store};

use crate::support::{fixture, kind, path};

fn open(folder: &tempfile::TempDir) -> strongroom::Result<Session> {
    Ok(Store::open(&folder.path().join("strongroom.toml"))?.session())
}

fn get_after(sql: &str) -> ErrorKind {
    let f = fixture();
    f.put("p/a", "alpha");
    f.put("p/b", "beta");
    f.put("q/c", "gamma");
    let folder = f.tamper(sql);
    let at: SecretPath = path("p/a");
    kind(open(&folder).and_then(|session| session.get(&at)))
}

/// The wrapped store key is needed before any MAC can be checked.
#[test]
fn a_root_key_id_that_is_none_is_damage() {
    assert_eq!(get_after("UPDATE keys SET root_key_id = 'not an id'"), ErrorKind::Corrupt);
}

#[test]
fn every_column_of_every_deciding_row_is_under_its_mac() {
    let columns = [
        ("store", "epoch created_at backed_up_at row_version"),
        ("keys", "key_id generation state backend root_key_id wrapped created_at row_version"),
        ("projects", "project_id backend epoch generation created_at row_version"),
        (
            "secrets",
            "secret_id project_epoch secret_type content_type labels next_number created_at \
             updated_at row_version",
        ),
        (
            "versions",
            "version_id number project_epoch state reference locator generation size created_at \
             activates_at expires_at deactivated_at compromised_at destroyed_at row_version",
        ),
    ];
    for (table, names) in columns {
        for column in names.split_whitespace() {
            // Another value of the same type, or a value where there was none.
            let change = match column {
                "backend" | "root_key_id" | "content_type" => {
                    format!("coalesce({column}, '') || 'x'")
                }
                "key_id" | "project_id" | "secret_id" | "version_id" => "randomblob(16)".into(),
                "wrapped" => "randomblob(120)".into(),
                "labels" => "x'0300000001610300000000'".into(),
                "reference" | "locator" => "randomblob(32)".into(),
                _ => format!("coalesce({column}, 0) + 1"),
            };
            let got = get_after(&format!("UPDATE {table} SET {column} = {change}"));
            let refused = [
                ErrorKind::Corrupt,
                ErrorKind::Config,
                ErrorKind::NotFound,
                ErrorKind::Unsupported,
            ];
            assert!(refused.contains(&got), "{table}.{column}: {got:?}");
        }
    }
}

#[test]
fn rows_that_are_swapped_are_corrupt() {
    for sql in [
        // The payload of one secret under the name of another.
        "UPDATE versions SET secret_id = CASE secret_id
            WHEN (SELECT secret_id FROM secrets WHERE name = 'a')
            THEN (SELECT secret_id FROM secrets WHERE name = 'b')
            ELSE (SELECT secret_id FROM secrets WHERE name = 'a') END, number = number + 10
         WHERE secret_id IN (SELECT secret_id FROM secrets WHERE name IN ('a', 'b'))",
        "UPDATE versions SET (reference, size) = (SELECT reference, size FROM versions AS o
            WHERE o.secret_id = (SELECT secret_id FROM secrets WHERE name = 'b'))
         WHERE secret_id = (SELECT secret_id FROM secrets WHERE name = 'a')",
        "UPDATE secrets SET name = 'z' || name WHERE name = 'a';
         UPDATE secrets SET name = 'a' WHERE name = 'b'",
        "UPDATE projects SET name = 'x' || name WHERE name = 'p';
         UPDATE projects SET name = 'p' WHERE name = 'q';
         UPDATE secrets SET name = 'a' WHERE name = 'c'",
        "UPDATE versions SET mac = randomblob(32)",
        "UPDATE versions SET mac = substr(mac, 1, 16)",
    ] {
        assert_eq!(get_after(sql), ErrorKind::Corrupt, "{sql}");
    }
}

#[test]
fn a_wrapped_key_of_another_project_does_not_open() {
    let sql =
        "UPDATE keys SET wrapped = (SELECT k.wrapped FROM keys k JOIN projects USING (project_id)
                   WHERE name = 'q')
               WHERE project_id = (SELECT project_id FROM projects WHERE name = 'p')";
    assert_eq!(get_after(sql), ErrorKind::Corrupt);
}

#[test]
fn a_forged_erasure_destroys_nothing() {
    let f = fixture();
    f.put("p/a", "alpha");
    let folder = f.tamper(
        "INSERT INTO erasures SELECT version_id, randomblob(16), secret_id, 'main', reference, NULL,
             x'00', 1, NULL, 1, randomblob(32) FROM versions",
    );
    let session = open(&folder).unwrap();
    assert_eq!(&session.get(&path("p/a")).unwrap()[..], b"alpha");
}

#[test]
fn a_missing_payload_is_corrupt_and_doctor_names_it() {
    let f = fixture();
    f.put("p/a", "alpha");
    f.put("p/b", "beta");
    let folder = f.folder;
    drop((f.store, f.session));
    crate::support::sql_on(
        &folder.path().join("payloads.db"),
        "DELETE FROM payloads WHERE id = (SELECT min(id) FROM payloads)",
    );
    let store = Store::open(&folder.path().join("strongroom.toml")).unwrap();
    assert_eq!(kind(store.session().get(&path("p/a"))), ErrorKind::Corrupt);
    let report = store.doctor(&Default::default(), &mut |_| {}).unwrap();
    assert_eq!(report.damaged.len(), 1);
    assert!(report.damaged[0].what.contains("p/a version 1"), "{report:?}");
}

#[test]
fn the_shelf_of_another_store_is_refused() {
    let (f, other) = (fixture(), fixture());
    let (config, shelf) = (f.config(), f.file("payloads.db"));
    let folder = f.folder;
    drop((f.store, f.session));
    drop((other.store, other.session));
    std::fs::copy(other.folder.path().join("payloads.db"), shelf).unwrap();
    let error = Store::open(&config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("belong"), "{error}");
    drop(folder);
}

#[test]
fn a_missing_file_of_the_store_is_no_missing_secret() {
    for name in ["metadata.db", "payloads.db"] {
        let f = fixture();
        let (config, file) = (f.config(), f.file(name));
        let folder = f.folder;
        drop((f.store, f.session));
        std::fs::remove_file(file).unwrap();
        let error = Store::open(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.to_string().contains(name), "{error}");
        drop(folder);
    }
}

#[test]
fn a_row_that_was_not_asked_for_is_corrupt_though_it_is_whole() {
    let schema = "ALTER TABLE secrets RENAME TO hidden;
         CREATE VIEW secrets AS SELECT secret_id, project_id,
             CASE name WHEN 'b' THEN 'a' ELSE 'b' END AS name, project_epoch, secret_type, content_type,
             labels, next_number, created_at, updated_at, row_version, mac FROM hidden;
         UPDATE store SET epoch = epoch";
    assert_eq!(get_after(schema), ErrorKind::Corrupt);
    // The name under the MAC is right here, and is not the one that was asked for.
    let folded = "ALTER TABLE secrets RENAME TO hidden;
         CREATE TABLE secrets (secret_id BLOB, project_id BLOB, name TEXT COLLATE NOCASE,
             project_epoch INTEGER, secret_type INTEGER, content_type TEXT, labels BLOB,
             next_number INTEGER, created_at INTEGER, updated_at INTEGER, row_version INTEGER, mac BLOB);
         INSERT INTO secrets SELECT * FROM hidden";
    let f = fixture();
    f.put("p/A", "alpha");
    let folder = f.tamper(folded);
    assert_eq!(kind(open(&folder).and_then(|s| s.get(&path("p/a")))), ErrorKind::Corrupt);
}

#[test]
fn a_version_whose_row_is_gone_is_corrupt_and_not_merely_not_found() {
    assert_eq!(get_after("DELETE FROM versions"), ErrorKind::Corrupt);
}
