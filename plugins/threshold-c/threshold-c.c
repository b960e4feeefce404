/* Ballots on one proposal: half of the roll is a quorum; a general matter needs more than half of those taking part in favour, a major one at
 * least two thirds. An example: the shares are this project's own, taken from no statute.
 *
 * The contract is the world `ballots`, whose types the build writes to `target/bindings/ballots.h`. An instance answers one call: nothing is given
 * back, and answers may point into what was handed in. */

#include <stdlib.h>
#include <string.h>

#include "ballots.h"

typedef exports_voting_condition_t condition_t;
typedef exports_voting_count_t count_t;
typedef exports_voting_check_t check_t;

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char SCHEMA[] = {
#embed "configuration.schema.json"
    , 0};

static ballots_string_t text(const char *it) { return (ballots_string_t){(uint8_t *)it, strlen(it)}; }

/* Refuses, with a stable code and a sentence for people. */
static bool refuse(policy_policy_error_t *error, const char *code, const char *message) {
    *error = (policy_policy_error_t){text(code), text(message)};
    return false;
}

void exports_describe_describe(exports_describe_descriptor_t *ret) {
    static ballots_string_t locales[2], interfaces[1];
    locales[0] = text("zh-CN"), locales[1] = text("en"), interfaces[0] = text("voting");
    *ret = (exports_describe_descriptor_t){
        .name = text("threshold-c"),
        .version = text("0.1.0"),
        .locales = {locales, LENGTH(locales)},
        .configuration_schema = text(SCHEMA),
        .interfaces = {interfaces, LENGTH(interfaces)},
    };
}

/* A whole number of the configuration, which comes in canonical form (RFC 8785) and fits the schema: all of its members are whole numbers, and
 * each stands right behind its name. */
static uint32_t setting(const ballots_string_t *config, const char *member, uint32_t otherwise) {
    size_t length = strlen(member);
    for (size_t i = 0; i + length < config->len; i++) {
        if (memcmp(config->ptr + i, member, length) != 0) continue;
        uint32_t value = 0;
        for (i += length; i < config->len && config->ptr[i] >= '0' && config->ptr[i] <= '9'; i++)
            value = value * 10 + (config->ptr[i] - '0');
        return value;
    }
    return otherwise;
}

/* Gives the rule that a ballot will run by. */
bool exports_voting_rule(ballots_string_t *config, exports_voting_subject_t *subject, exports_voting_voting_rule_t *ret,
                         policy_policy_error_t *err) {
    if (subject->options.len > 0)
        return refuse(err, "subject.options", "These rules decide on one proposal, not among options.");
    if (subject->round > 0) return refuse(err, "subject.round", "These rules decide in one round.");
    bool major = subject->significance == POLICY_SIGNIFICANCE_MAJOR;
    static condition_t conditions[2];
    conditions[0] = (condition_t){
        .code = text("quorum"),
        .kind = EXPORTS_VOTING_CONDITION_KIND_QUORUM,
        .counted = EXPORTS_VOTING_COUNTED_PARTICIPATING,
        .of = EXPORTS_VOTING_WHOLE_ELIGIBLE,
        .at_least = {setting(config, "\"quorum_percent\":", 50), 100},
    };
    conditions[1] = (condition_t){
        .code = text("majority"),
        .kind = EXPORTS_VOTING_CONDITION_KIND_MAJORITY,
        .counted = EXPORTS_VOTING_COUNTED_IN_FAVOUR,
        .of = EXPORTS_VOTING_WHOLE_PARTICIPATING,
        .at_least = major ? (policy_fraction_t){2, 3} : (policy_fraction_t){1, 2},
        .strict = !major,
    };
    /* What is left out is zero: votes by yes and no, by head, open, in one round. */
    *ret = (exports_voting_voting_rule_t){
        .conditions = {conditions, LENGTH(conditions)},
        .notice_hours = setting(config, "\"notice_hours\":", 24),
        .window_hours = setting(config, "\"window_hours\":", 168),
    };
    return true;
}

/* The contract writes amounts as decimal digits, up to 2^53 - 1. */
static uint64_t number(ballots_string_t amount) {
    uint64_t value = 0;
    for (size_t i = 0; i < amount.len; i++) value = value * 10 + (amount.ptr[i] - '0');
    return value;
}

