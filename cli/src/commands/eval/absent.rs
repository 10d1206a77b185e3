//! Flags of `opa eval` that this program knows in order to say that they cannot be honoured.

use clap::Args;

/// Flags of `opa eval` that scripts may have, and that cannot be honoured.
#[derive(Args)]
pub struct Absent {
    #[arg(short, long, hide = true)]
    partial: bool,
    #[arg(short, long, hide = true, value_delimiter = ',')]
    unknowns: Vec<String>,
    #[arg(long, hide = true)]
    profile: bool,
    #[arg(long, hide = true)]
    coverage: bool,
    #[arg(long, hide = true, value_name = "MODE")]
    explain: Option<String>,
}

impl Absent {
    /// Why the flags that were given are refused. Without `--partial`, `--unknowns` mean nothing to `opa` either.
    pub fn refusal(&self) -> Option<&'static str> {
        if self.partial || !self.unknowns.is_empty() {
            return Some("there is no partial evaluation: policies are compiled whole");
        }
        if self.profile {
            return Some("there is no profile of expressions; --metrics tells how long the whole took");
        }
        if self.coverage {
            return Some("coverage is reported by `warrego test --coverage`, for tests");
        }
        match self.explain.as_deref() {
            None | Some("off") => None,
            Some(_) => Some("there is no trace of an evaluation; `warrego test --var-values` tells why tests fail"),
        }
    }
}
