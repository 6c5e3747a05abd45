//! Root keys in a real KMIP server (PyKMIP), through the real binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use strongroom_kmip::harness::PyKmip;
use tempfile::TempDir;

struct Home {
    folder: TempDir,
    server: PyKmip,
}

impl Home {
    fn new() -> Home {
        Home { folder: tempfile::tempdir().unwrap(), server: PyKmip::start() }
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

    /// A command with the options that name the server.
    fn on_server(&self, command: &[&str]) -> Vec<String> {
        let settings = self.server.settings();
        let address = self.server.address().to_string();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let (ca, certificate) = (text(&settings.tls.ca), text(&settings.tls.certificate));
        let mut words: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        words.extend(["--kmip".into(), address, "--ca".into(), ca]);
        words.extend(["--certificate".into(), certificate]);
        words.extend(["--private-key".into(), text(&settings.tls.key)]);
        words
    }

    fn run_on_server(&self, command: &[&str]) -> String {
        let words = self.on_server(command);
        self.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

#[test]
fn a_store_begins_on_a_server_and_is_restored_there() {
    let home = Home::new();
    let made = home.run_on_server(&["init", "store", "--namespace", "backups"]);
    assert!(made.contains("in the server, which [keys.kmip]"), "{made}");
    assert!(!home.path("store/keyring.json").exists());
    home.run_with(&["put", "web1/borg"], "correct horse");
    assert_eq!(home.run(&["get", "web1/borg"]), "correct horse");
    home.run(&["keys", "check"]);
    home.run(&["keys", "rotate"]);
    home.run(&["keys", "retire", "root-1"]);
    assert_eq!(home.run(&["get", "web1/borg"]), "correct horse");

    let words = ["backup", "a", "--with-keys", "--passphrase-fd", "0"];
    let (code, _, said) = home.try_run(&words, "a passphrase of many words");
    assert_eq!(code, 15, "{said}");
    home.run(&["backup", "b"]);
    // No server is reached because a backup says so: the config that is named decides.
    home.run(&["init", "plain"]);
    let from = |config| ["restore", "b", "restored", "--keys-from", config];
    let (code, _, said) = home.try_run(&from("plain/strongroom.toml"), "");
    assert!(code != 0 && said.contains("[keys.kmip]"), "{code} {said}");
    let config = fs::read_to_string(home.path("store/strongroom.toml")).unwrap();
    fs::write(home.path("store/other.toml"), config.replace("127.0.0.1", "localhost")).unwrap();
    home.run(&from("store/other.toml"));
    let config = fs::read_to_string(home.path("restored/strongroom.toml")).unwrap();
    assert!(config.contains("localhost:") && !config.contains("127.0.0.1"), "{config}");
    let got = home.run(&["--config", "restored", "get", "web1/borg"]);
    assert_eq!(got, "correct horse");
}

#[test]
fn payloads_are_on_the_server_and_strays_are_found() {
    let home = Home::new();
    let words = ["init", "store", "--namespace", "backups", "--payloads", "server"];
    let made = home.run_on_server(&words);
    assert!(made.contains("payloads  on the server"), "{made}");
    home.run_with(&["put", "web1/borg"], "correct horse");
    assert_eq!(home.run(&["get", "web1/borg"]), "correct horse");
    home.run(&["doctor", "--repair"]);
    home.run(&["erase", "--yes", "web1/borg"]);
}

#[test]
fn a_software_store_moves_to_fetched_keys_and_back() {
    let home = Home::new();
    home.run(&["init", "store"]);
    home.run_with(&["put", "web1/borg"], "correct horse");
    let tls = home.server.settings().tls;
    let config = home.path("store/strongroom.toml");
    let table = format!(
        "\n[keys.manager]\nkind = \"kmip\"\nservers = [\"{}\"]\nnamespace = \"backups\"\nca = {:?}\n\
         certificate = {:?}\nprivate_key = {:?}\nroot_key = \"fetched\"\n",
        home.server.address(),
        tls.ca,
        tls.certificate,
        tls.key,
    );
    fs::write(&config, fs::read_to_string(&config).unwrap() + &table).unwrap();
    home.run(&["keys", "init", "manager"]);
    home.run(&["keys", "rotate", "--to", "manager"]);
    let (_, said, _) = home.try_run(&["health"], "");
    assert!(said.contains("software-held"), "{said}");
    let told = home.run(&["kmip", "info"]);
    assert!(told.contains("fetched: software-held"), "{told}");
    let json = home.run(&["kmip", "info", "manager", "--json"]).replace(' ', "");
    assert!(json.contains("\"configured_root_key\":\"fetched\""), "{json}");
    assert_eq!(home.run(&["get", "web1/borg"]), "correct horse");
    home.run(&["keys", "rotate", "--from", "manager", "--to", "software"]);
    assert_eq!(home.run(&["get", "web1/borg"]), "correct horse");
}

#[test]
fn info_tells_what_the_server_is_and_what_would_be_chosen() {
    let home = Home::new();
    let told = home.run_on_server(&["kmip", "info"]);
    for word in ["PyKMIP", "in-server", "2.0", "Encrypt", "can be its objects", "not told"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    home.run_on_server(&["init", "store", "--namespace", "backups"]);
    let json = home.run(&["kmip", "info", "--json"]);
    let json = json.replace(' ', "");
    assert!(json.contains("\"root_key\":\"in-server\""), "{json}");
    assert!(json.contains("\"configured_root_key\":\"in-server\""), "{json}");
    // The control: what the options name, no config uses.
    assert!(!told.contains("software-held"), "{told}");
    // Half a server is told before anything is done.
    let (code, _, said) = home.try_run(&["init", "half", "--kmip", "localhost"], "");
    assert_ne!(code, 0);
    assert!(said.contains("--certificate"), "{said}");
}

#[test]
fn an_object_that_others_made_is_adopted() {
    let home = Home::new();
    home.run_on_server(&["init", "store", "--namespace", "backups", "--payloads", "server"]);
    let config = home.path("store/strongroom.toml");
    let objects = "kind = \"kmip-objects\"\n";
    let plain = fs::read_to_string(&config).unwrap();
    assert!(plain.contains(objects), "{plain}");
    let plain = plain.replacen(objects, &format!("{objects}plaintext_objects = true\n"), 1);
    fs::write(&config, plain).unwrap();
    let settings = home.server.settings();
    let program = format!(
        "from kmip.pie import client as pie, objects\n\
         from kmip import enums\n\
         with pie.ProxyKmipClient(hostname='127.0.0.1', port={}, cert={:?}, key={:?}, ca={:?},\n\
             ssl_version='PROTOCOL_TLSv1_2') as client:\n\
         \x20   password = objects.SecretData(b'correct horse', enums.SecretDataType.PASSWORD)\n\
         \x20   print(client.register(password))\n",
        home.server.address().port,
        settings.tls.certificate,
        settings.tls.key,
        settings.tls.ca,
    );
    let made = Command::new(home.server.python()).arg("-c").arg(program).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let identifier = String::from_utf8(made.stdout).unwrap().trim().to_owned();

    let answer = home.run(&["adopt", "web1/luks", "--object", &identifier, "--json"]);
    assert!(answer.contains("\"version\": 1"), "{answer}");
    assert_eq!(home.run(&["get", "web1/luks"]), "correct horse");
    let again = ["adopt", "web1/luks", "--object", &identifier, "--if-absent"];
    let (code, _, said) = home.try_run(&again, "");
    assert_eq!(code, 11, "{said}");
    let (code, _, said) = home.try_run(&["adopt", "web1/no", "--object", "no-such-object"], "");
    assert_eq!(code, 10, "{said}");
    assert!(said.contains("no-such-object"), "{said}");
}
