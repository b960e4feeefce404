//! The demonstration: it ends as it should, and a second one finds everything done.

use serde_json::{Value, json};
use yishi_tests::{folders::Folder, programs};

#[tokio::test]
async fn the_demonstration_holds_and_a_second_one_creates_nothing() {
    let folder = Folder::new();
    let data_dir = folder.path().to_str().expect("a plain name");
    let show = async || {
        let args = ["demo", "--exit", "--json", "--listen", "127.0.0.1:0", "--data-dir", data_dir];
        serde_json::from_str::<Value>(&programs::run(args).await.done()).expect("a report is JSON")
    };
    let (mut first, mut second) = (show().await, show().await);
    assert_eq!((&first["province"]["units"], &first["province"]["created"]), (&json!(27_035), &json!(27_035)));
    assert_eq!(second["province"]["created"], 0);
    for report in [&mut first, &mut second] {
        let report = report.as_object_mut().expect("a report");
        assert!(report.remove("story_ms").is_some() && report.remove("province").is_some());
        for city in report["cities"].as_array_mut().expect("cities") {
            // The first run may verify under a checkpoint that lacks what came last; the decision it covers either way.
            let checkpoint = city.as_object_mut().and_then(|it| it.remove("checkpoint")).expect("a checkpoint");
            assert!(checkpoint["size"].as_u64() <= city["record_size"].as_u64(), "{checkpoint}");
        }
    }
    assert_eq!(first, second);
    assert_eq!(first["cities"][0]["ballot"]["verdict"]["outcome"], "passed");
    assert_eq!(first["cities"][1]["ballot"]["verdict"]["outcome"], "failed");
}
