//! The composed component on a real NATS server: every message is answered, a restart of the server loses only what was on its way, and a service
//! that is told to stop finishes what it has begun.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use async_nats::Client;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};
use warrego_host::messaging::{Handler, Service, ServiceOptions};
use warrego_host::{Limits, compose, wasmcloud};

use super::support::{broken, component, composed, engine, example, files, json, request};

const TOPIC: &str = "wasmcloud.policy";

/// A server on a port that the system picks, and that it keeps over a restart.
struct Server {
    process: Child,
    folder: TempDir,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Requests of 5 MB are more than a server takes by itself.
        fs::write(folder.path().join("server.conf"), "max_payload: 8MB\n").unwrap();
        let mut process = Self::spawn(&folder, -1);
        let ports = folder.path().join(format!("nats-server_{}.ports", process.id()));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            let urls = fs::read_to_string(&ports)
                .ok()
                .and_then(|text| serde_json::from_str::<Value>(&text).ok());
            if let Some(port) = urls
                .as_ref()
                .and_then(|urls| urls["nats"][0].as_str()?.rsplit(':').next()?.parse().ok())
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

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn restart(&mut self) {
        self.process = Self::spawn(&self.folder, self.port.into());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn options(server: &Server) -> ServiceOptions {
    ServiceOptions {
        url: server.url(),
        subjects: vec![TOPIC.to_owned()],
        queue: Some("policy".to_owned()),
        fallback: Some(wasmcloud::denial),
        ..ServiceOptions::default()
    }
}

fn handler(component: &[u8], limits: Limits) -> Handler {
    Handler::load(engine(), component, limits).unwrap()
}

async fn ask(client: &Client, body: &[u8]) -> Value {
    let answer = timeout(Duration::from_secs(20), client.request(TOPIC, body.to_vec().into()))
        .await
        .expect("in time")
        .unwrap();
    json(&answer.payload)
}

#[test]
fn every_message_is_answered() {
    let server = Server::start();
    Runtime::new().unwrap().block_on(async {
        let service = Service::start(handler(composed(), Limits::default()), options(&server))
            .await
            .unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        for (name, request) in files(&example("wasmcloud").join("inputs")) {
            let answer = ask(&client, &request).await;
            assert_eq!(answer["requestId"], json(&request)["requestId"], "{name}");
            assert_eq!(
                answer["permitted"],
                name.ends_with(".signed") || name == "perform-invocation",
                "{name}"
            );
        }
        for (body, id) in broken() {
            let answer = ask(&client, &body).await;
            assert_eq!(
                (&answer["permitted"], &answer["requestId"]),
                (&Value::Bool(false), &Value::String(id))
            );
        }
        // Nobody waits for an answer to this one, and it does no harm.
        client.publish(TOPIC, request("start-component.signed").into()).await.unwrap();
        assert_eq!(ask(&client, &request("start-component.signed")).await["permitted"], true);
        service.drain().await.unwrap();
    });
}

#[test]
fn a_restart_of_the_server_loses_only_what_was_on_its_way() {
    let mut server = Server::start();
    Runtime::new().unwrap().block_on(async {
        let service = Service::start(handler(composed(), Limits::default()), options(&server))
            .await
            .unwrap();
        let client = async_nats::ConnectOptions::new()
            .max_reconnects(None)
            .connect(server.url())
            .await
            .unwrap();
        let good = request("start-component.signed");
        for _ in 0..3 {
            assert_eq!(ask(&client, &good).await["permitted"], true);
            server.stop();
            sleep(Duration::from_millis(300)).await;
            server.restart();
            let begun = Instant::now();
            // Until both are connected again a request may find nobody; from then on all are answered.
            while client.request(TOPIC, good.clone().into()).await.is_err() {
                assert!(begun.elapsed() < Duration::from_secs(20), "the service did not come back");
                sleep(Duration::from_millis(20)).await;
            }
            for _ in 0..50 {
                assert_eq!(ask(&client, &good).await["permitted"], true);
            }
        }
        service.drain().await.unwrap();
    });
}

#[test]
fn a_service_waits_for_a_server_that_is_not_there_yet() {
    let mut server = Server::start();
    server.stop();
    Runtime::new().unwrap().block_on(async {
        let starting = tokio::spawn(Service::start(handler(composed(), Limits::default()), options(&server)));
        sleep(Duration::from_millis(200)).await;
        server.restart();
        let service = timeout(Duration::from_secs(20), starting).await.expect("in time").unwrap().unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        assert_eq!(ask(&client, &request("start-component.signed")).await["permitted"], true);
        service.drain().await.unwrap();
    });
}

/// Decides after a while that grows with the annotations.
const SLOW: &str = r#"package slow

decision := count([1 |
	some a in input.request.annotations
	some b in input.request.annotations
	some c in input.request.annotations
	some d in input.request.annotations
	concat("", [a, b, c, d]) == ""
]) == 0
"#;

fn slow_request(annotations: usize) -> Vec<u8> {
    let mut document = json(&request("start-component.signed"));
    document["request"]["annotations"] = (0..annotations)
        .map(|number| (number.to_string(), Value::from("x")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    document.to_string().into_bytes()
}

#[test]
fn a_deadline_is_a_denial_too() {
    let server = Server::start();
    let composed = compose::wasmcloud(&component(SLOW, &["slow/decision"], Some("slow/decision"))).unwrap();
    Runtime::new().unwrap().block_on(async {
        let limits = Limits {
            deadline: Some(Duration::from_millis(100)),
            ..Limits::default()
        };
        let service = Service::start(handler(&composed, limits), options(&server)).await.unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let answer = ask(&client, &slow_request(200)).await;
        assert_eq!(answer["permitted"], false);
        assert_eq!(answer["requestId"], json(&request("start-component.signed"))["requestId"]);
        assert_eq!(answer["message"], "no decision: not finished within 100 ms");
        assert_eq!(ask(&client, &slow_request(1)).await["permitted"], true);
        service.drain().await.unwrap();
    });
}

#[test]
fn draining_finishes_what_was_begun() {
    let server = Server::start();
    let composed = compose::wasmcloud(&component(SLOW, &["slow/decision"], Some("slow/decision"))).unwrap();
    Runtime::new().unwrap().block_on(async {
        let limits = Limits {
            deadline: Some(Duration::from_secs(20)),
            ..Limits::default()
        };
        let service = Service::start(
            handler(&composed, limits),
            ServiceOptions {
                concurrency: 2,
                ..options(&server)
            },
        )
        .await
        .unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let body = slow_request(24);
        let asked: Vec<_> = (0..20)
            .map(|_| {
                let (client, body) = (client.clone(), body.clone());
                tokio::spawn(async move { ask(&client, &body).await })
            })
            .collect();
        // All of them are with the server, and most of them wait.
        sleep(Duration::from_millis(50)).await;
        client.flush().await.unwrap();
        service.drain().await.unwrap();
        for answer in asked {
            assert_eq!(answer.await.unwrap()["permitted"], true);
        }
        let error = client.request(TOPIC, body.into()).await.unwrap_err();
        assert_eq!(error.kind(), async_nats::client::RequestErrorKind::NoResponders);
    });
}

#[test]
fn draining_without_a_server_does_not_wait_for_it() {
    let mut server = Server::start();
    Runtime::new().unwrap().block_on(async {
        let service = Service::start(handler(composed(), Limits::default()), options(&server))
            .await
            .unwrap();
        server.stop();
        sleep(Duration::from_millis(300)).await;
        timeout(Duration::from_secs(5), service.drain()).await.expect("at once").unwrap();
    });
}

#[cfg(unix)]
#[test]
fn the_program_serves_until_it_is_told_to_stop() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("composed.wasm");
    fs::write(&file, composed()).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_warrego"))
        .args(["serve", "--nats", &server.url(), "--subject", TOPIC, "--queue", "policy"])
        .arg(&file)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Runtime::new().unwrap().block_on(async {
        let client = async_nats::connect(server.url()).await.unwrap();
        let begun = Instant::now();
        let good = request("start-component.signed");
        while client.request(TOPIC, good.clone().into()).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the program does not serve");
            sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(ask(&client, &good).await["permitted"], true);
    });
    let stopped = Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert!(program.wait().unwrap().success(), "SIGTERM is no failure");
}
