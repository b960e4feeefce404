//! What a city says in its letters in place of the text that comes with the program.

use serde_json::json;
use yishi_domain::{Refusal, access::Role, letters::Locale, subscriptions::Kinds};
use yishi_store::templates::{self, Template};

use crate::{
    App,
    events::event,
    failures::Failure,
    letters::wording::{self, DIGEST, SMS},
    sessions::Session,
};

/// How long a subject and a text may be, before they are filled in.
const SUBJECT: usize = 200;
const BODY: usize = 10_000;

/// A template: the city's own, or the standard one.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The kind of notice, `digest` or `sms`.
    pub kind: String,
    /// Its language.
    pub locale: Locale,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Whether it is the city's own.
    pub own: bool,
}

/// Lists the templates by kind and language.
pub async fn list(app: &App, session: &Session) -> Result<Vec<Shown>, Failure> {
    let own = templates::list(&mut app.db.read(&session.ctx).await?).await?;
    let shown = |((kind, locale), (subject, body))| Shown { kind, locale, subject, body, own: false };
    let mut all: Vec<Shown> = wording::all_standard().into_iter().map(shown).collect();
    for Template { kind, locale, subject, body, .. } in own {
        let locale = locale.parse().map_err(|_| Failure::Inconsistent(format!("a template in {locale}")))?;
        all.retain(|it| (&it.kind, it.locale) != (&kind, locale));
        all.push(Shown { kind, locale, subject, body, own: true });
    }
    all.sort_by(|a, b| (&a.kind, a.locale).cmp(&(&b.kind, b.locale)));
    Ok(all)
}

/// What a template would say of an example: its subject and its text.
pub fn preview(
    session: &Session,
    kind: &str,
    locale: Locale,
    subject: &str,
    body: &str,
) -> Result<(String, String), Failure> {
    require_kind(kind)?;
    for (field, text, most) in [("subject", subject, SUBJECT), ("body", body, BODY)] {
        if text.chars().count() > most {
            return Err(
                Refusal::invalid("template.too_long", field, format!("it has at most {most} characters")).into()
            );
        }
    }
    if body.trim().is_empty() || kind != SMS && subject.trim().is_empty() {
        let field = if body.trim().is_empty() { "body" } else { "subject" };
        return Err(Refusal::invalid("template.empty", field, "it says nothing").into());
    }
    wording::preview(session.tenant()?, locale, kind, subject, body, session.ctx.now)
}

/// Has letters of a kind and a language say something else from now on.
pub async fn put(
    app: &App,
    session: &Session,
    kind: String,
    locale: Locale,
    subject: String,
    body: String,
) -> Result<(), Failure> {
    let ctx = &session.ctx;
    session.require_role(Role::Administrator, &session.root()?)?;
    preview(session, &kind, locale, &subject, &body)?;
    let mut tx = app.db.write(ctx).await?;
    let it = Template { kind, locale: locale.code().into(), subject, body, changed_at: ctx.wall };
    templates::put(&mut tx, &it).await?;
    let told = json!({"kind": it.kind, "locale": it.locale});
    Ok(tx.commit([event(ctx, "template.changed", ctx.tenant.uuid(), told)], ()).await?)
}

/// Has letters of a kind and a language say again what the standard text does.
pub async fn remove(app: &App, session: &Session, kind: &str, locale: Locale) -> Result<(), Failure> {
    let ctx = &session.ctx;
    session.require_role(Role::Administrator, &session.root()?)?;
    let mut tx = app.db.write(ctx).await?;
    if !templates::remove(&mut tx, kind, locale).await? {
        return Err(Refusal::not_found("template.unknown", "the city has no text of its own for this").into());
    }
    let told = json!({"kind": kind, "locale": locale});
    Ok(tx.commit([event(ctx, "template.removed", ctx.tenant.uuid(), told)], ()).await?)
}

fn require_kind(kind: &str) -> Result<(), Refusal> {
    let known = matches!(kind, DIGEST | SMS) || Kinds::of(&[kind]).is_ok_and(|it| it.exact.len() == 1);
    match known {
        true => Ok(()),
        false => Err(Refusal::invalid("template.bad_kind", "kind", format!("`{kind}` is no kind of notice"))
            .with_fix("name a kind such as `topic.accepted`, `digest` for gathered notices, or `sms`")),
    }
}
