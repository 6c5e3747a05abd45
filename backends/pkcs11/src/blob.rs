//! The wrapped key of a token, `SRT1` (`docs/format.md` section 9).

use strongroom_backend::{Error, ErrorKind, IV_BYTES, Result, Sealed, WrapContext};

const MAGIC: &[u8; 4] = b"SRT1";
const FORMAT: u8 = 1;
const HEADER: usize = 8;
const TAG: usize = 16;
const LABEL: &[u8] = b"strongroom/token-wrap/1";

/// How a key was wrapped: the mechanism byte of its blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Wrapping {
    /// AES-GCM over the key's bytes.
    Gcm = 1,
    /// OAEP with SHA-256 over the key's bytes and their binding.
    OaepSha256 = 2,
    /// OAEP with SHA-1, for tokens that take nothing else.
    OaepSha1 = 3,
    /// AES-GCM over a key of the device, wrapped as RFC 3394 says.
    KeyWrap = 4,
    /// AES-GCM over a key of the device, wrapped with the padding that the token has.
    KeyWrapPad = 5,
}

impl Wrapping {
    const ALL: [Wrapping; 5] = [
        Wrapping::Gcm,
        Wrapping::OaepSha256,
        Wrapping::OaepSha1,
        Wrapping::KeyWrap,
        Wrapping::KeyWrapPad,
    ];

    /// Whether it takes no more than a public key to wrap so.
    pub(crate) fn is_public(self) -> bool {
        matches!(self, Wrapping::OaepSha256 | Wrapping::OaepSha1)
    }

    /// Whether the wrapped key never leaves the device.
    pub(crate) fn stays_in_device(self) -> bool {
        matches!(self, Wrapping::KeyWrap | Wrapping::KeyWrapPad)
    }

    /// How long the body may be.
    fn body(self) -> std::ops::RangeInclusive<usize> {
        let sealed = |len: usize| IV_BYTES + len + TAG;
        match self {
            Wrapping::Gcm => sealed(32)..=sealed(32),
            Wrapping::OaepSha256 | Wrapping::OaepSha1 => 256..=1024,
            Wrapping::KeyWrap => sealed(40)..=sealed(40),
            Wrapping::KeyWrapPad => sealed(40)..=sealed(64),
        }
    }

    fn header(self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(MAGIC);
        (header[4], header[5]) = (FORMAT, self as u8);
        header
    }

    /// What AES-GCM authenticates beside the ciphertext.
    pub(crate) fn associated(self, context: &WrapContext) -> Vec<u8> {
        [LABEL, &self.header(), &context.to_bytes()].concat()
    }

    /// The blob of what AES-GCM gave. `Unsupported` when the token pads or cuts what it wraps.
    pub(crate) fn sealed_blob(self, sealed: &Sealed) -> Result<Vec<u8>> {
        self.blob(&[&sealed.iv[..], &sealed.ciphertext].concat())
    }

    /// The blob with this body.
    pub(crate) fn blob(self, body: &[u8]) -> Result<Vec<u8>> {
        if !self.body().contains(&body.len()) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the token gave a wrapped key of {} bytes", body.len()),
                "use a token whose mechanisms follow PKCS#11",
            ));
        }
        Ok([&self.header()[..], body].concat())
    }
}

/// A blob that was taken apart.
#[derive(Debug)]
pub(crate) struct Blob<'a> {
    pub(crate) wrapping: Wrapping,
    pub(crate) body: &'a [u8],
}

impl<'a> Blob<'a> {
    /// `Corrupt` when it is not a blob, `Unsupported` when a newer version wrote it.
    pub(crate) fn parse(blob: &'a [u8]) -> Result<Blob<'a>> {
        if blob.len() < HEADER || blob[..4] != *MAGIC {
            return Err(corrupt("is not one that a token made"));
        }
        let (header, body) = blob.split_at(HEADER);
        let newer = || {
            Error::new(
                ErrorKind::Unsupported,
                "a wrapped key has a format that this version does not know",
                "use the version of Strongroom that wrote it, or a newer one",
            )
        };
        let named = |wrapping: &Wrapping| *wrapping as u8 == header[5];
        let wrapping = Wrapping::ALL.into_iter().find(named).ok_or_else(newer)?;
        if header != wrapping.header() {
            return Err(newer());
        }
        if !wrapping.body().contains(&body.len()) {
            return Err(corrupt("has the wrong length"));
        }
        Ok(Blob { wrapping, body })
    }

    /// The body as AES-GCM gave it.
    pub(crate) fn sealed(&self) -> Sealed {
        let mut iv = [0; IV_BYTES];
        iv.copy_from_slice(&self.body[..IV_BYTES]);
        Sealed { iv, ciphertext: self.body[IV_BYTES..].to_vec() }
    }
}

/// A wrapped key that does not open.
pub(crate) fn corrupt(what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("a wrapped key {what}"),
        "run `strongroom doctor`, and restore the metadata from a backup",
    )
}

