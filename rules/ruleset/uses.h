// SPDX-License-Identifier: Apache-2.0
// What a rule set asks of the server that runs it, for whoever decides whether
// it may.
//
// Pure functions; thread-safe.
#ifndef ASSAY_RULES_RULESET_USES_H_
#define ASSAY_RULES_RULESET_USES_H_

#include <string>
#include <vector>

#include "rules/ruleset/parser.h"

namespace assay {

struct ConnectionUse {
  std::string name;
  SourceRange range;
};

// Every connection that `rule_set` reads, of tables and of both sides of
// comparisons, parameters resolved. In the order of the file; names may repeat.
std::vector<ConnectionUse> ConnectionsUsed(const RuleSet& rule_set,
                                           const BoundParameters& parameters);

// The first piece of SQL of the author's own, wherever a rule set may have one
// (`where`, `query`, `expression`, mapped columns, …). Null where there is
// none. Lives as long as `rule_set`.
const SqlText* FindAuthorSql(const RuleSet& rule_set);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_USES_H_
