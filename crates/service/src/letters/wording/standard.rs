//! The text that comes with the program, in each language.

use yishi_domain::letters::Locale;

use super::{DIGEST, SMS};

/// What there is to say of each kind of notice, in Chinese and in English.
pub(crate) const SUBJECTS: &[(&str, &str, &str)] = &[
    ("topic.accepted", "议题已入库", "A topic was accepted"),
    ("topic.rejected", "议题未予受理", "A topic was not accepted"),
    ("topic.merged", "议题已合并", "A topic was merged into another"),
    ("topic.split", "议题已拆分", "A topic was split"),
    ("topic.answered", "议题已答复", "A topic was answered"),
    ("topic.reopened", "议题重新协商", "A topic is deliberated again"),
    ("topic.closed", "议题已办结", "A topic is closed"),
    ("meeting.convened", "召集议事会", "A meeting is convened"),
    ("meeting.invited", "邀请您参会", "You are invited to a meeting"),
    ("minutes.adopted", "会议纪要已通过", "Minutes were adopted"),
    ("ballot.opened", "表决已开始", "A ballot is open"),
    ("ballot.decided", "表决结果已公布", "A ballot is decided"),
    ("resolution.adopted", "决议已形成", "A resolution was adopted"),
    ("resolution.assigned", "决议已交办", "A resolution was assigned"),
    ("resolution.completed", "决议已落实，请评价", "A resolution was carried out; please rate it"),
    ("resolution.warned", "决议即将到期", "A resolution is due soon"),
    ("item.warned", "任务即将到期", "An item is due soon"),
    ("item.late", "任务已逾期", "An item is late"),
    ("call.opened", "社区吹哨，请报到", "A community calls your department"),
    ("call.unanswered", "吹哨未按时响应", "A call was not answered in time"),
    ("finding.unanswered", "监督意见未按时答复", "A finding was not answered in time"),
    ("case.escalated", "事项已提级督办", "A case was escalated"),
    ("case.referred", "不满意结果，请监督委员会处理", "An unsatisfying result was referred to the supervisors"),
    ("look_back.due", "请回头看", "A look-back is due"),
    ("look_back.recorded", "回头看已登记", "A look-back was recorded"),
    ("body.reminded", "请按期召开议事会", "A standing body is to meet"),
    ("body.missed", "议事组织未按期开会", "A standing body did not meet in time"),
    ("report.ready", "报告已生成，请查阅", "A report is ready"),
    ("rule_set.suspended", "规则已暂停用于新事项", "A rule set was suspended"),
    ("rule_set.approved", "规则获得省级批准", "A rule set was approved"),
    ("rule_set.refused", "规则未获省级批准", "A rule set was refused"),
];

/// What a kind of notice is called; its code where there is no word for it.
pub(super) fn label(kind: &str, locale: Locale) -> &str {
    let found = SUBJECTS.iter().find(|(it, ..)| *it == kind);
    found.map_or(kind, |(_, chinese, english)| match locale {
        Locale::Chinese => chinese,
        Locale::English => english,
    })
}

/// The subject and the text of a kind.
pub(crate) fn standard(kind: &str, locale: Locale) -> (String, String) {
    let (subject, body) = match (kind, locale) {
        (DIGEST, Locale::Chinese) => (
            "{{ city }}：{{ number }} 条消息",
            "{{ name }}，您好：\n\n{{ city }}有 {{ number }} 条消息：\n\
             {% for item in items %}\n- {{ item.when }} {{ item.label }}{% if item.title %}：{{ item.title }}{% endif %}{% endfor %}\n",
        ),
        (DIGEST, Locale::English) => (
            "{{ city }}: {{ number }} notice{% if number > 1 %}s{% endif %}",
            "Dear {{ name }},\n\n{{ city }} has {{ number }} notice{% if number > 1 %}s{% endif %} for you:\n\
             {% for item in items %}\n- {{ item.when }}: {{ item.label }}{% if item.title %}: {{ item.title }}{% endif %}{% endfor %}\n",
        ),
        (SMS, Locale::Chinese) => (
            "",
            "【{{ city }}】{{ label }}{% if title %}：{{ title }}{% endif %}{% if number > 1 %}，等 {{ number }} 条{% endif %}",
        ),
        (SMS, Locale::English) => (
            "",
            "[{{ city }}] {{ label }}{% if title %}: {{ title }}{% endif %}{% if number > 1 %} and {{ number - 1 }} more{% endif %}",
        ),
        (_, Locale::Chinese) => (
            "{{ label }}{% if title %}：{{ title }}{% endif %}",
            "{{ name }}，您好：\n\n{{ city }}，{{ when }}：{{ label }}。\n\
             {% if title %}\n议题：{{ title }}{% endif %}\
             {% if facts.reason %}\n理由：{{ facts.reason }}{% endif %}\
             {% if facts.hours_late %}\n已逾期 {{ facts.hours_late }} 小时{% endif %}\
             {% if facts.link %}\n报告：{{ facts.link }}{% endif %}\n",
        ),
        (_, Locale::English) => (
            "{{ label }}{% if title %}: {{ title }}{% endif %}",
            "Dear {{ name }},\n\n{{ city }}, {{ when }}: {{ label }}.\n\
             {% if title %}\nTopic: {{ title }}{% endif %}\
             {% if facts.reason %}\nReason: {{ facts.reason }}{% endif %}\
             {% if facts.hours_late %}\nLate by {{ facts.hours_late }} hours{% endif %}\
             {% if facts.link %}\nReport: {{ facts.link }}{% endif %}\n",
        ),
    };
    (subject.to_owned(), body.to_owned())
}

/// What stands under every mail, whoever has written the rest: where more is to be read, and how to get no more.
pub(super) fn footer(board: Option<String>, unsubscribe: &Option<String>, locale: Locale) -> String {
    let [read, end] = match locale {
        Locale::Chinese => ["公示板：", "不再接收此类邮件："],
        Locale::English => ["The public board: ", "To get no more of these mails: "],
    };
    let line = |(head, link): (&str, Option<String>)| link.map(|link| format!("\n{head}{link}"));
    let lines: String = [(read, board), (end, unsubscribe.clone())].into_iter().filter_map(line).collect();
    if lines.is_empty() { lines } else { format!("\n--{lines}\n") }
}
