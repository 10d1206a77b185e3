//! Who the program is to a server, and what it does when the connection or its file is not as it was: users, tokens, keys, credentials, certificates;
//! servers that are not there, refuse, or shut down; components that are replaced.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use async_nats::{Client, ConnectOptions};
use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use warrego_host::compose;

use super::server::{Server, TOPIC, ask};
use super::support::{component, composed, request};

/// The longest that anything here takes on a slow machine.
const LONG: Duration = Duration::from_secs(60);

/// `warrego serve` while it runs.
struct Program {
    process: Child,
    lines: Receiver<String>,
    log: Vec<String>,
    component: PathBuf,
    _folder: TempDir,
}

impl Program {
    fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let component = folder.path().join("composed.wasm");
        fs::write(&component, composed()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_warrego"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NATS_")) {
            command.env_remove(name);
        }
        let mut process = command
            .args(["serve", "--subject", TOPIC])
            .arg(&component)
            .args(arguments)
            .envs(variables.iter().copied())
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stderr.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self {
            process,
            lines,
            log: Vec::new(),
            component,
            _folder: folder,
        }
    }

    /// Waits until a line holds a text.
    fn until(&mut self, text: &str) {
        let begun = Instant::now();
        while let Ok(line) = self.lines.recv_timeout(LONG.saturating_sub(begun.elapsed())) {
            self.log.push(line);
            if self.log.last().is_some_and(|line| line.contains(text)) {
                return;
            }
        }
        panic!("`{text}` does not appear in the log:\n{}", self.log.join("\n"));
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end; the log is complete then.
    fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                self.log.extend(self.lines.iter());
                return status;
            }
            assert!(begun.elapsed() < LONG, "the program does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether a program is let in, answers, and does not show secrets.
fn answers(arguments: &[&str], variables: &[(&str, &str)], options: ConnectOptions, url: &str, secrets: &[&str]) {
    let mut program = Program::start(arguments, variables);
    program.until("serving");
    Runtime::new().unwrap().block_on(async {
        let client = options.connect(url).await.unwrap();
        permitted(&client).await;
    });
    program.signal("-TERM");
    assert!(program.ended().success(), "{:?}", program.log);
    for secret in secrets {
        assert!(!program.log.join("\n").contains(secret), "{:?}", program.log);
    }
}

/// Asks until the server knows of the subscription.
async fn permitted(client: &Client) {
    let begun = Instant::now();
    let good = request("start-component.signed");
    while client.request(TOPIC, good.clone().into()).await.is_err() {
        assert!(begun.elapsed() < LONG, "nobody answers");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(ask(client, &good).await["permitted"], true);
}

/// Whether a program ends with an error that holds a text, and no secret.
fn is_refused(arguments: &[&str], variables: &[(&str, &str)], cause: &str, secret: &str) {
    let mut program = Program::start(arguments, variables);
    assert_eq!(program.ended().code(), Some(1), "{:?}", program.log);
    let log = program.log.join("\n");
    assert!(log.contains(cause), "{log}");
    assert!(!log.contains(secret), "{log}");
}

#[test]
fn users_and_passwords() {
    let server = Server::configured("authorization { user: alice, password: \"s3c/ret\" }\n");
    let client = || ConnectOptions::with_user_and_password("alice".to_owned(), "s3c/ret".to_owned());
    let url = server.url();
    let in_url = format!("nats://alice:s3c%2Fret@127.0.0.1:{}", server.port());
    let secrets = ["s3c/ret", "s3c%2Fret"];
    answers(&["--nats", &in_url], &[], client(), &url, &secrets);
    answers(&[], &[("NATS_URL", &in_url)], client(), &url, &secrets);
    let user = [("NATS_USER", "alice"), ("NATS_PASSWORD", "s3c/ret"), ("NATS_URL", url.as_str())];
    answers(&[], &user, client(), &url, &secrets);
    is_refused(&["--nats", &url], &[], "authorization violation", "s3c");
    is_refused(
        &["--nats", &url, "--user", "alice"],
        &[("NATS_PASSWORD", "s3cret")],
        "authorization violation",
        "s3c",
    );
}

#[test]
fn tokens() {
    let server = Server::configured("authorization { token: \"t0ken\" }\n");
    let client = || ConnectOptions::with_token("t0ken".to_owned());
    let url = server.url();
    let in_url = format!("nats://t0ken@127.0.0.1:{}", server.port());
    answers(&["--nats", &in_url], &[], client(), &url, &["t0ken"]);
    answers(&["--nats", &url], &[("NATS_TOKEN", "t0ken")], client(), &url, &["t0ken"]);
    is_refused(&["--nats", &url], &[("NATS_TOKEN", "wr0ng")], "authorization violation", "wr0ng");
}

#[test]
fn keys() {
    let key = KeyPair::new_user();
    let seed = key.seed().unwrap();
    let server = Server::configured(&format!("authorization {{ users: [ {{ nkey: {} }} ] }}\n", key.public_key()));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("user.nk");
    fs::write(&file, format!("# a user's key\n{seed}\n")).unwrap();
    let client = || ConnectOptions::with_nkey(seed.clone());
    let url = server.url();
    answers(&["--nats", &url], &[("NATS_NKEY", &seed)], client(), &url, &[&seed]);
    answers(&["--nats", &url, "--nkey", file.to_str().unwrap()], &[], client(), &url, &[&seed]);
    let other = KeyPair::new_user().seed().unwrap();
    is_refused(&["--nats", &url], &[("NATS_NKEY", &other)], "authorization violation", &other);
    is_refused(&["--nats", &url, "--nkey", "missing.nk"], &[], "cannot read missing.nk", &other);
    fs::write(&file, "SUBROKEN").unwrap();
    is_refused(
        &["--nats", &url, "--nkey", file.to_str().unwrap()],
        &[],
        "the seed of an NKEY is not valid",
        "SUBROKEN",
    );
}

/// A JWT as servers of NATS take it.
fn jwt(issuer: &KeyPair, subject: &KeyPair, kind: &str, claims: Value) -> String {
    let mut nats = claims;
    nats["type"] = kind.into();
    nats["version"] = 2.into();
    let body =
        json!({"jti": "test", "iat": 1_700_000_000, "iss": issuer.public_key(), "sub": subject.public_key(), "name": kind, "nats": nats});
    let encode = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let text = format!("{}.{}", encode(json!({"typ": "JWT", "alg": "ed25519-nkey"})), encode(body));
    let signature = issuer.sign(text.as_bytes()).unwrap();
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}

#[test]
fn files_of_credentials() {
    let (operator, account, user) = (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_user());
    let unlimited =
        json!({"limits": {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1}});
    let server = Server::configured(&format!(
        "operator: {}\nresolver: MEMORY\nresolver_preload: {{ {}: {} }}\n",
        jwt(&operator, &operator, "operator", json!({})),
        account.public_key(),
        jwt(&operator, &account, "account", unlimited.clone()),
    ));
    let seed = user.seed().unwrap();
    let text = format!(
        "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n*** IMPORTANT ***\nKeep this.\n\n-----BEGIN USER NKEY \
         SEED-----\n{seed}\n------END USER NKEY SEED------\n",
        jwt(&account, &user, "user", json!({"subs": -1, "data": -1, "payload": -1})),
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("user.creds");
    fs::write(&file, &text).unwrap();
    let client = || ConnectOptions::with_credentials(&text).unwrap();
    let url = server.url();
    let path = file.to_str().unwrap();
    answers(&["--nats", &url, "--creds", path], &[], client(), &url, &[&seed]);
    answers(&["--nats", &url], &[("NATS_CREDS", path)], client(), &url, &[&seed]);
    is_refused(
        &["--nats", &url, "--creds", "missing.creds"],
        &[],
        "cannot read missing.creds",
        &seed,
    );
    fs::write(&file, &seed).unwrap();
    is_refused(
        &["--nats", &url, "--creds", path],
        &[],
        "does not hold a user's JWT and a seed",
        &seed,
    );
}

fn tls(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn certificates() {
    let configuration = |more: &str| {
        Server::configured(&format!(
            "tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\"\n{more} }}\n",
            tls("server.pem"),
            tls("server.key"),
            tls("ca.pem")
        ))
    };
    let client = || ConnectOptions::new().add_root_certificates(tls("ca.pem").into());
    let known = || client().add_client_certificate(tls("client.pem").into(), tls("client.key").into());
    let (ca, cert, key) = (tls("ca.pem"), tls("client.pem"), tls("client.key"));
    let server = configuration("");
    let url = server.url();
    answers(&["--nats", &url, "--tls-ca", &ca], &[], client(), &url, &[]);
    let named = format!("tls://localhost:{}", server.port());
    answers(&[], &[("NATS_URL", &named), ("NATS_CA", &ca)], client(), &url, &[]);
    is_refused(&["--nats", &url, "--tls-ca", &cert], &[], "certificate", "PRIVATE");
    is_refused(&["--nats", &url, "--tls-ca", "missing.pem"], &[], "missing.pem", "PRIVATE");
    let server = configuration("verify: true");
    let url = server.url();
    let shown = ["--nats", url.as_str(), "--tls-ca", &ca, "--tls-cert", &cert, "--tls-key", &key];
    answers(&shown, &[], known(), &url, &[]);
    is_refused(&["--nats", &url, "--tls-ca", &ca], &[], "cannot connect", "PRIVATE");
    // This server introduces itself before it encrypts, which a client that encrypts first does not understand.
    let server = configuration("");
    is_refused(
        &["--nats", &server.url(), "--tls-ca", &ca, "--tls-first"],
        &[],
        "corrupt message",
        "PRIVATE",
    );
    // A server without encryption is not talked to by somebody who asks for it.
    let server = Server::start();
    let mut program = Program::start(&["--nats", &server.url(), "--tls-ca", &ca, "--connect-timeout", "1s"], &[]);
    assert_eq!(program.ended().code(), Some(1));
}

#[test]
fn a_server_that_is_not_there_is_logged_and_waited_for() {
    let mut server = Server::start();
    let url = server.url();
    server.stop();
    let mut program = Program::start(&["--nats", &url], &[]);
    program.until("cannot connect");
    assert!(program.log.last().unwrap().contains("Connection refused"), "{:?}", program.log);
    server.restart();
    program.until("serving");
    server.stop();
    program.until("disconnected");
    program.until("cannot reconnect");
    server.restart();
    program.until("connected");
    drop(program);
    server.stop();
    let mut program = Program::start(&["--nats", &url, "--connect-timeout", "500ms"], &[]);
    assert_eq!(program.ended().code(), Some(1));
    assert!(program.log.last().unwrap().contains("Connection refused"), "{:?}", program.log);
}

#[test]
fn one_of_several_servers_is_enough() {
    let server = Server::start();
    let urls = format!("nats://127.0.0.1:1,{}", server.url());
    answers(&["--nats", &urls], &[], ConnectOptions::new(), &server.url(), &[]);
}

#[test]
fn a_subject_that_is_forbidden_ends_the_program() {
    let users = "authorization { users: [ { user: a, password: b, permissions: { subscribe: \"other.>\" } } ] }\n";
    let server = Server::configured(users);
    let url = format!("nats://a:b@127.0.0.1:{}", server.port());
    is_refused(&["--nats", &url], &[], "Permissions Violation for Subscription", "a:b@");
}

#[test]
fn answers_that_are_forbidden_are_logged_and_counted() {
    let users = "authorization { users: [ { user: a, password: b, permissions: { publish: \"_INBOX.>\" } }, { user: c, password: d } ] }\n";
    let server = Server::configured(users);
    let url = format!("nats://a:b@127.0.0.1:{}", server.port());
    let mut program = Program::start(&["--nats", &url], &[]);
    program.until("serving");
    Runtime::new().unwrap().block_on(async {
        let client = ConnectOptions::with_user_and_password("c".to_owned(), "d".to_owned());
        let client = client.connect(server.url()).await.unwrap();
        permitted(&client).await;
        for _ in 0..3 {
            let body = request("start-component.signed");
            client.publish_with_reply(TOPIC, "elsewhere", body.into()).await.unwrap();
        }
        client.flush().await.unwrap();
        program.until("Permissions Violation for Publish");
        permitted(&client).await;
    });
    program.signal("-INT");
    assert!(program.ended().success());
    let log = program.log.join("\n");
    assert_eq!(log.matches("the server reports an error").count(), 1, "{log}");
    assert!(log.contains("forbidden 3"), "{log}");
}

#[test]
fn a_hangup_loads_the_component_again() {
    let server = Server::start();
    let mut program = Program::start(&["--nats", &server.url()], &[]);
    program.until("serving");
    let never = component("package a\n\nb := false\n", &["a/b"], Some("a/b"));
    Runtime::new().unwrap().block_on(async {
        let client = async_nats::connect(server.url()).await.unwrap();
        permitted(&client).await;
        // What is no component leaves the old one in force.
        fs::write(&program.component, "nonsense").unwrap();
        program.signal("-HUP");
        program.until("the old one stays");
        permitted(&client).await;
        fs::remove_file(&program.component).unwrap();
        program.signal("-HUP");
        program.until("the old one stays");
        permitted(&client).await;
        fs::write(&program.component, compose::wasmcloud(&never).unwrap()).unwrap();
        program.signal("-HUP");
        program.until("loaded the component again");
        assert_eq!(ask(&client, &request("start-component.signed")).await["permitted"], false);
    });
    program.signal("-TERM");
    assert!(program.ended().success());
}
