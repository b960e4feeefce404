//! Where members are reached: addresses and numbers, which only the member sees and which no event holds.

use lettre::Address;
use serde_json::json;
use yishi_domain::{
    Refusal,
    letters::{Carrier, telephone},
};
use yishi_store::contacts;
pub use yishi_store::contacts::Contact;

use crate::{App, events::event, failures::Failure, sessions::Session};

/// Where somebody wants to be reached.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
}

impl Reached {
    /// What is to be kept of it, each in one form; `prefix` leads to the fields of the request.
    pub(crate) fn checked(self, prefix: &str) -> Result<Vec<(Carrier, String)>, Failure> {
        let email = self.email.map(|it| address(&it)).transpose();
        let phone = self.phone.map(|it| telephone(&it)).transpose();
        let field = |it: Refusal| Refusal { field: it.field.map(|field| format!("{prefix}{field}")), ..it };
        let email = email.map_err(field)?.map(|it| (Carrier::Email, it));
        let phone = phone.map_err(field)?.map(|it| (Carrier::Sms, it));
        Ok(email.into_iter().chain(phone).collect())
    }
}

/// Where the caller is reached.
pub async fn get(app: &App, session: &Session) -> Result<Vec<Contact>, Failure> {
    Ok(contacts::of_member(&mut app.db.read(&session.ctx).await?, session.member()?).await?)
}

/// Keeps where the caller is reached, and erases what they did not name.
pub async fn put(app: &App, session: &Session, reached: Reached) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let kept = reached.checked("")?;
    let gone: Vec<_> =
        Carrier::ALL.iter().copied().filter(|it| !kept.iter().any(|(carrier, _)| carrier == it)).collect();
    let rows: Vec<_> = kept.into_iter().map(|(carrier, address)| (me, carrier, address)).collect();
    let mut tx = app.db.write(ctx).await?;
    contacts::erase(&mut tx, me, &gone).await?;
    contacts::put(&mut tx, &rows, ctx.wall).await?;
    // A short address could be found out by trying, so not even a digest of the request is kept.
    tx.forget_request();
    Ok(tx.commit([event(ctx, "contact.changed", me.uuid(), json!({}))], ()).await?)
}

/// Erases where the caller is reached.
pub async fn erase(app: &App, session: &Session) -> Result<(), Failure> {
    let (ctx, me) = (&session.ctx, session.member()?);
    let mut tx = app.db.write(ctx).await?;
    contacts::erase(&mut tx, me, Carrier::ALL).await?;
    Ok(tx.commit([event(ctx, "contact.erased", me.uuid(), json!({}))], ()).await?)
}

fn address(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let sound = text.len() <= 254 && text.is_ascii() && text.parse::<Address>().is_ok();
    match sound {
        true => Ok(text.to_owned()),
        false => Err(Refusal::invalid("contact.bad_address", "email", "this is no e-mail address")
            .with_fix("write it as li.ming@example.org, without a name around it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_and_nothing_more() {
        assert_eq!(address(" li.ming@example.org ").as_deref(), Ok("li.ming@example.org"));
        for bad in
            ["", "li", "li@", "a b@example.org", "李 <a@example.org>", "a@example.org\r\nBcc: b@example.org", "a@b,c@d"]
        {
            assert_eq!(address(bad).expect_err(bad).code, "contact.bad_address");
        }
    }
}
