//! The object backend: payloads as private objects of the token.

use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use strongroom_backend::{
    Backend, Capabilities, Destroyed, Error, ErrorKind, Health, Locator, Marker, PayloadType,
    Placement, Reference, Result, SecretBytes, random_bytes, step,
};

use crate::direct::Direct;
use crate::failure::{Cure, Failure};
use crate::held::Held;
use crate::marker::{self, Written};
use crate::payloads::{self, ObjectKind, Writing};
use crate::token::Token;
use crate::{roots, sight};

const PART: &str = "token objects";
/// The lengths that are tried, in bytes: the first that the token keeps is the limit.
/// Secret keys may be short.
const LIMITS: [usize; 8] = [1 << 20, 1 << 18, 1 << 16, 1 << 14, 1 << 12, 1 << 10, 1 << 8, 1 << 6];
/// What is assumed of a token that could not be asked.
const SMALLEST: usize = 1 << 8;
/// How many payloads are removed in one piece of work.
const TOGETHER: usize = 32;
/// How often a writer that met another one tries again.
const TRIES: usize = 20;
/// How often is looked before an object is taken for absent. A token may miss one for a moment, while other
/// threads make and remove objects: SoftHSM does. Not before a write: its own mark decides there.
const LOOKS: usize = 3;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// How payloads are kept in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ObjectSettings {
    /// What kind of objects new payloads become, and markers. Both kinds are found.
    pub kind: ObjectKind,
    /// What kind of objects new symmetric keys become.
    pub symmetric_keys: ObjectKind,
    /// The longest payload in bytes. When it is not given, the token is tried once for each kind, with
    /// objects that are removed again.
    pub payload_limit: Option<usize>,
}

/// Payloads as private objects of a token, for one store.
///
/// The token protects them: who can log in can read them, and no project key is used. Safe to call from
/// any thread at once, and from several processes.
pub struct Pkcs11Objects {
    token: Token,
    settings: ObjectSettings,
    direct: Direct,
    /// Of each kind.
    limits: [OnceLock<usize>; 2],
    /// Writers of one reference, and of the marker, go one after another within this process. Those of
    /// other processes are found afterwards.
    writers: [Mutex<()>; 64],
    marking: Mutex<()>,
}

impl Pkcs11Objects {
    /// Keeps payloads in this token.
    pub fn open(token: Token, settings: ObjectSettings) -> Result<Pkcs11Objects> {
        Ok(Pkcs11Objects {
            direct: Direct::of(&token)?,
            token,
            settings,
            limits: std::array::from_fn(|_| {
                settings.payload_limit.map(OnceLock::from).unwrap_or_default()
            }),
            writers: std::array::from_fn(|_| Mutex::default()),
            marking: Mutex::default(),
        })
    }

    /// What a new payload becomes.
    fn kind_of(&self, payload_type: PayloadType) -> ObjectKind {
        match payload_type {
            PayloadType::SymmetricKey => self.settings.symmetric_keys,
            _ => self.settings.kind,
        }
    }

