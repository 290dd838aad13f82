// SPDX-License-Identifier: Apache-2.0
// Another configuration for a server that is serving.
//
// All or nothing: the file is read and checked as at the start, and one mistake
// leaves everything as it was. What is read at the start only is named in the
// log and waits for a restart; TLS, authentication and the audit log are never
// begun or ended here, and a file that would do so is a mistake: nobody shall
// believe that they are on.
#ifndef ASSAY_VALIDATOR_SERVER_RELOAD_H_
#define ASSAY_VALIDATOR_SERVER_RELOAD_H_

#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/connections/registry.h"
#include "validator/runs/run_manager.h"
#include "validator/server/flags.h"
#include "validator/server/identity.h"
#include "validator/server/server_config.h"

namespace assay::server {

// What a reload changes; all borrowed.
struct Serving {
  connections::ReplaceableRegistry* registry = nullptr;
  runs::RunManager* runs = nullptr;
  Identity* identity = nullptr;
};

// Thread-safe.
class Reloader {
 public:
  // `running` is what the server was started with.
  Reloader(Flags flags, ServerConfig running, Serving serving);
  // Waits for a reload that has begun.
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Returns at once; another thread reloads. Several in a row may be one.
  void Request();

  absl::Duration drain_grace() const;

 private:
  void Loop();
  void Reload();
  void Refuse(const std::vector<std::string>& mistakes);

  const Flags flags_;
  const Serving serving_;
  mutable absl::Mutex mu_;
  ServerConfig running_ ABSL_GUARDED_BY(mu_);
  bool wanted_ ABSL_GUARDED_BY(mu_) = false;
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_RELOAD_H_
