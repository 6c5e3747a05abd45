//! The value of an object, read straight into secret memory.
//!
//! The binding reads attributes into memory that it gives back without wiping it, so this one function
//! of the module is called without it.
#![allow(unsafe_code, reason = "a function of the module is called by its pointer")]

use std::path::Path;

use cryptoki::context::Function;
use cryptoki::error::Rv;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki_sys::{
    CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_FUNCTION_LIST, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE,
    CK_ULONG, CK_UNAVAILABLE_INFORMATION, CKA_LABEL, CKA_VALUE, CKR_OK,
};
use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};

use crate::failure::Failure;

type GetAttributeValue =
    unsafe extern "C" fn(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, *mut CK_ATTRIBUTE, CK_ULONG) -> CK_RV;

/// Reads values through a module.
#[derive(Clone, Copy)]
pub(crate) struct Reader(GetAttributeValue);

impl Reader {
    /// A reader for a module that is loaded, and stays so.
    pub(crate) fn of(module: &Path) -> Result<Reader> {
        let unusable = || {
            Error::new(
                ErrorKind::Config,
                format!("{} is not a PKCS#11 module", module.display()),
                "name the module of the token's maker",
            )
        };
        // SAFETY: the module is loaded already, so this runs nothing of it; it is never unloaded.
        let library =
            unsafe { cryptoki_sys::Pkcs11::new(module) }.map_err(|e| unusable().with_source(e))?;
        let mut list: *mut CK_FUNCTION_LIST = std::ptr::null_mut();
        let get_list = library.C_GetFunctionList.as_ref().map_err(|_| unusable())?;
        // SAFETY: C_GetFunctionList writes one pointer to where it is told.
        let answer = unsafe { get_list(&raw mut list) };
        // SAFETY: null, or a list of functions that lives as long as the module.
        let list = unsafe { list.as_ref() }.filter(|_| answer == CKR_OK).ok_or_else(unusable)?;
        let function = list.C_GetAttributeValue.ok_or_else(unusable)?;
        std::mem::forget(library);
        Ok(Reader(function))
    }

    /// CKA_LABEL and CKA_VALUE of an object.
    pub(crate) fn read(
        &self,
        session: &Session,
        object: ObjectHandle,
    ) -> Result<(Vec<u8>, SecretBytes), Failure> {
        let mut lengths = [attribute(CKA_LABEL, &mut []), attribute(CKA_VALUE, &mut [])];
        self.fill(session, object, &mut lengths)?;
        let [label, value] = lengths.map(|found| length(found.ulValueLen));
        let (mut label, mut value) = (vec![0; label?], SecretBytes::zeroed(value?)?);
        let mut filled = [attribute(CKA_LABEL, &mut label), attribute(CKA_VALUE, &mut value)];
        self.fill(session, object, &mut filled)?;
        let lengths = filled.map(|found| length(found.ulValueLen));
        label.truncate(lengths[0].as_ref().copied().unwrap_or(0));
        value.truncate(lengths[1].as_ref().copied().unwrap_or(0));
        Ok((label, value))
    }

    fn fill(
        &self,
        session: &Session,
        object: ObjectHandle,
        template: &mut [CK_ATTRIBUTE; 2],
    ) -> Result<(), Failure> {
        // SAFETY: each attribute has a null pointer, or the pointer and length of memory that is
        // borrowed for writing until the template was used.
        let answer =
            unsafe { (self.0)(session.handle(), object.handle(), template.as_mut_ptr(), 2) };
        Ok(Rv::from(answer).into_result(Function::GetAttributeValue)?)
    }
}

/// An attribute to be read into `place`, or, where that is empty, of which only the length is asked.
fn attribute(kind: CK_ATTRIBUTE_TYPE, place: &mut [u8]) -> CK_ATTRIBUTE {
    let start = if place.is_empty() { std::ptr::null_mut() } else { place.as_mut_ptr() };
    CK_ATTRIBUTE { type_: kind, pValue: start.cast(), ulValueLen: place.len() as CK_ULONG }
}

fn length(told: CK_ULONG) -> Result<usize, Failure> {
    if told == CK_UNAVAILABLE_INFORMATION {
        return Err(Failure::Ours(Error::new(
            ErrorKind::Denied,
            "the token does not give the value of an object away",
            "look at the object with the tools of the token's maker",
        )));
    }
    Ok(told as usize)
}
