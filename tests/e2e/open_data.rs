//! Open data: a package that anybody can read and compute again, and in which nobody is.

use std::{path::Path, process::Command};

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, text},
    folders::Folder,
    reports::figure,
};

/// Gets the package into a folder.
async fn fetched(community: &Community) -> Folder {
    let (folder, public) = (Folder::new(), community.city.public());
    let package = public.get("/data/datapackage.json").await;
    std::fs::write(folder.path().join("datapackage.json"), &package.text).expect("written");
    std::fs::create_dir(folder.path().join("files")).expect("made");
    for resource in package.expect(200)["resources"].as_array().expect("resources") {
        let path = text(&resource["path"]);
        let file = public.get(&format!("/data/{path}")).await;
        assert_eq!(file.status, 200, "{}", file.text);
        let head: Vec<_> = file.text.lines().next().expect("a header").split(',').map(str::to_owned).collect();
        let fields: Vec<_> =
            resource["schema"]["fields"].as_array().expect("fields").iter().map(|it| text(&it["name"])).collect();
        assert_eq!(head, fields, "{path}");
        std::fs::write(folder.path().join(path), &file.text).expect("written");
    }
    folder
}

#[tokio::test]
async fn a_citys_figures_come_out_the_same_from_its_open_data_alone_in_which_nobody_is() {
    let community = Community::gathered(3).await;
    let adopted = community.done().await;
    community.rate(0, &adopted.resolution, 90).await.expect(204);
    community.rate(1, &adopted.resolution, 71).await.expect(204);
    community.city.advance_clock(7 * 24 + 1).await;
    let (_, ballot) = community.opened().await;
    community.vote_all(&ballot, "against").await;
    community.end(&ballot, "closing").await.expect(200);
    community.end(&ballot, "count").await.expect(200);
    let rejected = created(community.resident(1).post("/topics", community.topic().await).await);
    let reason = json!({"reason": "不属于本社区。"});
    community.coordinator().post(&format!("/topics/{rejected}/rejection"), reason).await.expect(200);
    community.raised().await;
    let report = community.report("").await;
    let folder = fetched(&community).await;

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/data/open/recompute.py");
    let years = community.years().await;
    let (from, to) = years.split_once("..").expect("a period");
    let run = Command::new("python3").args([script.as_ref(), folder.path(), Path::new(from), Path::new(to)]).output();
    let run = run.expect("python3 is installed");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let computed: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    for (indicator, value) in computed.as_object().expect("figures") {
        let (numerator, denominator) = figure(&report, indicator);
        assert_eq!(*value, json!([numerator, denominator]), "{indicator} of {report}");
    }
    assert_eq!(figure(&report, "topics").0, 4, "something was computed");

    // Whoever is a member, and whatever they wrote, is in none of the files.
    let people =
        [&community.coordinator, &community.officer, &community.witness].into_iter().chain(&community.residents);
    let private: Vec<_> = people.flat_map(|it| [it.id.clone(), it.name.clone()]).collect();
    let written = ["小区路灯不亮", "3号楼前", "多数同意", "不属于本社区", "社区议事厅", "1-101", "两盏路灯"];
    let resources: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("datapackage.json")).expect("read")).expect("JSON");
    for resource in resources["resources"].as_array().expect("resources") {
        let file = std::fs::read_to_string(folder.path().join(text(&resource["path"]))).expect("read");
        for secret in private.iter().map(String::as_str).chain(written) {
            assert!(!file.contains(secret), "{secret} is in {}", resource["path"]);
        }
    }
    let problem = community.city.public().get("/data/files/members.csv").await.refused(404, "open_data.no_such_file");
    assert!(text(&problem["fix"]).contains("cases.csv"), "{problem}");

    let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/frictionless/bin/frictionless");
    if !Path::new(tool).exists() {
        println!("skipped: the frictionless tool is missing under target/tools; `cargo xtask test` installs it");
        return;
    }
    let valid = Command::new(tool).args(["validate", "--json", "datapackage.json"]).current_dir(folder.path()).output();
    let valid = valid.expect("it runs");
    let said: Value = serde_json::from_slice(&valid.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&valid.stdout)));
    assert_eq!((&said["valid"], said["tasks"].as_array().map(Vec::len)), (&json!(true), Some(6)), "{said}");
}
