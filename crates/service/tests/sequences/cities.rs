//! Cities of one sequence each, on a service over a database of their own.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use yishi_domain::{
    Actor, Ctx, Digest, Entropy, FundId, MemberId, RequestId, TenantId, UnitId, access::Role, money::FundKind,
};
use yishi_policy::{HostOptions, PolicyHost, limits::Tier};
use yishi_service::{
    App, Sources, funds, keys::Signing, memberships, onboarding, reports, rule_sets, sequencing::sequence, sessions,
    sessions::Access, sessions::Session, tokens::Bearer, tokens::Issuer, trust::Trust,
};
use yishi_store::{tenants::Tenant, testing, units};

/// A city of two districts, whose code takes the place of `CITY`.
const LIST: &str = "code,level,name,parent_code\n33,province,浙江省,\nCITY,city,杭州市,33\nCITY06,district,西湖区,CITY\nCITY08,district,滨江区,CITY\n";

/// A city in which one person holds every role, and another none.
pub struct City {
    pub app: Arc<App>,
    pub slug: String,
    pub unit: UnitId,
    pub other: UnitId,
    pub third: UnitId,
    /// Sees paper being counted.
    pub boss: MemberId,
    pub everybody: (MemberId, String),
    /// Speaks for them by a mandate, and holds no role.
    pub proxy: (MemberId, String),
    pub stranger: String,
    /// Where its money is.
    pub funds: [FundId; 2],
    /// The rules of its own, if it has such, under which options are put in order, and there are secret ballots and rounds.
    pub rules: Option<Digest>,
    /// Whether its case came as a work order of the hotline.
    pub is_called: bool,
}

/// The first day of 2026, whenever somebody asks: much happens at the same instant.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).expect("2026-01-01")
}

/// A counter in the place of randomness: distinct, in order, and the same at every run.
fn entropy() -> Entropy {
    static NEXT: Mutex<u64> = Mutex::new(0);
    Entropy::new(|buffer| {
        let mut next = NEXT.lock().expect("no panic while counting");
        *next += 1;
        let length = buffer.len().min(8);
        buffer[..length].copy_from_slice(&next.to_be_bytes()[8 - length..]);
    })
}

/// A service over a database of its own.
pub async fn service() -> Arc<App> {
    let (db, _) = testing::database().await;
    let artefacts = std::env::temp_dir().join(format!("yishi-sequences-{}", std::process::id()));
    // The program that the workspace builds for this lies beside the tests.
    let tests = std::env::current_exe().expect("a test knows where it is");
    let built = tests.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let compiler = vec![built.join("compile-component").into()];
    let policy = PolicyHost::new(&HostOptions { artefacts, key: [3; 32], compiler, widest: Tier::Native });
    let signing = Signing::new("yishi.test", vec![[2; 32]], vec![]);
    let sources = Sources { now, entropy };
    Arc::new(App::new(db, Issuer::new([1; 32]), policy.expect("an engine"), Trust::default(), signing, sources))
}

impl City {
    pub async fn tenant(&self) -> Tenant {
        self.app.tenant(&self.slug).await.expect("read").expect("onboarded")
    }

    /// Gives positions to what happened, and counts it in parts of so many events.
    pub async fn count(&self, part: u16) {
        let (app, tenant) = (&self.app, self.tenant().await);
        let ctx = app.ctx_in(Some(&tenant), Actor::System("test"), RequestId(uuid::Uuid::nil()));
        sequence(&app.db, &ctx, &self.slug, &app.signing).await.expect("sequenced");
        reports::project_up_to(&app.db, &ctx, &tenant, part).await.expect("counted");
    }

