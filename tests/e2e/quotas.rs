//! Quotas: the province says how much a city keeps and does in a day; what is more is refused, and what the law drives never is.

use chrono::{Duration, Timelike as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use yishi_tests::{
    answers::Answer,
    cases::created,
    clients::Client,
    communities::{Community, HOME, text},
    instants, plugins,
};

const TEXT: &str = "application/octet-stream";

/// Every quota.
const ALL: &[&str] = &["members", "topics_a_day", "attachment_bytes", "rule_sets", "webhooks"];

fn path(community: &Community) -> String {
    format!("/platform/tenants/{}/quotas", community.city.slug())
}

/// The province's operator sets a city's quotas.
async fn set(community: &Community, quotas: Value) {
    let answer = community.city.site().operator().await.put(&path(community), quotas.clone()).await;
    assert_eq!(answer.expect(200), quotas);
}

/// How the city stands with a quota: its limit, null where there is none, and what is used.
async fn standing(community: &Community, quota: &str) -> (Value, u64) {
    let quotas = community.read("/quotas").await;
    (quotas[quota]["limit"].clone(), quotas[quota]["used"].as_u64().expect("a number"))
}

/// It must be refused because of a quota, with its name, its figures and what to do.
#[track_caller]
fn exceeded(answer: Answer, quota: &str, [most, used, more]: [u64; 3]) {
    let problem = answer.refused(409, "quota.exceeded");
    assert_eq!(problem["field"], quota, "{problem}");
    let figures = format!("the city's quota `{quota}` is {most}; {used} of it is used, and this takes {more} more");
    assert_eq!(problem["detail"], figures);
    assert!(text(&problem["fix"]).starts_with("ask the province's operator for more"), "{problem}");
}

/// Moves the city's clock on to ten in the morning, so that no day ends meanwhile.
async fn morning(community: &Community) {
    let now = instants::read(&community.city.advance_clock(1).await) + Duration::hours(8);
    let hours = (33 - now.hour()) % 24 + 1;
    community.city.advance_clock(hours).await;
}

async fn add(community: &Community, number: usize) -> Answer {
    let unit = community.city.unit(HOME).await;
    let people: Vec<_> = (0..number).map(|i| json!({"name": format!("新居民{i}"), "unit": unit})).collect();
    community.boss().await.post("/members", json!({"members": people})).await
}

async fn attach(by: &Client, topic: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    by.post_bytes(&format!("/topics/{topic}/attachments"), TEXT, bytes).await
}

async fn upload(boss: &Client, name: &str) -> Answer {
    boss.post_bytes("/rule-sets", "application/wasm", plugins::built(name)).await
}

async fn subscribe(boss: &Client) -> Answer {
    boss.post("/webhooks", json!({"url": "https://localhost/"})).await
}

/// Says how the hotline writes its orders.
async fn hotline(community: &Community) {
    let columns = json!({"number": "no", "title": "title", "text": "text", "status": "status", "unit": "unit"});
    let statuses = json!({"accept": ["in"], "dispatch": ["sent"], "done": ["done"], "call_back": ["called"]});
    let mapping = json!({"columns": columns, "statuses": statuses});
    community.boss().await.put("/work-orders/mapping", mapping).await.expect(204);
}

fn orders(community: &Community, numbers: [&str; 2]) -> String {
    let line = |number| format!("{number},lamp,dark,in,{}\n", community.city.code(HOME));
    format!("no,title,text,status,unit\n{}", numbers.map(line).concat())
}

async fn bring(by: &Client, orders: String) -> Answer {
    by.post_bytes("/work-orders", "text/csv", orders).await
}

/// The platform's own log.
async fn log(operator: &Client) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = operator.get(&format!("/platform/log?limit=1000{next}")).await.expect(200);
        all.extend(page["items"].as_array().expect("a list").clone());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn members_are_added_until_the_quota_is_reached_by_whomever() {
    let community = Community::gathered(2).await;
    assert_eq!(
        standing(&community, "members").await,
        (Value::Null, 6),
        "two residents, three others, the administrator"
    );
    set(&community, json!({"members": 7})).await;
    exceeded(add(&community, 2).await, "members", [7, 6, 2]);
    assert_eq!(standing(&community, "members").await, (json!(7), 6), "what is refused adds nobody");
    add(&community, 1).await.expect(201);
    let operator = community.city.site().operator().await;
    let administrators = format!("/platform/tenants/{}/administrators", community.city.slug());
    exceeded(operator.post(&administrators, json!({"name": "周杰"})).await, "members", [7, 7, 1]);
    set(&community, json!({"members": 5})).await;
    exceeded(add(&community, 1).await, "members", [5, 7, 1]);
    assert_eq!(standing(&community, "members").await, (json!(5), 7), "what is there stays");
    set(&community, json!({})).await;
    operator.post(&administrators, json!({"name": "周杰"})).await.expect(201);
}

#[tokio::test]
async fn topics_of_every_channel_count_on_the_citys_own_day() {
    let community = Community::gathered(1).await;
    morning(&community).await;
    set(&community, json!({"topics_a_day": 2})).await;
    let topic = community.accepted().await;
    let outside = community.city.site().client().under(&format!("/open311/{}/v2", community.city.slug()));
    let service = text(&outside.get("/services.json").await.expect(200)[0]["service_code"]);
    let wanted = json!({
        "name": "12345热线", "member": community.coordinator.id, "unit": community.city.unit(HOME).await, "channel": "hotline",
    });
    let key = text(&community.boss().await.post("/api-keys", wanted).await.expect(201)["key"]);
    let form = format!("service_code={service}&lat=30.274151&long=120.15507&description=lamp&api_key={key}");
    let request =
        async || outside.post_bytes("/requests.json", "application/x-www-form-urlencoded", form.clone()).await;
    hotline(&community).await;
    let bring = async || bring(&community.coordinator(), orders(&community, ["A-1", "A-2"])).await;
    exceeded(bring().await, "topics_a_day", [2, 1, 2]);
    assert_eq!(standing(&community, "topics_a_day").await, (json!(2), 1), "of orders that do not all fit none came in");
    request().await.expect(201);
    let refused = request().await.expect(409);
    assert!(text(&refused[0]["description"]).starts_with("topics_a_day: the city's quota"), "{refused}");
    exceeded(community.resident(0).post("/topics", community.topic().await).await, "topics_a_day", [2, 2, 1]);
    let parts = json!({"parts": [{"title": "灯杆", "body": "灯杆锈蚀。"}]});
    let split = community.coordinator().post(&format!("/topics/{topic}/splits"), parts).await;
    assert!(split.status < 300, "a part was raised with the topic: {}", split.text);
    assert_eq!(standing(&community, "topics_a_day").await, (json!(2), 2));
    community.city.advance_clock(12).await;
    exceeded(bring().await, "topics_a_day", [2, 2, 2]);
    community.city.advance_clock(2).await;
    let (limit, used) = standing(&community, "topics_a_day").await;
    assert_eq!((limit, used), (json!(2), 0), "it is past midnight in the city, and not yet in UTC");
    bring().await.expect(200);
    exceeded(community.resident(0).post("/topics", community.topic().await).await, "topics_a_day", [2, 2, 1]);
    set(&community, json!({"topics_a_day": 3})).await;
    community.raised().await;
}

#[tokio::test]
async fn attachments_rule_sets_and_webhooks_have_their_room() {
    let community = Community::gathered(1).await;
    let (own, boss, topic) = (community.resident(0), community.boss().await, community.raised().await);
    set(&community, json!({"attachment_bytes": 10, "rule_sets": 1, "webhooks": 1})).await;
    let first = created(attach(&own, &topic, "eight by").await);
    attach(&own, &topic, "eight by").await.expect(201);
    assert_eq!(standing(&community, "attachment_bytes").await, (json!(10), 8), "the same bytes are kept once");
    exceeded(attach(&own, &topic, "three").await, "attachment_bytes", [10, 8, 5]);
    attach(&own, &topic, "ab").await.expect(201);
    attach(&own, &topic, "eight by").await.expect(201);
    set(&community, json!({"attachment_bytes": 15, "rule_sets": 1, "webhooks": 1})).await;
    attach(&own, &topic, "three").await.expect(201);
    exceeded(attach(&own, &topic, "x").await, "attachment_bytes", [15, 15, 1]);
    let erase = async |id: &str| own.post(&format!("/attachments/{id}/erasure"), json!({"reason": "多余"})).await;
    erase(&first).await.expect(200);
    exceeded(attach(&own, &topic, "x").await, "attachment_bytes", [15, 15, 1]);
    let all = community.read(&format!("/topics/{topic}/attachments")).await;
    for it in all.as_array().expect("a list").iter().filter(|it| it["size"] == 8 && it["erased_at"].is_null()) {
        erase(&text(&it["id"])).await.expect(200);
    }
    attach(&own, &topic, "x").await.expect(201);

    upload(&boss, "standard").await.expect(201);
    upload(&boss, "standard").await.expect(201);
    exceeded(upload(&boss, "rule-book").await, "rule_sets", [1, 1, 1]);
    let hook = created(subscribe(&boss).await);
    exceeded(subscribe(&boss).await, "webhooks", [1, 1, 1]);
    assert_eq!(boss.call("DELETE", &format!("/webhooks/{hook}")).await.status, 204);
    subscribe(&boss).await.expect(201);
    exceeded(subscribe(&boss).await, "webhooks", [1, 1, 1]);
    set(&community, json!({"attachment_bytes": 15, "rule_sets": 2})).await;
    upload(&boss, "rule-book").await.expect(201);
    subscribe(&boss).await.expect(201);
}

#[tokio::test]
async fn of_ten_at_once_no_more_are_done_than_fit() {
    let community = Community::gathered(1).await;
    morning(&community).await;
    let (own, boss, topic, body) =
        (community.resident(0), community.boss().await, community.raised().await, community.topic().await);
    let person = json!({"members": [{"name": "新居民", "unit": community.city.unit(HOME).await}]});
    let limits = json!({"members": 8, "topics_a_day": 4, "attachment_bytes": 30, "rule_sets": 1, "webhooks": 3});
    set(&community, limits).await;
    for (quota, fit) in [("members", 3), ("topics_a_day", 3), ("attachment_bytes", 3), ("webhooks", 3)] {
        let mut tasks = JoinSet::new();
        for i in 0..10 {
            let (own, boss, topic, body, person) =
                (own.clone(), boss.clone(), topic.clone(), body.clone(), person.clone());
            tasks.spawn(async move {
                match quota {
                    "members" => boss.post("/members", person).await,
                    "topics_a_day" => own.post("/topics", body).await,
                    "attachment_bytes" => attach(&own, &topic, format!("ten bytes{i}")).await,
                    _ => subscribe(&boss).await,
                }
            });
        }
        let (done, refused): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(|it| it.status == 201);
        assert_eq!(done.len(), fit, "{quota}");
        for answer in refused {
            assert_eq!(answer.refused(409, "quota.exceeded")["field"], quota);
        }
        let (limit, used) = standing(&community, quota).await;
        assert_eq!(limit, used, "{quota}");
    }
    hotline(&community).await;
    let chair = community.coordinator();
    set(&community, json!({"topics_a_day": 7, "rule_sets": 1})).await;
    let (one, other) = tokio::join!(
        bring(&chair, orders(&community, ["A-1", "A-2"])),
        bring(&chair, orders(&community, ["B-1", "B-2"]))
    );
    let done = [one, other].iter().filter(|it| it.status == 200).count();
    let stands = standing(&community, "topics_a_day").await;
    assert_eq!((done, stands), (1, (json!(7), 6)), "four have come before, and each brings two");
    let (one, other, third) =
        tokio::join!(upload(&boss, "standard"), upload(&boss, "rule-book"), upload(&boss, "villagers-committee"));
    let done = [one, other, third].iter().filter(|it| it.status == 201).count();
    assert_eq!((done, standing(&community, "rule_sets").await), (1, (json!(1), 1)));
}

#[tokio::test]
async fn operators_set_them_cities_read_them_and_no_other_city_is_touched() {
    let (community, other) = (Community::gathered(1).await, Community::gathered(1).await);
    let (site, path) = (community.city.site().clone(), path(&community));
    let (operator, boss) = (site.operator().await, community.boss().await);
    let nothing = operator.get(&path).await;
    let tag = nothing.header("etag").to_owned();
    assert_eq!(nothing.expect(200), json!({}));
    let strict = json!({"members": 0, "topics_a_day": 0, "attachment_bytes": 0, "rule_sets": 0, "webhooks": 0});
    let put = async |quotas: &Value, tag: &str| operator.put_with(&path, quotas.clone(), &[("if-match", tag)]).await;
    let once = async |tag: &str| {
        operator.put_with(&path, strict.clone(), &[("if-match", tag), ("idempotency-key", "strict")]).await
    };
    once(&tag).await.expect(200);
    assert_eq!(once(&tag).await.expect(200), strict, "a repeated request is answered as the first one");
    let stale = put(&json!({}), &tag).await.refused(412, "request.stale");
    assert_eq!(stale["current"], strict);
    put(&json!({"webhooks": null}), "*").await.expect(200);
    put(&strict, "*").await.expect(200);
    put(&json!({"ballots": 1}), "*").await.refused(422, "request.unknown_field");
    put(&json!({"members": -1}), "*").await.refused(422, "request.bad_field");
    put(&json!({"members": 9_007_199_254_740_992_u64}), "*").await.refused(422, "request.bad_field");
    operator.put("/platform/tenants/0000/quotas", json!({})).await.refused(404, "tenant.unknown");
    let member = |token: &str| site.client().with_token(token);
    let administrator = &community.city.administrator().await.token;
    for token in [administrator, &community.coordinator.token] {
        member(token).put(&path, json!({})).await.refused(403, "session.forbidden");
        member(token).get(&path).await.refused(403, "session.forbidden");
    }
    community.coordinator().get("/quotas").await.refused(403, "session.forbidden");
    other.boss().await.get(&format!("/../{}/quotas", community.city.slug())).await.refused(404, "tenant.unknown");
    for quota in ALL {
        assert_eq!(standing(&community, quota).await.0, 0, "{quota}");
        assert_eq!(standing(&other, quota).await.0, Value::Null, "{quota}");
    }
    exceeded(subscribe(&boss).await, "webhooks", [0, 0, 1]);
    subscribe(&other.boss().await).await.expect(201);
    add(&other, 1).await.expect(201);
    let topic = other.raised().await;
    attach(&other.resident(0), &topic, "text").await.expect(201);

    let told = community.shown("quotas.set", 3).await;
    assert_eq!((&told[0]["body"]["quotas"], &told[0]["actor"]), (&strict, &json!("operator")));
    assert_eq!(told[1]["body"]["quotas"]["members"], Value::Null, "where there is no limit nothing is said");
    let log = log(&operator).await;
    let ours = log.iter().filter(|it| it["kind"] == "quotas.set" && it["body"]["tenant"] == community.city.slug());
    let ours: Vec<_> = ours.collect();
    assert_eq!(ours.len(), 3, "each time that they were set is logged, and no refusal");
    assert_eq!(ours[2]["body"]["quotas"], strict);
    assert!(text(&ours[2]["principal"]).starts_with("operator:"), "{}", ours[2]);
}

#[tokio::test]
async fn the_province_sees_limits_and_use_of_each_city_and_no_case() {
    let community = Community::gathered(1).await;
    morning(&community).await;
    let topic = community.accepted().await;
    attach(&community.resident(0), &topic, "secret words").await.expect(201);
    let parts = json!({"parts": [{"title": "灯杆", "body": "灯杆锈蚀。"}]});
    let split = community.coordinator().post(&format!("/topics/{topic}/splits"), parts).await;
    assert!(split.status < 300, "{}", split.text);
    subscribe(&community.boss().await).await.expect(201);
    set(&community, json!({"members": 5, "attachment_bytes": 1 << 30})).await;
    let operator = community.city.site().operator().await;
    let report = operator.get("/platform/reports?indicators=topics").await.expect(200);
    let cities = report["cities"].as_array().expect("cities");
    let mine = cities.iter().find(|it| it["tenant"] == community.city.slug()).expect("every city is there");
    let expected = json!({
        "members": {"limit": 5, "used": 5}, "topics_a_day": {"used": 1}, "attachment_bytes": {"limit": 1 << 30, "used": 12},
        "rule_sets": {"used": 0}, "webhooks": {"used": 1},
    });
    assert_eq!(mine["quotas"], expected);
    assert_eq!(community.read("/quotas").await, expected, "the city is shown the same");
    for hidden in ["小区路灯", "灯杆", "localhost", topic.as_str(), community.residents[0].id.as_str()] {
        assert!(!mine.to_string().contains(hidden), "{hidden} is no affair of the province: {mine}");
    }
    let looked = log(&operator).await;
    let looked = looked.iter().rfind(|it| it["kind"] == "province.looked_at").expect("the look is logged");
    assert!(looked["body"]["tenants"].as_array().is_some_and(|it| it.contains(&json!(community.city.slug()))));
}

#[tokio::test]
async fn a_ballot_that_is_open_is_decided_and_carried_out_though_every_quota_is_exhausted() {
    let community = Community::gathered(3).await;
    let (topic, ballot) = community.opened().await;
    set(&community, json!({"members": 0, "topics_a_day": 0, "attachment_bytes": 0, "rule_sets": 0, "webhooks": 0}))
        .await;
    community.vote(0, &ballot, "in_favour").await.expect(201);
    community.coordinator().post(&format!("/ballots/{ballot}/batches"), community.batch(1..3)).await.expect(201);
    community.end(&ballot, "closing").await.expect(200);
    let ended = community.end(&ballot, "count").await.expect(200);
    assert_eq!((&ended["state"], &ended["outcome"]), (&json!("decided"), &json!("passed")), "{ended}");
    assert_eq!(community.read(&format!("/ballots/{ballot}")).await["voted"], 3);
    let resolution = text(&ended["resolution"]);
    community.assign(&resolution, 240).await.expect(200);
    community.complete(&resolution).await.expect(200);
    for i in 0..3 {
        community.rate(i, &resolution, 90).await.expect(204);
    }
    let again = community.coordinator().get(&format!("/topics/{topic}")).await.expect(200);
    assert_eq!(again["stage"], "done");
    exceeded(add(&community, 1).await, "members", [0, 7, 1]);
}
