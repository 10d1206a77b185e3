//! What policies ask the world outside, and what they are granted of it: a server of our own on this machine, clocks that stand still, and denials
//! that name their cause.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use warrego_compiler::{Input, Options, Print, compile};
use warrego_host::{Capability, Clock, DecisionError, Grants, Instance, Limits, LoadError, Log, Policy, Random};

use super::support::{component, engine};

/// A server that answers by path, and how many requests it got.
struct Server {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                thread::spawn(move || answer(stream, &counter));
            }
        });
        Self { port, requests }
    }

    fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// A request as a policy makes it.
    fn request(&self, path: &str, more: Value) -> Value {
        let mut request = json!({"method": "get", "url": format!("http://127.0.0.1:{}{path}", self.port)});
        for (key, value) in more.as_object().into_iter().flatten() {
            request[key] = value.clone();
        }
        request
    }
}

fn answer(stream: TcpStream, counter: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut first, mut headers) = (String::new(), serde_json::Map::new());
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.into());
    }
    let length = headers
        .get("content-length")
        .and_then(Value::as_str)
        .map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
    let (method, path) = first.split_once(' ')?;
    let path = path.split(' ').next()?;
    let told =
        json!({"method": method, "path": path, "headers": headers, "body": String::from_utf8_lossy(&body), "number": number}).to_string();
    let (status, more) = match path {
        "/slow" => {
            thread::sleep(Duration::from_secs(2));
            ("200 OK", "")
        }
        "/break" if number < 3 => return None,
        "/moved" => ("302 Found", "location: /target\r\n"),
        "/round" => ("302 Found", "location: /round\r\n"),
        "/fresh" => ("200 OK", "cache-control: max-age=100\r\ndate: Mon, 06 May 2024 07:08:09 GMT\r\n"),
        "/tagged" if headers.get("if-none-match") == Some(&json!("\"v1\"")) => {
            ("304 Not Modified", "date: Mon, 06 May 2024 07:08:09 GMT\r\n")
        }
        "/tagged" => ("200 OK", "etag: \"v1\"\r\nexpires: 0\r\ndate: Mon, 06 May 2024 07:08:09 GMT\r\n"),
        "/missing" => ("404 Not Found", ""),
        _ => ("200 OK", ""),
    };
    let body = if status.starts_with("304") { "" } else { &told };
    let length = body.len();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{more}content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .ok()
}

/// Seconds since 1970 of the server's dates.
const DATE: u64 = 1_714_979_289;

fn network() -> Grants {
    Grants {
        network: vec!["127.0.0.1".parse().unwrap()],
        clock: Clock::Fixed(Duration::from_secs(DATE)),
        ..Grants::default()
    }
}

fn instance(text: &str, limits: Limits, grants: Grants) -> Instance {
    let component = component(&format!("package p\n\n{text}\n"), &["p/q"], None);
    let policy = Policy::load_with(engine(), &component, limits, grants).unwrap();
    policy.instance().unwrap()
}

fn patient() -> Limits {
    Limits {
        deadline: Some(Duration::from_secs(20)),
        ..Limits::default()
    }
}

fn sender() -> Instance {
    instance("q := http.send(input)", patient(), network())
}

fn ask(instance: &mut Instance, input: &Value) -> Option<Value> {
    let answer = instance.evaluate(0, Some(input.to_string().as_bytes())).unwrap();
    answer.map(|bytes| serde_json::from_slice(&bytes).unwrap())
}

#[test]
fn requests_and_responses() {
    let server = Server::start();
    let mut instance = sender();
    let more = json!({"method": "post", "headers": {"X-Colour": "red"}, "body": {"a": [1, "<"]}});
    let response = ask(&mut instance, &server.request("/a%20b?c=d", more)).unwrap();
    assert_eq!((&response["status"], &response["status_code"]), (&json!("200 OK"), &json!(200)));
    assert_eq!(response["headers"]["content-type"], json!(["application/json"]));
    let body = &response["body"];
    assert_eq!((&body["method"], &body["path"]), (&json!("POST"), &json!("/a%20b?c=d")));
    assert_eq!(
        (&body["headers"]["x-colour"], &body["headers"]["content-length"]),
        (&json!("red"), &json!("18"))
    );
    assert_eq!(body["body"], json!("{\"a\":[1,\"\\u003c\"]}"));
    let raw: Value = serde_json::from_str(response["raw_body"].as_str().unwrap()).unwrap();
    assert_eq!(&raw, body);
}

