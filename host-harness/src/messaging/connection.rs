//! The connection to the server: its addresses, who the service is to it, how it is encrypted, and what happens when it breaks.
//!
//! Secrets are read when they are needed: a file of credentials that is renewed is used by the next connection. They are never logged, and are
//! taken out of addresses before those are.

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::{Auth, AuthError, Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use nkeys::KeyPair;
use percent_encoding::percent_decode_str;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep};
use tracing::{debug, error, info, warn};

use crate::messaging::service::ServiceError;
use crate::messaging::statistics::Counters;

/// The longest pause between two attempts to connect.
const PAUSE: Duration = Duration::from_secs(2);
/// How many messages may lie between the connection and the queue. The client reads at most what one turn of its task takes from the socket, and the
/// queue is filled before its next turn; so this is a number that is not reached, and no bound on memory.
const IN_HAND: usize = 1 << 20;

/// Who the service is to the server. An address may name a user, too.
#[derive(Clone, Default)]
pub enum Credentials {
    /// Nobody in particular.
    #[default]
    None,
    /// A user with a password.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token.
    Token(String),
    /// The seed of an NKEY.
    Seed(String),
    /// A file that holds the seed of an NKEY.
    SeedFile(PathBuf),
    /// A file of credentials: a user's JWT and the seed of its key, as `nsc` writes it.
    File(PathBuf),
}

impl Credentials {
    /// Answers a server's challenge.
    fn answer(&self, nonce: &[u8]) -> Result<Auth, String> {
        let mut auth = Auth::new();
        match self {
            Self::None => {}
            Self::Password { user, password } => {
                auth.username = Some(user.clone());
                auth.password = Some(password.clone());
            }
            Self::Token(token) => auth.token = Some(token.clone()),
            Self::Seed(seed) => prove(&mut auth, seed, nonce)?,
            Self::SeedFile(path) => {
                let text = read(path)?;
                let seed = text.lines().map(str::trim).find(|line| line.starts_with('S'));
                prove(
                    &mut auth,
                    seed.ok_or_else(|| format!("{} holds no seed of an NKEY", path.display()))?,
                    nonce,
                )
                .map_err(|error| format!("{}: {error}", path.display()))?;
            }
            Self::File(path) => {
                let text = read(path)?;
                let mut blocks = blocks(&text);
                let (Some(jwt), Some(seed)) = (blocks.next(), blocks.next()) else {
                    return Err(format!("{} does not hold a user's JWT and a seed", path.display()));
                };
                prove(&mut auth, seed, nonce).map_err(|error| format!("{}: {error}", path.display()))?;
                // The server finds the key in the JWT.
                auth.nkey = None;
                auth.jwt = Some(jwt.to_owned());
            }
        }
        Ok(auth)
    }
}

/// Signs the challenge with a key.
fn prove(auth: &mut Auth, seed: &str, nonce: &[u8]) -> Result<(), String> {
    let key = KeyPair::from_seed(seed).map_err(|error| format!("the seed of an NKEY is not valid: {error}"))?;
    auth.signature = Some(key.sign(nonce).map_err(|error| error.to_string())?);
    auth.nkey = Some(key.public_key());
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// The lines that stand directly between two lines of dashes.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_mark = |line: &str| line.starts_with("---") && line.ends_with("---");
    let found: Vec<&str> = lines
        .windows(3)
        .filter(|window| is_mark(window[0]) && !is_mark(window[1]) && is_mark(window[2]))
        .map(|window| window[1])
        .collect();
    found.into_iter()
}

/// How the connection is encrypted. With everything at its default it is when the server demands it, or when its address begins with `tls://`.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Certificates of the authorities to trust instead of the system's, as PEM.
    pub authorities: Vec<PathBuf>,
    /// The certificate that the service shows to the server, and its key, as PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Whether encryption begins before the server introduces itself.
    pub first: bool,
}

impl Tls {
    /// Sees that the files can be read, since the client's errors do not name them.
    fn check(&self) -> Result<(), ServiceError> {
        let identity = self.identity.iter().flat_map(|(certificate, key)| [certificate, key]);
        for file in self.authorities.iter().chain(identity) {
            read(file).map_err(ServiceError::Credentials)?;
        }
        Ok(())
    }

