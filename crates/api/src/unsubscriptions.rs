//! `/public/{tenant}/unsubscriptions/{token}`: where the link in a mail leads, for people and for mail programs (RFC 8058). It is no operation that
//! integrators call, so it is routed beside the description.

use std::sync::Arc;

use maud::{Markup, html};
use poem::{
    Response, handler,
    http::{StatusCode, header},
    web::{Data, Path},
};
use yishi_domain::{RefusalKind, letters::Carrier};
use yishi_service::{
    App,
    failures::Failure,
    letters::unsubscribing,
    sessions::{self, Access, Session},
};

use crate::{boards, problems::Problem, requests};

/// Nothing is loaded or run, and the page's own form is all that is sent.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Asks whoever follows the link, since programs follow links as well.
#[handler]
pub(crate) async fn ask_whether_to_end(
    app: Data<&Arc<App>>,
    Path((tenant, token)): Path<(String, String)>,
) -> Result<Response, Problem> {
    requests::note("ask_whether_to_end", Some(&tenant));
    let found = async {
        let session = visitor(&app, &tenant).await?;
        unsubscribing::find(&app, &session, &token).await
    };
    answer(found.await.map(|(_, carrier)| {
        html! {
            p { "您不想再收到" (called(carrier)) "吗？ Do you want no more of these messages?" }
            form method="post" { button type="submit" { "不再接收 Unsubscribe" } }
        }
    }))
}

/// Ends whatever comes by the link's carrier; what the body says does not matter.
#[handler]
pub(crate) async fn end_letters(
    app: Data<&Arc<App>>,
    Path((tenant, token)): Path<(String, String)>,
) -> Result<Response, Problem> {
    requests::note("end_letters", Some(&tenant));
    let ended = async {
        let session = visitor(&app, &tenant).await?;
        unsubscribing::end(&app, &session, &token).await
    };
    answer(ended.await.map(|carrier| {
        html! { p { "您不会再收到" (called(carrier)) "。站内消息不受影响。 You will get no more of these messages." } }
    }))
}

async fn visitor(app: &App, slug: &str) -> Result<Session, Failure> {
    sessions::admit(app, Access::Public, None, Some(slug), requests::id(), None).await
}

fn answer(said: Result<Markup, Failure>) -> Result<Response, Problem> {
    let (status, body) = match said {
        Ok(body) => (StatusCode::OK, body),
        Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::NotFound => {
            let sorry = html! { p { "这个链接无效，请从原邮件中重新打开。 This link is not valid; open it again from the mail." } };
            (StatusCode::NOT_FOUND, sorry)
        }
        Err(failure) => return Err(failure.into()),
    };
    let page = boards::page("通知退订 Unsubscribe", body).into_string();
    Ok(Response::builder()
        .status(status)
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer")
        .header(header::CACHE_CONTROL, "no-store")
        .body(page))
}

const fn called(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::Email => "此类邮件",
        Carrier::Sms => "此类短信",
    }
}
