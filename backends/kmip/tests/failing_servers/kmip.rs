//! Just enough KMIP to answer what a test wants answered.

use std::io::{Read, Write};
use std::sync::Arc;

/// What to answer to each operation of a request.
pub(crate) type Speaker = Arc<dyn Fn(&Asked) -> Said + Send + Sync>;

/// Numbers of operations.
pub(crate) mod operation {
    pub(crate) const CREATE: u32 = 0x01;
    pub(crate) const REGISTER: u32 = 0x03;
    pub(crate) const LOCATE: u32 = 0x08;
    pub(crate) const GET: u32 = 0x0A;
    pub(crate) const GET_ATTRIBUTES: u32 = 0x0B;
    pub(crate) const ACTIVATE: u32 = 0x12;
    pub(crate) const REVOKE: u32 = 0x13;
    pub(crate) const DESTROY: u32 = 0x14;
    pub(crate) const QUERY: u32 = 0x18;
    pub(crate) const DISCOVER_VERSIONS: u32 = 0x1E;
    pub(crate) const ENCRYPT: u32 = 0x1F;
    pub(crate) const DECRYPT: u32 = 0x20;
}

/// Numbers of object types.
pub(crate) mod object_type {
    pub(crate) const SYMMETRIC_KEY: u32 = 2;
    pub(crate) const PRIVATE_KEY: u32 = 4;
    pub(crate) const SECRET_DATA: u32 = 7;
}

pub(crate) const ITEM_NOT_FOUND: u32 = 0x01;
pub(crate) const OPERATION_NOT_SUPPORTED: u32 = 0x05;
pub(crate) const FEATURE_NOT_SUPPORTED: u32 = 0x08;
pub(crate) const CRYPTOGRAPHIC_FAILURE: u32 = 0x0A;
pub(crate) const PERMISSION_DENIED: u32 = 0x0C;
pub(crate) const OBJECT_ALREADY_EXISTS: u32 = 0x18;
pub(crate) const GENERAL_FAILURE: u32 = 0x100;
pub(crate) const WRONG_KEY_LIFECYCLE_STATE: u32 = 0x43;

const UNIQUE_IDENTIFIER: u32 = 0x42_0094;
const BATCH_ITEM: u32 = 0x42_000F;
const OPERATION: u32 = 0x42_005C;
const UNIQUE_BATCH_ITEM_ID: u32 = 0x42_0093;
pub(crate) const DATA: u32 = 0x42_00C2;
pub(crate) const OFFSET_ITEMS: u32 = 0x42_00D4;
const STRUCTURE: u8 = 1;
const ENUMERATION: u8 = 5;
const TEXT: u8 = 7;
const BYTES: u8 = 8;

/// One operation of a request.
pub(crate) struct Asked {
    pub(crate) operation: u32,
    /// Which object it is about.
    pub(crate) identifier: Option<String>,
    /// How many operations the request has.
    pub(crate) together: usize,
    /// What it is asked with: the content of its request payload.
    pub(crate) payload: Vec<u8>,
    /// The whole request.
    pub(crate) request: Vec<u8>,
}

impl Asked {
    /// Major and minor number of the version that the request is in.
    pub(crate) fn version(&self) -> (u32, u32) {
        let number = |tag| self.number(tag).unwrap();
        (number(&[0x42, 0x00, 0x6A]), number(&[0x42, 0x00, 0x6B]))
    }

