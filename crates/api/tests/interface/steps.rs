//! The interface beside the workflow: whose step it is, and that each can be repeated safely.

use serde_json::Value;
use yishi_api::access::{Access, access_of};
use yishi_domain::workflow::{MOVES, Step};

/// The operation that takes a step; none where the service takes it by itself.
const fn operation_of(step: Step) -> Option<&'static str> {
    match step {
        Step::Accept => Some("accept_topic"),
        Step::Reject => Some("reject_topic"),
        Step::Merge => Some("merge_topic"),
        Step::Withdraw => Some("withdraw_topic"),
        Step::Convene => Some("convene_meeting"),
        Step::FileMinutes => Some("file_minutes"),
        Step::Announce => Some("open_ballot"),
        Step::Annul => Some("annul_ballot"),
        Step::Assign => Some("assign_resolution"),
        Step::Complete => Some("complete_resolution"),
        Step::Pass | Step::Advance | Step::Fail | Step::Close | Step::Reopen => None,
    }
}

#[test]
fn a_step_of_the_workflow_is_for_the_role_that_its_move_names() {
    for row in MOVES {
        let (step, role) = (row.1, row.3);
        let Some(operation) = operation_of(step) else {
            assert_eq!(role, None, "{step} has a role and no operation");
            continue;
        };
        let role = role.unwrap_or_else(|| panic!("{operation} takes the step {step}, which is the service's own"));
        let Some(Access::Roles(roles)) = access_of(operation) else { panic!("{operation} is for certain roles") };
        // Whoever enters a topic for somebody else may take it back for them as well.
        let helped = step == Step::Withdraw && roles.contains(&role);
        assert!(helped || roles == [role], "{operation} is for {roles:?}, and {step} for {role}");
    }
}

#[tokio::test]
async fn every_change_can_be_repeated_with_an_idempotency_key() {
    let server = crate::servers::server().await;
    let (_, description) = server.get("/openapi.json", "").await;
    let mut changes = 0;
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let named = |it: &&Value| it["name"].as_str().is_some_and(|it| it.eq_ignore_ascii_case("idempotency-key"));
            let key = parameters.iter().find(named);
            if method == "get" {
                assert!(key.is_none(), "GET {path} changes nothing");
                continue;
            }
            changes += 1;
            // A division list is applied to no tenant in particular, and changes nothing the second time.
            if path == "/platform/divisions" {
                assert!(key.is_none());
                continue;
            }
            let key = key.unwrap_or_else(|| panic!("{method} {path} takes no key"));
            assert_eq!((&key["in"], &key["required"]), (&"header".into(), &false.into()), "{method} {path}");
        }
    }
    assert!(changes > 15, "{changes}");
}