#[test]
fn redirects_are_followed_if_asked() {
    let server = Server::start();
    let mut instance = sender();
    let response = ask(&mut instance, &server.request("/moved", json!({}))).unwrap();
    assert_eq!(
        (&response["status_code"], &response["headers"]["location"]),
        (&json!(302), &json!(["/target"]))
    );
    let response = ask(&mut instance, &server.request("/moved", json!({"enable_redirect": true}))).unwrap();
    assert_eq!(response["body"]["path"], "/target");
    let more = json!({"enable_redirect": true, "raise_error": false});
    let response = ask(&mut instance, &server.request("/round", more)).unwrap();
    assert!(
        response["error"]["message"]
            .as_str()
            .unwrap()
            .ends_with("stopped after 10 redirects")
    );
}

#[test]
fn failures_are_undefined_or_told() {
    let server = Server::start();
    let mut instance = sender();
    let slow = json!({"timeout": "100ms"});
    let begun = Instant::now();
    assert_eq!(ask(&mut instance, &server.request("/slow", slow)), None);
    assert!(begun.elapsed() < Duration::from_secs(1));
    let mut told = |request: Value| {
        let mut request = request;
        request["raise_error"] = json!(false);
        let answer = ask(&mut instance, &request).unwrap();
        assert_eq!(answer["status_code"], 0);
        (
            answer["error"]["code"].clone(),
            answer["error"]["message"].as_str().unwrap().to_owned(),
        )
    };
    let (code, message) = told(json!({"method": "get", "url": "http://127.0.0.1:1/x"}));
    assert_eq!(code, "eval_http_send_network_error");
    assert_eq!(
        message,
        "Get \"http://127.0.0.1:1/x\": dial tcp 127.0.0.1:1: connect: connection refused"
    );
    let (_, message) = told(json!({"method": "get", "url": "http://example.com/"}));
    assert_eq!(message, "Get \"http://example.com/\": disallowed host: example.com");
    let (code, message) = told(json!({"method": "get", "url": "https://127.0.0.1:1/", "tls_ca_cert": "x"}));
    assert_eq!(code, "eval_http_send_internal_error");
    assert!(message.contains("`tls_ca_cert` cannot be honoured"), "{message}");
    let (_, message) = told(json!({"method": "get", "url": "unix://localhost/?socket=x"}));
    assert!(message.contains("unix sockets"), "{message}");
    let (_, message) = told(json!({"url": "http://127.0.0.1/", "other": 1}));
    assert_eq!(
        message,
        "eval_type_error: http.send: operand 1 invalid request parameters(s): {\"other\"}"
    );
}

#[test]
fn failed_requests_are_tried_again() {
    let server = Server::start();
    let mut instance = sender();
    let response = ask(&mut instance, &server.request("/break", json!({"max_retry_attempts": 3}))).unwrap();
    assert_eq!((&response["body"]["number"], server.count()), (&json!(3), 3));
}

#[test]
fn a_decision_asks_once_and_later_ones_as_the_request_says() {
    let server = Server::start();
    let text = "q := [http.send(input).body.number, http.send(input).body.number]";
    let mut instance = instance(text, patient(), network());
    let plain = server.request("/plain", json!({}));
    assert_eq!(ask(&mut instance, &plain), Some(json!([1, 1])));
    assert_eq!(ask(&mut instance, &plain), Some(json!([2, 2])));
    let forced = server.request("/plain", json!({"force_cache": true, "force_cache_duration_seconds": 60}));
    assert_eq!(ask(&mut instance, &forced), Some(json!([3, 3])));
    assert_eq!(ask(&mut instance, &forced), Some(json!([3, 3])));
    let fresh = server.request("/fresh", json!({"cache": true}));
    assert_eq!(ask(&mut instance, &fresh), Some(json!([4, 4])));
    assert_eq!(ask(&mut instance, &fresh), Some(json!([4, 4])));
    // Stale at once, but the server says that it still holds.
    let tagged = server.request("/tagged", json!({"cache": true}));
    assert_eq!(ask(&mut instance, &tagged), Some(json!([5, 5])));
    assert_eq!(ask(&mut instance, &tagged), Some(json!([5, 5])));
    assert_eq!(server.count(), 6);
}

#[test]
fn a_deadline_ends_waiting_too() {
    let server = Server::start();
    let deadline = Duration::from_millis(200);
    let limits = Limits {
        deadline: Some(deadline),
        ..Limits::default()
    };
    let mut instance = instance("q := http.send(input)", limits, network());
    let begun = Instant::now();
    let input = server.request("/slow", json!({})).to_string();
    assert_eq!(instance.evaluate(0, Some(input.as_bytes())), Err(DecisionError::Deadline(deadline)));
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}