    fn is_wanted(&self) -> bool {
        self.first || self.identity.is_some() || !self.authorities.is_empty()
    }
}

/// Servers, without the secrets in their addresses.
pub(crate) struct Servers {
    addresses: Vec<ServerAddr>,
    credentials: Credentials,
}

impl Servers {
    /// Reads addresses that are separated by commas.
    pub(crate) fn parse(text: &str, credentials: Credentials) -> Result<Self, ServiceError> {
        let mut addresses = Vec::new();
        let mut named: Option<(String, Option<String>)> = None;
        for part in text.split(',').map(str::trim) {
            let invalid = |cause: String| ServiceError::Address {
                // What stands before the `@` may be a secret.
                url: part.rsplit('@').next().unwrap_or_default().to_owned(),
                cause,
            };
            let address: ServerAddr = part.parse().map_err(|error: std::io::Error| invalid(error.to_string()))?;
            let decode = |text: &str| {
                let text = percent_decode_str(text).decode_utf8();
                text.map(String::from).map_err(|_| invalid("the user is not UTF-8".to_owned()))
            };
            let user = address.username().map(decode).transpose()?;
            let password = address.password().map(decode).transpose()?;
            let mut url = address.into_inner();
            if let Some(user) = user {
                let this = (user, password);
                if named.as_ref().is_some_and(|other| *other != this) {
                    return Err(invalid("another address names another user".to_owned()));
                }
                named = Some(this);
                // INVARIANT: an address with a user has a host, so that both can be taken away.
                let _ = url.set_username("");
                let _ = url.set_password(None);
            } else if password.is_some() {
                return Err(invalid("a password without a user".to_owned()));
            }
            addresses.push(ServerAddr::from_url(url).map_err(|error| invalid(error.to_string()))?);
        }
        let credentials = match (credentials, named) {
            (Credentials::None, Some((user, Some(password)))) => Credentials::Password { user, password },
            (Credentials::None, Some((token, None))) => Credentials::Token(token),
            (credentials, _) => credentials,
        };
        Ok(Self { addresses, credentials })
    }

    /// The addresses as text.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self
            .addresses
            .iter()
            .map(|address| address.as_url_str().trim_end_matches('/'))
            .collect();
        names.join(", ")
    }

    /// Connects. A server that cannot be reached is tried again until the time is over; one that refuses us is not.
    pub(crate) async fn connect(
        &self,
        tls: &Tls,
        patience: Option<Duration>,
        counters: &Arc<Counters>,
        refused: &UnboundedSender<String>,
    ) -> Result<Client, ServiceError> {
        self.credentials.answer(b"").map_err(ServiceError::Credentials)?;
        tls.check()?;
        let begun = Instant::now();
        let mut attempts = 0;
        loop {
            let error = match self.options(tls, counters, refused).connect(self.addresses.clone()).await {
                Ok(client) => return Ok(client),
                Err(error) => error,
            };
            if is_final(&error) {
                return Err(ServiceError::Connect(error.to_string()));
            }
            attempts += 1;
            let pause = pause(attempts);
            if patience.is_some_and(|patience| begun.elapsed() + pause > patience) {
                return Err(ServiceError::Connect(format!("{error} (after {attempts} attempts)")));
            }
            warn!(servers = %self.names(), attempts, cause = %error, retry_in = ?pause, "cannot connect");
            sleep(pause).await;
        }
    }

    fn options(&self, tls: &Tls, counters: &Arc<Counters>, refused: &UnboundedSender<String>) -> ConnectOptions {
        let credentials = self.credentials.clone();
        let authenticate = move |nonce: Vec<u8>| {
            let answer = credentials.answer(&nonce).map_err(AuthError::new);
            async move { answer }
        };
        let (counters, refused) = (Arc::clone(counters), refused.clone());
        let mut options = ConnectOptions::with_auth_callback(authenticate)
            .name("warrego")
            .max_reconnects(None)
            .subscription_capacity(IN_HAND)
            .require_tls(tls.is_wanted())
            .reconnect_delay_callback(|attempts| if attempts <= 1 { Duration::ZERO } else { pause(attempts) })
            .reconnect_to_server_callback(|servers, _| async move {
                for server in servers {
                    if let Some(cause) = server.last_error {
                        warn!(server = server.addr.as_url_str(), attempts = server.failed_attempts, %cause, "cannot reconnect");
                    }
                }
                // The client's own order of servers.
                None
            })
            .event_callback(move |event| {
                report(&event, &counters, &refused);
                async {}
            });
        for file in &tls.authorities {
            options = options.add_root_certificates(file.clone());
        }
        if let Some((certificate, key)) = &tls.identity {
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        if tls.first {
            options = options.tls_first();
        }
        options
    }
}

