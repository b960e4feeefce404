//! Open311: another system brings requests, and follows what becomes of them, in JSON and in XML.

use serde::Deserialize;
use serde_json::{Value, json};
use yishi_tests::{
    answers::Answer,
    cases::Adopted,
    clients::Client,
    communities::{Community, HOME, text},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// A street lamp at a place, in the service's own words.
const LAMP: &str = "service_code=CODE&lat=30.274151&long=120.15507&description=%E8%B7%AF%E7%81%AF%E4%B8%8D%E4%BA%AE%E3%80%82%E5%B7%B2%E6%9C%89\
                    %E4%B8%80%E5%91%A8%E3%80%82&first_name=Mei&phone=13800000000&api_key=";

#[derive(Deserialize)]
struct Requests {
    request: Vec<Request>,
}

#[derive(Deserialize)]
struct Request {
    service_request_id: String,
    status: Option<String>,
    agency_responsible: Option<String>,
    expected_datetime: Option<String>,
}

#[derive(Deserialize)]
struct Errors {
    error: Vec<Error>,
}

#[derive(Deserialize)]
struct Error {
    code: u16,
    description: String,
}

/// Whoever speaks Open311 with a community's city.
fn outside(community: &Community) -> Client {
    community.city.site().client().under(&format!("/open311/{}/v2", community.city.slug()))
}

/// A key by which the hotline speaks for the coordinator, with its identifier.
async fn key(community: &Community) -> (String, String) {
    let wanted = json!({
        "name": "12345热线", "member": community.coordinator.id, "unit": community.city.unit(HOME).await, "channel": "hotline",
    });
    let made = community.boss().await.post("/api-keys", wanted).await.expect(201);
    (text(&made["id"]), text(&made["key"]))
}

/// The code of the first service.
async fn service(community: &Community) -> String {
    text(&outside(community).get("/services.json").await.expect(200)[0]["service_code"])
}

async fn send(community: &Community, ending: &str, form: String) -> Answer {
    outside(community).post_bytes(&format!("/requests.{ending}"), FORM, form).await
}

fn xml<'a, T: Deserialize<'a>>(answer: &'a Answer) -> T {
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8", "{}", answer.text);
    assert!(answer.text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>"), "{}", answer.text);
    quick_xml::de::from_str(&answer.text).unwrap_or_else(|error| panic!("{error} in {}", answer.text))
}

#[tokio::test]
async fn a_request_becomes_a_topic_and_its_status_agency_and_time_flow_back() {
    let community = Community::gathered(3).await;
    let (_, key) = key(&community).await;
    let code = service(&community).await;
    let made = send(&community, "json", LAMP.replace("CODE", &code) + &key).await.expect(201);
    let topic = text(&made[0]["service_request_id"]);
    let ours = community.read(&format!("/topics/{topic}")).await;
    assert_eq!(
        (&ours["title"], &ours["body"], &ours["channel"], &ours["category"]),
        (&json!("路灯不亮"), &json!("路灯不亮。已有一周。"), &json!("hotline"), &json!(code)),
        "{ours}"
    );
    assert!(!ours.to_string().contains("13800000000"), "whoever asks stays with the system that brings it");
    let raised = community.shown("topic.raised", 1).await;
    assert_eq!(raised[0]["body"]["classified_by"], "submitter");

    // Before it is screened only who brought it sees it.
    let path = format!("/requests/{topic}.json");
    assert_eq!(outside(&community).get(&path).await.expect(404)[0]["code"], 404);
    let mine = outside(&community).get(&format!("{path}?api_key={key}")).await.expect(200);
    let seen = (&mine[0]["status"], &mine[0]["status_notes"], &mine[0]["lat"], &mine[0]["long"]);
    assert_eq!(seen, (&json!("open"), &json!("submitted"), &json!(30.274151), &json!(120.15507)));
    assert_eq!(mine[0]["agency_responsible"], Value::Null);
    let token = outside(&community).get(&format!("/tokens/{topic}.json?api_key={key}")).await.expect(200);
    assert_eq!(token[0]["service_request_id"], topic);

    // It goes its way, and everybody can follow it.
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
    community.deliberate(&topic).await;
    let Adopted { resolution, .. } = community.adopt(&topic).await;
    community.assign(&resolution, 240).await.expect(200);
    let found = outside(&community).get(&path).await.expect(200)[0].clone();
    let due = community.read(&format!("/resolutions/{resolution}")).await["lists"]["deadlines"]["due_at"].clone();
    assert_eq!(
        (&found["status"], &found["agency_responsible"], &found["expected_datetime"]),
        (&json!("open"), &json!("上保社区"), &due)
    );
    let answer = outside(&community).get(&format!("/requests/{topic}.xml")).await;
    let found: Requests = xml(&answer);
    let found = &found.request[0];
    assert_eq!((found.service_request_id.as_str(), found.status.as_deref()), (topic.as_str(), Some("open")));
    assert_eq!(found.agency_responsible.as_deref(), Some("上保社区"));
    assert_eq!(found.expected_datetime.as_deref(), due.as_str());
    community.complete(&resolution).await.expect(200);
    assert_eq!(outside(&community).get(&path).await.expect(200)[0]["status"], "closed");
}

#[tokio::test]
async fn a_key_sees_what_came_by_its_channel_and_nothing_else_that_is_not_public() {
    let community = Community::gathered(0).await;
    let (_, hotline) = key(&community).await;
    let other = json!({
        "name": "政务服务网", "member": community.coordinator.id, "unit": community.city.unit(HOME).await,
        "channel": "government_site",
    });
    let portal = text(&community.boss().await.post("/api-keys", other).await.expect(201)["key"]);
    let form = LAMP.replace("CODE", &service(&community).await);
    let sent = async |key: &str| {
        text(&send(&community, "json", form.clone() + key).await.expect(201)[0]["service_request_id"])
    };
    let [by_phone, by_portal] = [sent(&hotline).await, sent(&portal).await];
    // What the coordinator enters at their desk is no affair of either system.
    let visit = json!({
        "unit": community.city.unit(HOME).await, "channel": "home_visit", "title": "楼道堆物", "body": "二单元楼道里堆了家具。",
    });
    let at_home = text(&community.coordinator().post("/topics", visit).await.expect(201)["ids"][0]);
    for (key, own, others) in
        [(&hotline, &by_phone, [&by_portal, &at_home]), (&portal, &by_portal, [&by_phone, &at_home])]
    {
        let found = outside(&community).get(&format!("/requests.json?api_key={key}")).await.expect(200);
        let ids: Vec<_> =
            found.as_array().expect("requests").iter().map(|it| text(&it["service_request_id"])).collect();
        assert_eq!(ids, std::slice::from_ref(own));
        for id in others {
            assert_eq!(
                outside(&community).get(&format!("/requests/{id}.json?api_key={key}")).await.expect(404)[0]["code"],
                404
            );
            outside(&community).get(&format!("/tokens/{id}.json?api_key={key}")).await.expect(404);
        }
    }
    community.coordinator().post(&format!("/topics/{at_home}/acceptance"), json!({})).await.expect(200);
    let found = outside(&community).get(&format!("/requests.json?api_key={hotline}")).await.expect(200);
    assert_eq!(found.as_array().map(Vec::len), Some(2), "what is public everybody sees");
}

#[tokio::test]
async fn requests_are_found_by_service_time_and_status() {
    let community = Community::gathered(0).await;
    let (_, key) = key(&community).await;
    let services = outside(&community).get("/services.json").await.expect(200);
    let codes: Vec<_> = services.as_array().expect("services").iter().map(|it| text(&it["service_code"])).collect();
    let categories = community.read("/categories").await;
    let categories: Vec<_> = categories.as_array().expect("categories").iter().map(|it| text(&it["code"])).collect();
    assert_eq!(codes, categories, "services are the categories of the rules in force");
    let mut made = Vec::new();
    for code in &codes[..2] {
        let answer = send(&community, "xml", LAMP.replace("CODE", code) + &key).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        made.push(xml::<Requests>(&answer).request[0].service_request_id.clone());
    }
    community.coordinator().post(&format!("/topics/{}/acceptance", made[0]), json!({})).await.expect(200);
    let reason = json!({"reason": "不属于议事范围"});
    community.coordinator().post(&format!("/topics/{}/rejection", made[1]), reason).await.expect(200);
    let found = async |query: &str| {
        let list = outside(&community).get(&format!("/requests.json?{query}")).await.expect(200);
        list.as_array().expect("a list").iter().map(|it| text(&it["service_request_id"])).collect::<Vec<_>>()
    };
    let (first, second) = (made[0].as_str(), made[1].as_str());
    assert_eq!(found("").await, [first], "what was rejected is not public");
    assert_eq!(found(&format!("api_key={key}")).await, [second, first], "the newest first");
    assert_eq!(found(&format!("api_key={key}&status=closed")).await, [second]);
    assert_eq!(found(&format!("api_key={key}&status=open,closed")).await.len(), 2);
    assert_eq!(found(&format!("api_key={key}&service_code={}", codes[0])).await, [first]);
    assert_eq!(found(&format!("service_request_id={first},{second},7")).await, [first]);
    assert!(found("end_date=2020-01-01T00:00:00Z").await.is_empty());
    let answer = outside(&community).get(&format!("/requests.xml?api_key={key}")).await;
    assert_eq!(xml::<Requests>(&answer).request.len(), 2);
    let definition = outside(&community).get(&format!("/services/{}.json", codes[0])).await.expect(200);
    assert_eq!(
        (&definition["service_code"], &definition["attributes"][0]["code"]),
        (&json!(codes[0]), &json!("title"))
    );
    let form = LAMP.replace("CODE", &codes[0]) + &key + "&attribute%5Btitle%5D=%E7%81%AF";
    let titled = send(&community, "json", form).await.expect(201);
    let path = format!("/topics/{}", text(&titled[0]["service_request_id"]));
    assert_eq!(community.read(&path).await["title"], "灯");
    let discovery = outside(&community).get("/discovery.json").await.expect(200);
    let url = text(&discovery["endpoints"][0]["url"]);
    assert!(url.ends_with(&format!("/open311/{}/v2", community.city.slug())), "{url}");
    assert_eq!(discovery["endpoints"][0]["type"], "test", "a sandbox");
    let discovery = outside(&community).get("/discovery.xml").await;
    assert!(discovery.text.contains("<formats><format>text/xml</format>"), "{}", discovery.text);
}

#[tokio::test]
async fn what_is_wrong_is_told_in_the_form_of_open311() {
    let community = Community::gathered(1).await;
    let (id, key) = key(&community).await;
    let code = service(&community).await;
    let refused = async |form: String, status: u16, says: &str| {
        let answer = send(&community, "xml", form).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        let errors: Errors = xml(&answer);
        assert_eq!(errors.error[0].code, status);
        assert!(errors.error[0].description.contains(says), "{}", errors.error[0].description);
    };
    let form = LAMP.replace("CODE", &code);
    refused(form.clone(), 403, "api_key").await;
    refused(form.clone() + "nonsense", 403, "not good here").await;
    refused(form.clone() + &community.coordinator.token, 403, "not good here").await;
    refused(format!("{form}{key}&jurisdiction_id=3702"), 404, "jurisdiction_id").await;
    refused(LAMP.replace("CODE", "nothing") + &key, 400, "service_code").await;
    refused(format!("service_code={code}&description=x&api_key={key}"), 400, "say where it is").await;
    refused(form.replace("30.274151", "930") + &key, 400, "lat: give degrees").await;
    refused(form.replace("description=", "words=") + &key, 400, "description: this is missing").await;
    refused(format!("{form}{key}&address_id=000000"), 400, "address_id").await;
    let json = |answer: Answer, status: u16| {
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
        let errors = answer.expect(status);
        assert_eq!(errors[0]["code"], status, "{errors}");
        text(&errors[0]["description"])
    };
    assert!(json(send(&community, "json", form.clone()).await, 403).contains("api_key"));
    let asked = outside(&community);
    assert!(json(asked.get("/services.json?jurisdiction_id=3702").await, 404).contains("jurisdiction_id"));
    assert!(json(asked.get("/services/nothing.json").await, 404).contains("service_code"));
    assert!(json(asked.get("/requests.json?status=lost").await, 400).contains("status"));
    assert!(json(asked.get("/requests.json?start_date=yesterday").await, 400).contains("start_date"));
    let span = "/requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z";
    assert!(json(asked.get(span).await, 400).contains("90 days"));
    let elsewhere = community.city.site().client().get("/open311/nowhere/v2/services.json").await;
    assert!(json(elsewhere, 404).contains("no such tenant"));
    assert_eq!(asked.get("/requests/7.yaml").await.status, 404);

    // A key is no token, is not listed, repeats with its request, and is good until it is taken back.
    let as_token = community.city.site().client().with_token(&key).under(&format!("/v1/{}", community.city.slug()));
    as_token.get("/units").await.refused(401, "session.bad_token");
    let boss = community.boss().await;
    assert!(!boss.get("/api-keys").await.expect(200).to_string().contains(&key));
    community.coordinator().get("/api-keys").await.refused(403, "session.forbidden");
    let no_role = json!({
        "name": "x", "member": community.residents[0].id, "unit": community.city.unit(HOME).await, "channel": "hotline",
    });
    boss.post("/api-keys", no_role).await.refused(422, "api_key.no_role");
    // Whoever runs a community alone neither makes keys for the district, nor reads what the whole city is sent.
    let local = community.city.member("周敏", HOME).await;
    community.city.grant(&local, HOME, "administrator").await;
    let local = community.city.by(&local);
    let district = community.city.unit("330106").await;
    let above = json!({"name": "x", "member": community.coordinator.id, "unit": district, "channel": "hotline"});
    local.post("/api-keys", above).await.refused(403, "session.forbidden");
    local.get("/letters").await.refused(403, "session.forbidden");
    boss.call("DELETE", &format!("/api-keys/{id}")).await.expect(204);
    refused(form + &key, 403, "not good here").await;
}
