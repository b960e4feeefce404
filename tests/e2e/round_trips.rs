//! Every register goes out as a file that an empty city takes, and comes out of that one as the same bytes.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    communities::{Community, HOME},
    servers::Server,
};

/// Each register as its file has it, in the order of its keys: every column, and a row with all that may be left out left out.
const FILES: [(&str, &str); 12] = [
    (
        "people",
        "key,unit,name,pool,field,capacity,since,until\n\
         E-1,{unit},\"钱律师, \"\"老钱\"\"\",expert,物权法,3,2026-01-01,2026-12-31\n\
         V-1,{unit},周大姐,volunteer,,0,2026-01-01,\n",
    ),
    (
        "trainings",
        "key,unit,person,title,hours,held_on\nT-1,{unit},E-1,议事规则,39,2026-05-01\nT-2,{unit},V-1,\"调解, 上\",1,2026-06-01\n",
    ),
    (
        "point_rules",
        "key,unit,activity,points_per_hour,since,until\nR-1,{unit},巡查,2,2026-01-01,2026-03-31\nR-2,{unit},巡查,5,2026-04-01,\n",
    ),
    (
        "volunteer_hours",
        "key,unit,person,activity,hours,points,served_on,undoes\n\
         H-1,{unit},V-1,巡查,3,6,2026-03-05,\nH-2,{unit},V-1,巡查,-3,-6,2026-03-05,H-1\n",
    ),
    (
        "honours",
        "key,unit,person,title,awarded_on\nA-1,{unit},V-1,议事之星,2026-07-01\nA-2,{unit},,先进社区,2026-07-01\n",
    ),
    (
        "disputes",
        "key,unit,title,brought_on,settled_on,by_deliberation\n\
         D-1,{unit},\"漏水\n两处\",2026-03-01,2026-04-01,yes\nD-2,{unit},噪声,2026-03-02,,\n",
    ),
    (
        "livelihood_matters",
        "key,unit,title,raised_on,closed_on\nL-1,{unit},路灯,2026-03-01,2026-04-01\nL-2,{unit},菜场,2026-03-02,\n",
    ),
    (
        "hard_matters",
        "key,unit,title,raised_on,closed_on\nM-1,{unit},产权证,2026-03-01,2026-04-01\nM-2,{unit},飞线充电,2026-03-02,\n",
    ),
    (
        "rule_documents",
        "key,unit,title,level,text,in_force_from,in_force_until\n\
         G-1,{unit},议事章程,community,{digest},2026-01-01,2026-12-31\nG-2,{unit},经费办法,city,{digest},2026-01-01,\n",
    ),
    ("brands", "key,unit,name,recognised_on,recognised_by\nB-1,{unit},圆桌议事,2026-05-01,\"市委, 社会工作部\"\n"),
    ("case_studies", "key,unit,title,published_on,text\nC-1,{unit},加装电梯怎么议,2026-08-01,{digest}\n"),
    ("evaluations", "key,unit,year,evaluator,score,report,filed_on\nP-1,{unit},2025,某大学,91,{digest},2026-02-01\n"),
];

/// Takes a file into a city's register, tried before.
async fn take(community: &Community, register: &str, (format, content_type): (&str, &str), file: &str, rows: usize) {
    let by = community.coordinator();
    let import = created(by.post(&format!("/registers/{register}/imports"), json!({"format": format})).await);
    let part = format!("/imports/{import}/parts?number=1");
    by.post_bytes(&part, content_type, file.to_owned()).await.expect(200);
    let whole = json!({"added": rows, "changed": 0, "unchanged": 0});
    let standing = by.get(&format!("/imports/{import}")).await.expect(200);
    assert_eq!(standing["faults"], 0, "{register}: {standing}");
    assert_eq!(by.get(&format!("/imports/{import}/preview")).await.expect(200), whole, "{register}");
    assert_eq!(given(community, register, "csv").await.lines().count(), 1, "{register}: trying changes nothing");
    let apply = format!("/imports/{import}/application");
    assert_eq!(by.post(&apply, json!({"mode": "all_or_nothing"})).await.expect(200), whole, "{register}");
}

/// A city's register as a file.
async fn given(community: &Community, register: &str, format: &str) -> String {
    let file = community.coordinator().get(&format!("/registers/{register}/file?format={format}")).await;
    assert_eq!(file.status, 200, "{}", file.text);
    file.text
}

/// The names of the registers, as the interface describes them.
async fn described() -> Vec<String> {
    let document = Server::shared().await.site().client().get("/openapi.json").await.expect(200);
    let names = document["components"]["schemas"]["Register"]["enum"].as_array().expect("registers").clone();
    names.iter().map(|it| it.as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn every_register_goes_into_an_empty_city_and_comes_out_the_same() {
    assert_eq!(described().await, FILES.map(|(register, _)| register), "each has a file here");
    let [from, by_lines, by_cells] =
        [Community::gathered(0).await, Community::gathered(0).await, Community::gathered(0).await];
    let digest = format!("sha256:{}", "0f".repeat(32));
    for (register, file) in FILES {
        let file = file.replace("{unit}", &from.city.code(HOME)).replace("{digest}", &digest);
        let rows = csv::Reader::from_reader(file.as_bytes()).records().count();
        take(&from, register, ("csv", "text/csv"), &file, rows).await;
        assert_eq!(given(&from, register, "csv").await, file, "{register}");

        let lines = given(&from, register, "ndjson").await;
        let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(objects.len(), rows, "{register}: {lines}");
        let formats = [("ndjson", "application/x-ndjson", &lines), ("csv", "text/csv", &file)];
        for (other, (format, content_type, ours)) in [&by_lines, &by_cells].into_iter().zip(formats) {
            let moved = |text: &str| text.replace(&from.city.code(HOME), &other.city.code(HOME));
            take(other, register, (format, content_type), &moved(ours), rows).await;
            assert_eq!(given(other, register, "ndjson").await, moved(&lines), "{register}");
            assert_eq!(given(other, register, "csv").await, moved(&file), "{register}");
        }
    }
}
