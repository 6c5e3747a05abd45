//! `make bench-kmip`: what a store on a KMIP server costs, beside its floor from the same run, and beside
//! PyKMIP's own client. The server is PyKMIP.
//!
//! The floor is the same Get without the library, over a connection that is held.
#![allow(missing_docs, clippy::print_stdout)]

mod bare;
mod client;
#[path = "../store/report.rs"]
#[allow(dead_code)]
mod report;

use std::time::{Duration, Instant};

use strongroom::{
    KeyConfig, KmipConfig, Layout, PutOptions, RootKeyUse, SecretBytes, SecretPath, Session, Store,
};
use strongroom_kmip::harness::PyKmip;

use crate::bare::BareConnection;
use crate::report::{Bound, Report};

/// How often each is measured.
const ROUNDS: usize = 200;

fn main() {
    let server = PyKmip::start();
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::in_folder(&folder.path().join("store"));
    let layout = Layout { key: Some(key(&server)), objects: true, ..layout };
    let session = Store::create(&layout).unwrap().session();
    let path: SecretPath = "bench/secret".parse().unwrap();
    let payload = SecretBytes::copy_of(&[7; 64]).unwrap();
    session.put(&path, &payload, &PutOptions::default()).unwrap();

    let mut report = Report::default();
    measure(&server, &session, &path, &mut report);
    report.print();
}

fn measure(server: &PyKmip, session: &Session, path: &SecretPath, report: &mut Report) {
    let identifier = client::newest_object(server);
    let mut bare = BareConnection::open(server);
    let (mut gets, mut floors) = (Vec::new(), Vec::new());
    // In turns, because the server is not always equally fast.
    for _ in 0..ROUNDS {
        gets.push(time(|| drop(session.get(path).unwrap())));
        floors.push(time(|| drop(bare.get(&identifier))));
    }
    let (get, floor) = (median(gets), median(floors));
    report.ratio("get, against a bare Get", get, floor, 1.15);
    let theirs = client::time_of_get(server, &identifier);
    let times = theirs.as_secs_f64() / get.as_secs_f64();
    report.value("how many gets in one of PyKMIP's client", times, Bound::AtLeast(5.0));
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn key(server: &PyKmip) -> KeyConfig {
    let settings = server.settings();
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let described = KmipConfig {
        servers: vec![server.address().to_string()],
        namespace: "bench".into(),
        ca: text(&settings.tls.ca),
        certificate: text(&settings.tls.certificate),
        private_key: text(&settings.tls.key),
        ..KmipConfig::default()
    };
    KeyConfig::Kmip { server: Box::new(described), root_key: RootKeyUse::InServer }
}
