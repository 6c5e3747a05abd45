//! Functions of the module that are called with memory of ours.
//!
//! The binding reads attributes and plaintexts into memory that it may give back without wiping it,
//! and it asks for the length of a ciphertext first, which NSS answers without the tag.
#![allow(unsafe_code, reason = "functions of the module are called by their pointers")]

use std::path::Path;

use cryptoki::context::Function;
use cryptoki::error::{Error as TokenError, Rv};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::Session;
use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_FUNCTION_LIST, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE,
    CK_SESSION_INFO, CK_ULONG, CK_UNAVAILABLE_INFORMATION, CKA_LABEL, CKA_VALUE, CKR_OK,
};
use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};
use zeroize::Zeroize;

use crate::failure::Failure;
use crate::token::Token;

type GetAttributeValue =
    unsafe extern "C" fn(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, *mut CK_ATTRIBUTE, CK_ULONG) -> CK_RV;

/// C_Encrypt and C_Decrypt.
type Crypt =
    unsafe extern "C" fn(CK_SESSION_HANDLE, *mut u8, CK_ULONG, *mut u8, *mut CK_ULONG) -> CK_RV;

/// Some functions of a module, or, where they cannot be reached, the binding.
#[derive(Clone, Copy)]
pub(crate) struct Direct(Option<Functions>);

#[derive(Clone, Copy)]
struct Functions {
    get_attribute_value: GetAttributeValue,
    encrypt: Crypt,
    decrypt: Crypt,
}

impl Direct {
    /// Those of the token's module.
    pub(crate) fn of(token: &Token) -> Result<Direct> {
        let module = token.module();
        token.call_repeatable(move |held| Ok(Direct(Functions::of(module.path(), held))))
    }

    /// Encrypts into up to `longer` bytes more than `plaintext` has.
    pub(crate) fn encrypt(
        &self,
        session: &Session,
        mechanism: &Mechanism<'_>,
        key: ObjectHandle,
        plaintext: &[u8],
        longer: usize,
    ) -> Result<Vec<u8>, TokenError> {
        let Some(functions) = self.0 else { return session.encrypt(mechanism, key, plaintext) };
        session.encrypt_init(mechanism, key)?;
        let mut ciphertext = vec![0; plaintext.len() + longer];
        let answer = crypt(functions.encrypt, session, plaintext, &mut ciphertext);
        let len = answer.into_result(Function::Encrypt)?;
        ciphertext.truncate(len);
        Ok(ciphertext)
    }

    /// Decrypts into secret memory.
    pub(crate) fn decrypt(
        &self,
        session: &Session,
        mechanism: &Mechanism<'_>,
        key: ObjectHandle,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, Failure> {
        let Some(functions) = self.0 else {
            return Ok(wiped(session.decrypt(mechanism, key, ciphertext)?)?);
        };
        let mut plaintext = SecretBytes::zeroed(ciphertext.len())?;
        session.decrypt_init(mechanism, key)?;
        let answer = crypt(functions.decrypt, session, ciphertext, &mut plaintext);
        let len = answer.into_result(Function::Decrypt)?;
        plaintext.truncate(len);
        Ok(plaintext)
    }

    /// CKA_LABEL and CKA_VALUE of an object.
    pub(crate) fn read(
        &self,
        session: &Session,
        object: ObjectHandle,
    ) -> Result<(Vec<u8>, SecretBytes), Failure> {
        let Some(functions) = self.0 else { return read_by_the_binding(session, object) };
        let mut lengths = [attribute(CKA_LABEL, &mut []), attribute(CKA_VALUE, &mut [])];
        functions.fill(session, object, &mut lengths)?;
        let [label, value] = lengths.map(|found| length(found.ulValueLen));
        let (mut label, mut value) = (vec![0; label?], SecretBytes::zeroed(value?)?);
        let mut filled = [attribute(CKA_LABEL, &mut label), attribute(CKA_VALUE, &mut value)];
        functions.fill(session, object, &mut filled)?;
        let [label_len, value_len] = filled.map(|found| length(found.ulValueLen));
        label.truncate(label_len?);
        value.truncate(value_len?);
        Ok((label, value))
    }
}

impl Functions {
    /// Those of the module of a session. None where they do not know the session: p11-kit's proxy gives
    /// each who asks functions that have to be initialised by themselves.
    fn of(module: &Path, session: &Session) -> Option<Functions> {
        // SAFETY: the module is loaded already, so this runs nothing of it.
        let library = unsafe { cryptoki_sys::Pkcs11::new(module) }.ok()?;
        let mut list: *mut CK_FUNCTION_LIST = std::ptr::null_mut();
        let get_list = library.C_GetFunctionList.as_ref().ok()?;
        // SAFETY: C_GetFunctionList writes one pointer to where it is told.
        let answer = unsafe { get_list(&raw mut list) };
        // SAFETY: null, or a list of functions that lives as long as the module, which stays.
        let list = unsafe { list.as_ref() }.filter(|_| answer == CKR_OK)?;
        let mut info = CK_SESSION_INFO::default();
        // SAFETY: C_GetSessionInfo fills the structure that it is given.
        let answer = unsafe { list.C_GetSessionInfo?(session.handle(), &raw mut info) };
        if answer != CKR_OK {
            return None;
        }
        let functions = Functions {
            get_attribute_value: list.C_GetAttributeValue?,
            encrypt: list.C_Encrypt?,
            decrypt: list.C_Decrypt?,
        };
        std::mem::forget(library);
        Some(functions)
    }

