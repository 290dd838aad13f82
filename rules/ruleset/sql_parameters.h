// SPDX-License-Identifier: Apache-2.0
// Which `:parameters` a piece of SQL uses, without knowing its dialect.
#ifndef ASSAY_RULES_RULESET_SQL_PARAMETERS_H_
#define ASSAY_RULES_RULESET_SQL_PARAMETERS_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace assay {

struct SqlParameterUse {
  std::string_view name;  // Without the colon; a view into the SQL.
  size_t offset = 0;      // Of the colon.
};

// The references `:name` in `sql`, in order. Conservative, for lint before the
// dialect is known: strings, quoted names, comments, dollar quotes, casts and
// array slices are skipped, and where dialects disagree about the end of a
// string (a backslash in it) the rest is not looked at. validator/sql decides
// in the end.
std::vector<SqlParameterUse> FindSqlParameters(std::string_view sql);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_SQL_PARAMETERS_H_
