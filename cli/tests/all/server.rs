//! A real NATS server for tests, and what they do with it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use async_nats::Client;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::timeout;
use warrego_host::messaging::{Handler, ServiceOptions};
use warrego_host::{Limits, wasmcloud};

use super::support::{engine, json, request};

/// The policy topic.
pub const TOPIC: &str = "wasmcloud.policy";

/// A server on a port that the system picks, and that it keeps over a restart.
pub struct Server {
    process: Child,
    folder: TempDir,
    port: u16,
}

impl Server {
    /// A server that lets everybody in.
    pub fn start() -> Self {
        // Requests of 5 MB are more than a server takes by itself.
        Self::configured("max_payload: 8MB\n")
    }

    /// A server with a configuration.
    pub fn configured(configuration: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.conf"), configuration).unwrap();
        let mut process = Self::spawn(&folder, -1);
        let ports = folder.path().join(format!("nats-server_{}.ports", process.id()));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            let urls = fs::read_to_string(&ports)
                .ok()
                .and_then(|text| serde_json::from_str::<Value>(&text).ok());
            if let Some(port) = urls
                .as_ref()
                .and_then(|urls| urls.get("nats").or(urls.get("tls"))?[0].as_str()?.rsplit(':').next()?.parse().ok())
            {
                return Self { process, folder, port };
            }
            thread::sleep(Duration::from_millis(20));
        }
        process.kill().ok();
        process.wait().ok();
        panic!("the nats-server did not say where it listens");
    }

    fn spawn(folder: &TempDir, port: i32) -> Child {
        Command::new("nats-server")
            .arg("--config")
            .arg(folder.path().join("server.conf"))
            .args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--ports_file_dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(
                "these tests need a nats-server on the PATH: `cargo xtask test` installs one; else `apt-get install nats-server`, or \
                 `go install github.com/nats-io/nats-server/v2@latest`",
            )
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it.
    pub fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again at the same port.
    pub fn restart(&mut self) {
        self.process = Self::spawn(&self.folder, self.port.into());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Options for the policy topic.
pub fn options(server: &Server) -> ServiceOptions {
    ServiceOptions {
        url: server.url(),
        subjects: vec![TOPIC.to_owned()],
        queue: Some("policy".to_owned()),
        fallback: Some(wasmcloud::denial),
        ..ServiceOptions::default()
    }
}

/// Loads a composed component.
pub fn handler(component: &[u8], limits: Limits) -> Handler {
    Handler::load(engine(), component, limits).unwrap()
}

/// Asks and waits for an answer.
pub async fn ask(client: &Client, body: &[u8]) -> Value {
    let answer = timeout(Duration::from_secs(20), client.request(TOPIC, body.to_vec().into()))
        .await
        .expect("in time")
        .unwrap();
    json(&answer.payload)
}

/// Decides after a while that grows with the annotations.
pub const SLOW: &str = r#"package slow

decision := count([1 |
	some a in input.request.annotations
	some b in input.request.annotations
	some c in input.request.annotations
	some d in input.request.annotations
	concat("", [a, b, c, d]) == ""
]) == 0
"#;

/// A request with as many annotations.
pub fn slow_request(annotations: usize) -> Vec<u8> {
    let mut document = json(&request("start-component.signed"));
    document["request"]["annotations"] = (0..annotations)
        .map(|number| (number.to_string(), Value::from("x")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    document.to_string().into_bytes()
}
