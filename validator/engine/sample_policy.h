// SPDX-License-Identifier: Apache-2.0
// What a connection's policy lets out of the server. Everything that could
// carry a value of the user's data passes here: samples, SQL with values in it,
// measures, messages of the database.
#ifndef ASSAY_VALIDATOR_ENGINE_SAMPLE_POLICY_H_
#define ASSAY_VALIDATOR_ENGINE_SAMPLE_POLICY_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rules/plan/plan.h"
#include "rules/verdict/result.h"
#include "validator/connections/registry.h"

namespace assay::engine {

bool IsMasked(const connections::ConnectionConfig& config,
              std::string_view column);

// Whether values of `column` may leave the server.
bool MayShow(const connections::ConnectionConfig& config,
             std::string_view column, bool is_key);

// A cell as it may be shown: cut, masked. REQUIRES: the policy is not kNone,
// and is kFull or the column is part of the key.
SampleCell MakeCell(const connections::ConnectionConfig& config,
                    const std::string& column, const Value& value, bool key);

// Hides measures, and what was found, where they are a value of a column that
// may not be shown (a minimum, a median, the newest time, an author's query).
void HideValues(const connections::ConnectionConfig& config,
                const RulePlan& plan, Result& result);

// The database's message may quote a value ("invalid input syntax: '…'").
absl::Status HideDataInError(const connections::ConnectionConfig& config,
                             const absl::Status& status);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_SAMPLE_POLICY_H_
