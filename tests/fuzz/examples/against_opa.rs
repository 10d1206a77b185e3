//! Holds policies made up against real OPA: `cargo run --package warrego-fuzz --example against_opa [POLICIES] [SEED]`. It needs `opa` in the path, or its
//! place in `OPA`, and talks to two servers of it that it starts on free ports, one for Rego v1 and one for v0.
//!
//! For each policy and input both decide all rules; whatever differs is printed. So is each rule that the compiler refused and OPA does not.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::Duration;

use proptest::arbitrary::any;
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};
use warrego_fuzz::decisions::{self, Decision, Policy};
use warrego_fuzz::{Case, Choices};

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1).map(|argument| argument.parse::<u64>().expect("a number"));
    let (policies, seed) = (arguments.next().unwrap_or(50), arguments.next().unwrap_or(1));
    let mut servers = [Server::start(false), Server::start(true)];
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    });
    let bytes = vec(any::<u8>(), 500..=8_000);
    let (mut compared, mut different) = (0_u32, 0_u32);
    for number in 0..policies {
        let bytes = bytes.new_tree(&mut runner).expect("bytes").current();
        let policy = Policy::make(&mut Choices::new(&bytes));
        let server = &mut servers[usize::from(policy.is_v0_compatible())];
        server.put("/v1/policies/library.rego", &policy.library());
        for (text, reason) in &policy.refused {
            if server.put("/v1/policies/policy.rego", text).0 == 200 {
                different += 1;
                let rule = last_rule(text);
                println!("--- policy {number}: refused here alone: {reason}\n{rule}");
            }
        }
        let (status, answer) = server.put("/v1/policies/policy.rego", &policy.text);
        if status != 200 {
            different += 1;
            println!("--- policy {number}: OPA refuses it: {answer}\n{}", policy.text);
            continue;
        }
        let ours = policy.decide();
        for (rule, decisions) in ours.iter().enumerate() {
            for (input, decision) in policy.inputs.iter().zip(decisions) {
                let Some(wanted) = server.decide(rule, input) else { continue };
                compared += 1;
                if *decision != wanted {
                    different += 1;
                    println!(
                        "--- policy {number}: r{rule} of {input}\n    OPA: {wanted:?}\n    here: {decision:?}\n{}",
                        policy.text
                    );
                }
            }
        }
    }
    println!("{policies} policies, {compared} decisions compared, {different} differences");
    ExitCode::from(u8::from(different > 0))
}

/// The end of a policy, from the last rule on.
fn last_rule(text: &str) -> &str {
    let trimmed = text.trim_end();
    let start = trimmed.rfind("\n\n").unwrap_or(0);
    &text[start..]
}

/// An OPA that answers over HTTP.
struct Server {
    process: Child,
    connection: BufReader<TcpStream>,
}

impl Server {
    fn start(v0: bool) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let mut command = Command::new(env::var_os("OPA").unwrap_or_else(|| "opa".into()));
        command.args(["run", "--server", "--disable-telemetry", "--log-level", "error", "--addr"]);
        command.arg(format!("127.0.0.1:{port}"));
        if v0 {
            command.arg("--v0-compatible");
        }
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`opa` is installed");
        let connect = || TcpStream::connect(("127.0.0.1", port)).ok();
        let wait = |_| {
            sleep(Duration::from_millis(100));
            connect()
        };
        let connection = (0..100).find_map(wait).expect("OPA answers");
        let mut server = Self {
            process,
            connection: BufReader::new(connection),
        };
        server.request("PUT", "/v1/data/d", &decisions::documents()["d"].to_string());
        server
    }

    fn put(&mut self, path: &str, text: &str) -> (u32, String) {
        self.request("PUT", path, text)
    }

    /// What OPA decides; `None` where it fails in a way that is not compared.
    fn decide(&mut self, rule: usize, input: &str) -> Option<Decision> {
        let input: Value = serde_json::from_str(input).expect("inputs are JSON");
        let (status, answer) = self.request("POST", &format!("/v1/data/r/r{rule}"), &json!({"input": input}).to_string());
        let answer: Value = serde_json::from_str(&answer).expect("OPA answers in JSON");
        if status == 200 {
            return Some(match answer.get("result") {
                Some(result) => Decision::of(result),
                None => Decision::Undefined,
            });
        }
        let mut errors = answer["errors"].as_array().into_iter().flatten();
        errors
            .any(|error| error["code"] == "eval_conflict_error")
            .then_some(Decision::Conflict)
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> (u32, String) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let stream = self.connection.get_mut();
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .expect("OPA listens");
        let mut line = String::new();
        self.connection.read_line(&mut line).expect("OPA answers");
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let mut length = None;
        loop {
            line.clear();
            self.connection.read_line(&mut line).expect("OPA answers");
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
        }
        let body = match length {
            Some(length) => {
                let mut body = vec![0; length];
                self.connection.read_exact(&mut body).expect("the whole answer");
                body
            }
            None if status == 204 => Vec::new(),
            None => self.chunks(),
        };
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.connection.read_line(&mut line).expect("a chunk");
            let length = usize::from_str_radix(line.trim(), 16).expect("a length");
            let mut chunk = vec![0; length + 2];
            self.connection.read_exact(&mut chunk).expect("a chunk");
            if length == 0 {
                return body;
            }
            body.extend(&chunk[..length]);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
