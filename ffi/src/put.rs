//! Putting payloads, generating them, and adopting what others made.

use std::collections::BTreeMap;
use std::ffi::c_char;

use strongroom::{
    Error, ErrorKind, Expect, PAYLOAD_LIMIT, PutOptions, PutReceipt, Recipe, Result, SecretBytes,
};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::pointers::{array, bytes, invalid, optional_text, text};
use crate::status::strongroom_status;
use crate::store::{session, strongroom_store};
use crate::structs::{Growing, Report, read};
use crate::timestamp::timestamp;
use crate::views::strongroom_label;
use crate::words::secret_type;

/// A put expects whatever is there.
pub const STRONGROOM_EXPECT_ANYTHING: u32 = 0;

/// A put expects no secret of this name; otherwise ALREADY_EXISTS.
pub const STRONGROOM_EXPECT_ABSENT: u32 = 1;

/// A put expects a secret whose newest version is `expected_version`; otherwise CONFLICT.
pub const STRONGROOM_EXPECT_VERSION: u32 = 2;

/// Generate a passphrase of letters and digits; the length counts characters, from 43 to 1024.
pub const STRONGROOM_GENERATE_PASSPHRASE: u32 = 0;

/// Generate random bytes; the length counts bytes, from 16 to 1024.
pub const STRONGROOM_GENERATE_KEY: u32 = 1;

/// How a payload is put. Begin with STRONGROOM_PUT_OPTIONS_INIT; zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_put_options {
    /// The size of this struct: sizeof(strongroom_put_options).
    pub struct_size: usize,
    /// One of STRONGROOM_TYPE_...; 0 keeps the type, and makes a new secret a passphrase, or one of the
    /// type of the object that strongroom_adopt() takes. The type of a secret never changes.
    pub secret_type: u32,
    /// One of STRONGROOM_EXPECT_...: compare-and-swap.
    pub expect: u32,
    /// The version for STRONGROOM_EXPECT_VERSION.
    pub expected_version: u32,
    /// Must be 0.
    pub reserved: u32,
    /// A media type of up to 255 bytes; NULL keeps it as it was.
    pub content_type: *const c_char,
    /// Labels to set, beside those that are there.
    pub labels: *const strongroom_label,
    /// How many labels.
    pub labels_len: usize,
    /// When the version becomes active, in microseconds since the start of 1970; 0: at once.
    pub activates_at: i64,
    /// When the version expires; 0: never. An expired version still opens when asked for by number.
    pub expires_at: i64,
}

// SAFETY: repr(C) without padding; numbers and pointers have no invalid value.
unsafe impl Growing for strongroom_put_options {}

/// What a put has done. Begin with STRONGROOM_PUT_RECEIPT_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_put_receipt {
    /// The size of this struct: sizeof(strongroom_put_receipt).
    pub struct_size: usize,
    /// The number of the new version.
    pub version: u32,
    /// 1 when the project was made for it.
    pub created_project: u32,
    /// The secret's id.
    pub secret_id: [u8; 16],
}

// SAFETY: repr(C) without padding; numbers have no invalid value.
unsafe impl Growing for strongroom_put_receipt {}

impl From<PutReceipt> for strongroom_put_receipt {
    fn from(receipt: PutReceipt) -> strongroom_put_receipt {
        strongroom_put_receipt {
            struct_size: 0,
            version: receipt.version,
            created_project: receipt.created_project.into(),
            secret_id: *receipt.secret_id.as_bytes(),
        }
    }
}

/// The options of a put, checked.
///
/// # Safety
/// `options` is NULL, or as the header asks.
unsafe fn put_options(options: *const strongroom_put_options) -> Result<PutOptions> {
    // SAFETY: as the caller promises, for this and what it points to.
    unsafe {
        let given = read("options", options)?;
        if given.reserved != 0 {
            return Err(invalid("options.reserved is not 0", "begin with the _INIT macro"));
        }
        Ok(PutOptions {
            secret_type: secret_type(given.secret_type)?,
            content_type: optional_text("content_type", given.content_type)?.map(str::to_owned),
            labels: labels(given.labels, given.labels_len)?,
            activates_at: timestamp(given.activates_at),
            expires_at: timestamp(given.expires_at),
            expect: expect(given.expect, given.expected_version)?,
        })
    }
}

fn expect(expect: u32, version: u32) -> Result<Expect> {
    match expect {
        STRONGROOM_EXPECT_ANYTHING => Ok(Expect::Anything),
        STRONGROOM_EXPECT_ABSENT => Ok(Expect::Absent),
        STRONGROOM_EXPECT_VERSION => Ok(Expect::Version(version)),
        _ => Err(invalid(
            format!("{expect} is not an expectation"),
            "give one of STRONGROOM_EXPECT_...",
        )),
    }
}

/// Labels to set. More than a secret may have are not even looked at.
///
/// # Safety
/// `first` is NULL, or `len` labels.
pub(crate) unsafe fn labels(
    first: *const strongroom_label,
    len: usize,
) -> Result<BTreeMap<String, String>> {
    if len > strongroom::LABELS_LIMIT {
        return Err(Error::new(
            ErrorKind::Quota,
            format!("{len} labels are more than a secret may have"),
            "give at most STRONGROOM_LABELS_LIMIT",
        ));
    }
    // SAFETY: as the caller promises.
    let labels = unsafe { array("labels", first, len) }?;
    let pair = |label: &strongroom_label| {
        // SAFETY: as above; each label points to two texts.
        let pair = unsafe { (text("label.name", label.name), text("label.value", label.value)) };
        Ok((pair.0?.to_owned(), pair.1?.to_owned()))
    };
    labels.iter().map(pair).collect()
}

