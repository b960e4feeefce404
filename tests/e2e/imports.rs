//! Real elections are imported as ballots, through the interface.

use serde_json::Value;
use yishi_tests::{folders::Folder, programs};

/// Two elections made up for this: one by points on paper and online, with a tie; one by approval of a single project.
const FILES: [(&str, &str); 2] = [
    (
        "points.pb",
        "META\nkey;value\ndescription;Points\nbudget;100\nvote_type;cumulative\nPROJECTS\nproject_id;cost;score;name;selected\n\
         lamps;60;7;Lamps;1\nbenches;50;5;Benches;0\nramp;40;5;Ramp;1\nVOTES\nvoter_id;vote;points;voting_method\n\
         1;lamps,ramp;3,2;internet\n2;lamps,benches;4,1;paper\n3;ramp,benches;3,2;internet\n4;benches;2;paper\n",
    ),
    (
        "single.pb",
        "META\nkey;value\ndescription;Single\nbudget;10\nvote_type;approval\nPROJECTS\nproject_id;cost;votes;name\nP1;10;3;Park\n\
         VOTES\nvoter_id;vote\n1;P1\n2;P1\n3;P1\n",
    ),
];

#[tokio::test]
async fn elections_come_out_as_their_files_say() {
    let folder = Folder::new();
    let file = |name: &str| folder.path().join(name).to_str().expect("a plain name").to_owned();
    let mut files = Vec::new();
    for (name, text) in FILES {
        std::fs::write(file(name), text).expect("written");
        files.push(file(name));
    }
    let home = file("home");
    let run = async |files: &[String], more: &[&str]| {
        let mut args = vec!["--data-dir", home.as_str(), "import", "pabulib", "--listen", "127.0.0.1:0"];
        args.extend(more);
        args.extend(files.iter().map(String::as_str));
        programs::run(args).await
    };
    let done: Value = serde_json::from_str(&run(&files, &["--json"]).await.done()).expect("JSON");
    assert_eq!(
        (&done[0]["votes"], &done[0]["votes_equal"], &done[0]["winners_equal"]),
        (&4.into(), &true.into(), &true.into())
    );
    assert_eq!(done[0]["winners"], serde_json::json!(["lamps", "ramp"]), "{done}");
    assert_eq!((&done[1]["votes_equal"], &done[1]["winners_equal"]), (&true.into(), &Value::Null), "{done}");

    // A file that contradicts its own votes is told, and so is one that cannot be read.
    std::fs::write(file("wrong.pb"), FILES[1].1.replace("P1;10;3", "P1;10;4")).expect("written");
    let said = run(&[file("wrong.pb")], &[]).await;
    assert_eq!(said.code, Some(1));
    assert!(said.output.contains("3 votes, NOT equal to the file"), "{}", said.output);
    std::fs::write(file("bad.pb"), "nothing").expect("written");
    let said = run(&[file("bad.pb")], &[]).await.failed(1);
    assert!(said.contains("bad.pb") && said.contains("META"), "{said}");
}
