//! The books, pools and crowdfundings come from files and go out as ones that another city takes: each row once, all of a file or none of it.

use serde_json::{Value, json};
use yishi_tests::{
    cases::created,
    clients::Client,
    communities::{Community, HOME, text},
    instants,
};

const DISTRICT: &str = "330106";
const STREET: &str = "330106002";

const ENTRIES: &str = "reference,keeper,fund,unit,kind,amount_fen,note,reverses,to_keeper,to_fund,to_unit,resolution,item,spent_on,voucher,scan";
const CAMPAIGNS: &str = "reference,keeper,fund,unit,title,goal_fen,ends_at,state";

/// A file of entries, whose lines say nothing in their last columns unless they have them.
fn wide(lines: &str) -> String {
    let filled = lines.lines().map(|line| match line.matches(',').count() < 14 {
        true => format!("{line},,,,,,,,\n"),
        false => format!("{line}\n"),
    });
    format!("{ENTRIES}\n{}", filled.collect::<String>())
}

fn took(added: u32, unchanged: u32) -> Value {
    json!({"added": added, "changed": 0, "unchanged": unchanged})
}

/// Sends a file of CSV, which is taken.
async fn sent(by: &Client, kind: &str, file: &str) -> Value {
    by.post_bytes(&format!("/money/{kind}/file"), "text/csv", file.to_owned()).await.expect(200)
}

/// What is wrong with a file, by line and column.
async fn faults(by: &Client, kind: &str, file: &str) -> Vec<String> {
    let sent = by.post_bytes(&format!("/money/{kind}/file"), "text/csv", file.to_owned()).await;
    let faults = sent.refused(422, "request.faults")["faults"].clone();
    faults.as_array().expect("faults").iter().map(|it| text(&it["field"])).collect()
}

/// A community with a resolution that has two action items, and the funds of its district.
struct Books {
    community: Community,
    boss: Client,
    resolution: String,
    items: [String; 2],
}

impl Books {
    async fn opened() -> Self {
        let community = Community::gathered(2).await;
        let resolution = community.adopted().await.resolution;
        community.assign(&resolution, 500).await.expect(200);
        let (home, now) = (community.city.unit(HOME).await.to_owned(), community.city.advance_clock(1).await);
        let item = async |title: &str| {
            let item = json!({"title": title, "unit": home, "first_responsible_post": "社区居委会主任",
                "due_at": instants::after(&now, 200 * 60), "milestones": []});
            created(community.coordinator().post(&format!("/resolutions/{resolution}/items"), item).await)
        };
        let items = [item("立杆").await, item("布线").await];
        let boss = community.boss().await;
        let (home, district) = (community.city.code(HOME), community.city.code(DISTRICT));
        let funds =
            format!("unit,name,kind,may_overdraw\n{district},民主议事经费,special,no\n{home},捐赠,donations,no\n");
        boss.post_bytes("/funds/file", "text/csv", funds).await.expect(200);
        Self { community, boss, resolution, items }
    }

    /// A file of this city as another one would write it, with its own units, people and resolutions.
    fn moved(&self, file: &str, to: &Self) -> String {
        let members = |it: &Self| [0, 1].map(|i| it.community.residents[i].id.clone());
        let pairs =
            [(&self.resolution, &to.resolution), (&self.items[0], &to.items[0]), (&self.items[1], &to.items[1])];
        let mut moved = file.replace(self.community.city.slug(), to.community.city.slug());
        for (from, to) in pairs {
            moved = moved.replace(from, to);
        }
        for (from, to) in members(self).iter().zip(members(to)) {
            moved = moved.replace(from, &to);
        }
        moved
    }

    /// Another city takes a file of this one, as CSV and again as lines of JSON, and gives the same file.
    async fn goes_round(&self, to: &Self, kind: &str, rows: u32) {
        let path = format!("/money/{kind}/file");
        let (csv, lines) =
            (self.boss.get(&path).await.text, self.boss.get(&format!("{path}?format=ndjson")).await.text);
        assert_eq!(sent(&to.boss, kind, &self.moved(&csv, to)).await, took(rows, 0));
        let again = to.boss.post_bytes(&path, "application/x-ndjson", self.moved(&lines, to)).await;
        assert_eq!(again.expect(200), took(0, rows), "both ways of writing say the same");
        assert_eq!(to.boss.get(&path).await.text, self.moved(&csv, to));
        assert_eq!(to.boss.get(&format!("{path}?format=ndjson")).await.text, self.moved(&lines, to));
    }
}

