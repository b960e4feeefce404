//! Every operation of the description, called as everybody who may not.

use poem::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use yishi_api::access::{Access, access_of};
use yishi_domain::access::Role;

use crate::servers::{Server, refused, server};

struct Operation {
    id: String,
    method: Method,
    path: String,
}

impl Operation {
    /// The path with the tenant, and with an id for every other parameter.
    fn path(&self, tenant: &str, id: &str) -> String {
        let fill = |part: &str| match part {
            "{tenant}" => tenant.to_owned(),
            "{position}" => "0".to_owned(),
            part if part.starts_with('{') => id.to_owned(),
            part => part.to_owned(),
        };
        self.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    fn access(&self) -> Access {
        access_of(&self.id).expect("every operation has a row")
    }
}

/// The operations, read from the description that the server gives.
async fn operations<E: poem::Endpoint<Output = poem::Response>>(server: &Server<E>) -> Vec<Operation> {
    let (_, description) = server.get("/openapi.json", "").await;
    let mut operations = Vec::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let id = operation["operationId"].as_str().expect("an id").to_owned();
            let method = method.to_uppercase().parse().expect("a method");
            operations.push(Operation { id, method, path: path.clone() });
        }
    }
    assert_eq!(operations.len(), yishi_api::access::ACCESS.len());
    operations
}

#[tokio::test]
async fn no_operation_but_a_public_one_is_done_without_a_token_or_with_a_bad_one() {
    let server = server().await;
    for operation in operations(&server).await {
        for token in ["", "Bearer nonsense", "Basic b3BzOm9wcw=="] {
            let path = operation.path("3301", &Uuid::nil().to_string());
            let (status, body) = server.call(operation.method.clone(), &path, token, &json!({})).await;
            match operation.access() {
                Access::Public => assert_ne!(status, StatusCode::UNAUTHORIZED, "{}", operation.id),
                _ => assert_eq!(status, StatusCode::UNAUTHORIZED, "{} with `{token}`: {body}", operation.id),
            }
        }
    }
}

#[tokio::test]
async fn no_operation_is_done_by_the_wrong_kind_of_bearer_or_the_wrong_tenants() {
    let server = server().await;
    let (ours, operator) = (server.administrator("3301").await, server.operator());
    for operation in operations(&server).await {
        let path = operation.path("3302", &Uuid::nil().to_string());
        let call = async |token| refused(server.call(operation.method.clone(), &path, token, &json!({})).await);
        match operation.access() {
            Access::Public => {}
            Access::Platform => assert_eq!(call(&ours).await, (403, "session.forbidden".into()), "{}", operation.id),
            Access::AnyMember | Access::Roles(_) => {
                assert_eq!(call(&ours).await, (404, "tenant.unknown".into()), "{}", operation.id);
                assert_eq!(call(&operator).await, (403, "session.forbidden".into()), "{}", operation.id);
            }
        }
    }
}

#[tokio::test]
async fn no_operation_is_done_with_a_role_that_its_row_does_not_name() {
    let server = server().await;
    let boss = server.administrator("3301").await;
    let mut tokens = Vec::new();
    for role in Role::ALL {
        tokens.push((*role, server.member_with("3301", &boss, *role).await));
    }
    for operation in operations(&server).await {
        let Access::Roles(roles) = operation.access() else { continue };
        for (role, token) in &tokens {
            let path = operation.path("3301", &Uuid::nil().to_string());
            let (status, body) = server.call(operation.method.clone(), &path, token, &json!({})).await;
            let turned_away = status == StatusCode::FORBIDDEN && body["code"] == "session.forbidden";
            assert_eq!(turned_away, !roles.contains(role), "{} as {role}: {status} {body}", operation.id);
        }
    }
}

#[tokio::test]
async fn another_tenants_ids_lead_nowhere() {
    let server = server().await;
    let (ours, theirs) = (server.administrator("3301").await, server.administrator("3302").await);
    let (_, page) = server.get("/v1/3302/units?level=district", &theirs).await;
    let foreign = page["items"][0]["id"].as_str().expect("a unit").to_owned();
    for operation in operations(&server).await {
        let names_a_thing = operation.path.matches('{').count() > 1;
        if names_a_thing && !matches!(operation.access(), Access::Platform | Access::Public) {
            let path = operation.path("3301", &foreign);
            let (status, body) = server.call(operation.method.clone(), &path, &ours, &json!({})).await;
            assert!(status.is_client_error(), "{} reached another tenant's thing: {status} {body}", operation.id);
            // What takes no identifier, such as a quarter, says that this is none.
            if operation.method == Method::GET && body["code"] != "request.bad_path" {
                assert_eq!(status, StatusCode::NOT_FOUND, "{}: {body}", operation.id);
            }
        }
    }
    let me = server.subject_of(&ours);
    let bodies: [(&str, Value); 2] = [
        ("/v1/3301/members", json!({"members": [{"name": "李强", "unit": foreign}]})),
        ("/v1/3301/grants", json!({"member": me, "unit": foreign, "role": "coordinator"})),
    ];
    for (path, body) in bodies {
        assert_eq!(
            refused(server.call(Method::POST, path, &ours, &body).await),
            (422, "unit.unknown".into()),
            "{path}"
        );
    }
}