    /// Whether the request says this text somewhere.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.request.windows(text.len()).any(|found| found == text.as_bytes())
    }

    /// Whether the request asks that its operations be done in their order.
    pub(crate) fn is_in_order(&self) -> bool {
        self.request.windows(16).any(|found| {
            found == [&[0x42, 0, 0x10, 6, 0, 0, 0, 8][..], &[0, 0, 0, 0, 0, 0, 0, 1]].concat()
        })
    }

    /// Why the request revokes.
    pub(crate) fn revocation_reason(&self) -> Option<u32> {
        self.number(&[0x42, 0x00, 0x82])
    }

    /// Whether the request says when something was compromised.
    pub(crate) fn has_compromise_date(&self) -> bool {
        self.number(&[0x42, 0x00, 0x21, 9]).is_some()
    }

    /// The value of an item of its request payload.
    pub(crate) fn value(&self, tag: u32) -> Option<Vec<u8>> {
        let found = items(&self.payload).into_iter().find(|(found, _)| *found == tag);
        found.map(|(_, value)| value.to_vec())
    }

    /// The username and the password in the header of the request.
    pub(crate) fn credential(&self) -> Option<(String, String)> {
        // Header, Authentication, Credential, Credential Value.
        let mut within = &self.request[8..];
        for tag in [0x42_0077, 0x42_000C, 0x42_0023, 0x42_0025] {
            within = items(within).into_iter().find(|(found, _)| *found == tag)?.1;
        }
        let text = |tag| {
            let found = items(within).into_iter().find(|(found, _)| *found == tag);
            String::from_utf8(found.unwrap().1.to_vec()).unwrap()
        };
        Some((text(0x42_0099), text(0x42_00A1)))
    }

    /// The type of the object that the request registers.
    pub(crate) fn object_type(&self) -> Option<u32> {
        self.number(&[0x42, 0x00, 0x57])
    }

    /// The number that is first in the request with this tag.
    fn number(&self, tag: &[u8]) -> Option<u32> {
        let at = self.request.windows(tag.len()).position(|found| found == tag)?;
        Some(u32::from_be_bytes(self.request[at + 8..at + 12].try_into().unwrap()))
    }
}

/// What the answer says about it.
pub(crate) enum Said {
    /// It was done; these are unique identifiers.
    Done(&'static [&'static str]),
    /// It was done; this is the object with this unique identifier, a private key.
    Given(&'static str, Vec<u8>),
    /// It was done; the object has these attributes.
    Told(Attributes),
    /// It was done; this is the content of the response payload.
    Answered(Vec<u8>),
    /// It was refused for this reason.
    Refused(u32),
    /// It is left out.
    LeftOut,
    /// There is no answer to the whole request.
    Silence,
    /// There is none, and the connection ends.
    HangUp,
}

/// What Get Attributes tells, in KMIP 1.x.
#[derive(Clone, Default)]
pub(crate) struct Attributes {
    pub(crate) identifier: String,
    pub(crate) name: Option<String>,
    /// 2 is Active.
    pub(crate) state: Option<u32>,
    /// Application Specific Information in our namespace.
    pub(crate) data: Option<String>,
}

impl Attributes {
    /// Of an Active object with this name.
    pub(crate) fn active(identifier: &str, name: &str) -> Attributes {
        let (identifier, name) = (identifier.to_string(), Some(name.to_string()));
        Attributes { identifier, name, state: Some(2), data: None }
    }

    fn payload(&self) -> Vec<u8> {
        let attribute = |name: &str, value: Vec<u8>| {
            let name = item(0x42_000A, TEXT, name.as_bytes());
            item(0x42_0008, STRUCTURE, &[name, value].concat())
        };
        let mut all = item(UNIQUE_IDENTIFIER, TEXT, self.identifier.as_bytes());
        if let Some(name) = &self.name {
            let value = item(0x42_0055, TEXT, name.as_bytes());
            all.extend(attribute("Name", item(0x42_000B, STRUCTURE, &value)));
        }
        if let Some(state) = self.state {
            all.extend(attribute("State", item(0x42_000B, ENUMERATION, &state.to_be_bytes())));
        }
        if let Some(data) = &self.data {
            let value =
                [item(0x42_0003, TEXT, b"strongroom"), item(0x42_0002, TEXT, data.as_bytes())];
            let value = item(0x42_000B, STRUCTURE, &value.concat());
            all.extend(attribute("Application Specific Information", value));
        }
        all
    }
}

/// Unique identifiers, as the content of a response payload.
pub(crate) fn identifiers(all: impl IntoIterator<Item = String>) -> Vec<u8> {
    all.into_iter().flat_map(|id| item(UNIQUE_IDENTIFIER, TEXT, id.as_bytes())).collect()
}

/// What Query tells of operations and object types.
pub(crate) fn queried(operations: &[u32], object_types: &[u32]) -> Vec<u8> {
    let each = |tag: u32, numbers: &[u32]| -> Vec<u8> {
        numbers.iter().flat_map(|n| item(tag, ENUMERATION, &n.to_be_bytes())).collect()
    };
    [each(OPERATION, operations), each(0x42_0057, object_types)].concat()
}

