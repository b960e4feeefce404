//! The indicators (§2.5) with their definitions and the targets of each phase (§2.4). Identifiers are stable; a definition that changes has another
//! version, and a figure names the version by which it was made.

use super::Measure;

/// What an indicator is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// How deliberation goes.
    Process,
    /// What comes of it.
    Outcome,
    /// What is built up.
    Development,
    /// How it is evaluated.
    Evaluation,
    /// How far it has spread.
    Rollout,
    /// What it costs.
    Money,
}

/// The population to which groups are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakdown {
    /// By age band.
    Age,
    /// By sex.
    Sex,
    /// By occupation.
    Occupation,
}

/// How a figure is made; each has a numerator, and most have a denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A sum.
    Sum(Measure),
    /// A sum for each community; its target is one a year.
    PerCommunityYear(Measure),
    /// What there is at the end.
    Stock(Measure),
    /// What there is at the end, for each community.
    StockPerCommunity(Measure),
    /// One sum of another.
    Ratio(Measure, Measure),
    /// A sum for each resident.
    PerResident(Measure),
    /// Different people of all residents.
    Participants,
    /// The share of each group.
    Structure(Measure, Option<Breakdown>),
    /// The number of days that so many of a thousand cases did not exceed.
    Quantile(Measure, u32),
    /// Communities in which something happened, of all.
    Communities(Measure),
}

/// What is to be reached: at least, or at most, a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether less is better.
    pub at_most: bool,
    /// Its numerator.
    pub numerator: i64,
    /// Its denominator.
    pub denominator: i64,
}

/// An indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Its stable identifier.
    pub id: &'static str,
    /// The version of its definition.
    pub version: u32,
    /// What it is about.
    pub group: Group,
    /// In what it is told: `count`, `ratio`, `days`, `score` or `fen`.
    pub scale: &'static str,
    /// How it is made.
    pub way: Way,
    /// What is to be reached in each of the plan's phases.
    pub targets: [Option<Target>; 3],
    /// Its name in zh-CN and en.
    pub names: [&'static str; 2],
    /// Its definition in zh-CN and en.
    pub definitions: [&'static str; 2],
}

impl Indicator {
    /// The indicator with an identifier.
    pub fn of(id: &str) -> Option<&'static Self> {
        INDICATORS.iter().find(|it| it.id == id)
    }

    /// Whether less of it is better.
    pub fn less_is_better(&self) -> bool {
        self.scale == "days" || matches!(self.id, "overdue" | "escalations")
    }

    /// The measures that it is made of: sums, and what there is at the end.
    pub fn measures(&self) -> (Vec<Measure>, Vec<Measure>) {
        match self.way {
            Way::Sum(it) | Way::PerCommunityYear(it) | Way::PerResident(it) => (vec![it], vec![]),
            Way::Structure(it, _) | Way::Quantile(it, _) => (vec![it], vec![]),
            Way::Ratio(numerator, denominator) => (vec![numerator, denominator], vec![]),
            Way::Stock(it) | Way::StockPerCommunity(it) => (vec![], vec![it]),
            Way::Participants | Way::Communities(_) => (vec![], vec![]),
        }
    }

    /// The measure whose cases stand behind its figure: those of the numerator.
    pub fn cases(&self) -> Option<Measure> {
        let (sums, _) = self.measures();
        sums.first().copied().filter(|it| it.is_of_cases())
    }
}

const NONE: [Option<Target>; 3] = [None; 3];

const fn at_least(numerator: i64, denominator: i64) -> Option<Target> {
    Some(Target { at_most: false, numerator, denominator })
}

const fn at_most(numerator: i64) -> Option<Target> {
    Some(Target { at_most: true, numerator, denominator: 1 })
}

const fn always(target: Option<Target>) -> [Option<Target>; 3] {
    [target, target, target]
}

