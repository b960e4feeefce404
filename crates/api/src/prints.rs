//! Documents to print: a template per kind and locale, filled with what the interface answers, and with where it stands in the record.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value, value::Serde};
use qrcode::{EcLevel, QrCode, render::svg};
use serde_json::json;
use yishi_domain::RefusalKind;
use yishi_service::{App, directory, failures::Failure};

use crate::{resources::preferences::Locale, sessions::Admitted};

/// A template in each locale.
struct Template {
    chinese: (&'static str, &'static str),
    english: (&'static str, &'static str),
}

macro_rules! template {
    ($name:literal) => {
        Template {
            chinese: (concat!($name, ".zh-CN"), include_str!(concat!("../templates/", $name, ".zh-CN.html"))),
            english: (concat!($name, ".en"), include_str!(concat!("../templates/", $name, ".en.html"))),
        }
    };
}

/// A report's words are in its tables already.
const REPORT: (&str, &str) = ("report", include_str!("../templates/report.html"));

const TEMPLATES: [Template; 5] = [
    template!("minutes"),
    template!("resolution"),
    template!("disclosure"),
    template!("finding"),
    Template { chinese: REPORT, english: REPORT },
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("yuan", yuan);
    environment.add_filter("measured", measured);
    environment.add_filter("instant", instant);
    environment.add_template("page.html", include_str!("../templates/page.html")).expect("a template");
    for (name, text) in TEMPLATES.iter().flat_map(|it| [it.chinese, it.english]) {
        environment.add_template(name, text).expect("a template");
    }
    environment
});

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The minutes of a meeting that were adopted.
    Minutes,
    /// A resolution, with how it came about.
    Resolution,
    /// What a unit received and spent in a quarter.
    Disclosure,
    /// What the supervision committee noted, with the answer and the outcome.
    Finding,
    /// A standard report.
    Report,
}

impl Document {
    const fn template(self) -> &'static Template {
        match self {
            Self::Minutes => &TEMPLATES[0],
            Self::Resolution => &TEMPLATES[1],
            Self::Disclosure => &TEMPLATES[2],
            Self::Finding => &TEMPLATES[3],
            Self::Report => &TEMPLATES[4],
        }
    }
}

/// What a document is about.
pub struct Subject {
    /// The unit or place that its head names, besides the city.
    pub place: Option<String>,
    /// The path, from this installation's root, of what proves it; none where there is nothing of the kind.
    pub proof: Option<String>,
    /// What its template is filled with.
    pub facts: serde_json::Value,
}

/// What stands around a document's text.
pub struct Frame<'a> {
    /// Whose document it is.
    pub name: &'a str,
    /// The zone of its instants.
    pub zone: &'a str,
    /// Whether it is of a city for practice.
    pub sandbox: bool,
    /// The newest signed checkpoint of the record.
    pub checkpoint: Option<String>,
    /// When it is printed.
    pub now: DateTime<Utc>,
}

/// Fills a document of a city in, with where its record stands.
pub async fn page(caller: &Admitted, document: Document, locale: Locale, subject: Subject) -> Result<String, Failure> {
    let tenant = caller.tenant()?;
    let checkpoint = match directory::checkpoint(&caller.app, caller).await {
        Ok((_, note)) => Some(note),
        Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::NotFound => None,
        Err(failure) => return Err(failure),
    };
    let frame = Frame {
        name: &tenant.name,
        zone: &tenant.zone,
        sandbox: tenant.mode == "sandbox",
        checkpoint,
        now: caller.ctx.now,
    };
    fill(&caller.app, document, locale, frame, subject)
}

/// Fills a document in, as an HTML page that refers to nothing outside itself.
pub fn fill(app: &App, document: Document, locale: Locale, frame: Frame<'_>, it: Subject) -> Result<String, Failure> {
    let (language, name) = match locale {
        Locale::Chinese => ("zh-CN", document.template().chinese.0),
        Locale::English => ("en", document.template().english.0),
    };
    let link = it.proof.as_deref().and_then(|path| app.link(path));
    let shared = json!({
        "locale": language,
        "zone": frame.zone,
        "tenant": frame.name,
        "sandbox": frame.sandbox,
        "place": it.place,
        "record": frame.checkpoint.as_deref().map(record),
        "qr": link.as_deref().map(square).transpose()?,
        "proof": link.or(it.proof),
        "now": frame.now.to_rfc3339(),
    });
    let template = ENVIRONMENT.get_template(name).map_err(unfilled)?;
    let filled = minijinja::context! { ..Value::from(Serde(shared)), ..Value::from(Serde(it.facts)) };
    template.render(filled).map_err(unfilled)
}

