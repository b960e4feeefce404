//! What comes from outside: the hotline's work orders, requests by Open311 with a key, and files of money.

use serde_json::json;
use yishi_domain::{ApiKeyId, channels::Channel, money::MoneyFile, work_orders::Mapping};
use yishi_service::{
    api_keys, failures::Failure, fund_files, lines, money_files, open311, sessions::Access, sessions::Session,
    work_orders,
};

use crate::{
    cases::Case,
    cities::{City, admit},
};

/// What comes.
#[derive(Clone, Copy, Debug)]
pub enum Outside {
    Map,
    Order(u8),
    /// Whoever raised the order was asked.
    CallBack(bool),
    MakeKey,
    RevokeKey,
    Request,
    Funds(u8),
    Income(u64),
}

/// How the hotline writes its orders.
fn mapping() -> Mapping {
    let columns = json!({"number": "工单编号", "title": "标题", "text": "诉求内容", "status": "状态", "unit": "区划代码", "score": "满意度"});
    let statuses = json!({"accept": ["已受理"], "dispatch": ["已派单"], "done": ["已办结"], "call_back": ["已回访"]});
    let mapping = json!({
        "columns": columns, "statuses": statuses, "categories": {}, "scores": {"满意": 100, "不满意": 0}, "unit": null,
    });
    serde_json::from_value(mapping).expect("a mapping")
}

/// Maps the hotline's orders, and takes one in.
pub async fn ordered(city: &City, session: &Session, number: &str) -> Result<work_orders::Received, Failure> {
    let order = order(city, number, "已受理", None);
    let received = work_orders::receive(&city.app, session, lines::json(vec![order])).await?;
    Ok(received.into_iter().next().expect("one for one"))
}

pub async fn map(city: &City, session: &Session) -> Result<(), Failure> {
    work_orders::set_mapping(&city.app, session, mapping()).await
}

fn order(city: &City, number: &str, status: &str, score: Option<&str>) -> serde_json::Value {
    let mut order = json!({
        "工单编号": number, "标题": "小区路灯不亮", "诉求内容": "两盏路灯已有一周不亮。", "状态": status,
        "区划代码": city.code_of_other(),
    });
    if let Some(score) = score {
        order["满意度"] = score.into();
    }
    order
}

impl Case<'_> {
    pub(crate) async fn outside(&mut self, what: Outside, session: &Session) -> Result<(), Failure> {
        let (city, app) = (self.city, &self.city.app);
        match what {
            Outside::Map => map(city, session).await?,
            Outside::Order(number) => drop(ordered(city, session, &format!("HZ-{number}")).await?),
            Outside::CallBack(content) => {
                let score = if content { "满意" } else { "不满意" };
                let order = order(city, "HZ-0", "已回访", Some(score));
                work_orders::receive(app, session, lines::json(vec![order])).await?;
            }
            Outside::MakeKey => {
                let (member, unit, channel) = (city.everybody.0, city.other, Channel::GovernmentSite);
                let new = api_keys::NewKey { name: "政务服务网".into(), member, unit, channel, days: 30 };
                self.keep(api_keys::create(app, session, new).await?);
            }
            Outside::RevokeKey => api_keys::revoke(app, session, self.last()).await?,
            Outside::Request => {
                let id: ApiKeyId = self.last();
                let (text, _) = api_keys::text(app, session, id).await?;
                let visitor = admit(app, &city.slug, Access::Public, &city.everybody.1).await;
                let (key, speaker) = api_keys::admit(app, &visitor, Some(&text)).await?;
                let service = open311::services(app, &speaker).await?.remove(0).code;
                let (description, address) = ("井盖松动。".into(), Some("文三路 1 号".into()));
                let new = open311::NewRequest { service, description, address, ..Default::default() };
                open311::submit(app, &speaker, &key, new).await?;
            }
            Outside::Funds(number) => {
                let fund = json!({"unit": city.slug, "name": format!("基金 {number}"), "kind": "special", "may_overdraw": "no"});
                fund_files::import(app, session, lines::json(vec![fund]), false).await?;
            }
            Outside::Income(fen) => {
                let entry = json!({
                    "reference": format!("J-{}", fen % 5), "keeper": city.slug, "fund": "捐赠", "unit": city.slug,
                    "kind": "donation", "amount_fen": fen.to_string(), "note": "捐款",
                });
                money_files::import(app, session, MoneyFile::Entries, lines::json(vec![entry]), false).await?;
            }
        }
        Ok(())
    }
}
