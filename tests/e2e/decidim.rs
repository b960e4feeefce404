//! An open-data archive of Decidim comes in: proposals with their comments as a tree, meetings and results, and a report of what found no place.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use yishi_tests::{
    cities::City,
    communities::{HOME, text},
    folders::Folder,
    programs,
    servers::Setup,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// The files of an archive, to the columns of Decidim 0.30's serializers; sites of languages have them for each.
const FILES: [(&str, &str); 7] = [
    (
        "decidim.example.org-open-data-proposals.csv",
        "id;author/id;author/name;author/url;taxonomies/id;participatory_space/id;component/id;title/ca;title/en;body/ca;body/en;address;\
         latitude;longitude;state;reference;answer/en;answered_at;votes;likes/total_count;comments;attachments;url;meeting_urls;withdrawn;\
         created_at\n\
         11;7;Núria Puig;https://decidim.example.org/profiles/nuria;3;1;5;Fanals;Street lamps;Dos fanals;Two lamps & a bench are broken;Carrer Major 1;\
         41.3874;2.1686;accepted;REF-11;We will mend them;2026-02-01;40;2;4;0;https://decidim.example.org/p/11;https://decidim.example.org/m/21;false;2026-01-02\n\
         12;8,9;Jordi Mas, Pau Vila;;;1;5;Bancs;Benches;Més bancs;More benches;;;;;REF-12;;;3;0;0;0;https://decidim.example.org/p/12;;false;2026-01-03\n\
         13;7;Núria Puig;;;1;5;Res;Nothing;Res;Nothing;;;;;REF-13;;;0;0;0;0;https://decidim.example.org/p/13;;true;2026-01-04\n",
    ),
    (
        "decidim.example.org-open-data-proposal_comments.csv",
        "id;created_at;body;locale;author/id;author/name;alignment;depth;commentable_id;commentable_type;root_commentable_url\n\
         103;2026-01-07;Only one of them;en;7;Núria Puig;0;2;102;Decidim::Comments::Comment;https://decidim.example.org/p/11\n\
         101;2026-01-05;I agree;en;8;Jordi Mas;1;0;11;Decidim::Proposals::Proposal;https://decidim.example.org/p/11\n\
         102;2026-01-06;Both are dark;en;9;Pau Vila;0;1;101;Decidim::Comments::Comment;https://decidim.example.org/p/11\n\
         104;2026-01-08;Me too;en;9;Pau Vila;0;0;11;Decidim::Proposals::Proposal;https://decidim.example.org/p/11\n\
         105;2026-01-09;On what was withdrawn;en;9;Pau Vila;0;0;13;Decidim::Proposals::Proposal;https://decidim.example.org/p/13\n",
    ),
    (
        "decidim.example.org-open-data-meetings.csv",
        "id;author/id;title/en;description/en;start_time;end_time;attendees;address;related_proposals;closing_report/en;url\n\
         21;7;Walk at night;<p>We look at <b>lamps</b></p>;2026-01-20 18:00;2026-01-20 19:00;14;Carrer Major 1;https://decidim.example.org/p/11;\
         Two lamps are dark;https://decidim.example.org/m/21\n\
         22;7;Party;;2026-01-21 18:00;;3;;;;https://decidim.example.org/m/22\n",
    ),
    (
        "decidim.example.org-open-data-results.csv",
        "id;parent/id;title/en;description/en;start_date;end_date;status/id;status/key;status/name/en;progress;created_at;url;proposal_urls\n\
         31;;New lamps;;2026-02-10;2026-05-31;1;done;Finished;100.0;2026-02-01;https://decidim.example.org/r/31;https://decidim.example.org/p/11\n\
         32;31;Lamps ordered;;2026-02-10;2026-03-01;1;done;Finished;100.0;2026-02-01;;\n\
         33;31;Lamps mounted;;2026-03-02;2026-05-31;1;done;Finished;100.0;2026-02-01;;\n\
         34;99;Elsewhere;;2026-03-02;;;;;0.0;2026-02-01;;\n\
         36;;Of no proposal;;2026-03-02;;;;;0.0;2026-02-01;;\n\
         37;36;Its part;;2026-03-02;;;;;0.0;2026-02-01;;\n",
    ),
    (
        "decidim.example.org-open-data-meeting_comments.csv",
        "id;created_at;body;locale;author/id;author/name;alignment;depth;commentable_id;commentable_type;root_commentable_url\n\
         110;2026-01-10;See you there;en;9;Pau Vila;0;0;21;Decidim::Meetings::Meeting;https://decidim.example.org/m/21\n",
    ),
    ("decidim.example.org-open-data-users.csv", "id;name;nickname\n7;Núria Puig;nuria\n"),
    ("README.md", "# What is in it\n"),
];

