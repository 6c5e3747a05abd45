//! The harness itself: a spy that sees, tokens that come and go.

use std::process::Command;

use strongroom_pkcs11::harness::{SoftHsm, Spy, TestToken};

fn tool(token: &impl TestToken) -> Command {
    let mut command = Command::new("pkcs11-tool");
    command.arg("--module").arg(token.settings().module);
    token.apply(&mut command);
    command
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("pkcs11-tool is missing: install the package opensc");
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn the_spy_finds_what_crossed_and_nothing_else() {
    let token = Spy::on(SoftHsm::start());
    let folder = tempfile::tempdir().unwrap();
    let payload: Vec<u8> = (0..5_000u32).map(|i| (i * 7 + i / 256) as u8).collect();
    std::fs::write(folder.path().join("payload"), &payload).unwrap();
    let label = "a label that is longer than the thirty-two bytes of one line";
    assert_eq!(token.all_calls().len(), 0);
    let written = output(
        tool(&token)
            .args(["--login", "--pin", token.pin(), "--label", label])
            .args(["--type", "data", "--private", "--write-object"])
            .arg(folder.path().join("payload")),
    );
    assert_eq!(token.calls("C_CreateObject"), 1, "{written}");
    assert_eq!(token.calls("C_Decrypt"), 0);
    assert!(token.saw(&payload), "the whole payload");
    assert!(token.saw(label.as_bytes()), "the label");
    assert!(token.saw(SoftHsm::PIN.as_bytes()), "the PIN");
    let mut other = payload.clone();
    other[2_500] ^= 1;
    assert!(!token.saw(&other));
    token.forget();
    assert!(!token.saw(&payload[..16]));
    assert_eq!(token.calls("C_CreateObject"), 0);
}

#[test]
fn a_token_that_was_taken_away_comes_back() {
    let hsm = SoftHsm::start();
    hsm.add_token("second");
    let labels = || {
        let slots = output(tool(&hsm).arg("--list-token-slots"));
        [SoftHsm::LABEL, "second"].map(|label| slots.contains(&format!(": {label}\n")))
    };
    assert_eq!(labels(), [true, true]);
    hsm.take_away();
    assert_eq!(labels(), [false, false]);
    hsm.give_back();
    assert_eq!(labels(), [true, true]);
    hsm.break_module();
    let broken = output(tool(&hsm).arg("--list-slots"));
    assert!(broken.contains("CKR_GENERAL_ERROR"), "{broken}");
    hsm.mend_module();
    assert_eq!(labels(), [true, true]);
}
