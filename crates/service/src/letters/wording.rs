//! What letters say: a city's own template for a kind and a language, else the one that comes with the program.

mod standard;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;
use serde_json::json;
use yishi_domain::{
    Refusal,
    letters::{Carrier, Locale},
};
use yishi_store::{
    letters::{Content, Due, Told},
    templates::Template,
    tenants::Tenant,
};

use super::unsubscribing;
use crate::{App, failures::Failure};

pub(crate) use standard::{SUBJECTS, standard};

/// What a template of gathered notices is called, and one of a text message.
pub const DIGEST: &str = "digest";
pub const SMS: &str = "sms";

/// What a template may name.
pub const VARIABLES: [&str; 10] =
    ["city", "name", "locale", "number", "items", "kind", "label", "title", "when", "facts"];

/// How much a template may do, and how long what it says may be.
const FUEL: u64 = 50_000;
const LONGEST: usize = 20_000;
const SUBJECT: usize = 200;

/// What a letter says.
#[derive(Debug)]
pub(crate) struct Text {
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// Where its reader is rid of others like it.
    pub unsubscribe: Option<String>,
}

/// A notice as templates see it.
#[derive(Debug, Serialize)]
struct Item<'a> {
    kind: &'a str,
    label: String,
    title: Option<&'a str>,
    when: String,
    facts: &'a serde_json::Value,
}

/// Writes a letter.
pub(super) fn text(app: &App, tenant: &Tenant, own: &[Template], it: &Due, content: &Content) -> Result<Text, String> {
    let locale = content.preferences.locale;
    let kind = match (it.carrier, it.gathered, content.notices.first()) {
        (_, _, None) => return Err("it has nothing to tell".into()),
        (Carrier::Sms, ..) => SMS,
        (Carrier::Email, true, _) => DIGEST,
        (Carrier::Email, false, Some(told)) => &told.kind,
    };
    let (subject, body) = chosen(own, kind, locale);
    let rendered = render(tenant, locale, &content.name, &content.notices, &subject, &body);
    let (subject, mut body) = rendered.map_err(|(field, error)| format!("{field}: {error}"))?;
    let mut unsubscribe = None;
    if it.carrier == Carrier::Email {
        let token = unsubscribing::token(app, &tenant.slug, it.member, it.carrier).map_err(|it| it.to_string())?;
        unsubscribe = app.posts.link(&format!("/public/{}/unsubscriptions/{token}", tenant.slug));
        body.push_str(&standard::footer(app.posts.link(&format!("/public/{}", tenant.slug)), &unsubscribe, locale));
    }
    Ok(Text { subject, body, unsubscribe })
}

/// The city's own template, else the standard one.
fn chosen(own: &[Template], kind: &str, locale: Locale) -> (String, String) {
    match own.iter().find(|it| it.kind == kind && it.locale == locale.code()) {
        Some(own) => (own.subject.clone(), own.body.clone()),
        None => standard(kind, locale),
    }
}

/// Refuses a template that is not understood, names what there is not, or does too much; tells what it would say of an example.
pub(crate) fn preview(
    tenant: &Tenant,
    locale: Locale,
    kind: &str,
    subject: &str,
    body: &str,
    at: DateTime<Utc>,
) -> Result<(String, String), Failure> {
    for (field, source) in [("subject", subject), ("body", body)] {
        let env = environment();
        let template = env.template_from_str(source).map_err(|error| bad(field, &error))?;
        let mut unknown: Vec<_> = template.undeclared_variables(false).into_iter().collect();
        unknown.retain(|it| !VARIABLES.contains(&it.as_str()) && !BUILT_IN.contains(&it.as_str()));
        unknown.sort_unstable();
        if let Some(name) = unknown.first() {
            let fix = format!("there are {}", VARIABLES.join(", "));
            let text = format!("there is no variable `{name}`");
            return Err(Refusal::invalid("template.unknown_variable", field, text).with_fix(fix).into());
        }
    }
    let facts = json!({"hours_late": 48, "reason": "……", "stage": "accepted"});
    let kind = if matches!(kind, DIGEST | SMS) { "topic.accepted" } else { kind };
    let told = |title: &str| Told { kind: kind.into(), facts: facts.clone(), at, title: Some(title.into()) };
    let notices = [told("小区东门加装路灯"), told("3号楼加装电梯")];
    render(tenant, locale, "李明", &notices, subject, body).map_err(|(field, error)| bad(field, &error).into())
}

/// What templates have besides their variables.
const BUILT_IN: [&str; 4] = ["range", "dict", "namespace", "loop"];

