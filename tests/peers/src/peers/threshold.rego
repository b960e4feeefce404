# The same rule in Rego: every condition with its figures, and what becomes of the ballot. Reasons are left out.
package threshold

import rego.v1

verdict := {"outcome": outcome, "checks": checks, "reasons": []}

outcome := "no_quorum" if not hold("quorum")

outcome := "failed" if {
	hold("quorum")
	not hold("majority")
}

outcome := "passed" if {
	hold("quorum")
	hold("majority")
}

hold(kind) if count(missing(kind)) == 0

missing(kind) := [i |
	some i, condition in input.rule.conditions
	condition.kind == kind
	not checks[i].holds
]

checks := [check |
	some condition in input.rule.conditions
	some count in input.tally.counts
	count.measure == condition.measure
	part := counted(condition.counted, count)
	whole := of(condition.of, count)
	check := {
		"code": condition.code,
		"counted": part,
		"of": whole,
		"at_least": condition.at_least,
		"strict": condition.strict,
		"holds": reaches(part, whole, condition.at_least, condition.strict),
	}
]

valid(count) := (count.in_favour + count.against) + count.abstained

participating(count) := (valid(count) + object.get(count, "blank", 0)) + object.get(count, "spoiled", 0)

counted("participating", count) := participating(count)

counted("in_favour", count) := count.in_favour

of("eligible", count) := count.eligible

of("participating", count) := participating(count)

of("valid", count) := valid(count)

of("for_and_against", count) := count.in_favour + count.against

default reaches(_, _, _, _) := false

reaches(part, whole, share, true) if {
	whole > 0
	part * share.denominator > whole * share.numerator
}

reaches(part, whole, share, false) if {
	whole > 0
	part * share.denominator >= whole * share.numerator
}