    /// The longest payload that the token keeps as an object of this kind, found by trying.
    fn limit(&self, kind: ObjectKind) -> Result<usize> {
        let limit = &self.limits[kind as usize];
        if let Some(known) = limit.get() {
            return Ok(*known);
        }
        self.token.call_repeatable(|held| Ok(payloads::remove_probes(held)?))?;
        for len in LIMITS {
            let direct = self.direct;
            let kept = self.try_out(move |held| match payloads::tried(held, direct, kind, len) {
                // What the token itself refuses may be shorter; a lost session says nothing.
                Err(refusal) if refuses(&refusal) => Ok(false),
                tried => tried,
            });
            if kept? {
                return Ok(*limit.get_or_init(|| len));
            }
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("the token keeps no {kind} with a value of {} bytes", LIMITS[LIMITS.len() - 1]),
            "see `strongroom hsm info`; keep payloads as the other kind of object, or use an enveloped backend",
        ))
    }

    /// Has the token keep a probe. Another process that has just begun to try the token takes it for one
    /// that was left behind, and may remove it: then once more.
    fn try_out(
        &self,
        probe: impl Fn(&mut Held) -> Result<bool, Failure> + Clone + Send + Sync + 'static,
    ) -> Result<bool> {
        let mut tried = self.token.call(probe.clone());
        for _ in 1..TRIES {
            match &tried {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    tried = self.token.call(probe.clone());
                }
                _ => break,
            }
        }
        tried
    }

    fn writer(&self, reference: &Reference) -> MutexGuard<'_, ()> {
        let which = usize::from(reference.as_bytes()[15]) % self.writers.len();
        self.writers[which].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the object, unless the reference is taken. After a failure in the middle of it the object
    /// is looked for and removed, so that the failure had no effect.
    fn create(&self, kind: ObjectKind, writing: Writing, payload: &SecretBytes) -> Result<()> {
        let payload = SecretBytes::copy_of(payload)?;
        let created = self.token.call(move |held| {
            if payloads::find(held, &writing.reference)?.is_empty() {
                return Ok(payloads::create(held, kind, &writing, &payload)?);
            }
            Err(Failure::Ours(taken(&writing.reference)))
        });
        let Err(error) = created else { return Ok(()) };
        if error.kind() != ErrorKind::Timeout || error.native().is_none() {
            return Err(error);
        }
        // The token has answered, so nothing more will come of it.
        self.withdraw(writing)?;
        Err(without_effect(error))
    }

    /// Whether the object is the only one under its reference. A writer that sees another one cannot
    /// know whether it was seen in its turn, so it gives way and removes its own.
    fn settle(&self, writing: Writing) -> Result<bool> {
        let alone = self.token.call_repeatable(move |held| {
            let own = payloads::find_writing(held, &writing)?;
            sight::is_clear(held)?;
            Ok(own.len() == 1 && payloads::find(held, &writing.reference)? == own)
        });
        if !matches!(alone, Ok(true)) {
            self.withdraw(writing)?;
        }
        alone
    }

    fn withdraw(&self, writing: Writing) -> Result<()> {
        let withdrawn = self.token.call_repeatable(move |held| {
            let own = payloads::find_writing(held, &writing)?;
            own.into_iter().try_for_each(|object| payloads::remove(held, object))?;
            sight::is_clear(held)
        });
        withdrawn.map_err(unknown)
    }

    fn try_all(&self) -> Result<Vec<Health>> {
        let ObjectSettings { kind, symmetric_keys, .. } = self.settings;
        let mut tried = vec![self.try_kind(kind)?];
        if symmetric_keys != kind {
            tried.push(self.try_kind(symmetric_keys)?);
        }
        Ok(tried)
    }

    fn try_kind(&self, kind: ObjectKind) -> Result<Health> {
        let direct = self.direct;
        if !self.try_out(move |held| payloads::tried(held, direct, kind, 32))? {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "the token does not give back what it keeps",
                "check the token with the tools of its maker",
            ));
        }
        let limit = self.limit(kind)?;
        Ok(Health::ok(PART, format!("a {kind} was kept and read; up to {limit} bytes")))
    }
}

impl Backend for Pkcs11Objects {
    /// The limit is what the token was seen to keep; nothing is known of a token that is away. Symmetric
    /// keys may have a lower one, which a store is told when it meets it.
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            payload_limit: self.limit(self.settings.kind).unwrap_or(SMALLEST),
            durable: true,
            binds_placement: false,
        }
    }

    fn store(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Locator> {
        let kind = self.kind_of(at.payload_type);
        check_length(payload.len(), self.limit(kind)?)?;
        let _one = self.writer(&at.reference);
        let mut last = None;
        for _ in 0..TRIES {
            let writing = Writing { reference: at.reference, number: random_bytes()? };
            match self.create(kind, writing, payload) {
                Ok(()) => {}
                // SoftHSM fails when another object is removed in the same moment.
                Err(e) if e.native() == Some("CKR_GENERAL_ERROR") => {
                    last = Some(e);
                    pause()?;
                    continue;
                }
                Err(e) => return Err(e),
            }
            step("token.object");
            if self.settle(writing)? {
                return Ok(Locator::new(writing.number.to_vec()));
            }
            pause()?;
        }
        Err(last.unwrap_or_else(|| taken(&at.reference)))
    }

    fn load(&self, at: &Placement<'_>, locator: &Locator) -> Result<SecretBytes> {
        let (reference, direct) = (at.reference, self.direct);
        let writing = match locator.as_bytes() {
            [] => None,
            bytes => {
                let number = bytes.try_into().map_err(|_| damaged(&reference))?;
                Some(Writing { reference, number })
            }
        };
        self.token.call_repeatable(move |held| load(held, direct, &reference, writing))
    }

    fn destroy(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
        for some in targets.chunks(TOGETHER) {
            let references: Vec<Reference> = some.iter().map(|(reference, _)| *reference).collect();
            self.token.call_repeatable(move |held| {
                let mut unseen = references.clone();
                for look in 0..LOOKS {
                    if look > 0 && !unseen.is_empty() {
                        thread::sleep(BETWEEN_LOOKS);
                    }
                    unseen = remove(held, unseen)?;
                }
                sight::is_clear(held)
            })?;
        }
        Ok(Destroyed::Gone)
    }

    fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>> {
        let mut references = self.token.call_repeatable(|held| {
            let references = payloads::list(held)?;
            sight::is_clear(held)?;
            Ok(references)
        })?;
        references.retain(|reference| after.is_none_or(|after| *reference > after));
        references.sort();
        references.dedup();
        references.truncate(limit);
        Ok(references)
    }

    fn marker(&self) -> Result<Option<Marker>> {
        let current = self.token.call_repeatable(marker::current)?;
        Ok(current.map(|written| written.marker()))
    }

    fn set_marker(&self, expected: Option<Marker>, marker: Marker) -> Result<()> {
        // A token that keeps no payloads needs no marker.
        self.limit(self.settings.kind)?;
        let _one = self.marking.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = self.settings.kind;
        for _ in 0..TRIES {
            let mine = self.token.call(move |held| {
                let current = marker::current(held)?;
                if current.map(|written| written.marker()) != expected {
                    return Err(Failure::Ours(changed()));
                }
                let mine = Written::after(current, marker)?;
                marker::write(held, kind, mine)?;
                Ok(mine)
            })?;
            step("token.marker");
            let settled = self.token.call_repeatable(move |held| marker::settle(held, mine));
            if settled.map_err(unknown)? {
                return Ok(());
            }
            pause()?;
        }
        Err(changed())
    }

    fn health(&self) -> Vec<Health> {
        self.try_all().unwrap_or_else(|e| vec![Health::error(PART, e.to_string())])
    }
}

