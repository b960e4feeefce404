//! The HTTP interface: one file per resource, and what surrounds every request.
//!
//! # Adding a resource
//!
//! 1. `resources/<plural>.rs`: wire types (`#[derive(Object)]`, inputs with `deny_unknown_fields`, an `Example`), a struct `<Plural>Api` with its
//!    handlers, and conversions to and from the service's types. Add it to [`Api`] and to `resources.rs`.
//! 2. A handler takes [`sessions::Session`] first (a public one [`sessions::Visitor`]), then `tenant: Path<String>`, parameters and body. It parses,
//!    calls one use case, and answers `Result<Json<..>, Problem>`; `?` turns a [`yishi_service::failures::Failure`] into a [`Problem`].
//! 3. Each operation has an `operation_id`, `<verb>_<resource>`, and a row in [`access::ACCESS`]: the session is admitted by the row of the operation
//!    that the route names, before the handler runs. How far a role reaches is for the use case to ask, with `session.require_reach(&unit.path)`.
//! 4. Lists answer a [`pages::Page`]; changes of a thing that others may change take `If-Match` ([`conditions::require_match`]).
//! 5. `cargo xtask openapi` writes the description anew. Tests find an operation without an id, a row, or a token by themselves.

pub mod access;
pub mod boards;
mod bounces;
pub mod conditions;
pub mod documents;
pub mod downloads;
pub mod instants;
pub mod open311;
pub mod operations;
pub mod pages;
pub mod parameters;
pub mod payloads;
pub mod prints;
pub mod problems;
pub mod requests;
pub mod resources;
pub mod schemas;
pub mod sessions;
mod shapes;
pub mod standard_reports;
pub mod streams;
pub mod tables;
mod tiles;
mod unsubscriptions;

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoEndpoint as _, Request, Response, Route, get, handler,
    http::{Method, header},
    middleware::CatchPanic,
    post,
    web::Data,
};
use poem_openapi::{LicenseObject, OpenApiService};
use yishi_service::App;

pub use crate::problems::Problem;
use crate::resources::{
    adviser_files::AdviserFilesApi, api_keys::ApiKeysApi, attachments::AttachmentsApi, ballots::BallotsApi,
    batches::BatchesApi, bodies::BodiesApi, bookings::BookingsApi, books::BooksApi, calls::CallsApi,
    campaigns::CampaignsApi, casts::CastsApi, checkpoints::CheckpointsApi, clocks::ClocksApi,
    compliance::ComplianceApi, contacts::ContactsApi, disclosures::DisclosuresApi, divisions::DivisionsApi,
    evaluations::EvaluationsApi, facts::FactsApi, feedback::FeedbackApi, findings::FindingsApi,
    fund_files::FundFilesApi, funds::FundsApi, imports::ImportsApi, indicators::IndicatorsApi,
    invitations::InvitationsApi, items::ItemsApi, letters::LettersApi, mandates::MandatesApi, meetings::MeetingsApi,
    members::MembersApi, minutes::MinutesApi, money_files::MoneyFilesApi, notice_rules::NoticeRulesApi,
    notices::NoticesApi, objections::ObjectionsApi, open_data::OpenDataApi, open311::Open311Api, orders::OrdersApi,
    participations::ParticipationsApi, people::PeopleApi, pool::PoolApi, pools::PoolsApi, positions::PositionsApi,
    preferences::PreferencesApi, prints::PrintsApi, provinces::ProvincesApi, quotas::QuotasApi, records::RecordsApi,
    registers::RegistersApi, reports::ReportsApi, resolutions::ResolutionsApi, rolls::RollsApi, rule_sets::RuleSetsApi,
    schedules::SchedulesApi, settings::SettingsApi, speeches::SpeechesApi, standard_reports::StandardReportsApi,
    stars::StarsApi, statements::StatementsApi, subscriptions::SubscriptionsApi, tallies::TalliesApi,
    templates::TemplatesApi, tenants::TenantsApi, topics::TopicsApi, trials::TrialsApi, trust::TrustApi,
    units::UnitsApi, visits::VisitsApi, webhooks::WebhooksApi, work_orders::WorkOrdersApi,
    working_days::WorkingDaysApi,
};

/// Lists the resources once, as the type of all of them and as their value; in groups of two and more, since a tuple has few members.
macro_rules! resources {
    ($($($api:ident)+;)+) => {
        /// Every resource.
        pub(crate) type Api = ($(($($api,)+),)+);

        fn api() -> Api {
            ($(($($api,)+),)+)
        }
    };
}

