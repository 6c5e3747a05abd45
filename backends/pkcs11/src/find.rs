//! Which slot has the token that was asked for.

use std::path::Path;

use cryptoki::context::Pkcs11;
use cryptoki::error::RvError;
use cryptoki::slot::Slot;
use strongroom_backend::{Error, ErrorKind};

use crate::errors::native;
use crate::failure::Failure;
use crate::{TokenChoice, TokenInfo};

/// A token, and where it is now.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) slot: Slot,
    pub(crate) info: TokenInfo,
}

impl Found {
    /// The choice that finds this very token again, in whatever slot a restart puts it.
    pub(crate) fn again(&self) -> TokenChoice {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_string());
        TokenChoice {
            label: known(self.info.label()),
            serial: known(self.info.serial_number()),
            manufacturer: known(self.info.manufacturer_id()),
            model: known(self.info.model()),
            slot: None,
        }
    }
}

/// Finds the one token that matches the choice.
pub(crate) fn find(module: &Path, pkcs11: &Pkcs11, choice: &TokenChoice) -> Result<Found, Failure> {
    let mut present = Vec::new();
    let mut silent = None;
    for slot in pkcs11.get_slots_with_token()? {
        match TokenInfo::read(module, pkcs11, slot) {
            Ok(info) => present.push(Found { slot, info }),
            // One broken token must not hide the others.
            Err(error) => silent = Failure::from(error).code(),
        }
    }
    let (ready, blank): (Vec<Found>, Vec<Found>) = present
        .iter()
        .filter(|found| matches(choice, found))
        .cloned()
        .partition(|found| found.info.token_initialized());
    match (ready.as_slice(), blank.as_slice()) {
        ([one], _) => Ok(one.clone()),
        ([], []) => Err(absent(choice, &present, silent).into()),
        ([], _) if *choice == TokenChoice::default() => {
            Err(absent(choice, &present, silent).into())
        }
        ([], [blank, ..]) => Err(uninitialized(blank).into()),
        (several, _) => Err(ambiguous(choice, several).into()),
    }
}

/// Whether a token is one that the choice means.
pub(crate) fn matches(choice: &TokenChoice, found: &Found) -> bool {
    let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|w| w == is);
    same(&choice.label, found.info.label())
        && same(&choice.serial, found.info.serial_number())
        && same(&choice.manufacturer, found.info.manufacturer_id())
        && same(&choice.model, found.info.model())
        && choice.slot.is_none_or(|slot| slot == found.slot.id())
}

/// Nothing matches; `silent` is what one of the tokens said instead of telling its name.
fn absent(choice: &TokenChoice, present: &[Found], silent: Option<RvError>) -> Error {
    let others: Vec<String> =
        present.iter().filter(|f| f.info.token_initialized()).map(described).collect();
    let next = match others.as_slice() {
        [] => "the module has no initialised token: plug it in, or initialise one".to_string(),
        others => format!("bring it back, or choose another one: {}", others.join(", ")),
    };
    let what = format!("{} is not there", wanted(choice));
    let error = Error::new(ErrorKind::Unavailable, what, next);
    match silent {
        Some(code) => error.with_native(native(code)),
        None => error,
    }
}

fn uninitialized(found: &Found) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("the token in slot {} is not initialised", found.slot.id()),
        "initialise it with the token's own tool (`softhsm2-util --init-token` for SoftHSM)",
    )
}

fn ambiguous(choice: &TokenChoice, several: &[Found]) -> Error {
    let several: Vec<String> = several.iter().map(described).collect();
    Error::new(
        ErrorKind::Config,
        format!("{} could be any of {}", wanted(choice), several.join(", ")),
        "choose by serial number",
    )
}

fn described(found: &Found) -> String {
    format!(
        "{:?} (serial {}, slot {})",
        found.info.label(),
        found.info.serial_number(),
        found.slot.id()
    )
}

/// The choice in words.
pub(crate) fn wanted(choice: &TokenChoice) -> String {
    let mut words = Vec::new();
    let mut add = |name: &str, value: &Option<String>| {
        words.extend(value.as_ref().map(|value| format!("{name} {value:?}")));
    };
    add("label", &choice.label);
    add("serial", &choice.serial);
    add("manufacturer", &choice.manufacturer);
    add("model", &choice.model);
    words.extend(choice.slot.map(|slot| format!("slot {slot}")));
    match words.as_slice() {
        [] => "a token".to_string(),
        words => format!("the token with {}", words.join(", ")),
    }
}
