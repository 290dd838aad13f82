// SPDX-License-Identifier: Apache-2.0
// `--embedded`: an assayd of our own, on a private Unix socket, for as long as
// the command takes.
//
// The folder with socket, configuration, store and log is ours alone (0700) and
// is removed with the server, also when a second signal ends the process.
#ifndef ASSAY_PLUGINS_CLI_EMBEDDED_H_
#define ASSAY_PLUGINS_CLI_EMBEDDED_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "plugins/cli/interrupt.h"

namespace assay::cli {

// Confined to one thread, except that the interrupt's thread may clean up.
class EmbeddedServer {
 public:
  // Starts assayd (ASSAYD, beside our own binary, or on PATH) with `config`, or
  // where that is empty with `connections` (NAME=ODBC-STRING), and returns when
  // it answers. An error holds what the server said.
  static absl::StatusOr<std::unique_ptr<EmbeddedServer>> Start(
      const std::string& config, const std::vector<std::string>& connections,
      Interrupt& interrupt);

  // Stops the server and removes the folder.
  ~EmbeddedServer();

  EmbeddedServer(const EmbeddedServer&) = delete;
  EmbeddedServer& operator=(const EmbeddedServer&) = delete;

  std::string address() const;

  // Whether the server has ended by itself.
  bool Died();

  // The end of what the server wrote to standard error.
  std::string LogTail() const;

 private:
  EmbeddedServer(std::string folder, Interrupt& interrupt);
  absl::Status Launch(const std::string& program, const std::string& config);
  absl::Status AwaitReady(int fd);

  const std::string folder_;
  Interrupt& interrupt_;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_EMBEDDED_H_