fn bad(field: &str, error: &minijinja::Error) -> Refusal {
    let line = error.line().map_or_else(String::new, |line| format!("line {line}: "));
    Refusal::invalid("template.bad", field, format!("{line}{error}"))
        .with_fix("write it as Jinja templates are written, such as {{ title }} or {% for item in items %}")
}

type Failed = (&'static str, minijinja::Error);

fn render(
    tenant: &Tenant,
    locale: Locale,
    name: &str,
    notices: &[Told],
    subject: &str,
    body: &str,
) -> Result<(String, String), Failed> {
    let zone: Tz = tenant.zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
    let items: Vec<_> = notices.iter().map(|it| item(it, locale, zone)).collect();
    let first = &items[0];
    let context = json!({
        "city": tenant.name, "name": name, "locale": locale.code(), "number": items.len(), "items": items,
        "kind": first.kind, "label": first.label, "title": first.title, "when": first.when, "facts": first.facts,
    });
    let context: Value = serde_json::from_value(context).expect("templates have whatever JSON has");
    let say = |field: &'static str, source: &str| {
        let said = environment().render_named_str("letter.txt", source, context.clone());
        let said = said.and_then(|it| match it.len() <= LONGEST {
            true => Ok(it),
            false => Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "it says too much")),
        });
        said.map_err(|error| (field, error))
    };
    // A subject is one line, whatever a title holds.
    let subject: String = say("subject", subject)?.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok((subject.chars().take(SUBJECT).collect(), say("body", body)?))
}

fn item<'a>(it: &'a Told, locale: Locale, zone: Tz) -> Item<'a> {
    let at = it.at.with_timezone(&zone);
    let when = match locale {
        Locale::Chinese => at.format("%Y年%-m月%-d日 %H:%M"),
        Locale::English => at.format("%-d %B %Y, %H:%M"),
    };
    let label = standard::label(&it.kind, locale).to_owned();
    Item { kind: &it.kind, label, title: it.title.as_deref(), when: when.to_string(), facts: &it.facts }
}

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_fuel(Some(FUEL));
    env.set_undefined_behavior(UndefinedBehavior::Chainable);
    env
}

/// The standard templates of all kinds that have one, by kind and language.
pub(crate) fn all_standard() -> BTreeMap<(String, Locale), (String, String)> {
    let kinds = SUBJECTS.iter().map(|(kind, ..)| *kind).chain([DIGEST, SMS]);
    kinds.flat_map(|kind| Locale::ALL.map(|locale| ((kind.to_owned(), locale), standard(kind, locale)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city() -> Tenant {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("2026");
        Tenant {
            id: yishi_domain::TenantId(uuid::Uuid::nil()),
            slug: "3301".into(),
            code: "3301".into(),
            name: "杭州市".into(),
            mode: "sandbox".into(),
            zone: "Asia/Shanghai".into(),
            clock_offset_ms: 0,
            created_at: at,
        }
    }

    fn said(subject: &str, body: &str) -> Result<(String, String), Failure> {
        preview(&city(), Locale::Chinese, "topic.accepted", subject, body, city().created_at)
    }

    #[test]
    fn every_standard_template_is_sound() {
        for ((kind, locale), (subject, body)) in all_standard() {
            let (subject, body) = preview(&city(), locale, &kind, &subject, &body, city().created_at)
                .unwrap_or_else(|error| panic!("{kind} {locale}: {error}"));
            assert!(!subject.is_empty() || kind == SMS, "{kind} {locale}");
            assert!(!body.contains("  ") && body.contains("杭州市"), "{kind} {locale}: {body}");
        }
    }

    #[test]
    fn a_template_names_what_there_is_and_says_where_it_is_wrong() {
        let code = |result: Result<_, Failure>| match result {
            Err(Failure::Refused(refusal)) => (refusal.code, refusal.field.unwrap_or_default(), refusal.detail),
            other => panic!("{other:?}"),
        };
        assert_eq!(said("{{ title }}", "{{ facts.anything.else }}。").expect("sound").0, "小区东门加装路灯");
        let (why, field, detail) = code(said("x", "{{ titel }}"));
        assert_eq!((why, field.as_str()), ("template.unknown_variable", "body"));
        assert!(detail.contains("titel"));
        assert_eq!(code(said("{{ title", "x")).0, "template.bad");
        assert!(code(said("x", "\n{% for %}")).2.starts_with("line 2"));
        let endless = "{% for a in range(1000) %}{% for b in range(1000) %}.{% endfor %}{% endfor %}";
        assert_eq!(code(said("x", endless)).0, "template.bad");
    }

    #[test]
    fn a_subject_is_one_line() {
        assert_eq!(said("a\r\nBcc: x@example.org", "x").expect("sound").0, "a Bcc: x@example.org");
    }
}
