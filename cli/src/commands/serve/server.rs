//! Which NATS server, and who the service is to it: flags and environment variables as the `nats` program has them. Secrets can be given by
//! variables or files, so that they need not be seen among the arguments of processes.

use std::path::PathBuf;

use clap::Args;
use warrego_host::messaging::{Credentials, ServiceOptions, Tls};

use crate::duration::{self, GoDuration};

/// Flags of the connection.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub struct Server {
    /// The NATS server; several, separated by commas, are tried in turn. A user and a password, or a token, may stand before the host
    #[arg(
        long,
        visible_alias = "server",
        value_name = "URL",
        env = "NATS_URL",
        hide_env_values = true,
        default_value = "nats://127.0.0.1:4222"
    )]
    nats: String,
    /// A user of the server
    #[arg(long, value_name = "NAME", env = "NATS_USER", hide_env_values = true, requires = "password")]
    user: Option<String>,
    /// The user's password
    #[arg(long, value_name = "PASSWORD", env = "NATS_PASSWORD", hide_env_values = true, requires = "user")]
    password: Option<String>,
    /// A token that the server knows
    #[arg(long, value_name = "TOKEN", env = "NATS_TOKEN", hide_env_values = true, conflicts_with_all = ["user", "nkey", "creds"])]
    token: Option<String>,
    /// The seed of an NKEY, or a file that holds it
    #[arg(long, value_name = "SEED|FILE", env = "NATS_NKEY", hide_env_values = true, conflicts_with_all = ["user", "creds"])]
    nkey: Option<String>,
    /// A file of credentials, as nsc writes it; it is read again for each connection
    #[arg(long, value_name = "FILE", env = "NATS_CREDS", conflicts_with = "user")]
    creds: Option<PathBuf>,
    /// Certificates of the authorities to trust instead of the system's (PEM); may be repeated
    #[arg(long, visible_alias = "tlsca", value_name = "FILE", env = "NATS_CA", value_delimiter = ',')]
    tls_ca: Vec<PathBuf>,
    /// The certificate to show to the server (PEM)
    #[arg(long, visible_alias = "tlscert", value_name = "FILE", env = "NATS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of that certificate (PEM)
    #[arg(long, visible_alias = "tlskey", value_name = "FILE", env = "NATS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Encrypt before the server introduces itself
    #[arg(long, visible_alias = "tlsfirst")]
    tls_first: bool,
    /// How long to try to reach a server at first; without it there is no limit
    #[arg(long, value_name = "DURATION", value_parser = duration::positive)]
    connect_timeout: Option<GoDuration>,
}

impl Server {
    /// The options with everything that has to do with the connection.
    pub fn apply(self, options: ServiceOptions) -> ServiceOptions {
        let credentials = match (self.user, self.password, self.token, self.nkey, self.creds) {
            (Some(user), Some(password), ..) => Credentials::Password { user, password },
            (_, _, Some(token), ..) => Credentials::Token(token),
            (_, _, _, Some(nkey), _) if is_seed(&nkey) => Credentials::Seed(nkey),
            (_, _, _, Some(file), _) => Credentials::SeedFile(file.into()),
            (.., Some(file)) => Credentials::File(file),
            _ => Credentials::None,
        };
        ServiceOptions {
            url: self.nats,
            credentials,
            tls: Tls {
                authorities: self.tls_ca,
                identity: self.tls_cert.zip(self.tls_key),
                first: self.tls_first,
            },
            connect_timeout: self.connect_timeout.map(|timeout| timeout.0),
            ..options
        }
    }
}

/// Whether a text looks like the seed of a user's NKEY, and not like the name of a file.
fn is_seed(text: &str) -> bool {
    text.len() == 58 && text.starts_with("SU") && text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'))
}
