// SPDX-License-Identifier: Apache-2.0
#include "validator/service/principal.h"

#include <algorithm>

namespace assay::service {

const std::vector<OperationInfo>& Operations() {
  using O = Operation;
  static const auto* const kTable = new std::vector<OperationInfo>{
      {O::kRead, "read",
       "Get, list, wait for and watch runs, and read their results."},
      {O::kRun, "run", "Start runs, also by a recheck."},
      {O::kCancel, "cancel", "Cancel runs, also those of other principals."},
      {O::kRelease, "release", "Release a hold."},
      {O::kLint, "lint", "Check rule sets; touches no database."},
      {O::kExplain, "explain",
       "Explain and draft rule sets, and test connections: reads catalogs."},
      {O::kAuthorSql, "author_sql",
       "Run and explain rule sets that carry SQL of their author's."},
      {O::kSamples, "samples",
       "See values of the data: failing rows, lists of differing keys, minima "
       "and maxima."},
      {O::kMetrics, "metrics", "Read /metrics."},
  };
  return *kTable;
}

const char* OperationName(Operation operation) {
  return Operations()[static_cast<size_t>(operation)].name;
}

std::optional<Operation> ParseOperation(std::string_view name) {
  for (const OperationInfo& info : Operations()) {
    if (name == info.name) return info.operation;
  }
  return std::nullopt;
}

void Principal::Allow(Operation operation) {
  operations |= 1U << static_cast<unsigned>(operation);
}

bool Principal::May(Operation operation) const {
  return (operations & 1U << static_cast<unsigned>(operation)) != 0;
}

bool Principal::MayUse(std::string_view connection) const {
  return all_connections || connections.contains(connection);
}

bool Principal::MayUseAll(const std::vector<std::string>& names) const {
  if (all_connections) return true;
  return !names.empty() &&
         std::all_of(names.begin(), names.end(),
                     [this](const std::string& each) { return MayUse(each); });
}

Principal MakeLocalPrincipal() {
  Principal out;
  out.name = kLocalPrincipal;
  out.all_connections = true;
  for (const OperationInfo& info : Operations()) out.Allow(info.operation);
  return out;
}

}  // namespace assay::service
