// SPDX-License-Identifier: Apache-2.0
// The texts of parameters → typed values.
#ifndef ASSAY_RULES_RULESET_PARAMETER_VALUES_H_
#define ASSAY_RULES_RULESET_PARAMETER_VALUES_H_

#include <optional>
#include <string>
#include <vector>

#include "rules/ruleset/model.h"
#include "validator/base/issue.h"
#include "validator/value/value.h"

namespace assay {

// The names of all ParamKinds in the order of the docs.
const std::vector<std::string>& ParamKindNames();

// Types `text` as a value of `parameter`; an issue at `range` that begins with
// `what` and nullopt where it does not fit.
std::optional<Value> TypeParameterText(const Parameter& parameter,
                                       const std::string& text,
                                       const std::string& what,
                                       SourceRange range,
                                       std::vector<Issue>& issues);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_PARAMETER_VALUES_H_
