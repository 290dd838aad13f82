// SPDX-License-Identifier: Apache-2.0
// What Argo's agent asks of an executor plugin, read: a gate with its options.
//
// Pure functions; thread-safe. Errors are kInvalidArgument with messages that
// name the argument and what it takes.
#ifndef ASSAY_PLUGINS_ARGO_TASK_H_
#define ASSAY_PLUGINS_ARGO_TASK_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assay/v1/validation_service.pb.h"
#include "nlohmann/json.hpp"

namespace assay::argo {

struct Task {
  // With request_id, correlation_id and labels. The same attempt of the same
  // node of the same workflow, asked for by the same agent pod, has the same
  // request_id; see docs/argo.md.
  v1::StartRunRequest request;
  bool fail_on_warn = false;
  bool verdict_as_data = false;
  // How long the server may be out of reach, and how much later than the
  // server the plugin itself gives up.
  absl::Duration grace;
  std::optional<absl::Duration> timeout;  // Of the run, without its hold.
  absl::Duration hold_timeout;
};

// Whether the template is one of ours: `plugin: {assay: …}`, whatever stands
// there. `args` is the body of template.execute.
bool IsOurs(const nlohmann::json& args);

// Where a task comes from, beside what the agent says of it.
struct Origin {
  std::string agent;     // What tells this agent pod from another one.
  std::string argo_url;  // Of Argo's UI, for a label; may be empty.
};

// Reads `args`. REQUIRES: IsOurs(args).
absl::StatusOr<Task> ReadTask(const nlohmann::json& args, const Origin& origin);

// The output parameters that the template declares, with their defaults.
std::map<std::string, std::string> DeclaredOutputs(const nlohmann::json& args);

// SHA-256 of `text`, hexadecimal.
std::string Digest(const std::string& text);

}  // namespace assay::argo

#endif  // ASSAY_PLUGINS_ARGO_TASK_H_