/// Removes what is under these references; returns those under which nothing was seen.
fn remove(held: &Held, references: Vec<Reference>) -> Result<Vec<Reference>, Failure> {
    let mut unseen = Vec::new();
    for reference in references {
        let objects = payloads::find(held, &reference)?;
        if objects.is_empty() {
            unseen.push(reference);
        }
        for object in objects {
            payloads::remove(held, object)?;
        }
    }
    Ok(unseen)
}

fn load(
    held: &mut Held,
    direct: Direct,
    reference: &Reference,
    writing: Option<Writing>,
) -> Result<SecretBytes, Failure> {
    let number = writing.map(|writing| writing.number);
    let name = [reference.as_bytes(), &number.unwrap_or_default()[..]].concat();
    let found = held.cached(&name, |session| {
        let look = || match &writing {
            Some(writing) => payloads::find_writing(session, writing),
            None => payloads::find(session, reference),
        };
        let mut found = look()?;
        for _ in 1..LOOKS {
            if found.is_empty() {
                thread::sleep(BETWEEN_LOOKS);
                found = look()?;
            }
        }
        match found[..] {
            [] => Err(Failure::Ours(missing(reference))),
            [one] => Ok(one),
            [..] => Err(Failure::Ours(damaged(reference))),
        }
    });
    if roots::is_missing(&found) {
        sight::is_clear(held)?;
    }
    let (label, payload) = direct.read(held, found?)?;
    // A handle that was given to another object meanwhile must not bring another payload.
    let right = match writing {
        Some(writing) => label == writing.label(),
        None => payloads::is_label_of(&label, reference),
    };
    if right && !payload.is_empty() { Ok(payload) } else { Err(Failure::Ours(damaged(reference))) }
}

/// Whether it is an answer to what the token was asked, and no word about the session.
fn refuses(failure: &Failure) -> bool {
    failure.code().is_some() && matches!(Cure::of(failure), Cure::None | Cure::Replace)
}

fn check_length(len: usize, limit: usize) -> Result<()> {
    match len {
        0 => Err(Error::new(
            ErrorKind::InvalidArgument,
            "the payload is empty",
            "store at least one byte",
        )),
        len if len > limit => Err(Error::new(
            ErrorKind::TooLarge,
            format!("the payload has {len} bytes, the token keeps {limit}"),
            "store the data elsewhere, encrypted under a key that is kept here",
        )),
        _ => Ok(()),
    }
}

/// Waits for a random time of up to a sixteenth of a second, so that two writers do not meet again.
fn pause() -> Result<()> {
    let [byte] = random_bytes()?;
    std::thread::sleep(Duration::from_micros(250 * u64::from(byte)));
    Ok(())
}

fn taken(reference: &Reference) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("the token has a payload under {reference} already"),
        "store under a new reference; a payload is never replaced",
    )
}

fn missing(reference: &Reference) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("the token has no payload under {reference}"),
        "check that it is the right token; run `strongroom doctor`",
    )
}

fn damaged(reference: &Reference) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("what the token has under {reference} is not what was stored"),
        "run `strongroom doctor`, and restore from a backup what it names",
    )
}

fn changed() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "the store marker in the token is not the expected one",
        "read it again",
    )
}

/// The error of work that had begun and was undone.
fn without_effect(error: Error) -> Error {
    let native = error.native().unwrap_or_default().to_string();
    Error::new(
        ErrorKind::Unavailable,
        "the token failed to keep a payload; nothing stayed behind",
        "try again; look at the token and its log if it stays so",
    )
    .with_native(native)
    .with_source(error)
}

/// The error of work that had begun: something may have stayed behind.
fn unknown(error: Error) -> Error {
    if error.kind() != ErrorKind::Unavailable {
        return error;
    }
    let what = format!("{}; the outcome is not known", error.what());
    Error::new(ErrorKind::Timeout, what, "read back before trying again").with_source(error)
}

impl fmt::Debug for Pkcs11Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pkcs11Objects({:?})", self.settings)
    }
}
