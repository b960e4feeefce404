//! Somebody tries to link the marks on the roll of a secret ballot to what its papers say, through all that the service shows.

use serde_json::{Value, json};
use yishi_tests::{
    books::{book, condition, open, verified},
    cases::created,
    collectors::Collector,
    communities::{Community, text, unit},
    plugins,
    servers::Setup,
};

/// What the votes say, in words that stand nowhere else.
const CODES: [&str; 3] = ["qzlamps", "qzbench", "qzramps"];

/// Which resident wants what.
const WANTED: [usize; 6] = [0, 1, 2, 0, 1, 0];

/// The kinds of events that may name an option: before the first vote, or of all votes together.
const TOGETHER: [&str; 4] = ["ballot.opened", "box.sealed", "ballot.counted", "ballot.decided"];

fn names_an_option(text: &str) -> bool {
    CODES.iter().any(|code| text.contains(code))
}

async fn opened(community: &Community) -> String {
    let rule = json!({
        "secrecy": "secret", "method": {"approval": 1}, "conditions": [condition("quorum", "eligible", (1, 2), false)],
        "selection": {"measure": "heads", "procedure": {"most_votes": 1}, "tie": "listed_first"},
    });
    community.adopt_rules(plugins::built("rule-book"), book(rule)).await;
    let options: Vec<_> = CODES.iter().map(|code| json!({"code": code, "title": code})).collect();
    created(open(community, &community.deliberated().await, json!({"options": options})).await)
}

/// Votes in an order, the last two on paper; gives all that was answered.
async fn voted(community: &Community, ballot: &str, order: &[usize]) -> String {
    let mut answers = String::new();
    for i in order {
        let vote = json!({"voting_unit": unit(*i), "approved": [CODES[WANTED[*i]]]});
        let key = format!("vote-{i}");
        let once = [("idempotency-key", key.as_str())];
        let cast = community.resident(*i).post_with(&format!("/ballots/{ballot}/votes"), vote, &once).await;
        answers.push_str(&cast.expect(201).to_string());
    }
    let contents =
        json!([{"number": 1, "approved": [CODES[WANTED[4]]]}, {"number": 1, "approved": [CODES[WANTED[5]]]}]);
    let batch = json!({
        "station": "大堂", "witness": community.witness.id, "scan_reference": "scans/1.pdf", "contents": contents,
        "papers": [{"voting_unit": unit(4)}, {"voting_unit": unit(5)}],
        "control": {"papers": 2, "options": {CODES[WANTED[4]]: 1, CODES[WANTED[5]]: 1}},
    });
    let entered = community.coordinator().post(&format!("/ballots/{ballot}/batches"), batch).await;
    answers.push_str(&entered.expect(201).to_string());
    let batches = community.coordinator().get(&format!("/ballots/{ballot}/batches")).await;
    answers.push_str(&batches.expect(200).to_string());
    answers
}

async fn counted(community: &Community, ballot: &str) -> Value {
    community.city.advance_clock(49).await;
    community.end(ballot, "count").await.expect(200);
    community.read(&format!("/ballots/{ballot}")).await
}

#[tokio::test]
async fn neither_answers_nor_events_nor_logs_nor_traces_link_a_voter_to_a_choice() {
    let collector = Collector::start();
    let endpoint = collector.url();
    let server = Setup::fresh().env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint).env("YISHI_LOG", "trace").start().await;
    let community = Community::on(server.site(), WANTED.len()).await;
    let ballot = opened(&community).await;
    let before = server.log().lines().count();
    let answers = voted(&community, &ballot, &[0, 1, 2, 3]).await;
    let log: String = server.log().lines().skip(before).collect();
    assert!(!names_an_option(&answers), "{answers}");
    assert!(!names_an_option(&log), "the log of casting names no option");
    let shown = community.read(&format!("/ballots/{ballot}")).await;
    assert!(shown["tally"].is_null() && shown["standings"].is_null() && shown["voted"] == 6, "turnout alone: {shown}");

    let shown = counted(&community, &ballot).await;
    assert_eq!(shown["standings"][0]["score"], 3, "{shown}");
    community.shown("ballot.decided", 1).await;
    let page = community.read("/events?limit=1000").await;
    let events = page["items"].as_array().expect("events");
    assert!(page["next"].is_null(), "all of them");
    let mut sealed = 0;
    for event in events {
        let (kind, whole) = (text(&event["kind"]), event.to_string());
        sealed += usize::from(kind == "box.sealed");
        assert!(TOGETHER.contains(&kind.as_str()) || !names_an_option(&whole), "{whole}");
        // What names an option names no voter.
        let names_a_voter = (0..WANTED.len())
            .any(|i| whole.contains(&format!("\"{}\"", unit(i))) || whole.contains(&community.residents[i].id));
        assert!(!names_a_voter || !names_an_option(&whole), "{whole}");
    }
    assert_eq!(sealed, 1);
    let bundle: Value = serde_json::from_str(&verified(&community, &ballot).await).expect("JSON");
    for leaf in bundle["leaves"].as_array().expect("leaves").iter().map(|it| &it["leaf"]) {
        assert!(TOGETHER.contains(&text(&leaf["kind"]).as_str()) || !names_an_option(&leaf.to_string()), "{leaf}");
    }
    server.stop().await;
    let spans = format!("{:?}", collector.received().spans);
    assert!(spans.contains("api.cast_vote") && !names_an_option(&spans), "traces name no option");
}

#[tokio::test]
async fn the_order_in_which_votes_come_leaves_no_trace_in_the_sealed_box() {
    let mut boxes = Vec::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0]] {
        let community = Community::gathered(WANTED.len()).await;
        let ballot = opened(&community).await;
        voted(&community, &ballot, &order).await;
        counted(&community, &ballot).await;
        let sealed = community.shown("box.sealed", 1).await.remove(0);
        boxes.push(sealed["body"]["papers"].clone());
    }
    assert_eq!(boxes[0], boxes[1]);
    let expected = json!([
        {"choice": {"approved": ["qzbench"]}, "number": 2},
        {"choice": {"approved": ["qzlamps"]}, "number": 3},
        {"choice": {"approved": ["qzramps"]}, "number": 1},
    ]);
    assert_eq!(boxes[0], expected);
}
