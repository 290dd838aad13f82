// SPDX-License-Identifier: Apache-2.0
// `--format html --output FILE` while the run goes on: the file is written
// again as the run moves, and a browser that shows it loads it again.
#ifndef ASSAY_PLUGINS_CLI_LIVE_PAGE_H_
#define ASSAY_PLUGINS_CLI_LIVE_PAGE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "assay/v1/run.pb.h"
#include "plugins/cli/output.h"

namespace assay::cli {

// Confined to one thread. A file that cannot be written is no error here: it is
// written once more at the end, where that is said.
class LivePage {
 public:
  // Of `outputs` only the HTML files matter.
  explicit LivePage(const std::vector<Output>& outputs);

  // Whether there is a file to write.
  bool enabled() const { return !files_.empty(); }

  // The run as it is now, and the runs before it.
  void Begin(const v1::Run& run, std::vector<v1::Run> history);
  void OnResult(const v1::RuleResult& result);
  void OnProgress(v1::Run::State state, const v1::Progress& progress);

 private:
  void Write();

  std::vector<std::string> files_;
  v1::Run run_;
  std::vector<v1::Run> history_;
  absl::Time last_ = absl::InfinitePast();
};

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_LIVE_PAGE_H_
