//! A server for tests: the real service over a real database, called without a socket.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Duration, Utc};
use poem::{
    Endpoint, Response,
    http::{Method, StatusCode},
    test::TestClient,
};
use serde_json::{Value, json};
use yishi_domain::{Entropy, MemberId, access::Role};
use yishi_policy::{HostOptions, PolicyHost, limits::Tier};
use yishi_service::{
    App, Sources,
    keys::Signing,
    tokens::{Bearer, Issuer},
    trust::Trust,
};
use yishi_store::Urls;

/// A small division list.
pub const LIST: &str = "code,level,name,parent_code\n33,province,浙江省,\n3301,city,杭州市,33\n3302,city,宁波市,33\n\
    330106,district,西湖区,3301\n330102,district,上城区,3301\n330106001,street,北山街道,330106\n330203,district,海曙区,3302\n";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).expect("2026-01-01")
}

/// A counter in the place of randomness: distinct, and the same at every run.
fn entropy() -> Entropy {
    static NEXT: Mutex<u64> = Mutex::new(0);
    Entropy::new(|buffer| {
        let mut next = NEXT.lock().expect("no panic while counting");
        *next += 1;
        let length = buffer.len().min(8);
        buffer[..length].copy_from_slice(&next.to_be_bytes()[8 - length..]);
    })
}

/// The interface, called without a socket.
pub struct Server<E> {
    /// The caller.
    pub client: TestClient<E>,
    /// The service behind it.
    pub app: Arc<App>,
    /// The database behind that.
    pub urls: Urls,
}

/// A server over a database of its own, with the tenants of a small list.
pub async fn server() -> Server<impl Endpoint<Output = Response>> {
    let (db, urls) = yishi_store::testing::database().await;
    let signing = Signing::new("yishi.test", vec![[2; 32]], vec![]);
    let sources = Sources { now, entropy };
    let app = Arc::new(App::new(db, Issuer::new([1; 32]), policy(), Trust::default(), signing, sources));
    let server = Server { client: TestClient::new(yishi_api::endpoint(Arc::clone(&app))), app, urls };
    let applied = server
        .client
        .post("/platform/divisions?mode=sandbox")
        .header("authorization", server.operator())
        .content_type("text/csv")
        .body(LIST)
        .send()
        .await;
    applied.assert_status_is_ok();
    server
}

/// A host of rule sets that compiles with the program that the workspace builds for this.
fn policy() -> PolicyHost {
    let tests = std::env::current_exe().expect("a test knows where it is");
    let built = tests.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let compiler = built.join("compile-component");
    let artefacts = std::env::temp_dir().join(format!("yishi-interface-{}", std::process::id()));
    PolicyHost::new(&HostOptions { artefacts, key: [3; 32], compiler: vec![compiler.into()], widest: Tier::Native })
        .expect("an engine")
}

impl<E: Endpoint<Output = Response>> Server<E> {
    /// An operator, as a token.
    pub fn operator(&self) -> String {
        self.bearer(&Bearer::Operator("ops".into()))
    }

    /// A member, as a token.
    pub fn member(&self, tenant: &str, member: &str) -> String {
        self.bearer(&Bearer::Member { tenant: tenant.into(), member: MemberId(member.parse().expect("an id")) })
    }

    fn bearer(&self, bearer: &Bearer) -> String {
        format!("Bearer {}", self.app.issuer.issue(bearer, now(), Duration::hours(1)))
    }

    /// Gets.
    pub async fn get(&self, path: &str, token: &str) -> (StatusCode, Value) {
        answer(self.client.get(path).header("authorization", token).send().await).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.client.post(path).header("authorization", token).body_json(body).send().await).await
    }

    /// Calls with a JSON body where the method has one.
    pub async fn call(&self, method: Method, path: &str, token: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.client.request(method.clone(), path).header("authorization", token);
        let request = if method == Method::GET { request } else { request.body_json(body) };
        answer(request.send().await).await
    }

    /// A new member with a role at the tenant's root, as a token.
    pub async fn member_with(&self, tenant: &str, administrator: &str, role: Role) -> String {
        let (_, page) = self.get(&format!("/v1/{tenant}/units?level=city"), administrator).await;
        let root = &page["items"][0]["id"];
        let person = json!({"members": [{"name": "李强", "unit": root}]});
        let (_, created) = self.post(&format!("/v1/{tenant}/members"), administrator, &person).await;
        let grant =
            json!({"member": created["ids"][0], "unit": root, "role": role.code(), "until": "2026-12-31T00:00:00Z"});
        let (status, body) = self.post(&format!("/v1/{tenant}/grants"), administrator, &grant).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        self.member(tenant, created["ids"][0].as_str().expect("an id"))
    }

    /// Whom a token speaks for.
    pub fn subject_of(&self, token: &str) -> String {
        match self.app.issuer.check(token.trim_start_matches("Bearer "), now()).expect("a good token") {
            Bearer::Operator(name) => name,
            Bearer::Member { member, .. } => member.to_string(),
        }
    }

    /// An administrator of a tenant, as a token.
    pub async fn administrator(&self, tenant: &str) -> String {
        let path = format!("/platform/tenants/{tenant}/administrators");
        let (status, created) = self.post(&path, &self.operator(), &json!({"name": "王芳"})).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        self.member(tenant, created["ids"][0].as_str().expect("an id"))
    }
}

/// Reads an answer, and checks the shape of a problem.
pub async fn answer(response: poem::test::TestResponse) -> (StatusCode, Value) {
    let status = response.0.status();
    // Calendars, feeds and files are text; whatever says that it is JSON, or says nothing, must be.
    let is_text = response.0.content_type().is_some_and(|it| {
        it.starts_with("text/") || ["xml", "yaml", "octet-stream"].iter().any(|kind| it.contains(kind))
    });
    let text = response.0.into_body().into_string().await.expect("text");
    let value = match text.as_str() {
        "" => Value::Null,
        plain if is_text => json!(plain),
        json => serde_json::from_str(json).expect("JSON"),
    };
    if status.is_client_error() || status.is_server_error() {
        // Open311 has a form of its own.
        match &value {
            Value::Array(errors) => {
                assert_eq!(errors[0]["code"], status.as_u16(), "{value}");
                return (status, value);
            }
            Value::String(errors) => {
                assert!(errors.contains(&format!("<errors><error><code>{}</code>", status.as_u16())), "{value}");
                return (status, value);
            }
            _ => {}
        }
        assert_eq!(value["status"], status.as_u16(), "{value}");
        let code = value["code"].as_str().expect("every problem has a code");
        assert_eq!(value["type"], format!("urn:yishi:problem:{code}"));
        assert!(value["request_id"].is_string(), "{value}");
    }
    (status, value)
}

/// The status and the code.
pub fn refused(answer: (StatusCode, Value)) -> (u16, String) {
    (answer.0.as_u16(), answer.1["code"].as_str().unwrap_or_default().to_owned())
}