#[tokio::test]
async fn all_that_is_booked_comes_from_a_file_and_goes_out_as_one() {
    let books = Books::opened().await;
    let Books { community, boss, resolution, items: [poles, wires] } = &books;
    let [home, street, district] = [HOME, STREET, DISTRICT].map(|it| community.city.code(it));
    let (scan, fund) = (format!("sha256:{}", "7".repeat(64)), format!("{district},民主议事经费"));
    let line = |name: &str, kind: &str, fen: i64, reverses: &str, rest: &str| {
        format!("{name},{fund},{home},{kind},{fen},路灯,{reverses},{rest}")
    };
    let (aside, whole) = (format!(",,,{resolution},{poles},,,"), format!(",,,{resolution},,,,"));
    let pays = format!(",,,{resolution},{poles},works,0201,{scan}");
    let lines = [
        line("拨1", "grant", 900_000, "", ",,,,,,,"),
        line("转1", "transfer", 3_000, "", &format!("{fund},{street},,,,,")),
        line("备1", "allocation", 500_000, "", &aside),
        line("备2", "allocation", 100_000, "", &whole),
        line("释1", "release", 20_000, "", &whole),
        line("支1", "spending", 480_000, "", &pays),
        line("支1冲", "spending", -480_000, "支1", &pays),
        line("支2", "spending", 470_000, "", &pays),
    ];
    let file = wide(&lines.join("\n"));
    let trial = boss.post_bytes("/money/entries/file?dry_run=true", "text/csv", file.clone()).await;
    assert_eq!(trial.expect(200), took(8, 0));
    assert_eq!(boss.get("/money/entries/file").await.text, wide(""), "trying books nothing");
    assert_eq!(sent(boss, "entries", &file).await, took(8, 0));
    assert_eq!(boss.get("/money/entries/file").await.text, file);
    let holds = async |kind: &str, place: &str| {
        let all = boss.get("/funds").await.expect(200)["items"].clone();
        let fund = all.as_array().expect("funds").iter().find(|it| it["name"] == "民主议事经费").expect("it is there");
        let shown = boss.get(&format!("/funds/{}", text(&fund["id"]))).await.expect(200);
        let unit = community.city.unit(place).await;
        let of = shown["accounts"].as_array().expect("accounts").iter();
        let of = of.filter(|it| it["kind"] == kind && it["unit"] == unit);
        of.map(|it| it["fen"].as_i64().expect("fen")).sum::<i64>()
    };
    assert_eq!(holds("available", HOME).await, 900_000 - 3_000 - 500_000 - 100_000 + 20_000);
    assert_eq!(holds("available", STREET).await, 3_000);
    assert_eq!((holds("allocated", HOME).await, holds("spent", HOME).await), (500_000 - 470_000 + 80_000, 470_000));

    // What is wrong is told by line and column, and nothing is booked.
    let bad = [
        line("坏1", "allocation", 1, "", &format!(",,,{},,,,", wires)),
        line("坏2", "allocation", 1, "", &format!(",,,{resolution},{resolution},,,")),
        line("坏3", "spending", 1, "", &aside),
        line("坏4", "allocation", 1, "", &format!("{fund},{street},{resolution},,,,")),
        line("坏5", "spending", 1, "", &pays),
        line("坏6", "transfer", 1, "", ",,000000,,,,,"),
        line("坏7", "transfer", 1, "", &format!(",,{home},,,,,")),
        line("坏8", "transfer", -2_999, "转1", &format!("{fund},{street},,,,,")),
        line("坏9", "grant", 5, "拨1", ",,,,,,,"),
        line("坏10", "grants", 5, "", ",,,,,,,"),
    ];
    let told = faults(boss, "entries", &wide(&bad.join("\n"))).await;
    let columns = [
        "resolution",
        "item",
        "spent_on",
        "voucher",
        "scan",
        "to_unit",
        "to_keeper",
        "to_fund",
        "voucher",
        "to_unit",
        "to_unit",
        "reverses",
        "amount_fen",
        "kind",
    ];
    let lines = [2, 3, 4, 4, 4, 5, 5, 5, 6, 7, 8, 9, 10, 11];
    let expected: Vec<_> = lines.iter().zip(columns).map(|(line, column)| format!("line {line}: {column}")).collect();
    assert_eq!(told, expected);
    let much = [
        line("多1", "allocation", 317_001, "", &aside),
        line("多2", "allocation", 317_000, "", &aside),
        line("多3", "release", 80_001, "", &whole),
        line("多4", "transfer", 1, "", &format!("{fund},{street},,,,,")),
    ];
    let told = faults(boss, "entries", &wide(&much.join("\n"))).await;
    assert_eq!(told, ["line 2: amount_fen", "line 4: amount_fen", "line 5: amount_fen"], "line 3 takes all there is");
    assert_eq!(boss.get("/money/entries/file").await.text, file);

    // What was booked by hand goes out by its id, and is known by it.
    let all = boss.get("/funds").await.expect(200)["items"].clone();
    let fund = all.as_array().expect("funds").iter().find(|it| it["name"] == "捐赠").expect("it is there");
    let donation = json!({"unit": community.city.unit(HOME).await, "amount_fen": 700, "note": "旧书义卖"});
    let donated = created(boss.post(&format!("/funds/{}/donations", text(&fund["id"])), donation).await);
    let whole = boss.get("/money/entries/file").await.text;
    let last = whole.lines().last().expect("a line");
    assert_eq!(last, format!("{donated},{home},捐赠,{home},donation,700,旧书义卖,,,,,,,,,"));
    assert_eq!(sent(boss, "entries", &whole).await, took(0, 9));

    books.goes_round(&Books::opened().await, "entries", 9).await;
}

