//! What a policy is granted, as flags of the commands that run policies. The network and the environment have to be asked for; clocks and randomness are
//! there unless they are denied or made to stand still.

use std::time::Duration;

use clap::Args;
use warrego_host::{Capability, Clock, Grants, HostPattern, LoadError, Log, Random};

/// Flags that grant.
#[derive(Args)]
#[command(next_help_heading = "Grants")]
pub struct Granted {
    /// Let the policy talk to a host, as in example.com, *.example.com, 10.0.0.1:8080, or * for all; may be repeated
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    allow_net: Vec<HostPattern>,
    /// Let the policy see environment variables: all, or those named
    #[arg(long, value_name = "NAME", value_delimiter = ',', num_args = 0.., require_equals = true)]
    allow_env: Option<Vec<String>>,
    /// The time of day: system, fixed:TIME (as in fixed:2024-05-06T07:08:09Z, or nanoseconds since 1970), or denied
    #[arg(long, value_name = "CLOCK", default_value = "system", value_parser = clock)]
    clock: Clock,
    /// Randomness: system, seed:NUMBER, or denied
    #[arg(long, value_name = "SOURCE", default_value = "system", value_parser = random)]
    random: Random,
}

impl Granted {
    /// The grants; what the policy prints goes to `log`.
    pub fn grants(&self, log: Log) -> Grants {
        let environment = self.allow_env.as_ref().map(|names| {
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .filter(|(name, _)| names.is_empty() || names.contains(name))
                .collect()
        });
        Grants {
            clock: self.clock,
            random: self.random,
            environment,
            network: self.allow_net.clone(),
            log,
        }
    }
}

/// An error of loading, with what to do about it where that is known.
pub fn explain(error: &LoadError) -> String {
    let LoadError::Denied(missing) = error else {
        return error.to_string();
    };
    let mut flags: Vec<&str> = missing
        .iter()
        .filter_map(|capability| match capability {
            Capability::Http | Capability::Lookup => Some("--allow-net HOST"),
            Capability::Environment => Some("--allow-env"),
            Capability::Clock => Some("--clock system"),
            Capability::Random => Some("--random system"),
            _ => None,
        })
        .collect();
    flags.dedup();
    format!("{error}\nhint: grant it with {}", flags.join(" and "))
}

fn clock(text: &str) -> Result<Clock, String> {
    match (text, text.strip_prefix("fixed:")) {
        ("system", _) => Ok(Clock::System),
        ("denied", _) => Ok(Clock::Denied),
        (_, Some(time)) => match time.parse() {
            Ok(nanos) => Ok(Clock::Fixed(Duration::from_nanos(nanos))),
            Err(_) => moment(time)
                .map(Clock::Fixed)
                .ok_or_else(|| format!("`{time}` is neither a time as in 2024-05-06T07:08:09Z nor a number of nanoseconds")),
        },
        _ => Err("expected system, fixed:TIME or denied".to_owned()),
    }
}

fn random(text: &str) -> Result<Random, String> {
    match (text, text.strip_prefix("seed:")) {
        ("system", _) => Ok(Random::System),
        ("denied", _) => Ok(Random::Denied),
        (_, Some(seed)) => seed
            .parse()
            .map(Random::Seeded)
            .map_err(|_| format!("`{seed}` is no number from 0 to {}", u64::MAX)),
        _ => Err("expected system, seed:NUMBER or denied".to_owned()),
    }
}

/// The time since 1970 of `2024-05-06T07:08:09.123Z` or with an offset as in `+02:00`.
fn moment(text: &str) -> Option<Duration> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let (clock, offset) = match rest.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, 0),
        None => {
            let at = rest.rfind(['+', '-'])?;
            let (clock, offset) = rest.split_at(at);
            let (sign, offset) = offset.split_at(1);
            let (hours, minutes) = offset.split_once(':')?;
            let seconds = field(hours, 0, 23)? * 3600 + field(minutes, 0, 59)? * 60;
            (clock, if sign == "-" { -seconds } else { seconds })
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let (mut date, mut clock) = (date.splitn(3, '-'), clock.splitn(3, ':'));
    let (year, month, day) = (date.next()?, field(date.next()?, 1, 12)?, field(date.next()?, 1, 31)?);
    let (hour, minute, second) = (
        field(clock.next()?, 0, 23)?,
        field(clock.next()?, 0, 59)?,
        field(clock.next()?, 0, 59)?,
    );
    let year: i64 = year.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    // Years begin in March here, so that the odd day comes last.
    let (shifted, months) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (153 * months + 2) / 5 + day - 1 - 719_468;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Some(Duration::new(u64::try_from(seconds).ok()?, nanos))
}

/// A number of two digits within bounds.
fn field(text: &str, low: i64, high: i64) -> Option<i64> {
    let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| fits && (low..=high).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2024-05-06T07:08:09.123456789Z", 1_714_979_289, 123_456_789),
            ("2024-02-29T23:59:59.5+01:30", 1_709_245_799, 500_000_000),
            ("2000-03-01T00:00:00-00:01", 951_868_860, 0),
        ] {
            assert_eq!(moment(text), Some(Duration::new(seconds, nanos)), "{text}");
        }
        for text in [
            "",
            "2024-05-06",
            "2024-13-06T00:00:00Z",
            "2024-05-06T24:00:00Z",
            "2024-05-06T00:00:00",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn sources() {
        assert_eq!(clock("fixed:5"), Ok(Clock::Fixed(Duration::from_nanos(5))));
        assert_eq!(random("seed:7"), Ok(Random::Seeded(7)));
        assert!(clock("broken").is_err() && clock("fixed:x").is_err() && random("seed:").is_err());
    }
}
