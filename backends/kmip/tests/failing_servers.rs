//! Servers that do not do what they should: each gives a clear error, in time.

#[path = "failing_servers/abilities.rs"]
mod abilities;
#[path = "failing_servers/answers.rs"]
mod answers;
#[path = "failing_servers/credential.rs"]
mod credential;
#[path = "failing_servers/failover.rs"]
mod failover;
#[path = "failing_servers/kmip.rs"]
mod kmip;
#[path = "failing_servers/lagging.rs"]
mod lagging;
#[path = "failing_servers/listing.rs"]
mod listing;
#[path = "failing_servers/pool.rs"]
mod pool;
#[path = "failing_servers/putting.rs"]
mod putting;
#[path = "failing_servers/read_back.rs"]
mod read_back;
#[path = "failing_servers/removing.rs"]
mod removing;
#[path = "failing_servers/root_keys.rs"]
mod root_keys;
#[path = "failing_servers/server.rs"]
mod server;
#[path = "failing_servers/states.rs"]
mod states;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kmip::{Asked, Said};
use server::{Answer, TestServer, Trust};
use strongroom_backend::{
    Backend, Error, ErrorKind, Health, Locator, PayloadType, Placement, ProjectId, ProjectKey,
    Reference, Result, SecretBytes, SecretId, Severity, StoreId, VersionId,
};
use strongroom_kmip::harness::{Authority, Validity};
use strongroom_kmip::{
    KmipClient, KmipObjects, KmipSettings, Namespace, PlaintextType, ProtocolVersion,
    ServerAddress, TlsFiles,
};
use tempfile::TempDir;

/// Where the server answers with an error at once.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Where it is asked again until the time is over.
const REPEATED: Duration = Duration::from_secs(4);
/// Where the time is what is tested.
const SHORT: Duration = Duration::from_secs(1);
/// Where it answers as it should, for as long as that takes.
const ANSWERED: Duration = Duration::from_secs(60);
/// What a loaded machine may add to two timeouts.
const PATIENCE: Duration = Duration::from_secs(20);

/// An authority with certificates for both sides.
struct Site {
    folder: TempDir,
    authority: Authority,
}

impl Site {
    fn new() -> Site {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new(folder.path(), "authority");
        Site { folder, authority }
    }

    fn settings(&self, port: u16) -> KmipSettings {
        self.settings_within(TIMEOUT, port)
    }

    fn settings_within(&self, timeout: Duration, port: u16) -> KmipSettings {
        let client = self.authority.client(self.folder.path(), "client", Validity::Now);
        let tls = TlsFiles {
            ca: self.authority.certificate().to_path_buf(),
            certificate: client.certificate,
            key: client.key,
        };
        let address = ServerAddress { host: "127.0.0.1".into(), port, server_name: None };
        let mut settings = KmipSettings::new(vec![address], tls);
        settings.timeout = timeout;
        settings
    }

    /// Objects on a server that is asked in KMIP 1.4, and answers what `said` says.
    fn answered(
        &self,
        said: impl Fn(&Asked) -> Said + Send + Sync + 'static,
    ) -> (TestServer, KmipSettings) {
        let server = self.server(Answer::Kmip(Arc::new(said)));
        let mut settings = self.settings_within(ANSWERED, server.port());
        settings.version = Some(ProtocolVersion::V1_4);
        (server, settings)
    }

    fn server(&self, answer: Answer) -> TestServer {
        let issued = self.authority.server(self.folder.path(), "server", Validity::Now);
        TestServer::start(&issued, Trust::Everyone(self.authority.certificate()), answer)
    }
}

fn objects(settings: KmipSettings) -> KmipObjects {
    let client = Arc::new(KmipClient::new(settings).unwrap());
    KmipObjects::new(client, Namespace::new("test").unwrap(), PlaintextType::SecretData)
}

/// The error of something that changes nothing on the server.
fn reading(settings: KmipSettings) -> Error {
    in_time(|| objects(settings).marker().expect_err("an answer"))
}

/// The error of something that does.
fn writing(mut settings: KmipSettings) -> Error {
    settings.version = Some(ProtocolVersion::V1_4);
    in_time(|| store(&objects(settings)).expect_err("an answer"))
}

fn store(objects: &KmipObjects) -> Result<Locator> {
    let payload = SecretBytes::copy_of(b"correct horse battery staple").unwrap();
    at_a_place(|at| objects.store(at, &payload))
}

/// What the object of a payload is called.
fn payload_name(reference: Reference) -> String {
    format!("strongroom/test/payload/{reference}")
}

