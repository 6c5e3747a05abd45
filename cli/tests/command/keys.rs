//! Root keys: made, rotated, moved and retired by the command.

use std::fs;

use crate::sandbox::Sandbox;

/// A sandbox with one secret, whose config names a second keyring.
fn with_second_keyring() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(&["put", "--generate", "web1/borg"]).succeeds();
    let config = sandbox.path("store/strongroom.toml");
    let text = fs::read_to_string(&config).unwrap();
    let more = "\n[keys.safe]\nkind = \"software\"\nkeyring = \"safe.json\"\n";
    fs::write(config, text + more).unwrap();
    sandbox
}

#[test]
fn a_root_key_is_rotated_and_the_old_one_retired() {
    let sandbox = with_second_keyring();
    let before = sandbox.run(&["get", "web1/borg"]).succeeds();
    sandbox.run(&["keys", "retire", "root-1"]).fails(12);
    let rotated = sandbox.run(&["keys", "rotate"]).text();
    assert!(rotated.contains("root-2 in main now wraps 2 keys"), "{rotated}");
    let retired = sandbox.run(&["keys", "retire", "root-1"]).text();
    assert!(retired.contains("still there"), "{retired}");
    sandbox.run(&["keys", "retire", "root-9"]).fails(10);
    sandbox.run(&["keys", "check"]).succeeds();
    assert_eq!(sandbox.run(&["get", "web1/borg"]).succeeds(), before);
}

#[test]
fn keys_move_to_a_key_backend_that_init_has_prepared() {
    let sandbox = with_second_keyring();
    let before = sandbox.run(&["get", "web1/borg"]).succeeds();
    sandbox.run(&["keys", "init", "elsewhere"]).fails(80);
    sandbox.run(&["keys", "init", "safe"]).succeeds();
    sandbox.run(&["keys", "init", "safe"]).fails(11);
    let moved = sandbox.run(&["keys", "rotate", "--to", "safe"]).text();
    assert!(moved.contains("key = \"safe\"") && moved.contains("[backends.main]"), "{moved}");
    assert_eq!(sandbox.run(&["get", "web1/borg"]).succeeds(), before);
    let listed = sandbox.run(&["keys", "list"]).text();
    assert!(listed.lines().any(|l| l.contains("safe") && l.contains("active")), "{listed}");

    // Both keyrings serve a restore, each under its name.
    let (backup, folder) = (sandbox.path("backup"), sandbox.path("restored"));
    let backup = backup.to_str().unwrap();
    sandbox.run(&["backup", backup]).succeeds();
    let config = sandbox.path("store/strongroom.toml");
    let from = config.to_str().unwrap();
    sandbox.run(&["restore", backup, folder.to_str().unwrap(), "--keys-from", from]).succeeds();
    let restored = folder.join("strongroom.toml");
    let got = sandbox.run(&["--config", restored.to_str().unwrap(), "get", "web1/borg"]);
    assert_eq!(got.succeeds(), before);
}
