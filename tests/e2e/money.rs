//! Money: a district's budget per head, donations and crowdfunding pay for what was resolved; what was wrong is reversed, and every quarter is
//! disclosed as it was.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use yishi_tests::{
    cases::created,
    clients::Client,
    communities::{Community, HOME, text},
    instants,
};

const DISTRICT: &str = "330106";
const NEIGHBOUR: &str = "330106002052";

/// The digest of a voucher's scan.
fn scan() -> String {
    format!("sha256:{}", "7".repeat(64))
}

pub(crate) async fn fund(community: &Community, more: Value) -> (Client, String, String) {
    let boss = community.boss().await;
    let mut input =
        json!({"unit": community.city.unit(DISTRICT).await, "kind": "budget", "name": "西湖区民主议事经费"});
    for (member, value) in more.as_object().expect("members") {
        input[member] = value.clone();
    }
    let fund = created(boss.post("/funds", input).await);
    (boss, format!("/funds/{fund}"), fund)
}

/// What the accounts of a kind hold together in a unit.
async fn held(community: &Community, fund: &str, unit: &str, kind: &str) -> i64 {
    let shown = community.read(&format!("/funds/{fund}")).await;
    let accounts = shown["accounts"].as_array().expect("accounts");
    assert_eq!(accounts.iter().map(|it| it["fen"].as_i64().expect("fen")).sum::<i64>(), 0, "the books balance");
    let of = accounts.iter().filter(|it| it["unit"] == unit && it["kind"] == kind);
    of.map(|it| it["fen"].as_i64().expect("fen")).sum()
}

/// The quarter of an instant in Hangzhou, and how many hours from then on it is surely over and disclosed.
pub(crate) fn quarter_of(instant: &str) -> (String, u32) {
    let local = instants::after(instant, 8 * 60);
    let (year, month): (i32, u32) = (local[..4].parse().expect("a year"), local[5..7].parse().expect("a month"));
    let number = (month - 1) / 3 + 1;
    let next = match number {
        4 => format!("{}-01-01T00:00:00Z", year + 1),
        number => format!("{year}-{:02}-01T00:00:00Z", number * 3 + 1),
    };
    let hours = instants::hours_between(&local, &next) + 3;
    (format!("{year}-Q{number}"), u32::try_from(hours).expect("it lies ahead"))
}

/// Moves the clock by many hours; one request takes a limited number.
pub(crate) async fn wait(community: &Community, mut hours: u32) -> String {
    while hours > 700 {
        community.city.advance_clock(700).await;
        hours -= 700;
    }
    community.city.advance_clock(hours).await
}