fn at_a_place<T>(run: impl FnOnce(&Placement<'_>) -> T) -> T {
    let key = ProjectKey::new(1, SecretBytes::random(32).unwrap());
    let at = Placement {
        reference: Reference::at(0).unwrap(),
        store: StoreId::random().unwrap(),
        project: ProjectId::random().unwrap(),
        secret: SecretId::at(0).unwrap(),
        version: VersionId::at(0).unwrap(),
        payload_type: PayloadType::Passphrase,
        key: &key,
    };
    run(&at)
}

fn in_time(run: impl FnOnce() -> Error) -> Error {
    let started = Instant::now();
    let error = run();
    assert!(started.elapsed() < 4 * REPEATED + PATIENCE, "{:?}: {error}", started.elapsed());
    error
}

#[track_caller]
fn says(error: &Error, kind: ErrorKind, words: &str) {
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(error.to_string().contains(words), "{error:?}");
}

#[test]
fn an_authority_that_is_not_ours() {
    let (site, other) = (Site::new(), Site::new());
    let server = site.server(Answer::Nothing);
    let mut settings = site.settings(server.port());
    settings.tls.ca = other.authority.certificate().to_path_buf();
    says(&reading(settings), ErrorKind::Config, "was not issued by an authority of the CA file");
}

#[test]
fn a_server_certificate_that_has_expired() {
    let site = Site::new();
    let issued = site.authority.server(site.folder.path(), "server", Validity::Past);
    let trust = Trust::Everyone(site.authority.certificate());
    let server = TestServer::start(&issued, trust, Answer::Nothing);
    says(&reading(site.settings(server.port())), ErrorKind::Config, "has expired");
}

#[test]
fn a_server_certificate_for_another_name() {
    let site = Site::new();
    let server = site.server(Answer::Nothing);
    let mut settings = site.settings(server.port());
    settings.servers[0].server_name = Some("kmip.example.org".into());
    says(&reading(settings), ErrorKind::Config, "is for another name");
}

#[test]
fn a_client_certificate_that_is_refused() {
    let (site, other) = (Site::new(), Site::new());
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let issued = site.authority.server(site.folder.path(), "server", Validity::Now);
        let trust = Trust::Only(other.authority.certificate(), version);
        let server = TestServer::start(&issued, trust, Answer::Nothing);
        let error = reading(site.settings(server.port()));
        says(&error, ErrorKind::Unauthenticated, "refused the client certificate");
    }
}

#[test]
fn a_client_certificate_that_has_expired() {
    let site = Site::new();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let issued = site.authority.server(site.folder.path(), "server", Validity::Now);
        let trust = Trust::Only(site.authority.certificate(), version);
        let server = TestServer::start(&issued, trust, Answer::Nothing);
        let mut settings = site.settings(server.port());
        let expired = site.authority.client(site.folder.path(), "expired", Validity::Past);
        (settings.tls.certificate, settings.tls.key) = (expired.certificate, expired.key);
        let error = reading(settings);
        says(&error, ErrorKind::Unauthenticated, "refused the client certificate");
    }
}

#[test]
fn nobody_who_listens() {
    let site = Site::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    says(&reading(site.settings_within(SHORT, port)), ErrorKind::Unavailable, "cannot be reached");
    // Nothing was sent, so it certainly had no effect.
    says(&writing(site.settings_within(SHORT, port)), ErrorKind::Unavailable, "cannot be reached");
}

