//! Looking through the memory of this process.

use std::fs::{File, read_to_string};
use std::os::unix::fs::FileExt;

use strongroom_backend::fill_random;

/// What is masked with this is not what is looked for.
const MASK: u8 = 0x5A;

/// So many bytes in a row are taken for a copy.
const PIECE: usize = 16;

const CHUNK: usize = 64 * 1024;

/// Bytes to look for, known only in a form that is not them.
pub(crate) struct Masked(Vec<u8>);

impl Masked {
    /// Bytes that nobody has seen, not even this process.
    pub(crate) fn random(len: usize) -> Masked {
        let mut bytes = vec![0; len];
        fill_random(&mut bytes).unwrap();
        Masked(bytes)
    }

    /// These bytes.
    pub(crate) fn of(bytes: &[u8]) -> Masked {
        Masked(bytes.iter().map(|byte| byte ^ MASK).collect())
    }

    /// Writes the bytes themselves, again and again until the target is full.
    pub(crate) fn unmask_into(&self, target: &mut [u8]) {
        for (to, from) in target.iter_mut().zip(self.0.iter().cycle()) {
            *to = from ^ MASK;
        }
    }

    /// Where one of the pieces begins in `memory`.
    fn position(&self, memory: &[u8]) -> Option<usize> {
        let is_piece = |at: usize, piece: &[u8]| {
            memory.get(at..at + PIECE).is_some_and(|found| {
                found.iter().zip(piece).all(|(found, masked)| found ^ MASK == *masked)
            })
        };
        let pieces: Vec<&[u8]> = self.0.chunks_exact(PIECE).collect();
        let mut begins = [false; 256];
        pieces.iter().for_each(|piece| begins[usize::from(piece[0] ^ MASK)] = true);
        let mut at = 0;
        while let Some(next) = memory[at..].iter().position(|byte| begins[usize::from(*byte)]) {
            at += next;
            if pieces.iter().any(|piece| is_piece(at, piece)) {
                return Some(at);
            }
            at += 1;
        }
        None
    }
}

/// In what kind of memory something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Left out of core dumps and wiped on fork, as `SecretBytes` asks of the kernel.
    Secret,
    /// Any other.
    Ordinary,
}

/// One mapping of this process.
struct Mapping {
    start: u64,
    end: u64,
    line: String,
    place: Place,
}

fn mappings() -> Vec<Mapping> {
    let mut found: Vec<Mapping> = Vec::new();
    for line in read_to_string("/proc/self/smaps").unwrap().lines() {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            let has = |flag| flags.split_whitespace().any(|f| f == flag);
            if let Some(mapping) = found.last_mut().filter(|_| has("dd") && has("wf")) {
                mapping.place = Place::Secret;
            }
            continue;
        }
        let range = line.split(' ').next().and_then(|word| word.split_once('-'));
        let Some((start, end)) = range else { continue };
        let number = |text| u64::from_str_radix(text, 16).ok();
        if let (Some(start), Some(end)) = (number(start), number(end)) {
            found.push(Mapping { start, end, line: line.to_owned(), place: Place::Ordinary });
        }
    }
    found
}

/// Each place where a piece was found: mapping and address.
fn search(masked: &Masked) -> Vec<(Mapping, u64)> {
    let memory = File::open("/proc/self/mem").unwrap();
    // Holds what was read, so it is not looked through itself, and is wiped at the end.
    let mut buffer = vec![0; CHUNK + PIECE];
    let own = buffer.as_ptr() as u64..buffer.as_ptr() as u64 + buffer.len() as u64;
    let zeros = vec![0; buffer.len()];
    let mut found = Vec::new();
    for mapping in mappings().into_iter().filter(|m| m.line.contains(" rw")) {
        let mut at = mapping.start;
        let mut hit = None;
        while at < mapping.end && hit.is_none() {
            if own.contains(&at) {
                at = own.end;
                continue;
            }
            let limit = if at < own.start { own.start.min(mapping.end) } else { mapping.end };
            let len = (limit - at).min(buffer.len() as u64) as usize;
            // Memory that nobody may read cannot be read.
            let Ok(read) = memory.read_at(&mut buffer[..len], at) else { break };
            if buffer[..read] != zeros[..read] {
                hit = masked.position(&buffer[..read]).map(|offset| at + offset as u64);
            }
            // Pieces that straddle two chunks are found in the second.
            at +=
                if read > PIECE && at + (read as u64) < limit { read - PIECE } else { read } as u64;
            if read == 0 {
                break;
            }
        }
        if let Some(address) = hit {
            found.push((mapping, address));
        }
    }
    buffer.fill(0);
    std::hint::black_box(&buffer);
    found
}

/// The kinds of memory in which the bytes, or a piece of them, are.
pub(crate) fn find(masked: &Masked) -> Vec<Place> {
    let found = search(masked);
    for (mapping, address) in found.iter().filter(|(m, _)| m.place == Place::Ordinary) {
        println!("found at {address:#x} in {}", mapping.line);
    }
    let mut places: Vec<_> = found.into_iter().map(|(mapping, _)| mapping.place).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// Fails, and says where, when the bytes or a piece of them are anywhere.
pub(crate) fn assert_nowhere(masked: &Masked, after: &str) {
    let places: Vec<String> = search(masked)
        .into_iter()
        .map(|(mapping, address)| format!("{address:#x} in {:?}: {}", mapping.place, mapping.line))
        .collect();
    assert!(places.is_empty(), "after {after}, secret bytes are still at {places:#?}");
}
