//! Tokens: only this installation's, only while they are good, only in their tenant.

use yishi_tests::{
    cities::{City, UNITS},
    tokens,
};

/// 2020-01-01.
const PAST: i64 = 1_577_836_800;
/// 2100-01-01.
const FUTURE: i64 = 4_102_444_800;

#[tokio::test]
async fn a_token_is_needed_and_must_be_this_installations_and_not_expired() {
    let city = City::founded().await;
    let (site, anybody) = (city.site(), city.site().client());
    let issuer = site.issuer();
    let answer = anybody.get("/platform/tenants").await;
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    answer.refused(401, "session.no_token");
    let good = tokens::sign(&issuer, &tokens::operator_until(FUTURE));
    anybody.with_token(&good).get("/platform/tenants").await.expect(200);
    let bad = [
        "nonsense".to_owned(),
        String::new(),
        "x".repeat(4_000),
        tokens::sign(&issuer, &tokens::operator_until(PAST)),
        tokens::sign(&[7; 32], &tokens::operator_until(FUTURE)),
        tokens::unsigned(&tokens::operator_until(FUTURE)),
        format!("{good}A"),
    ];
    for token in bad {
        let answer = anybody.with_token(&token).get("/platform/tenants").await;
        assert_eq!(answer.status, 401, "`{token}` was answered {}", answer.text);
    }
    let basic = anybody.get_with("/platform/tenants", &[("authorization", "Basic b3BlcmF0b3I6")]).await;
    assert_eq!(basic.status, 401, "{}", basic.text);
}

#[tokio::test]
async fn a_members_token_opens_their_tenant_and_no_other() {
    let (ours, theirs) = (City::founded().await, City::founded().await);
    let boss = ours.administrator().await;
    let units = ours.by(boss).get("/units").await.expect(200);
    assert_eq!(units["items"].as_array().map(Vec::len), Some(UNITS), "a tenant sees its own units");
    let unit = theirs.unit("330106").await;
    ours.by(boss).get(&format!("/units/{unit}")).await.refused(404, "unit.unknown");
    theirs.by(boss).get("/units").await.refused(404, "tenant.unknown");
    theirs.by(boss).get(&format!("/units/{unit}")).await.refused(404, "tenant.unknown");
    let elsewhere = ours.site().client().with_token(&boss.token);
    elsewhere.get("/v1/0000/units").await.refused(404, "tenant.unknown");
    elsewhere.get("/platform/tenants").await.refused(403, "session.forbidden");
    let operator = ours.site().operator().await;
    operator.get(&format!("/v1/{}/units", ours.slug())).await.refused(403, "session.forbidden");
    let stranger = ours.token_of("00000000-0000-7000-8000-000000000001").await;
    let stranger = ours.by(boss).with_token(&stranger);
    stranger.get("/units").await.refused(401, "session.unknown_member");
}
