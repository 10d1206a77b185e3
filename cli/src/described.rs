//! What a component says about itself, as flags of `warrego build`, by the names that `wasm-tools metadata add` has for them.

use clap::Args;
use warrego_compiler::metadata::Metadata;

/// Flags that describe the policy. What is not given is taken from the annotations of the package that holds the first entrypoint.
#[derive(Args, Clone)]
#[command(next_help_heading = "Metadata")]
pub struct Described {
    /// The policy's name; without it the title of its package
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The policy's version, as in 1.2.0
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// What the policy is for, in a sentence
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Who wrote the policy, as in "Ann Example <ann@example.com>"
    #[arg(long, value_name = "TEXT")]
    authors: Option<String>,
    /// The policy's licence, an SPDX expression, as in "Apache-2.0 OR MIT"
    #[arg(long, value_name = "EXPRESSION")]
    licenses: Option<String>,
    /// The URL of the policy's sources
    #[arg(long, value_name = "URL")]
    source: Option<String>,
    /// The URL of the policy's home page
    #[arg(long, value_name = "URL")]
    homepage: Option<String>,
    /// The revision of the policy's sources, as in the hash of a commit
    #[arg(short, long, value_name = "REVISION")]
    revision: Option<String>,
}

impl Described {
    /// As the compiler takes it.
    pub fn metadata(self) -> Metadata {
        Metadata {
            name: self.name,
            version: self.version,
            description: self.description,
            authors: self.authors,
            licenses: self.licenses,
            source: self.source,
            homepage: self.homepage,
            revision: self.revision,
        }
    }
}