static ballots_string_t amount(uint64_t value) {
    enum { MOST = 20 };
    uint8_t *digits = malloc(MOST), *first = digits + MOST;
    do *--first = '0' + value % 10;
    while ((value /= 10) > 0);
    return (ballots_string_t){first, digits + MOST - first};
}

static const count_t *count_of(const exports_voting_tally_t *tally, exports_voting_measure_t measure) {
    for (size_t i = 0; i < tally->counts.len; i++)
        if (tally->counts.ptr[i].measure.tag == measure.tag) return &tally->counts.ptr[i];
    return NULL;
}

/* A condition with the figures that it comes to; of nothing there is no share. */
static check_t check(const condition_t *it, const count_t *count) {
    uint64_t favour = number(count->in_favour), decided = favour + number(count->against);
    uint64_t valid = decided + number(count->abstained);
    uint64_t participating = valid + number(count->blank) + number(count->spoiled);
    uint64_t whole = it->of == EXPORTS_VOTING_WHOLE_ELIGIBLE        ? number(count->eligible)
                     : it->of == EXPORTS_VOTING_WHOLE_PARTICIPATING ? participating
                     : it->of == EXPORTS_VOTING_WHOLE_VALID         ? valid
                                                                    : decided;
    uint64_t part = it->counted == EXPORTS_VOTING_COUNTED_IN_FAVOUR ? favour : participating;
    /* Of 53 bits and 32: more than 64 hold. */
    unsigned __int128 left = (unsigned __int128)part * it->at_least.denominator;
    unsigned __int128 right = (unsigned __int128)whole * it->at_least.numerator;
    return (check_t){
        .code = it->code,
        .counted = amount(part),
        .of = amount(whole),
        .at_least = it->at_least,
        .strict = it->strict,
        .holds = whole > 0 && (it->strict ? left > right : left >= right),
    };
}

/* What became of a ballot in words. */
static const char *const WORDS[][2] = {
    [EXPORTS_VOTING_OUTCOME_PASSED] = {"赞成达到规定比例,通过。", "Enough are in favour: the proposal passes."},
    [EXPORTS_VOTING_OUTCOME_FAILED] = {"赞成未达到规定比例,未通过。", "Not enough are in favour: the proposal fails."},
    [EXPORTS_VOTING_OUTCOME_NO_QUORUM] = {"参与表决的人数不足,表决无效。", "Too few took part: the vote is not valid."},
};

/* Decides a tally by the rule that was published. */
bool exports_voting_decide(ballots_string_t *, exports_voting_voting_rule_t *rule, exports_voting_tally_t *tally,
                           exports_voting_verdict_t *ret, policy_policy_error_t *err) {
    size_t length = rule->conditions.len;
    check_t *checks = calloc(length, sizeof(check_t));
    bool valid = true, passes = true;
    for (size_t i = 0; i < length; i++) {
        const condition_t *it = &rule->conditions.ptr[i];
        const count_t *count = count_of(tally, it->measure);
        if (count == NULL || it->measure.tag == EXPORTS_VOTING_MEASURE_OTHER ||
            it->kind == EXPORTS_VOTING_CONDITION_KIND_THRESHOLD)
            return refuse(err, "rule.unknown_condition", "These rules do not know how to count a condition of the rule.");
        checks[i] = check(it, count);
        if (it->kind == EXPORTS_VOTING_CONDITION_KIND_QUORUM) valid &= checks[i].holds;
        else passes &= checks[i].holds;
    }
    uint8_t outcome = !valid    ? EXPORTS_VOTING_OUTCOME_NO_QUORUM
                      : !passes ? EXPORTS_VOTING_OUTCOME_FAILED
                                : EXPORTS_VOTING_OUTCOME_PASSED;
    static policy_local_text_t reasons[2];
    reasons[0] = (policy_local_text_t){text("zh-CN"), text(WORDS[outcome][0])};
    reasons[1] = (policy_local_text_t){text("en"), text(WORDS[outcome][1])};
    *ret = (exports_voting_verdict_t){
        .outcome = {.tag = outcome},
        .checks = {checks, length},
        .reasons = {reasons, LENGTH(reasons)},
    };
    return true;
}
