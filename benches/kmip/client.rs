//! PyKMIP's own client.

use std::process::Command;
use std::time::Duration;

use strongroom_kmip::harness::PyKmip;

/// The identifier of the Secret Data object that was made last.
pub(crate) fn newest_object(server: &PyKmip) -> String {
    let attributes = "f = AttributeFactory()\n\
        kind = f.create_attribute(enums.AttributeType.OBJECT_TYPE, enums.ObjectType.SECRET_DATA)\n\
        group = f.create_attribute(enums.AttributeType.OBJECT_GROUP, 'strongroom/bench/payloads')\n\
        print(client.locate(attributes=[kind, group])[0])";
    python(server, attributes)
}

/// What a get takes with it, the median of a hundred over one connection.
pub(crate) fn time_of_get(server: &PyKmip, identifier: &str) -> Duration {
    let program = format!(
        "times = []\n\
         for _ in range(100):\n    \
             start = time.perf_counter()\n    \
             client.get({identifier:?})\n    \
             times.append(time.perf_counter() - start)\n\
         print(statistics.median(times))"
    );
    Duration::from_secs_f64(python(server, &program).parse().unwrap())
}

/// Runs Python with PyKMIP's client in `client`, already open, and gives what it prints.
fn python(server: &PyKmip, program: &str) -> String {
    let tls = server.settings().tls;
    let text = format!(
        "import statistics, time\n\
         from kmip.pie import client as pie\n\
         from kmip import enums\n\
         from kmip.core.factories.attributes import AttributeFactory\n\
         with pie.ProxyKmipClient(hostname='127.0.0.1', port={}, cert={:?}, key={:?}, ca={:?},\n\
             ssl_version='PROTOCOL_TLSv1_2') as client:\n    {}\n",
        server.address().port,
        tls.certificate,
        tls.key,
        tls.ca,
        program.replace('\n', "\n    "),
    );
    let output = Command::new(server.python()).arg("-c").arg(text).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}
