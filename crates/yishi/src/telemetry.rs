//! Logs, traces and metrics: to standard error for people or machines, and to an OpenTelemetry collector where one is named.
//!
//! Code only speaks `tracing`. A span becomes a span of OpenTelemetry; an event of the target [`METRICS`] becomes a measurement and is not logged.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// The target of events that are measurements: fields named `counter.*`, `monotonic_counter.*` or `histogram.*`.
pub const METRICS: &str = "yishi_metrics";

/// How long a collector may take before what it is sent is dropped.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is logged unless said otherwise.
const LOG: &str = "info,sqlx=warn";

/// What the program tells about itself, and to whom.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// What is logged to standard error, such as `info,yishi_store=debug`
    #[arg(long, global = true, env = "YISHI_LOG", default_value = LOG)]
    pub log: String,
    /// How log lines are written
    #[arg(long, global = true, env = "YISHI_LOG_FORMAT", value_enum, default_value_t = LogFormat::Pretty)]
    pub log_format: LogFormat,
    /// The base URL of an OpenTelemetry collector that takes traces and metrics (OTLP over HTTP)
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub collector: Option<String>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What was started, to be stopped at the end so that nothing measured is lost.
#[must_use]
pub struct Telemetry {
    exporters: Option<(SdkTracerProvider, SdkMeterProvider)>,
}

/// Starts logging, and sends traces and metrics to a collector where one is named.
pub fn start(options: &Options) -> Result<Telemetry> {
    let (subscriber, telemetry) = build(options)?;
    subscriber.try_init().context("logging has been started before")?;
    Ok(telemetry)
}

impl Options {
    /// The same for a command that speaks to a person: unless said otherwise, only what went wrong is logged.
    pub fn quietly(mut self) -> Self {
        if self.log == LOG {
            self.log = "warn".into();
        }
        self
    }
}

impl Telemetry {
    /// Sends what is left and stops.
    pub fn stop(self) {
        let Some((tracer, meter)) = self.exporters else { return };
        for result in [tracer.shutdown_with_timeout(PATIENCE), meter.shutdown_with_timeout(PATIENCE)] {
            if let Err(error) = result {
                tracing::warn!(%error, "the collector did not take the last of the telemetry");
            }
        }
    }
}

fn build(options: &Options) -> Result<(impl Subscriber + Send + Sync + use<>, Telemetry)> {
    let filter = EnvFilter::try_new(&options.log).with_context(|| format!("`{}` is no log filter", options.log))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let lines = match options.log_format {
        LogFormat::Pretty => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
    };
    let lines = lines.with_filter(filter_fn(|event| event.target() != METRICS)).with_filter(filter);
    let exporters = options.collector.as_deref().filter(|it| !it.is_empty()).map(exporters).transpose()?;
    let spans = exporters.as_ref().map(|(tracer, _)| {
        let ours = filter_fn(|it| it.target().starts_with("yishi") && it.target() != METRICS);
        // A span whose context has been activated has begun, and keeps its name; a request has its own only once it is routed.
        let layer = tracing_opentelemetry::layer().with_context_activation(false);
        layer.with_tracer(tracer.tracer("yishi")).with_filter(ours)
    });
    let measurements = exporters.as_ref().map(|(_, meter)| {
        tracing_opentelemetry::MetricsLayer::new(meter.clone()).with_filter(filter_fn(|it| it.target() == METRICS))
    });
    let subscriber = tracing_subscriber::registry().with(lines).with(spans).with(measurements);
    Ok((subscriber, Telemetry { exporters }))
}

/// Makes the exporters on a thread of their own: their HTTP client blocks, and so must not be made inside the asynchronous runtime.
fn exporters(collector: &str) -> Result<(SdkTracerProvider, SdkMeterProvider)> {
    let base = collector.trim_end_matches('/').to_owned();
    let made = std::thread::spawn(move || -> Result<_> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let resource = Resource::builder().with_service_name("yishi").build();
        let spans = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{base}/v1/traces"))
            .with_timeout(PATIENCE)
            .build()?;
        let tracer = SdkTracerProvider::builder().with_resource(resource.clone()).with_batch_exporter(spans).build();
        let metrics = MetricExporter::builder()
            .with_http()
            .with_endpoint(format!("{base}/v1/metrics"))
            .with_timeout(PATIENCE)
            .build()?;
        let meter = SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(metrics).build();
        Ok((tracer, meter))
    });
    made.join().map_err(|_| anyhow!("the telemetry exporters did not start"))?
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn a_collector_gets_the_spans_and_the_measurements() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let collector = Some(format!("http://{}/", listener.local_addr().expect("bound")));
        let asked = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().expect("a caller");
                let mut buffer = vec![0; 16 * 1024];
                let length = stream.read(&mut buffer).expect("a request");
                asked.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .expect("answered");
            }
            asked
        });
        let options = Options { log: "off".into(), log_format: LogFormat::Json, collector };
        let (subscriber, telemetry) = build(&options).expect("sound options");
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("request", otel.name = tracing::field::Empty, tenant = "3301").entered();
            span.record("otel.name", "api.list_units");
            tracing::event!(target: METRICS, tracing::Level::INFO, histogram.http.server.request.duration = 0.5);
        });
        telemetry.stop();
        let asked = asked.join().expect("no panic");
        assert!(asked[0].starts_with("POST /v1/traces") && asked[0].contains("api.list_units"), "{}", asked[0]);
        assert!(asked[1].starts_with("POST /v1/metrics"), "{}", asked[1]);
        assert!(asked[1].contains("http.server.request.duration"), "{}", asked[1]);
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        let options = Options { log: "a=b=c".into(), log_format: LogFormat::Pretty, collector: None };
        assert!(build(&options).is_err());
    }
}