/// The pause after a number of failed attempts.
fn pause(attempts: usize) -> Duration {
    Duration::from_millis(50 << attempts.min(7)).min(PAUSE)
}

/// Whether trying again would change nothing: the server refuses who we are, or one of the two does not trust the other's certificate.
fn is_final(error: &ConnectError) -> bool {
    let is_tls = error
        .source()
        .and_then(|source| source.downcast_ref::<std::io::Error>())
        .and_then(std::io::Error::get_ref)
        .is_some_and(|inner| inner.is::<async_nats::rustls::Error>());
    let refused = matches!(
        error.kind(),
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication | ConnectErrorKind::Tls | ConnectErrorKind::ServerParse
    );
    is_tls || refused
}

/// Logs what happens to the connection. A subscription that is refused ends the service.
fn report(event: &Event, counters: &Counters, refused: &UnboundedSender<String>) {
    match event {
        Event::Connected => info!("connected"),
        Event::Disconnected => warn!("disconnected; trying to reconnect"),
        Event::LameDuckMode => warn!("the server is about to shut down (lame duck mode)"),
        Event::SlowConsumer(_) => {
            counters.lost.fetch_add(1, Ordering::Relaxed);
        }
        Event::ServerError(cause) => {
            let text = cause.to_string();
            let violation = text.to_ascii_lowercase().contains("permissions violation");
            if violation && text.to_ascii_lowercase().contains("subscription") {
                // If the service has ended nobody needs to know.
                let _ = refused.send(text);
            } else if !violation || counters.forbidden.fetch_add(1, Ordering::Relaxed) == 0 {
                // Those who ask choose where answers go, so only the first of these is logged; the others are counted.
                error!(%cause, "the server reports an error");
            }
        }
        other => debug!(event = %other, "connection"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(String, Credentials), String> {
        let servers = Servers::parse(text, Credentials::None).map_err(|error| error.to_string())?;
        Ok((servers.names(), servers.credentials))
    }

    #[test]
    fn users_and_tokens_are_taken_out_of_addresses() {
        let (names, credentials) = parsed("nats://al%40ice:p%2Fss@127.0.0.1:4222, tls://other.example").unwrap();
        assert_eq!(names, "nats://127.0.0.1:4222, tls://other.example");
        assert!(matches!(credentials, Credentials::Password { user, password } if user == "al@ice" && password == "p/ss"));
        let (names, credentials) = parsed("nats://s3cret@127.0.0.1:4222").unwrap();
        assert_eq!(names, "nats://127.0.0.1:4222");
        assert!(matches!(credentials, Credentials::Token(token) if token == "s3cret"));
        assert!(matches!(parsed("127.0.0.1").unwrap().1, Credentials::None));
    }

    #[test]
    fn no_error_shows_a_secret() {
        for text in [
            "nats://alice:s3cret@[::",
            "http://alice:s3cret@x",
            "nats://a:s3cret@x,nats://b:s3cret@y",
            "nats://:s3cret@x",
        ] {
            let error = parsed(text).err().expect(text);
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn blocks_of_credentials() {
        let text = "-----BEGIN NATS USER JWT-----\nabc\n------END NATS USER JWT------\n\n*** IMPORTANT ***\nNKEY\n\n-----BEGIN USER NKEY SEED-----\r\n  \
                    SUA\r\n------END USER NKEY SEED------\n";
        assert_eq!(blocks(text).collect::<Vec<_>>(), ["abc", "SUA"]);
    }
}
