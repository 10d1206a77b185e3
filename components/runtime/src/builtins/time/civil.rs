//! Days, months and years of the Gregorian calendar, before and after 1970.

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// A date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// Seconds since midnight.
    pub second_of_day: i64,
    /// Days since 1970-01-01.
    pub days: i64,
}

/// Days from 1970-01-01 to a date; months and days beyond their ranges flow over.
pub fn days_from(year: i64, month: i64, day: i64) -> i64 {
    let year = year + (month - 1).div_euclid(12);
    let month = (month - 1).rem_euclid(12) + 1;
    // Years begin in March here, so that the odd day comes last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year + day - 1 - 719_468
}

/// [`days_from`] in the arithmetic of Go, where absurd dates wrap around: years are counted from one so early that none in 64 bits of seconds is
/// negative.
pub fn days_wrapped(year: i64, month: i64, day: i64) -> i64 {
    const YEARS: u64 = 292_277_022_400;
    fn absolute(year: i64, month: i64, day: i64) -> i64 {
        let months = month.wrapping_sub(1);
        let year = year.wrapping_add(months.div_euclid(12));
        let month = months.rem_euclid(12) as u64 + 1;
        let early = u64::from(month < 3);
        let year = (year as u64).wrapping_sub(early).wrapping_add(YEARS);
        let day_of_year = ((month + 12 * early) * 979 - 2919) >> 5;
        let days = 146_097u64.wrapping_mul(year / 100) / 4;
        let rest = 1461 * (year % 100) / 4 + day_of_year;
        (days.wrapping_add(rest) as i64).wrapping_add(day).wrapping_sub(1)
    }
    absolute(year, month, day).wrapping_sub(absolute(1970, 1, 1))
}

impl Civil {
    /// The date and time of seconds since 1970.
    pub fn from_seconds(seconds: i64) -> Civil {
        let days = seconds.div_euclid(DAY);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let index = (5 * day_of_year + 2) / 153;
        let month = if index < 10 { index + 3 } else { index - 9 };
        Civil {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * index + 2) / 5 + 1,
            second_of_day: seconds.rem_euclid(DAY),
            days,
        }
    }

    /// Hour, minute and second.
    pub fn clock(&self) -> [i64; 3] {
        let s = self.second_of_day;
        [s / 3600, s / 60 % 60, s % 60]
    }

    /// 0 for Sunday to 6 for Saturday.
    pub fn weekday(&self) -> usize {
        (self.days + 4).rem_euclid(7) as usize
    }

    /// 1 to 366.
    pub fn day_of_year(&self) -> i64 {
        self.days - days_from(self.year, 1, 1) + 1
    }
}

/// How many days a month has.
pub fn days_in(year: i64, month: i64) -> i64 {
    days_from(year, month + 1, 1) - days_from(year, month, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for days in (-800_000..800_000).step_by(997) {
            let civil = Civil::from_seconds(days * DAY);
            assert_eq!(days_from(civil.year, civil.month, civil.day), days);
            assert_eq!(days_wrapped(civil.year, civil.month, civil.day), days);
        }
        let leap = Civil::from_seconds(1_709_164_800);
        assert_eq!(
            (leap.year, leap.month, leap.day, leap.weekday(), leap.day_of_year()),
            (2024, 2, 29, 4, 60)
        );
        assert_eq!(days_from(2024, 14, 1), days_from(2025, 2, 1));
        assert_eq!((days_in(2100, 2), days_in(2024, 2), days_in(2023, 12)), (28, 29, 31));
    }
}