#[cfg(test)]
mod tests {
    use strongroom_backend::{KeyPurpose, ProjectId, StoreId};

    use super::*;

    fn golden() -> Vec<u8> {
        let mut blob = b"SRT1\x01\x01\0\0".to_vec();
        blob.extend([0xA0; IV_BYTES]);
        blob.extend([0xB0; 32]);
        blob.extend([0xC0; TAG]);
        blob
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let sealed =
            Sealed { iv: [0xA0; IV_BYTES], ciphertext: [&[0xB0; 32][..], &[0xC0; TAG]].concat() };
        assert_eq!(Wrapping::Gcm.sealed_blob(&sealed).unwrap(), golden());
        let golden = golden();
        let blob = Blob::parse(&golden).unwrap();
        assert_eq!((blob.wrapping, blob.sealed()), (Wrapping::Gcm, sealed));
    }

    #[test]
    fn the_associated_data_are_the_documented_ones() {
        let context = WrapContext {
            store: StoreId::from_bytes([1; 16]),
            project: ProjectId::from_bytes([2; 16]),
            generation: 0x0304_0506,
            purpose: KeyPurpose::ProjectKey,
        };
        let mut expected = b"strongroom/token-wrap/1SRT1\x01\x04\0\0".to_vec();
        expected.extend([1; 16]);
        expected.extend([2; 16]);
        expected.extend([3, 4, 5, 6, 3]);
        assert_eq!(Wrapping::KeyWrap.associated(&context), expected);
    }

    #[test]
    fn every_mechanism_keeps_its_number() {
        for (number, len, wrapping) in [
            (1, 60, Wrapping::Gcm),
            (2, 384, Wrapping::OaepSha256),
            (3, 256, Wrapping::OaepSha1),
            (4, 68, Wrapping::KeyWrap),
            (5, 76, Wrapping::KeyWrapPad),
        ] {
            let blob = [&[b'S', b'R', b'T', b'1', 1, number, 0, 0][..], &vec![7; len]].concat();
            assert_eq!(Blob::parse(&blob).unwrap().wrapping, wrapping);
            assert_eq!(wrapping.blob(&vec![7; len]).unwrap(), blob);
        }
    }

    #[test]
    fn what_is_not_a_blob_does_not_parse() {
        let kind = |blob: &[u8]| Blob::parse(blob).unwrap_err().kind();
        let changed = |at: usize, to: u8| {
            let mut blob = golden();
            blob[at] = to;
            blob
        };
        for (what, blob) in [
            ("nothing", vec![]),
            ("another magic", changed(3, b'2')),
            ("cut by a byte", golden()[..67].to_vec()),
            ("a byte too long", [&golden()[..], &[0]].concat()),
            ("a wrapped key without its key", golden()[..HEADER].to_vec()),
            ("as if RSA had made it", changed(5, 2)),
            ("as if it stayed in the device", changed(5, 4)),
        ] {
            assert_eq!(kind(&blob), ErrorKind::Corrupt, "{what}");
        }
        for (what, blob) in [
            ("a newer format", changed(4, 2)),
            ("no mechanism", changed(5, 0)),
            ("a newer mechanism", changed(5, 6)),
            ("a flag", changed(6, 1)),
            ("another flag", changed(7, 0x80)),
        ] {
            assert_eq!(kind(&blob), ErrorKind::Unsupported, "{what}");
        }
    }

    #[test]
    fn a_token_that_pads_its_ciphertext_is_refused() {
        let error = Wrapping::Gcm.blob(&[0; 61]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
