// SPDX-License-Identifier: Apache-2.0
// Which run store a server has. Plain data.
#ifndef ASSAY_VALIDATOR_RUNS_STORE_OPTIONS_H_
#define ASSAY_VALIDATOR_RUNS_STORE_OPTIONS_H_

#include <string>

#include "absl/time/time.h"

namespace assay::runs {

struct StoreOptions {
  // The file; "" keeps runs in a private temporary file that goes with the
  // process. Of no meaning where `postgresql` is set.
  std::string path;
  // An ODBC connection string with ${env:…} and ${file:…} unexpanded; "": none.
  std::string postgresql;
  // How many connections this server has for its runs, beside one that says
  // that it is alive.
  int max_connections = 4;
  // A server that has not been heard of for so long loses its runs to others.
  absl::Duration takeover_after = absl::Seconds(15);
};

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_STORE_OPTIONS_H_
