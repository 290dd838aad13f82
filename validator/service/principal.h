// SPDX-License-Identifier: Apache-2.0
// Who may do what: a principal is a caller's name with its operations, its
// connections and its limits.
//
// Plain data and pure functions; thread-safe.
#ifndef ASSAY_VALIDATOR_SERVICE_PRINCIPAL_H_
#define ASSAY_VALIDATOR_SERVICE_PRINCIPAL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assay::service {

// Append-only; a principal's set of them is a bit mask.
enum class Operation {
  kRead,
  kRun,
  kCancel,
  kRelease,
  kLint,
  kExplain,
  kAuthorSql,
  kSamples,
  kMetrics,
};

struct OperationInfo {
  Operation operation;
  const char* name;  // As in the configuration, e.g. "author_sql".
  const char* doc;   // One line for docs/security.md.
};

// All operations, in the order of the enumeration.
const std::vector<OperationInfo>& Operations();
const char* OperationName(Operation operation);
std::optional<Operation> ParseOperation(std::string_view name);

struct Principal {
  std::string name;
  bool all_connections = false;
  std::set<std::string, std::less<>> connections;
  uint32_t operations = 0;  // Bits 1 << Operation.
  // Names of client certificates that are this principal; certificate.h says
  // how they are written.
  std::vector<std::string> certificates;
  int64_t max_active_runs = 0;      // 0: no limit.
  int64_t requests_per_second = 0;  // 0: no limit.

  void Allow(Operation operation);
  bool May(Operation operation) const;
  bool MayUse(std::string_view connection) const;
  // Whether all of a run's connections may be used. A run that an older server
  // stored, without connections, is for those who may use all.
  bool MayUseAll(const std::vector<std::string>& names) const;
};

// The name of the caller where nobody is authenticated.
inline constexpr char kLocalPrincipal[] = "local";

// May do everything, everywhere, without limits.
Principal MakeLocalPrincipal();

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_PRINCIPAL_H_
