//! The composed component on a real NATS server: every message is answered, a restart of the server loses only what was on its way, and a service
//! that is told to stop finishes what it has begun.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};
use warrego_host::messaging::{Service, ServiceOptions};
use warrego_host::{Limits, compose};

use super::server::{SLOW, Server, TOPIC, ask, handler, options, slow_request};
use super::support::{broken, component, composed, example, files, json, request};

#[test]
fn every_message_is_answered() {
    let server = Server::start();
    Runtime::new().unwrap().block_on(async {
        let options = ServiceOptions {
            max_request: 8 << 20,
            ..options(&server)
        };
        let service = Service::start(handler(composed(), Limits::default()), options).await.unwrap();
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
                max_age: Duration::from_secs(60),
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