#[tokio::test]
async fn a_districts_budget_a_donation_and_a_crowdfunding_pay_for_what_was_resolved() {
    let community = Community::gathered(2).await;
    // All of it happens early in a quarter.
    let (_, hours) = quarter_of(&community.city.advance_clock(1).await);
    wait(&community, hours).await;
    let resolution = community.adopted().await.resolution;
    community.assign(&resolution, 24 * 60).await.expect(200);
    let (boss, path, fund) = fund(&community, json!({})).await;
    let (home, neighbour) =
        (community.city.unit(HOME).await.to_owned(), community.city.unit(NEIGHBOUR).await.to_owned());
    // Ten yuan a resident and year, as the plan asks for.
    let budget = json!({"per_head_fen": 1_000, "year": 2026, "units": [
        {"unit": home, "residents": 3_200}, {"unit": neighbour, "residents": 2_500},
    ]});
    boss.post(&format!("{path}/budgets"), budget).await.expect(201);
    assert_eq!(held(&community, &fund, &home, "available").await, 3_200_000);
    assert_eq!(held(&community, &fund, &neighbour, "available").await, 2_500_000);
    let donation = json!({"unit": home, "amount_fen": 500_000, "note": "辖区企业捐赠"});
    boss.post(&format!("{path}/donations"), donation).await.expect(201);

    // Two crowdfundings: one reaches its goal, and one does not.
    let now = community.city.advance_clock(1).await;
    let campaign = |title: &str| json!({"unit": home, "title": title, "goal_fen": 300_000, "ends_at": instants::after(&now, 24 * 60)});
    let reached = created(boss.post(&format!("{path}/campaigns"), campaign("楼道加装扶手")).await);
    let missed = created(boss.post(&format!("{path}/campaigns"), campaign("小区凉亭")).await);
    for i in 0..2 {
        let pledge = json!({"amount_fen": 160_000});
        community.resident(i).post(&format!("/campaigns/{reached}/pledges"), pledge).await.expect(201);
    }
    community.resident(0).post(&format!("/campaigns/{missed}/pledges"), json!({"amount_fen": 100})).await.expect(201);
    community.city.advance_clock(24).await;
    let state = async |campaign: &str| text(&community.read(&format!("/campaigns/{campaign}")).await["state"]);
    assert_eq!((state(&reached).await.as_str(), state(&missed).await.as_str()), ("collected", "released"));
    let late = community.resident(0).post(&format!("/campaigns/{missed}/pledges"), json!({"amount_fen": 1})).await;
    late.refused(409, "campaign.over");
    assert_eq!(held(&community, &fund, &home, "available").await, 3_200_000 + 500_000 + 320_000);

    // The neighbours help out, and the lamps are paid for.
    let help = json!({"unit": neighbour, "to_unit": home, "amount_fen": 200_000, "note": "支持路灯改造"});
    boss.post(&format!("{path}/transfers"), help).await.expect(201);
    let aside = json!({"unit": home, "resolution": resolution, "amount_fen": 1_200_000, "note": "更换两盏路灯"});
    boss.post(&format!("{path}/allocations"), aside.clone()).await.expect(201);
    let spend = |fen: u64, voucher: &str| {
        json!({"unit": home, "resolution": resolution, "amount_fen": fen, "kind": "works", "voucher": voucher,
            "scan": scan(), "note": "路灯采购与安装"})
    };
    let spendings = format!("{path}/spendings");
    boss.post(&spendings, spend(1_200_001, "0117")).await.refused(409, "allocation.exceeded");
    let wrong = created(boss.post(&spendings, spend(1_150_000, "0117")).await);
    boss.post(&spendings, spend(1, "0117")).await.refused(409, "voucher.used");
    assert_eq!(boss.post(&spendings, json!({"scan": 1})).await.status, 422);
    let elsewhere = json!({"unit": neighbour, "resolution": resolution, "amount_fen": 1, "note": "别处"});
    let refused = boss.post(&format!("{path}/allocations"), elsewhere).await.refused(422, "allocation.elsewhere");
    assert_eq!(refused["field"], "resolution");
    let all = json!({"unit": home, "resolution": resolution, "amount_fen": 9_000_000, "note": "超支"});
    let refused = boss.post(&format!("{path}/allocations"), all).await.refused(409, "fund.overdrawn");
    assert!(refused["detail"].as_str().is_some_and(|it| it.contains("3020000 fen are available")), "{refused}");
    community.resident(0).post(&spendings, spend(1, "0118")).await.refused(403, "session.forbidden");

    // The quarter is disclosed when it is over, and stays as it was.
    let (quarter, hours) = quarter_of(&community.city.advance_clock(1).await);
    let disclosure = format!("/units/{home}/disclosures/{quarter}");
    let public = community.city.public();
    public.get(&disclosure).await.refused(409, "disclosure.not_over");
    wait(&community, hours).await;
    let told = public.get(&disclosure).await.expect(200);
    let fen = |list: &Value| -> i64 {
        list.as_array().expect("a list").iter().map(|it| it["fen"].as_i64().expect("fen")).sum()
    };
    assert_eq!((fen(&told["income"]), fen(&told["spending"])), (4_020_000, 1_150_000), "{told}");
    assert_eq!((&told["transferred_fen"], &told["reversals"]), (&json!(200_000), &json!(0)), "{told}");
    assert_eq!(told["holdings"][0]["closing_fen"], 4_020_000 + 200_000 - 1_150_000);

    // What was wrong is corrected in the next quarter, which alone tells of it.
    boss.post(&format!("/entries/{wrong}/reversal"), json!({"reason": "金额录入有误"})).await.expect(201);
    let twice = boss.post(&format!("/entries/{wrong}/reversal"), json!({"reason": "再来一次"})).await;
    twice.refused(409, "entry.reversed");
    boss.post(&spendings, spend(1_180_000, "0117")).await.expect(201);
    assert_eq!(held(&community, &fund, &home, "allocated").await, 20_000);
    let (next, hours) = quarter_of(&community.city.advance_clock(1).await);
    assert_ne!(next, quarter);
    wait(&community, hours).await;
    assert_eq!(public.get(&disclosure).await.expect(200), told, "last quarter comes out as it did then");
    let corrected = public.get(&format!("/units/{home}/disclosures/{next}")).await.expect(200);
    assert_eq!((fen(&corrected["spending"]), &corrected["reversals"]), (30_000, &json!(1)), "{corrected}");
    assert_eq!(corrected["holdings"][0]["opening_fen"], told["holdings"][0]["closing_fen"]);
    let district = community.city.unit(DISTRICT).await;
    let all = public.get(&format!("/units/{district}/disclosures/{quarter}")).await.expect(200);
    assert_eq!((fen(&all["income"]), &all["transferred_fen"]), (6_520_000, &json!(0)), "a district is its communities");
    let entries = community.read(&format!("{path}/entries?limit=1000")).await;
    let reversal = entries["items"].as_array().expect("entries").iter().find(|it| it["reverses"] == json!(wrong));
    assert_eq!(reversal.expect("it is told")["note"], "金额录入有误");
    community.shown("campaign.collected", 1).await;
}

