//! What things are called on the board.

use yishi_domain::workflow::Stage;

/// What an event is called; none where the board has no word for it yet, and shows its code.
pub(crate) fn of_event(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "tenant.onboarded" => "更新区划名单",
        "member.added" => "登记成员",
        "grant.given" => "授予角色",
        "clock.advanced" => "拨快演练时钟",
        "rule_set.uploaded" => "上传规则",
        "rule_set.activated" => "启用规则",
        "rule_set.signed" => "规则获得签名",
        "rule_set.approved" => "省级批准规则",
        "rule_set.refused" => "省级否决规则",
        "rule_set.failed" => "规则运行失败",
        "rule_set.recovered" => "规则恢复运行",
        "rule_set.suspended" => "规则暂停用于新事项",
        "notice.read" => "阅读通知",
        "shadow.begun" => "开始规则试运行",
        "shadow.answered" => "规则试运行比对",
        "shadow.ended" => "结束规则试运行",
        "replay.requested" => "申请规则回放",
        "replay.advanced" => "规则回放进度",
        "replay.finished" => "规则回放完成",
        "topic.raised" => "提出议题",
        "topic.accepted" => "议题入库",
        "topic.rejected" => "议题未予受理",
        "topic.merged" => "议题合并",
        "topic.withdrawn" => "议题撤回",
        "topic.reopened" => "重新协商",
        "topic.closed" => "议题办结",
        "meeting.convened" => "召集议事会",
        "attendance.recorded" => "登记到会",
        "minutes.filed" => "公布会议纪要",
        "ballot.opened" => "公布表决规则，开始表决",
        "vote.cast" => "投票",
        "batch.entered" => "录入纸质票",
        "batch.voided" => "作废一批票",
        "mandate.given" => "委托投票",
        "mandate.revoked" => "撤回委托",
        "ballot.extended" => "参与不足，表决延期",
        "ballot.closed" => "表决截止",
        "box.sealed" => "封存票箱，公布票面",
        "ballot.counted" => "公布计票",
        "ballot.decided" => "公布表决结果",
        "ballot.annulled" => "表决作废",
        "verdict.failed" => "表决结果待定",
        "resolution.adopted" => "形成决议",
        "resolution.assigned" => "下达三张清单",
        "resolution.completed" => "报告完成",
        "resolution.rated" => "居民评价",
        "survey.closed" => "公布满意度",
        "case.escalated" => "督办升级",
        "timer.lapsed" => "期限失效",
        _ => return None,
    })
}

/// What a stage is called.
pub(crate) const fn of_stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Submitted => "待受理",
        Stage::Accepted => "已入库",
        Stage::Rejected => "未受理",
        Stage::Merged => "已合并",
        Stage::Withdrawn => "已撤回",
        Stage::Deliberating => "协商中",
        Stage::Deliberated => "已协商",
        Stage::Deciding => "表决中",
        Stage::Decided => "已通过",
        Stage::NotAdopted => "未通过",
        Stage::Executing => "落实中",
        Stage::Done => "已完成，评价中",
        Stage::Closed => "已办结",
    }
}
