//! More requests than can be answered: the queue stays within its bounds, what is shed is denied, and those who ask little are answered.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::Client;
use futures_util::StreamExt;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};
use warrego_host::messaging::{Service, ServiceOptions, Statistics};
use warrego_host::{Limits, compose};

use super::server::{SLOW, Server, TOPIC, ask, handler, options, slow_request};
use super::support::{component, composed, json, request};

/// Publishes requests with ids of their own, and collects their answers by id.
async fn flood(client: Client, bodies: Vec<Vec<u8>>) -> BTreeMap<String, Value> {
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await.unwrap();
    let count = bodies.len();
    for body in bodies {
        client.publish_with_reply(TOPIC, inbox.clone(), body.into()).await.unwrap();
    }
    let mut all = BTreeMap::new();
    while all.len() < count {
        let answer = timeout(Duration::from_secs(60), answers.next()).await.expect("in time").unwrap();
        let answer = json(&answer.payload);
        let id = answer["requestId"].as_str().unwrap().to_owned();
        assert!(all.insert(id, answer).is_none(), "two answers to one request");
    }
    all
}

/// Requests with ids of their own.
fn with_ids(body: &[u8], count: usize) -> Vec<Vec<u8>> {
    let mut document = json(body);
    (0..count)
        .map(|number| {
            document["requestId"] = format!("flood-{number}").into();
            document.to_string().into_bytes()
        })
        .collect()
}

/// What adds up to all that was received.
fn accounted(statistics: &Statistics) -> u64 {
    statistics.handled + statistics.failed + statistics.expired + statistics.dropped + statistics.oversized
}

#[test]
fn small_requests_of_one_asker_do_not_keep_others_waiting() {
    let server = Server::start();
    Runtime::new().unwrap().block_on(async {
        let options = ServiceOptions {
            max_pending: 500,
            max_age: Duration::from_secs(10),
            ..options(&server)
        };
        let service = Service::start(handler(composed(), Limits::default()), options).await.unwrap();
        let attacker = async_nats::connect(server.url()).await.unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let good = request("start-component.signed");
        let flooding = tokio::spawn(flood(attacker, with_ids(&good, 10_000)));
        let mut asked = 0;
        while !flooding.is_finished() {
            assert_eq!(ask(&client, &good).await["permitted"], true);
            asked += 1;
            sleep(Duration::from_millis(5)).await;
        }
        let answers = flooding.await.unwrap();
        let (permitted, denied): (Vec<_>, Vec<_>) = answers.values().partition(|answer| answer["permitted"] == true);
        assert!(!permitted.is_empty());
        for answer in &denied {
            assert_eq!(answer["message"], "no decision: overloaded: too many requests wait");
        }
        let statistics = service.drain().await.unwrap();
        assert_eq!(statistics.received, 10_000 + asked, "{statistics}");
        assert_eq!(accounted(&statistics), statistics.received, "{statistics}");
        assert_eq!(statistics.dropped, denied.len() as u64, "{statistics}");
        assert_eq!((statistics.lost, statistics.unanswered), (0, 0), "{statistics}");
    });
}

#[test]
fn large_and_slow_requests_of_one_asker_do_not_keep_others_waiting() {
    let server = Server::start();
    let composed = compose::wasmcloud(&component(SLOW, &["slow/decision"], Some("slow/decision"))).unwrap();
    Runtime::new().unwrap().block_on(async {
        let limits = Limits {
            deadline: Some(Duration::from_secs(20)),
            ..Limits::default()
        };
        let options = ServiceOptions {
            concurrency: 4,
            max_pending_bytes: 2 << 20,
            max_age: Duration::from_secs(10),
            ..options(&server)
        };
        let service = Service::start(handler(&composed, limits), options).await.unwrap();
        let attacker = async_nats::connect(server.url()).await.unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let mut large = json(&slow_request(24));
        large["request"]["annotations"]["padding"] = "x".repeat(500_000).into();
        let flooding = tokio::spawn(flood(attacker, with_ids(large.to_string().as_bytes(), 200)));
        let mut asked = 0;
        while !flooding.is_finished() {
            assert_eq!(ask(&client, &slow_request(4)).await["permitted"], true);
            asked += 1;
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(flooding.await.unwrap().len(), 200);
        let statistics = service.drain().await.unwrap();
        assert_eq!(statistics.received, 200 + asked, "{statistics}");
        assert_eq!(accounted(&statistics), statistics.received, "{statistics}");
        assert!(
            statistics.dropped > 100,
            "two megabytes hold no more than four of these: {statistics}"
        );
    });
}

#[test]
fn requests_older_than_their_askers_wait_are_shed() {
    let server = Server::start();
    let composed = compose::wasmcloud(&component(SLOW, &["slow/decision"], Some("slow/decision"))).unwrap();
    Runtime::new().unwrap().block_on(async {
        let limits = Limits {
            deadline: Some(Duration::from_secs(2)),
            ..Limits::default()
        };
        let options = ServiceOptions {
            concurrency: 1,
            max_age: Duration::from_millis(200),
            ..options(&server)
        };
        let service = Service::start(handler(&composed, limits), options).await.unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        // The first is at work for longer than the others wait, at most until its deadline.
        let answers = flood(client.clone(), with_ids(&slow_request(400), 20)).await;
        let late = "no decision: overloaded: request waited longer than 200 ms";
        let shed = answers.values().filter(|answer| answer["message"] == late).count();
        assert_eq!(shed, 19);
        assert!(answers.values().all(|answer| answer["permitted"] == false));
        assert_eq!(ask(&client, &slow_request(1)).await["permitted"], true);
        let statistics = service.drain().await.unwrap();
        assert_eq!(
            (statistics.expired, statistics.failed + statistics.handled),
            (19, 2),
            "{statistics}"
        );
    });
}

#[test]
fn requests_that_are_too_large_are_denied_at_once() {
    let server = Server::start();
    Runtime::new().unwrap().block_on(async {
        let service = Service::start(handler(composed(), Limits::default()), options(&server))
            .await
            .unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let mut large = json(&request("start-component.signed"));
        large["request"]["annotations"]["padding"] = "x".repeat(2 << 20).into();
        let answer = ask(&client, large.to_string().as_bytes()).await;
        assert_eq!(
            (&answer["permitted"], &answer["requestId"]),
            (&Value::Bool(false), &large["requestId"])
        );
        let message = answer["message"].as_str().unwrap();
        assert!(message.ends_with("exceeds the limit of 1048576 bytes"), "{message}");
        assert_eq!(service.drain().await.unwrap().oversized, 1);
    });
}

#[test]
fn options_that_answer_nothing_are_refused() {
    let server = Server::start();
    Runtime::new().unwrap().block_on(async {
        let good = options(&server);
        for wrong in [
            ServiceOptions {
                concurrency: 0,
                ..good.clone()
            },
            ServiceOptions {
                max_age: Duration::ZERO,
                ..good.clone()
            },
            ServiceOptions {
                max_request: 0,
                ..good.clone()
            },
            ServiceOptions {
                max_pending: 0,
                ..good.clone()
            },
            ServiceOptions {
                max_pending_bytes: 1000,
                ..good.clone()
            },
        ] {
            assert!(Service::start(handler(composed(), Limits::default()), wrong).await.is_err());
        }
    });
}