const fn indicator(
    id: &'static str,
    (group, scale): (Group, &'static str),
    way: Way,
    targets: [Option<Target>; 3],
    names: [&'static str; 2],
    definitions: [&'static str; 2],
) -> Indicator {
    Indicator { id, version: 1, group, scale, way, targets, names, definitions }
}

/// All of them, in the order of reports.
pub const INDICATORS: &[Indicator] = &[
    indicator(
        "meetings",
        (Group::Process, "count"),
        Way::PerCommunityYear(Measure::MeetingsHeld),
        [None, at_least(8, 1), at_least(12, 1)],
        ["议事会议", "Meetings"],
        [
            "有人到会的议事会议次数，除以社区（村）数；目标按年计，其他期间按天数折算。",
            "Meetings at which somebody was present, for each community; the target is one a year, and for other periods as many days of it.",
        ],
    ),
    indicator(
        "minuted",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::MeetingsMinuted, Measure::MeetingsHeld),
        NONE,
        ["纪要通过率", "Meetings minuted"],
        ["期间内议事会议中纪要已通过的份额。", "Of the meetings in the period those whose minutes were adopted."],
    ),
    indicator(
        "topics",
        (Group::Process, "count"),
        Way::PerCommunityYear(Measure::TopicsSubmitted),
        NONE,
        ["征集议题", "Topics collected"],
        ["期间内提交的议题数，除以社区（村）数。", "Topics submitted in the period, for each community."],
    ),
    indicator(
        "topics_by_category",
        (Group::Process, "count"),
        Way::Structure(Measure::TopicsByCategory, None),
        NONE,
        ["议题类别", "Topics by category"],
        ["期间内提交的议题按类别的份额。", "The share of each category among the topics submitted in the period."],
    ),
    indicator(
        "response_rate",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::TopicsAdopted, Measure::TopicsSubmitted),
        always(at_least(8, 10)),
        ["议题响应率", "Response rate"],
        ["期间内提交的议题中已被采纳的份额。", "Of the topics submitted in the period those that were accepted."],
    ),
    indicator(
        "answer_rate",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::TopicsAnsweredInTime, Measure::TopicsSubmitted),
        always(at_least(1, 1)),
        ["按期答复率", "Answer rate"],
        [
            "期间内提交的议题中在期限内采纳、附理由不采纳或并案的份额。",
            "Of the topics submitted in the period those that were accepted, rejected with a reason or merged before their deadline.",
        ],
    ),
    indicator(
        "answered",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::TopicsAnswered, Measure::TopicsSubmitted),
        NONE,
        ["答复率", "Answered"],
        [
            "期间内提交的议题中已答复的份额，不论是否按期。",
            "Of the topics submitted in the period those that were answered.",
        ],
    ),
    indicator(
        "procedural_compliance",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::CasesCompliant, Measure::CasesDecided),
        always(at_least(9, 10)),
        ["程序合规率", "Procedural compliance"],
        [
            "期间内作出决定的议题中各必要步骤均未缺漏、未逾时的份额；重开的以最后一轮为准。",
            "Of the cases decided in the period those that left no required step out and took none too late; one that was reopened counts by its last round.",
        ],
    ),
    indicator(
        "participation_rate",
        (Group::Process, "ratio"),
        Way::Participants,
        [at_least(3, 10), at_least(5, 10), at_least(6, 10)],
        ["群众参与率", "Participation rate"],
        [
            "期间内提出议题、表决、到会、发表意见或评价的不同人数，除以期末在册居民数；同一人在一地只计一次。",
            "Different people who raised a topic, voted, attended, spoke their mind or rated in the period, of the residents at its end; who did so twice counts once.",
        ],
    ),
    indicator(
        "structure_age",
        (Group::Process, "ratio"),
        Way::Structure(Measure::AttendancesByAge, Some(Breakdown::Age)),
        NONE,
        ["参与者年龄结构", "Participants by age band"],
        [
            "到会人次中各年龄段的份额，与居民中该年龄段的份额对照。",
            "The share of each age band among attendances, beside its share among residents.",
        ],
    ),
    indicator(
        "structure_sex",
        (Group::Process, "ratio"),
        Way::Structure(Measure::AttendancesBySex, Some(Breakdown::Sex)),
        NONE,
        ["参与者性别结构", "Participants by sex"],
        [
            "到会人次中各性别的份额，与居民对照。",
            "The share of each sex among attendances, beside its share among residents.",
        ],
    ),
    indicator(
        "structure_occupation",
        (Group::Process, "ratio"),
        Way::Structure(Measure::AttendancesByOccupation, Some(Breakdown::Occupation)),
        NONE,
        ["参与者职业结构", "Participants by occupation"],
        [
            "到会人次中各职业的份额，与居民对照。",
            "The share of each occupation among attendances, beside its share among residents.",
        ],
    ),
    indicator(
        "structure_presence",
        (Group::Process, "ratio"),
        Way::Structure(Measure::Attendances, None),
        NONE,
        ["到会方式", "Attendances by channel"],
        ["到会人次按方式的份额。", "The share of each channel among attendances."],
    ),
    indicator(
        "vote_channels",
        (Group::Process, "ratio"),
        Way::Structure(Measure::Votes, None),
        NONE,
        ["表决方式", "Votes by channel"],
        ["有效表决票按方式的份额。", "The share of each channel among the votes that count."],
    ),
    indicator(
        "rating_channels",
        (Group::Process, "ratio"),
        Way::Structure(Measure::Ratings, None),
        NONE,
        ["评价方式", "Ratings by channel"],
        ["期间内评价按方式的份额。", "The share of each channel among the ratings in the period."],
    ),
    indicator(
        "funnel_accepted",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::TopicsAdopted, Measure::TopicsSubmitted),
        NONE,
        ["漏斗：采纳", "Funnel: accepted"],
        ["期间内提交的议题中已采纳的份额。", "Of the topics submitted in the period those that were accepted."],
    ),
    indicator(
        "funnel_deliberated",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::FunnelDeliberated, Measure::TopicsSubmitted),
        NONE,
        ["漏斗：协商", "Funnel: deliberated"],
        [
            "期间内提交的议题中已协商并有纪要的份额。",
            "Of the topics submitted in the period those that were deliberated, with minutes.",
        ],
    ),
    indicator(
        "funnel_decided",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::FunnelDecided, Measure::TopicsSubmitted),
        NONE,
        ["漏斗：决策", "Funnel: decided"],
        ["期间内提交的议题中已作出决定的份额。", "Of the topics submitted in the period those on which was decided."],
    ),
    indicator(
        "funnel_carried_out",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::FunnelCarriedOut, Measure::TopicsSubmitted),
        NONE,
        ["漏斗：落实", "Funnel: carried out"],
        [
            "期间内提交的议题中决议已落实的份额。",
            "Of the topics submitted in the period those whose resolution was carried out.",
        ],
    ),
    indicator(
        "funnel_rated",
        (Group::Process, "ratio"),
        Way::Ratio(Measure::FunnelRated, Measure::TopicsSubmitted),
        NONE,
        ["漏斗：评价", "Funnel: rated"],
        [
            "期间内提交的议题中结果已获居民评价的份额。",
            "Of the topics submitted in the period those whose result residents have rated.",
        ],
    ),
    indicator(
        "escalations",
        (Group::Process, "count"),
        Way::Sum(Measure::Escalations),
        NONE,
        ["督办升级", "Escalations"],
        ["期间内的升级次数；分组为升至的层级。", "Escalations in the period; their groups are the levels reached."],
    ),
    indicator(
        "conversion_rate",
        (Group::Outcome, "ratio"),
        Way::Ratio(Measure::ResolutionsCarriedOut, Measure::ResolutionsDue),
        [at_least(4, 10), at_least(6, 10), at_least(7, 10)],
        ["成果转化率", "Conversion rate"],
        [
            "期间内到期的决议中已落实的份额；被异议撤下的不计。",
            "Of the resolutions due in the period those that were carried out; what an objection set aside is not counted.",
        ],
    ),
    indicator(
        "overdue",
        (Group::Outcome, "ratio"),
        Way::Ratio(Measure::ResolutionsOverdue, Measure::ResolutionsDue),
        NONE,
        ["逾期率", "Overdue"],
        [
            "期间内到期的决议中未按期落实的份额。",
            "Of the resolutions due in the period those that were not carried out in time.",
        ],
    ),
    indicator(
        "satisfaction",
        (Group::Outcome, "score"),
        Way::Ratio(Measure::SurveyScores, Measure::SurveyRatings),
        always(at_least(85, 1)),
        ["群众满意度", "Satisfaction"],
        [
            "期间内结束的评价中百分制得分的平均数。",
            "The mean of the scores, of 100, in the surveys closed in the period.",
        ],
    ),
    indicator(
        "disputes_resolved",
        (Group::Outcome, "ratio"),
        Way::Ratio(Measure::DisputesSettled, Measure::Disputes),
        always(at_least(85, 100)),
        ["矛盾纠纷化解率", "Disputes resolved"],
        [
            "期间内发生的矛盾纠纷中经协商化解的份额。",
            "Of the disputes brought in the period those that deliberation settled.",
        ],
    ),
    indicator(
        "livelihood_resolved",
        (Group::Outcome, "ratio"),
        Way::Ratio(Measure::LivelihoodClosed, Measure::LivelihoodRaised),
        [None, None, at_least(8, 10)],
        ["民生事项办结率", "Livelihood matters resolved"],
        [
            "期间内提出的民生事项中已办结的份额。",
            "Of the livelihood matters raised in the period those that are closed.",
        ],
    ),
    indicator(
        "hard_resolved",
        (Group::Outcome, "ratio"),
        Way::Ratio(Measure::HardClosed, Measure::HardRaised),
        [None, None, at_least(6, 10)],
        ["老大难问题办结率", "Old and hard matters resolved"],
        [
            "期间内提出的老大难问题中已办结的份额。",
            "Of the old and hard matters raised in the period those that are closed.",
        ],
    ),
    indicator(
        "cycle_time",
        (Group::Outcome, "days"),
        Way::Quantile(Measure::DaysToDecision, 500),
        [at_most(30), None, at_most(18)],
        ["决策周期（中位数）", "Cycle time (median)"],
        [
            "期间内首次作出决定的议题自提交起天数的中位数：至少半数议题不超过的最小天数。",
            "The median of the days from submission to the first decision, of those decided in the period: the least number that half of them do not exceed.",
        ],
    ),
    indicator(
        "cycle_time_p90",
        (Group::Outcome, "days"),
        Way::Quantile(Measure::DaysToDecision, 900),
        NONE,
        ["决策周期（九成）", "Cycle time (90 %)"],
        [
            "九成议题自提交至首次决定不超过的最小天数。",
            "The least number of days from submission to the first decision that nine tenths do not exceed.",
        ],
    ),
    indicator(
        "answer_time",
        (Group::Outcome, "days"),
        Way::Quantile(Measure::DaysToAnswer, 500),
        NONE,
        ["答复用时", "Time to answer"],
        ["自提交至答复天数的中位数。", "The median of the days from submission to the answer."],
    ),
    indicator(
        "deliberation_time",
        (Group::Outcome, "days"),
        Way::Quantile(Measure::DaysToMinutes, 500),
        NONE,
        ["协商用时", "Time to minutes"],
        ["自采纳至首次纪要通过天数的中位数。", "The median of the days from acceptance to the first minutes."],
    ),
    indicator(
        "execution_time",
        (Group::Outcome, "days"),
        Way::Quantile(Measure::DaysToDone, 500),
        NONE,
        ["落实用时", "Time to completion"],
        ["自决议通过至落实天数的中位数。", "The median of the days from adoption to completion."],
    ),
    indicator(
        "execution_time_p90",
        (Group::Outcome, "days"),
        Way::Quantile(Measure::DaysToDone, 900),
        NONE,
        ["落实用时（九成）", "Time to completion (90 %)"],
        [
            "九成决议自通过至落实不超过的最小天数。",
            "The least number of days from adoption to completion that nine tenths do not exceed.",
        ],
    ),
    indicator(
        "closing_time",
        (Group::Outcome, "days"),
        Way::Quantile(Measure::DaysToClose, 500),
        NONE,
        ["办结用时", "Time to closing"],
        ["自提交至办结天数的中位数。", "The median of the days from submission to closing."],
    ),
    indicator(
        "leaders",
        (Group::Development, "count"),
        Way::StockPerCommunity(Measure::Leaders),
        always(at_least(5, 1)),
        ["议事骨干", "Leaders"],
        [
            "期末在册的议事骨干数，除以社区（村）数。",
            "Deliberation leaders registered at the end of the period, for each community.",
        ],
    ),
    indicator(
        "digital_coverage",
        (Group::Development, "ratio"),
        Way::Communities(Measure::OnlineActs),
        always(at_least(8, 10)),
        ["数字平台覆盖率", "Digital coverage"],
        [
            "期间内有居民在线提出议题、表决或评价的社区（村）的份额。",
            "Communities in which somebody raised a topic, voted or rated online in the period, of all.",
        ],
    ),
    indicator(
        "procedures",
        (Group::Development, "count"),
        Way::Stock(Measure::Documents),
        NONE,
        ["在册制度文件", "Procedures on file"],
        [
            "期末有效的制度文件数；分组为层级。",
            "Rule documents in force at the end of the period; their groups are the levels.",
        ],
    ),
    indicator(
        "brands",
        (Group::Development, "count"),
        Way::Stock(Measure::Brands),
        NONE,
        ["议事品牌", "Brands"],
        ["截至期末获认定的议事品牌数。", "Deliberation brands recognised up to the end of the period."],
    ),
    indicator(
        "case_studies",
        (Group::Development, "count"),
        Way::Stock(Measure::CaseStudies),
        NONE,
        ["案例", "Case studies"],
        ["截至期末公开的案例数。", "Case studies published up to the end of the period."],
    ),
    indicator(
        "evaluations",
        (Group::Evaluation, "count"),
        Way::Sum(Measure::Evaluations),
        always(at_least(1, 1)),
        ["第三方评估", "Third-party evaluations"],
        ["期间内备案的第三方评估数；每年一次。", "Third-party evaluations filed in the period; once a year."],
    ),
    indicator(
        "coverage",
        (Group::Rollout, "ratio"),
        Way::Communities(Measure::MeetingsHeld),
        [at_least(1, 10), at_least(5, 10), at_least(1, 1)],
        ["机制覆盖率", "Coverage"],
        [
            "期间内开过有人到会的议事会议的社区（村）的份额。",
            "Communities in which a meeting was held in the period, of all.",
        ],
    ),
    indicator(
        "budget_per_head",
        (Group::Money, "fen"),
        Way::PerResident(Measure::BudgetFen),
        always(at_least(1_000, 1)),
        ["人均经费", "Budget per head"],
        [
            "期间内入账的人均经费，除以期末居民数，单位为分；每年每人至少十元。",
            "The budget booked in the period for each resident at its end, in fen; at least ten yuan a head and year.",
        ],
    ),
    indicator(
        "fund_use",
        (Group::Money, "ratio"),
        Way::Ratio(Measure::SpentFen, Measure::IncomeFen),
        NONE,
        ["资金使用率", "Fund use"],
        [
            "期间内支出除以收入，以入账日计，冲正计入其入账日。",
            "Spending of income in the period, by the day of booking; a reversal counts on its own day.",
        ],
    ),
    indicator(
        "set_aside",
        (Group::Money, "fen"),
        Way::Sum(Measure::SetAsideFen),
        NONE,
        ["已安排未支出资金", "Funds set aside"],
        [
            "期间内为决议和行动事项安排的资金，减去退回和已支出的部分，以入账日计。",
            "What was set aside for resolutions and action items in the period, less what was released or paid out of it, by the day of booking.",
        ],
    ),
    indicator(
        "income",
        (Group::Money, "fen"),
        Way::Sum(Measure::IncomeFen),
        NONE,
        ["收入", "Income"],
        ["期间内入账的收入，单位为分；分组为来源。", "Income booked in the period, in fen; its groups are the kinds."],
    ),
    indicator(
        "spending",
        (Group::Money, "fen"),
        Way::Sum(Measure::SpentFen),
        NONE,
        ["支出", "Spending"],
        [
            "期间内入账的支出，单位为分；分组为用途。",
            "Spending booked in the period, in fen; its groups are what it was spent on.",
        ],
    ),
];
