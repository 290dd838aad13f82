// SPDX-License-Identifier: Apache-2.0
// The gates that Argo's agent has asked for: from a call of template.execute to
// its reply, and what has to be remembered between two calls.
//
// Nothing here is needed for a right answer: after a restart the same request
// finds the same run on the server.
#ifndef ASSAY_PLUGINS_ARGO_GATES_H_
#define ASSAY_PLUGINS_ARGO_GATES_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "plugins/argo/task.h"
#include "plugins/cli/client.h"

namespace assay::argo {

struct GatesOptions {
  Origin origin;
  std::string report_base_url;  // Of assayd's HTTP front; may be empty.
};

// Thread-safe.
class Gates {
 public:
  // `client` must outlive this.
  Gates(cli::Client& client, GatesOptions options);
  ~Gates();

  // Answers the body of template.execute within some seconds: starts the run,
  // or looks how far it is, which renews its lease. Another plugin's template
  // gets {}. Never fails: what goes wrong is a reply.
  nlohmann::json Execute(const nlohmann::json& args);

  // Cancels the runs that have not ended: the pod is going away, and nobody
  // will find them again. Gives up after `limit`.
  void CancelAll(absl::Duration limit);

 private:
  struct Gate;

  nlohmann::json Look(const Task& task, Gate& gate,
                      std::map<std::string, std::string> declared);
  nlohmann::json Trouble(const absl::Status& status, const Task& task,
                         Gate& gate,
                         std::map<std::string, std::string> declared);
  nlohmann::json Lost(const absl::Status& status, const Task& task,
                      const Gate& gate,
                      std::map<std::string, std::string> declared);
  nlohmann::json Say(const v1::Run& run, Gate& gate);
  absl::Status Cancel(const std::string& run_id, const std::string& request_id,
                      absl::Duration deadline);

  cli::Client& client_;
  const GatesOptions options_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Gate>> gates_;  // By request_id.
};

}  // namespace assay::argo

#endif  // ASSAY_PLUGINS_ARGO_GATES_H_
