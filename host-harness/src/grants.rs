//! What a policy is given of the world outside. Its imports say what it wants; a policy that wants what it was not granted is not loaded, and says so.
//!
//! Nothing is given unless it is chosen; the command line chooses the system's clock and randomness, from which nobody learns anything.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// What a policy may use. The default grants nothing but a place for messages.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// The time of day: `time.now_ns`.
    pub clock: Clock,
    /// Randomness: `rand.intn`, `uuid.rfc4122`.
    pub random: Random,
    /// Environment variables: `opa.runtime`.
    pub environment: Option<Vec<(String, String)>>,
    /// Hosts that may be talked to and looked up: `http.send`, `net.lookup_ip_addr`. None denies the network.
    pub network: Vec<HostPattern>,
    /// Subjects to which messages may be published, and requests sent: `wasmcloud:messaging/consumer`. The answer to the message that is being handled is
    /// granted always.
    pub publish: Vec<SubjectPattern>,
    /// Where messages go: `print`.
    pub log: Log,
}

/// The time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// What the system's clock shows.
    System,
    /// Always the same, as the time since 1970.
    Fixed(Duration),
    /// None.
    #[default]
    Denied,
}

/// Randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Random {
    /// The system's.
    System,
    /// The same numbers in each instance.
    Seeded(u64),
    /// None.
    #[default]
    Denied,
}

/// A place for messages.
#[derive(Clone, Default)]
pub enum Log {
    /// To the log of this process, as `tracing` events.
    #[default]
    Tracing,
    /// To a function, which gets each message.
    Function(Arc<dyn Fn(&str) + Send + Sync>),
    /// Nowhere.
    Discard,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tracing => "Tracing",
            Self::Function(_) => "Function",
            Self::Discard => "Discard",
        })
    }
}

/// Hosts on the network: `example.com`, `example.com:8443`, `*.example.com`, `[::1]:80`, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    /// In small letters, without brackets; a star at the beginning stands for one label or more, alone for all.
    host: String,
    port: Option<u16>,
}

/// A pattern is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no host, as in example.com, *.example.com or 10.0.0.1:8080")]
pub struct InvalidHost(String);

/// Host and port apart; the host without brackets.
fn split(text: &str) -> (&str, Option<&str>) {
    if let Some(rest) = text.strip_prefix('[')
        && let Some((host, port)) = rest.split_once(']')
    {
        return (host, port.strip_prefix(':').or((!port.is_empty()).then_some(port)));
    }
    match text.split_once(':') {
        // Several colons are those of an address.
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

impl FromStr for HostPattern {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let invalid = || InvalidHost(text.to_owned());
        let (host, port) = split(text);
        let name = host.strip_prefix("*.").unwrap_or(if host == "*" { "all" } else { host });
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte) || byte >= 0x80;
        if name.is_empty() || !name.bytes().all(fits) {
            return Err(invalid());
        }
        let port = port.map(|port| port.parse().map_err(|_| invalid())).transpose()?;
        Ok(Self {
            host: host.trim_end_matches('.').to_ascii_lowercase(),
            port,
        })
    }
}

impl HostPattern {
    /// Whether it fits a host, and the port if one is asked for.
    pub fn fits(&self, host: &str, port: Option<u16>) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        let named = match self.host.strip_prefix('*') {
            Some("") => true,
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => host == self.host,
        };
        named && (self.port.is_none() || port.is_none() || self.port == port)
    }
}

/// Subjects of a broker, as NATS writes them: `orders.new`, `orders.*` for one token more, `orders.>` for one or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectPattern(String);

/// A pattern is not a subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a subject, as in orders.new, orders.* or orders.>")]
pub struct InvalidSubject(String);

/// Whether a text is a subject: tokens between dots, none of them empty, and nothing that the protocol reads as an end.
fn is_subject(text: &str) -> bool {
    let is_token = |token: &str| !token.is_empty() && !token.contains(|char: char| char.is_whitespace() || char.is_control());
    text.split('.').all(is_token)
}

/// Whether messages can be sent to a subject: it has no wildcards.
pub(crate) fn is_target(subject: &str) -> bool {
    is_subject(subject) && subject.split('.').all(|token| token != "*" && token != ">")
}

