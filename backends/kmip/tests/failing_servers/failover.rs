//! Several servers, of which some stall or are away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use strongroom_backend::Backend;
use strongroom_kmip::{KmipClient, KmipObjects, Namespace, PlaintextType, ProtocolVersion};

use super::Site;
use super::answers::address;
use super::kmip::Said;
use super::server::Answer;

/// Long enough that a third of twice of it is enough to connect on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(2);

#[test]
fn a_third_server_gets_its_turn_when_two_stall_and_is_the_one_that_is_named() {
    let site = Site::new();
    let stalled = [site.server(Answer::Nothing), site.server(Answer::Nothing)];
    let good = site.server(Answer::Kmip(Arc::new(|_| Said::Done(&[]))));
    let mut settings = site.settings_within(TIMEOUT, stalled[0].port());
    settings.version = Some(ProtocolVersion::V1_4);
    settings.servers.push(address(stalled[1].port()));
    settings.servers.push(address(good.port()));
    let client = Arc::new(KmipClient::new(settings).unwrap());
    let namespace = Namespace::new("test").unwrap();
    let objects = KmipObjects::new(client.clone(), namespace, PlaintextType::SecretData);
    assert_eq!(objects.list(None, 10).unwrap(), []);

    // It is not to blame for the time that the others took, and they are left alone for a while.
    let started = Instant::now();
    assert_eq!(objects.list(None, 10).unwrap(), []);
    assert!(started.elapsed() < TIMEOUT / 2, "{:?}", started.elapsed());

    let told = client.info().unwrap();
    assert_eq!(told.server, format!("127.0.0.1:{}", good.port()));
}
