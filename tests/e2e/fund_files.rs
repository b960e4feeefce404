//! Funds come from a file, all or none, and go out as one that another city takes.

use serde_json::json;
use tokio::task::JoinSet;
use yishi_tests::communities::{Community, HOME, text};

#[tokio::test]
async fn funds_come_in_whole_or_not_at_all_and_go_out_as_they_came() {
    let community = Community::gathered(0).await;
    let (boss, home, district) = (community.boss().await, community.city.code(HOME), community.city.code("330106"));
    let file = format!(
        "unit,name,kind,may_overdraw\n{district},民主议事经费,budget,no\n{home},\"路灯, 捐赠\",donations,yes\n"
    );
    let send = async |path: &str, file: &str| boss.post_bytes(path, "text/csv", file.to_owned()).await;
    let opens = |opened: u32, unchanged: u32| json!({"opened": opened, "unchanged": unchanged});
    assert_eq!(send("/funds/file?dry_run=true", &file).await.expect(200), opens(2, 0));
    assert!(boss.get("/funds").await.expect(200)["items"].as_array().expect("funds").is_empty());
    assert_eq!(send("/funds/file", &file).await.expect(200), opens(2, 0));
    assert_eq!(send("/funds/file", &file).await.expect(200), opens(0, 2), "it is there already");
    assert_eq!(boss.get("/funds/file").await.text, file);

    let bad = format!(
        "{file}{home},路灯,lamps,no\n000000,路灯,special,maybe\n{home},\"路灯, 捐赠\",special,no\n{home},更多\n"
    );
    let faults = send("/funds/file", &bad).await.refused(422, "request.faults")["faults"].clone();
    let told: Vec<_> = faults.as_array().expect("faults").iter().map(|it| text(&it["field"])).collect();
    assert_eq!(told, ["line 4: kind", "line 5: may_overdraw", "line 6: name", "line 7: line"], "{faults}");
    assert_eq!(boss.get("/funds/file").await.text, file, "nothing of it is taken");
    let by = community.coordinator();
    by.post_bytes("/funds/file", "text/csv", file.clone()).await.refused(403, "session.forbidden");

    let twice = json!({"unit": community.city.unit(HOME).await, "name": "路灯, 捐赠", "kind": "donations"});
    boss.post("/funds", twice).await.refused(409, "fund.exists");

    let other = Community::gathered(0).await;
    let moved = file.replace(community.city.slug(), other.city.slug());
    let lines = boss.get("/funds/file?format=ndjson").await.text;
    let rows = lines.replace(community.city.slug(), other.city.slug());
    let boss = other.boss().await;
    let sent = boss.post_bytes("/funds/file", "application/x-ndjson", rows).await;
    assert_eq!(sent.expect(200), opens(2, 0));
    assert_eq!(boss.get("/funds/file").await.text, moved);
    assert_eq!(boss.get("/funds/file?format=ndjson").await.text.lines().count(), 2);
}

#[tokio::test]
async fn equal_files_at_once_and_a_request_beside_them_open_each_fund_once() {
    let community = Community::gathered(0).await;
    let (boss, home) = (community.boss().await, community.city.code(HOME));
    let lines: String = (0..40).map(|i| format!("{home},经费{i},special,no\n")).collect();
    let file = format!("unit,name,kind,may_overdraw\n{lines}");
    let mut callers = JoinSet::new();
    for _ in 0..6 {
        let (boss, file) = (boss.clone(), file.clone());
        callers.spawn(async move { boss.post_bytes("/funds/file", "text/csv", file).await.expect(200) });
    }
    let single =
        json!({"unit": community.city.unit(HOME).await, "name": "经费7", "kind": "special", "may_overdraw": false});
    let single = boss.post("/funds", single).await;
    let done = callers.join_all().await;
    let mut opened: Vec<_> = done.iter().map(|it| it["opened"].as_u64().expect("a number")).collect();
    opened.sort_unstable();
    // Whoever comes first opens the fund that both want.
    let others = if single.status == 201 { 39 } else { 40 };
    assert_eq!(opened, [0, 0, 0, 0, 0, others], "{single:?}");
    let kept = boss.get("/funds/file").await.text;
    assert_eq!(kept.lines().count(), 1 + 40, "{kept}");
}
