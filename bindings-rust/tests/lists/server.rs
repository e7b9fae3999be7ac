//! A list on this machine, whose answers are written beforehand.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tidings::{Client, Config, Credentials, blocking};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What the list does with one request.
pub(crate) enum Turn {
    Answer(u16, String),
    /// Says nothing until the client hangs up.
    Silence,
}

/// A page of contacts with these ids. `next`: the token of the page after it.
pub(crate) fn page(ids: &[&str], next: &str) -> Turn {
    let contacts: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
    Turn::Answer(200, json!({ "contacts": contacts, "next_page_token": next }).to_string())
}

/// An answer that carries nothing out.
pub(crate) fn failure(status: u16) -> Turn {
    Turn::Answer(status, "{}".to_owned())
}

/// One request, as the list got it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) target: String,
    head: Vec<String>,
    /// `null` if there was none.
    pub(crate) body: Value,
}

impl Asked {
    /// The page token in its query.
    pub(crate) fn token(&self) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix("page_token="))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.iter().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

#[derive(Debug, PartialEq)]
enum Event {
    Heard,
    HungUp,
}

/// Answers each request with the next turn, and none once there is no turn left.
pub(crate) struct List {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    events: UnboundedReceiver<Event>,
}

impl List {
    pub(crate) fn of(turns: impl IntoIterator<Item = Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let (told, events) = unbounded_channel();
        let (turns, seen): (Vec<_>, _) = (turns.into_iter().collect(), Arc::clone(&asked));
        thread::spawn(move || {
            for turn in turns {
                serve(&listener, turn, &seen, &told).unwrap();
            }
        });
        Self { url, asked, events }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.config()).unwrap()
    }

    pub(crate) fn blocking_client(&self) -> blocking::Client {
        blocking::Client::new(self.config()).unwrap()
    }

    fn config(&self) -> Config {
        Config::new("project", Credentials::token("token")).base_url(&self.url)
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The page token of each request so far.
    pub(crate) fn tokens(&self) -> Vec<Option<String>> {
        self.asked().iter().map(|asked| asked.token().map(str::to_owned)).collect()
    }

    /// Waits until a request is there.
    pub(crate) async fn hears(&mut self) {
        self.happens(Event::Heard).await;
    }

    /// Waits until the client of a silent turn has hung up.
    pub(crate) async fn is_hung_up_on(&mut self) {
        self.happens(Event::HungUp).await;
    }

    async fn happens(&mut self, expected: Event) {
        // Only so that a test fails instead of hanging.
        let event = tokio::time::timeout(Duration::from_mins(1), self.events.recv()).await;
        assert_eq!(event, Ok(Some(expected)));
    }
}

fn serve(
    listener: &TcpListener,
    turn: Turn,
    seen: &Mutex<Vec<Asked>>,
    told: &UnboundedSender<Event>,
) -> io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    seen.lock().unwrap().push(request(&stream)?);
    // Nobody need listen.
    let _ = told.send(Event::Heard);
    match turn {
        Turn::Answer(status, body) => write!(
            stream,
            "HTTP/1.1 {status} As written\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             x-request-id: request {}\r\nconnection: close\r\n\r\n{body}",
            body.len(),
            seen.lock().unwrap().len(),
        ),
        Turn::Silence => {
            // A reset is an end too.
            let _ = stream.read(&mut [0]);
            let _ = told.send(Event::HungUp);
            Ok(())
        }
    }
}

fn request(stream: &TcpStream) -> io::Result<Asked> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let target = lines[0].split(' ').nth(1).unwrap().to_owned();
    let mut asked = Asked { target, head: lines, body: Value::Null };
    if let Some(length) = asked.header("content-length") {
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body)?;
        asked.body = serde_json::from_slice(&body)?;
    }
    Ok(asked)
}
