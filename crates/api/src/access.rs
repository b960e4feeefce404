//! Who may do what: one table, from which every operation is guarded, described and tested.

pub use yishi_service::sessions::Access;

use yishi_domain::access::Role::{Administrator, Coordinator, CouncilMember, Evaluator, Officer, Resident, Supervisor};

/// Each operation with who may do it; an operation that is not here cannot be called.
///
/// A role holds at a unit and reaches what lies under it.
pub const ACCESS: &[(&str, Access)] = &[
    // The platform.
    ("list_tenants", Access::Platform),
    ("get_tenant", Access::Platform),
    ("apply_divisions", Access::Platform),
    ("create_administrator", Access::Platform),
    ("get_tenant_quotas", Access::Platform),
    ("set_tenant_quotas", Access::Platform),
    ("get_province_report", Access::Platform),
    ("export_province_quarter", Access::Platform),
    ("list_platform_log", Access::Platform),
    ("approve_rule_set", Access::Platform),
    // A tenant: its people and units.
    ("list_units", Access::AnyMember),
    ("get_unit", Access::AnyMember),
    ("add_department", Access::Roles(&[Administrator])),
    ("move_unit", Access::Roles(&[Administrator])),
    ("merge_unit", Access::Roles(&[Administrator])),
    ("create_members", Access::Roles(&[Administrator, Coordinator])),
    ("create_grant", Access::Roles(&[Administrator])),
    ("register_voters", Access::Roles(&[Administrator, Coordinator])),
    ("list_registrations", Access::Roles(&[Administrator, Coordinator])),
    ("end_registration", Access::Roles(&[Administrator, Coordinator])),
    ("record_facts", Access::Roles(&[Officer, Administrator])),
    ("list_facts", Access::AnyMember),
    ("list_fact_versions", Access::AnyMember),
    ("get_population", Access::AnyMember),
    ("get_background", Access::AnyMember),
    ("advance_clock", Access::Roles(&[Administrator])),
    ("get_working_days", Access::AnyMember),
    ("put_working_days", Access::Roles(&[Administrator])),
    ("get_deadline", Access::AnyMember),
    ("get_settings", Access::AnyMember),
    ("change_settings", Access::Roles(&[Administrator])),
    ("get_quotas", Access::Roles(&[Administrator])),
    ("list_notices", Access::AnyMember),
    ("read_notice", Access::AnyMember),
    ("read_notices", Access::AnyMember),
    ("follow_notices", Access::AnyMember),
    ("get_notice_rules", Access::AnyMember),
    ("put_notice_rules", Access::Roles(&[Administrator])),
    ("remove_notice_rules", Access::Roles(&[Administrator])),
    ("get_contact", Access::AnyMember),
    ("put_contact", Access::AnyMember),
    ("erase_contact", Access::AnyMember),
    ("get_preferences", Access::AnyMember),
    ("put_preferences", Access::AnyMember),
    ("list_templates", Access::AnyMember),
    ("preview_template", Access::Roles(&[Administrator])),
    ("put_template", Access::Roles(&[Administrator])),
    ("remove_template", Access::Roles(&[Administrator])),
    ("list_letters", Access::Roles(&[Administrator])),
    ("revive_letter", Access::Roles(&[Administrator])),
    // Its rules.
    ("upload_rule_set", Access::Roles(&[Administrator])),
    ("list_rule_sets", Access::AnyMember),
    ("get_rule_set", Access::AnyMember),
    ("get_rule_set_standing", Access::AnyMember),
    ("sign_rule_set", Access::Roles(&[Administrator])),
    ("activate_rule_set", Access::Roles(&[Administrator])),
    ("get_rules", Access::AnyMember),
    ("roll_back_rules", Access::Roles(&[Administrator])),
    ("list_activations", Access::AnyMember),
    ("begin_shadow", Access::Roles(&[Administrator])),
    ("get_shadow", Access::AnyMember),
    ("end_shadow", Access::Roles(&[Administrator])),
    ("request_replay", Access::Roles(&[Administrator])),
    ("get_replay", Access::AnyMember),
    ("list_replay_differences", Access::AnyMember),
    // Intake.
    ("list_categories", Access::AnyMember),
    ("raise_topic", Access::Roles(&[Resident, Coordinator])),
    ("list_topics", Access::AnyMember),
    ("get_topic", Access::AnyMember),
    ("accept_topic", Access::Roles(&[Coordinator])),
    ("reject_topic", Access::Roles(&[Coordinator])),
    ("merge_topic", Access::Roles(&[Coordinator])),
    ("withdraw_topic", Access::Roles(&[Resident, Coordinator])),
    ("search_topics", Access::Public),
    ("support_topic", Access::Roles(&[Resident])),
    ("unsupport_topic", Access::Roles(&[Resident])),
    ("follow_topic", Access::AnyMember),
    ("unfollow_topic", Access::AnyMember),
    ("write_comment", Access::AnyMember),
    ("list_comments", Access::AnyMember),
    ("hide_comment", Access::Roles(&[Coordinator])),
    ("answer_topic", Access::Roles(&[Coordinator, Officer])),
    ("list_answers", Access::AnyMember),
    ("get_topic_history", Access::AnyMember),
    ("split_topic", Access::Roles(&[Coordinator])),
    ("attach_to_topic", Access::AnyMember),
    ("attach_to_meeting", Access::Roles(&[Coordinator])),
    ("attach_to_item", Access::Roles(&[Officer, Coordinator])),
    ("list_attachments", Access::AnyMember),
    ("get_attachment", Access::AnyMember),
    ("download_attachment", Access::AnyMember),
    ("get_public_attachment", Access::Public),
    ("erase_attachment", Access::AnyMember),
    // Deliberation.
    ("convene_meeting", Access::Roles(&[Coordinator])),
    ("list_meetings", Access::AnyMember),
    ("get_meeting", Access::AnyMember),
    ("erase_representative", Access::AnyMember),
    ("record_attendance", Access::Roles(&[Coordinator])),
    ("invite_to_meeting", Access::AnyMember),
    ("answer_invitation", Access::AnyMember),
    ("list_invitations", Access::Roles(&[Coordinator, Supervisor, Administrator, Evaluator])),
    ("request_speech", Access::AnyMember),
    ("list_speeches", Access::AnyMember),
    ("begin_speech", Access::AnyMember),
    ("end_speech", Access::AnyMember),
    ("state_position", Access::Roles(&[Resident, CouncilMember])),
    ("list_positions", Access::AnyMember),
    ("give_wording", Access::Roles(&[Coordinator])),
    ("list_wordings", Access::AnyMember),
    ("propose_amendment", Access::Roles(&[Resident, CouncilMember, Coordinator])),
    ("list_amendments", Access::AnyMember),
    ("decide_amendment", Access::Roles(&[Coordinator])),
    ("add_statements", Access::Roles(&[Resident, CouncilMember, Coordinator])),
    ("list_statements", Access::AnyMember),
    ("take_stance", Access::Roles(&[Resident, CouncilMember])),
    ("enter_stances", Access::Roles(&[Coordinator])),
    ("list_stances", Access::Roles(&[Supervisor, Administrator, Evaluator])),
    ("get_opinions", Access::AnyMember),
    ("get_participation", Access::AnyMember),
    ("found_body", Access::Roles(&[Administrator, Coordinator])),
    ("list_bodies", Access::AnyMember),
    ("get_body", Access::AnyMember),
    ("change_body", Access::Roles(&[Administrator, Coordinator])),
    ("list_sittings", Access::AnyMember),
    ("propose_times", Access::Roles(&[Coordinator, Administrator])),
    ("file_minutes", Access::Roles(&[Coordinator])),
    ("object_to_minutes", Access::AnyMember),
    ("list_minutes_objections", Access::AnyMember),
    ("answer_minutes_objection", Access::Roles(&[Coordinator])),
    ("adopt_minutes", Access::Roles(&[Coordinator])),
    ("get_minutes", Access::Public),
    ("print_minutes", Access::Public),
    ("print_minutes_as_pdf", Access::Public),
    ("record_helper_visit", Access::AnyMember),
    ("erase_helper_visit", Access::AnyMember),
    ("list_helper_visits", Access::Roles(&[Coordinator, Supervisor, Administrator])),
    ("get_helper_visit_sums", Access::AnyMember),
    // Decision.
    ("open_ballot", Access::Roles(&[Coordinator])),
    ("list_ballots", Access::AnyMember),
    ("get_ballot", Access::AnyMember),
    ("get_tally", Access::AnyMember),
    ("get_calendar", Access::Public),
    ("get_disclosure_feed", Access::Public),
    ("cast_vote", Access::AnyMember),
    ("cast_votes", Access::AnyMember),
    ("give_mandate", Access::AnyMember),
    ("list_mandates", Access::AnyMember),
    ("revoke_mandate", Access::AnyMember),
    ("raise_objection", Access::AnyMember),
    ("list_objections", Access::AnyMember),
    ("answer_objection", Access::Roles(&[Supervisor, Administrator])),
    ("change_roll", Access::Roles(&[Coordinator])),
    ("enter_batch", Access::Roles(&[Coordinator])),
    ("list_batches", Access::Roles(&[Coordinator, Supervisor, Administrator, Evaluator])),
    ("void_batch", Access::Roles(&[Coordinator])),
    ("recount_batch", Access::Roles(&[Coordinator])),
    ("close_ballot", Access::Roles(&[Coordinator])),
    ("count_ballot", Access::Roles(&[Coordinator])),
    ("annul_ballot", Access::Roles(&[Administrator])),
    ("get_bundle", Access::Public),
    ("get_resolution_bundle", Access::Public),
    ("print_resolution", Access::Public),
    ("print_resolution_as_pdf", Access::Public),
    // Execution and feedback.
    ("list_resolutions", Access::AnyMember),
    ("get_resolution", Access::AnyMember),
    ("assign_resolution", Access::Roles(&[Coordinator])),
    ("complete_resolution", Access::Roles(&[Officer])),
    ("rate_resolution", Access::Roles(&[Resident, Coordinator])),
    ("conclude_resolution", Access::Roles(&[Supervisor])),
    ("record_look_back", Access::Roles(&[Supervisor, Coordinator])),
    ("list_look_backs", Access::AnyMember),
    ("list_escalations", Access::AnyMember),
    // Reports.
    ("list_indicators", Access::AnyMember),
    ("get_report", Access::AnyMember),
    ("get_star_formula", Access::AnyMember),
    ("get_performance_sheet", Access::AnyMember),
    ("export_performance_sheet", Access::AnyMember),
    ("export_quarter_report", Access::AnyMember),
    ("begin_report_schedule", Access::AnyMember),
    ("list_report_schedules", Access::AnyMember),
    ("end_report_schedule", Access::AnyMember),
    ("list_league", Access::AnyMember),
    ("get_data_package", Access::Public),
    ("get_open_data", Access::Public),
    ("export_report", Access::AnyMember),
    ("list_report_cases", Access::Roles(&[Coordinator, CouncilMember, Supervisor, Officer, Administrator, Evaluator])),
    // Registers and people.
    ("put_register_row", Access::Roles(&[Administrator, Coordinator])),
    ("list_register_rows", Access::AnyMember),
    ("export_register", Access::AnyMember),
    ("begin_import", Access::Roles(&[Administrator, Coordinator])),
    ("send_import_part", Access::Roles(&[Administrator, Coordinator])),
    ("get_import", Access::Roles(&[Administrator, Coordinator])),
    ("preview_import", Access::Roles(&[Administrator, Coordinator])),
    ("apply_import", Access::Roles(&[Administrator, Coordinator])),
    ("register_evaluator_key", Access::Roles(&[Administrator])),
    ("file_evaluation", Access::Roles(&[Evaluator])),
    ("get_evaluation", Access::AnyMember),
    ("assign_adviser", Access::Roles(&[Coordinator])),
    ("list_advisers", Access::AnyMember),
    ("recuse_adviser", Access::Roles(&[Coordinator])),
    ("import_advisers", Access::Roles(&[Administrator, Coordinator])),
    ("export_advisers", Access::AnyMember),
    ("get_person", Access::AnyMember),
    ("credit_volunteering", Access::Roles(&[Administrator, Coordinator])),
    ("reverse_volunteering", Access::Roles(&[Administrator, Coordinator])),
    ("get_pools_standing", Access::AnyMember),
    // Money.
    ("open_fund", Access::Roles(&[Administrator])),
    ("import_funds", Access::Roles(&[Administrator])),
    ("export_funds", Access::AnyMember),
    ("import_money_file", Access::Roles(&[Administrator])),
    ("export_money_file", Access::Roles(&[Administrator, Coordinator])),
    ("list_funds", Access::AnyMember),
    ("get_fund", Access::AnyMember),
    ("list_entries", Access::AnyMember),
    ("book_budget", Access::Roles(&[Administrator])),
    ("book_donation", Access::Roles(&[Administrator, Coordinator])),
    ("book_grant", Access::Roles(&[Administrator])),
    ("book_transfer", Access::Roles(&[Administrator, Coordinator])),
    ("book_allocation", Access::Roles(&[Administrator, Coordinator])),
    ("book_release", Access::Roles(&[Administrator, Coordinator])),
    ("book_spending", Access::Roles(&[Administrator, Coordinator])),
    ("reverse_entry", Access::Roles(&[Administrator, Coordinator])),
    ("open_campaign", Access::Roles(&[Administrator, Coordinator])),
    ("get_campaign", Access::AnyMember),
    ("make_pledge", Access::AnyMember),
    ("offer_provision", Access::Roles(&[Administrator, Coordinator])),
    ("get_pool", Access::AnyMember),
    ("draw_provision", Access::Roles(&[Administrator, Coordinator])),
    ("return_draw", Access::Roles(&[Administrator, Coordinator])),
    ("get_disclosure", Access::Public),
    ("print_disclosure", Access::Public),
    ("print_disclosure_as_pdf", Access::Public),
    // Those who hear of it.
    ("create_api_key", Access::Roles(&[Administrator])),
    ("list_api_keys", Access::Roles(&[Administrator])),
    ("revoke_api_key", Access::Roles(&[Administrator])),
    ("put_work_order_mapping", Access::Roles(&[Administrator])),
    ("get_work_order_mapping", Access::Roles(&[Administrator, Coordinator])),
    ("receive_work_orders", Access::Roles(&[Coordinator])),
    ("send_work_orders", Access::Roles(&[Administrator, Coordinator])),
    ("get_open311_discovery", Access::Public),
    ("get_open311_discovery_xml", Access::Public),
    ("list_open311_services", Access::Public),
    ("list_open311_services_xml", Access::Public),
    ("get_open311_service", Access::Public),
    ("make_open311_request", Access::Public),
    ("make_open311_request_xml", Access::Public),
    ("list_open311_requests", Access::Public),
    ("list_open311_requests_xml", Access::Public),
    ("get_open311_request", Access::Public),
    ("get_open311_token", Access::Public),
    ("create_webhook", Access::Roles(&[Administrator])),
    ("list_webhooks", Access::Roles(&[Administrator])),
    ("get_webhook", Access::Roles(&[Administrator])),
    ("change_webhook", Access::Roles(&[Administrator])),
    ("remove_webhook", Access::Roles(&[Administrator])),
    ("get_webhook_secret", Access::Roles(&[Administrator])),
    ("rotate_webhook_secret", Access::Roles(&[Administrator])),
    ("enable_webhook", Access::Roles(&[Administrator])),
    ("replay_webhook", Access::Roles(&[Administrator])),
    ("test_webhook", Access::Roles(&[Administrator])),
    ("list_deliveries", Access::Roles(&[Administrator])),
    ("add_item", Access::Roles(&[Coordinator])),
    ("list_items", Access::AnyMember),
    ("get_item", Access::AnyMember),
    ("list_item_reports", Access::AnyMember),
    ("report_item", Access::Roles(&[Officer])),
    ("complete_item", Access::Roles(&[Officer])),
    ("ask_extension", Access::Roles(&[Officer])),
    ("decide_extension", Access::Roles(&[Coordinator])),
    ("offer_item", Access::Roles(&[Officer])),
    ("answer_handover", Access::Roles(&[Officer])),
    ("split_item", Access::Roles(&[Coordinator])),
    ("open_call", Access::Roles(&[Coordinator])),
    ("list_calls", Access::AnyMember),
    ("get_call", Access::AnyMember),
    ("answer_call", Access::Roles(&[Officer])),
    ("close_call", Access::Roles(&[Coordinator])),
    // Supervision.
    ("get_order", Access::AnyMember),
    ("get_compliance", Access::AnyMember),
    ("list_unmet", Access::Roles(&[Supervisor, Coordinator, Administrator])),
    ("note_finding", Access::Roles(&[Supervisor])),
    ("list_findings", Access::Public),
    ("print_finding", Access::Public),
    ("print_finding_as_pdf", Access::Public),
    ("get_finding", Access::AnyMember),
    ("answer_finding", Access::Roles(&[Officer])),
    ("ask_finding_again", Access::Roles(&[Supervisor])),
    ("close_finding", Access::Roles(&[Supervisor])),
    // Its record.
    ("list_events", Access::AnyMember),
    ("follow_events", Access::AnyMember),
    ("get_checkpoint", Access::Public),
    ("get_cosigned_checkpoint", Access::Public),
    ("cosign_checkpoint", Access::Public),
    ("get_proof", Access::Public),
    ("get_receipt", Access::Public),
    ("list_record_keys", Access::Public),
    ("rotate_record_key", Access::Platform),
];