#[tokio::test]
async fn what_pools_hold_and_what_was_drawn_comes_from_files_and_goes_out_as_such() {
    let books = Books::opened().await;
    let Books { community, boss, resolution, items: [poles, _] } = &books;
    let street = community.city.code(STREET);
    let header = "reference,unit,kind,name,measure,quantity\n";
    let offers =
        format!("{header}工时,{street},volunteer_hours,电工义务维修,小时,40\n椅,{street},goods,\"折叠椅, 木\",把,12\n");
    assert_eq!(sent(boss, "provisions", &offers).await, took(2, 0));
    assert_eq!(sent(boss, "provisions", &offers).await, took(0, 2));
    let bad = format!(
        "{header}工时,{street},goods,电工义务维修,小时,40\n灯,{street},lamps,灯,盏,0\n钉,000000,goods,钉,盒,1\n"
    );
    let told = faults(boss, "provisions", &bad).await;
    assert_eq!(told, ["line 2: reference", "line 3: kind", "line 4: unit"]);
    let none = faults(boss, "provisions", &format!("{header}钉,{street},goods,钉,盒,0\n")).await;
    assert_eq!(none, ["line 2: quantity"]);

    let header = "reference,provision,resolution,item,quantity,returned\n";
    let draws = |returned: &str| {
        format!(
            "{header}领1,工时,{resolution},{poles},30,no\n领2,椅,{resolution},,12,yes\n领3,椅,{resolution},,5,{returned}\n"
        )
    };
    assert_eq!(sent(boss, "draws", &draws("no")).await, took(3, 0));
    let left = async || {
        let pool = community.read(&format!("/units/{}/pool", community.city.unit(STREET).await)).await;
        let of = |name: &str| {
            let all = pool["provisions"].as_array().expect("what it holds");
            all.iter().find(|it| text(&it["name"]).starts_with(name)).expect("it is there")["remaining"].clone()
        };
        [of("电工"), of("折叠椅")]
    };
    assert_eq!(left().await, [10, 7]);
    let told = format!(
        "{header}领4,工时,{resolution},,11,no\n领5,没有,{resolution},,1,no\n领6,椅,{poles},,1,no\n领1,工时,{resolution},,30,no\n领7,椅,{resolution},,1,maybe\n"
    );
    let told = faults(boss, "draws", &told).await;
    let columns = ["quantity", "provision", "resolution", "reference", "returned"];
    let expected: Vec<_> = (2..).zip(columns).map(|(line, column)| format!("line {line}: {column}")).collect();
    assert_eq!(told, expected);
    // What came back later is said by the same line, and an older file takes nothing away again.
    let back = sent(boss, "draws", &draws("yes")).await;
    assert_eq!(back, json!({"added": 0, "changed": 1, "unchanged": 2}));
    assert_eq!(left().await, [10, 12]);
    assert_eq!(sent(boss, "draws", &draws("no")).await, took(0, 3));
    assert_eq!(boss.get("/money/draws/file").await.text, draws("yes"));
    community.shown("provision.returned", 2).await;

    let other = Books::opened().await;
    books.goes_round(&other, "provisions", 2).await;
    books.goes_round(&other, "draws", 3).await;
}

