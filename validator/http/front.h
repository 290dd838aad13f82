// SPDX-License-Identifier: Apache-2.0
// Everything behind the sockets: from a request to its answer.
//
//   /v1/…            the RPCs as JSON (routes.h)
//   /runs, /runs/ID  pages for people; / leads there
//   /metrics         for Prometheus
//   /openapi.json    what /v1 takes and gives; for anybody
//   /healthz         the process answers; for anybody
//   /readyz          it takes new work: 503 from BeginDrain() on; for anybody
//
// Thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_FRONT_H_
#define ASSAY_VALIDATOR_HTTP_FRONT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "validator/http/api.h"
#include "validator/http/exchange.h"
#include "validator/http/gateway.h"
#include "validator/http/message.h"
#include "validator/http/target.h"

namespace assay::http {

// Whether the sender of a request may read the metrics; never blocks.
using CheckMetrics = std::function<absl::Status(const Request&)>;

class Front {
 public:
  // `gateway` is borrowed. `hosts`: see browser_safety.h.
  Front(Gateway* gateway, std::vector<std::string> hosts,
        CheckMetrics check_metrics);

  // `answer` is called once, now or later on another thread, with every field
  // that the answer must have but those of the connection.
  void Handle(const Request& request, const std::shared_ptr<Exchange>& exchange,
              Answer answer);

  // /readyz says 503 from now on, and connections end with their next answer.
  void BeginDrain() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  void Route(const Request& request, const Target& target,
             const std::shared_ptr<Exchange>& exchange, Answer answer);
  Response Metrics(const Request& request);

  Gateway* const gateway_;
  const std::vector<std::string> hosts_;
  const CheckMetrics check_metrics_;
  std::atomic<bool> draining_ = false;
};

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_FRONT_H_