#[test]
fn a_server_that_speaks_no_tls() {
    let site = Site::new();
    let server = TestServer::without_tls(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    says(&reading(site.settings(server.port())), ErrorKind::Config, "does not speak TLS");
}

#[test]
fn a_server_that_never_says_hello() {
    let site = Site::new();
    let server = TestServer::without_tls(b"");
    says(
        &reading(site.settings_within(SHORT, server.port())),
        ErrorKind::Unavailable,
        "TLS handshake",
    );
}

#[test]
fn a_server_that_speaks_no_kmip() {
    let site = Site::new();
    let server =
        site.server(Answer::Bytes(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    let error = reading(site.settings_within(REPEATED, server.port()));
    says(&error, ErrorKind::Unavailable, "cannot be understood");
    says(&error, ErrorKind::Unavailable, "it is no KMIP message");
    says(
        &writing(site.settings_within(REPEATED, server.port())),
        ErrorKind::Timeout,
        "cannot be understood",
    );
}

#[test]
fn half_an_answer() {
    let site = Site::new();
    const HALF: &[u8] = &[0x42, 0x00, 0x7B, 0x01, 0, 0, 0, 0x40, 0x42, 0x00, 0x7A, 0x01];
    let server = site.server(Answer::BytesAndEnd(HALF));
    let error = reading(site.settings_within(REPEATED, server.port()));
    says(&error, ErrorKind::Unavailable, "without a whole answer");
    says(
        &writing(site.settings_within(REPEATED, server.port())),
        ErrorKind::Timeout,
        "without a whole answer",
    );

    let server = site.server(Answer::Bytes(HALF));
    says(
        &reading(site.settings_within(SHORT, server.port())),
        ErrorKind::Unavailable,
        "did not answer in time",
    );
}

#[test]
fn an_answer_of_two_gibibytes() {
    let site = Site::new();
    let server = site.server(Answer::Bytes(&[0x42, 0x00, 0x7B, 0x01, 0x80, 0, 0, 0]));
    let error = reading(site.settings_within(REPEATED, server.port()));
    says(&error, ErrorKind::Unavailable, "it claims 2147483648 bytes");
}

#[test]
fn an_answer_that_is_damaged_inside() {
    let site = Site::new();
    const DAMAGED: &[u8] =
        &[0x42, 0x00, 0x7B, 0x01, 0, 0, 0, 8, 0x42, 0x00, 0x7A, 0x01, 0xFF, 0xFF, 0xFF, 0xF0];
    let server = site.server(Answer::Bytes(DAMAGED));
    let mut settings = site.settings_within(REPEATED, server.port());
    settings.version = Some(ProtocolVersion::V1_4);
    let error = reading(settings);
    says(&error, ErrorKind::Unavailable, "claims 4294967280 bytes where 0 are left");
    assert_eq!(writing(site.settings_within(REPEATED, server.port())).kind(), ErrorKind::Timeout);
}

#[test]
fn a_server_that_stalls() {
    let site = Site::new();
    let server = site.server(Answer::Nothing);
    let error = reading(site.settings_within(SHORT, server.port()));
    says(&error, ErrorKind::Unavailable, "did not answer in time");
    says(
        &writing(site.settings_within(SHORT, server.port())),
        ErrorKind::Timeout,
        "did not answer in time",
    );
}

#[test]
fn a_key_that_does_not_fit_its_certificate() {
    let site = Site::new();
    let server = site.server(Answer::Nothing);
    let mut settings = site.settings(server.port());
    settings.tls.key = site.authority.client(site.folder.path(), "other", Validity::Now).key;
    says(&reading(settings), ErrorKind::Config, "does not fit the client certificate");
}

#[test]
fn a_new_certificate_that_cannot_be_used_is_told_while_the_last_one_is_used() {
    let site = Site::new();
    let (_server, settings) = site.answered(|_| Said::Done(&["57"]));
    let certificate = settings.tls.certificate.clone();
    let objects = objects(settings);
    let told = || {
        let health = objects.health();
        let of_files = |found: &&Health| found.part == "kmip certificate";
        health.iter().find(of_files).map(|found| (found.severity, found.message.clone()))
    };
    assert_eq!(told(), None);
    let right = std::fs::read(&certificate).unwrap();
    std::fs::write(&certificate, "nothing").unwrap();
    let (severity, message) = told().expect("it is told");
    assert_eq!(severity, Severity::Warning);
    assert!(message.contains("holds no certificate"), "{message}");
    std::fs::write(&certificate, right).unwrap();
    assert_eq!(told(), None);
}

#[test]
fn a_key_that_everyone_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    let server = site.server(Answer::Nothing);
    let settings = site.settings(server.port());
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&settings.tls.key, open).unwrap();
    says(&reading(settings), ErrorKind::Config, "everyone can read");
}

#[test]
fn files_that_others_can_write() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    let server = site.server(Answer::Nothing);
    let settings = site.settings(server.port());
    let TlsFiles { ca, certificate, key } = &settings.tls;
    for path in [key, certificate, ca] {
        let before = std::fs::metadata(path).unwrap().permissions();
        let open = std::fs::Permissions::from_mode(0o660);
        std::fs::set_permissions(path, open).unwrap();
        says(&reading(settings.clone()), ErrorKind::Config, "others can write");
        std::fs::set_permissions(path, before).unwrap();
    }
}

#[test]
fn files_that_are_not_there_or_no_certificates() {
    let site = Site::new();
    let server = site.server(Answer::Nothing);
    let mut settings = site.settings(server.port());
    settings.tls.ca = site.folder.path().join("absent");
    says(&reading(settings.clone()), ErrorKind::Config, "absent is not there");
    std::fs::write(site.folder.path().join("absent"), "nothing").unwrap();
    says(&reading(settings), ErrorKind::Config, "absent holds no certificate");
}