impl FromStr for SubjectPattern {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        let rest = text.strip_suffix(".>").unwrap_or(text);
        if !is_subject(text) || (text != ">" && rest.split('.').any(|token| token == ">")) {
            return Err(InvalidSubject(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl SubjectPattern {
    /// Whether it fits a subject.
    pub fn fits(&self, subject: &str) -> bool {
        let mut tokens = subject.split('.');
        for pattern in self.0.split('.') {
            match (pattern, tokens.next()) {
                (">", Some(_)) => return true,
                ("*", Some(_)) => {}
                (pattern, Some(token)) if pattern == token => {}
                _ => return false,
            }
        }
        tokens.next().is_none()
    }
}

/// Kinds of what policies import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Capability {
    /// The time of day.
    Clock,
    /// Randomness.
    Random,
    /// Environment variables.
    Environment,
    /// Sending HTTP requests.
    Http,
    /// Looking up names.
    Lookup,
    /// Publishing messages through a broker.
    Publish,
    /// Writing messages.
    Log,
}

impl Capability {
    /// The capability that an import gives, by the interface's name; `None` for what only belongs to others, as streams do.
    pub fn of(import: &str) -> Option<Self> {
        let (interface, _version) = import.split_once('@').unwrap_or((import, ""));
        Some(match interface {
            "wasi:clocks/wall-clock" => Self::Clock,
            "wasi:random/random" | "wasi:random/insecure" | "wasi:random/insecure-seed" => Self::Random,
            "wasi:cli/environment" => Self::Environment,
            "wasi:http/outgoing-handler" => Self::Http,
            "wasi:sockets/ip-name-lookup" => Self::Lookup,
            "wasmcloud:messaging/consumer" => Self::Publish,
            "wasi:logging/logging" | "wasi:cli/stderr" => Self::Log,
            _ => return None,
        })
    }

    /// What it is.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clock => "the clock",
            Self::Random => "randomness",
            Self::Environment => "the environment",
            Self::Http => "HTTP requests",
            Self::Lookup => "name lookup",
            Self::Publish => "publishing messages",
            Self::Log => "messages",
        }
    }

    /// The built-in functions that want it, or the interface that no built-in function uses.
    pub fn built_ins(self) -> &'static str {
        match self {
            Self::Clock => "time.now_ns, http.send, io.jwt.decode_verify, crypto.x509.parse_and_verify_certificates",
            Self::Random => "rand.intn, uuid.rfc4122",
            Self::Environment => "opa.runtime",
            Self::Http => "http.send",
            Self::Lookup => "net.lookup_ip_addr",
            Self::Publish => "wasmcloud:messaging",
            Self::Log => "print",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.built_ins())
    }
}

impl Grants {
    /// Whether a capability is granted, at least in part.
    pub fn has(&self, capability: Capability) -> bool {
        match capability {
            Capability::Clock => self.clock != Clock::Denied,
            Capability::Random => self.random != Random::Denied,
            Capability::Environment => self.environment.is_some(),
            Capability::Http | Capability::Lookup => !self.network.is_empty(),
            // A component that only answers messages imports it, too; each message is checked.
            Capability::Publish | Capability::Log => true,
        }
    }

    /// What of a component's imports is not granted.
    pub fn missing(&self, imports: &[String]) -> Vec<Capability> {
        let mut missing: Vec<_> = imports.iter().filter_map(|import| Capability::of(import)).collect();
        missing.retain(|capability| !self.has(*capability));
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Whether a host may be talked to.
    pub fn allows(&self, host: &str, port: Option<u16>) -> bool {
        self.network.iter().any(|pattern| pattern.fits(host, port))
    }
}

impl Grants {
    /// Whether messages may be sent to a subject.
    pub fn allows_publishing(&self, subject: &str) -> bool {
        self.publish.iter().any(|pattern| pattern.fits(subject))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let fits = |pattern: &str, host, port| pattern.parse::<HostPattern>().unwrap().fits(host, port);
        assert!(fits("*", "anything", Some(1)));
        assert!(fits("Example.com", "EXAMPLE.com.", Some(80)));
        assert!(fits("*.example.com", "a.b.example.com", None));
        assert!(!fits("*.example.com", "example.com", None) && !fits("*.example.com", "badexample.com", None));
        assert!(fits("example.com:8443", "example.com", Some(8443)) && !fits("example.com:8443", "example.com", Some(443)));
        assert!(fits("[::1]:80", "[::1]", Some(80)) && fits("::1", "::1", Some(80)));
        for bad in ["", "a b", "h:x", "*.", "http://h", "h/", "[::1]x"] {
            assert!(bad.parse::<HostPattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn subjects() {
        let fits = |pattern: &str, subject| pattern.parse::<SubjectPattern>().unwrap().fits(subject);
        assert!(fits("a.b", "a.b") && !fits("a.b", "a.c") && !fits("a.b", "a") && !fits("a.b", "a.b.c"));
        assert!(fits("a.*", "a.b") && !fits("a.*", "a.b.c") && !fits("a.*", "a") && fits("*.b", "x.b"));
        assert!(fits("a.>", "a.b") && fits("a.>", "a.b.c") && !fits("a.>", "a") && fits(">", "x.y"));
        for bad in ["", "a.", ".a", "a..b", "a b", "a\r\nPUB x", "a.>.b", ">.a", "a\tb"] {
            assert!(bad.parse::<SubjectPattern>().is_err(), "{bad:?}");
        }
        assert!(is_target("a.b-c_d") && !is_target("a.*") && !is_target(">") && !is_target("x\r\nPUB evil 2\r\nhi\r\n"));
    }

    #[test]
    fn what_is_missing() {
        let imports = [
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:io/poll@0.2.0",
            "wasi:clocks/wall-clock@0.2.0",
        ]
        .map(str::to_owned);
        assert_eq!(Grants::default().missing(&imports), [Capability::Clock, Capability::Http]);
        let clock = Grants {
            clock: Clock::System,
            ..Grants::default()
        };
        assert_eq!(clock.missing(&imports), [Capability::Http]);
    }
}