    /// Onboards a city of its own, so that a move of its clock escalates nothing that another sequence left.
    pub async fn founded(app: Arc<App>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1_000);
        let slug = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        let operator =
            |tenant| Ctx { entropy: entropy(), ..testing::ctx(tenant, Actor::Operator("province".into()), 1) };
        let list = onboarding::read_list(LIST.replace("CITY", &slug).as_bytes()).expect("a sound list");
        onboarding::onboard(&app.db, &operator, list, onboarding::Mode::Sandbox, |_| ()).await.expect("onboarded");
        let operator = app.issuer.issue(&Bearer::Operator("ops".into()), now(), Duration::hours(1));
        let session = admit(&app, &slug, Access::Platform, &operator).await;
        let boss = memberships::create_administrator(&app, &session, "王芳".into()).await.expect("appointed");
        let session = admit(&app, &slug, Access::AnyMember, &token(&app, &slug, boss)).await;
        let all = units::all(&mut app.db.read(&session.ctx).await.expect("begin")).await.expect("read");
        let person = |name: &str| memberships::NewMember {
            name: name.into(),
            unit: all[0].id,
            born_on: None,
            reached: Default::default(),
        };
        let people =
            memberships::create_members(&app, &session, vec![person("李明"), person("陈静"), person("周宁")]).await;
        let people = people.expect("added");
        for role in [Role::Resident, Role::Coordinator, Role::Officer, Role::Supervisor, Role::Administrator] {
            memberships::create_grant(&app, &session, people[0], all[0].id, role, None).await.expect("granted");
        }
        let number: u64 = slug.parse().expect("a number");
        let rules = match number.is_multiple_of(2) {
            true => None,
            false => Some(publish(&app, &session, number % 4 / 2).await),
        };
        let [everybody, stranger, proxy] = [0, 1, 2].map(|i: usize| (people[i], token(&app, &slug, people[i])));
        let admitted = admit(&app, &slug, Access::AnyMember, &everybody.1).await;
        let mut opened = Vec::new();
        for name in ["专项资金", "捐赠"] {
            let kind = FundKind::Special;
            let new = funds::NewFund { unit: all[0].id, kind, name: name.into(), may_overdraw: false };
            opened.push(funds::open(&app, &admitted, new).await.expect("opened"));
        }
        let [unit, other, third] = [0, 1, 2].map(|i: usize| all[i].id);
        let (stranger, funds) = (stranger.1, [opened[0], opened[1]]);
        let is_called = number.is_multiple_of(3);
        Self { app, slug, unit, other, third, boss, everybody, proxy, stranger, funds, rules, is_called }
    }

    /// The statistical code of the first district.
    pub fn code_of_other(&self) -> String {
        format!("{}06", self.slug)
    }
}

fn token(app: &App, slug: &str, member: MemberId) -> String {
    app.issuer.issue(&Bearer::Member { tenant: slug.into(), member }, now(), Duration::hours(1))
}

pub async fn admit(app: &App, slug: &str, access: Access, token: &str) -> Session {
    let nobody = uuid::Uuid::nil();
    let request: RequestId = app.ctx(TenantId(nobody), 0, Actor::System("test"), RequestId(nobody)).new_id();
    sessions::admit(app, access, Some(token), Some(slug), request, None).await.expect("admitted")
}

/// Puts rules in force under which what is adopted is published for two days, in which there are objections, and under which proxies vote.
async fn publish(app: &App, session: &Session, notice_hours: u64) -> Digest {
    let path = format!("{}/../../target/plugins/rule-book.wasm", env!("CARGO_MANIFEST_DIR"));
    let component = std::fs::read(&path).unwrap_or_else(|_| panic!("{path} is missing: run `cargo xtask plugins`"));
    let package = rule_sets::Package { component, signatures: vec![] };
    let digest = rule_sets::upload(app, session, package).await.expect("admitted");
    let configuration = configuration(notice_hours, false);
    let new = rule_sets::NewActivation { configuration, from: None, after: None };
    rule_sets::activate(app, session, &digest, new).await.expect("in force");
    digest
}

/// What such rules say; the strict ones want more than two thirds.
pub fn configuration(notice_hours: u64, strict: bool) -> serde_json::Value {
    let (numerator, denominator) = if strict { (2, 3) } else { (1, 2) };
    let majority = json!({
        "code": "majority", "kind": "majority", "measure": "heads", "counted": "in_favour", "of": "participating",
        "at_least": {"numerator": numerator, "denominator": denominator}, "strict": true,
    });
    let rule = json!({
        "method": "yes_no", "secrecy": "open", "notice_hours": notice_hours, "window_hours": 48, "mandates_per_proxy": 1, "publication_hours": 48, "laws": [],
        "custom": null, "conditions": [majority],
    });
    let with = |changes: serde_json::Value| {
        let mut rule = rule.clone();
        rule.as_object_mut().expect("terms").extend(changes.as_object().expect("terms").clone());
        rule
    };
    let selection = json!({"measure": "heads", "procedure": {"schulze": 1}, "tie": "listed_first"});
    let quorum = json!({
        "code": "quorum", "kind": "quorum", "measure": "heads", "counted": "participating", "of": "eligible",
        "at_least": {"numerator": 1, "denominator": 2}, "strict": false,
    });
    let ranked = json!({"method": {"ranked": 2}, "selection": selection, "conditions": [quorum]});
    let rounds = json!([
        {"code": "residents", "electorate": "residents"}, {"code": "party_members", "electorate": "party_members"},
    ]);
    json!({"rules": [
        {"for": {"options": true}, "rule": with(ranked)},
        {"for": {"matters": ["secret"]}, "rule": with(json!({"secrecy": "secret", "mandates_per_proxy": 0}))},
        {"for": {"matters": ["rounds"]}, "rule": with(json!({"rounds": rounds}))},
        {"rule": rule},
    ]})
}
