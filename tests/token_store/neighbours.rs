//! Other processes that use the same token.

use std::process::{Command, Stdio};

use strongroom::KeyLocation;
use strongroom_pkcs11::harness::{SoftHsm, Spy, in_own_process};

use crate::support::{Site, get, logged_in_tool, put};

/// How often the other one logs in and out.
const VISITS: usize = 5;

#[test]
fn another_process_that_logs_in_and_out_costs_no_login() {
    in_own_process("neighbours::another_process_that_logs_in_and_out_costs_no_login", || {
        let site = Site::on(Spy::on(SoftHsm::start()));
        let store = site.store("s", KeyLocation::Device);
        let session = store.session();
        put(&session, "web1/key", b"payload");
        assert_eq!(get(&session, "web1/key"), b"payload");
        assert!(site.token.calls("C_Login") > 0, "the control finds ours");
        site.token.forget();

        let mut gets = 0;
        for _ in 0..VISITS {
            // Past the spy, which counts our calls alone.
            let mut other = visitor(site.token.token());
            let mut child = other.spawn().expect("pkcs11-tool of the package opensc");
            // While it works, and once after it has logged out.
            loop {
                let ended = child.try_wait().unwrap();
                assert_eq!(get(&session, "web1/key"), b"payload");
                gets += 1;
                if let Some(status) = ended {
                    assert!(status.success(), "{status}");
                    break;
                }
            }
        }
        assert!(gets >= VISITS);
        let calls = site.token.all_calls();
        assert_eq!(calls.get("C_Decrypt"), Some(&gets), "each get asked the token: {calls:?}");
        assert_eq!(calls.get("C_Login"), None, "{calls:?}");
        put(&session, "web1/key", b"another");
    });
}

/// A program that logs in, looks at every object, and logs out.
fn visitor(token: &SoftHsm) -> Command {
    let mut command = logged_in_tool(token);
    command.arg("--list-objects").stdout(Stdio::null()).stderr(Stdio::null());
    command
}
