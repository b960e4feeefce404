//! Work orders of the hotline: they come in as a file in its own words, become topics once, and how far they have come goes back.

use serde_json::{Value, json};
use yishi_tests::{
    cases::Adopted,
    communities::{Community, HOME, text},
    plugins,
};

/// How the hotline of these stories writes.
fn mapping() -> Value {
    json!({
        "columns": {
            "number": "工单编号", "title": "标题", "text": "诉求内容", "status": "状态", "unit": "区划代码", "score": "满意度",
            "note": "办理情况", "agency": "承办单位", "due": "办理时限", "changed": "更新时间",
        },
        "statuses": {"accept": ["已受理"], "dispatch": ["已派单", "已转派"], "done": ["已办结"], "call_back": ["已回访"]},
        "scores": {"满意": 100, "不满意": 0},
    })
}

async fn mapped() -> Community {
    let community = Community::gathered(2).await;
    community.boss().await.put("/work-orders/mapping", mapping()).await.expect(204);
    community
}

fn file(community: &Community, orders: &[(&str, &str)]) -> String {
    let line = |(number, status): &(&str, &str)| {
        format!("{number},路灯不亮,\"3号楼前, 两盏路灯不亮\",{status},{},匿名\n", community.city.code(HOME))
    };
    "工单编号,标题,诉求内容,状态,区划代码,来电人\n".to_owned() + &orders.iter().map(line).collect::<String>()
}

async fn outcomes(community: &Community, file: String) -> Vec<(String, String)> {
    let received = community.coordinator().post_bytes("/work-orders", "text/csv", file).await.expect(200);
    received.as_array().expect("orders").iter().map(|it| (text(&it["topic"]), text(&it["outcome"]))).collect()
}

/// The lines that go back.
async fn back(community: &Community) -> Vec<Value> {
    let sent = community.coordinator().get("/work-orders").await.expect(200);
    sent.as_array().expect("orders").clone()
}

#[tokio::test]
async fn an_order_becomes_a_topic_once_and_goes_back_through_every_status() {
    let community = mapped().await;
    let orders = file(&community, &[("HZ-1", "已受理"), ("HZ-2", "已转派")]);
    let first = outcomes(&community, orders.clone()).await;
    assert!(first.iter().all(|it| it.1 == "entered"), "{first:?}");
    let again = outcomes(&community, orders).await;
    assert!(again.iter().all(|it| it.1 == "known"), "{again:?}");
    assert_eq!((&first[0].0, &first[1].0), (&again[0].0, &again[1].0));
    let topics = community.coordinator().get(&format!("/topics?unit={}", community.city.unit(HOME).await)).await;
    assert_eq!(topics.expect(200)["items"].as_array().expect("topics").len(), 2, "each number is one topic");
    let topic = first[0].0.clone();
    let ours = community.read(&format!("/topics/{topic}")).await;
    assert_eq!((&ours["channel"], &ours["body"]), (&json!("hotline"), &json!("3号楼前, 两盏路灯不亮")));

    let status = async |number: &str| {
        let rows = back(&community).await;
        let row = rows.iter().find(|it| it["工单编号"] == number).expect("it goes back").clone();
        (text(&row["状态"]), row)
    };
    assert_eq!(status("HZ-1").await.0, "已受理");
    community
        .coordinator()
        .post(&format!("/topics/{}/rejection", first[1].0), json!({"reason": "重复反映"}))
        .await
        .expect(200);
    let (word, row) = status("HZ-2").await;
    assert_eq!((word.as_str(), &row["办理情况"]), ("已办结", &json!("重复反映")));
    community.coordinator().post(&format!("/topics/{topic}/acceptance"), json!({})).await.expect(200);
    community.deliberate(&topic).await;
    let Adopted { resolution, .. } = community.adopt(&topic).await;
    community.assign(&resolution, 240).await.expect(200);
    let (word, row) = status("HZ-1").await;
    assert_eq!((word.as_str(), &row["承办单位"]), ("已派单", &json!("上保社区")));
    assert!(text(&row["办理时限"]).ends_with('Z'), "{row}");
    community.complete(&resolution).await.expect(200);
    let (word, row) = status("HZ-1").await;
    assert_eq!((word.as_str(), &row["办理情况"]), ("已办结", &json!("两盏路灯已更换，验收照片见附件。")));

    // What goes back comes in again and changes nothing, in either form.
    let csv = community.coordinator().get("/work-orders?format=csv").await;
    assert!(csv.header("content-type").starts_with("text/csv"), "{}", csv.header("content-type"));
    assert!(
        csv.text.starts_with("工单编号,标题,状态,承办单位,办理时限,办理情况,更新时间\nHZ-1,路灯不亮,已办结,"),
        "{}",
        csv.text
    );
    let called = json!([{
        "工单编号": "HZ-1", "标题": "路灯不亮", "诉求内容": "两盏路灯不亮", "状态": "已回访", "满意度": "满意", "办理情况": "很快就修好了",
    }]);
    for outcome in ["called_back", "known"] {
        let received = community.coordinator().post("/work-orders", called.clone()).await.expect(200);
        assert_eq!((&received[0]["outcome"], &received[0]["topic"]), (&json!(outcome), &json!(topic)));
    }
    assert_eq!(status("HZ-1").await.0, "已回访");
    let order = community.read(&format!("/topics/{topic}/order")).await;
    assert_eq!((&order["work_orders"][0]["number"], &order["work_orders"][0]["score"]), (&json!("HZ-1"), &json!(100)));
    assert_eq!(community.shown("work_order.called_back", 1).await[0]["body"]["score"], 100);
    let page = community.coordinator().get("/work-orders?limit=1").await;
    let next = format!("/work-orders?limit=1&cursor={}", page.header("x-next-cursor"));
    assert_eq!(community.coordinator().get(&next).await.expect(200)[0]["工单编号"], "HZ-2");
}