#[tokio::test]
async fn an_action_item_is_paid_and_supplied_out_of_what_was_set_aside_for_it_alone() {
    let community = Community::gathered(1).await;
    let resolution = community.adopted().await.resolution;
    community.assign(&resolution, 500).await.expect(200);
    let home = community.city.unit(HOME).await.to_owned();
    let now = community.city.advance_clock(1).await;
    let item = |title: &str| {
        json!({"title": title, "unit": home, "first_responsible_post": "社区居委会主任",
            "due_at": instants::after(&now, 200 * 60), "milestones": []})
    };
    let items = format!("/resolutions/{resolution}/items");
    let poles = created(community.coordinator().post(&items, item("立杆")).await);
    let wires = created(community.coordinator().post(&items, item("布线")).await);

    let (boss, path, fund) = fund(&community, json!({"kind": "special"})).await;
    let grant = json!({"unit": home, "amount_fen": 900_000, "note": "区级拨款"});
    boss.post(&format!("{path}/grants"), grant).await.expect(201);
    let aside = |item: Option<&str>, fen: u64| {
        let mut aside = json!({"unit": home, "resolution": resolution, "amount_fen": fen, "note": "路灯"});
        if let Some(item) = item {
            aside["item"] = item.into();
        }
        aside
    };
    let allocations = format!("{path}/allocations");
    boss.post(&allocations, aside(Some(&poles), 500_000)).await.expect(201);
    boss.post(&allocations, aside(Some(&wires), 200_000)).await.expect(201);
    boss.post(&allocations, aside(None, 100_000)).await.expect(201);
    let foreign = boss.post(&allocations, aside(Some(&resolution), 1)).await.refused(422, "allocation.bad_item");
    assert_eq!(foreign["field"], "item", "{foreign}");

    // What is set aside for one item, or for the whole, pays for nothing else.
    let spend = |item: Option<&str>, fen: u64, voucher: &str| {
        let mut spending = aside(item, fen);
        let paid = json!({"kind": "works", "voucher": voucher, "scan": scan()});
        for (member, value) in paid.as_object().expect("members") {
            spending[member] = value.clone();
        }
        spending
    };
    let spendings = format!("{path}/spendings");
    for (item, fen) in [(Some(wires.as_str()), 200_001), (None, 100_001), (Some(poles.as_str()), 500_001)] {
        boss.post(&spendings, spend(item, fen, "0201")).await.refused(409, "allocation.exceeded");
    }
    let paid = created(boss.post(&spendings, spend(Some(&poles), 480_000, "0201")).await);
    let left = async || {
        let shown = community.read(&format!("/funds/{fund}")).await;
        let of = |item: Option<&str>| {
            let accounts = shown["accounts"].as_array().expect("accounts").iter();
            let mut of = accounts.filter(|it| it["kind"] == "allocated" && it["item"].as_str() == item);
            of.next().map(|it| it["fen"].as_i64().expect("fen"))
        };
        [of(Some(&poles)), of(Some(&wires)), of(None)]
    };
    assert_eq!(left().await, [Some(20_000), Some(200_000), Some(100_000)]);
    boss.post(&format!("{path}/releases"), aside(Some(&poles), 20_001)).await.refused(409, "allocation.exceeded");
    boss.post(&format!("{path}/releases"), aside(Some(&wires), 50_000)).await.expect(201);
    boss.post(&format!("/entries/{paid}/reversal"), json!({"reason": "凭证有误"})).await.expect(201);
    assert_eq!(left().await, [Some(500_000), Some(150_000), Some(100_000)], "it is back where it was taken");

    let street = community.city.unit("330106002").await;
    let offer = json!({"kind": "volunteer_hours", "name": "电工义务维修", "measure": "小时", "quantity": 40});
    let hours = created(boss.post(&format!("/units/{street}/pool"), offer).await);
    let draws = format!("/provisions/{hours}/draws");
    let draw = |item: &str| json!({"resolution": resolution, "item": item, "quantity": 8});
    boss.post(&draws, draw(&home)).await.refused(422, "allocation.bad_item");
    boss.post(&draws, draw(&wires)).await.expect(201);
    let told = community.shown("provision.drawn", 1).await;
    assert_eq!(told[0]["body"]["item"], wires.as_str(), "{told:?}");
}