/// Puts a payload as the newest version of a secret, and returns when it would survive a power cut.
///
/// The secret is made when it is not there, and so is its project where the config allows it.
///
/// - inputs: `store`; `path`, PROJECT/NAME; `data` and `len`, 1 to STRONGROOM_PAYLOAD_LIMIT bytes.
/// - outputs: none.
/// - ownership: the bytes stay the caller's to wipe: strongroom_wipe().
/// - threads: any thread.
/// - errors: INVALID_ARGUMENT; TOO_LARGE; CONFLICT; STORAGE_FULL; UNSUPPORTED on a read-only medium;
///   UNAVAILABLE: it had no effect; TIMEOUT: read back; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_put(
    store: *mut strongroom_store,
    path: *const c_char,
    data: *const u8,
    len: usize,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let payload = bytes("data", data, len, PAYLOAD_LIMIT)?;
        let path = text("path", path)?.parse()?;
        let payload = SecretBytes::copy_of(payload)?;
        session(store)?.put(&path, &payload, &PutOptions::default())?;
        Ok(())
    })
}

/// Puts a payload, with options and a receipt.
///
/// - inputs: as strongroom_put(); `options`, or NULL for the defaults.
/// - outputs: `receipt`, or NULL.
/// - ownership: as strongroom_put().
/// - threads: any thread.
/// - errors: as strongroom_put(); ALREADY_EXISTS or CONFLICT when the expectation is not met, or the
///   type is another one; QUOTA for too many labels.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_put_with(
    store: *mut strongroom_store,
    path: *const c_char,
    data: *const u8,
    len: usize,
    options: *const strongroom_put_options,
    receipt: *mut strongroom_put_receipt,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let receipt = Report::new("receipt", receipt)?;
        let payload = bytes("data", data, len, PAYLOAD_LIMIT)?;
        let path = text("path", path)?.parse()?;
        let options = put_options(options)?;
        let payload = SecretBytes::copy_of(payload)?;
        receipt.write(session(store)?.put(&path, &payload, &options)?.into());
        Ok(())
    })
}

/// Puts a new passphrase of 43 letters and digits, 256 bits, that nobody has seen.
///
/// - inputs: `store`; `path`, PROJECT/NAME.
/// - outputs: none; strongroom_get() gives the passphrase.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: as strongroom_put().
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_generate(
    store: *mut strongroom_store,
    path: *const c_char,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let path = text("path", path)?.parse()?;
        session(store)?.generate(&path, &Recipe::passphrase(), &PutOptions::default())?;
        Ok(())
    })
}

/// Puts a new payload that nobody has seen, with options and a receipt.
///
/// - inputs: `store`; `path`, PROJECT/NAME; `recipe`, one of STRONGROOM_GENERATE_...; `length`, as
///   the recipe counts it, 0 for its default: 43 characters, or 32 bytes; `options`, or NULL for the
///   defaults.
/// - outputs: `receipt`, or NULL; strongroom_get() gives the payload.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: as strongroom_put_with(); INVALID_ARGUMENT for a length that is too short or too long.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_generate_with(
    store: *mut strongroom_store,
    path: *const c_char,
    recipe: u32,
    length: usize,
    options: *const strongroom_put_options,
    receipt: *mut strongroom_put_receipt,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let receipt = Report::new("receipt", receipt)?;
        let path = text("path", path)?.parse()?;
        let recipe = recipe_of(recipe, length)?;
        let options = put_options(options)?;
        receipt.write(session(store)?.generate(&path, &recipe, &options)?.into());
        Ok(())
    })
}

/// Makes an object that others made, where the project's backend keeps its own, the newest version of a
/// secret. On a KMIP server with plaintext_objects; elsewhere UNSUPPORTED.
///
/// The object is read, never written, and stays whose it was: strongroom_destroy() and strongroom_erase() let
/// go of it, and whoever made it destroys it.
///
/// - inputs: `store`; `path`, PROJECT/NAME; `identifier`, what the server calls the object: its Unique
///   Identifier, 1 to 1,000 bytes; `options`, or NULL for the defaults, with which a new secret is of the
///   object's type.
/// - outputs: `receipt`, or NULL.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: as strongroom_put_with(); NOT_FOUND when there is no such object; DENIED when it is not for this
///   client; NOT_ACTIVE when its state is neither Pre-Active nor Active; CONFLICT when a store made it, or
///   when it is a key or certificate and the secret is something else.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_adopt(
    store: *mut strongroom_store,
    path: *const c_char,
    identifier: *const c_char,
    options: *const strongroom_put_options,
    receipt: *mut strongroom_put_receipt,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let receipt = Report::new("receipt", receipt)?;
        let path = text("path", path)?.parse()?;
        let identifier = text("identifier", identifier)?;
        let options = put_options(options)?;
        receipt.write(session(store)?.adopt(&path, identifier, &options)?.into());
        Ok(())
    })
}

fn recipe_of(recipe: u32, length: usize) -> Result<Recipe> {
    match (recipe, length) {
        (STRONGROOM_GENERATE_PASSPHRASE, 0) => Ok(Recipe::passphrase()),
        (STRONGROOM_GENERATE_PASSPHRASE, length) => Ok(Recipe::Passphrase { length }),
        (STRONGROOM_GENERATE_KEY, 0) => Ok(Recipe::Key { bytes: 32 }),
        (STRONGROOM_GENERATE_KEY, bytes) => Ok(Recipe::Key { bytes }),
        _ => {
            Err(invalid(format!("{recipe} is not a recipe"), "give one of STRONGROOM_GENERATE_..."))
        }
    }
}
