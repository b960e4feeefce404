// Ballots on one proposal: half of the roll is a quorum; a general matter needs more than half of those taking part in favour, a major one at
// least two thirds. An example: the shares are this project's own, taken from no statute.
//
// The contract is the world `ballots`. What it calls `configuration-schema` is `configurationSchema` here; a case of a variant is an object with
// its `tag`; a refusal is thrown. Amounts are decimal strings and counted as BigInt, so that every share is exact.

import schema from "./configuration.schema.json" with { type: "json" };

const DEFAULTS = { quorum_percent: 50, notice_hours: 24, window_hours: 168 };

/** A refusal: a stable code, and a sentence for people. */
const refusal = (code, message) => ({ code, message });

export const describe = {
  describe: () => ({
    name: "threshold-js",
    version: "0.1.0",
    locales: ["zh-CN", "en"],
    configurationSchema: JSON.stringify(schema),
    interfaces: ["voting"],
    laws: [],
    extensions: [],
  }),
};

export const voting = {
  /** Gives the rule that a ballot will run by. */
  rule(config, subject) {
    if (subject.options.length > 0) throw refusal("subject.options", "These rules decide on one proposal, not among options.");
    if (subject.round > 0) throw refusal("subject.round", "These rules decide in one round.");
    const { quorum_percent, notice_hours, window_hours } = { ...DEFAULTS, ...JSON.parse(config) };
    const heads = { tag: "heads" };
    const quorum = { numerator: quorum_percent, denominator: 100 };
    const [share, strict] = subject.significance === "major" ? [[2, 3], false] : [[1, 2], true];
    const [numerator, denominator] = share;
    return {
      method: { tag: "yes-no" },
      conditions: [
        { code: "quorum", kind: "quorum", measure: heads, counted: "participating", of: "eligible", atLeast: quorum, strict: false },
        {
          code: "majority",
          kind: "majority",
          measure: heads,
          counted: "in-favour",
          of: "participating",
          atLeast: { numerator, denominator },
          strict,
        },
      ],
      secrecy: { tag: "open" },
      changeOfVote: false,
      mandatesPerProxy: 0,
      noticeHours: notice_hours,
      windowHours: window_hours,
      publicationHours: 0,
      rounds: [],
      round: 0,
      laws: [],
      extensions: [],
    };
  },

  /** Decides a tally by the rule that was published. */
  decide(config, rule, tally) {
    const checks = rule.conditions.map((condition) => check(condition, tally));
    const hold = (kind) => checks.every((it, i) => it.holds || rule.conditions[i].kind !== kind);
    const tag = !hold("quorum") ? "no-quorum" : hold("majority") ? "passed" : "failed";
    return { outcome: { tag }, checks, winners: [], reasons: REASONS[tag], extensions: [] };
  },
};

const reasons = (zh, en) => [{ locale: "zh-CN", text: zh }, { locale: "en", text: en }];

const REASONS = {
  "no-quorum": reasons("参与表决的人数不足,表决无效。", "Too few took part: the vote is not valid."),
  passed: reasons("赞成达到规定比例,通过。", "Enough are in favour: the proposal passes."),
  failed: reasons("赞成未达到规定比例,未通过。", "Not enough are in favour: the proposal fails."),
};

/** A condition with the figures that it comes to; of nothing there is no share. */
function check({ code, kind, measure, counted, of, atLeast, strict }, tally) {
  const count = tally.counts.find((it) => it.measure.tag === measure.tag);
  if (measure.tag === "other" || kind === "threshold" || count === undefined) {
    throw refusal("rule.unknown_condition", `These rules do not know how to count \`${code}\`.`);
  }
  const [favour, against, abstained, blank, spoiled, eligible] = [
    count.inFavour, count.against, count.abstained, count.blank, count.spoiled, count.eligible,
  ].map(BigInt);
  const valid = favour + against + abstained;
  const participating = valid + blank + spoiled;
  const whole = { eligible, participating, valid, "for-and-against": favour + against }[of];
  const part = counted === "in-favour" ? favour : participating;
  const [left, right] = [part * BigInt(atLeast.denominator), whole * BigInt(atLeast.numerator)];
  const holds = whole > 0n && (strict ? left > right : left >= right);
  return { code, counted: String(part), of: String(whole), atLeast, strict, holds };
}