#[tokio::test]
async fn many_spenders_of_one_fund_never_overdraw_it_and_never_wait_for_each_other_for_good() {
    let community = Community::gathered(1).await;
    let resolution = community.adopted().await.resolution;
    let (boss, path, fund) = fund(&community, json!({"kind": "special"})).await;
    let (home, neighbour) =
        (community.city.unit(HOME).await.to_owned(), community.city.unit(NEIGHBOUR).await.to_owned());
    for unit in [&home, &neighbour] {
        let grant = json!({"unit": unit, "amount_fen": 1_000, "note": "区级拨款"});
        boss.post(&format!("{path}/grants"), grant).await.expect(201);
    }
    let mut callers = JoinSet::new();
    for i in 0..40_u32 {
        let (boss, path) = (boss.clone(), path.clone());
        // Transfers there and back take the same accounts in both directions.
        let (from, to) = if i % 2 == 0 { (home.clone(), neighbour.clone()) } else { (neighbour.clone(), home.clone()) };
        let resolution = resolution.clone();
        let home = home.clone();
        callers.spawn(async move {
            let answer = match i % 4 {
                3 => {
                    let aside = json!({"unit": home, "resolution": resolution, "amount_fen": 300, "note": "路灯"});
                    boss.post(&format!("{path}/allocations"), aside).await
                }
                _ => {
                    let moved = json!({"unit": from, "to_unit": to, "amount_fen": 400, "note": "调剂"});
                    boss.post(&format!("{path}/transfers"), moved).await
                }
            };
            match answer.status {
                201 => true,
                _ => {
                    answer.refused(409, "fund.overdrawn");
                    false
                }
            }
        });
    }
    let booked = callers.join_all().await.into_iter().filter(|booked| *booked).count();
    assert!((1..40).contains(&booked), "some went through, and some were too much: {booked}");
    let (here, there) =
        (held(&community, &fund, &home, "available").await, held(&community, &fund, &neighbour, "available").await);
    let aside = held(&community, &fund, &home, "allocated").await;
    assert!(here >= 0 && there >= 0, "{here} and {there}");
    assert_eq!(here + there + aside, 2_000, "nothing is lost");
    let entries = community.read(&format!("{path}/entries?limit=1000")).await;
    assert_eq!(entries["items"].as_array().expect("entries").len(), 2 + booked);
}

#[tokio::test]
async fn a_resolution_draws_from_the_streets_pool_and_gives_back() {
    let community = Community::gathered(1).await;
    let resolution = community.adopted().await.resolution;
    let boss = community.boss().await;
    let street = community.city.unit("330106002").await;
    let offer = json!({"kind": "volunteer_hours", "name": "电工义务维修", "measure": "小时", "quantity": 40});
    let hours = created(boss.post(&format!("/units/{street}/pool"), offer).await);
    let draws = format!("/provisions/{hours}/draws");
    let draw = created(boss.post(&draws, json!({"resolution": resolution, "quantity": 30})).await);
    let much = boss.post(&draws, json!({"resolution": resolution, "quantity": 11})).await;
    assert!(much.refused(409, "provision.exhausted")["detail"].as_str().is_some_and(|it| it.starts_with("10 小时")));
    boss.post(&format!("/draws/{draw}/return"), Value::Null).await.expect(204);
    boss.post(&format!("/draws/{draw}/return"), Value::Null).await.refused(409, "draw.returned");
    let (_, path, _) = fund(&community, json!({"kind": "donations"})).await;
    let donation = json!({"unit": street, "amount_fen": 8_800, "note": "街道企业联合会"});
    boss.post(&format!("{path}/donations"), donation).await.expect(201);
    let pool = community.read(&format!("/units/{street}/pool")).await;
    assert_eq!((&pool["provisions"][0]["remaining"], &pool["money"][0]["available_fen"]), (&json!(40), &json!(8_800)));
}
