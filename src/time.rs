//! Points in time: UTC microseconds.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use strongroom_backend::host_micros;

use crate::{Error, ErrorKind, Result};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A point in time in UTC, in microseconds since 1970.
///
/// Written as RFC 3339; read as RFC 3339, as a date alone (midnight UTC), or as an offset from now:
/// `+30d`, `+12h`, `+90m`, `+45s`.
///
/// ```
/// use strongroom::Timestamp;
///
/// let time: Timestamp = "2026-11-22T10:30:00Z".parse()?;
/// assert_eq!(time.micros(), 1_795_343_400_000_000);
/// assert_eq!(time.to_string(), "2026-11-22T10:30:00Z");
/// assert_eq!("2026-11-22T11:30:00+01:00".parse::<Timestamp>()?, time);
/// # Ok::<(), strongroom::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// This many microseconds after the start of 1970, UTC.
    pub const fn from_micros(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    /// Microseconds since the start of 1970, UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The host's clock.
    pub fn now() -> Timestamp {
        Timestamp(host_micros())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(MICROS_PER_SECOND);
        let micros = self.0.rem_euclid(MICROS_PER_SECOND);
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        let rest = seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        f.write_str("Z")
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Timestamp> {
        let parsed = match text.strip_prefix('+') {
            Some(offset) => parse_offset(offset).and_then(|o| host_micros().checked_add(o)),
            None => parse_rfc3339(text),
        };
        parsed.map(Timestamp).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("{text:?} is not a time"),
                "write 2027-01-31, 2027-01-31T18:00:00Z, or an offset such as +30d, +12h, +90m",
            )
        })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn parse_offset(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number = &text[..text.len() - unit.len_utf8()];
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => SECONDS_PER_DAY,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(seconds)?.checked_mul(MICROS_PER_SECOND)
}

fn parse_rfc3339(text: &str) -> Option<i64> {
    let date = text.get(..10)?;
    let days = parse_date(date)?;
    let rest = &text[10..];
    if rest.is_empty() {
        return days.checked_mul(SECONDS_PER_DAY * MICROS_PER_SECOND);
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let clock = rest.get(..8)?;
    let (hour, minute, second) = (digits(clock, 0, 2)?, digits(clock, 3, 5)?, digits(clock, 6, 8)?);
    let separators = clock.as_bytes()[2] == b':' && clock.as_bytes()[5] == b':';
    if !separators || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, zone) = parse_fraction(&rest[8..])?;
    let seconds = days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second;
    let seconds = seconds - parse_zone(zone)?;
    seconds.checked_mul(MICROS_PER_SECOND)?.checked_add(micros)
}

fn parse_date(date: &str) -> Option<i64> {
    let (year, month, day) = (digits(date, 0, 4)?, digits(date, 5, 7)?, digits(date, 8, 10)?);
    let dashes = date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-';
    let days = days_from_civil(year, month, day);
    // A day that the month does not have comes back as another one.
    (dashes && civil_from_days(days) == (year, month, day)).then_some(days)
}

fn parse_fraction(text: &str) -> Option<(i64, &str)> {
    let Some(fraction) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let end = fraction.find(|c: char| !c.is_ascii_digit())?;
    let number = &fraction[..end];
    if !(1..=6).contains(&end) {
        return None;
    }
    let micros = number.parse::<i64>().ok()? * 10_i64.pow(6 - u32::try_from(end).ok()?);
    Some((micros, &fraction[end..]))
}

fn parse_zone(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hour, minute) = (digits(zone, 1, 3)?, digits(zone, 4, 6)?);
    let valid = zone.len() == 6 && zone.as_bytes()[3] == b':' && hour <= 23 && minute <= 59;
    valid.then_some(sign * (hour * 3_600 + minute * 60))
}

fn digits(text: &str, from: usize, to: usize) -> Option<i64> {
    let part = text.get(from..to)?;
    part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
}

/// Days since 1970 of a date in the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years start in March, so that the leap day is the last day of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times_are_written_and_read() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-11-22T10:30:00Z", 1_795_343_400),
            ("1969-12-31T23:59:59Z", -1),
        ] {
            let time = Timestamp::from_micros(seconds * MICROS_PER_SECOND);
            assert_eq!(time.to_string(), text);
            assert_eq!(text.parse::<Timestamp>().unwrap(), time);
        }
        let time: Timestamp = "2026-11-22T10:30:00.25-02:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-11-22T12:30:00.250000Z");
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        for days in -1_000..146_097 {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "now",
            "+",
            "+5",
            "+5y",
            "+-5d",
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "2026-11-22T10:30",
            "2026-11-22T25:00:00Z",
            "2026-11-22T10:30:00",
            "20261122",
            "2026-11-22T10:30:00.Z",
            "2026-11-22T10:30:00+1:00",
            "+99999999999999d",
            "2026-11-2é",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
