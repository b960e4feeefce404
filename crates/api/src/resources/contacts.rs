//! `/v1/{tenant}/contact`: where the caller is reached.

use poem_openapi::{
    ApiResponse, Object, OpenApi,
    param::{Header, Path},
    payload::Json,
    types::Example,
};
use yishi_domain::letters::Carrier;
use yishi_service::contacts::{self, Reached};

use crate::{instants::Instant, parameters::RequestKey, problems::Problem, resources::Tag, sessions::Session};

/// The operations on where a member is reached.
pub struct ContactsApi;

/// Where the caller wants to be reached; what is left out is erased.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub struct ContactInput {
    /// An e-mail address, without a name around it.
    #[oai(skip_serializing_if_is_none, validator(max_length = 254))]
    pub email: Option<String>,
    /// A number for text messages: a Chinese mobile number, or any other with `+` and its country code.
    #[oai(skip_serializing_if_is_none, validator(max_length = 40))]
    pub phone: Option<String>,
}

/// Where the caller is reached.
#[derive(Debug, Object)]
pub struct Contact {
    /// By e-mail.
    #[oai(skip_serializing_if_is_none)]
    pub email: Option<ContactAddress>,
    /// By text message.
    #[oai(skip_serializing_if_is_none)]
    pub phone: Option<ContactAddress>,
}

/// An address, and whether it is any good.
#[derive(Debug, Object)]
pub struct ContactAddress {
    /// The address or number.
    pub address: String,
    /// Since when it is there.
    pub changed_at: Instant,
    /// Since when nothing is sent to it, because it was refused for good.
    #[oai(skip_serializing_if_is_none)]
    pub refused_at: Option<Instant>,
    /// What was said when it was refused.
    #[oai(skip_serializing_if_is_none)]
    pub refusal: Option<String>,
}

/// The answer to a change.
#[derive(ApiResponse)]
pub enum ContactDone {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Notice")]
impl ContactsApi {
    /// Gets where the caller is reached; nobody else is told.
    #[oai(path = "/v1/:tenant/contact", method = "get", operation_id = "get_contact")]
    async fn get_contact(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
    ) -> Result<Json<Contact>, Problem> {
        let mut contact = Contact { email: None, phone: None };
        for it in contacts::get(&session.app, &session).await? {
            let (refused_at, refusal) = it.refused.unzip();
            let refused_at = refused_at.map(Instant::from);
            let address = ContactAddress { address: it.address, changed_at: it.changed_at.into(), refused_at, refusal };
            match it.carrier {
                Carrier::Email => contact.email = Some(address),
                Carrier::Sms => contact.phone = Some(address),
            }
        }
        Ok(Json(contact))
    }

    /// Says where the caller is reached from now on; what is left out is erased, and an address that was refused gets another try.
    #[oai(path = "/v1/:tenant/contact", method = "put", operation_id = "put_contact")]
    async fn put_contact(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
        body: Json<ContactInput>,
    ) -> Result<ContactDone, Problem> {
        let (app, ContactInput { email, phone }) = (&session.app, body.0);
        session.once(app, contacts::put(app, &session, Reached { email, phone })).await?;
        Ok(ContactDone::Done)
    }

    /// Erases where the caller is reached.
    #[oai(path = "/v1/:tenant/contact", method = "delete", operation_id = "erase_contact")]
    async fn erase_contact(
        &self,
        session: Session,
        /// The tenant's slug.
        #[oai(name = "tenant")]
        _tenant: Path<String>,
        /// Makes repeating the request safe.
        #[oai(name = "Idempotency-Key")]
        _key: Header<Option<RequestKey>>,
    ) -> Result<ContactDone, Problem> {
        let app = &session.app;
        session.once(app, contacts::erase(app, &session)).await?;
        Ok(ContactDone::Done)
    }
}

impl Example for ContactInput {
    fn example() -> Self {
        Self { email: Some("li.ming@example.org".into()), phone: Some("13800138000".into()) }
    }
}
