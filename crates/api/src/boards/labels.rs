//! What things are called on the board.

/// What an event is called; none where the board has no word for it yet, and shows its code.
pub(crate) fn of_event(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "tenant.onboarded" => "更新区划名单",
        "member.added" => "登记成员",
        "grant.given" => "授予角色",
        "clock.advanced" => "拨快演练时钟",
        _ => return None,
    })
}
