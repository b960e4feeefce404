//! A city: a tenant that belongs to one story alone.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::{
    clients::Client,
    records::{self, Record},
    servers::{Server, Site},
    tokens,
};

/// A part of Hangzhou. Each story's city has its names and its codes, but for the first four digits.
const HANGZHOU: &str = "code,level,name,parent_code\n\
    PROVINCE,province,浙江省,\n\
    3301,city,杭州市,PROVINCE\n\
    330102,district,上城区,3301\n\
    330106,district,西湖区,3301\n\
    330102001,street,清波街道,330102\n\
    330106002,street,北山街道,330106\n\
    330106004,street,西溪街道,330106\n\
    330102001051,community,清波门社区,330102001\n\
    330106002051,community,上保社区,330106002\n\
    330106002052,community,宝石社区,330106002\n";

/// How many units a story's city has, itself included.
pub const UNITS: usize = 9;

/// A sandbox tenant of a story's own. Units are named by their codes in Hangzhou: 330106 is its 西湖区.
#[derive(Debug)]
pub struct City {
    site: Site,
    slug: String,
    administrator: OnceCell<Member>,
    units: OnceCell<HashMap<String, String>>,
}

/// A person of a city.
#[derive(Clone, Debug)]
pub struct Member {
    /// Their identifier.
    pub id: String,
    /// Their name.
    pub name: String,
    /// A token of theirs.
    pub token: String,
}

impl City {
    /// Onboards a city on the server that all stories share.
    pub async fn founded() -> Self {
        Self::on(Server::shared().await.site()).await
    }

    /// Onboards a city on a server.
    pub async fn on(site: &Site) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (province, city) = (90 + number / 99, 1 + number % 99);
        let slug = format!("{province}{city:02}");
        let list = HANGZHOU.replace("3301", &slug).replace("PROVINCE", &province.to_string());
        let operator = site.operator().await;
        operator.post_bytes("/platform/divisions?mode=sandbox", "text/csv", list).await.expect(200);
        Self { site: site.clone(), slug, administrator: OnceCell::new(), units: OnceCell::new() }
    }

    /// The same city where its server is reached after a restart.
    pub fn moved(self, site: &Site) -> Self {
        Self { site: site.clone(), ..self }
    }

    /// The tenant's slug.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Where its server is reached.
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// The city's administrator, made when first asked for.
    pub async fn administrator(&self) -> &Member {
        let appoint = async || {
            let (name, path) = ("王芳", format!("/platform/tenants/{}/administrators", self.slug));
            let created = self.site.operator().await.post(&path, json!({"name": name})).await.expect(201);
            self.person(name, &created["ids"][0]).await
        };
        self.administrator.get_or_init(appoint).await
    }

    /// New members at once, who live or work in a unit.
    pub async fn members<const N: usize>(&self, names: [&str; N], unit: &str) -> [Member; N] {
        let unit = self.unit(unit).await;
        let people: Vec<_> = names.iter().map(|name| json!({"name": name, "unit": unit})).collect();
        let created =
            self.by(self.administrator().await).post("/members", json!({"members": people})).await.expect(201);
        std::array::from_fn(|i| self.signed(names[i], &created["ids"][i]))
    }

    /// So many residents at once, who live in a unit; without a role yet.
    pub async fn crowd(&self, number: usize, unit: &str) -> Vec<Member> {
        if number == 0 {
            return Vec::new();
        }
        let unit = self.unit(unit).await;
        let people: Vec<_> = (1..=number).map(|i| json!({"name": format!("居民{i}"), "unit": unit})).collect();
        let created =
            self.by(self.administrator().await).post("/members", json!({"members": people})).await.expect(201);
        (0..number).map(|i| self.signed(&format!("居民{}", i + 1), &created["ids"][i])).collect()
    }

    /// A new member, who lives or works in a unit.
    pub async fn member(&self, name: &str, unit: &str) -> Member {
        let person = json!({"members": [{"name": name, "unit": self.unit(unit).await}]});
        let created = self.by(self.administrator().await).post("/members", person).await.expect(201);
        self.person(name, &created["ids"][0]).await
    }

    /// Gives a member a role at a unit.
    pub async fn grant(&self, member: &Member, unit: &str, role: &str) {
        let grant = json!({"member": member.id, "unit": self.unit(unit).await, "role": role});
        self.by(self.administrator().await).post("/grants", grant).await.expect(201);
    }

    /// A new token of a member.
    pub async fn token_of(&self, member: &str) -> String {
        self.site.token(&["--tenant", &self.slug, "--member", member]).await
    }

    /// The identifier of a unit.
    pub async fn unit(&self, code: &str) -> &str {
        let load = async || {
            let page = self.by(self.administrator().await).get("/units?limit=1000").await.expect(200);
            let text = |value: &Value| value.as_str().expect("text").to_owned();
            let units = page["items"].as_array().expect("a list").iter();
            units.map(|unit| (text(&unit["code"]), text(&unit["id"]))).collect()
        };
        let code = self.code(code);
        let known = self.units.get_or_init(load).await;
        known.get(&code).unwrap_or_else(|| panic!("no unit has the code {code}"))
    }

    /// The code that a unit of Hangzhou has in this city.
    pub fn code(&self, in_hangzhou: &str) -> String {
        let rest = in_hangzhou.strip_prefix("3301").expect("a code of Hangzhou");
        format!("{}{rest}", self.slug)
    }

    /// Moves the city's clock forward, and tells what it shows then.
    pub async fn advance_clock(&self, hours: u32) -> String {
        let moved =
            self.by(self.administrator().await).post("/sandbox/clock", json!({"hours": hours})).await.expect(200);
        moved["now"].as_str().expect("an instant").to_owned()
    }

    /// A member who calls; paths go on from `/v1/<tenant>`.
    pub fn by(&self, member: &Member) -> Client {
        self.site.client().with_token(&member.token).under(&format!("/v1/{}", self.slug))
    }

    /// Somebody without an account who calls; paths go on from `/public/<tenant>`.
    pub fn public(&self) -> Client {
        self.site.client().under(&format!("/public/{}", self.slug))
    }

    /// The city's record, checked, once it has so many events.
    pub async fn record(&self, at_least: u64) -> Record {
        records::read(&self.public(), &self.by(self.administrator().await), at_least).await
    }

    /// A person whose token is signed here, which spares a run of the program.
    fn signed(&self, name: &str, id: &Value) -> Member {
        let id = id.as_str().expect("an id").to_owned();
        let token = tokens::sign(&self.site.issuer(), &tokens::member_for_good(&self.slug, &id));
        Member { token, name: name.to_owned(), id }
    }

    async fn person(&self, name: &str, id: &Value) -> Member {
        let id = id.as_str().expect("an id").to_owned();
        Member { token: self.token_of(&id).await, name: name.to_owned(), id }
    }
}
