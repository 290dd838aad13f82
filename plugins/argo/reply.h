// SPDX-License-Identifier: Apache-2.0
// What the plugin answers to Argo's agent: the phase of a node, its message
// and its outputs.
//
// Pure functions; thread-safe. Every reply has either a terminal phase or a
// requeue, never both: Argo waits for ever for one without, and goes on calling
// one with both.
#ifndef ASSAY_PLUGINS_ARGO_REPLY_H_
#define ASSAY_PLUGINS_ARGO_REPLY_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "assay/v1/run.pb.h"
#include "nlohmann/json.hpp"

namespace assay::argo {

// Ask again after `requeue`. Pending, not Running: Argo's own time-outs end
// Pending nodes only. An empty message changes nothing of the node, and spares
// Argo a write of the workflow.
nlohmann::json PendingReply(const std::string& message, absl::Duration requeue);

// What a terminal run means: FAIL is Failed, ERROR is Error; `exit_code` is the
// command line's (validator/report/outcome.h). All parameters of `declared` are
// in the outputs, whatever happened: Argo waits for ever where one is referred
// to that is not there. Those not known to us have their defaults. The result
// is the decision.
nlohmann::json TerminalReply(const v1::Run& run, int exit_code,
                             const std::string& report_url,
                             std::map<std::string, std::string> declared);

// One line: verdict, decision, the worst findings, counts, where to read on.
std::string MessageOf(const v1::Run& run, const std::string& report_url);

}  // namespace assay::argo

#endif  // ASSAY_PLUGINS_ARGO_REPLY_H_
