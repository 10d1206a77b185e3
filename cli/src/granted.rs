//! What a policy is granted, as flags of the commands that run policies. The network and the environment have to be asked for; clocks and randomness are
//! there unless they are denied or made to stand still.

use std::time::{Duration, UNIX_EPOCH};

use clap::Args;
use warrego_host::{Capability, Clock, Grants, HostPattern, LoadError, Log, Random, SubjectPattern};

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
    /// Let a component that handles messages publish to a subject, and send requests to it, as in orders.new, orders.* or orders.>; the answer to the message
    /// at hand needs no grant; may be repeated
    #[arg(long, value_name = "SUBJECT", value_delimiter = ',')]
    allow_publish: Vec<SubjectPattern>,
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
            publish: self.allow_publish.clone(),
            log,
        }
    }
}

/// The flag that grants a capability.
pub fn flag(capability: Capability) -> Option<&'static str> {
    match capability {
        Capability::Http | Capability::Lookup => Some("--allow-net HOST"),
        Capability::Environment => Some("--allow-env"),
        Capability::Clock => Some("--clock system"),
        Capability::Random => Some("--random system"),
        _ => None,
    }
}

/// An error of loading, with what to do about it where that is known.
pub fn explain(error: &LoadError) -> String {
    let LoadError::Denied(missing) = error else {
        return error.to_string();
    };
    let mut flags: Vec<&str> = missing.iter().filter_map(|capability| flag(*capability)).collect();
    flags.dedup();
    format!("{error}\nhint: grant it with {}", flags.join(" and "))
}

fn clock(text: &str) -> Result<Clock, String> {
    match (text, text.strip_prefix("fixed:")) {
        ("system", _) => Ok(Clock::System),
        ("denied", _) => Ok(Clock::Denied),
        (_, Some(time)) => match time.parse() {
            Ok(nanos) => Ok(Clock::Fixed(Duration::from_nanos(nanos))),
            Err(_) => humantime::parse_rfc3339(time)
                .ok()
                .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        assert_eq!(clock("fixed:5"), Ok(Clock::Fixed(Duration::from_nanos(5))));
        let nanos = Duration::new(1_714_979_289, 123_456_789);
        assert_eq!(clock("fixed:2024-05-06T07:08:09.123456789Z"), Ok(Clock::Fixed(nanos)));
        assert_eq!(random("seed:7"), Ok(Random::Seeded(7)));
        assert!(
            clock("broken").is_err()
                && clock("fixed:x").is_err()
                && clock("fixed:2024-13-06T00:00:00Z").is_err()
                && random("seed:").is_err()
        );
    }
}
