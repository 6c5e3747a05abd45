//! Root keys in a real token (SoftHSM2), through the real binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use strongroom_pkcs11::harness::{SoftHsm, TestToken};
use tempfile::TempDir;

const PASSPHRASE: &str = "a passphrase of many words";

struct Home {
    folder: TempDir,
    hsm: SoftHsm,
}

impl Home {
    fn new() -> Home {
        Home { folder: tempfile::tempdir().unwrap(), hsm: SoftHsm::start() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the command; answers its exit code, what it printed and what it said.
    fn try_run(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        use std::io::Write;
        let mut child = Command::new(env!("CARGO_BIN_EXE_strongroom"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("STRONGROOM_CONFIG", self.path("store/strongroom.toml"))
            .envs(self.hsm.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Where the token is.
    fn hsm_folder(&self) -> PathBuf {
        let (_, config) = self.hsm.environment().remove(0);
        PathBuf::from(config).with_file_name("tokens")
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        self.run_with(arguments, "")
    }

    #[track_caller]
    fn run_with(&self, arguments: &[&str], input: &str) -> String {
        let (code, printed, said) = self.try_run(arguments, input);
        assert_eq!(code, 0, "{arguments:?}: {said}");
        printed
    }

    fn token_table(&self, more: &str) -> String {
        let settings = self.hsm.settings();
        format!(
            "\n[keys.hsm]\nkind = \"pkcs11\"\nmodule = \"{}\"\ntoken = \"{}\"\npin = {{ file = \"pin\" }}\n{more}",
            settings.module.display(),
            SoftHsm::LABEL,
        )
    }

    fn write_pin(&self, folder: &str) -> String {
        let pin = self.path(folder).join("pin");
        fs::write(&pin, SoftHsm::PIN).unwrap();
        fs::set_permissions(&pin, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        pin.to_str().unwrap().to_owned()
    }

    fn add_to_config(&self, text: &str) {
        let config = self.path("store/strongroom.toml");
        let before = fs::read_to_string(&config).unwrap();
        fs::write(config, before + text).unwrap();
    }

    /// A store whose root key is in the token from the first.
    fn init_on_token(&self, more: &[&str]) -> String {
        let module = self.hsm.settings().module.display().to_string();
        let pin = self.write_pin("");
        let mut arguments = vec!["init", "store", "--module", &module, "--token", SoftHsm::LABEL];
        arguments.extend(["--pin-file", &pin]);
        arguments.extend(more);
        self.run(&arguments)
    }
}

#[test]
fn a_software_store_moves_under_a_token_and_back() {
    let home = Home::new();
    home.run(&["init", "store"]);
    home.run_with(&["put", "web1/borg"], "correct horse");
    home.write_pin("store");
    home.add_to_config(&home.token_table(""));
    let moved = home.run(&["keys", "rotate", "--to", "hsm"]);
    assert!(moved.contains("in hsm now wraps 2 keys"), "{moved}");
    home.run(&["keys", "check"]);
    home.run_with(&["put", "web2/borg"], "battery staple");
    // The keyring is not needed any more; the token is.
    fs::rename(home.path("store/keyring.json"), home.path("keyring.json")).unwrap();
    assert_eq!(home.run(&["get", "web1/borg"]), "correct horse");
    assert_eq!(home.run(&["get", "web2/borg"]), "battery staple");
    home.hsm.take_away();
    let (code, printed, said) = home.try_run(&["get", "web1/borg"], "");
    assert!(code != 0 && printed.is_empty(), "{code} {said}");
    home.hsm.give_back();

    home.run(&["keys", "rotate"]);
    assert_eq!(home.run(&["get", "web2/borg"]), "battery staple");
    fs::rename(home.path("keyring.json"), home.path("store/keyring.json")).unwrap();
    home.run(&["keys", "rotate", "--to", "software"]);
    home.hsm.take_away();
    assert_eq!(home.run(&["get", "web1/borg"]), "correct horse");
    assert_eq!(home.run(&["get", "web2/borg"]), "battery staple");
}

#[test]
fn a_store_begins_on_a_token_and_is_restored_there() {
    let home = Home::new();
    home.init_on_token(&[]);
    home.run_with(&["put", "web1/borg"], "correct horse");
    assert!(!home.path("store/keyring.json").exists());
    let (code, _, said) =
        home.try_run(&["backup", "a", "--with-keys", "--passphrase-fd", "0"], PASSPHRASE);
    assert_eq!(code, 15, "{said}");
    home.run(&["backup", "b"]);
    home.run(&["restore", "b", "restored", "--keys-from", "store/strongroom.toml"]);
    let got = home.run(&["--config", "restored", "get", "web1/borg"]);
    assert_eq!(got, "correct horse");
    // A second store on the same token takes an id of its own.
    fs::rename(home.path("store"), home.path("first")).unwrap();
    home.init_on_token(&[]);
    assert!(home.run(&["keys", "list"]).contains("root-2"));
    assert_eq!(home.run(&["--config", "first", "get", "web1/borg"]), "correct horse");
}

#[test]
fn keys_of_a_device_are_rotated_there_and_do_not_leave() {
    let home = Home::new();
    home.init_on_token(&["--key-location", "device"]);
    home.run_with(&["put", "web1/borg"], "correct horse");
    home.run(&["keys", "rotate"]);
    assert_eq!(home.run(&["get", "web1/borg"]), "correct horse");
    home.add_to_config("\n[keys.safe]\nkind = \"software\"\nkeyring = \"safe.json\"\n");
    let (code, _, said) = home.try_run(&["keys", "rotate", "--to", "safe"], "");
    assert_eq!(code, 15, "{said}");
    assert!(
        !home.path("store/safe.json").exists() && !home.run(&["keys", "list"]).contains("safe")
    );
}

#[test]
fn a_store_of_payloads_in_a_token_is_not_sent_to_a_backup_that_is_refused() {
    let home = Home::new();
    let report = home.init_on_token(&["--payloads", "token"]);
    assert!(!report.contains("strongroom backup FILE"), "{report}");
    assert!(report.contains("backup of the token"), "{report}");
    let (code, _, said) = home.try_run(&["backup", "b"], "");
    assert_eq!(code, 15, "{said}");
}

#[test]
fn a_module_or_a_pin_file_in_others_hands_is_refused() {
    let home = Home::new();
    home.init_on_token(&[]);
    let chmod = |file: &str, mode| {
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(home.path(file), permissions).unwrap();
    };
    chmod("pin", 0o644);
    let (code, _, said) = home.try_run(&["list"], "");
    assert!(code == 80 && !said.contains(SoftHsm::PIN), "{code} {said}");
    chmod("pin", 0o600);
    let config = home.path("store/strongroom.toml");
    let text = fs::read_to_string(&config).unwrap();
    let module = home.hsm.settings().module.display().to_string();
    fs::copy(&module, home.path("module.so")).unwrap();
    chmod("module.so", 0o666);
    fs::write(&config, text.replace(&module, "../module.so")).unwrap();
    let (code, _, said) = home.try_run(&["list"], "");
    assert!(code == 80 && said.contains("module.so"), "{code} {said}");
}

/// Changes a boolean attribute of every object of the token that has it from false to true, which the
/// token itself would refuse: in SoftHSM's files, as whoever holds them can. Tells how many there were.
fn make_true(folder: &Path, attribute: u64) -> usize {
    const BOOLEAN: u64 = 1;
    let mut is_false = [attribute.to_be_bytes(), BOOLEAN.to_be_bytes()].concat();
    is_false.push(0);
    let mut changed = 0;
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            changed += make_true(&entry.path(), attribute);
            continue;
        }
        let mut content = fs::read(entry.path()).unwrap();
        let at = content.windows(is_false.len()).position(|window| window == is_false);
        if let Some(at) = at {
            content[at + is_false.len() - 1] = 0xff;
            fs::write(entry.path(), content).unwrap();
            changed += 1;
        }
    }
    changed
}

#[test]
fn a_root_key_that_is_not_kept_as_it_must_be_fails_the_check() {
    const EXTRACTABLE: u64 = 0x162;
    let home = Home::new();
    home.init_on_token(&[]);
    let (code, printed, said) = home.try_run(&["keys", "check"], "");
    assert_eq!(code, 0, "the control: {printed} {said}");
    assert_eq!(make_true(&home.hsm_folder(), EXTRACTABLE), 1, "the root key");
    let (code, printed, said) = home.try_run(&["keys", "check"], "");
    assert_eq!(code, 80, "{printed} {said}");
    for text in [&printed, &said] {
        assert!(text.contains("root-1") && text.contains("it is extractable"), "{text}");
    }
    assert!(said.contains("strongroom keys rotate"), "{said}");
    let (code, printed, _) = home.try_run(&["keys", "check", "--json"], "");
    assert!(code == 80 && printed.contains("\"ok\": false"), "{code} {printed}");
    // What is advised helps.
    home.run(&["keys", "rotate"]);
    home.run(&["keys", "retire", "root-1"]);
    let checked = home.run(&["keys", "check"]);
    assert!(checked.contains("root-1 is retired, and was not looked for"), "{checked}");
}