/// Tells who may do an operation.
pub fn access_of(operation: &str) -> Option<Access> {
    ACCESS.iter().find(|(id, _)| *id == operation).map(|(_, access)| *access)
}

/// Describes who may do an operation, for its documentation.
pub fn describe(access: Access) -> String {
    match access {
        Access::Public => "everybody, without a token".to_owned(),
        Access::AnyMember => "every member of the tenant".to_owned(),
        Access::Platform => "operators of the platform".to_owned(),
        Access::Roles(roles) => roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(", "),
    }
}

/// Prints the table as Markdown: a row an operation, a column a role.
pub fn markdown() -> String {
    const ROLES: [yishi_domain::access::Role; 6] =
        [Resident, Coordinator, CouncilMember, Supervisor, Officer, Administrator];
    let mut text = String::from("| operation | public | operator |");
    ROLES.iter().for_each(|role| text.push_str(&format!(" {role} |")));
    text.push_str("\n|---|---|---|---|---|---|---|---|---|\n");
    for (operation, access) in ACCESS {
        let mark = |holds| if holds { " ✓ |" } else { "  |" };
        text.push_str(&format!("| `{operation}` |"));
        text.push_str(mark(*access == Access::Public));
        text.push_str(mark(matches!(access, Access::Public | Access::Platform)));
        for role in ROLES {
            text.push_str(mark(match access {
                Access::Public | Access::AnyMember => true,
                Access::Platform => false,
                Access::Roles(roles) => roles.contains(&role),
            }));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_operation_stands_twice() {
        let mut ids: Vec<_> = ACCESS.iter().map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ACCESS.len());
    }

    #[test]
    fn the_printed_table_has_a_row_for_each_operation() {
        let text = markdown();
        assert_eq!(text.lines().count(), ACCESS.len() + 2);
        assert!(text.contains("| `list_tenants` |  | ✓ |  |  |  |  |  |  |"), "{text}");
        assert!(text.contains("| `create_members` |  |  |  | ✓ |  |  |  | ✓ |"), "{text}");
        assert!(text.lines().all(|line| line.matches('|').count() == 10), "{text}");
    }
}