#[test]
fn what_is_not_granted_is_refused_by_name() {
    for (call, capability) in [
        ("http.send(input)", Capability::Http),
        ("net.lookup_ip_addr(input)", Capability::Lookup),
        ("opa.runtime()", Capability::Environment),
    ] {
        let component = component(&format!("package p\n\nq := {call}\n"), &["p/q"], None);
        let clock = Grants {
            clock: Clock::System,
            ..Grants::default()
        };
        match Policy::load_with(engine(), &component, Limits::default(), clock) {
            Err(LoadError::Denied(missing)) => assert_eq!(missing, [capability]),
            Err(error) => panic!("{call}: {error}"),
            Ok(_) => panic!("{call} was granted"),
        }
    }
    let component = component("package p\n\nq := [time.now_ns(), rand.intn(\"a\", 5)]\n", &["p/q"], None);
    let Err(error) = Policy::load(engine(), &component, Limits::default()) else {
        panic!("granted")
    };
    assert_eq!(
        error.to_string(),
        "the policy wants what it was not granted: the clock (time.now_ns, http.send, io.jwt.decode_verify, crypto.x509.parse_and_verify_certificates); randomness (rand.intn, uuid.rfc4122)"
    );
}

#[test]
fn clocks_and_randomness_stand_still_inside_a_decision() {
    let text =
        "q := [{[time.now_ns(), rand.intn(\"a\", 1000000), uuid.rfc4122(\"a\")] | some _ in numbers.range(1, 100)}, opa.runtime().env]";
    let grants = Grants {
        clock: Clock::Fixed(Duration::from_secs(DATE)),
        random: Random::Seeded(7),
        environment: Some(vec![("COLOUR".to_owned(), "red".to_owned())]),
        ..Grants::default()
    };
    let mut first = instance(text, patient(), grants.clone());
    let answer = ask(&mut first, &json!({})).unwrap();
    assert_eq!(answer[0].as_array().unwrap().len(), 1);
    assert_eq!(
        (&answer[0][0][0], &answer[1]),
        (&json!(DATE * 1_000_000_000), &json!({"COLOUR": "red"}))
    );
    assert_ne!(ask(&mut first, &json!({})).unwrap(), answer, "the next decision draws anew");
    let mut second = instance(text, patient(), grants);
    assert_eq!(ask(&mut second, &json!({})).unwrap(), answer, "the same seed");
}

#[test]
fn names_of_granted_hosts_are_looked_up() {
    let grants = Grants {
        network: vec!["localhost".parse().unwrap()],
        ..Grants::default()
    };
    let mut instance = instance("q := net.lookup_ip_addr(input)", patient(), grants);
    let addresses = ask(&mut instance, &json!("localhost")).unwrap();
    assert!(
        addresses
            .as_array()
            .unwrap()
            .iter()
            .any(|address| address == "127.0.0.1" || address == "::1")
    );
    assert_eq!(ask(&mut instance, &json!("10.0.0.1")), Some(json!(["10.0.0.1"])));
    assert_eq!(ask(&mut instance, &json!("example.com")), None);
}

#[test]
fn print_writes_lines() {
    let printed = |to: Print| {
        let input = Input {
            modules: vec![(
                "p.rego".to_owned(),
                "package p\n\nq if {\n\tprint(\"seen\", input.x)\n\tprint(base64.decode(\"/w==\"), 1)\n}\n".to_owned(),
            )],
            data: json!({}),
        };
        let options = Options {
            entrypoints: vec!["p/q".to_owned()],
            print_statements: true,
            print_to: to,
            ..Options::default()
        };
        let component = compile(&input, &options).unwrap().component;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let grants = Grants {
            log: Log::Function(Arc::new(move |line| sink.lock().unwrap().push(line.to_owned()))),
            ..Grants::default()
        };
        let policy = Policy::load_with(engine(), &component, Limits::default(), grants).unwrap();
        let long = "x".repeat(10_000);
        for word in ["a", &long] {
            let answer = policy
                .instance()
                .unwrap()
                .decide("p/q", Some(&json!({"x": word}).to_string()))
                .unwrap();
            assert_eq!(answer.as_deref(), Some("true"));
        }
        let lines = lines.lock().unwrap().clone();
        assert_eq!(
            lines,
            [
                "seen a".to_owned(),
                "\u{fffd} 1".to_owned(),
                format!("seen {long}"),
                "\u{fffd} 1".to_owned()
            ]
        );
        policy.imports().to_vec()
    };
    assert!(printed(Print::Stderr).contains(&"wasi:cli/stderr@0.2.0".to_owned()));
    assert_eq!(printed(Print::Logging), ["wasi:logging/logging@0.1.0-draft"]);
}
