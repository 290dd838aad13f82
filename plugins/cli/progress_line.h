// SPDX-License-Identifier: Apache-2.0
// How far a run is, as one line of a terminal that is drawn again and again.
#ifndef ASSAY_PLUGINS_CLI_PROGRESS_LINE_H_
#define ASSAY_PLUGINS_CLI_PROGRESS_LINE_H_

#include <string>

#include "absl/time/time.h"
#include "assay/v1/run.pb.h"

namespace assay::cli {

// "12/30 steps  1.2 M of 5.0 M rows  350 k/s  12.0 s left  table: rule".
std::string ProgressText(v1::Run::State state, const v1::Progress& progress);

// Draws on standard error. Confined to one thread; the destructor clears the
// line.
class ProgressLine {
 public:
  // Draws nothing where `enabled` is false.
  explicit ProgressLine(bool enabled) : enabled_(enabled) {}
  ~ProgressLine() { Clear(); }

  // At most ten times a second; what is left out is out of date anyway.
  void Draw(const std::string& text);

  // The terminal as it was before, so that something else can be printed.
  void Clear();

 private:
  bool enabled_;
  bool drawn_ = false;
  absl::Time last_ = absl::InfinitePast();
};

// Writes "n/m" to the file that Argo reads (ARGO_PROGRESS_FILE), where there is
// one.
void WriteArgoProgress(const v1::Progress& progress);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_PROGRESS_LINE_H_
