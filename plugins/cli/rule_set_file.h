// SPDX-License-Identifier: Apache-2.0
// A rule set and its parameters as the command line names them, linted before
// anything is sent.
//
// Stateless; thread-safe. Errors are absl::Status with complete messages.
#ifndef ASSAY_PLUGINS_CLI_RULE_SET_FILE_H_
#define ASSAY_PLUGINS_CLI_RULE_SET_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plugins/cli/option_values.h"
#include "validator/base/issue.h"

namespace assay::cli {

// Reads the rule set at `file` ("-": standard input).
absl::StatusOr<std::string> ReadRuleSet(const std::string& file);

// The parameters of `file` (a JSON object, or lines "key: value" or
// "key=value"; "" none), overridden by `pairs`.
absl::StatusOr<TextMap> ReadParams(const std::string& file,
                                   const std::vector<std::string>& pairs);

// Lints `text` and types `params`. With `with_params` false the parameters are
// not looked at.
std::vector<Issue> LintLocally(std::string_view text, const TextMap& params,
                               bool with_params);

// The issues as the terminal shows them, with caret, escaped; "" none.
std::string FormatIssues(const std::vector<Issue>& issues,
                         const std::string& file, std::string_view text);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_RULE_SET_FILE_H_