#[tokio::test]
async fn crowdfundings_and_pledges_on_paper_come_from_files_also_those_that_had_ended() {
    let books = Books::opened().await;
    let Books { community, boss, .. } = &books;
    let (home, now) = (community.city.code(HOME), community.city.advance_clock(1).await);
    let [anna, bo] = [0, 1].map(|i| &community.residents[i].id);
    let (later, before) = (instants::after(&now, 24 * 60), instants::after(&now, -24 * 60));
    let row =
        |name: &str, ends_at: &str, state: &str| format!("{name},{home},捐赠,{home},长椅,30000,{ends_at},{state}\n");
    let file = format!(
        "{CAMPAIGNS}\n{}{}{}",
        row("众1", &later, "open"),
        row("众2", &before, "collected"),
        row("众3", &before, "released")
    );
    assert_eq!(sent(boss, "campaigns", &file).await, took(3, 0));
    assert_eq!(sent(boss, "campaigns", &file).await, took(0, 3));
    let bad = [
        row("众4", &before, "open"),
        row("众5", &later, "collected"),
        row("众1", &before, "open"),
        row("众6", "soon", "over"),
    ];
    let told = faults(boss, "campaigns", &format!("{CAMPAIGNS}\n{}", bad.concat())).await;
    assert_eq!(told, ["line 2: ends_at", "line 3: ends_at", "line 4: reference", "line 5: ends_at", "line 5: state"]);

    let header = "reference,campaign,member,amount_fen\n";
    let pledges = format!("{header}认1,众1,{anna},10000\n认2,众1,{bo},25000\n认3,众2,{bo},40000\n认4,众3,{anna},5\n");
    assert_eq!(sent(boss, "pledges", &pledges).await, took(4, 0));
    let bad =
        format!("{header}认5,众9,{anna},1\n认6,众1,{},1\n认7,众1,{anna},0\n认1,众1,{anna},10001\n", books.resolution);
    let told = faults(boss, "pledges", &bad).await;
    assert_eq!(told, ["line 2: campaign", "line 3: member", "line 4: amount_fen", "line 5: reference"]);
    let held = |file: String| file.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(held(boss.get("/money/pledges/file").await.text).len(), 4);
    assert_eq!(community.coordinator().get("/money/campaigns/file").await.status, 200);
    community.coordinator().get("/money/pledges/file").await.refused(403, "session.forbidden");
    community.resident(0).get("/money/pledges/file").await.refused(403, "session.forbidden");

    let other = Books::opened().await;
    other.community.city.advance_clock(1).await;
    books.goes_round(&other, "campaigns", 3).await;
    books.goes_round(&other, "pledges", 4).await;

    // It ends here as if it had been opened here, and what had ended before it came books nothing.
    community.city.advance_clock(26).await;
    let told = community.shown("campaign.collected", 1).await;
    assert_eq!((&told[0]["body"]["pledged_fen"], told.len()), (&json!(35_000), 1), "{told:?}");
    let entries = boss.get("/money/entries/file").await.text;
    assert_eq!(held(entries).iter().filter(|it| it.contains(",crowdfunding,35000,")).count(), 1);
    assert_eq!(sent(boss, "campaigns", &file).await, took(0, 3), "the file from before it ended still holds");
    assert_eq!(faults(boss, "pledges", &format!("{header}认8,众1,{anna},1\n")).await, ["line 2: campaign"]);
    assert_eq!(sent(boss, "pledges", &format!("{header}认8,众3,{anna},1\n")).await, took(1, 0));
}