/// What Encrypt and Decrypt tell: these bytes, and a tag of zeros.
pub(crate) fn data(identifier: &str, bytes: &[u8]) -> Vec<u8> {
    let data = item(DATA, BYTES, bytes);
    let tag = item(0x42_00FF, BYTES, &[0; 16]);
    [identifiers([identifier.to_string()]), data, tag].concat()
}

/// Answers until the client goes away.
pub(crate) fn speak(stream: &mut (impl Read + Write), speaker: &Speaker) {
    while let Some(request) = read(stream) {
        match answer(&request, speaker) {
            Reply::Message(answer) => {
                if stream.write_all(&answer).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
            Reply::Silence => {}
            Reply::HangUp => return,
        }
    }
}

enum Reply {
    Message(Vec<u8>),
    Silence,
    HangUp,
}

fn read(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut request = vec![0; 8];
    stream.read_exact(&mut request).ok()?;
    request.resize(8 + length(&request), 0);
    stream.read_exact(&mut request[8..]).ok()?;
    Some(request)
}

fn answer(request: &[u8], speaker: &Speaker) -> Reply {
    let asked: Vec<_> =
        items(&request[8..]).into_iter().filter(|(tag, _)| *tag == BATCH_ITEM).collect();
    let mut message = item(0x42_007A, STRUCTURE, &[]);
    for (_, content) in &asked {
        let content = items(content);
        let find = |wanted| content.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
        let number = find(OPERATION).unwrap();
        let payload = items(find(0x42_0079).unwrap());
        let identifier = payload.iter().find(|(tag, _)| *tag == UNIQUE_IDENTIFIER);
        let said = speaker(&Asked {
            operation: u32::from_be_bytes(number.try_into().unwrap()),
            identifier: identifier.map(|(_, id)| String::from_utf8(id.to_vec()).unwrap()),
            together: asked.len(),
            payload: find(0x42_0079).unwrap_or_default().to_vec(),
            request: request.to_vec(),
        });
        let (status, rest) = match said {
            Said::Silence => return Reply::Silence,
            Said::HangUp => return Reply::HangUp,
            Said::LeftOut => continue,
            Said::Answered(payload) => (0, item(0x42_007C, STRUCTURE, &payload)),
            Said::Refused(reason) => (1, item(0x42_007E, ENUMERATION, &reason.to_be_bytes())),
            Said::Done(identifiers) => {
                let named = |id: &&str| item(UNIQUE_IDENTIFIER, TEXT, id.as_bytes());
                let payload: Vec<u8> = identifiers.iter().flat_map(named).collect();
                (0, item(0x42_007C, STRUCTURE, &payload))
            }
            Said::Told(attributes) => (0, item(0x42_007C, STRUCTURE, &attributes.payload())),
            Said::Given(identifier, bytes) => {
                let mut payload = item(UNIQUE_IDENTIFIER, TEXT, identifier.as_bytes());
                let value = item(0x42_0045, STRUCTURE, &item(0x42_0043, BYTES, &bytes));
                payload.extend(item(0x42_0064, STRUCTURE, &item(0x42_0040, STRUCTURE, &value)));
                (0, item(0x42_007C, STRUCTURE, &payload))
            }
        };
        let mut told = item(OPERATION, ENUMERATION, number);
        if let Some(id) = find(UNIQUE_BATCH_ITEM_ID) {
            told.extend(item(UNIQUE_BATCH_ITEM_ID, BYTES, id));
        }
        told.extend(item(0x42_007F, ENUMERATION, &u32::to_be_bytes(status)));
        told.extend(rest);
        message.extend(item(BATCH_ITEM, STRUCTURE, &told));
    }
    Reply::Message(item(0x42_007B, STRUCTURE, &message))
}

/// Tag and value of each item.
fn items(mut bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let mut all = Vec::new();
    while bytes.len() >= 8 {
        let tag = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
        let end = 8 + length(bytes);
        all.push((tag, &bytes[8..end]));
        bytes = &bytes[end.next_multiple_of(8)..];
    }
    all
}

fn length(header: &[u8]) -> usize {
    u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize
}

fn item(tag: u32, kind: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = tag.to_be_bytes()[1..].to_vec();
    bytes.push(kind);
    bytes.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}
