// SPDX-License-Identifier: Apache-2.0
// The contract's service: lets callers in (access.h), and carries their
// requests to calls.h and run_reactors.h.
//
// Thread-safe. Holds no state of runs. No gRPC thread of it ever touches the
// run store or a database.
#ifndef ASSAY_VALIDATOR_SERVICE_VALIDATION_SERVICE_H_
#define ASSAY_VALIDATOR_SERVICE_VALIDATION_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "rules/ruleset/kind_spec.h"
#include "validator/connections/registry.h"
#include "validator/runs/run_manager.h"
#include "validator/service/access.h"

namespace grpc {
class Service;
}

namespace assay::service {

struct ServiceOptions {
  // All borrowed; must outlive the service.
  runs::RunManager* runs = nullptr;
  connections::Registry* registry = nullptr;
  std::vector<const KindSpec*> kinds;  // As for ParseRuleSet.
  std::string version;                 // For GetServerInfo.
  // Who may do what; null: everybody may do everything. Borrowed as well.
  Access* access = nullptr;
  // What the HTTP front proves itself with, see call_credentials.h; empty:
  // there is none.
  std::string http_secret;
  int store_threads = 4;     // For calls that touch the run store.
  int database_threads = 4;  // For ExplainRuleSet, TestConnection.
};

// REQUIRES: the gRPC server has shut down before this is destroyed; the
// destructor then waits for database work that no client waits for.
class ValidationService {
 public:
  static std::unique_ptr<ValidationService> Create(ServiceOptions options);
  virtual ~ValidationService() = default;

  // To register; owned by this.
  virtual grpc::Service* grpc_service() = 0;

  // Ends every open WaitRun and WatchRun with SERVER_DRAINING, so that
  // grpc::Server::Shutdown finds none. Call it after RunManager::Drain.
  virtual void EndOpenCalls() = 0;
};

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_VALIDATION_SERVICE_H_