#[tokio::test]
async fn what_came_in_is_booked_once_and_goes_out_as_a_file_that_another_city_took() {
    let community = Community::gathered(0).await;
    let (boss, home, district) = (community.boss().await, community.city.code(HOME), community.city.code("330106"));
    let funds = format!("unit,name,kind,may_overdraw\n{district},民主议事经费,budget,no\n{home},捐赠,donations,no\n");
    boss.post_bytes("/funds/file", "text/csv", funds.clone()).await.expect(200);
    let file = wide(&format!(
        "预算-2025,{district},民主议事经费,{home},budget,2000000,\"2025年, 每人20元\",\n\
         捐-1,{home},捐赠,{home},donation,50000,王女士,\n捐-2,{home},捐赠,{home},donation,7,误记,\n\
         捐-2冲,{home},捐赠,{home},donation,-7,误记冲销,捐-2\n众-1,{home},捐赠,{home},crowdfunding,30000,长椅,\n"
    ));
    let send = async |path: &str, file: &str| boss.post_bytes(path, "text/csv", file.to_owned()).await;
    let path = "/money/entries/file";
    assert_eq!(send(&format!("{path}?dry_run=true"), &file).await.expect(200), took(5, 0));
    assert_eq!(boss.get(path).await.text, wide(""), "trying books nothing");
    // Half of it first, as if the other half had been lost on the way: what is there is not booked again.
    let half: String = file.split_inclusive('\n').take(4).collect();
    assert_eq!(send(path, &half).await.expect(200), took(3, 0));
    assert_eq!(send(path, &file).await.expect(200), took(2, 3));
    assert_eq!(send(path, &file).await.expect(200), took(0, 5));
    assert_eq!(boss.get(path).await.text, file);
    let funds_now = boss.get("/funds").await.expect(200)["items"].clone();
    let donations = funds_now.as_array().expect("funds").iter().find(|it| it["name"] == "捐赠").expect("it is there");
    let accounts = boss.get(&format!("/funds/{}", text(&donations["id"]))).await.expect(200)["accounts"].clone();
    let available = accounts.as_array().expect("accounts").iter().find(|it| it["kind"] == "available");
    assert_eq!(available.expect("an account")["fen"], 80_000, "{accounts}");

    // What is wrong is told by line and column, and nothing is booked.
    let row = |cells: &str| format!("{cells}\n");
    let bad = [
        row(&format!("捐-1,{home},捐赠,{home},donation,50001,王女士,")),
        row(&format!("a,{home},没有,{home},donation,1,x,")),
        row(&format!("b,{home},捐赠,{district},donation,1,x,")),
        row(&format!("c,{home},捐赠,{home},transfers,1,x,")),
        row(&format!("d,{home},捐赠,{home},donation,0.5,x,")),
        row(&format!("e,{home},捐赠,{home},donation,-1,x,")),
        row(&format!("f,{home},捐赠,{home},donation,-7,x,捐-2")),
        row(&format!("g,{home},捐赠,{home},donation,-1,x,捐-9")),
        row(&format!("h,{home},捐赠,{home},donation,-5,x,捐-1")),
        row(&format!("i,{home},捐赠,{home},donation,5,x,")),
        row(&format!("i,{home},捐赠,{home},donation,5,x,")),
    ];
    let faults = send(path, &wide(&bad.concat())).await.refused(422, "request.faults")["faults"].clone();
    let told: Vec<_> = faults.as_array().expect("faults").iter().map(|it| text(&it["field"])).collect();
    let columns = ["reference", "fund", "unit", "kind", "amount_fen", "amount_fen", "reverses", "reverses", "reverses"]
        .into_iter();
    let mut expected: Vec<_> = (2..).zip(columns).map(|(line, column)| format!("line {line}: {column}")).collect();
    expected.push("line 12: reference".into());
    assert_eq!(told, expected, "{faults}");
    assert_eq!(boss.get(path).await.text, file);
    let by = community.coordinator();
    by.post_bytes(path, "text/csv", file.clone()).await.refused(403, "session.forbidden");

    let other = Community::gathered(0).await;
    let moved = |text: &str| text.replace(community.city.slug(), other.city.slug());
    let (lines, theirs) = (boss.get(&format!("{path}?format=ndjson")).await.text, other.boss().await);
    theirs.post_bytes("/funds/file", "text/csv", moved(&funds)).await.expect(200);
    let sent = theirs.post_bytes(path, "application/x-ndjson", moved(&lines)).await;
    assert_eq!(sent.expect(200), took(5, 0));
    assert_eq!(theirs.get(path).await.text, moved(&file));
    assert_eq!(theirs.get(&format!("{path}?format=ndjson")).await.text, moved(&lines));
}