fn unfilled(error: Error) -> Failure {
    Failure::Inconsistent(format!("a document cannot be filled in: {error:#}"))
}

/// What a signed checkpoint says (C2SP tlog-checkpoint), as it says it.
fn record(note: &str) -> serde_json::Value {
    let mut lines = note.lines();
    let mut next = || lines.next().unwrap_or_default();
    let (origin, size, root) = (next(), next(), next());
    let seconds = note.lines().find_map(|line| line.strip_prefix("time ")).and_then(|it| it.parse().ok());
    let time = seconds.and_then(|it| DateTime::from_timestamp(it, 0)).map(|it| it.to_rfc3339());
    json!({"origin": origin, "size": size, "root": root, "time": time})
}

/// A QR code (ISO/IEC 18004) that is read although a quarter of it is smudged, as SVG.
fn square(text: &str) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q)
        .map_err(|error| Failure::Inconsistent(format!("no QR code holds `{text}`: {error}")))?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(120, 120).quiet_zone(true).build();
    // What comes before the element belongs to a file of its own.
    Ok(drawn.find("<svg").map_or_else(String::new, |from| drawn[from..].to_owned()))
}

/// Fen as yuan, with two decimals and its thousands apart.
fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let (whole, rest) = (fen.unsigned_abs() / 100, fen.unsigned_abs() % 100);
    let digits = whole.to_string();
    let apart: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|it| String::from_utf8_lossy(it)).collect();
    format!("{sign}{}.{rest:02}", apart.join(","))
}

/// A count of heads as it is, one of floor area, in hundredths of a square metre, in square metres.
fn measured(count: u64, measure: &str) -> String {
    match measure {
        "floor_area" => format!("{}.{:02} m²", count / 100, count % 100),
        _ => count.to_string(),
    }
}

/// An instant as the tenant's clocks show it, with the time's offset.
fn instant(state: &minijinja::State<'_, '_>, at: &str) -> Result<String, Error> {
    let zone = state.lookup("zone").and_then(|it| it.as_str().and_then(|it| it.parse().ok())).unwrap_or(Tz::UTC);
    let at = DateTime::parse_from_rfc3339(at)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("`{at}` is no instant: {error}")))?
        .with_timezone(&zone);
    let chinese = state.lookup("locale").is_some_and(|it| it.as_str() == Some("zh-CN"));
    let form = if chinese { "%Y年%-m月%-d日 %H:%M" } else { "%-d %B %Y, %H:%M (UTC%:z)" };
    Ok(at.format(form).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fen_are_written_as_yuan() {
        let written = [0, 5, -5, 123_456, 123_456_789, i64::MIN].map(yuan);
        let expected = ["0.00", "0.05", "-0.05", "1,234.56", "1,234,567.89", "-92,233,720,368,547,758.08"];
        assert_eq!(written, expected);
    }

    #[test]
    fn floor_area_is_written_in_square_metres() {
        assert_eq!(measured(9_005, "floor_area"), "90.05 m²");
        assert_eq!(measured(9_005, "heads"), "9005");
    }

    #[test]
    fn what_people_wrote_is_text_and_never_markup() {
        let facts = json!({"now": "2026-10-01T00:00:00Z", "disclosure": {
            "name": "<script>", "quarter": "2026-Q3", "income": [], "spending": [], "transferred_fen": 0, "holdings": [],
        }});
        let page = ENVIRONMENT.get_template("disclosure.en").and_then(|it| it.render(Serde(facts))).expect("a page");
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
    }

    #[test]
    fn a_finding_is_written_in_both_languages_whatever_became_of_it() {
        let page = |name: &str, finding: serde_json::Value| {
            let facts = json!({"now": "2026-10-01T00:00:00Z", "topic": "路灯", "unit": "街道", "finding": finding});
            ENVIRONMENT.get_template(name).and_then(|it| it.render(Serde(facts))).expect("a page")
        };
        let at = "2026-09-01T00:00:00Z";
        let open = json!({"kind": "question", "text": "<b>", "noted_at": at, "answer_by": at, "state": "open"});
        assert!(page("finding.zh-CN", open).contains("监督质询书"));
        let closed = json!({
            "kind": "finding", "ground": "other", "text": "", "noted_at": at, "answer_by": at, "state": "closed",
            "outcome": "done", "measure": "talk", "closed_at": at,
        });
        assert!(page("finding.en", closed).contains("Outcome: a talk with whoever leads the unit"));
    }
}
