// SPDX-License-Identifier: Apache-2.0
// A client of the server that the global options name, which may be one of our
// own (`--embedded`).
#ifndef ASSAY_PLUGINS_CLI_SESSION_H_
#define ASSAY_PLUGINS_CLI_SESSION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plugins/cli/client.h"
#include "plugins/cli/commands.h"
#include "plugins/cli/embedded.h"
#include "plugins/cli/interrupt.h"

namespace assay::cli {

// Confined to one thread.
class Session {
 public:
  // Connects to nothing yet. With `--embedded` the server is started and ready;
  // signals then end calls with kCancelled.
  static absl::StatusOr<std::unique_ptr<Session>> Open(
      const GlobalOptions& options);
  ~Session();

  Client& client() { return *client_; }

  // `status` with what the user can do about it, and with what our own server
  // said where it has died.
  absl::Status Explain(const absl::Status& status);

  // Whether our own server is gone, so that waiting for it is in vain.
  bool ServerDied() { return embedded_ != nullptr && embedded_->Died(); }

 private:
  Session() = default;

  Interrupt* interrupt_ = nullptr;  // Where signals are handled.
  std::unique_ptr<EmbeddedServer> embedded_;
  std::unique_ptr<Client> client_;
};

// Prints `status` and returns its exit code; 128 + n after signal n.
int Fail(const absl::Status& status);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_SESSION_H_
