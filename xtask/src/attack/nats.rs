//! A NATS server for attacks, and as much of its protocol as a client needs that publishes, and that waits for answers.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A server on a port that the system picks; it ends with this.
pub struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts one that is on the given `PATH`; its files go to a folder.
    pub fn start(path: &OsString, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let configuration = folder.join("server.conf");
        fs::write(&configuration, "max_payload: 8MB\n")?;
        let mut process = Command::new("nats-server")
            .env("PATH", path)
            .arg("--config")
            .arg(&configuration)
            .args(["--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting nats-server")?;
        let ports = folder.join(format!("nats-server_{}.ports", process.id()));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            let urls = fs::read(&ports).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
            if let Some(url) = urls.as_ref().and_then(|urls| urls["nats"][0].as_str()) {
                let address = url.trim_start_matches("nats://").to_owned();
                return Ok(Self { process, address });
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = process.kill();
        let _ = process.wait();
        bail!("the nats-server did not report where it listens")
    }

    /// Its address as a URL.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// A connection whose reply subjects begin in a way of their own.
    pub fn connect(&self, inbox: &str) -> Result<Client> {
        Client::connect(&self.address, inbox)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection.
pub struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    inbox: String,
    requests: u64,
}

impl Client {
    fn connect(address: &str, inbox: &str) -> Result<Self> {
        let writer = TcpStream::connect(address)?;
        writer.set_nodelay(true)?;
        let mut client = Self {
            reader: BufReader::new(writer.try_clone()?),
            writer,
            inbox: inbox.to_owned(),
            requests: 0,
        };
        client.line()?;
        let hello = format!("CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\nSUB {inbox}.> 1\r\nPING\r\n");
        client.writer.write_all(hello.as_bytes())?;
        while client.line()? != "PONG" {}
        Ok(client)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            bail!("the server closed the connection");
        }
        Ok(line.trim_end().to_owned())
    }

    /// Publishes a message with a reply subject.
    pub fn publish(&mut self, subject: &str, reply: &str, body: &[u8]) -> Result<()> {
        let mut frame = format!("PUB {subject} {reply} {}\r\n", body.len()).into_bytes();
        frame.extend_from_slice(body);
        frame.extend_from_slice(b"\r\n");
        Ok(self.writer.write_all(&frame)?)
    }

    /// Asks, and waits for the answer; `None` when there is none in time.
    pub fn request(&mut self, subject: &str, body: &[u8], limit: Duration) -> Result<Option<Vec<u8>>> {
        self.requests += 1;
        let reply = format!("{}.{}", self.inbox, self.requests);
        self.publish(subject, &reply, body)?;
        let begun = Instant::now();
        loop {
            let Some(left) = limit.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else {
                return Ok(None);
            };
            self.writer.set_read_timeout(Some(left))?;
            let line = match self.line() {
                Ok(line) => line,
                Err(error) if is_timeout(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            if line == "PING" {
                self.writer.write_all(b"PONG\r\n")?;
            }
            let Some(message) = line.strip_prefix("MSG ") else { continue };
            self.writer.set_read_timeout(None)?;
            let size: usize = message.rsplit(' ').next().unwrap_or_default().parse().context("a message's size")?;
            let mut payload = vec![0; size + 2];
            self.reader.read_exact(&mut payload)?;
            payload.truncate(size);
            if message.split(' ').next() == Some(&reply) {
                return Ok(Some(payload));
            }
        }
    }
}

fn is_timeout(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut))
}
