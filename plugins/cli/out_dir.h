// SPDX-License-Identifier: Apache-2.0
// `--out-dir`: one file for each field, for schedulers that read files.
//
// `decision` is HOLD from the first moment on; a better one is written last,
// after everything that speaks for it. So a crash, a full disk or a kill -9
// leaves HOLD. Each file is replaced as a whole and has no newline at its end;
// the keys of comparisons are JSON lines in a folder of their own.
#ifndef ASSAY_PLUGINS_CLI_OUT_DIR_H_
#define ASSAY_PLUGINS_CLI_OUT_DIR_H_

#include <string>

#include "absl/status/status.h"
#include "assay/v1/run.pb.h"
#include "plugins/cli/client.h"
#include "plugins/cli/output.h"

namespace assay::cli {

// Confined to one thread.
class OutDir {
 public:
  // An empty `path` makes an OutDir that writes nothing.
  explicit OutDir(std::string path) : path_(std::move(path)) {}

  bool enabled() const { return !path_.empty(); }

  // Makes the folder where it is missing, and writes HOLD and the other fields
  // as they are before a run.
  absl::Status Prepare(const std::string& request_id);

  // All differing keys, to DIR/differences/<rule id>.jsonl. `run` has all its
  // results.
  absl::Status WriteDifferences(Client& client, const v1::Run& run);

  // The run is known to the server: a crash from here on leaves its id.
  absl::Status Started(const v1::Run& run);

  // Everything, of the run as it was judged. `exit_code` is the process's,
  // `render` says what the page knows beside the run.
  absl::Status Finish(const v1::Run& run, int exit_code,
                      const RenderOptions& render = {});

 private:
  absl::Status Write(const std::string& name, const std::string& content);
  absl::Status WriteRun(const v1::Run& run, int exit_code,
                        const RenderOptions& render);

  std::string path_;
};

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_OUT_DIR_H_
