//! Components with bytes changed: what comes from elsewhere need not be a policy, nor mean well. Loading it ends in an error or in a policy, whose decisions
//! end in an error or an answer; both within the limits of time and memory, and without a panic.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::json;
use warrego_compiler::{Input, Options, compile};
use warrego_host::{Clock, Effort, Engine, EngineOptions, Grants, Limits, LoadError, Log, Policy, Random};

use crate::{Case, Choices};

/// Policies with different imports, tables and data.
const POLICIES: [&str; 3] = [
    "package p\n\nq := input.x\n",
    "package p\n\nq := [time.now_ns(), regex.match(input.x, \"a+\"), sort(data.list)]\n",
    "package p\n\nq := http.send({\"method\": \"get\", \"url\": \"http://localhost/\"})\n",
];

/// The bytes of a component, or of what was one.
pub struct Component {
    policy: usize,
    bytes: Vec<u8>,
}

impl Case for Component {
    fn make(choices: &mut Choices<'_>) -> Self {
        let policy = choices.below(POLICIES.len());
        let mut bytes = components()[policy].clone();
        while !choices.is_empty() && choices.below(4) != 0 {
            change(&mut bytes, choices);
        }
        Self { policy, bytes }
    }

    fn check(&self) -> &'static str {
        let limits = Limits {
            deadline: Some(Duration::from_millis(500)),
            memory: 32 << 20,
        };
        let policy = match Policy::load_with(engine(), &self.bytes, limits, grants()) {
            Ok(policy) => policy,
            Err(LoadError::Invalid(_)) => return "not a component",
            Err(LoadError::Start(_)) => return "does not start",
            Err(_) => return "not a policy",
        };
        for entrypoint in 0..policy.entrypoints().len().min(3) {
            let Ok(mut instance) = policy.instance() else {
                return "does not start again";
            };
            // Whatever the answer is, there is one.
            let _ = instance.evaluate(u32::try_from(entrypoint).unwrap_or(0), Some(br#"{"x": "aaa"}"#));
            let _ = instance.set_data(r#"{"list": [3, 1, 2]}"#);
            assert!(instance.memory() <= 32 << 20);
        }
        "loaded"
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = &components()[self.policy];
        let first = whole.iter().zip(&self.bytes).position(|(old, new)| old != new);
        write!(f, "policy {}, {} bytes, changed from {first:?}", self.policy, self.bytes.len())
    }
}

/// Changes something somewhere. Sections begin with their sizes, so most of what changes a length is found at once; a changed byte often is not.
fn change(bytes: &mut Vec<u8>, choices: &mut Choices<'_>) {
    let at = choices.below(bytes.len().max(1)).min(bytes.len());
    match choices.below(6) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << choices.below(8);
            }
        }
        2 => bytes.insert(at, [0, 0x7f, 0xff, 0x80][choices.below(4)]),
        3 => drop(bytes.drain(at..(at + 1 + choices.below(16)).min(bytes.len()))),
        4 => bytes.truncate(at),
        _ => {
            let from = choices.below(bytes.len().max(1)).min(bytes.len());
            let chunk = bytes[from..(from + 64).min(bytes.len())].to_vec();
            bytes.splice(at..at, chunk);
        }
    }
}

fn components() -> &'static [Vec<u8>] {
    static COMPONENTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let made = |text: &&str| {
        let input = Input {
            modules: vec![("p.rego".to_owned(), (*text).to_owned())],
            data: json!({"list": [1, 2, 3]}),
        };
        let options = Options {
            entrypoints: vec!["p/q".to_owned()],
            ..Options::default()
        };
        compile(&input, &options).unwrap_or_else(|failure| panic!("{failure:?}")).component
    };
    COMPONENTS.get_or_init(|| POLICIES.iter().map(made).collect())
}

/// Everything may be imported, and nothing is reached.
fn grants() -> Grants {
    Grants {
        clock: Clock::Fixed(Duration::ZERO),
        random: Random::Seeded(0),
        environment: Some(Vec::new()),
        network: "invalid".parse().into_iter().collect(),
        publish: Vec::new(),
        log: Log::Discard,
    }
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let options = EngineOptions {
            instances: None,
            effort: Effort::Quick,
            ..EngineOptions::default()
        };
        Engine::new(options).expect("an engine")
    })
}