resources! {
    // The province.
    TenantsApi
    DivisionsApi
    ProvincesApi
    QuotasApi;
    // A city.
    UnitsApi
    FactsApi
    MembersApi
    ClocksApi
    WorkingDaysApi
    SettingsApi
    RegistersApi;
    // What its people hear.
    NoticesApi
    NoticeRulesApi
    ContactsApi
    PreferencesApi
    TemplatesApi
    LettersApi;
    // Rules.
    RuleSetsApi
    TrialsApi
    TrustApi;
    // Intake and deliberation.
    TopicsApi
    PoolApi
    AttachmentsApi
    MeetingsApi
    InvitationsApi
    SpeechesApi
    MinutesApi
    PositionsApi
    StatementsApi
    BodiesApi
    VisitsApi;
    // Decision.
    BallotsApi
    RollsApi
    CastsApi
    TalliesApi
    ParticipationsApi
    BatchesApi
    MandatesApi;
    // Execution and feedback.
    ResolutionsApi
    FeedbackApi
    ItemsApi
    CallsApi
    FindingsApi
    ComplianceApi
    OrdersApi
    ObjectionsApi;
    // Money.
    FundsApi
    FundFilesApi
    MoneyFilesApi
    BookingsApi
    CampaignsApi
    PoolsApi
    DisclosuresApi;
    // Registers.
    BooksApi
    EvaluationsApi
    ImportsApi
    PeopleApi
    AdviserFilesApi;
    // Reports.
    IndicatorsApi
    ReportsApi
    StarsApi
    StandardReportsApi
    SchedulesApi
    OpenDataApi;
    // The record.
    RecordsApi
    CheckpointsApi
    SubscriptionsApi
    PrintsApi
    WebhooksApi
    ApiKeysApi
    Open311Api
    WorkOrdersApi;
}

/// The whole interface over a service.
pub fn endpoint(app: Arc<App>) -> impl Endpoint<Output = Response> + 'static {
    let service = service();
    let routes = Route::new()
        .at("/healthz", get(healthz))
        .at("/readyz", get(readyz))
        .at("/openapi.yaml", get(documents::get_yaml))
        .at("/openapi.json", get(documents::get_json))
        .at("/schemas/events.json", get(schemas::get_event_schemas))
        .at("/schemas/events/:kind/:file", get(schemas::get_event_schema))
        .at("/mail/bounces", post(bounces::take_bounce))
        .at("/public/:tenant", get(boards::get_board))
        .at("/public/:tenant/record/tile/*tile", get(tiles::get_tile))
        .at(
            "/public/:tenant/unsubscriptions/:token",
            get(unsubscriptions::ask_whether_to_end).post(unsubscriptions::end_letters),
        )
        .nest("/docs", service.swagger_ui())
        .nest("/", service.into_endpoint());
    let shared = Arc::clone(&app);
    routes
        .data(app)
        .around(|inner, request: Request| async move {
            if request.method() != Method::GET {
                return inner.call(request).await;
            }
            let asked = request.headers().get(header::IF_NONE_MATCH).cloned();
            conditions::tagged(asked.as_ref(), inner.call(request).await?).await
        })
        .with(CatchPanic::new().with_handler(|_| {
            tracing::error!("a handler panicked");
            Problem::internal()
        }))
        .around(move |inner, request| requests::surround(inner, Arc::clone(&shared), request))
}

fn service() -> OpenApiService<Api, ()> {
    let about = format!(
        "Grassroots democratic deliberation: topics, deliberation, ballots, execution, feedback, each step in a record that anyone can verify.\n\n\
         Every path under `/v1/{{tenant}}` belongs to one tenant, `/platform` to the province, `/public/{{tenant}}` to everybody, and `/open311/{{tenant}}/v2` to \
         systems that speak Open311. Whatever is not \
         answered as asked is a problem (RFC 9457) with a stable `code`. Lists have opaque cursors; answers to GET carry an `ETag`; `X-Request-Id` \
         (a UUID) is taken from the caller or made. With an `Idempotency-Key` (up to 200 printable ASCII characters) a request that is sent again \
         has one effect and one answer; the same key with another request is refused.\n\n## Who may do what\n\nA role holds at a unit and reaches what lies under it.\n\n{}",
        access::markdown()
    );
    OpenApiService::new(api(), "Yishi", env!("CARGO_PKG_VERSION"))
        .description(about)
        .license(LicenseObject::new("Apache-2.0"))
}

/// Answers as long as the process does.
#[handler]
fn healthz() -> &'static str {
    "ok\n"
}

/// Answers once the database does.
#[handler]
async fn readyz(app: Data<&Arc<App>>) -> Result<&'static str, Problem> {
    app.db.ping().await.map_err(yishi_service::failures::Failure::from)?;
    Ok("ok\n")
}