    fn fill(
        &self,
        session: &Session,
        object: ObjectHandle,
        template: &mut [CK_ATTRIBUTE; 2],
    ) -> Result<(), Failure> {
        // SAFETY: each attribute has a null pointer, or the pointer and length of memory that is
        // borrowed for writing until the template was used.
        let answer = unsafe {
            (self.get_attribute_value)(session.handle(), object.handle(), template.as_mut_ptr(), 2)
        };
        Ok(Rv::from(answer).into_result(Function::GetAttributeValue)?)
    }
}

fn read_by_the_binding(
    session: &Session,
    object: ObjectHandle,
) -> Result<(Vec<u8>, SecretBytes), Failure> {
    let (mut label, mut value) = (Vec::new(), None);
    for found in session.get_attributes(object, &[AttributeType::Label, AttributeType::Value])? {
        match found {
            Attribute::Label(bytes) => label = bytes,
            Attribute::Value(bytes) => value = Some(wiped(bytes)?),
            _ => {}
        }
    }
    Ok((label, value.ok_or_else(withheld)?))
}

/// What the binding gave, in secret memory.
fn wiped(mut bytes: Vec<u8>) -> Result<SecretBytes> {
    let kept = SecretBytes::copy_of(&bytes);
    bytes.zeroize();
    kept
}

/// What a module answered, and how much it wrote.
struct Answer(CK_RV, CK_ULONG);

impl Answer {
    fn into_result(self, function: Function) -> Result<usize, TokenError> {
        Rv::from(self.0).into_result(function)?;
        Ok(self.1 as usize)
    }
}

/// Ends the operation that was begun on this session.
fn crypt(function: Crypt, session: &Session, from: &[u8], to: &mut [u8]) -> Answer {
    let mut len = to.len() as CK_ULONG;
    let (start, count) = (from.as_ptr().cast_mut(), from.len() as CK_ULONG);
    // SAFETY: the input is only read; output and its length are borrowed for writing, and the module
    // writes no more than that.
    let answer = unsafe { function(session.handle(), start, count, to.as_mut_ptr(), &raw mut len) };
    Answer(answer, len)
}

/// An attribute to be read into `place`, or, where that is empty, of which only the length is asked.
fn attribute(kind: CK_ATTRIBUTE_TYPE, place: &mut [u8]) -> CK_ATTRIBUTE {
    let start = if place.is_empty() { std::ptr::null_mut() } else { place.as_mut_ptr() };
    CK_ATTRIBUTE { type_: kind, pValue: start.cast(), ulValueLen: place.len() as CK_ULONG }
}

fn length(told: CK_ULONG) -> Result<usize, Failure> {
    if told == CK_UNAVAILABLE_INFORMATION {
        return Err(withheld());
    }
    Ok(told as usize)
}

fn withheld() -> Failure {
    Failure::Ours(Error::new(
        ErrorKind::Denied,
        "the token does not give the value of an object away",
        "look at the object with the tools of the token's maker",
    ))
}
