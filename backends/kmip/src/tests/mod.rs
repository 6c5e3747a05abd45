//! What needs no server: messages as bytes.

mod codec;
mod damage;
mod der;
mod published;

/// Bytes written as hexadecimal digits, with spaces wherever one likes.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
