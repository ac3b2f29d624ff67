//! Transmission times: DE7 and its copy in DE90, month to second in UTC, without a year.
//!
//! The year is the one that puts the moment nearest to its receipt. A message can only be a
//! little late or a little early, so the year before, the same and the next one are enough;
//! 29 February near no leap year is an invalid date, not a date two years away.

const SECONDS_PER_DAY: i64 = 86_400;
const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

/// UTC microseconds since 1970 of `text` (`MMDDhhmmss`), resolved against the receive time.
///
/// Of two years equally near, the earlier one is taken. `None` where the text is not ten digits
/// or names no moment of any of the three years.
pub fn resolve(text: &str, received_at_us: i64) -> Option<i64> {
    let moment = Moment::parse(text)?;
    let received_day = received_at_us.div_euclid(MICROSECONDS_PER_SECOND * SECONDS_PER_DAY);
    let (received_year, _, _) = date_of_day(received_day);
    (-1..=1)
        .filter_map(|offset| moment.in_year(received_year + offset))
        .min_by_key(|&resolved_us| resolved_us.abs_diff(received_at_us))
}

/// The DE7 text (`MMDDhhmmss`, UTC) of a time in microseconds since 1970.
pub fn text_of(transmitted_at_us: i64) -> String {
    let seconds = transmitted_at_us.div_euclid(MICROSECONDS_PER_SECOND);
    let (_, month, day) = date_of_day(seconds.div_euclid(SECONDS_PER_DAY));
    let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (
        second_of_day / 3600,
        second_of_day / 60 % 60,
        second_of_day % 60,
    );
    format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// A moment of some year; the day is checked once the year is known.
struct Moment {
    month: i64,
    day: i64,
    second_of_day: i64,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let part = |from: usize| text.get(from..from + 2)?.parse::<i64>().ok();
        let (month, day) = (part(0)?, part(2)?);
        let (hour, minute, second) = (part(4)?, part(6)?, part(8)?);
        let valid = (1..=12).contains(&month) && hour < 24 && minute < 60 && second < 60;
        valid.then_some(Self {
            month,
            day,
            second_of_day: hour * 3600 + minute * 60 + second,
        })
    }

    fn in_year(&self, year: i64) -> Option<i64> {
        if !(1..=days_of_month(year, self.month)).contains(&self.day) {
            return None;
        }
        day_of_date(year, self.month, self.day)
            .checked_mul(SECONDS_PER_DAY)?
            .checked_add(self.second_of_day)?
            .checked_mul(MICROSECONDS_PER_SECOND)
    }
}

fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar. Years are counted from March, so
/// that the leap day is the last day of its year, and in eras of 400 years, which are all alike.
fn day_of_date(year: i64, month: i64, day: i64) -> i64 {
    let march_year = if month <= 2 { year - 1 } else { year };
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a number of days since 1970-01-01: the inverse of `day_of_date`.
fn date_of_day(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY_US: i64 = SECONDS_PER_DAY * MICROSECONDS_PER_SECOND;

    fn at(year: i64, month: i64, day: i64, second_of_day: i64) -> i64 {
        (day_of_date(year, month, day) * SECONDS_PER_DAY + second_of_day) * MICROSECONDS_PER_SECOND
    }

    #[test]
    fn known_days_are_counted_from_1970() {
        assert_eq!(day_of_date(1970, 1, 1), 0);
        assert_eq!(day_of_date(2000, 2, 29), 11_016);
        assert_eq!(day_of_date(2026, 11, 21), 20_778);
        assert_eq!(day_of_date(1969, 12, 31), -1);
    }

    #[test]
    fn a_message_of_new_years_eve_received_after_midnight_belongs_to_the_old_year() {
        let received_at_us = at(2027, 1, 1, 2);
        assert_eq!(
            resolve("1231235959", received_at_us),
            Some(at(2026, 12, 31, 86_399))
        );
    }

    #[test]
    fn a_message_sent_by_a_fast_clock_before_midnight_belongs_to_the_new_year() {
        let received_at_us = at(2026, 12, 31, 86_399);
        assert_eq!(
            resolve("0101000001", received_at_us),
            Some(at(2027, 1, 1, 1))
        );
    }

    #[test]
    fn the_leap_day_is_found_in_a_neighbouring_leap_year_and_nowhere_else() {
        assert_eq!(
            resolve("0229120000", at(2028, 3, 1, 0)),
            Some(at(2028, 2, 29, 43_200))
        );
        assert_eq!(
            resolve("0229120000", at(2029, 1, 15, 0)),
            Some(at(2028, 2, 29, 43_200))
        );
        assert_eq!(resolve("0229120000", at(2026, 2, 28, 0)), None);
        assert_eq!(resolve("0229120000", at(2100, 3, 1, 0)), None);
    }

    #[test]
    fn a_text_that_names_no_moment_gives_nothing() {
        let received_at_us = at(2026, 6, 1, 0);
        let texts = [
            "",
            "0000000000",
            "1301000000",
            "0132000000",
            "0431000000",
            "0101240000",
            "0101006000",
            "0101000060",
            "010100000",
            "01010000000",
            "01a1000000",
            " 101000000",
            "０１０１",
        ];
        for text in texts {
            assert_eq!(resolve(text, received_at_us), None, "{text}");
        }
    }

    #[test]
    fn of_two_years_equally_near_the_earlier_is_taken() {
        let noon = at(2026, 7, 2, 43_200);
        let (before, after) = (at(2026, 1, 1, 0), at(2027, 1, 1, 0));
        assert_eq!(noon - before, after - noon);
        assert_eq!(resolve("0101000000", noon), Some(before));
    }

    #[test]
    fn the_farthest_receive_times_do_not_overflow() {
        for received_at_us in [i64::MIN, i64::MAX] {
            let _ = resolve("0101000000", received_at_us);
            assert_eq!(text_of(received_at_us).len(), 10);
        }
    }

    proptest! {
        #[test]
        fn dates_and_days_are_inverse(days in -1_000_000i64..1_000_000) {
            let (year, month, day) = date_of_day(days);
            prop_assert_eq!(day_of_date(year, month, day), days);
            prop_assert!((1..=days_of_month(year, month)).contains(&day));
        }

        #[test]
        fn a_time_written_and_read_within_half_a_year_comes_back(
            sent_s in 0i64..4_000_000_000,
            delay_us in -180 * DAY_US..180 * DAY_US,
        ) {
            let sent_us = sent_s * MICROSECONDS_PER_SECOND;
            prop_assert_eq!(resolve(&text_of(sent_us), sent_us + delay_us), Some(sent_us));
        }

        #[test]
        fn any_text_gives_a_moment_within_thirteen_months_or_nothing(
            text in "[0-9]{10}|\\PC{0,12}",
            received_at_us in 0i64..4_000_000_000_000_000,
        ) {
            if let Some(resolved_us) = resolve(&text, received_at_us) {
                prop_assert!((resolved_us - received_at_us).abs() <= 400 * DAY_US);
                prop_assert_eq!(text_of(resolved_us), text);
            }
        }
    }
}
