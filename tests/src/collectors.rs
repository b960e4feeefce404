//! A collector of telemetry (OTLP over HTTP, protobuf) that remembers what it was sent.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{KeyValue, any_value::Value},
};
use prost::Message as _;

/// A collector; it listens as long as the test process lives.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

/// What was sent.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The spans.
    pub spans: Vec<Span>,
    /// The names of the metrics.
    pub metrics: Vec<String>,
}

/// A span.
#[derive(Clone, Debug)]
pub struct Span {
    /// The name of the service that sent it.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Its attributes that are texts.
    pub attributes: BTreeMap<String, String>,
}

impl Collector {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let received = Arc::new(Mutex::new(Received::default()));
        let shared = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, received }
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was sent so far.
    pub fn received(&self) -> Received {
        self.received.lock().expect("no panic while it was written").clone()
    }
}

/// Takes the requests of one connection, as far as HTTP/1.1 is needed for that.
fn serve(stream: TcpStream, received: &Mutex<Received>) {
    let mut reader = BufReader::new(&stream);
    while let Some((path, body)) = request(&mut reader) {
        let status = match record(&path, &body, received) {
            Some(()) => "200 OK",
            None => "400 Bad Request",
        };
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n");
        if (&stream).write_all(head.as_bytes()).is_err() {
            break;
        }
    }
}

fn request(reader: &mut BufReader<&TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}

/// Remembers a request; none where it cannot be understood.
fn record(path: &str, body: &[u8], received: &Mutex<Received>) -> Option<()> {
    let mut received = received.lock().expect("no panic while it was written");
    match path {
        "/v1/traces" => {
            for sent in ExportTraceServiceRequest::decode(body).ok()?.resource_spans {
                let resource = texts(sent.resource.map(|it| it.attributes).unwrap_or_default());
                let service = resource.get("service.name").cloned().unwrap_or_default();
                let spans = sent.scope_spans.into_iter().flat_map(|scope| scope.spans);
                let span = |it: opentelemetry_proto::tonic::trace::v1::Span| Span {
                    service: service.clone(),
                    name: it.name,
                    attributes: texts(it.attributes),
                };
                received.spans.extend(spans.map(span));
            }
        }
        "/v1/metrics" => {
            let sent = ExportMetricsServiceRequest::decode(body).ok()?.resource_metrics;
            let metrics = sent.into_iter().flat_map(|it| it.scope_metrics).flat_map(|scope| scope.metrics);
            received.metrics.extend(metrics.map(|metric| metric.name));
        }
        _ => return None,
    }
    Some(())
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |it: KeyValue| match it.value?.value? {
        Value::StringValue(text) => Some((it.key, text)),
        _ => None,
    };
    attributes.into_iter().filter_map(text).collect()
}
