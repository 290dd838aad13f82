// SPDX-License-Identifier: Apache-2.0
// The runs that the page of a run compares it with.
#ifndef ASSAY_PLUGINS_CLI_HISTORY_H_
#define ASSAY_PLUGINS_CLI_HISTORY_H_

#include <vector>

#include "assay/v1/run.pb.h"
#include "plugins/cli/client.h"

namespace assay::cli {

// The newest runs of the rule set of `run`, as far as the server knows them and
// shows them to us. Where they cannot be read, which is said on standard error,
// there are none: a page without a history is better than no page.
std::vector<v1::Run> FetchHistory(Client& client, const v1::Run& run);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_HISTORY_H_