#[tokio::test]
async fn a_bad_line_names_its_column_and_its_fix_and_nothing_is_taken() {
    let community = Community::gathered(0).await;
    let orders = file(&community, &[("HZ-1", "已受理")]);
    let send = async |file: String| community.coordinator().post_bytes("/work-orders", "text/csv", file).await;
    send(orders.clone()).await.refused(404, "work_order.no_mapping");
    let mut twice = mapping();
    twice["columns"]["note"] = json!("状态");
    let boss = community.boss().await;
    let refused = boss.put("/work-orders/mapping", twice).await.refused(422, "work_order.bad_mapping");
    assert_eq!(refused["field"], "columns.note");
    community.coordinator().put("/work-orders/mapping", mapping()).await.refused(403, "session.forbidden");
    boss.put("/work-orders/mapping", mapping()).await.expect(204);
    assert_eq!(community.read("/work-orders/mapping").await["columns"]["number"], "工单编号");
    let orders =
        orders + "HZ-2,漏水,三楼漏水,丢失,,\nHZ-3,漏水,三楼漏水,已办结,000000,\nHZ-4,漏水,三楼漏水,已受理,000000,\n";
    let faults = send(orders).await.refused(422, "request.faults")["faults"].clone();
    let told: Vec<_> = faults.as_array().expect("faults").iter().map(|it| text(&it["field"])).collect();
    assert_eq!(told, ["line 3: 状态", "line 4: 状态", "line 5: 区划代码"], "{faults}");
    assert!(text(&faults[0]["fix"]).contains("已受理"), "{faults}");
    assert!(back(&community).await.is_empty(), "nothing of the file was taken");
    community.officer().get("/work-orders").await.refused(403, "session.forbidden");
}

/// How many orders come in at once.
const MANY: usize = 1_000;

#[tokio::test]
async fn a_thousand_orders_come_in_at_once_and_only_what_changed_goes_back() {
    let community = mapped().await;
    community.adopt_rules(plugins::built("standard"), json!({})).await;
    let numbers: Vec<_> = (0..MANY).map(|i| format!("HZ-{i:04}")).collect();
    let orders: Vec<_> = numbers.iter().map(|it| (it.as_str(), "已受理")).collect();
    let before = community.city.advance_clock(1).await;
    let begun = std::time::Instant::now();
    let received = outcomes(&community, file(&community, &orders)).await;
    println!("{MANY} orders came in within {} ms", begun.elapsed().as_millis());
    assert!(received.len() == MANY && received.iter().all(|it| it.1 == "entered"));
    let since = community.city.advance_clock(1).await;
    let changed = async |since: &str| {
        let path = format!("/work-orders?limit=1000&changed_since={since}");
        let sent = community.coordinator().get(&path).await.expect(200);
        sent.as_array().expect("orders").iter().map(|it| text(&it["工单编号"])).collect::<Vec<_>>()
    };
    assert_eq!(changed(&before).await, numbers, "in order of their numbers");
    assert!(changed(&since).await.is_empty(), "nothing has changed since");
    let reason = json!({"reason": "重复反映"});
    community.coordinator().post(&format!("/topics/{}/rejection", received[7].0), reason).await.expect(200);
    assert_eq!(changed(&since).await, [numbers[7].clone()]);
    let called = json!([{"工单编号": numbers[9], "标题": "路灯不亮", "诉求内容": "两盏路灯不亮", "状态": "已回访", "满意度": "满意"}]);
    community.coordinator().post("/work-orders", called).await.expect(200);
    assert_eq!(changed(&since).await, [numbers[7].clone(), numbers[9].clone()]);
}

#[tokio::test]
async fn rules_in_shadow_look_at_every_order_that_came_in() {
    let community = mapped().await;
    let boss = community.boss().await;
    let digest = community.upload(plugins::built("standard")).await;
    boss.post(&format!("/rule-sets/{digest}/shadow"), json!({"configuration": {}})).await.expect(201);
    let numbers: Vec<_> = (0..30).map(|i| format!("HZ-{i}")).collect();
    let orders: Vec<_> = numbers.iter().map(|it| (it.as_str(), "已受理")).collect();
    assert_eq!(outcomes(&community, file(&community, &orders)).await.len(), orders.len());
    // Nobody waits for what the shadow says.
    assert_eq!(community.shown("shadow.answered", orders.len()).await.len(), orders.len());
    let running = boss.get("/shadow").await.expect(200)["running"].clone();
    assert_eq!(running["same"], orders.len(), "{running}");
}
