// SPDX-License-Identifier: Apache-2.0
// The configuration that a server works with: the file, and what the flags say
// over it, checked as far as can be without serving.
//
// Thread-safe. May ask DNS (for addresses) and reads the files of `tls`.
#ifndef ASSAY_VALIDATOR_SERVER_CONFIGURE_H_
#define ASSAY_VALIDATOR_SERVER_CONFIGURE_H_

#include <string>
#include <vector>

#include "validator/runs/run_manager.h"
#include "validator/server/flags.h"
#include "validator/server/listen.h"
#include "validator/server/server_config.h"

namespace assay::server {

struct Configured {
  ServerConfig config;  // Of use only where `ok`, as are the addresses.
  std::vector<ListenAddress> addresses;
  std::vector<ListenAddress> http_addresses;
  bool ok = false;
  // "FILE:12:3: error: …", with the line of the file and a caret below. Also
  // warnings, where it is ok.
  std::vector<std::string> issues;
  // What has no place in the file; one line each.
  std::vector<std::string> mistakes;
};

// The same at the start, for --check-config and at a reload: all mistakes are
// found that one look can find.
Configured Configure(const Flags& flags);

// What `config` says to the run manager.
runs::Limits LimitsOf(const ServerConfig& config);

// The keys in which `next` differs from `running` and that are read at the
// start only, as "server.listen".
std::vector<std::string> NeedRestart(const ServerConfig& running,
                                     const ServerConfig& next);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_CONFIGURE_H_
