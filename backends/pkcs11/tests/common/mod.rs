//! What every token has to do, whatever it can.

use cryptoki::mechanism::MechanismType;
use strongroom_pkcs11::Token;
use strongroom_pkcs11::harness::TestToken;

/// Opens a token in this process and tells what it is.
pub(crate) fn open(test: &dyn TestToken) -> Token {
    test.enter();
    let token = Token::open(test.settings()).unwrap_or_else(|e| panic!("{}: {e}", test.name()));
    let info = token.token_info().unwrap();
    tell(&format!(
        "{}: {} {}, firmware {}",
        test.name(),
        info.manufacturer_id(),
        info.model(),
        info.firmware_version()
    ));
    token
}

/// Whether the token says that it has this mechanism.
pub(crate) fn has(token: &Token, mechanism: MechanismType) -> bool {
    token.mechanisms().unwrap().iter().any(|(kind, _)| *kind == mechanism)
}

/// Shown with the result of the test.
#[allow(clippy::print_stdout)]
pub(crate) fn tell(line: &str) {
    println!("{line}");
}
