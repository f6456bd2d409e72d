//! A calendar day, for chat templates that print today's.
//!
//! The library has no clock: whoever renders a template says which day it is, and a trace of
//! the same messages with the same day gives the same tokens in any year.

use std::str::FromStr;

use super::TokenizerError;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A day of the Gregorian calendar, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day `days` after 1 January 1970; a system clock's seconds divided by 86,400.
    ///
    /// Days past the year 9999 give its last day.
    pub fn from_unix_days(days: u64) -> Self {
        let mut date = Self { year: 1970, month: 1, day: 1 };
        let mut left = days;
        while date.year < 9999 && left >= date.days_in_year() {
            left -= date.days_in_year();
            date.year += 1;
        }
        while date.month < 12 && left >= u64::from(date.days_in_month()) {
            left -= u64::from(date.days_in_month());
            date.month += 1;
        }
        let last = u64::from(date.days_in_month()) - 1;
        date.day += u8::try_from(left.min(last)).expect("a month has at most 31 days");
        date
    }

    /// The date in a C `strftime` format. Times of day are midnight.
    ///
    /// # Errors
    ///
    /// The conversion that is not supported, if there is one.
    pub(super) fn strftime(self, format: &str) -> Result<String, char> {
        let month = MONTHS[usize::from(self.month) - 1];
        let weekday = WEEKDAYS[usize::try_from(self.days() % 7).expect("below 7")];
        let mut text = String::with_capacity(format.len() + 8);
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                text.push(c);
                continue;
            }
            match chars.next().unwrap_or('%') {
                'd' => text.push_str(&format!("{:02}", self.day)),
                'm' => text.push_str(&format!("{:02}", self.month)),
                'Y' => text.push_str(&format!("{:04}", self.year)),
                'y' => text.push_str(&format!("{:02}", self.year % 100)),
                'b' | 'h' => text.push_str(&month[..3]),
                'B' => text.push_str(month),
                'a' => text.push_str(&weekday[..3]),
                'A' => text.push_str(weekday),
                'F' => {
                    text.push_str(&format!("{:04}-{:02}-{:02}", self.year, self.month, self.day))
                }
                'H' | 'M' | 'S' => text.push_str("00"),
                '%' => text.push('%'),
                other => return Err(other),
            }
        }
        Ok(text)
    }

    fn is_leap(self) -> bool {
        self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400))
    }

    fn days_in_year(self) -> u64 {
        if self.is_leap() { 366 } else { 365 }
    }

    fn days_in_month(self) -> u8 {
        match self.month {
            2 if self.is_leap() => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// Days since 1 January of year 1, which was a Monday.
    fn days(self) -> u64 {
        let years = (1..self.year).map(|year| Self { year, ..self }.days_in_year()).sum::<u64>();
        let months = (1..self.month)
            .map(|month| u64::from(Self { month, ..self }.days_in_month()))
            .sum::<u64>();
        years + months + u64::from(self.day) - 1
    }
}

impl FromStr for Date {
    type Err = TokenizerError;

    fn from_str(text: &str) -> Result<Self, TokenizerError> {
        let bad = || TokenizerError::BadDate { text: text.to_owned() };
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u16>().ok())?
        };
        let dashes = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        let (Some(year), Some(month), Some(day), true) =
            (number(0..4), number(5..7), number(8..10), dashes)
        else {
            return Err(bad());
        };
        let (Ok(month), Ok(day)) = (u8::try_from(month), u8::try_from(day)) else {
            return Err(bad());
        };
        let date = Self { year, month, day };
        let is_day =
            year > 0 && (1..=12).contains(&month) && (1..=date.days_in_month()).contains(&day);
        if is_day { Ok(date) } else { Err(bad()) }
    }
}