fn archive(folder: &Folder) -> PathBuf {
    let path = folder.path().join("open-data.zip");
    let mut zip = ZipWriter::new(std::fs::File::create(&path).expect("created"));
    for (name, text) in FILES {
        zip.start_file(name, SimpleFileOptions::default()).expect("begun");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("finished");
    path
}

/// Imports the archive into a city of a directory, while nothing else serves it.
async fn imported(folder: &Path, city: &City, archive: &Path, more: &[&str]) -> Value {
    let [folder, archive] = [folder, archive].map(|it| it.to_str().expect("a plain name"));
    let unit = city.code(HOME);
    let fixed = ["--data-dir", folder, "import", "decidim", archive, "--tenant", city.slug(), "--unit", &unit];
    let args = fixed.iter().chain(&["--listen", "127.0.0.1:0", "--locale", "en", "--json"]).chain(more);
    let output = programs::run(args).await.done();
    serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"))
}

/// What a city has of it: topics with their comments and answers, members, and matters.
async fn held(city: &City) -> Value {
    let boss = city.by(city.administrator().await);
    let mut topics = boss.get("/topics").await.expect(200)["items"].as_array().expect("topics").clone();
    for topic in &mut topics {
        let path = format!("/topics/{}", text(&topic["id"]));
        topic["comments"] = boss.get(&format!("{path}/comments")).await.expect(200)["items"].take();
        topic["answers"] = boss.get(&format!("{path}/answers")).await.expect(200);
    }
    let matters = boss.get("/registers/livelihood_matters/rows").await.expect(200)["items"].take();
    json!({"topics": topics, "matters": matters})
}

/// Waits until the record tells of so many events of topics, comments, members and registers, the last of which is there in its time.
async fn tell(city: &City, expected: [usize; 4]) {
    let boss = city.by(city.administrator().await);
    let mut told = [0; 4];
    for _ in 0..100 {
        for (told, kinds) in told.iter_mut().zip(["topic.*", "comment.*", "member.*", "register.*"]) {
            let events = boss.get(&format!("/events?kinds={kinds}&limit=1000")).await.expect(200);
            *told = events["items"].as_array().expect("events").len();
        }
        if told == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{told:?} events, not {expected:?}");
}

#[tokio::test]
async fn an_archive_of_decidim_comes_in_once_with_its_tree_of_comments_and_a_report() {
    let server = Setup::fresh().start().await;
    let city = City::on(server.site()).await;
    city.administrator().await;
    let folder = server.stop().await;
    let files = Folder::new();
    let archive = archive(&files);
    let report = imported(folder.path(), &city, &archive, &[]).await;

    // The report names what was mapped, and every row, column and file that was not.
    assert_eq!(report["host"], "decidim.example.org");
    let file = |kind: &str| {
        let name = format!("decidim.example.org-open-data-{kind}.csv");
        let files = report["files"].as_array().expect("files");
        files
            .iter()
            .find(|it| it["name"] == name || it["name"] == kind)
            .unwrap_or_else(|| panic!("no {kind}: {report}"))
    };
    let figures =
        |kind: &str| (file(kind)["rows"].as_u64().expect("rows"), file(kind)["mapped"].as_u64().expect("rows"));
    assert_eq!((figures("proposals"), figures("proposal_comments")), ((3, 2), (5, 4)), "{report}");
    assert_eq!((figures("meetings"), figures("results"), figures("meeting_comments")), ((2, 1), (6, 4), (1, 0)));
    let not = |kind: &str| file(kind)["rows_not_mapped"].to_string();
    assert!(not("proposals").contains("proposal 13") && not("proposals").contains("withdrawn"), "{report}");
    assert!(not("proposal_comments").contains("comment 105") && not("meetings").contains("meeting 22"), "{report}");
    assert!(
        not("results").contains("result 34")
            && not("results").contains("result 37")
            && not("meeting_comments").contains("on a Meeting"),
        "{report}"
    );
    let columns = file("proposals")["columns_not_mapped"].as_array().expect("columns").clone();
    assert!(columns.contains(&json!("votes")) && columns.contains(&json!("taxonomies/id")), "{report}");
    assert!(!columns.iter().any(|it| text(it).starts_with("title")), "{report}");
    assert_eq!((&file("users")["becomes"], &file("README.md")["becomes"]), (&Value::Null, &Value::Null));

    // A second run changes nothing, and reports the same.
    let server = Setup::on(folder).start().await;
    let city = city.moved(server.site());
    let first = held(&city).await;
    let (topics, comments, members, matters) = (2 + 2 + 3, 4, 2 + 3, 2);
    tell(&city, [topics, comments, members, matters]).await;
    let folder = server.stop().await;
    assert_eq!(imported(folder.path(), &city, &archive, &[]).await, report);
    let server = Setup::on(folder).start().await;
    let city = city.moved(server.site());
    assert_eq!(held(&city).await, first);
    city.member("李强", HOME).await;
    tell(&city, [topics, comments, members + 1, matters]).await;

    // The tree of comments, under whom it says what.
    let topics = first["topics"].as_array().expect("topics");
    assert_eq!(topics.len(), 2);
    let lamps = topics.iter().find(|it| it["title"] == "Street lamps").expect("the lamps");
    assert_eq!((&lamps["body"], &lamps["stage"]), (&json!("Two lamps & a bench are broken"), &json!("accepted")));
    assert_eq!(lamps["place"], json!({"latitude": 41_387_400, "longitude": 2_168_600}));
    let comments = lamps["comments"].as_array().expect("comments");
    let said = |words: &str| comments.iter().find(|it| it["text"] == words).unwrap_or_else(|| panic!("no `{words}`"));
    assert_eq!(comments.len(), 4);
    assert_eq!(said("I agree")["parent"], Value::Null);
    assert_eq!(said("Both are dark")["parent"], said("I agree")["id"]);
    assert_eq!(said("Only one of them")["parent"], said("Both are dark")["id"]);
    assert_eq!(said("Me too")["parent"], Value::Null);
    let answers = lamps["answers"].to_string();
    assert!(answers.contains("We will mend them") && answers.contains("纪要：Two lamps are dark"), "{answers}");
    assert!(answers.contains("说明：We look at lamps"), "{answers}");
    assert!(
        answers.contains("里程碑：\\n- Lamps ordered（进度 100.0%，Finished，自 2026-02-10，至 2026-03-01）"),
        "{answers}"
    );
    let matters = first["matters"].as_array().expect("matters");
    assert_eq!((matters.len(), &matters[0]["key"]), (2, &json!("decidim-31")));
    assert_eq!(
        matters[0]["fields"],
        json!({"title": "New lamps", "raised_on": "2026-02-10", "closed_on": "2026-05-31"})
    );

    // Whoever wrote it is a pseudonym everywhere, unless the importer asks otherwise, which is not mixed.
    for name in ["Núria", "Puig", "Jordi", "Pau Vila"] {
        assert!(!first.to_string().contains(name), "{name}");
    }
    let other = City::on(server.site()).await;
    other.administrator().await;
    let folder = server.stop().await;
    imported(folder.path(), &other, &archive, &["--names"]).await;
    let [place, file] = [folder.path(), &archive].map(|it| it.to_str().expect("a plain name"));
    let unit = city.code(HOME);
    let args = ["--data-dir", place, "import", "decidim", file, "--tenant", city.slug(), "--unit", &unit, "--names"];
    let refused = programs::run(args.iter().chain(&["--listen", "127.0.0.1:0"])).await.failed(1);
    assert!(refused.contains("under another name"), "{refused}");
    let server = Setup::on(folder).start().await;
    let other = other.moved(server.site());
    let authors = async |city: &City| {
        let record = city.record(1).await;
        record.events.iter().filter(|it| it["kind"] == "member.added").map(Value::to_string).collect::<String>()
    };
    assert!(!authors(&other).await.contains("Núria"), "the record only commits to a name");
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_archive_of_decidim_is_refused() {
    let files = Folder::new();
    let path = files.path().join("x.zip");
    std::fs::write(&path, "nothing").expect("written");
    let [home, file] = [files.path(), &path].map(|it| it.to_str().expect("a plain name"));
    let said = programs::run(["--data-dir", home, "import", "decidim", file, "--tenant", "3301"]).await.failed(1);
    assert!(said.contains("no ZIP archive"), "{said}");
}
